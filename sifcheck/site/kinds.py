"""The kinds of values that the keys of a site file take, worked out of the table in model.py."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from sifcheck.base.startup import NamedTuple
from sifcheck.site import model
from sifcheck.site.model import SiteKey, Unknown

KindName = Literal["text", "number", "truth", "texts", "pairs", "table", "tables"]

WORDS: dict[KindName, str] = {
    "text": "text",
    "number": "a whole number",
    "truth": "true or false",
    "texts": "a list of texts",
    "pairs": "a table of texts",
    "table": "a table",
    "tables": "a list of tables",
}
"""What each kind is called in a message."""

_SIMPLE: dict[Any, KindName] = {str: "text", int: "number", bool: "truth"}


class Field(NamedTuple):
    """One key of a table: its name, what it takes, and for a table or tables the class of it."""

    name: str
    kind: KindName
    key: SiteKey
    table: Any = None


@lru_cache(64)
def fields_of(table: Any) -> tuple[Field, ...]:
    """The keys of a table of model.py, in the order of the file."""
    hints = get_type_hints(table, vars(model))
    defaults = table._field_defaults
    return tuple(
        _field(name, hints[name], defaults[name])
        for name in table._fields
        if isinstance(defaults[name], SiteKey)
    )


def _field(name: str, hint: Any, key: SiteKey) -> Field:
    meant = [part for part in get_args(hint) if part is not Unknown] if _is_union(hint) else [hint]
    (kind,) = meant
    if kind in _SIMPLE:
        return Field(name, _SIMPLE[kind], key)
    made, arguments = get_origin(kind), get_args(kind)
    if made is tuple:
        return Field(name, "texts", key) if arguments[0] is str else Field(name, "tables", key, arguments[0])
    return Field(name, "table", key, kind) if made is None else Field(name, "pairs", key)


def _is_union(hint: Any) -> bool:
    return Unknown in get_args(hint)
