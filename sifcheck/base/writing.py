"""Writes files whole or not at all: a fixed one in the place of the old, a report under its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress

from sifcheck.base.text import error_text


class WriteRefusedError(Exception):
    """The file was left as it is; the text says why, in words for the user."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Put `after` in the place of the file's content, which is `before`.

    The new content is written beside the file and renamed over it, so that whenever the program is interrupted either
    the old or the new file is there, whole.  A symbolic link is followed.  Raises WriteRefusedError for a file that has
    changed since it was read, is no plain file, has other names (hard links), belongs to somebody else, or cannot be
    written.
    """
    place = os.path.realpath(path)
    try:
        status = os.lstat(place)
        _refuse_odd(status)
        if not os.access(place, os.W_OK):
            raise WriteRefusedError("it may not be written")
        with open(place, "rb") as file:
            if file.read() != before:
                raise WriteRefusedError("it has changed since it was read")
        _write_beside(place, after, _like(place, status))
    except OSError as error:
        raise WriteRefusedError(error_text(error)) from error


def _refuse_odd(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefusedError("it is no plain file")
    if status.st_nlink > 1:
        raise WriteRefusedError(
            f"it has {status.st_nlink} names (hard links), and only one of them would get the new content"
        )
    if not status.st_mode & 0o222:
        raise WriteRefusedError("it is marked as read-only")
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        raise WriteRefusedError("it belongs to somebody else, whose it would no longer be")


def _write_beside(place: str, content: bytes, finish: Callable[[int], None]) -> None:
    """Write a file beside its place, let `finish` give it the mode and the like, and rename it there.  Raises OSError."""
    # A name of its own: what a killed run left behind must not stand in the way, nor a long name of the file itself.
    beside = os.path.join(os.path.dirname(place), f".sifcheck-{os.urandom(8).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            finish(file.fileno())
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _like(place: str, status: os.stat_result) -> Callable[[int], None]:
    """What makes a new file like the old one in its place."""

    def finish(descriptor: int) -> None:
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        _copy_attributes(place, descriptor)

    return finish


def _copy_attributes(place: str, descriptor: int) -> None:
    """Extended attributes, access lists among them, as far as the file system lets them be copied."""
    try:
        for name in os.listxattr(place):
            os.setxattr(descriptor, name, os.getxattr(place, name))
    except OSError:
        # Many file systems have none, and some (security.*) only root may set: the mode above is kept all the same.
        pass


def writing_fault(path: str) -> str | None:
    """Why a report cannot be written to a file, as far as that shows beforehand; None where nothing speaks against it."""
    if os.path.isdir(path):
        return "it is a folder"
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        return "the folder it is to lie in is not there"
    if os.path.lexists(path) and os.path.exists(path) and not os.access(path, os.W_OK):
        return "it may not be written"
    if not os.access(folder, os.W_OK | os.X_OK) and not _is_special(path):
        return "the folder it is to lie in may not be written"
    return None


def write_whole(path: str, content: bytes, mode: int | None = None) -> None:
    """Write a report under a name, in the place of what is there; a symbolic link is followed.

    Whoever reads meanwhile sees the old file or the new one, whole.  A pipe or a device is written to as it is.  A new file
    has `mode`, or without one what the user's mask leaves it.  Raises OSError.
    """
    if _is_special(path):
        with open(path, "wb") as file:
            file.write(content)
        return
    place = os.path.realpath(path)
    try:
        kept = stat.S_IMODE(os.stat(place).st_mode)
    except FileNotFoundError:
        kept = _usual_mode() if mode is None else mode
    _write_beside(place, content, lambda descriptor: os.fchmod(descriptor, kept))


def _usual_mode() -> int:
    """What a new file may have; the mask can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask


def _is_special(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
