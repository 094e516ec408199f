"""How much memory, how many cores and processes this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

from sifcheck.base.asking import reason
from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Limit, Limits, Memory, Processors

__all__ = [
    "Controls",
    "look_at_limits",
    "look_at_memory",
    "look_at_processors",
    "read_controls",
    "resource_limits",
]

# What version 1 writes where there is no limit: the largest multiple of a page.
_NO_LIMIT = 1 << 60


class Controls(NamedTuple):
    """What the control groups of this process leave it: the tightest of all levels, None without a limit."""

    version: int | Unknown | None
    limit_bytes: int | Unknown | None
    used_bytes: int | Unknown | None
    processes: int | Unknown | None
    processes_used: int | Unknown | None
    cores: float | Unknown | None


def look_at_memory(controls: Controls) -> Memory:
    """Memory by psutil, and by the cgroup."""
    import psutil

    memory = psutil.virtual_memory()
    try:
        swap: int | Unknown = psutil.swap_memory().total
    except (OSError, RuntimeError) as error:
        swap = Unknown(reason(error))
    return Memory(
        total_bytes=memory.total,
        available_bytes=memory.available,
        swap_bytes=swap,
        cgroup_version=controls.version,
        cgroup_limit_bytes=controls.limit_bytes,
        cgroup_used_bytes=controls.used_bytes,
    )


def look_at_processors(controls: Controls) -> Processors:
    """Cores of the node, of this process, of the cgroup."""
    return Processors(
        on_node=os.cpu_count() or Unknown("the system does not tell"),
        usable=len(os.sched_getaffinity(0)),
        quota=controls.cores,
    )


def look_at_limits(controls: Controls) -> Limits:
    """The resource limits of this process, and how many processes (threads) the user has."""
    return resource_limits(Unknown("not counted"))._replace(
        processes_used=_threads_of(os.getuid()),
        cgroup_processes=controls.processes,
        cgroup_processes_used=controls.processes_used,
    )


def resource_limits(why: Unknown) -> Limits:
    """The resource limits alone, which never take time; the rest is unknown for that reason."""
    import resource

    def limit(kind: int) -> Limit:
        soft, hard = (
            None if value == resource.RLIM_INFINITY else value for value in resource.getrlimit(kind)
        )
        return Limit(soft, hard)

    return Limits(
        address_space=limit(resource.RLIMIT_AS),
        processes=limit(resource.RLIMIT_NPROC),
        file_size=limit(resource.RLIMIT_FSIZE),
        cpu_seconds=limit(resource.RLIMIT_CPU),
        open_files=limit(resource.RLIMIT_NOFILE),
        processes_used=why,
        cgroup_processes=why,
        cgroup_processes_used=why,
    )


def _threads_of(user: int) -> int | Unknown:
    """The limit counts threads by real user id.  The numbers of /proc/PID/status would be exact and ten times as slow."""
    count = 0
    try:
        for name in os.listdir("/proc"):
            if name.isdecimal():
                try:
                    if os.stat(f"/proc/{name}").st_uid == user:
                        count += os.stat(f"/proc/{name}/task").st_nlink - 2
                except OSError:
                    continue
    except OSError as error:
        return Unknown(reason(error))
    return count


def read_controls(root: str = "/sys/fs/cgroup", membership: str = "/proc/self/cgroup") -> Controls:
    """The limits of the control groups that this process is in, of version 1 or 2, from its own level up to the root.

    In a container the path named in `membership` may lie outside of what is mounted: then the root of the mount counts.
    """
    try:
        with open(membership, encoding="utf-8", errors="surrogateescape") as lines:
            groups = {
                parts[1]: parts[2] for line in lines if len(parts := line.rstrip("\n").split(":", 2)) == 3
            }
    except OSError as error:
        why = Unknown(reason(error))
        return Controls(why, why, why, why, why, why)
    if os.path.exists(f"{root}/cgroup.controllers"):
        return _version_2(root, groups.get("", "/"))
    by_name = {name: path for names, path in groups.items() for name in names.split(",") if name}
    return _version_1(root, by_name) if by_name else Controls(None, None, None, None, None, None)


def _version_2(root: str, group: str) -> Controls:
    limit, at = _tightest(root, group, "memory.max")
    processes, pids_at = _tightest(root, group, "pids.max")
    cores = None
    for level in _levels(root, group):
        quota, _, period = _text(f"{level}/cpu.max").partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period):
            here = int(quota) / int(period)
            cores = here if cores is None else min(cores, here)
    return Controls(
        version=2,
        limit_bytes=limit,
        used_bytes=_number(f"{at}/memory.current") if at else None,
        processes=processes,
        processes_used=_number(f"{pids_at}/pids.current") if pids_at else None,
        cores=cores,
    )


def _version_1(root: str, groups: dict[str, str]) -> Controls:
    limit, at = _tightest(f"{root}/memory", groups.get("memory", "/"), "memory.limit_in_bytes")
    processes, pids_at = _tightest(f"{root}/pids", groups.get("pids", "/"), "pids.max")
    cores = None
    for level in _levels(f"{root}/cpu", groups.get("cpu", "/")):
        quota, period = _number(f"{level}/cpu.cfs_quota_us"), _number(f"{level}/cpu.cfs_period_us")
        if quota and period:
            here = quota / period
            cores = here if cores is None else min(cores, here)
    return Controls(
        version=1,
        limit_bytes=limit,
        used_bytes=_number(f"{at}/memory.usage_in_bytes") if at else None,
        processes=processes,
        processes_used=_number(f"{pids_at}/pids.current") if pids_at else None,
        cores=cores,
    )


def _tightest(root: str, group: str, name: str) -> tuple[int | None, str | None]:
    """The smallest limit from a group up to the root, and where it stands."""
    found: tuple[int | None, str | None] = None, None
    for level in _levels(root, group):
        value = _number(f"{level}/{name}")
        if value is not None and value < _NO_LIMIT and (found[0] is None or value < found[0]):
            found = value, level
    return found


def _levels(root: str, group: str) -> Iterator[str]:
    parts = [part for part in group.split("/") if part not in ("", "..")]
    if not os.path.isdir("/".join([root, *parts])):
        parts = []
    for length in range(len(parts), -1, -1):
        yield "/".join([root, *parts[:length]])


def _number(path: str) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.read(200).strip()
    except OSError:
        return ""
