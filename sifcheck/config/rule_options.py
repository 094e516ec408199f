"""The options of rules: a NamedTuple says what there is to set, the `[rules.CODE]` tables say what is set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, get_type_hints

from sifcheck.base.text import did_you_mean
from sifcheck.base.typed_toml import Kind, key_of, kind_of_hint, quoted, read_keys
from sifcheck.config.settings import DEFAULT, Origin, Settings, SettingsError, SettingsProblem


class HasOptions(Protocol):
    """What is asked of a rule here; `options` is its NamedTuple class, or None."""

    code: str
    name: str
    formerly: tuple[str, ...]
    options: Any


def option_fields(options: type[Any]) -> dict[str, Kind]:
    """The kind of each field of a rule's options.

    Raises TypeError, in words for the author of the rule, for a class that is no NamedTuple, a field without
    a default, or a type that a configuration cannot hold.
    """
    if not hasattr(options, "_field_defaults"):
        raise TypeError(f"{getattr(options, '__name__', options)!r} is no NamedTuple")
    try:
        # A rule file that was loaded by its path is no module that the annotations could be looked up in.
        hints = get_type_hints(options, localns={"Literal": Literal, "Any": Any})
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise TypeError(f"{options.__name__}: {error}") from error
    fields = {}
    for field in options._fields:
        if field not in options._field_defaults:
            raise TypeError(f"{options.__name__}.{field} has no default")
        try:
            fields[field] = kind_of_hint(hints[field])
        except TypeError as error:
            raise TypeError(f"{options.__name__}.{field}: {error}") from error
    return fields


def read_options(
    options: type[Any], table: Mapping[str, Any], path: str = "", settings: Settings | None = None
) -> Any:
    """An instance of a rule's options from a TOML table; what the table does not set keeps its default.

    `path` is where the table stands (`rules.CODE`), and `settings` knows the file and line of it.  Raises
    SettingsError with all that is wrong: unknown keys with the nearest known one, wrong types, unknown
    values.
    """
    problems: list[SettingsProblem] = []
    values = _read_table(options, table, path, settings, problems)
    if problems:
        raise SettingsError(problems)
    return options(**values)


def _read_table(
    options: type[Any],
    table: Mapping[str, Any],
    path: str,
    settings: Settings | None,
    problems: list[SettingsProblem],
) -> dict[str, Any]:
    kinds = option_fields(options)
    prefix = f"{path}." if path else ""

    def report(place: str, message: str) -> None:
        origin = origin_of(settings, place) if settings is not None else DEFAULT
        problems.append(SettingsProblem(f"{place}: {message}", origin))

    def unknown(place: str, key: str) -> None:
        origin = origin_of(settings, place) if settings is not None else DEFAULT
        words = f"{path or 'options'}: unknown option {quoted(key)}{did_you_mean(key, map(key_of, kinds))}"
        problems.append(SettingsProblem(words, origin))

    return read_keys(kinds, table, prefix, report, unknown)


def rule_options(settings: Settings, rules: Iterable[HasOptions]) -> dict[str, Any]:
    """For each rule whose options the configuration sets, by its code, an instance of its options.

    A rule is meant by its code, its name or a code that it had formerly; of one option set twice the higher
    layer's value holds.  Raises SettingsError with all that is wrong, rules without options included.
    """
    problems: list[SettingsProblem] = []
    found: dict[str, Any] = {}
    if settings.rules:
        for rule in rules:
            words = [word for word in (rule.code, rule.name, *rule.formerly) if word in settings.rules]
            if not words:
                continue
            if rule.options is None:
                path = f"rules.{words[0]}"
                problems.append(
                    SettingsProblem(f"{path}: this rule has no options", origin_of(settings, path))
                )
                continue
            values = _merged(settings, rule.options, words, problems)
            found[rule.code] = rule.options(**values)
    if problems:
        raise SettingsError(problems)
    return found


def _merged(
    settings: Settings, options: type[Any], words: list[str], problems: list[SettingsProblem]
) -> dict[str, Any]:
    """The values that the tables of one rule set, under whatever word; a higher layer's wins."""
    ranked: list[tuple[int, str, Any]] = []
    for word in words:
        path = f"rules.{word}"
        for field, value in _read_table(options, settings.rules[word], path, settings, problems).items():
            ranked.append((origin_of(settings, f"{path}.{key_of(field)}").rank, field, value))
    ranked.sort(key=lambda entry: entry[0])
    return {field: value for _, field, value in ranked}


def origin_of(settings: Settings, path: str) -> Origin:
    """Where the nearest thing above a path comes from: the entry itself, its table, the option."""
    while path not in settings.origins:
        path, dot, _ = path.rpartition(".")
        if not dot:
            return settings.origin(path)
    return settings.origins[path]
