"""Configuration files: finding the nearest one, reading one with the lines of its keys, checking the keys."""

from __future__ import annotations

import os
import re
import stat
from functools import lru_cache
from typing import Any, Literal

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.config.globs import absolute, anchored
from sifcheck.config.settings import (
    OPTIONS,
    SET_BY,
    Origin,
    SetBy,
    SettingOption,
    Settings,
    SettingsProblem,
    key_of,
)
from sifcheck.config.values import WRONG, Kind, Report, kind_of_hint, quoted, read_value, suggestion

FILE_NAME = "sifcheck.toml"
PROJECT_FILE = "pyproject.toml"

# No honest configuration comes near; a link to an endless device is not read to its end.
_LARGEST = 1 << 20
_LONGEST_CHAIN = 20


class SettingsLayer(NamedTuple):
    """The values of one file, of the variables or of the flags, each read as its option wants it.

    `where` is the path of the file; for variables and flags each value has a place of its own, in
    `places`.  `lines` are by the path of a key: `severity.DEF401`.
    """

    name: Literal["site", "user", "project", "environment", "flag"]
    where: str
    values: dict[str, Any]
    lines: dict[str, int]
    places: dict[str, str]

    def origin(self, path: str, rank: int = 0) -> Origin:
        """Where the value of `path` stands; without a line of its own, that of its table or option."""
        line = 0
        key = path
        while key and not line:
            line = self.lines.get(key, 0)
            key = key.rpartition(".")[0]
        return Origin(self.name, self.places.get(path.partition(".")[0], self.where), line, rank)


class TomlFile(NamedTuple):
    """A file as it was read.  `table` None: it is not there, or it is a pyproject.toml that says nothing of
    sifcheck.

    `readable` is false where the system would not give its content; `owner` is the user id, -1 where it is
    not known.
    """

    path: str
    table: dict[str, Any] | None
    lines: dict[str, int]
    problem: str = ""
    line: int = 0
    owner: int = -1
    readable: bool = True


@lru_cache(1)
def option_kinds() -> dict[str, Kind]:
    """The kind of each option: the type of its field, narrowed by what the table says."""
    from typing import get_type_hints

    hints = get_type_hints(Settings)
    return {name: _narrowed(kind_of_hint(hints[name]), option) for name, option in OPTIONS.items()}


def _narrowed(kind: Kind, option: SettingOption) -> Kind:
    if kind.item is not None:
        return kind._replace(item=_narrowed(kind.item, option)) if kind.item.name == "str" else kind
    if kind.name not in ("str", "int"):
        return kind
    choices = kind.choices or (option.values if kind.name == "str" else ())
    return kind._replace(choices=choices, pattern=option.pattern, wanted=option.form, minimum=option.minimum)


def read_toml(path: str) -> TomlFile:
    """Read a configuration file; what is wrong with it is in the answer, never raised."""
    content, owner, why = _read(path)
    nothing = TomlFile(path, None, {}, why, owner=owner, readable=content is not None)
    # Most files of that name say nothing of sifcheck: the import of the TOML reader is saved.
    if content is None or (os.path.basename(path) == PROJECT_FILE and b"sifcheck" not in content):
        return nothing
    import tomllib

    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return nothing._replace(problem="this is not UTF-8", line=content[: error.start].count(b"\n") + 1)
    except RecursionError:
        return nothing._replace(problem="values are nested too deeply")
    except ValueError as error:
        words, line = _without_place(str(error), content.count(b"\n") + 1)
        return nothing._replace(problem=f"this is not TOML: {words}", line=line)
    return _own_table(nothing._replace(table=table, lines=key_lines(text)))


def _own_table(file: TomlFile) -> TomlFile:
    """What a file says of sifcheck: all of sifcheck.toml, one table of pyproject.toml."""
    if os.path.basename(file.path) != PROJECT_FILE or file.table is None:
        return file
    tool = file.table.get("tool")
    own = tool.get("sifcheck") if isinstance(tool, dict) else None
    if own is not None and not isinstance(own, dict):
        line = file.lines.get("tool.sifcheck", 0)
        return file._replace(table=None, problem="tool.sifcheck is to be a table", line=line)
    prefix = "tool.sifcheck."
    lines = {key.removeprefix(prefix): line for key, line in file.lines.items() if key.startswith(prefix)}
    return file._replace(table=own, lines=lines)


def _read(path: str) -> tuple[bytes | None, int, str]:
    """The content and the owner of a file, or None and why: no reason if it is simply not there."""
    try:
        # Not to wait for a writer, should the file be a pipe.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        return None, -1, ""
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    try:
        known = os.fstat(number)
        if not stat.S_ISREG(known.st_mode):
            return None, known.st_uid, "it is no plain file"
        if known.st_size > _LARGEST:
            return None, known.st_uid, "it is too large for a configuration"
        with open(number, "rb", closefd=False) as file:
            return file.read(_LARGEST), known.st_uid, ""
    except OSError as error:
        return None, -1, f"it cannot be read: {error.strerror}".lower()
    finally:
        os.close(number)


def _unreadable(path: str, error: OSError | ValueError) -> tuple[None, int, str]:
    try:
        owner = os.lstat(path).st_uid
    except (OSError, ValueError):
        # In a folder that may not be looked into nobody can tell whether there is such a file.
        if isinstance(error, PermissionError):
            return None, -1, ""
        owner = -1
    return None, owner, f"it cannot be read: {getattr(error, 'strerror', None) or error}".lower()


def _without_place(words: str, last: int) -> tuple[str, int]:
    """The sentence of the TOML reader and the line that it names at its end."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", words)
    if match is None:
        return words[:200], 0
    return words[: match.start()][:200], int(match[1] or last)


def key_lines(text: str) -> dict[str, int]:
    """The line of each key of a TOML text, by its path (`severity.DEF401`), as far as the lines tell."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _TABLE.match(line)
        if match:
            table = f"{_path(match[1])}."
            lines.setdefault(table[:-1], number)
            continue
        match = _KEY.match(line)
        if match:
            path = f"{table}{_path(match[1])}"
            lines.setdefault(path, number)
    return lines


_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TABLE = pattern(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_KEY = pattern(rf"[ \t]*({_DOTTED})[ \t]*=")


def _path(dotted: str) -> str:
    return ".".join(part.strip("\"'") for part in re.findall(_PART, dotted))


def nearest_file(folder: str, known: dict[str, TomlFile | None], notes: list[str]) -> TomlFile | None:
    """The nearest `sifcheck.toml`, or pyproject.toml with a `[tool.sifcheck]`, in a folder or above it, up to
    the root.

    In one folder sifcheck.toml goes first.  A pyproject.toml without the table does not end the search, nor
    does a `.git`: a look for that would cost a third more look-ups and help nobody.  `known` keeps the answer
    for each folder.
    """
    passed = []
    found: TomlFile | None = None
    while True:
        if folder in known:
            found = known[folder]
            break
        passed.append(folder)
        found = _in_folder(folder, notes)
        above = os.path.dirname(folder)
        if found is not None or above == folder:
            break
        folder = above
    for below in passed:
        known[below] = found
    return found


def _in_folder(folder: str, notes: list[str]) -> TomlFile | None:
    for name in (FILE_NAME, PROJECT_FILE):
        file = read_toml(os.path.join(folder, name))
        if not file.problem and file.table is None:
            continue
        if name == PROJECT_FILE and not file.readable:
            # What cannot be read says nothing of sifcheck, and is somebody else's matter.
            continue
        if _planted(folder, file.owner):
            notes.append(f"{file.path} was left out: it is not yours, and anyone may write to its folder")
            continue
        return file
    return None


def _planted(folder: str, owner: int) -> bool:
    """Whether a stranger may have put a file there, as into /tmp, for others to be judged by it."""
    if owner in (0, os.geteuid()):
        return False
    try:
        return bool(os.stat(folder).st_mode & stat.S_IWOTH)
    except OSError:
        return True


def file_layers(
    file: TomlFile, name: Literal["site", "user", "project"], set_by: SetBy, problems: list[SettingsProblem]
) -> list[SettingsLayer]:
    """The layers of a file and of those that it builds on with `extend`, lowest first.

    `set_by` is who speaks in them: a file that another one builds on has no more say than that one.
    """
    layers: list[SettingsLayer] = []
    visited = [os.path.realpath(file.path)]
    while True:
        layer = file_layer(file, name, set_by, problems)
        layers.insert(0, layer)
        base = layer.values.get("extend")
        if not base:
            return layers
        origin = layer.origin("extend")
        real = os.path.realpath(base)
        if real in visited or len(visited) >= _LONGEST_CHAIN:
            what = f"extend: {from_here(base)!r} leads back to a file that builds on it"
            problems.append(
                SettingsProblem(what if real in visited else "extend: the chain of files is too long", origin)
            )
            return layers
        visited.append(real)
        following = read_toml(base)
        if following.table is None:
            if following.problem:
                problems.append(broken(following, name))
            else:
                missing = "has no table tool.sifcheck" if os.path.lexists(base) else "is not there"
                problems.append(SettingsProblem(f"extend: {from_here(base)!r} {missing}", origin))
            return layers
        file = following


def broken(file: TomlFile, name: Literal["site", "user", "project"]) -> SettingsProblem:
    """The problem of a file that could not be read or is no TOML."""
    return SettingsProblem(file.problem, Origin(name, from_here(file.path), file.line))


def from_here(path: str) -> str:
    """A path as it is shown: from the current folder on, if it lies there."""
    return path.removeprefix(os.path.join(absolute(""), ""))


def file_layer(
    file: TomlFile, name: Literal["site", "user", "project"], set_by: SetBy, problems: list[SettingsProblem]
) -> SettingsLayer:
    """The values of one file, read and checked; what is wrong is added to `problems`."""
    layer = SettingsLayer(
        name, from_here(file.path), {}, {_field_path(path): line for path, line in file.lines.items()}, {}
    )
    if file.problem:
        problems.append(broken(file, name))
    folder = os.path.dirname(absolute(file.path))

    def report(path: str, message: str) -> None:
        head, dot, rest = path.partition(".")
        problems.append(SettingsProblem(f"{key_of(head)}{dot}{rest}: {message}", layer.origin(path)))

    for key, value in (file.table or {}).items():
        field = key.replace("-", "_")
        if key != key_of(field) or field not in OPTIONS:
            words = f"unknown option {quoted(key)}{suggestion(key, map(key_of, OPTIONS))}"
            problems.append(SettingsProblem(words, layer.origin(field)))
            continue
        if SET_BY.index(set_by) < SET_BY.index(OPTIONS[field].set_by):
            problems.append(
                SettingsProblem(f"{key}: {_NOT_HERE[OPTIONS[field].set_by]}", layer.origin(field))
            )
            continue
        read = read_value(option_kinds()[field], value, field, report)
        if field == "locked" and read is not WRONG:
            read = tuple(entry for entry in read if _lockable(entry, report))
        if read is not WRONG:
            layer.values[field] = placed(field, read, folder)
    return layer


_NOT_HERE = {
    "user": "a file of a checkout may not say this; give the flag, or write it in a file of your own",
    "site": "only the site's configuration may say this",
}


def _field_path(path: str) -> str:
    head, dot, rest = path.partition(".")
    return f"{head.replace('-', '_')}{dot}{rest}"


def _lockable(entry: str, report: Report) -> bool:
    head, dot, rest = entry.partition(".")
    names = lockable_options()
    if key_of(head) == head and head in map(key_of, names):
        if not dot or (rest and isinstance(OPTIONS[head.replace("-", "_")].default, dict)):
            return True
        why = "is no table; lock it as a whole" if rest else "needs a word after the dot"
        report("locked", f"{quoted(entry)}: {head} {why}")
        return False
    report("locked", f"unknown option {quoted(head)}{suggestion(head, map(key_of, names))}")
    return False


def lockable_options() -> list[str]:
    """The options that a site can lock: all but those that only say how files hang together."""
    return [name for name in OPTIONS if name not in ("extend", "locked")]


def placed(field: str, value: Any, folder: str) -> Any:
    """A value whose paths are those below the folder of the file they stand in."""
    match OPTIONS[field].paths:
        case "glob":
            return tuple(anchored(glob, folder) for glob in value)
        case "keys":
            return {anchored(glob, folder): entry for glob, entry in value.items()}
        case "file" if isinstance(value, tuple):
            return tuple(_joined(path, folder) for path in value)
        case "file":
            return (
                value
                if not value or (field == "host" and value in ("auto", "none"))
                else _joined(value, folder)
            )
        case "output":
            return tuple(
                f"{form}:{_joined(path, folder)}" for form, _, path in (text.partition(":") for text in value)
            )
    return value


def _joined(path: str, folder: str) -> str:
    return os.path.normpath(os.path.join(folder, os.path.expanduser(path)))
