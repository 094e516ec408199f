"""Reads a site file into the model, and says in words what does not fit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import escape
from sifcheck.base.toml_file import TomlFile, parsed_toml, read_toml
from sifcheck.base.typed_toml import WRONG, Kind, mismatch, quoted, read_value
from sifcheck.site.keys import SiteField, fields_of, nothing_of, suggestion
from sifcheck.site.model import NOT_SAID, ROLES, UNKNOWN, Site


class SiteProblem(NamedTuple):
    """One thing that is wrong with a site file, and where: the file, the key ("" for the whole)."""

    path: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(escape(part) for part in (self.path, self.key, self.message) if part)


class SiteError(Exception):
    """A site that cannot be had; `problems` are all that were found, not the first only."""

    def __init__(self, problems: Iterable[SiteProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_site(path: str) -> Site:
    """The site in a file, whose name is the site's.  Raises SiteError for a file that cannot be read or does not fit."""
    site = site_of(_table_of(read_toml(path, "site file", optional=False)), path)
    name = os.path.basename(path).removesuffix(".toml")
    if site.name != name:
        words = (
            f"the site is called {site.name!r} and the file {os.path.basename(path)!r}; they must be the same"
        )
        raise SiteError([SiteProblem(path, "site.name", words)])
    return site


def parse_site(content: bytes | str, path: str = "site.toml", name: str = "") -> Site:
    """The site in the text of a site file; `name` is its name where the text gives none.

    Raises SiteError with all that is wrong: text that is no TOML, unknown keys with the nearest known one, values of
    another type, sources of facts that are not there.
    """
    data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    table = _table_of(parsed_toml(data, TomlFile(path, None, {})))
    about = table.setdefault("site", {}) if name else None
    if isinstance(about, dict):
        about.setdefault("name", name)
    return site_of(table, path)


def _table_of(file: TomlFile) -> dict[str, Any]:
    if file.table is None:
        raise SiteError([SiteProblem(file.path, "", f"{file.problem}{file.place}")])
    return file.table


def site_of(table: dict[str, Any], path: str = "site.toml") -> Site:
    """The site in a table as the TOML reader gives it.  Raises SiteError as parse_site does."""
    reading = _SiteReading(path)
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


class _SiteReading:
    """One site file being read: what is wrong with it, and what it marks as unknown."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[SiteProblem] = []
        self.unknown: list[str] = []

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(SiteProblem(self.path, key, message))

    def table(self, form: Any, given: dict[str, Any], prefix: str) -> dict[str, Any]:
        """The values of a table, all fields of the form among them."""
        fields = fields_of(form)
        names = [field.name for field in fields]
        for key in given:
            if key not in names:
                place = f"{prefix}{key}" if _BARE.match(key) else f"{prefix}{quoted(key)}"
                self.wrong(place, f"there is no such key{suggestion(key, names)}")
        values = {}
        for field in fields:
            path = f"{prefix}{field.name}"
            if field.name in given:
                values[field.name] = self.value(field, given[field.name], path)
            else:
                if field.key.required:
                    self.wrong(path, "it is missing")
                values[field.name] = nothing_of(field, NOT_SAID)
        return values

    def value(self, field: SiteField, given: Any, path: str) -> Any:
        if given == "unknown" and isinstance(given, str):
            if field.key.required:
                self.wrong(path, "it must be known")
                return WRONG
            self.unknown.append(path)
            return nothing_of(field, UNKNOWN)
        if field.table is None:
            return read_value(field.kind, given, path, self.wrong)
        if field.is_list and isinstance(given, list):
            return tuple(self.entry(field, entry, path, number) for number, entry in enumerate(given))
        if field.is_list or not isinstance(given, dict):
            return mismatch(field.kind, given, path, self.wrong)
        return field.table(**self.table(field.table, given, f"{path}."))

    def entry(self, field: SiteField, entry: Any, path: str, number: int) -> Any:
        """One table of a list, whose first key is its name."""
        place = f"{path}[{number}]"
        if not isinstance(entry, dict):
            return mismatch(Kind("table"), entry, place, self.wrong)
        identity = entry.get(fields_of(field.table)[0].name)
        place = f"{path}[{identity}]" if isinstance(identity, str) else place
        return field.table(**self.table(field.table, entry, f"{place}."))


_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
