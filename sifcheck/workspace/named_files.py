"""What a name of a definition file stands for on disk: its matches, and what lies in a folder, bounded in time and count."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from fnmatch import translate

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.host.needed_groups import GroupAccess, joined_groups
from sifcheck.host.snapshot import Group

__all__ = [
    "Contents",
    "FolderPart",
    "FoundPaths",
    "Match",
    "alternatives",
    "find_named",
    "joined",
    "look_at",
    "only_a_shell_knows",
]

MOST_ENTRIES = 20_000
"""So many names are looked at in one folder, and by one name with a pattern in it."""
MOST_MATCHES = 200
MOST_ALTERNATIVES = 100
MOST_NAMES = 20
LARGEST = 5

# cp finds nothing at such a path; any other error is none of the file's.
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
_MAGIC = pattern(r"[*?]|\[[^\]]")
# Expanded by a shell, or no name at all for Apptainer up to 1.5, which reads a source as shell text.
_SHELL_TEXT = pattern(r"[$`()|;&<>'\\]|^-")
_LIST = pattern(r"\{([^{}]*)\}")
_RANGE = pattern(r"(-?\d{1,6})\.\.(-?\d{1,6})")


class FolderPart(NamedTuple):
    """An entry of a folder with all that lies below it."""

    name: str
    bytes: int
    files: int


class Contents(NamedTuple):
    """What lies in a folder, at any depth.

    `bytes` and `files` are lower bounds where `complete` is False: there was too much of it, or parts could not be read,
    or lie behind links to other folders, which are not followed here though cp does.  `largest` are the largest
    entries of the folder.  The others are paths below the folder, at most 20 each: `holds` is `.git`, `.ssh`, and
    images (`*.sif`), `closed` what other users may not read, `dangling` links that lead nowhere.
    """

    bytes: int
    files: int
    complete: bool
    largest: tuple[FolderPart, ...] = ()
    holds: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    dangling: tuple[str, ...] = ()


class Match(NamedTuple):
    """One file or folder that a name stands for.

    `kind` is file, folder, dangling (a link that leads nowhere) or other (a device, a pipe).  Links are followed, as
    cp does: `bytes` and `mode` are of what is copied, 0 for a dangling link.  `others_readable` is whether users other
    than the owner and the group may read it, and enter it if it is a folder; of its contents says `contents`, which only a
    folder has.  `architecture` is the processor that a SIF file is for, where it was asked and the file says so.
    `needs_groups` are the supplementary groups without which this user could not read it, or something that was seen in it.
    `closed_by` is the id of the owner of what this user may not read, None where he may, or nobody can tell.  `fault` says
    why a file is no image, where that was asked.
    """

    path: str
    kind: str
    bytes: int
    mode: int
    contents: Contents | None = None
    architecture: str | None = None
    needs_groups: tuple[Group, ...] | Unknown = ()
    closed_by: int | None = None
    fault: str = ""

    @property
    def owner_readable(self) -> bool:
        """Whether its mode lets the owner read it."""
        return _lets(self.mode, self.kind == "folder", 6)

    @property
    def others_readable(self) -> bool:
        """Whether its mode lets everybody read it."""
        return _lets(self.mode, self.kind == "folder", 0)


class FoundPaths(NamedTuple):
    """The paths that a name stands for; `missing` are those of its alternatives (`{a,b}`) for which there is none."""

    paths: tuple[str, ...]
    missing: tuple[str, ...]
    tried: str


def find_named(named: str, start: str, plain: bool, until: float) -> FoundPaths | Unknown:
    """What a source of %files stands for, seen from the folder `start`; by `plain` nothing but the path itself.

    `*`, `?` and `[ ]` as all runtimes read them (`**` is `*`; names with a dot in front want one in the pattern), braces and
    `~` as Apptainer up to 1.5 does.  A pattern without a match is a name.  What only a shell could expand is Unknown.
    Source: Apptainer 1.4.5, measured.
    """
    if "\ufffd" in named or "\0" in named:
        return Unknown("the name holds bytes that are no text")
    literal = joined(start, named)
    if plain or _exists(literal):
        return FoundPaths(
            (literal,) if _exists(literal) else (), () if _exists(literal) else (named,), literal
        )
    if only_a_shell_knows(named):
        return Unknown("only a shell can tell what the name stands for")
    names = alternatives(named)
    if len(names) > MOST_ALTERNATIVES:
        return Unknown("the name stands for too many others")
    paths: list[str] = []
    missing = []
    for alternative in names:
        bare = _without_tilde(alternative)
        if bare is None:
            return Unknown("whose home is meant is not looked up")
        matches = _matches(start, bare, until)
        if isinstance(matches, Unknown):
            return matches
        paths += matches
        if not matches:
            missing.append(alternative)
    tried = joined(start, _without_tilde(named) or named)
    return FoundPaths(tuple(dict.fromkeys(paths))[:MOST_MATCHES], tuple(missing), tried)


def joined(start: str, named: str) -> str:
    """A path that is seen from a folder, without a `./` in front of it."""
    while named.startswith("./") and len(named) > 2:
        named = named[2:]
    return os.path.join(start, named)


def only_a_shell_knows(named: str) -> bool:
    """Whether a shell, or the options of cp, would make something else of the name than a path with patterns."""
    return _SHELL_TEXT.search(named) is not None


def alternatives(named: str) -> list[str]:
    """The names that braces make of one, without the order in which a shell would have them."""
    done: list[str] = []
    waiting = [named]
    while waiting and len(done) + len(waiting) <= MOST_ALTERNATIVES:
        text = waiting.pop()
        made = next(
            ((match, words) for match in _LIST.finditer(text) if (words := _words(match[1])) is not None),
            None,
        )
        if made is None:
            done.append(text)
        else:
            match, words = made
            waiting += [text[: match.start()] + word + text[match.end() :] for word in words]
    return [*done, *waiting]


def look_at(path: str, until: float, access: GroupAccess) -> Match | None:
    """What lies at a path, None where nothing does; `access` is that of the user.

    Raises OSError where that cannot be told.
    """
    try:
        about = os.stat(path)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return Match(path, "dangling", 0, 0) if os.path.islink(path) else None
    mode = stat.S_IMODE(about.st_mode)
    needed = access.to_source(path, about)
    if stat.S_ISDIR(about.st_mode):
        contents, inside = _contents(path, until, access)
        for group in inside:
            needed = joined_groups(needed, group)
        closed = None if os.access(path, os.R_OK | os.X_OK) else about.st_uid
        return Match(path, "folder", contents.bytes, mode, contents, needs_groups=needed, closed_by=closed)
    kind = "file" if stat.S_ISREG(about.st_mode) else "other"
    closed = None if kind == "other" or os.access(path, os.R_OK) else about.st_uid
    return Match(path, kind, about.st_size, mode, needs_groups=needed, closed_by=closed)


def _lets(mode: int, folder: bool, whose: int) -> bool:
    wanted = (0o5 if folder else 0o4) << whose
    return mode & wanted == wanted


def _exists(path: str) -> bool:
    """Whether there is something, be it a link that leads nowhere.  Raises OSError where that cannot be told."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        return False
    return True


def _without_tilde(named: str) -> str | None:
    """The name with `~` replaced by the user's home; None for somebody else's, and where nobody knows it."""
    if not named.startswith("~"):
        return named
    first, slash, rest = named.partition("/")
    home = os.environ.get("HOME")
    return f"{home}{slash}{rest}" if first == "~" and home else None


def _words(inside: str) -> list[str] | None:
    """What braces list, None for braces that mean themselves."""
    counted = _RANGE.fullmatch(inside)
    if counted is not None:
        first, last = int(counted[1]), int(counted[2])
        step = 1 if last >= first else -1
        return [str(number) for number in range(first, last + step, step)][: MOST_ALTERNATIVES + 1]
    return inside.split(",") if "," in inside else None


def _matches(start: str, named: str, until: float) -> list[str] | Unknown:
    """The paths that a name with patterns stands for, itself where it stands for no other."""
    literal = os.path.join(start, named)
    if not _MAGIC.search(named):
        return [literal] if _exists(literal) else []
    found, left = ["/" if os.path.isabs(named) else start], MOST_ENTRIES
    parts = [part for part in named.split("/") if part]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if not _MAGIC.search(part):
            ahead = [os.path.join(path, part) for path in found]
            found = [path for path in ahead if (_exists(path) if last else os.path.isdir(path))]
            continue
        chosen = re.compile(translate(part.replace("[^", "[!"))).match
        ahead = []
        for path in found:
            for name in _names(path):
                left -= 1
                if left < 0 or time.monotonic() > until:
                    return Unknown("there are too many names to look through")
                if chosen(name) and (name[0] != "." or part[0] == "."):
                    ahead.append(os.path.join(path, name))
        found = [path for path in ahead if os.path.isdir(path) or (last and not named.endswith("/"))]
    return sorted(found) or ([literal] if _exists(literal) else [])


def _names(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name
    except OSError:
        return


class _FolderWalk:
    """What was seen in a folder so far."""

    def __init__(self, access: GroupAccess) -> None:
        self.access = access
        self.groups: dict[Group, None] = {}
        self.bytes = self.files = self.entries = 0
        self.complete = True
        self.parts: dict[str, tuple[int, int]] = {}
        self.holds: list[str] = []
        self.closed: list[str] = []
        self.dangling: list[str] = []
        self.waiting: deque[str] = deque()

    def take(self, entry: os.DirEntry[str], relative: str) -> None:
        """Count one entry; a folder is put in the queue."""
        self.entries += 1
        name = entry.name
        try:
            about = entry.stat()
        except OSError as error:
            if error.errno in _ABSENT and entry.is_symlink():
                self.dangling.append(relative)
            else:
                self.complete = False
            return
        if name in (".git", ".ssh") or name.endswith(".sif"):
            self.holds.append(relative)
        folder = stat.S_ISDIR(about.st_mode)
        if not _lets(stat.S_IMODE(about.st_mode), folder, 0):
            self.closed.append(relative)
            group = self.access.to_entry(entry.path, about)
            if group is not None:
                self.groups[group] = None
        top = relative.partition("/")[0]
        size, files = self.parts.get(top, (0, 0))
        if not folder:
            self.bytes += about.st_size
            self.files += 1
            size, files = size + about.st_size, files + 1
        elif entry.is_symlink():
            self.complete = False
        else:
            self.waiting.append(relative)
        self.parts[top] = (size, files)


def _contents(path: str, until: float, access: GroupAccess) -> tuple[Contents, Iterable[Group]]:
    """What lies in a folder, nearest first, until there were enough names or the time has come.

    With it the groups without which the user could not read all of it.
    """
    walk = _FolderWalk(access)
    walk.waiting.append("")
    while walk.waiting:
        if walk.entries >= MOST_ENTRIES or time.monotonic() > until:
            walk.complete = False
            break
        above = walk.waiting.popleft()
        try:
            with os.scandir(os.path.join(path, above)) as entries:
                for entry in entries:
                    walk.take(entry, f"{above}/{entry.name}" if above else entry.name)
                    if walk.entries >= MOST_ENTRIES or time.monotonic() > until:
                        walk.complete = False
                        break
        except OSError:
            walk.complete = False
    largest = sorted(walk.parts.items(), key=lambda part: (-part[1][0], part[0]))[:LARGEST]
    contents = Contents(
        walk.bytes,
        walk.files,
        walk.complete,
        tuple(FolderPart(name, *counted) for name, counted in largest),
        *(tuple(sorted(names)[:MOST_NAMES]) for names in (walk.holds, walk.closed, walk.dangling)),
    )
    return contents, walk.groups
