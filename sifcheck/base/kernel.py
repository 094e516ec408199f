"""The few system calls that Python does not offer: namespaces, mounts, quotas.  Linux only; elsewhere they fail cleanly.

Each raises OSError with the kernel's reason.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

from sifcheck.base.startup import NamedTuple

__all__ = [
    "NEW_MOUNT",
    "NEW_PID",
    "NEW_USER",
    "DiskQuota",
    "bind",
    "disk_quota",
    "make_private",
    "mount_proc",
    "unmount",
    "unshare",
]

NEW_MOUNT = 0x00020000
NEW_USER = 0x10000000
NEW_PID = 0x20000000

_RECURSIVE, _BIND, _PRIVATE = 0x4000, 0x1000, 0x40000
_NO_SUID, _NO_DEVICES, _NO_EXECUTION = 0x2, 0x4, 0x8
_DETACH = 2

# Linux gives new calls the same number on every architecture (alpha aside); quotactl_fd came with 5.14.
_QUOTACTL_FD = 443
_GET_QUOTA = 0x800007 << 8
_QUOTA_BLOCK = 1024


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _called(name: str, *arguments: object) -> None:
    try:
        function = getattr(_library(), name)
    except (AttributeError, OSError):
        raise OSError(38, f"no {name} on this system") from None
    ctypes.set_errno(0)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _called("unshare", flags)


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    _called("mount", os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), None)


def make_private() -> None:
    """Let no mount made from here on be seen outside of this mount namespace."""
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)


def bind(source: str, target: str) -> None:
    """Make a folder appear at another place too, with all that is mounted in it."""
    _mount(source, target, "", _BIND | _RECURSIVE)


def mount_proc(target: str) -> None:
    """Mount a fresh /proc, as a container gets it."""
    _mount("proc", target, "proc", _NO_SUID | _NO_DEVICES | _NO_EXECUTION)


def unmount(target: str) -> None:
    """Take away what was mounted last at a place."""
    _called("umount2", os.fsencode(target), _DETACH)


class DiskQuota(NamedTuple):
    """A quota as the kernel has it, in bytes and inodes; a limit of 0 is none."""

    limit_bytes: int
    used_bytes: int
    limit_inodes: int
    used_inodes: int


class _QuotaBlock(ctypes.Structure):
    # struct if_dqblk of linux/quota.h
    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "hard_blocks",
            "soft_blocks",
            "space",
            "hard_inodes",
            "soft_inodes",
            "inodes",
            "block_time",
            "inode_time",
        )
    ] + [("valid", ctypes.c_uint32)]


def disk_quota(path: str, owner: int, *, of_group: bool = False) -> DiskQuota:
    """The quota of a user (or group) on the file system that holds a folder, asked of the kernel."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        block = _QuotaBlock()
        ctypes.set_errno(0)
        syscall = _library().syscall
        if syscall(_QUOTACTL_FD, descriptor, _GET_QUOTA | int(of_group), owner, ctypes.byref(block)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
    return DiskQuota(
        limit_bytes=(block.hard_blocks or block.soft_blocks) * _QUOTA_BLOCK,
        used_bytes=block.space,
        limit_inodes=block.hard_inodes or block.soft_inodes,
        used_inodes=block.inodes,
    )
