"""The keys of a site file with what each takes, worked out of the table in model.py."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from sifcheck.base.startup import NamedTuple
from sifcheck.base.typed_toml import Kind
from sifcheck.site import model
from sifcheck.site.model import SiteKey, Unknown

_BITS_OF_NUMBERS = 63


class SiteField(NamedTuple):
    """One key of a table: its name, what it takes, what there is to say of it; for a table or tables the class of it."""

    name: str
    kind: Kind
    key: SiteKey
    table: Any = None

    @property
    def is_list(self) -> bool:
        """Whether it is a list: of texts or of tables."""
        return self.kind.name == "list"


@lru_cache(64)
def fields_of(table: Any) -> tuple[SiteField, ...]:
    """The keys of a table of model.py, in the order of the file."""
    hints = get_type_hints(table, vars(model))
    defaults = table._field_defaults
    return tuple(
        _field(name, hints[name], defaults[name])
        for name in table._fields
        if isinstance(defaults[name], SiteKey)
    )


def _field(name: str, hint: Any, key: SiteKey) -> SiteField:
    may_be_unknown = Unknown in get_args(hint)
    kind = next(part for part in get_args(hint) if part is not Unknown) if may_be_unknown else hint
    made, arguments = get_origin(kind), get_args(kind)
    text = Kind(
        "str", choices=key.values, pattern=key.pattern, wanted=f"of {key.form}", filled=True, regex=key.regex
    )
    if made is tuple and arguments[0] is not str:
        return SiteField(name, Kind("list", Kind("table"), tuple), key, arguments[0])
    if made is tuple:
        return SiteField(name, Kind("list", text, tuple, one=key.one, numbered=True), key)
    if made is not None:
        return SiteField(name, Kind("table", text), key)
    simple = {int: Kind("int", below=_BITS_OF_NUMBERS), bool: Kind("bool"), str: text}
    return SiteField(name, simple[kind], key) if kind in simple else SiteField(name, Kind("table"), key, kind)


def nothing_of(field: SiteField, unknown: Unknown) -> Any:
    """What a key that is not there, or is marked as unknown, is in the model."""
    if field.is_list:
        return ()
    if field.table is not None:
        return field.table(**{inner.name: nothing_of(inner, unknown) for inner in fields_of(field.table)})
    return {} if field.kind.name == "table" else unknown


def suggestion(word: str, names: list[str]) -> str:
    """The end of a sentence about an unknown key: the nearest known one, or the list where it is short."""
    from sifcheck.base.text import did_you_mean

    return did_you_mean(word, names, most=8)
