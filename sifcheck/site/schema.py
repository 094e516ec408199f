"""The JSON schema of site files, made from the same table that they are read by."""

from __future__ import annotations

from typing import Any

from sifcheck.base.typed_toml import schema_of, table_schema
from sifcheck.site.keys import SiteField, fields_of
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
    schema = table_schema({field.name: _property(field) for field in fields})
    required = [field.name for field in fields if field.key.required]
    return {**schema, "required": required} if required else schema


def _property(field: SiteField) -> dict[str, Any]:
    forms = _forms(field)
    if not field.key.required:
        forms = [*forms, _UNKNOWN]
    elif field.kind.name == "str":
        forms = [{**forms[0], "not": _UNKNOWN}]
    described = {"description": field.key.help}
    if len(forms) == 1:
        return {**described, **forms[0]}
    return {**described, "anyOf": forms}


def _forms(field: SiteField) -> list[dict[str, Any]]:
    """The forms that a value may have, besides "unknown"."""
    if field.table is not None:
        table = _table(field.table)
        return [{"type": "array", "items": table} if field.is_list else table]
    one = [schema_of(field.kind.item)] if field.kind.one and field.kind.item is not None else []
    return [schema_of(field.kind), *one]
