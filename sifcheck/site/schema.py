"""The JSON schema of site files, made from the same table that they are read by."""

from __future__ import annotations

from typing import Any

from sifcheck.site.kinds import Field, fields_of
from sifcheck.site.model import Site

_UNKNOWN = {"const": "unknown"}


def site_schema() -> dict[str, Any]:
    """The schema of a site file.

    What it cannot say, and the reader asks besides: that the facts of a source are there and have one source each.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A site file of sifcheck",
        **_table(Site),
    }


def _table(form: Any) -> dict[str, Any]:
    fields = fields_of(form)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.key.required]
    return {**schema, "required": required} if required else schema


def _property(field: Field) -> dict[str, Any]:
    forms = _forms(field)
    if not field.key.required:
        forms = [*forms, _UNKNOWN]
    described = {"description": field.key.help}
    if len(forms) == 1:
        return {**described, **forms[0]}
    return {**described, "anyOf": forms}


def _forms(field: Field) -> list[dict[str, Any]]:
    """The forms that a value may have, besides "unknown"."""
    if field.kind == "table":
        return [_table(field.table)]
    if field.kind == "tables":
        return [{"type": "array", "items": _table(field.table)}]
    if field.kind == "number":
        return [{"type": "integer", "minimum": 0, "exclusiveMaximum": 1 << 63}]
    if field.kind == "truth":
        return [{"type": "boolean"}]
    text = _text(field)
    if field.kind == "texts":
        return [{"type": "array", "items": text}, *([text] if field.key.one else [])]
    if field.kind == "pairs":
        return [{"type": "object", "additionalProperties": text}]
    return [text]


def _text(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if field.key.required and field.kind == "text":
        schema["not"] = _UNKNOWN
    if field.key.values:
        schema["enum"] = list(field.key.values)
    if field.key.pattern:
        schema["pattern"] = field.key.pattern
    if field.key.regex:
        schema["format"] = "regex"
    return schema
