"""The JSON schema of the configuration, made from the same table that the files are read by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

from sifcheck.base.typed_toml import key_of, schema_of, table_schema
from sifcheck.config.files import lockable_options, option_kinds
from sifcheck.config.rule_options import HasOptions, option_fields
from sifcheck.config.settings import OPTIONS, SET_BY, SetBy


def settings_schema(rules: Iterable[HasOptions] | None = None, set_by: SetBy = "site") -> dict[str, Any]:
    """The schema of `sifcheck.toml`, and of `[tool.sifcheck]` in pyproject.toml.

    With `rules`, the tables below `[rules]` are those of the rules that have options, by code, name and
    former codes; without, any.  `set_by` is whose file it is: in one of a checkout ("anyone") there are fewer
    keys than in a site's.
    """
    properties = {}
    for name, option in OPTIONS.items():
        if SET_BY.index(option.set_by) > SET_BY.index(set_by):
            continue
        schema = schema_of(option_kinds()[name])
        if name == "locked":
            schema["items"]["pattern"] = _lock_pattern()
        if name == "rules" and rules is not None:
            schema = table_schema(_tables(rules))
        properties[key_of(name)] = {"description": option.help, **schema, "default": _plain(option.default)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of sifcheck",
        **table_schema(properties),
    }


def _lock_pattern() -> str:
    names = lockable_options()
    tables = [name for name in names if isinstance(OPTIONS[name].default, dict)]
    words = (
        "|".join(re.escape(key_of(name)).replace("\\-", "-") for name in group) for group in (names, tables)
    )
    return "^(({})|({})\\..+)$".format(*words)


def _tables(rules: Iterable[HasOptions]) -> dict[str, Any]:
    tables = {}
    for rule in rules:
        if rule.options is not None:
            schema = options_schema(rule.options)
            for word in (rule.code, rule.name, *rule.formerly):
                tables[word] = schema
    return tables


def options_schema(options: type[Any]) -> dict[str, Any]:
    """The schema of a rule's options from their NamedTuple; its docstring is the description."""
    properties = {}
    for field, kind in option_fields(options).items():
        default = _plain(options._field_defaults[field])
        properties[key_of(field)] = {**schema_of(kind), "default": default}
    described = {"description": cleandoc(options.__doc__)} if options.__doc__ else {}
    return {**described, **table_schema(properties)}


def _plain(value: Any) -> Any:
    """A default as JSON knows it."""
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return {key: _plain(entry) for key, entry in value.items()} if isinstance(value, dict) else value
