"""What dead builds left in a temporary folder: killed by the system, by a lost terminal, by a lack of memory."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Identity, Leftover

__all__ = ["kind_of", "look_for_leftovers"]

KINDS = ("build-temp-", "bundle-temp-")
MOST = 200
LONGEST = 0.6
"""Seconds for counting in one temporary folder."""


def kind_of(name: str) -> str:
    """What kind of folder of a build has such a name, "" where none has."""
    return name.rpartition("-")[0] if name.startswith(KINDS) else ""


def look_for_leftovers(
    folder: str,
    identity: Identity,
    kind_of: Callable[[str], str] = kind_of,
    longest: float = LONGEST,
) -> tuple[Leftover, ...]:
    """What dead (or running) builds of this user left in a folder.  For a Question.

    `kind_of` tells by its name what an entry is, "" where it is of no interest; of the kind "image" it is a file.
    """
    until = time.monotonic() + longest
    mine = _Ids(identity)
    found = []
    used: _Used | None = None
    with os.scandir(folder) as entries:
        names = sorted(entry.path for entry in entries if kind_of(entry.name))
    for path in names[:MOST]:
        kind = kind_of(os.path.basename(path))
        try:
            about = os.lstat(path)
        except OSError:
            continue
        is_kind = stat.S_ISREG if kind == "image" else stat.S_ISDIR
        if not is_kind(about.st_mode) or about.st_uid not in mine:
            continue
        if used is None:
            used = _look_at_processes(mine)
        if kind == "image":
            size, complete, foreign = about.st_blocks * 512, True, about.st_uid != mine.own
        else:
            size, complete, foreign = _measure(path, mine, until)
        found.append(
            Leftover(
                path=path,
                kind=kind,
                bytes=size,
                complete=complete,
                age=max(0, int(time.time() - about.st_mtime)),
                held=used.holds(path, about.st_mtime),
                subordinate=foreign,
            )
        )
    return tuple(found)


class _Ids:
    """The user's own id and the subordinate ones."""

    def __init__(self, identity: Identity) -> None:
        self.own = identity.user_id
        self.ranges = known(identity.subuids, ())

    def __contains__(self, number: int) -> bool:
        return number == self.own or any(one.first <= number < one.first + one.size for one in self.ranges)


def _measure(path: str, mine: _Ids, until: float) -> tuple[int, bool, bool]:
    """Bytes on disk, whether all was seen, whether something belongs to another id than the user's own."""
    size, complete, foreign = 0, True, False
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if time.monotonic() > until:
            return size, False, foreign
        try:
            with os.scandir(here) as entries:
                for about, name in _looked_at(entries):
                    size += about.st_blocks * 512
                    foreign = foreign or about.st_uid != mine.own
                    if stat.S_ISDIR(about.st_mode):
                        waiting.append(name)
        except OSError:
            complete = False
    return size, complete, foreign


def _looked_at(entries: Iterator[os.DirEntry[str]]) -> Iterator[tuple[os.stat_result, str]]:
    for entry in entries:
        try:
            yield entry.stat(follow_symlinks=False), entry.path
        except OSError:
            continue


class _Used(NamedTuple):
    """What processes have: `paths` are open or stood in, `builds` when calls of a runtime by this user began."""

    paths: frozenset[str]
    builds: tuple[float, ...]

    def holds(self, path: str, changed: float) -> bool | Unknown:
        """Whether a process has a leftover that was last changed at some time.

        A running build need not have a file open in its folder while a script runs (measured), and parts of it cannot be
        looked into; but what was last changed before it began is not its own.
        """
        place = os.path.realpath(path)
        if any(one == place or one.startswith(place + "/") for one in self.paths):
            return True
        if any(began - _CLOCKS_DIFFER <= changed for began in self.builds):
            return Unknown("a build is running that began before it was last changed")
        return False


_CLOCKS_DIFFER = 5.0  # seconds: the clock of a file server is not this machine's


def _look_at_processes(mine: _Ids) -> _Used:
    found: set[str] = set()
    builds = []
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        process = f"/proc/{name}"
        seen = True
        try:
            found.update(os.readlink(f"{process}/{link}") for link in ("cwd", "root"))
            with os.scandir(f"{process}/fd") as descriptors:
                for descriptor in descriptors:
                    try:
                        found.add(os.readlink(descriptor.path))
                    except OSError:
                        continue
        except OSError:
            seen = False
        if _is_runtime(process, mine, _CALLS if seen else _PARTS):
            builds.append(_began(process))
    return _Used(frozenset(found), tuple(builds))


def _began(process: str) -> float:
    """When a process began, in seconds as the clock has them; 0, long ago, where that cannot be told."""
    try:
        with open(f"{process}/stat", encoding="utf-8", errors="replace") as stream:
            ticks = int(stream.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0.0
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))


def _is_runtime(process: str, mine: _Ids, names: frozenset[str]) -> bool:
    """Whether a process is a part of a runtime and this user's; the owner of its folder in /proc may be root instead."""
    try:
        with open(f"{process}/status", encoding="utf-8", errors="replace") as lines:
            facts = {name: value.strip() for line in lines for name, _, value in [line.partition(":")]}
    except OSError:
        return False
    user = facts.get("Uid", "").split()[:1]
    name = facts.get("Name", "")
    if facts.get("State", "").startswith("Z"):  # it has ended, and has no files any more
        return False
    known_name = name in names or (names is _PARTS and name.startswith(_PART_BEGINNINGS))
    return bool(user) and int(user[0]) in mine and known_name


_CALLS = frozenset(("apptainer", "singularity"))
_PARTS = frozenset("apptainer singularity starter starter-suid mksquashfs unsquashfs".split())
_PART_BEGINNINGS = ("Apptainer", "Singularity", "appinit", "sinit")
