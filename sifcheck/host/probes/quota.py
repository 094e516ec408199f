"""What a quota leaves, which statvfs does not know: asked of the kernel, of Lustre by its own program."""

from __future__ import annotations

import errno
import os

from sifcheck.base.asking import reason, run_program
from sifcheck.base.facts import Unknown
from sifcheck.base.kernel import disk_quota
from sifcheck.host.probes.programs import find_program
from sifcheck.host.snapshot import Identity, Quota

__all__ = ["look_at_quota", "parse_lustre_quota"]

_NONE_HERE = frozenset("tmpfs ramfs overlay squashfs iso9660 devtmpfs proc sysfs 9p".split())
_NETWORK = frozenset("nfs nfs4 gpfs beegfs panfs cifs smb3 ceph fuse llio".split())
_NO_QUOTA = (errno.ESRCH, errno.ENOSYS, errno.ENOTSUP, errno.ENOTTY)


def look_at_quota(folder: str, filesystem: str, identity: Identity, group: int) -> Quota | Unknown | None:
    """The quota that holds in a folder: the user's, else that of the folder's group; None where there is none."""
    if filesystem in _NONE_HERE or identity.is_root:
        return None
    if filesystem in ("lustre", "fefs"):
        return _lustre(folder, identity)
    if filesystem in _NETWORK or filesystem.startswith("fuse."):
        return Unknown(f"a {filesystem} file system tells it by the site's own command only")
    if filesystem == "btrfs":
        return Unknown("btrfs tells its limits to root only")
    groups = [(group, True)] if group in (identity.group.id, *(one.id for one in identity.groups)) else []
    for owner, of_group in [(identity.user_id, False), *groups]:
        try:
            found = disk_quota(folder, owner, of_group=of_group)
        except OSError as error:
            # ENOSYS is also a kernel before 5.14, which cannot be asked by folder.
            if error.errno == errno.ENOSYS and os.uname().release < "5.14" and not of_group:
                return Unknown("this kernel does not tell by folder")
            if error.errno not in _NO_QUOTA:
                return Unknown(reason(error))
            continue
        if found.limit_bytes or found.limit_inodes:
            return Quota(
                found.used_bytes,
                found.limit_bytes or None,
                found.used_inodes,
                found.limit_inodes or None,
                "kernel",
            )
    return None


def _lustre(folder: str, identity: Identity) -> Quota | Unknown | None:
    program = find_program("lfs")
    if program is None:
        return Unknown("lfs is not on PATH")
    said = run_program([program, "quota", "-q", "-u", str(identity.user_id), folder])
    if isinstance(said, Unknown):
        return said
    if said.status != 0:
        return Unknown(said.errors.strip()[:200] or f"lfs quota failed with status {said.status}")
    return parse_lustre_quota(said.out)


def parse_lustre_quota(text: str) -> Quota | Unknown | None:
    """The quota in what `lfs quota -q` prints: the folder, then kbytes used, soft and hard limit, grace, the same for files.

    An asterisk marks what is over its limit, brackets what is not certain; a limit of 0 is none.  The folder may stand on a
    line of its own.
    """
    words = [word.strip("[]").rstrip("*") for word in text.split()]
    # The first run of three numbers, one word of grace, three numbers.
    for at in range(len(words) - 6):
        numbers = words[at : at + 3] + words[at + 4 : at + 7]
        if all(word.isdecimal() for word in numbers):
            used, soft, hard, files, soft_files, hard_files = map(int, numbers)
            limit, limit_files = (hard or soft) * 1024, hard_files or soft_files
            if not limit and not limit_files:
                return None
            return Quota(used * 1024, limit or None, files, limit_files or None, "lfs quota")
    return Unknown("what lfs quota printed could not be read")
