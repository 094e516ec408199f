"""Programs on this machine: found where the runtimes look for them, with what the kernel will let them do."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

from sifcheck.base.asking import run_program
from sifcheck.base.facts import Unknown
from sifcheck.base.startup import pattern
from sifcheck.host.mounts import Mount, mount_of, read_mounts
from sifcheck.host.snapshot import Program

__all__ = ["PROGRAMS", "find_program", "look_at_program", "look_at_programs", "search_folders"]

PROGRAMS = (
    "newuidmap newgidmap mksquashfs unsquashfs fakeroot faked proot squashfuse squashfuse_ll fuse-overlayfs fuse2fs "
    "gocryptfs debootstrap yum dnf zypper pacman pacstrap rpm curl"
).split()
"""The helper programs that some way of building or running needs."""

# Both runtimes append these to PATH when they look for a helper.
_DEFAULT_FOLDERS = "/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin".split(":")

_VERSION_OPTION = {
    "mksquashfs": "-version",
    "unsquashfs": "-version",
    "proot": "--version",
    "fakeroot": "--version",
}
# The variant that works inside a namespace is taken before the plain one.
_ALSO = {"fakeroot": ("fakeroot-sysv", "fakeroot"), "faked": ("faked-sysv", "faked")}
_VERSION = pattern(r"\bv?(\d+(?:\.\d+)+)")


def search_folders(environment: Mapping[str, str], first: Sequence[str] = ()) -> tuple[str, ...]:
    """The folders in which a runtime looks for helpers: its own, PATH, the usual ones."""
    on_path = [folder for folder in environment.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    return tuple(dict.fromkeys([*first, *on_path, *_DEFAULT_FOLDERS]))


def find_program(name: str, folders: Sequence[str] | None = None) -> str | None:
    """The path of the first program of that name in the folders (else: those of search_folders), None without one."""
    for folder in search_folders(os.environ) if folders is None else folders:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def look_at_programs(folders: Sequence[str]) -> tuple[Program, ...]:
    """All helper programs, in the order of PROGRAMS."""
    mounts = read_mounts()
    return tuple(look_at_program(name, folders, mounts) for name in PROGRAMS)


def look_at_program(name: str, folders: Sequence[str], mounts: tuple[Mount, ...]) -> Program:
    """One helper program, with its version where asking for it is cheap."""
    path = next((path for one in _ALSO.get(name, (name,)) if (path := find_program(one, folders))), None)
    if path is None:
        return Program(name, None)
    real = os.path.realpath(path)
    about = os.stat(real)
    mount, _ = mount_of(real, about.st_dev, mounts)
    return Program(
        name=name,
        path=path,
        version=_version(name, path),
        setuid=bool(about.st_mode & stat.S_ISUID) and about.st_uid == 0,
        capability=_has_capability(real),
        nosuid=Unknown("its mount is not listed") if mount is None else "nosuid" in mount.options,
    )


def _has_capability(path: str) -> bool:
    try:
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False


def _version(name: str, path: str) -> str | Unknown | None:
    option = _VERSION_OPTION.get(name)
    if option is None:
        return None
    said = run_program([path, option])
    if isinstance(said, Unknown):
        return said
    found = _VERSION.search(said.out or said.errors)
    return found[1] if found else Unknown("its version could not be read")
