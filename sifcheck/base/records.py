"""Values of facts as what JSON can hold, and back: each value class is an object with its field names.

`{"unknown": "why"}` is a fact that could not be learnt.  Reading forgives keys it does not know and lets a fact that is
missing be unknown.
"""

from __future__ import annotations

import json
import types
import typing
from functools import cache
from typing import Any

from sifcheck.base.facts import Unknown

__all__ = ["MISSING", "decode", "encode", "fields_of", "named_parts", "parts_of", "saved_as", "shown"]

MISSING = Unknown("not in this snapshot")
"""What a fact is that a record lacks."""


def encode(value: Any) -> Any:
    """A part of a snapshot as what JSON can hold."""
    if isinstance(value, Unknown):
        return {"unknown": value.why}
    if hasattr(value, "_fields"):
        return {name: encode(part) for name, part in named_parts(value)}
    return [encode(part) for part in value] if isinstance(value, tuple) else value


def decode(value: Any, kind: Any, where: str) -> Any:
    """What JSON held, as a part of a snapshot of that type; `where` is its place, for the ValueError."""
    types_of_value, may_miss, may_be_unknown = parts_of(kind)
    if value is None and may_miss:
        return None
    if may_be_unknown and isinstance(value, dict) and value.keys() == {"unknown"}:
        return Unknown(str(value["unknown"]))
    expected = types_of_value[0]
    if typing.get_origin(expected) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: {shown(value)} is not a list")
        part = typing.get_args(expected)[0]
        return tuple(decode(one, part, f"{where}[{number}]") for number, one in enumerate(value))
    if hasattr(expected, "_fields"):
        return _decode_fields(value, expected, where)
    if type(value) is not expected and not (expected is float and type(value) is int):
        raise ValueError(f"{where}: {shown(value)} is not {_WORDS[expected]}")
    return expected(value)


def _decode_fields(value: Any, expected: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where or 'the snapshot'}: {shown(value)} is not an object of facts")
    made = {}
    for name, kind in fields_of(expected).items():
        key = saved_as(expected, name)
        place = f"{where}.{key}" if where else key
        if key in value:
            made[name] = decode(value[key], kind, place)
        elif name in expected._field_defaults:
            made[name] = expected._field_defaults[name]
        elif parts_of(kind)[2]:
            made[name] = MISSING
        else:
            raise ValueError(f"{place} is missing")
    return expected(**made)


def saved_as(kind: Any, field: str) -> str:
    """The key of a field in what is saved: its name, unless its class says that it was saved under another one."""
    named: str = kind.saved_as(field) if hasattr(kind, "saved_as") else field
    return named


def named_parts(value: Any) -> list[tuple[str, Any]]:
    """The parts of a value, each with its key as it is saved, and shown."""
    return [(saved_as(type(value), name), part) for name, part in zip(value._fields, value, strict=True)]


@cache
def fields_of(expected: Any) -> dict[str, Any]:
    """The fields of a value class with their types."""
    return typing.get_type_hints(expected)


@cache
def parts_of(kind: Any) -> tuple[tuple[Any, ...], bool, bool]:
    """The types that a field's type is made of, whether it may be None, and whether it may be Unknown."""
    parts = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    rest = tuple(part for part in parts if part not in (type(None), Unknown))
    return rest, type(None) in parts, Unknown in parts


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def shown(value: Any) -> str:
    """A value of JSON in a message, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
