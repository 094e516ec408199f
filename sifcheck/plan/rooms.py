"""What there is for a build: the places it writes to and the memory, of a machine that was looked at or of a site file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.mounts import MEMORY_TYPES
from sifcheck.host.room import bytes_left, files_left
from sifcheck.host.snapshot import Host, Storage
from sifcheck.host.temporary_folders import TemporaryFolder, candidate_of, lies_in, temporary_folders
from sifcheck.host.written import writable_in_build
from sifcheck.plan.model import Alternative, MemoryRoom, Place, Role

if TYPE_CHECKING:
    from sifcheck.site.model import Site

__all__ = ["PlaceRequest", "alternatives", "memory_of", "places_of"]

_DIRECTIVES = {"pjm": "#PJM", "slurm": "#SBATCH", "pbs": "#PBS", "grid-engine": "#$"}
_PURPOSES: dict[Role, str] = {"temporary": "tmpdir", "cache": "cache", "output": "output"}


class PlaceRequest(NamedTuple):
    """What the user said of places: the temporary folder (`--tmpdir`), the image's path, and the memory of the job.

    `converts`: an image is turned into another, with no more rights than the user has.
    """

    temporary: str | None = None
    output: str = ""
    job_memory: int | None = None
    converts: bool = False


def places_of(host: Host | None, site: Site | None, wishes: PlaceRequest) -> tuple[Place, ...]:
    """Where a build would write: temporary folder, cache, output; what nobody knows of is left out."""
    if host is not None:
        found = (
            _of_storage(role, storage, site, host, wishes.converts)
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


def _of_storage(role: Role, storage: Storage, site: Site | None, host: Host, converts: bool) -> Place:
    room, files = bytes_left(storage), files_left(storage)
    free, by = room.left, room.by
    said = candidate_of(storage.path, site, host)
    most = known(said.max_bytes) if said is not None else None
    if most is not None and (room.most is None or most < room.most):
        free, by = most, "size"
    return Place(
        role,
        storage.path,
        storage.origin,
        storage.filesystem,
        _device(storage),
        free if free is not None else Unknown("it was not learnt"),
        by,
        files.left,
        storage.is_memory or (said is not None and said.counts_as_memory is True),
        said is not None and said.ends_with_job is True,
        storage.exists,
        writable_in_build(storage, host, converts=converts),
        known(storage.options, ()),
        storage.is_shared,
    )


def _device(storage: Storage) -> str:
    """What tells file systems apart: a device, or where it is mounted, for all in memory are called tmpfs."""
    device, point = known(storage.device), known(storage.mount_point)
    if device and (device.startswith("/") or ":" in device):
        return device
    return point or ""


# -- a site file alone, or nothing at all


def _memory_place(path: str) -> Iterator[Place]:
    """The temporary folder where nothing is known of the machine but that /dev/shm is memory everywhere."""
    if lies_in(path, "/dev/shm"):  # noqa: S108 - it is looked for, not written to
        room = Unknown("the machine is not known")
        yield Place("temporary", path, "--tmpdir", "tmpfs", "/dev/shm", room, "free", in_memory=True)  # noqa: S108


def _of_site(site: Site, wishes: PlaceRequest) -> Iterator[Place]:
    folder = wishes.temporary or next((one.shown for one in temporary_folders(None, site)), None)
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
    said = candidate_of(path, site)
    if said is None and lies_in(path, "$HOME"):
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
    held = _held_by_files(host, places) if host is not None and by != "the node" else 0
    if isinstance(held, Unknown):
        return MemoryRoom(limits[by], held, by)
    left = limits[by] - held
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


def _held_by_files(host: Host, places: Iterable[Place]) -> int | Unknown:
    """What files in memory hold of the job's share: they cannot be dropped.  Other users' files are none of it."""
    held = {}
    for place in places:
        storage = host.place(_PURPOSES[place.role])
        if place.in_memory and storage is not None:
            whole, free = known(storage.total_bytes), known(storage.available_bytes)
            if whole is not None and free is not None:
                held[place.device] = max(0, whole - free)
    used = host.memory.cgroup_used_bytes
    if not sum(held.values()):
        return 0
    if used is None:
        return Unknown("no control group counts whose files these are")
    return used if isinstance(used, Unknown) else min(sum(held.values()), used)


# -- what else there is


def alternatives(
    host: Host | None, site: Site | None, used: Place | None, need: int, memory_need: int, memory: MemoryRoom
) -> tuple[Alternative, ...]:
    """Other folders for temporary files, those of the site first; `need` and `memory_need` are the upper ends.

    One that is known to be of no use is left out, and of those of the machine what lies on the same disk as another.
    """
    told = []
    devices = {used.device} if used is not None else set()
    limit = known(memory.limit)
    for one in temporary_folders(host, site, used=used.path if used is not None else None, roomy=False):
        if one.candidate is None and one.storage is not None:
            if _device(one.storage) in devices:
                continue
            devices.add(_device(one.storage))
        fits = None if one.holds is None else one.holds >= need
        if one.in_memory and fits is not False:
            fits = limit >= memory_need + need if limit is not None else None
        told.append(_alternative(one, need, fits, site))
    return tuple(sorted(told, key=lambda one: (one.fits is not True, one.in_memory)))


def _alternative(one: TemporaryFolder, need: int, fits: bool | None, site: Site | None) -> Alternative:
    from sifcheck.base.text import quote

    word = f'"{one.shown}"' if "$" in one.shown else one.shown if one.candidate else quote(one.shown)
    prefix = _DIRECTIVES.get(known(site.scheduler.type, ""), "") if site is not None else ""
    directive = one.directive(need)
    note = known(one.candidate.note, "") if one.candidate is not None else ""
    asked = f"{prefix} {directive}".strip() if directive else ""
    return Alternative(one.shown, word, one.holds, asked, one.in_memory, fits, note)
