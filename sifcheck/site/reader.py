"""Reads a site file into the model, and says in words what does not fit."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.site.kinds import WORDS, Field, fields_of
from sifcheck.site.model import NOT_SAID, ROLES, UNKNOWN, Site

_LARGEST = 1 << 20
_SHOWN = 60
_LARGEST_NUMBER = 1 << 63
_WRONG: Any = object()


class SiteProblem(NamedTuple):
    """One thing that is wrong with a site file, and where: the file, the key ("" for the whole)."""

    path: str
    key: str
    message: str

    def __str__(self) -> str:
        from sifcheck.base.text import escape

        return ": ".join(escape(part) for part in (self.path, self.key, self.message) if part)


class SiteError(Exception):
    """A site that cannot be had; `problems` are all that were found, not the first only."""

    def __init__(self, problems: Iterable[SiteProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_site(path: str) -> Site:
    """The site in a file, whose name is the site's.  Raises SiteError for a file that cannot be read or does not fit."""
    site = parse_site(_content(path), path)
    name = os.path.basename(path).removesuffix(".toml")
    if site.name != name:
        words = (
            f"the site is called {site.name!r} and the file {os.path.basename(path)!r}; they must be the same"
        )
        raise SiteError([SiteProblem(path, "site.name", words)])
    return site


def _content(path: str) -> bytes:
    try:
        # Not to wait for a writer, should the file be a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SiteError([SiteProblem(path, "", "it is no plain file")])
            content: bytes = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SiteError([SiteProblem(path, "", f"it cannot be read: {why}".lower())]) from None
    if len(content) > _LARGEST:
        raise SiteError([SiteProblem(path, "", "it is too large for a site file")])
    return content


def parse_site(content: bytes | str, path: str = "site.toml", name: str = "") -> Site:
    """The site in the text of a site file; `name` is its name where the text gives none.

    Raises SiteError with all that is wrong: text that is no TOML, unknown keys with the nearest known one, values of
    another type, sources of facts that are not there.
    """
    import tomllib

    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        table: dict[str, Any] = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise SiteError([SiteProblem(path, "", "this is not UTF-8")]) from None
    except (ValueError, RecursionError) as error:
        words = str(error)[:200] if isinstance(error, ValueError) else "values are nested too deeply"
        raise SiteError([SiteProblem(path, "", f"this is not TOML: {words}")]) from None
    about = table.setdefault("site", {}) if name else None
    if isinstance(about, dict):
        about.setdefault("name", name)
    return site_of(table, path)


def site_of(table: dict[str, Any], path: str = "site.toml") -> Site:
    """The site in a table as the TOML reader gives it.  Raises SiteError as parse_site does."""
    reading = _Reading(path)
    values = reading.table(Site, table, "")
    if reading.problems:
        raise SiteError(reading.problems)
    nodes = table.get("nodes")
    roles = tuple(role for role in ROLES if isinstance(nodes, dict) and role in nodes)
    site = Site(**values, roles=roles, role="", unknown=tuple(reading.unknown), path=path)
    if site.sources:
        from sifcheck.site.facts import source_faults

        problems = [SiteProblem(path, "sources", words) for words in source_faults(site)]
        if problems:
            raise SiteError(problems)
    return site


class _Reading:
    """One site file being read: what is wrong with it, and what it marks as unknown."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[SiteProblem] = []
        self.unknown: list[str] = []

    def wrong(self, key: str, message: str) -> Any:
        self.problems.append(SiteProblem(self.path, key, message))
        return _WRONG

    def table(self, form: Any, given: dict[str, Any], prefix: str) -> dict[str, Any]:
        """The values of a table, all fields of the form among them."""
        fields = fields_of(form)
        names = [field.name for field in fields]
        for key in given:
            if key not in names:
                place = f"{prefix}{key}" if _BARE.match(key) else f"{prefix}{_quoted(key)}"
                self.wrong(place, f"there is no such key{suggestion(key, names)}")
        values = {}
        for field in fields:
            path = f"{prefix}{field.name}"
            if field.name in given:
                values[field.name] = self.value(field, given[field.name], path)
            else:
                if field.key.required:
                    self.wrong(path, "it is missing")
                values[field.name] = _nothing(field, NOT_SAID)
        return values

    def value(self, field: Field, given: Any, path: str) -> Any:
        if given == "unknown" and isinstance(given, str):
            if field.key.required:
                return self.wrong(path, "it must be known")
            self.unknown.append(path)
            return _nothing(field, UNKNOWN)
        if field.kind == "table":
            if not isinstance(given, dict):
                return self.mismatch(field, given, path)
            values = self.table(field.table, given, f"{path}.")
            return field.table(**values)
        if field.kind == "tables":
            return self.tables(field, given, path)
        if field.kind == "texts":
            return self.texts(field, given, path)
        if field.kind == "pairs":
            return self.pairs(field, given, path)
        return self.single(field, given, path)

    def single(self, field: Field, given: Any, path: str) -> Any:
        if field.kind == "truth":
            return given if isinstance(given, bool) else self.mismatch(field, given, path)
        if field.kind == "number":
            if not isinstance(given, int) or isinstance(given, bool):
                return self.mismatch(field, given, path)
            if not 0 <= given < _LARGEST_NUMBER:
                return self.wrong(path, "a number of 0 or more, below 2^63, is wanted")
            return given
        return self.text(field, given, path)

    def text(self, field: Field, given: Any, path: str) -> Any:
        key = field.key
        if not isinstance(given, str):
            return self.wrong(path, f"text is wanted, not {_described(given)}")
        if not given:
            return self.wrong(path, 'the text is empty; write "unknown", or leave the key out')
        if key.values and given not in key.values:
            return self.wrong(path, f"{_quoted(given)} is not known{suggestion(given, key.values)}")
        # As in a JSON schema, where `$` is the very end.
        if key.pattern and (re.search(key.pattern, given) is None or given.endswith("\n")):
            return self.wrong(path, f"{_quoted(given)} has not the form of {key.form}")
        if key.regex:
            try:
                re.compile(given)
            except (re.error, RecursionError, OverflowError) as error:
                return self.wrong(path, f"{_quoted(given)} is no regular expression: {error}")
        return given

    def texts(self, field: Field, given: Any, path: str) -> Any:
        if isinstance(given, str) and field.key.one:
            given = [given]
        if not isinstance(given, list):
            return self.mismatch(field, given, path)
        read = [self.text(field, entry, f"{path}[{number}]") for number, entry in enumerate(given)]
        return _WRONG if any(entry is _WRONG for entry in read) else tuple(read)

    def pairs(self, field: Field, given: Any, path: str) -> Any:
        if not isinstance(given, dict):
            return self.mismatch(field, given, path)
        read = {name: self.text(field, entry, f"{path}.{name}") for name, entry in given.items()}
        return _WRONG if any(entry is _WRONG for entry in read.values()) else read

    def tables(self, field: Field, given: Any, path: str) -> Any:
        if not isinstance(given, list):
            return self.mismatch(field, given, path)
        read = []
        for number, entry in enumerate(given):
            place = f"{path}[{number}]"
            if not isinstance(entry, dict):
                self.wrong(place, f"a table is wanted, not {_described(entry)}")
                continue
            identity = entry.get(fields_of(field.table)[0].name)
            place = f"{path}[{identity}]" if isinstance(identity, str) else place
            read.append(field.table(**self.table(field.table, entry, f"{place}.")))
        return tuple(read)

    def mismatch(self, field: Field, given: Any, path: str) -> Any:
        return self.wrong(path, f"{WORDS[field.kind]} is wanted, not {_described(given)}")


_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def _nothing(field: Field, unknown: Any) -> Any:
    """What a key that is not there, or unknown, is in the model."""
    if field.kind == "table":
        return field.table(**{inner.name: _nothing(inner, unknown) for inner in fields_of(field.table)})
    if field.kind in ("texts", "tables"):
        return ()
    return {} if field.kind == "pairs" else unknown


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest known one, or the list where it is short."""
    from sifcheck.base.text import did_you_mean

    return did_you_mean(word, known, most=8)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def _described(given: Any) -> str:
    """Words for a value that does not fit."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return f"the text {_quoted(given)}"
    if isinstance(given, int):
        return f"the number {given}" if given.bit_length() <= 64 else "a very large number"
    if isinstance(given, float):
        return f"the number {given}"
    return "a list" if isinstance(given, list) else "a table" if isinstance(given, dict) else "a date or time"
