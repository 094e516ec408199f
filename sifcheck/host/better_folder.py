"""Which folder a build should take for temporary files in place of the one in use: one answer for advice and for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.mounts import MEMORY_TYPES, SHARED_TYPES
from sifcheck.host.site_paths import expanded_there
from sifcheck.host.snapshot import Host, Storage

if TYPE_CHECKING:
    from sifcheck.site.model import Site, TmpCandidate

__all__ = ["BetterFolder", "better_folders"]

_LEAST_BYTES = 2 << 30
"""What holds less is no place for an image."""

_LEAST_FILES = 10_000


class BetterFolder(NamedTuple):
    """A folder to take.

    `path` is None where a variable of the site's path is not set there; `proposal` is what the site says of the folder, None
    for one that the site does not name.
    """

    path: str | None
    proposal: TmpCandidate | None = None


def better_folders(
    host: Host, site: Site | None = None, *, disk: bool = False, lasting: bool = False
) -> list[BetterFolder]:
    """The folders to take, the best first, without the one in use and what is known to be of no use.

    The site's go first, those whose variable is not set there after the others, then what was tried there and works.  A
    folder in memory is the last of these, and with `disk` none; with `lasting` the site's folders that end with the job are
    left out.  How much is free has no say beyond what every build needs: it changes from one moment to the next.
    """
    found = [
        storage
        for purpose in ("scratch", "tmp", "vartmp")
        for storage in host.places(purpose)
        if not _is_in_use(storage, host)
        and _works_as_temporary(storage)
        and not (disk and _is_memory(storage))
    ]
    found.sort(key=_is_memory)
    return [
        *_of_site(host, site, disk=disk, lasting=lasting),
        *(BetterFolder(storage.path) for storage in found),
    ]


def _of_site(host: Host, site: Site | None, *, disk: bool, lasting: bool) -> list[BetterFolder]:
    fitting = []
    for place in site.scratch if site is not None else ():
        path = expanded_there(place.path, host)
        refused = place.fakeroot_ok is False or (disk and place.counts_as_memory is True)
        gone = lasting and (place.ends_with_job is True or path is None)
        if not refused and not gone and not (path is not None and _is_of_no_use(path, host)):
            fitting.append(BetterFolder(path, place))
    return sorted(fitting, key=lambda better: better.path is None)


def _is_of_no_use(path: str, host: Host) -> bool:
    """Whether a folder is the one in use, or was looked at and does not do."""
    used = host.place("tmpdir")
    if used is not None and path in (used.path, known(used.real_path)):
        return True
    looked_at = next((storage for storage in host.places("scratch") if storage.path == path), None)
    return (
        looked_at is not None
        and not isinstance(looked_at.exists, Unknown)
        and (_is_in_use(looked_at, host) or not _works_as_temporary(looked_at))
    )


def _is_in_use(storage: Storage, host: Host) -> bool:
    used = host.place("tmpdir")
    if used is None:
        return False
    names = {used.path, known(used.real_path, used.path)}
    return storage.path in names or known(storage.real_path) in names


def _works_as_temporary(storage: Storage) -> bool:
    """Whether a folder passed all that was tried in it, and nothing known speaks against it."""
    tried = storage.rehearsal
    return (
        storage.exists is True
        and storage.is_directory is True
        and storage.is_absolute
        and ":" not in storage.path
        and "," not in storage.path
        and storage.mounted is not False
        and storage.has_option("noexec") is not True
        and not known(storage.filesystem, "").startswith((*SHARED_TYPES, "fuse"))
        and known(storage.available_bytes, _LEAST_BYTES) >= _LEAST_BYTES
        and ((left := known(storage.available_inodes)) is None or left >= _LEAST_FILES)
        and known(storage.writable) is not None
        and not any(
            _failed(outcome) for outcome in (storage.writable, tried.mkdir, tried.chown, tried.execute)
        )
    )


def _failed(outcome: Any) -> bool:
    return not isinstance(outcome, Unknown) and not outcome


def _is_memory(storage: Storage) -> bool:
    return known(storage.filesystem, "") in MEMORY_TYPES
