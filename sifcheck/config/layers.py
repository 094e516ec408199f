"""Where settings come from, and how the layers are laid over each other.

From the lowest to the highest:

1. the defaults;
2. the site: `/etc/sifcheck.toml`, over it the file that `SIFCHECK_SITE_CONFIG` names;
3. the user's own file, `$XDG_CONFIG_HOME/sifcheck/sifcheck.toml` (`~/.config` where that is not set);
4. the project: the nearest `sifcheck.toml`, or pyproject.toml with a `[tool.sifcheck]`, from the folder
   of the checked file upward to the root of the filesystem.  Only the nearest one counts; it may build on
   another with `extend`;
5. variables: `SIFCHECK_PROFILE=strict`, `SIFCHECK_SELECT=DEF1,DEF2`; an empty one is as good as none;
6. flags.

`--config FILE` stands in the place of 3 and 4, for all files.  `--isolated` leaves only the flags, and of the
site's files what they lock: a policy is not escaped by a flag.

A higher layer replaces a value; tables (severity, build-args, rules ...) go entry by entry; lists that add up
(ignore, extend-select, no-ignores, host-ignore, rule-files) get longer.  A layer with a `select` starts anew:
the lower layers' `extend-select` and `ignore` are forgotten, unless locked.  What a layer selects beside the
rest (`extend-select`) a lower one's `ignore` of the same word no longer leaves out, and the other way round.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sifcheck.base.toml_file import TomlFile
from sifcheck.base.typed_toml import WRONG, key_of, read_text
from sifcheck.config.files import (
    FILE_NAME,
    SettingsLayer,
    broken,
    file_layers,
    nearest_file,
    option_kinds,
    placed,
    read_settings,
)
from sifcheck.config.globs import absolute
from sifcheck.config.settings import (
    OPTIONS,
    Origin,
    Settings,
    SettingsError,
    SettingsProblem,
    variable_of,
)

SITE_FILE = "/etc/sifcheck.toml"
SITE_VARIABLE = "SIFCHECK_SITE_CONFIG"

_PREFIX = "SIFCHECK_"
# How near to an option's a variable of ours must be to be taken for it, misspelt; a module system has its
# own, such as SIFCHECK_ROOT, which are nobody's mistake.
_MISSPELT = 0.75


# Which places have answered in this process: a verb may ask for its settings several times over.
_ANSWERED: dict[str, bool] = {}


class Configuration:
    """The settings for each file of a run: the layers that all files share, and the project's by folder.

    `flags` are values by the name of the field in Settings, None where a flag was not given: texts, lists
    of texts (one for each time it was given), or true.  `config` is the file of `--config`.  `notes`
    collects what the user should be told once, such as a configuration file that was left out.  Nothing is
    looked up before settings are asked for.  `patience`: how long to wait for a folder that does not answer, in
    seconds, without which it is waited for as long as it takes; it costs a process (docs/decisions/startup.md).
    """

    def __init__(
        self,
        flags: Mapping[str, Any] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        config: str | None = None,
        isolated: bool = False,
        site_file: str = SITE_FILE,
        patience: float | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._flags = flags or {}
        self._environment = os.environ if environment is None else environment
        self._config = config
        self._isolated = isolated
        self._site_file = site_file
        self._below: list[SettingsLayer] | None = None
        self._above: list[SettingsLayer] = []
        self._problems: list[SettingsProblem] = []
        self._folders: dict[str, TomlFile | None] = {}
        self._settings: dict[str, Settings] = {}
        self._patience = patience

    def for_file(self, path: str) -> Settings:
        """The settings for a file, which are those of its folder.

        Raises SettingsError with everything that is wrong with any of the layers.
        """
        return self.for_folder(os.path.dirname(path))

    def for_folder(self, folder: str = "") -> Settings:
        """The settings for what lies in a folder, without one in the current one.  Raises SettingsError."""
        if self._below is None:
            self._read_shared()
        below = self._below or []
        searched = not self._isolated and self._config is None
        searched = searched and self._answers(absolute(folder))
        file = nearest_file(absolute(folder), self._folders, self.notes) if searched else None
        key = file.path if file is not None else ""
        if key not in self._settings:
            problems = list(self._problems)
            project = file_layers(file, "project", "anyone", problems) if file is not None else []
            settings = _laid([*below, *project, *self._above], problems)
            if problems:
                raise SettingsError(dict.fromkeys(problems))
            self._settings[key] = settings
        return self._settings[key]

    def _read_shared(self) -> None:
        """Read the layers that do not hang on the checked file."""
        if self._patience is not None and not self._isolated:
            # Both at once: where one does not answer, the other often lies on the same file system.
            user = _users_file(self._environment) if self._config is None else self._config
            self._ask([path for path in (user, absolute("") if self._config is None else "") if path])
        site = self._site_layers()
        self._below = _locked_only(site) if self._isolated else [*site, *self._user_layers()]
        variables = [] if self._isolated else [_environment_layer(self._environment, self._problems)]
        self._above = [*variables, _flag_layer(self._flags, self._problems)]

    def _site_layers(self) -> list[SettingsLayer]:
        layers = []
        named = self._environment.get(SITE_VARIABLE, "")
        for path in (self._site_file, named):
            if not path:
                continue
            file = read_settings(path)
            if file.table is not None or file.problem:
                layers += file_layers(file, "site", "site", self._problems)
            elif path == named:
                origin = Origin("environment", SITE_VARIABLE)
                self._problems.append(SettingsProblem(f"the file {path!r} is not there", origin))
        return layers

    def _answers(self, path: str) -> bool:
        """Whether the settings at a path, a file or a folder to begin the search in, can be had without waiting for ever."""
        if self._patience is None:
            return True
        self._ask([path])
        if _ANSWERED[path]:
            return True
        self.notes.append(
            f"left out: the settings at {path}, which did not answer within {self._patience:g} s"
        )
        return False

    def _ask(self, paths: list[str]) -> None:
        """Look for the settings at each path in a process of its own, which is given up where it does not come back."""
        from sifcheck.base.asking import Question, ask
        from sifcheck.base.facts import Unknown

        def look(path: str) -> Question:
            if path.endswith(FILE_NAME) or path == self._config:
                return Question(bool, lambda: read_settings(path).readable)
            return Question(bool, lambda: nearest_file(path, {}, []) is not None)

        questions = {path: look(path) for path in paths if path not in _ANSWERED}
        for path, answer in ask(questions, self._patience or 0.0).items() if questions else ():
            _ANSWERED[path] = not (isinstance(answer, Unknown) and answer.waited)

    def _user_layers(self) -> list[SettingsLayer]:
        path = self._config if self._config is not None else _users_file(self._environment)
        if not path or not self._answers(path):
            return []
        file = read_settings(path)
        if file.table is not None:
            return file_layers(file, "user", "user", self._problems)
        if file.problem:
            self._problems.append(broken(file, "user"))
        elif self._config is not None:
            what = "has no table tool.sifcheck" if os.path.lexists(path) else "is not there"
            self._problems.append(SettingsProblem(f"the file {path!r} {what}", Origin("flag", "--config")))
        return []


def _users_file(environment: Mapping[str, str]) -> str:
    base = environment.get("XDG_CONFIG_HOME", "")
    if not base.startswith("/"):
        home = environment.get("HOME", "")
        base = f"{home}/.config" if home.startswith("/") else ""
    return f"{base}/sifcheck/{FILE_NAME}" if base else ""


def _locked_only(layers: list[SettingsLayer]) -> list[SettingsLayer]:
    """Of the site's layers what they lock, and the rules that may not be silenced."""
    locked = {entry for layer in layers for entry in layer.values.get("locked", ())}
    kept = []
    for layer in layers:
        values: dict[str, Any] = {}
        for name, value in layer.values.items():
            if name in ("locked", "no_ignores") or key_of(name) in locked:
                values[name] = value
            elif isinstance(value, dict):
                entries = _locked_entries(key_of(name), value, locked)
                if entries:
                    values[name] = entries
        kept.append(layer._replace(values=values))
    return kept


def _locked_entries(path: str, table: dict[str, Any], locked: set[str]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in table.items():
        if f"{path}.{key}" in locked:
            entries[key] = value
        elif isinstance(value, dict):
            inner = _locked_entries(f"{path}.{key}", value, locked)
            if inner:
                entries[key] = inner
    return entries


def _environment_layer(environment: Mapping[str, str], problems: list[SettingsProblem]) -> SettingsLayer:
    """The layer of the SIFCHECK_* variables.  A misspelt one is a problem; others are not ours."""
    names = {variable_of(name): name for name in OPTIONS if variable_of(name)}
    given = {}
    for variable, text in environment.items():
        if not variable.startswith(_PREFIX) or variable == SITE_VARIABLE or not text:
            continue
        if variable in names:
            given[names[variable]] = (variable, [text])
        else:
            near = _misspelt(variable, [*names, SITE_VARIABLE])
            if near:
                words = f"unknown variable; did you mean {near}?"
                problems.append(SettingsProblem(words, Origin("environment", variable)))
    return _text_layer("environment", given, problems)


def _misspelt(variable: str, names: list[str]) -> str:
    from sifcheck.base.text import nearest

    near = nearest(variable.removeprefix(_PREFIX), [name.removeprefix(_PREFIX) for name in names], _MISSPELT)
    return f"{_PREFIX}{near}" if near else ""


def _flag_layer(flags: Mapping[str, Any], problems: list[SettingsProblem]) -> SettingsLayer:
    given = {}
    for name, value in flags.items():
        if value is not None and name in OPTIONS:
            texts = list(value) if isinstance(value, (list, tuple)) else [str(value)]
            given[name] = (OPTIONS[name].flag or f"--{key_of(name)}", texts)
    return _text_layer("flag", given, problems)


def _text_layer(
    layer_name: Literal["environment", "flag"],
    given: Mapping[str, tuple[str, Iterable[str]]],
    problems: list[SettingsProblem],
) -> SettingsLayer:
    """A layer of texts: the value of each option, and the variable or flag that it was given with."""
    layer = SettingsLayer(layer_name, "", {}, {}, {name: place for name, (place, _) in given.items()})

    def report(path: str, message: str) -> None:
        # The place names the option; of an entry of a table its key is still to be said.
        entry = path.partition(".")[2]
        words = f"{entry}: {message}" if entry else message
        problems.append(SettingsProblem(words, layer.origin(path)))

    for name, (_, texts) in given.items():
        option = OPTIONS[name]
        separator = option.separator if layer_name == "environment" or option.flag_splits else ""
        value = read_text(option_kinds()[name], texts, separator, name, report)
        if value is not WRONG:
            # Paths of files are from the current folder anyway; globs are matched as absolute ones.
            layer.values[name] = placed(name, value, absolute("")) if option.paths == "glob" else value
    return layer


class _Laying:
    """Settings in the making: the values so far, where they come from, and what is locked by whom."""

    __slots__ = ("layer", "locks", "origins", "problems", "rank", "values")

    def __init__(self, problems: list[SettingsProblem]) -> None:
        self.values: dict[str, Any] = {name: option.default for name, option in OPTIONS.items()}
        self.origins: dict[str, Origin] = {}
        self.locks: dict[str, Origin] = {}
        self.problems = problems
        self.layer = SettingsLayer("site", "", {}, {}, {})
        self.rank = 0

    def lay(self, layer: SettingsLayer) -> None:
        """Lay the next higher layer over what there is."""
        self.layer = layer
        self.rank += 1
        # In the order of the table: `select` clears what was below before its own layer adds to it.
        for name, option in OPTIONS.items():
            if name not in layer.values:
                continue
            value = layer.values[name]
            if isinstance(option.default, dict):
                self.values[name] = self._table(name, self.values[name], value)
                self._mark(name)
            elif option.adds:
                self._add(name, value)
            elif self._free(name, value != self.values[name]):
                self.values[name] = value
                self._mark(name)
                if name == "select":
                    self._start_anew()
        for entry in layer.values.get("locked", ()):
            self.locks.setdefault(entry, layer.origin("locked"))

    def _mark(self, path: str) -> None:
        self.origins[path] = self.layer.origin(path, self.rank)

    def _free(self, path: str, changes: bool, said: str = "") -> bool:
        """Whether the layer may set `path`; if not, that is a problem, unless the value is what it was.

        `said` is what the layer says, where that is something else which comes to the same.
        """
        head, dot, rest = path.partition(".")
        lock = f"{key_of(head)}{dot}{rest}"
        while lock not in self.locks:
            lock, dot, _ = lock.rpartition(".")
            if not dot:
                return True
        if changes:
            what = f"{key_of(head)}{'.' if rest else ''}{rest}"
            words = f"{what} is locked by {self.locks[lock]} and cannot be set here"
            self.problems.append(SettingsProblem(words, self.layer.origin(said or path)))
        return False

    def _table(self, path: str, below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
        """Entry by entry; what is set anew moves to the end, so that the order is that of the layers."""
        laid = dict(below)
        for key, value in above.items():
            entry = f"{path}.{key}"
            if isinstance(value, dict):
                inner = laid.pop(key, {})
                laid[key] = self._table(entry, inner, value)
                self._mark(entry)
            elif self._free(entry, laid.get(key, WRONG) != value):
                laid.pop(key, None)
                laid[key] = value
                self._mark(entry)
        return laid

    def _add(self, name: str, entries: Iterable[str]) -> None:
        there = self.values[name]
        for entry in entries:
            if not self._free(name, entry not in there):
                continue
            there = (*(word for word in there if word != entry), entry)
            self._mark(f"{name}.{entry}")
            opposite = {"ignore": "extend_select", "extend_select": "ignore"}.get(name, "")
            if opposite and entry in self.values[opposite]:
                self._forget(opposite, entry, name)
        self.values[name] = there
        self._mark(name)

    def _forget(self, name: str, entry: str, said: str) -> None:
        """Take away what a lower layer said, now that this one says the opposite."""
        origin = self.origins.get(f"{name}.{entry}")
        if origin is not None and origin.rank < self.rank and self._free(name, True, said):
            self.values[name] = tuple(word for word in self.values[name] if word != entry)
            del self.origins[f"{name}.{entry}"]

    def _start_anew(self) -> None:
        for name in ("extend_select", "ignore"):
            if key_of(name) not in self.locks:
                for entry in self.values[name]:
                    self.origins.pop(f"{name}.{entry}", None)
                self.values[name] = ()
                self.origins.pop(name, None)


def _laid(layers: Iterable[SettingsLayer], problems: list[SettingsProblem]) -> Settings:
    """The settings that the layers make, lowest first; attempts at what is locked become problems."""
    laying = _Laying(problems)
    files = []
    for layer in layers:
        laying.lay(layer)
        if layer.where and layer.where not in files:
            files.append(layer.where)
    return Settings(**laying.values, origins=laying.origins, files=tuple(files))
