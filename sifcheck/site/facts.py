"""The facts of a site one by one, each with the document that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.site.keys import SiteField, fields_of, suggestion
from sifcheck.site.model import FactSource, Site, Unknown


class SiteFact(NamedTuple):
    """One fact: its key, its value, what the key means, where it comes from (None: the file does not say)."""

    key: str
    value: Any
    meaning: str
    source: FactSource | None


def facts_of(site: Site) -> list[SiteFact]:
    """All that the file says of the cluster, in the order of the model; what it marks as unknown is not among it."""
    sources = {key: source for source in site.sources for key in source.facts}
    return [
        SiteFact(key, value, field.key.help, _source_of(key, sources))
        for key, value, field in _told(Site, site, "")
    ]


def unknown_of(site: Site) -> list[tuple[str, str]]:
    """The keys that the file marks as unknown, each with its meaning."""
    meanings = {_pattern(key): field.key.help for key, field in _all_keys(Site, "") if field.key.told}
    return [(key, meanings[_pattern(key)]) for key in site.unknown if _pattern(key) in meanings]


def source_faults(site: Site) -> Iterator[str]:
    """What is wrong with the sources of a site: facts that are not there, or that two documents are named for."""
    there: set[str] = set(site.unknown)
    for key, _, _ in _told(Site, site, ""):
        there.update(_above(key))
    met: dict[str, str] = {}
    for source in site.sources:
        for key in source.facts:
            if key not in there:
                yield f"{key!r} is nothing that the file says{suggestion(key, sorted(there))}"
            elif key in met:
                yield f"{key!r} comes from two documents: {met[key]!r} and {source.document!r}"
            met.setdefault(key, source.document)


def _told(form: Any, values: Any, prefix: str) -> Iterator[tuple[str, Any, SiteField]]:
    """The facts in a table: key, value, and what the key is."""
    for field in fields_of(form):
        value = getattr(values, field.name)
        key = f"{prefix}{field.name}"
        if field.table is not None and not field.is_list:
            yield from _told(field.table, value, f"{key}.")
        elif not field.key.told or isinstance(value, Unknown) or value in ((), {}):
            continue
        elif field.table is not None:
            for entry in value:
                yield from _entry(field, entry, f"{key}[{entry[0]}]")
        else:
            yield key, value, field


def _entry(field: SiteField, entry: Any, key: str) -> Iterator[tuple[str, Any, SiteField]]:
    """The facts of one table of a list; the first of its keys is its name."""
    told = list(_told(field.table, entry, f"{key}."))
    yield from told[1:] or told


def _all_keys(form: Any, prefix: str) -> Iterator[tuple[str, SiteField]]:
    for field in fields_of(form):
        key = f"{prefix}{field.name}"
        yield key, field
        if field.table is not None:
            yield from _all_keys(field.table, f"{key}[]." if field.is_list else f"{key}.")


def _pattern(key: str) -> str:
    """A key without the names of the entries of lists."""
    return re.sub(r"\[[^]]*\]", "[]", key)


def _above(key: str) -> list[str]:
    """A key and the tables that it stands in, the nearest first: `tmp.candidates[/worktmp].kind` has three of them."""
    parts = re.findall(r"\[[^]]*\]|[^.\[]+", key)
    found = []
    for count in range(len(parts), 0, -1):
        joined = "".join(part if part.startswith("[") else f".{part}" for part in parts[:count])
        found.append(joined.removeprefix("."))
    return found


def _source_of(key: str, sources: dict[str, FactSource]) -> FactSource | None:
    return next((sources[above] for above in _above(key) if above in sources), None)
