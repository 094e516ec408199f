"""Configuration files: finding the nearest one, reading one with the lines of its keys, checking the keys."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from typing import Any, Literal

from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import did_you_mean
from sifcheck.base.toml_file import TomlFile, read_toml
from sifcheck.base.typed_toml import (
    Kind,
    Report,
    key_of,
    kind_of_hint,
    quoted,
    read_keys,
)
from sifcheck.config.globs import absolute, anchored
from sifcheck.config.settings import (
    OPTIONS,
    SET_BY,
    Origin,
    SetBy,
    SettingOption,
    Settings,
    SettingsProblem,
)

FILE_NAME = "sifcheck.toml"
PROJECT_FILE = "pyproject.toml"

_LONGEST_CHAIN = 20


class SettingsLayer(NamedTuple):
    """The values of one file, of the variables or of the flags, each read as its option wants it.

    `where` is the path of the file; for variables and flags each value has a place of its own, in
    `places`.  `lines` are by the path of a key: `severity.CODE`.
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


def read_settings(path: str) -> TomlFile:
    """What a file says of sifcheck: all of sifcheck.toml, one table of pyproject.toml; no table where that is nothing."""
    if os.path.basename(path) != PROJECT_FILE:
        return read_toml(path, "configuration")
    file = read_toml(path, "configuration", b"sifcheck")
    if file.table is None:
        return file
    tool = file.table.get("tool")
    own = tool.get("sifcheck") if isinstance(tool, dict) else None
    if own is not None and not isinstance(own, dict):
        line = file.lines.get("tool.sifcheck", 0)
        return file._replace(table=None, problem="tool.sifcheck is to be a table", line=line)
    prefix = "tool.sifcheck."
    lines = {key.removeprefix(prefix): line for key, line in file.lines.items() if key.startswith(prefix)}
    return file._replace(table=own, lines=lines)


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
        file = read_settings(os.path.join(folder, name))
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
        following = read_settings(base)
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
        problems.append(SettingsProblem(f"{path}: {message}", layer.origin(_field_path(path))))

    def unknown(path: str, key: str) -> None:
        words = f"unknown option {quoted(key)}{did_you_mean(key, map(key_of, OPTIONS))}"
        problems.append(SettingsProblem(words, layer.origin(_field_path(path))))

    for key, value in (file.table or {}).items():
        option = OPTIONS.get(key.replace("-", "_")) if "_" not in key else None
        if option is not None and SET_BY.index(set_by) < SET_BY.index(option.set_by):
            report(key, _NOT_HERE[option.set_by])
            continue
        for field, read in read_keys(option_kinds(), {key: value}, "", report, unknown).items():
            if field == "locked":
                read = tuple(entry for entry in read if _lockable(entry, report))
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
    report("locked", f"unknown option {quoted(head)}{did_you_mean(head, map(key_of, names))}")
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
