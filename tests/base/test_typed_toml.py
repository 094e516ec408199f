"""Single values: what each type takes, what is said of what does not fit, and how values are written."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.text import did_you_mean
from sifcheck.base.typed_toml import (
    WRONG,
    Kind,
    kind_of_hint,
    quoted,
    read_text,
    read_value,
    toml_text,
)

LEVEL = Literal["info", "error"]


def read(hint: Any, value: Any) -> tuple[Any, list[str]]:
    told: list[str] = []
    got = read_value(kind_of_hint(hint), value, "x", lambda path, message: told.append(f"{path}: {message}"))
    return got, told


def read_texts(hint: Any, *texts: str, separator: str = ",") -> tuple[Any, list[str]]:
    told: list[str] = []
    kind = kind_of_hint(hint)
    return read_text(
        kind, texts, separator, "x", lambda path, message: told.append(f"{path}: {message}")
    ), told


@pytest.mark.parametrize(
    ("hint", "value", "wanted"),
    [
        (bool, True, True),
        (int, 0, 0),
        (float, 1.5, 1.5),
        (float, 2, 2.0),
        (str, "", ""),
        (LEVEL, "info", "info"),
        (list[str], ["a"], ["a"]),
        (tuple[int, ...], [1, 2], (1, 2)),
        (list[list[int]], [[1], []], [[1], []]),
        (dict[str, str], {"a": "b"}, {"a": "b"}),
        (dict[str, LEVEL], {}, {}),
        (dict[str, tuple[str, ...]], {"a": ["b"]}, {"a": ("b",)}),
        (dict[str, dict[str, Any]], {"a": {"b": [1]}}, {"a": {"b": [1]}}),
    ],
)
def test_right(hint: Any, value: Any, wanted: Any) -> None:
    got, told = read(hint, value)
    assert (got, type(got), told) == (wanted, type(wanted), [])


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (bool, 1, "x: true or false is wanted, not the number 1"),
        (int, True, "x: a whole number is wanted, not true"),
        (int, 1.0, "x: a whole number is wanted, not the number 1.0"),
        (float, False, "x: a number is wanted, not false"),
        (float, "1", "x: a number is wanted, not the text '1'"),
        (float, 10**400, "x: this number is too large"),
        (str, ["a"], "x: text is wanted, not a list"),
        (str, dt.date(2026, 1, 1), "x: text is wanted, not a date or time"),
        (LEVEL, "eror", "x: 'eror' is not known; did you mean 'error'?"),
        (LEVEL, "zzz", "x: 'zzz' is not known; it is one of info, error"),
        (list[str], "a", "x: a list of texts is wanted, not the text 'a'; write [\"a\"]"),
        (list[str], {"a": 1}, "x: a list of texts is wanted, not a table"),
        (list[str], ["a", 1], "x: text is wanted, not the number 1"),
        (dict[str, str], [], "x: a table of texts is wanted, not a list"),
        (dict[str, LEVEL], {"a": "inf"}, "x.a: 'inf' is not known; did you mean 'info'?"),
        (dict[str, dict[str, Any]], {"a": 1}, "x.a: a table is wanted, not the number 1"),
    ],
)
def test_wrong(hint: Any, value: Any, words: str) -> None:
    assert read(hint, value) == (WRONG, [words])


def test_each_wrong_entry_is_told() -> None:
    got, told = read(dict[str, list[str]], {"a": [1, "b", 2], "b": 3})
    assert got is WRONG
    assert [line.partition(":")[0] for line in told] == ["x.a", "x.a", "x.b"]


@pytest.mark.parametrize(
    ("hint", "texts", "wanted"),
    [
        (bool, ["ON"], True),
        (bool, ["1", "off"], False),
        (int, ["+7"], 7),
        (float, ["2.5"], 2.5),
        (str, [" a "], " a "),
        (list[str], ["a, b", "c,,"], ["a", "b", "c"]),
        (tuple[str, ...], [""], ()),
        (dict[str, str], ["a=b=c, d=", "a=e"], {"a": "e", "d": ""}),
        (dict[str, LEVEL], ["a=info"], {"a": "info"}),
    ],
)
def test_texts(hint: Any, texts: list[str], wanted: Any) -> None:
    assert read_texts(hint, *texts) == (wanted, [])


def test_texts_that_are_not_parted() -> None:
    assert read_texts(dict[str, str], "a=b, c=d", separator="") == ({"a": "b, c=d"}, [])
    assert read_texts(list[str], " a,b ", separator="") == ([" a,b "], [])


@pytest.mark.parametrize(
    ("hint", "text", "words"),
    [
        (bool, "maybe", "x: true or false is wanted, not the text 'maybe'"),
        (int, "1.5", "x: a whole number is wanted, not the text '1.5'"),
        (int, "9" * 5000, "x: a whole number is wanted, not the text"),
        (float, "nan", "x: a number is wanted, not the text 'nan'"),
        (LEVEL, "warn", "x: 'warn' is not known"),
        (dict[str, str], "a", "x: 'a' has not the form NAME=VALUE"),
        (dict[str, str], "=b", "x: '=b' has not the form NAME=VALUE"),
    ],
)
def test_wrong_texts(hint: Any, text: str, words: str) -> None:
    got, told = read_texts(hint, text)
    assert got is WRONG
    assert len(told) == 1
    assert told[0].startswith(words)


@pytest.mark.parametrize(
    "hint", [bytes, set[str], dict[int, str], tuple[str, int], Literal[1], str | None, list, dict, None]
)
def test_types_that_a_configuration_cannot_hold(hint: Any) -> None:
    with pytest.raises(TypeError, match="an option is"):
        kind_of_hint(hint)


def test_suggestions() -> None:
    known = ["min-confidence", "profile", "DEF201"]
    assert did_you_mean("min_confidence", known) == "; did you mean 'min-confidence'?"
    assert did_you_mean("def201", known) == "; did you mean 'DEF201'?"
    assert did_you_mean("zzzz", known) == "; it is one of min-confidence, profile, DEF201"
    assert did_you_mean("zzzz", [f"a{number}" for number in range(50)]) == ""
    assert did_you_mean("x" * 100_000, known).startswith("; it is one of")
    assert did_you_mean("a", []) == ""


@given(st.text())
def test_what_is_quoted_can_be_shown(text: str) -> None:
    assert quoted(text).isprintable()
    assert len(quoted(text)) < 700


TEXTS = st.text(st.characters(codec="utf-8"), max_size=10)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_as_toml_reads_back(value: Any) -> None:
    assert tomllib.loads(f"a = {toml_text(value)}") == {"a": value}


def test_kinds_compare_by_value() -> None:
    assert kind_of_hint(list[str]) == Kind("list", Kind("str"), list)
