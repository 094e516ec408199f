"""The JSON schema says of a site file the same as the reader, and names every key."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from sifcheck.base.typed_toml import wanted
from sifcheck.lint.plugins import load
from sifcheck.site.keys import SiteField, fields_of
from sifcheck.site.model import Site
from sifcheck.site.reader import SiteError, site_of
from sifcheck.site.schema import site_schema

from .test_reader import WHOLE

VALIDATOR = Draft202012Validator(site_schema(), format_checker=FormatChecker(["regex"]))


def reader_takes(table: dict[str, Any]) -> bool:
    try:
        site_of(json.loads(json.dumps(table)))
    except SiteError:
        return False
    return True


def keys(form: Any = Site, prefix: str = "") -> Iterator[tuple[str, SiteField]]:
    for field in fields_of(form):
        yield f"{prefix}{field.name}", field
        if field.table is not None:
            yield from keys(field.table, f"{prefix}{field.name}.")


KEYS = dict(keys())


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(site_schema())
    assert json.loads(json.dumps(site_schema())) == site_schema()


def test_every_key_is_declared_and_described() -> None:
    words = {wanted(field.kind) for field in KEYS.values()}
    assert words == {
        *("text", "a whole number", "true or false", "a list of texts", "a table of texts", "a table"),
        "a list of tables",
    }
    for key, field in KEYS.items():
        assert field.key.help, key
        assert not field.key.help.endswith("."), key
        assert bool(field.key.pattern) == bool(field.key.form), key


@pytest.mark.parametrize("path", [Path(path) for _, path in load().sites], ids=lambda path: path.stem)
def test_the_site_files_keep_to_it(path: Path) -> None:
    VALIDATOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))


def placed(key: str, value: Any) -> dict[str, Any]:
    """A site file that says one thing, and what must be said beside it."""
    table: dict[str, Any] = {"site": {"name": "ours"}}
    inner, path = table, ""
    *above, last = key.split(".")
    for name in above:
        path = f"{path}.{name}".removeprefix(".")
        made: dict[str, Any] = inner.setdefault(name, {})
        if KEYS[path].table is not None and KEYS[path].is_list:
            made.update(
                {field.name: sample(field) for field in fields_of(KEYS[path].table) if field.key.required}
            )
            inner[name] = [made]
        inner = made
    inner[last] = value
    return table


def sample(field: SiteField) -> Any:
    if field.is_list:
        return []
    return field.key.values[0] if field.key.values else "a"


VALUES = [
    "unknown", "a", "", "compute", "x86_64", "3.4", "2026-01-16", "^(a", "pjm", 0, 1, -1, 1 << 62, 1 << 63, 1.5, True, False,
    None, [], ["a"], ["compute"], ["unknown"], [1], [""], [{}], {}, {"a": "b"}, {"a": 1}, {"a": ""},
    {"name": "ours"}, [{"path": "/a"}], [{"role": "compute"}], [{"document": "a", "facts": []}],
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_both_take_and_refuse_the_same(key: str) -> None:
    taken = 0
    for value in VALUES:
        table = placed(key, value)
        # No TOML file holds nothing, and what a source names is the reader's alone to know.
        if value is None or (key == "sources.facts" and value not in ([], "unknown", {}, 1)):
            continue
        said = reader_takes(table)
        taken += said
        assert VALIDATOR.is_valid(table) is said, (key, value)
    assert 0 < taken < len(VALUES)


@pytest.mark.parametrize("key", [key for key, field in KEYS.items() if field.table is not None])
def test_both_refuse_a_key_that_is_not_there(key: str) -> None:
    table = placed(f"{key}.nothing", "a")
    assert not reader_takes(table)
    assert not VALIDATOR.is_valid(table)


WORDS_OF_FILES = st.sampled_from(["unknown", "compute", "tmpfs", "x86_64", "3.4", "", "/a", "ours"])
SCALARS = WORDS_OF_FILES | st.booleans() | st.integers(-1, 9)
NAMES = st.sampled_from(sorted({key.rpartition(".")[2] for key in KEYS}))


@given(
    st.dictionaries(
        st.sampled_from(Site._fields[:16]),
        SCALARS
        | st.lists(SCALARS | st.dictionaries(NAMES, SCALARS), max_size=2)
        | st.dictionaries(
            NAMES, SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(NAMES, SCALARS), max_size=3
        ),
        max_size=3,
    )
)
def test_both_agree_on_random_files(table: dict[str, Any]) -> None:
    table.setdefault("site", {"name": "ours"})
    table.pop("sources", None)
    assert VALIDATOR.is_valid(table) is reader_takes(table)


def test_the_whole_example_keeps_to_it() -> None:
    VALIDATOR.validate(tomllib.loads(WHOLE))
