"""The mounts of this process, as /proc/self/mountinfo lists them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from sifcheck.base.startup import NamedTuple

__all__ = ["MEMORY_TYPES", "SHARED_TYPES", "Mount", "mount_of", "parse_mounts", "read_mounts"]

SHARED_TYPES = (
    "nfs",
    "lustre",
    "gpfs",
    "beegfs",
    "panfs",
    "fefs",
    "llio",
    "ceph",
    "9p",
    "cifs",
    "smb3",
    "afs",
)
"""The types of file systems that several machines share, as the kernel calls them or begins to."""

MEMORY_TYPES = ("tmpfs", "ramfs")
"""The types of file systems whose files lie in memory."""


class Mount(NamedTuple):
    """One mount: `number` is major:minor of the file system, `options` the mount's and then the file system's own."""

    number: str
    point: str
    filesystem: str
    device: str
    options: tuple[str, ...]


def read_mounts() -> tuple[Mount, ...]:
    """The mounts that this process sees, in order of mounting.  Raises OSError where there is no /proc."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        return parse_mounts(lines)


def parse_mounts(lines: Iterable[str]) -> tuple[Mount, ...]:
    """The mounts of the lines of a mountinfo file (proc_pid_mountinfo(5)); lines of another form are passed over."""
    mounts = []
    for line in lines:
        before, separator, after = line.rstrip("\n").partition(" - ")
        first, last = before.split(" "), after.split(" ")
        if not separator or len(first) < 6 or len(last) < 3:
            continue
        options = dict.fromkeys([*first[5].split(","), *last[2].split(",")])
        mounts.append(Mount(first[2], _plain(first[4]), last[0], _plain(last[1]), tuple(options)))
    return tuple(mounts)


def mount_of(path: str, device: int, mounts: Iterable[Mount]) -> tuple[Mount | None, bool]:
    """The mount that holds a real path on the file system `device`, and whether that number is a mount's own.

    Where it is not (a nested btrfs subvolume), the mount above the path stands for it.  Among mounts at one place the
    last one counts: it covers the others.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    above: Mount | None = None
    own: Mount | None = None
    for mount in mounts:
        if path == mount.point or path.startswith(mount.point.rstrip("/") + "/"):
            if above is None or len(mount.point) >= len(above.point):
                above = mount
            if mount.number == number and (own is None or len(mount.point) >= len(own.point)):
                own = mount
    return own or above, own is not None


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), text)
