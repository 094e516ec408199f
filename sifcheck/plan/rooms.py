"""What there is for a build: the places it writes to and the memory, of a machine that was looked at or of a site file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.host.mounts import MEMORY_TYPES, SHARED_TYPES
from sifcheck.host.site_paths import expanded, variables_of
from sifcheck.host.snapshot import Host, Storage
from sifcheck.plan.model import Alternative, MemoryRoom, Place, Role

if TYPE_CHECKING:
    from sifcheck.site.model import Site, TmpCandidate

__all__ = ["PlaceRequest", "alternatives", "memory_of", "places_of", "said_of"]

_SHARED = (*SHARED_TYPES, "fuse.")
_DIRECTIVES = {"pjm": "#PJM", "slurm": "#SBATCH", "pbs": "#PBS", "grid-engine": "#$"}
_GIB = 1 << 30
_PURPOSES: dict[Role, str] = {"temporary": "tmpdir", "cache": "cache", "output": "output"}


class PlaceRequest(NamedTuple):
    """What the user said of places: the temporary folder (`--tmpdir`), the image's path, and the memory of the job."""

    temporary: str | None = None
    output: str = ""
    job_memory: int | None = None


def places_of(host: Host | None, site: Site | None, wishes: PlaceRequest) -> tuple[Place, ...]:
    """Where a build would write: temporary folder, cache, output; what nobody knows of is left out."""
    if host is not None:
        found = (
            _of_storage(role, storage, site, host)
            for role, purpose in _PURPOSES.items()
            if (storage := _storage(host, purpose, wishes)) is not None
        )
        return tuple(found)
    if site is not None:
        return tuple(_of_site(site, wishes))
    return tuple(_memory_place(wishes.temporary)) if wishes.temporary is not None else ()


def _storage(host: Host, purpose: str, wishes: PlaceRequest) -> Storage | None:
    """The folder of the snapshot that the build would use; None where that was not looked at."""
    usual = host.place(purpose)
    if purpose == "tmpdir" and wishes.temporary not in (None, usual.path if usual is not None else None):
        return next((one for one in host.storage if one.path == wishes.temporary), None)
    if purpose != "output":
        return usual
    folder = os.path.dirname(wishes.output.rstrip("/"))
    if not folder:
        # The folder that the runtime is started in, where the image has no other.
        return usual or (host.place("cwd") if wishes.output else None)
    if usual is not None and (not os.path.isabs(folder) or usual.path.rstrip("/") == folder):
        return usual
    return next((one for one in host.storage if one.path == folder), None)


# -- a machine that was looked at


def _of_storage(role: Role, storage: Storage, site: Site | None, host: Host) -> Place:
    free, by = known(storage.available_bytes), "free"
    quota = known(storage.quota)
    inodes = storage.available_inodes
    if quota is not None and quota.limit_bytes is not None:
        left = max(0, quota.limit_bytes - (quota.used_bytes or 0))
        if free is None or left < free:
            free, by = left, "quota"
    if quota is not None and quota.limit_inodes is not None:
        left = max(0, quota.limit_inodes - (quota.used_inodes or 0))
        counted = known(inodes)
        inodes = left if counted is None else min(left, counted)
    said = said_of(storage.path, site, variables_of(host))
    if said is not None and isinstance(said.max_bytes, int) and (free is None or said.max_bytes < free):
        free, by = said.max_bytes, "size"
    kind = known(storage.filesystem) or ""
    return Place(
        role,
        storage.path,
        storage.origin,
        storage.filesystem,
        _device(storage),
        free if free is not None else storage.available_bytes,
        by,
        inodes,
        kind in MEMORY_TYPES or (said is not None and said.counts_as_memory is True),
        said is not None and said.ends_with_job is True,
        storage.exists,
        storage.writable,
        known(storage.options, ()),
        kind.startswith(_SHARED),
    )


def _device(storage: Storage) -> str:
    """What tells file systems apart: a device, or where it is mounted, for all in memory are called tmpfs."""
    device, point = known(storage.device), known(storage.mount_point)
    if device and (device.startswith("/") or ":" in device):
        return device
    return point or ""


def said_of(path: str, site: Site | None, variables: Mapping[str, str]) -> TmpCandidate | None:
    """What the site says of the folder that a path lies in."""
    for one in site.scratch if site is not None else ():
        for start in {_bare(one.path), expanded(one.path, variables) or one.path}:
            if _lies_in(_bare(path), start):
                return one
    return None


def _bare(path: str) -> str:
    """A path with its variables written without braces."""
    return _BRACES.sub(r"$\1", path)


_BRACES = pattern(r"\$\{(\w+)\}")


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


# -- a site file alone, or nothing at all


def _memory_place(path: str) -> Iterator[Place]:
    """The temporary folder where nothing is known of the machine but that /dev/shm is memory everywhere."""
    if _lies_in(path, "/dev/shm"):  # noqa: S108 - it is looked for, not written to
        room = Unknown("the machine is not known")
        yield Place("temporary", path, "--tmpdir", "tmpfs", "/dev/shm", room, "free", in_memory=True)  # noqa: S108


def _of_site(site: Site, wishes: PlaceRequest) -> Iterator[Place]:
    folder = wishes.temporary or next(
        (one.path for one in site.scratch if one.fakeroot_ok is not False), None
    )
    if folder is not None:
        origin = "--tmpdir" if wishes.temporary else "site"
        yield _said_place("temporary", folder, origin, site)
    yield _at_home("cache", "$HOME", "default", site)
    output = os.path.dirname(wishes.output.rstrip("/"))
    if output.startswith(("/", "$")):
        yield _said_place("output", output, "output", site)


def _at_home(role: Role, path: str, origin: str, site: Site) -> Place:
    """A place in the home, of which the site says what it is and how much it holds."""
    kind = known(site.filesystems.home) or Unknown("the site file does not say")
    return Place(role, path, origin, kind, "$HOME", site.filesystems.home_bytes, "size", shared=True)


def _said_place(role: Role, path: str, origin: str, site: Site) -> Place:
    said = said_of(path, site, {})
    if said is None and _lies_in(_bare(path), "$HOME"):
        return _at_home(role, path, origin, site)
    if said is None and (found := next(_memory_place(path), None)) is not None:
        return found._replace(role=role, origin=origin)
    not_said = Unknown("the site file does not say")
    if said is None:
        volumes = site.filesystems.volumes
        shared = isinstance(volumes, str) and re.search(volumes, path) is not None
        return Place(role, path, origin, not_said, path, not_said, "size", shared=shared)
    return Place(
        role,
        path,
        origin,
        said.kind,
        said.path,
        said.max_bytes,
        "size",
        in_memory=said.counts_as_memory is True or known(said.kind) in MEMORY_TYPES,
        ends_with_job=said.ends_with_job is True,
        options=said.options,
    )


# -- memory


def memory_of(
    host: Host | None, site: Site | None, places: Iterable[Place], wishes: PlaceRequest
) -> MemoryRoom:
    """What the build may use: what the user said, the job's and the cgroup's limit, the node's, or what the site says.

    What the cgroup counts as used is not taken off: most of it is copies of files on disk, which go when they must.
    """
    said = site.node.memory_bytes if site is not None else Unknown("no site is named")
    limits = _limits(host, wishes, known(said))
    if not limits:
        why = said if host is None and isinstance(said, Unknown) else Unknown("it was not learnt")
        return MemoryRoom(why, why, "")
    by = min(limits, key=lambda name: limits[name])
    stable = known(site.node.stable_memory_bytes) if site is not None else None
    left = limits[by] - (_held_by_files(host, places) if host is not None and by != "the node" else 0)
    return MemoryRoom(limits[by], max(0, min(left, stable if stable is not None else left)), by)


def _limits(host: Host | None, wishes: PlaceRequest, said: int | None) -> dict[str, int]:
    """Each limit that is known, by who sets it."""
    found = {
        "the job": wishes.job_memory,
        "the control group": None,
        "the site": said if host is None and wishes.job_memory is None else None,
        "the node": None,
    }
    if host is not None:
        found["the control group"] = known(host.memory.cgroup_limit_bytes)
        found["the node"] = known(host.memory.available_bytes)
        if wishes.job_memory is None:
            found["the job"] = known(host.scheduler.memory_bytes)
        if found["the job"] is None and found["the control group"] is None:
            found["the site"] = said
    return {by: limit for by, limit in found.items() if limit is not None}


def _held_by_files(host: Host, places: Iterable[Place]) -> int:
    """What files in memory hold of the job's share: they cannot be dropped.  Other users' files are none of it."""
    used = known(host.memory.cgroup_used_bytes)
    held = {}
    for place in places:
        storage = host.place(_PURPOSES[place.role])
        if place.in_memory and storage is not None:
            whole, free = known(storage.total_bytes), known(storage.available_bytes)
            if whole is not None and free is not None:
                held[place.device] = max(0, whole - free)
    return min(sum(held.values()), used or 0)


# -- what else there is


def alternatives(
    host: Host | None, site: Site | None, used: Place | None, need: int, memory_need: int, memory: MemoryRoom
) -> tuple[Alternative, ...]:
    """Other folders for temporary files, those of the site first; `need` and `memory_need` are the upper ends.

    One that is known to be of no use is left out.
    """
    found = [*_of_the_site(host, site, used), *(_of_the_machine(host, used) if host is not None else ())]
    told = []
    for one in {one.path: one for one in reversed(found)}.values():
        fits = None if one.holds is None else one.holds >= need
        limit = known(memory.limit)
        if one.in_memory and fits is not False:
            fits = limit >= memory_need + need if limit is not None else None
        told.append(one._replace(fits=fits, directive=_enough(one.directive, need)))
    order = [one.path for one in found]
    return tuple(sorted(told, key=lambda one: (one.fits is not True, one.in_memory, order.index(one.path))))


def _of_the_site(host: Host | None, site: Site | None, used: Place | None) -> Iterator[Alternative]:
    variables = variables_of(host) if host is not None else {}
    for one in site.scratch if site is not None else ():
        path = expanded(one.path, variables)
        shown = path or one.path
        if one.fakeroot_ok is False or (used is not None and used.path in (one.path, path)):
            continue
        storage = (
            next((place for place in host.places("scratch") if place.path == path), None) if host else None
        )
        if (
            storage is not None
            and known(storage.exists) is False
            and not isinstance(one.needs_directive, str)
        ):
            continue
        measured = known(storage.available_bytes) if storage is not None and known(storage.exists) else None
        holds = measured if measured is not None else known(one.max_bytes)
        directive = known(one.needs_directive, "")
        prefix = _DIRECTIVES.get(known(site.scheduler.type, ""), "") if site is not None else ""
        there = storage is not None and known(storage.exists) is True
        yield Alternative(
            shown,
            f'"{shown}"' if "$" in shown else shown,
            holds,
            "" if there or not directive else f"{prefix} {directive}".strip(),
            one.counts_as_memory is True,
            None,
            known(one.note, ""),
        )


def _of_the_machine(host: Host, used: Place | None) -> Iterator[Alternative]:
    from shlex import quote

    devices = {used.device} if used is not None else set()
    for storage in (*host.places("scratch"), *host.places("tmp"), *host.places("vartmp")):
        tried = [
            storage.writable,
            storage.rehearsal.mkdir,
            storage.rehearsal.chown,
            storage.rehearsal.execute,
        ]
        bad = any(not isinstance(one, Unknown) and not one for one in tried)
        kind = known(storage.filesystem) or ""
        odd = ":" in storage.path or "," in storage.path or known(storage.mounted) is False
        if known(storage.exists) is not True or bad or odd or kind.startswith(_SHARED):
            continue
        if _device(storage) in devices or storage.has_option("noexec") is True:
            continue
        devices.add(_device(storage))
        yield Alternative(
            storage.path,
            quote(storage.path),
            known(storage.available_bytes),
            "",
            kind in MEMORY_TYPES,
            None,
        )


def _enough(directive: str, need: int) -> str:
    """A directive that asks for so many GiB asks for as many as are needed."""

    def more(match: re.Match[str]) -> str:
        return f"={max(int(match[1]), -(-need // _GIB))}Gi"

    return re.sub(r"=(\d{1,6})Gi\b", more, directive)
