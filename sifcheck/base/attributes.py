"""Attributes of a folder beside its mode, as `chattr` sets them."""

from __future__ import annotations

import os

__all__ = ["is_append_only"]

_READ_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of linux/fs.h where a long has 64 bits
_APPEND_ONLY = 0x20  # FS_APPEND_FL


def is_append_only(folder: str) -> bool:
    """Whether nothing in a folder can be removed or renamed (`chattr +a`); False where the file system has no such thing."""
    from fcntl import ioctl

    try:
        opened = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        flags = ioctl(opened, _READ_FLAGS, bytes(8))
    except OSError:
        return False
    finally:
        os.close(opened)
    return bool(int.from_bytes(flags[:4], "little") & _APPEND_ONLY)
