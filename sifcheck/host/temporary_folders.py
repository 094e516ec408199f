"""Folders for temporary files: which there are on a machine and at a site, what each is fit for, the best first.

One answer for the advice of rules, for `doctor --shell`, for plans and for new jobs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.host.mounts import MEMORY_TYPES
from sifcheck.host.room import bytes_left, files_left
from sifcheck.host.site_paths import expanded, variables_of
from sifcheck.host.snapshot import Host, Storage

if TYPE_CHECKING:
    from sifcheck.site.model import Site, TmpCandidate

__all__ = [
    "GIB",
    "TemporaryFolder",
    "candidate_of",
    "directive_for",
    "is_refused",
    "lies_in",
    "temporary_folders",
]

GIB = 1 << 30

_LEAST_BYTES = 2 * GIB
"""What holds less is no place for an image."""

_LEAST_FILES = 10_000


class TemporaryFolder(NamedTuple):
    """A folder that temporary files can go to.

    `path` is None where a variable of the site's path is not set there.  `candidate` is what the site says of the folder,
    `storage` what was seen of it; None for what the one does not name, or nobody looked at.
    """

    path: str | None
    candidate: TmpCandidate | None = None
    storage: Storage | None = None

    @property
    def shown(self) -> str:
        """The path, else as the site writes it."""
        return self.path or (self.candidate.path if self.candidate is not None else "")

    @property
    def in_memory(self) -> bool:
        """Whether what lies there is memory: the site says so, or its file system is of such a type."""
        return (self.candidate is not None and _counts_as_memory(self.candidate)) or (
            self.storage is not None and self.storage.is_memory
        )

    @property
    def holds(self) -> int | None:
        """What is free there, where it was looked at, else the most that it holds by the site; None: not known."""
        if self.storage is not None and known(self.storage.exists):
            room = bytes_left(self.storage).left
            if self.candidate is None or not (isinstance(room, Unknown) or room is None):
                return known(room)
        return known(self.candidate.max_bytes) if self.candidate is not None else None

    def directive(self, size: int = 0) -> str:
        """The scheduler's option that asks for it with room for so many bytes; "" where none does, or it is there."""
        there = self.storage is not None and known(self.storage.exists) is True
        return "" if there or self.candidate is None else directive_for(self.candidate, size)


def temporary_folders(
    host: Host | None,
    site: Site | None = None,
    *,
    used: str | None = None,
    disk: bool = False,
    lasting: bool = False,
    roomy: bool = True,
) -> list[TemporaryFolder]:
    """The folders to take, the best first, without the one in use (`used`, else the machine's) and what is of no use.

    The site's go first, those whose variable is not set there after the others, then what was tried there and works.  A
    folder in memory is the last of these, and with `disk` none; with `lasting` the site's folders that end with the job are
    left out, with `roomy` those with less room than every build needs.  What else is free has no say: it changes from one
    moment to the next.
    """
    names = _names_of(host, used)
    found = _of_site(host, site, names, roomy=roomy)
    if host is not None:
        met = {folder.path for folder in found}
        tried = [
            TemporaryFolder(storage.path, None, storage)
            for purpose in ("scratch", "tmp", "vartmp")
            for storage in host.places(purpose)
            if storage.path not in met
            and not _is_one_of(storage, names)
            and _works_as_temporary(storage, roomy=roomy)
        ]
        found += sorted(tried, key=lambda folder: folder.in_memory)
    return [
        folder
        for folder in found
        if not (disk and folder.in_memory) and not (lasting and _ends_with_job(folder))
    ]


def _of_site(host: Host | None, site: Site | None, names: set[str], *, roomy: bool) -> list[TemporaryFolder]:
    variables = variables_of(host) if host is not None else {}
    fitting = []
    for candidate in site.scratch if site is not None else ():
        path = expanded(candidate.path, variables)
        looked_at = host.places("scratch") if host is not None else ()
        storage = next((one for one in looked_at if one.path == path), None)
        of_no_use = storage is not None and (
            _is_one_of(storage, names)
            or not (isinstance(storage.exists, Unknown) or _works_as_temporary(storage, roomy=roomy))
        )
        in_use = not names.isdisjoint({candidate.path, path or ""})
        if candidate.fakeroot_ok is not False and not in_use and not of_no_use:
            fitting.append(TemporaryFolder(path, candidate, storage))
    # Of a machine that is not known every variable may be set.
    return fitting if host is None else sorted(fitting, key=lambda folder: folder.path is None)


def _names_of(host: Host | None, used: str | None) -> set[str]:
    """The names of the folder in use: as it was set, and where that really lies."""
    storages: Iterable[Storage] = host.places("tmpdir") if host is not None else ()
    names = {
        name for one in storages for name in (one.path, known(one.real_path)) if used in (None, one.path)
    }
    return {name for name in (*names, used) if name}


def _is_one_of(storage: Storage, names: set[str]) -> bool:
    return storage.path in names or known(storage.real_path) in names


def _counts_as_memory(candidate: TmpCandidate) -> bool:
    said = known(candidate.counts_as_memory)
    return known(candidate.kind) in MEMORY_TYPES if said is None else said


def _ends_with_job(folder: TemporaryFolder) -> bool:
    return folder.candidate is not None and (folder.candidate.ends_with_job is True or folder.path is None)


def _works_as_temporary(storage: Storage, *, roomy: bool) -> bool:
    """Whether a folder passed all that was tried in it, and nothing known speaks against it."""
    room, files = bytes_left(storage).most, files_left(storage).most
    tried = storage.rehearsal
    return (
        storage.exists is True
        and storage.is_directory is True
        and storage.is_absolute
        and ":" not in storage.path
        and "," not in storage.path
        and storage.mounted is not False
        and storage.has_option("noexec") is not True
        and not storage.is_shared
        and not (roomy and room is not None and room < _LEAST_BYTES)
        and not (roomy and files is not None and files < _LEAST_FILES)
        and known(storage.writable) is not None
        and not any(map(is_refused, (storage.writable, tried.mkdir, tried.chown, tried.execute)))
    )


def is_refused(outcome: Any) -> bool:
    """Whether something was tried and did not work."""
    return not isinstance(outcome, Unknown) and not outcome


# -- what a site says of a folder


def candidate_of(path: str, site: Site | None, host: Host | None = None) -> TmpCandidate | None:
    """What the site says of the folder that a path lies in, on nodes of its role; the path may be as the site writes it."""
    variables = variables_of(host) if host is not None else {}
    for candidate in site.scratch if site is not None else ():
        starts = {_bare(candidate.path), expanded(candidate.path, variables) or candidate.path}
        if any(lies_in(_bare(path), start) for start in starts):
            return candidate
    return None


def lies_in(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it, by its text; `${NAME}` is `$NAME`."""
    path = _bare(path)
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _bare(path: str) -> str:
    """A path with its variables written without braces."""
    return _BRACES.sub(r"$\1", path)


_BRACES = pattern(r"\$\{(\w+)\}")


def directive_for(candidate: TmpCandidate, size: int = 0) -> str:
    """The scheduler's option that asks for a folder, with room for so many bytes as far as there are so many."""
    wanted = -(-size // GIB)
    if isinstance(candidate.max_bytes, int):
        wanted = min(wanted, candidate.max_bytes // GIB)

    def at_least(match: re.Match[str]) -> str:
        return match[0] if int(match[1]) >= wanted else f"={wanted}Gi"

    return _SIZE_ASKED.sub(at_least, known(candidate.needs_directive, ""))


_SIZE_ASKED = pattern(r"=(\d{1,18})Gi\b")
