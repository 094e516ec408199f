"""The machine that builds: the way to root that a build takes there, and what %pre and %setup may have made on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Command,
    FileCopy,
    Section,
    Stage,
    Word,
    base_name,
)

if TYPE_CHECKING:
    from sifcheck.api import Host

ALL_IDS = ("root", "subordinate")
"""The ways by which a build has ids enough for accounts and owners of every kind."""

SINGLE_ID: dict[str, Any] = {"identity": {"subuids": [], "subgids": []}}
"""The host of an example on which a build has the user's own id and no other."""

# What writes to the paths that it names, or to none: a file of another name does not come from these.
_NAMING = frozenset("cp mv ln install mkdir touch chmod chown chgrp rm rmdir rsync tee tar".split())
_QUIET = frozenset(
    "echo printf cat cd export unset set umask test [ [[ true false : exit read ls date uname id which command pwd type hash "
    "grep sleep hostname whoami df free env dirname basename readlink".split()
)


def mode_of(host: Host | None) -> str | None:
    """The mode of the route that a build takes (see sifcheck.host.route); None where there is none or nobody knows."""
    if host is None:
        return None
    from sifcheck.api import route

    mode = route(host).mode
    return None if mode in ("none", "unknown") else mode


def what_stops_a_copy(entry: Any, host: Host | None) -> tuple[str, str] | None:
    """Why what a name stands for cannot be copied, in one word, and the path that is to blame; None where it can be."""
    for match in entry.found:
        if match.kind == "dangling":
            return "dangling", match.path
        if match.contents is not None and match.contents.dangling:
            return "inside", f"{match.path}/{match.contents.dangling[0]}"
        if _is_closed_to(match, host):
            return "closed", match.path
    return None


def _is_closed_to(match: Any, host: Host | None) -> bool:
    """Whether a build by this user cannot read what lies at a path; False where nobody can tell.

    As root of a namespace he can read what is his own, and what belongs to his subordinate ids, whatever its mode.
    """
    if host is None or host.identity.is_root or match.closed_by is None:
        return False
    from sifcheck.api import Unknown

    if isinstance(host.identity.subuids, Unknown):
        return False
    own = match.closed_by == host.identity.user_id
    return not own and not any(
        one.first <= match.closed_by < one.first + one.size for one in host.identity.subuids
    )


def may_make_source(copy: FileCopy) -> bool:
    """Whether a script of the host may make what the line copies; an app's files are copied before %setup runs.

    So may the batch script that builds the file.
    """
    assert copy.source is not None
    names = ("pre", "setup") if copy.section.name == "files" else ("pre",)
    return _may_make(copy.section.stage, names, copy.source.text)


def may_make_base(stage: Stage) -> bool:
    """Whether a script of the host may make the image that a stage starts from."""
    return _may_make(stage, ("pre",), stage.value("from"))


def _may_make(stage: Stage, names: tuple[str, ...], path: str) -> bool:
    if _may_be_brought(stage, path):
        return True
    words = {base_name(path).strip("*?"), path.lstrip("./").partition("/")[0]} - {"", ".", ".."}
    for section in _run_before(stage, names):
        if any(word in section.body for word in words):
            return True
        if section.body.strip() and (not section.is_shell or any(map(_is_open, section.script.commands()))):
            return True
        for redirection in section.script.redirections:
            target = redirection.target
            if redirection.writes and target is not None and target.value is None and not _in_image(target):
                return True
    return False


def _may_be_brought(stage: Stage, path: str) -> bool:
    """Whether the batch script that builds the file may bring what it names."""
    call = stage.definition.call
    if call is None or call.job is None:
        return False
    from sifcheck.api import may_bring

    return may_bring(call, path)


def _run_before(stage: Stage, names: tuple[str, ...]) -> Iterator[Section]:
    for earlier in stage.definition.stages[: stage.index]:
        yield from earlier.named("pre", "setup")
    yield from stage.named(*names)


def _is_open(command: Command) -> bool:
    """Whether nobody can say from a command's words which files it makes on the host."""
    program = command.program
    if program in _QUIET or (program is None and not command.arguments):
        return False
    operands = command.operands()
    if program not in _NAMING:
        return True
    # A copy of a whole folder brings names that stand nowhere.
    return not (operands and _in_image(operands[-1])) and program in ("cp", "mv", "rsync", "tar")


def _in_image(word: Word) -> bool:
    return "_ROOTFS" in word.text
