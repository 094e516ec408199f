"""Typed values of TOML files, variables and flags: reading them, their JSON schema, and in words what does not fit.

The configuration, the options of rules and site files are all read by this; each declares its keys once, in a table of
kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import did_you_mean

Report = Callable[[str, str], None]
"""Takes the path of the value (`severity.CODE`) and a sentence about what is wrong with it."""

WRONG: Any = object()
"""What a value that does not fit is read as; it has been reported."""

_WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "list": "a list",
    "table": "a table",
}
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_SHOWN = 60


class Kind(NamedTuple):
    """A type as TOML files know it.

    `name` is bool, int, float, str, list, table or any; `item` is the type of what a list or table holds;
    `form` is the class that a list is read as, or a table of fixed keys.  `numbered`: messages name the entries of a list by
    number; `one`: a list may be written as the one text that it holds.  The rest narrows a text or a number: `filled` wants
    a text that is not empty, `regex` a regular expression, `below` a number of 0 or more below that power of 2.
    """

    name: str
    item: Kind | None = None
    form: type = list
    choices: tuple[str, ...] = ()
    pattern: str = ""
    wanted: str = ""
    minimum: int | None = None
    below: int | None = None
    filled: bool = False
    regex: bool = False
    one: bool = False
    numbered: bool = False


def kind_of_hint(hint: Any) -> Kind:
    """The kind that a type annotation means.  Raises TypeError for one that the configuration cannot hold."""
    if hint is Any:
        return Kind("any")
    if hint in (bool, int, float, str):
        return Kind(hint.__name__)
    made, arguments = get_origin(hint), get_args(hint)
    if made is Literal and all(isinstance(argument, str) for argument in arguments):
        return Kind("str", choices=arguments)
    if made is list or (made is tuple and len(arguments) == 2 and arguments[1] is Ellipsis):
        return Kind("list", kind_of_hint(arguments[0]), made)
    if made is dict and arguments[0] is str:
        return Kind("table", kind_of_hint(arguments[1]))
    raise TypeError(
        f"{getattr(hint, '__name__', None) or hint}: an option is bool, int, float, str, a Literal of texts, "
        "list[...], tuple[..., ...] or dict[str, ...]"
    )


def read_value(kind: Kind, value: Any, path: str, report: Report) -> Any:
    """A TOML value as the kind wants it, or WRONG after reporting each entry that does not fit."""
    if kind.name == "any":
        return value
    if kind.name == "list":
        return _read_list(kind, value, path, report)
    if kind.name == "table":
        if not isinstance(value, dict) or kind.item is None:
            return mismatch(kind, value, path, report)
        read = {key: read_value(kind.item, entry, f"{path}.{key}", report) for key, entry in value.items()}
        return WRONG if WRONG in read.values() else read
    if kind.name == "float" and isinstance(value, int) and not isinstance(value, bool):
        return _as_float(value, path, report)
    # In Python true is a number; in a configuration it is not.
    if type(value).__name__ != kind.name:
        return mismatch(kind, value, path, report)
    return _narrow(kind, value, path, report)


def _read_list(kind: Kind, value: Any, path: str, report: Report) -> Any:
    if kind.one and isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or kind.item is None:
        return mismatch(kind, value, path, report)
    places = [f"{path}[{number}]" if kind.numbered else path for number in range(len(value))]
    read = [read_value(kind.item, entry, place, report) for entry, place in zip(value, places, strict=True)]
    return WRONG if any(entry is WRONG for entry in read) else kind.form(read)


def _as_float(value: int, path: str, report: Report) -> Any:
    try:
        return float(value)
    except OverflowError:
        report(path, "this number is too large")
        return WRONG


def mismatch(kind: Kind, value: Any, path: str, report: Report) -> Any:
    """WRONG, after reporting that a value is of another type."""
    as_list = kind.name == "list" and not kind.numbered and isinstance(value, str) and len(value) < _SHOWN
    hint = f"; write [{toml_text(value)}]" if as_list else ""
    report(path, f"{wanted(kind)} is wanted, not {described(value)}{hint}")
    return WRONG


def _narrow(kind: Kind, value: Any, path: str, report: Report) -> Any:
    """The value, if it is one of the choices, has the form and is large enough."""
    fault = next(_faults_of_text(kind, value) if kind.name == "str" else _faults_of_number(kind, value), "")
    if fault:
        report(path, fault)
    return WRONG if fault else value


def _faults_of_text(kind: Kind, value: str) -> Iterator[str]:
    if kind.filled and not value:
        yield 'the text is empty; write "unknown", or leave the key out'
    if kind.choices and value not in kind.choices:
        yield f"{quoted(value)} is not known{did_you_mean(value, kind.choices)}"
    # As in a JSON schema, where `$` is the very end.
    at_end = kind.pattern.endswith("$") and value.endswith("\n")
    if kind.pattern and (re.search(kind.pattern, value) is None or at_end):
        yield f"{quoted(value)} has not the form {kind.wanted}"
    if kind.regex:
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            yield f"{quoted(value)} is no regular expression: {error}"


def _faults_of_number(kind: Kind, value: float) -> Iterator[str]:
    if kind.below is not None and not 0 <= value < 1 << kind.below:
        yield f"a number of 0 or more, below 2^{kind.below}, is wanted"
    if kind.minimum is not None and value < kind.minimum:
        yield f"{value} is too small: {kind.minimum} or more is wanted"


def read_keys(
    kinds: Mapping[str, Kind], table: Mapping[str, Any], prefix: str, report: Report, unknown: Report
) -> dict[str, Any]:
    """The values of a table whose keys are fixed, by the name of the field; what does not fit is reported and left out.

    A field is written with dashes.  `prefix` stands before a key in its path; `unknown` takes the path and the key of one
    that there is not.
    """
    values = {}
    for key, value in table.items():
        field = key.replace("-", "_")
        if field not in kinds or key != key_of(field):
            unknown(f"{prefix}{key}", key)
            continue
        read = read_value(kinds[field], value, f"{prefix}{key}", report)
        if read is not WRONG:
            values[field] = read
    return values


def key_of(name: str) -> str:
    """How a field is written as a key."""
    return name.replace("_", "-")


_SCHEMA_TYPES = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "list": "array",
    "table": "object",
}


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON schema of a value."""
    if kind.name == "any":
        return {}
    schema: dict[str, Any] = {"type": _SCHEMA_TYPES[kind.name]}
    if kind.item is not None:
        schema["items" if kind.name == "list" else "additionalProperties"] = schema_of(kind.item)
    if kind.filled:
        schema["minLength"] = 1
    if kind.choices:
        schema["enum"] = list(kind.choices)
    if kind.pattern:
        schema["pattern"] = kind.pattern
    if kind.regex:
        schema["format"] = "regex"
    if kind.minimum is not None:
        schema["minimum"] = kind.minimum
    if kind.below is not None:
        schema |= {"minimum": 0, "exclusiveMaximum": 1 << kind.below}
    return schema


def table_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a table with these keys and no other."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def read_text(kind: Kind, texts: Iterable[str], separator: str, path: str, report: Report) -> Any:
    """The texts of a flag (of each time it was given) or of a variable, read as the kind wants them.

    Lists and tables take all texts, parted at `separator` (nowhere if it is empty); other kinds take the last
    text.
    """
    given = list(texts)
    if kind.name in ("list", "table"):
        words = [word for text in given for word in (text.split(separator) if separator else [text])]
        words = [word.strip() for word in words] if separator else words
        words = [word for word in words if word]
        if kind.name == "list":
            return read_value(kind, words, path, report)
        return _read_pairs(kind, words, path, report)
    return read_value(kind, _simple(kind, given[-1]), path, report) if given else WRONG


def _simple(kind: Kind, text: str) -> Any:
    """A text as the value it stands for; the text itself where it stands for none of that kind."""
    word = text.strip()
    if kind.name == "bool":
        return True if word.lower() in _TRUE else False if word.lower() in _FALSE else text
    if kind.name == "int":
        return int(word) if re.fullmatch(r"[+-]?[0-9]{1,18}", word) else text
    if kind.name == "float":
        return float(word) if re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?", word) else text
    return text


def _read_pairs(kind: Kind, words: list[str], path: str, report: Report) -> Any:
    pairs = {}
    right = True
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            report(path, f"{quoted(word)} has not the form NAME=VALUE")
            right = False
        pairs[key.strip()] = value
    return read_value(kind, pairs, path, report) if right else WRONG


def wanted(kind: Kind) -> str:
    """Words for what a kind takes."""
    if kind.name in ("list", "table") and kind.item is not None and kind.item.name in _WORDS:
        item = "texts" if kind.item.name == "str" else "tables" if kind.item.name == "table" else "values"
        return f"{_WORDS[kind.name]} of {item}"
    return _WORDS.get(kind.name, "a value")


def described(value: Any) -> str:
    """Words for a value that does not fit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, int) and value.bit_length() > 64:
        return "a very large number"
    if isinstance(value, (int, float)):
        return f"the number {_shortened(str(value))}"
    if isinstance(value, NoneType):
        return "nothing"
    return (
        "a list"
        if isinstance(value, (list, tuple))
        else "a table"
        if isinstance(value, dict)
        else "a date or time"
    )


def _number(value: float) -> str:
    # Python refuses to write whole numbers of more than 4,300 digits, which TOML can hold in hexadecimal.
    return hex(value) if isinstance(value, int) and value.bit_length() > 64 else str(value)


def quoted(text: str) -> str:
    """A text in quotation marks, cut to a line, without a character that a terminal would act on."""
    return repr(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def toml_text(value: Any) -> str:
    """A value as it is written in TOML, all that is not plain text escaped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_text, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_toml_key(key)} = {toml_text(entry)}" for key, entry in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return _number(value) if isinstance(value, (int, float)) else str(value)


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_text(key)


def _escaped(mark: str) -> str:
    if mark in '"\\':
        return f"\\{mark}"
    if mark.isprintable():
        return mark
    return f"\\u{ord(mark):04x}" if ord(mark) < 0x10000 else f"\\U{ord(mark):08x}"
