"""What lies where a build is meant to start: for each path that a definition file names, what the runtime would find.

Facts only, read before the rules run.  Nothing that a name holds is ever run or handed to a shell; a file system that
does not answer makes its names Unknown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Definition, FileCopy, Stage
from sifcheck.workspace.named_files import (
    Contents,
    FolderPart,
    FoundPaths,
    Match,
    find_named,
    joined,
    look_at,
)

if TYPE_CHECKING:
    from sifcheck.host.needed_groups import GroupAccess
    from sifcheck.job.model import JobScript
    from sifcheck.workspace.called import CalledFolder

__all__ = [
    "PATH_AGENTS",
    "Contents",
    "Folder",
    "FolderEntry",
    "FolderPart",
    "FolderReader",
    "Match",
    "NamedPath",
    "base_path",
    "read_folder",
    "wanted_paths",
]

LONGEST = 2.0
"""Seconds that looking takes at most; what has not been looked at by then is cut short."""
PATIENCE = 3.0
"""Seconds after which a file system is taken not to answer."""
MOST_PATHS = 500
MOST_ALONE = 40
_TOO_MANY = Unknown("not looked at: too many paths")
_ELSEWHERE = Unknown("not looked at: the build starts in a folder that only the script knows")


class NamedPath(NamedTuple):
    """A path to look for: as the definition file names it, and for what: "files", "appfiles", or the bootstrap agent."""

    named: str
    purpose: str


class _Place(NamedTuple):
    """A wanted path, and the folder of the definition file that wants it."""

    named: str
    purpose: str
    beside: str


class FolderEntry(NamedTuple):
    """What a named path stands for.

    `tried` is the absolute path that was looked for, patterns as they stand.  `matches` are what was found, and where there
    is none the path is not there; they are Unknown where that could not be learnt.  `missing` are the alternatives of
    braces that stand for nothing; without braces that is the name itself.  `beside` is the folder of the definition
    file if the path is not there, and would be seen from that folder.
    """

    named: str
    purpose: str
    tried: str
    matches: tuple[Match, ...] | Unknown
    missing: tuple[str, ...] = ()
    beside: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether it could be learnt what lies there."""
        return not isinstance(self.matches, Unknown)

    @property
    def found(self) -> tuple[Match, ...]:
        """What lies there, nothing where that is not known."""
        return () if isinstance(self.matches, Unknown) else self.matches


class Folder(NamedTuple):
    """The folder where the build is meant to start, as an absolute path, and what the definition file names there."""

    start: str
    entries: tuple[FolderEntry, ...]

    def entry(self, copy: FileCopy) -> FolderEntry | None:
        """What the source of a %files or %appfiles line stands for; None for what is not copied from the host."""
        source = copy.source
        return self._find(source.text, copy.section.name) if source and _is_from_host(copy) else None

    def matches(self, copy: FileCopy) -> tuple[Match, ...]:
        """What a %files or %appfiles line is known to copy from the host."""
        entry = self.entry(copy)
        return entry.found if entry is not None else ()

    def base(self, stage: Stage) -> FolderEntry | None:
        """What `From:` of a stage stands for; None for an agent that takes no path, or a value that is none."""
        path = base_path(stage)
        return self._find(path, stage.agent) if path is not None else None

    def _find(self, named: str, purpose: str) -> FolderEntry | None:
        return next((one for one in self.entries if one[:2] == (named, purpose)), None)


class FolderReader:
    """Reads the Folder of each definition file, seen from one folder; what names the same again gets the same again.

    Never raises, and whatever lies there, takes no longer than a few seconds for some hundred paths.  `contents` is what
    was read of files already, by absolute path (None for an image): they are not opened again.
    """

    def __init__(self, start: str = ".", contents: Mapping[str, bytes | None] | None = None) -> None:
        self.start = _absolute(start)
        self._contents = contents
        self._read: dict[tuple[_Place, ...], Folder] = {}
        self._others: dict[str, FolderReader] = {}

    def __call__(self, definition: Definition | JobScript) -> Folder | CalledFolder:
        """What lies at the paths that a definition file, or the calls of a batch script, name."""
        if not isinstance(definition, Definition):
            from sifcheck.workspace.called import read_called

            return read_called(definition, self.start, self._contents)
        return self.of_definition(definition)

    def of_definition(self, definition: Definition) -> Folder:
        """What lies at the paths that a definition file names.

        A build that a batch script starts begins in the folder of the script, or where it goes before.
        """
        reader = self._reader_of(definition)
        places = _places(definition)
        if reader is None:
            return Folder(self.start, tuple(_unknown(place, self.start, _ELSEWHERE) for place in places))
        if places not in reader._read:
            reader._take([places])
        return reader._read[places]

    def prefetch(self, definitions: Iterable[Definition]) -> None:
        """Read for many definition files at once, which is quicker than for each alone."""
        wanted: dict[FolderReader, dict[tuple[_Place, ...], None]] = {}
        for definition in definitions:
            reader = self._reader_of(definition)
            if reader is not None:
                wanted.setdefault(reader, {})[_places(definition)] = None
        for reader, places in wanted.items():
            reader._take(places)

    def _reader_of(self, definition: Definition) -> FolderReader | None:
        """The reader that looks from where a build starts; None where a script goes to a folder that nobody knows."""
        call = definition.call
        if call is None or call.job is None:
            return self
        from sifcheck.job.folders import folder_at

        begin = os.path.join(self.start, os.path.dirname(call.job.source.path))
        start = folder_at(call.job, call, begin)
        start = os.path.normpath(start) if start is not None else None
        if start is None or start == self.start:
            return self if start is not None else None
        if start not in self._others:
            self._others[start] = FolderReader(start, self._contents)
        return self._others[start]

    def _take(self, files: Iterable[tuple[_Place, ...]]) -> None:
        new = [places for places in files if places not in self._read]
        asked = list(dict.fromkeys(place for places in new for place in places[:MOST_PATHS]))
        entries: dict[_Place, FolderEntry] = {}
        for first in range(0, len(asked), MOST_PATHS):
            chunk = asked[first : first + MOST_PATHS]
            entries.update(zip(chunk, _ask(chunk, self.start), strict=True))
        for places in new:
            self._read[places] = Folder(
                self.start,
                tuple(entries.get(place) or _unknown(place, self.start, _TOO_MANY) for place in places),
            )


def read_folder(definition: Definition, start: str = ".") -> Folder:
    """What lies at the paths that a definition file names, seen from the folder `start`."""
    return FolderReader(start).of_definition(definition)


def wanted_paths(definition: Definition) -> Iterator[NamedPath]:
    """The paths of the machine that a definition file names, in its order; none that hangs on an unknown variable."""
    for stage in definition.stages:
        path = base_path(stage)
        if path is not None:
            yield NamedPath(path, stage.agent)
        for section in stage.named("files", "appfiles"):
            for copy in section.copies:
                if copy.source and copy.source.text and not copy.source.has_unknown and _is_from_host(copy):
                    yield NamedPath(copy.source.text, section.name)


PATH_AGENTS = ("localimage", "docker-archive", "oci", "oci-archive")
"""The agents whose `From:` is a path of the machine that builds; of all but the first a tag or digest may follow it."""


def base_path(stage: Stage) -> str | None:
    """The value of `From:` where it is a path of the machine that builds, maybe with a tag or digest; None where not."""
    field = stage.field("from")
    if field is None or not field.value or field.has_unknown or stage.agent not in PATH_AGENTS:
        return None
    # `Registry:` and `Namespace:` are put in front of the path, and what has a scheme is none.
    if "://" in field.value or stage.value("registry") or stage.value("namespace"):
        return None
    return field.value


def _is_from_host(copy: FileCopy) -> bool:
    return copy.section.from_stage is None


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError:
        # The current folder is gone: what is relative is then looked for, and not found, as the runtime does it.
        return path


def _places(definition: Definition) -> tuple[_Place, ...]:
    beside = _absolute(os.path.dirname(definition.source.path) or ".")
    return tuple(_Place(one.named, one.purpose, beside) for one in dict.fromkeys(wanted_paths(definition)))


def _ask(places: Sequence[_Place], start: str) -> tuple[FolderEntry, ...]:
    from sifcheck.base.asking import Question, ask

    def question(some: Sequence[_Place]) -> Question:
        return Question(tuple[FolderEntry, ...], lambda: _look(some, start))

    answer = ask({"all": question(places)}, PATIENCE)["all"]
    if not isinstance(answer, Unknown):
        return tuple(answer)
    # One name that is never answered for must not take the others along.
    answers = ask({str(at): question([one]) for at, one in enumerate(places[:MOST_ALONE])}, PATIENCE)
    return tuple(
        _unknown(one, start, said) if isinstance(said := answers.get(str(at), answer), Unknown) else said[0]
        for at, one in enumerate(places)
    )


def _unknown(one: _Place, start: str, why: Unknown) -> FolderEntry:
    return FolderEntry(one.named, one.purpose, joined(start, one.named), why)


def _look(places: Sequence[_Place], start: str) -> tuple[FolderEntry, ...]:
    from sifcheck.host.needed_groups import own_access

    until, access = time.monotonic() + LONGEST, own_access()
    return tuple(_entry(one, start, until, access) for one in places)


def _entry(one: _Place, start: str, until: float, access: GroupAccess) -> FolderEntry:
    from sifcheck.base.asking import reason

    try:
        found = _find(one, start, until)
        if isinstance(found, Unknown):
            return _unknown(one, start, found)
        matches = tuple(match for path in found.paths if (match := look_at(path, until, access)) is not None)
        if one.purpose == "localimage":
            matches = tuple(map(_with_architecture, matches))
    except (OSError, ValueError) as error:
        return _unknown(one, start, Unknown(reason(error)))
    elsewhere = None
    if found.missing and one.beside != start and not os.path.isabs(one.named):
        elsewhere = one.beside if _is_found(one, one.beside, until) else None
    return FolderEntry(one.named, one.purpose, found.tried, matches, found.missing, elsewhere)


def _with_architecture(match: Match) -> Match:
    """A base image with the processor that it is for, and what is wrong with it; as it was where it cannot be read."""
    if match.kind != "file":
        return match
    from sifcheck.image.content import Content
    from sifcheck.workspace.base_file import look_at_base

    try:
        with open(match.path, "rb") as file:
            said = look_at_base(Content(file.fileno()))
    except OSError:
        return match
    return match._replace(architecture=said.architecture, fault=said.fault)


def _find(one: _Place, start: str, until: float) -> FoundPaths | Unknown:
    if one.purpose == "files":
        return find_named(one.named, start, False, until)
    found = find_named(one.named, start, True, until)
    if one.purpose in ("localimage", "appfiles") or isinstance(found, Unknown) or found.paths:
        return found
    # Whether a colon ends the path hangs on agent and version: what is there either way is there.
    bare = one.named.partition(":")[0]
    for shorter in dict.fromkeys((bare, bare.partition("@")[0])):
        other = find_named(shorter, start, True, until)
        if shorter and not isinstance(other, Unknown) and other.paths:
            return other
    return FoundPaths((), (one.named,), joined(start, bare))


def _is_found(one: _Place, start: str, until: float) -> bool:
    try:
        found = _find(one, start, until)
    except (OSError, ValueError):
        return False
    return not isinstance(found, Unknown) and not found.missing
