"""How much room is left in a folder and in memory: by the file system, the quota and the limits of the job.

What is tightest counts.  A limit of which nobody knows how much is used leaves an unknown rest: neither all of it nor
nothing.
"""

from __future__ import annotations

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host, Storage

__all__ = ["Room", "bytes_left", "files_left", "memory_left"]


class Room(NamedTuple):
    """What is left, in bytes or files, by what is tightest.

    `left` is None where nothing limits it or counts it.  `by` is "free" (the file system), "quota", "memory" (the node),
    "cgroup" or "job".  `most` is what can be left at the most, also where `left` is Unknown; None: no bound is known.
    """

    left: int | Unknown | None
    by: str
    most: int | None

    @property
    def bound(self) -> str:
        """What stands before `most` in a sentence: "at most " where no more is known, else nothing."""
        return "at most " if isinstance(self.left, Unknown) else ""


class _Limit(NamedTuple):
    """One of several limits: what it leaves, what it is, and what it leaves at the most."""

    left: int | Unknown | None
    by: str
    most: int | None


def bytes_left(storage: Storage) -> Room:
    """The bytes that this user may still write to a folder."""
    quota = known(storage.quota)
    free = _Limit(storage.available_bytes, "free", known(storage.available_bytes))
    if quota is None:
        return _tightest(free)
    return _tightest(free, _used("quota", quota.limit_bytes, quota.used_bytes))


def files_left(storage: Storage) -> Room:
    """The files that this user may still make in a folder."""
    quota = known(storage.quota)
    free = _Limit(storage.available_inodes, "free", known(storage.available_inodes))
    if quota is None:
        return _tightest(free)
    return _tightest(free, _used("quota", quota.limit_inodes, quota.used_inodes))


def memory_left(host: Host) -> Room:
    """The memory in bytes that this process and what it starts can still have."""
    node, job = host.memory.available_bytes, known(host.scheduler.memory_bytes)
    return _tightest(
        _Limit(node, "memory", known(node)),
        _used("cgroup", known(host.memory.cgroup_limit_bytes), known(host.memory.cgroup_used_bytes)),
        _Limit(job, "job", job),
    )


def _used(by: str, limit: int | None, used: int | None) -> _Limit:
    """What a limit leaves of which `used` is taken; None for either: there is none, nobody knows."""
    if limit is None:
        return _Limit(None, by, None)
    if used is None:
        return _Limit(Unknown(f"how much of the {by} is used is not known"), by, limit)
    left = max(0, limit - used)
    return _Limit(left, by, left)


def _tightest(*limits: _Limit) -> Room:
    bounds = [limit for limit in limits if limit.left is not None]
    if not bounds:
        return Room(None, limits[0].by, None)
    least = min((limit for limit in bounds if limit.most is not None), key=_most, default=bounds[0])
    if least.most == 0:
        return Room(0, least.by, 0)
    unknown = next((limit for limit in bounds if isinstance(limit.left, Unknown)), None)
    found = least if unknown is None else unknown
    return Room(found.left, found.by, least.most)


def _most(limit: _Limit) -> int:
    assert limit.most is not None
    return limit.most
