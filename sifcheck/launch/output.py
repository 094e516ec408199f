"""Where an image goes: what would spoil it at the end of a build, looked at before, and a name beside the final one."""

from __future__ import annotations

import errno
import os
import stat

from sifcheck.base.attributes import is_append_only
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text, quote
from sifcheck.launch.command import BuildCommand

__all__ = ["OutputFault", "beside", "can_be_renamed", "faults", "is_free", "is_partial", "is_written_over"]

_MARK = ".sifcheck-"
_LETTERS = 8
_LONGEST_NAME = 255
_TRIED = 65536  # bytes: a full disk or quota refuses them


class OutputFault(NamedTuple):
    """Why the output cannot be written, or should not be, and what to do.

    `by_mode`: a mode is in the way of the user's own folder, which is not in that of a build as root of a user namespace.
    """

    message: str
    help: str
    by_mode: bool = False


def beside(image: str) -> str | None:
    """A new name in the image's folder, under which it is written until it is whole; None where it is no name of a file.

    A name that is nearly too long is cut.
    """
    folder, name = os.path.split(image)
    if name in ("", ".", ".."):
        return None
    ending = f"{_MARK}{os.urandom(_LETTERS // 2).hex()}"
    room = _LONGEST_NAME - len(ending) - 1
    return os.path.join(folder, f".{os.fsdecode(os.fsencode(name)[:room])}{ending}")


def is_partial(name: str) -> bool:
    """Whether a file's name is one that `beside` makes."""
    start, mark, letters = name.rpartition(_MARK)
    good = len(letters) == _LETTERS and all(letter in "0123456789abcdef" for letter in letters)
    return bool(mark) and good and start.startswith(".") and len(start) > 1


def is_free(command: BuildCommand) -> bool:
    """Whether nothing is there that the build would replace, or the user said that it may be."""
    assert command.image is not None
    replaces = command.has("--force") or (command.has("--update") and command.has("--sandbox"))
    return replaces or not os.path.exists(command.image)


def faults(command: BuildCommand, *, asks: bool) -> list[OutputFault]:
    """What is wrong with the output; nothing is left behind.  `asks`: the user can be asked about an old image.

    The runtime looks at the folder when the build is done and the image is written, an hour too late: "while creating
    container: open /x/a.sif: permission denied" (measured).
    """
    image = command.image
    if image is None or "://" in image:
        return []
    found = [*_without_key(command), *_in_the_way(command, image, asks)]
    folder = os.path.dirname(image.rstrip("/")) or "."
    wrong = _name_fault(image) or _folder_fault(folder)
    if wrong is not None and is_written_over(command):
        wrong = None
    return [*found, *([wrong] if wrong is not None else [])]


def can_be_renamed(image: str) -> bool:
    """Whether an image can be written beside its name and then get it: what is there is a file that may be replaced."""
    folder = os.path.dirname(image) or "."
    try:
        old = os.lstat(image)
    except OSError:
        old = None
    if old is not None and not (stat.S_ISREG(old.st_mode) or stat.S_ISLNK(old.st_mode)):
        return False  # a device stays what it is
    return os.access(folder, os.W_OK | os.X_OK) and not is_append_only(folder)


def is_written_over(command: BuildCommand) -> bool:
    """Whether the runtime opens what is there: what it may not remove, as /dev/null, it writes to (measured)."""
    image = command.image
    over = image is not None and command.makes_sif and command.has("--force")
    return over and os.path.exists(image or "") and os.access(image or "", os.W_OK)


def _name_fault(image: str) -> OutputFault | None:
    length = len(os.fsencode(os.path.basename(image.rstrip("/"))))
    if length <= _LONGEST_NAME:
        return None
    return OutputFault(
        f"the image's name has {length} bytes, and no file system takes more than {_LONGEST_NAME}",
        "give the image a shorter name",
    )


def _without_key(command: BuildCommand) -> list[OutputFault]:
    """What becomes of an image that is to be encrypted with no key, by status 0 (Apptainer 1.4.5, measured)."""
    if not command.lacks_key:
        return []
    return [
        OutputFault(
            "--encrypt has no key: no image is written, or, as root, one that is not encrypted",
            "add --pem-path FILE, --passphrase in a terminal, or set APPTAINER_ENCRYPTION_PASSPHRASE",
        )
    ]


def _in_the_way(command: BuildCommand, image: str, asks: bool) -> list[OutputFault]:
    if command.source is not None and _same(image, command.source):
        return [OutputFault(f"{image} is the image and its own source", "give the image another name")]
    if command.has("--update"):
        return _not_to_be_updated(command, image)
    if not os.path.exists(image):
        return _dead_link(command, image)
    if os.path.isdir(image):
        return _folder_in_the_way(command, image, asks)
    if (owner := _kept_by_another(image)) is not None:
        return [
            OutputFault(
                f"{image} belongs to {owner}, and in a folder with the sticky bit only its owner may replace it",
                "give the image another name",
            )
        ]
    if not is_free(command) and not asks:
        keeps = (
            "the old image stays until the new one is whole"
            if can_be_renamed(image)
            else "it is written over"
        )
        if not _is_image_or_folder(image):
            return [
                OutputFault(f"{image} is there already, and is not a file", "name a file that is not there")
            ]
        with_force = "which removes it" if command.has("--sandbox") else f"with which {keeps}"
        return [OutputFault(f"{image} {_NOBODY}", f"add --force, {with_force}, or take another name")]
    return []


def _is_image_or_folder(image: str) -> bool:
    return os.path.isfile(image) or os.path.isdir(image)


def _kept_by_another(image: str) -> str | None:
    """Whose file is there that this user may neither remove nor write to, as in /tmp; None where he may do one of them."""
    try:
        old, above = os.lstat(image), os.stat(os.path.dirname(image) or ".")
    except OSError:
        return None
    user = os.geteuid()
    mine = user in (0, old.st_uid, above.st_uid)
    if mine or not above.st_mode & stat.S_ISVTX or os.access(image, os.W_OK):
        return None
    import pwd

    try:
        return pwd.getpwuid(old.st_uid).pw_name
    except KeyError:
        return f"the user id {old.st_uid}"


_NOBODY = "is there already, and nobody can be asked whether it may go"
# What a folder has to hold for the runtime to see a sandbox in it (Apptainer 1.4.5, measured).
_OF_A_SANDBOX = (".singularity.d", "dev", "proc", "sys")


def _dead_link(command: BuildCommand, image: str) -> list[OutputFault]:
    """A SIF takes the link's place; a sandbox cannot, and is built by then: "rename ...: not a directory" (measured)."""
    if not command.has("--sandbox") or not os.path.islink(image.rstrip("/")):
        return []
    message = f"{image} is a link that leads nowhere, and no sandbox takes its place"
    return [OutputFault(message, "take the link away, or name another folder")]


def _folder_in_the_way(command: BuildCommand, image: str, asks: bool) -> list[OutputFault]:
    """What is said of a folder that has the image's name: the image would take its place, and is never put into it.

    Without --force the runtime refuses one that holds something and is no sandbox, and asks about all others.
    """
    force = command.has("--force")
    inside = f"name the image in it, as {_name_inside(command, image)}"
    empty = not _holds_something(image)
    wanted = _OF_A_SANDBOX[:1] if force else _OF_A_SANDBOX
    if not empty and not all(os.path.lexists(os.path.join(image, name)) for name in wanted):
        what = "would be deleted with all that is in it" if force else "is no sandbox"
        return [OutputFault(f"{image} is a folder that {what}", inside)]
    if force or asks:
        return []
    if empty:
        # Whoever names an empty folder means to have the image in it.
        return [
            OutputFault(
                f"{image} is a folder, and nobody can be asked whether the image may take its place",
                f"{inside}, or add --force, with which it takes the folder's place",
            )
        ]
    return [
        OutputFault(f"{image} {_NOBODY}", "add --force, which removes that sandbox, or take another name")
    ]


def _name_inside(command: BuildCommand, folder: str) -> str:
    name = os.path.basename((command.source or "").rstrip("/")).partition(":")[0]
    name = name.removesuffix(".def").removesuffix(".sif") or "image"
    return os.path.join(folder, name if command.has("--sandbox") else f"{name}.sif")


def _not_to_be_updated(command: BuildCommand, image: str) -> list[OutputFault]:
    """Why --update will not do (Apptainer 1.4.5, measured): it adds to a sandbox that is there."""
    if not command.has("--sandbox"):
        return []  # the rules on calls say so
    if os.path.isdir(image):
        whole = all(os.path.lexists(os.path.join(image, name)) for name in _OF_A_SANDBOX)
        what = "" if whole or command.has("--force") else "is a folder that is no sandbox"
    else:
        what = "is no folder" if os.path.exists(image) else "is not there"
    return (
        [OutputFault(f"{image} {what}, and --update adds to a sandbox", "leave --update out")] if what else []
    )


def _holds_something(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError:
        return True


def _same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _folder_fault(folder: str) -> OutputFault | None:
    """Why no file can be written in a folder: it is really tried."""
    try:
        about = os.stat(folder)
    except FileNotFoundError:
        return OutputFault(f"the folder {folder} for the image is not there", f"`mkdir -p {quote(folder)}`")
    except OSError as error:
        return OutputFault(
            f"the folder {folder} for the image cannot be reached: {error_text(error)}", _ELSEWHERE
        )
    if not stat.S_ISDIR(about.st_mode):
        return OutputFault(f"{folder}, the folder for the image, is no folder", _ELSEWHERE)
    try:
        _try(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return OutputFault(
                f"the folder {folder} for the image is full: {error_text(error)}",
                "make room, or " + _ELSEWHERE,
            )
        by_mode = error.errno == errno.EACCES and about.st_uid == os.geteuid()
        return OutputFault(
            f"the folder {folder} for the image cannot be written: {error_text(error)}", _ELSEWHERE, by_mode
        )
    return None


_ELSEWHERE = "name an image in a folder that can be written"


def _try(folder: str) -> None:
    """Write a file in a folder that has no name there, or where that is not known, one that is taken away again."""
    how = os.O_WRONLY | os.O_CLOEXEC
    try:
        _fill(os.open(folder, how | os.O_TMPFILE, 0o600))
        return
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
            raise
    if is_append_only(folder):
        return
    trial = os.path.join(folder, f".trial{_MARK}{os.urandom(_LETTERS // 2).hex()}")
    descriptor = os.open(trial, how | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(descriptor)
    finally:
        os.unlink(trial)


def _fill(descriptor: int) -> None:
    try:
        left = _TRIED
        while left:
            left -= os.write(descriptor, bytes(left))
        # Some file systems find out about a quota only when the bytes arrive.
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
