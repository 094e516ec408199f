"""What dead builds left, found in the temporary folders and beside images, and removed without leaving its folder.

A build unpacks files that belong to subordinate ids: the user's own rm is refused ("Permission denied", measured), and
behind the id maps of a fakeroot build it is not.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping, Sequence

from sifcheck.base.asking import Question, ask
from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text
from sifcheck.host.precedence import temporary_place
from sifcheck.host.probes.id_maps import behind_maps, maps_of
from sifcheck.host.probes.identity import look_at_identity, unanswered_identity
from sifcheck.host.probes.leftovers import kind_of, look_for_leftovers
from sifcheck.host.probes.rehearsal import NAME as REHEARSAL
from sifcheck.host.probes.scheduler import look_at_scheduler
from sifcheck.host.snapshot import Identity, Leftover
from sifcheck.launch.output import is_partial

__all__ = ["Seen", "find_leftovers", "remove", "usual_folders"]

_TIMEOUT = 20.0  # seconds for a folder to answer
_COUNTING = 10.0
_DEEPEST = 200  # folders within folders, each of which is held open


class Seen(NamedTuple):
    """What was found, whose user it is, and why folders could not be looked into."""

    identity: Identity
    leftovers: tuple[Leftover, ...]
    problems: tuple[str, ...]


def usual_folders(environment: Mapping[str, str], candidates: Iterable[str] = ()) -> list[str]:
    """The folders that builds of this user write to: temporary ones, those of the site and the job, the current one."""
    named = [temporary_place(environment, family).path for family in ("apptainer", "singularity")]
    local = look_at_scheduler(environment, lambda _: False).node_local
    named += [*candidates, *(one.value for one in local if one.value), "/tmp", "/var/tmp", "."]  # noqa: S108
    return list({os.path.realpath(path): path for path in named if os.path.isdir(path)}.values())


def find_leftovers(folders: Sequence[str]) -> Seen:
    """What dead or running builds left in folders, the current ones included; a folder that does not answer is named."""
    asked = ask({"identity": Question(Identity, look_at_identity)}, _TIMEOUT)["identity"]
    identity: Identity = unanswered_identity(asked) if isinstance(asked, Unknown) else asked
    answers = ask({folder: _question(folder, identity) for folder in folders}, _TIMEOUT)
    found: dict[str, Leftover] = {}
    problems = []
    for folder, answer in answers.items():
        if isinstance(answer, Unknown):
            problems.append(f"{folder} could not be looked into: {answer.why}")
        else:
            found.update((os.path.normpath(one.path), one) for one in answer)
    return Seen(identity, tuple(found.values()), tuple(problems))


def _question(folder: str, identity: Identity) -> Question:
    return Question(
        tuple[Leftover, ...], lambda: look_for_leftovers(folder, identity, _kind_of, longest=_COUNTING)
    )


def _kind_of(name: str) -> str:
    """As `kind_of`, with what this program itself may leave when it is killed."""
    if name.startswith(REHEARSAL):
        return "rehearsal"
    return "image" if is_partial(name) else kind_of(name)


def remove(leftover: Leftover, identity: Identity) -> str:
    """Remove one; gives what kept it from that, "" where it is gone."""
    why = _remove(leftover.path)
    if not why or leftover.kind == "image" or identity.is_root:
        return why
    # The counting may have been cut short: whether something belongs to others shows here for certain.
    maps = maps_of(identity)
    if maps.kind != "subordinate":
        return why
    behind = behind_maps(maps, str, lambda: _remove(leftover.path))
    for outcome in (behind.namespace, behind.maps):
        if not isinstance(outcome, Unknown) and not outcome:
            return f"{why}, and behind id maps it could not be tried: {outcome.why}"
    return behind.answer.why if isinstance(behind.answer, Unknown) else str(behind.answer)


def _remove(path: str) -> str:
    """Remove a file, or a folder with all that is in it, by descriptors: no link is followed."""
    folder, name = os.path.split(path)
    try:
        parent = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return error_text(error)
    try:
        if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=parent)
            return ""
        top = _open_folder(name, parent)
        try:
            while os.listdir(top):
                _empty(top, top, os.fstat(top).st_dev, 0)
        finally:
            os.close(top)
        os.rmdir(name, dir_fd=parent)
    except FileNotFoundError:
        return "" if not os.path.lexists(path) else "it changed meanwhile"
    except OSError as error:
        return error_text(error)
    finally:
        os.close(parent)
    return ""


def _empty(folder: int, top: int, device: int, depth: int) -> None:
    """Remove what a folder holds.  What lies too deep is moved to the top, where the next round finds it."""
    for name in os.listdir(folder):
        about = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(about.st_mode):
            os.unlink(name, dir_fd=folder)
            continue
        if about.st_dev != device:
            raise OSError(errno.EXDEV, f"something is mounted in it ({name})")
        if depth >= _DEEPEST:
            os.rename(name, f"moved-{os.urandom(8).hex()}", src_dir_fd=folder, dst_dir_fd=top)
            continue
        inside = _open_folder(name, folder)
        try:
            _empty(inside, top, device, depth + 1)
        finally:
            os.close(inside)
        os.rmdir(name, dir_fd=folder)


def _open_folder(name: str, parent: int) -> int:
    """Open a folder and make sure that what it holds may be removed."""
    how = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        opened = os.open(name, how, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        opened = os.open(name, how, dir_fd=parent)
    if stat.S_IMODE(os.fstat(opened).st_mode) & 0o700 != 0o700:
        try:
            os.fchmod(opened, 0o700)
        except OSError:
            pass  # of another's folder: removing will say so
    return opened
