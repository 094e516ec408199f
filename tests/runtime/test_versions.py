"""The table of features: each row is asked for somewhere, and all that is asked for has a row; targets as they are named."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sifcheck.definition.reader import READING
from sifcheck.runtime.features import FEATURES, LINES
from sifcheck.runtime.versions import (
    AGENTS,
    KEYS,
    Runtime,
    Target,
    parse_target,
    remarks,
    span_of,
)

ROOT = Path(__file__).resolve().parent.parent.parent
ASKING = ("has", "lacking", "having", "refusing", "since")


def trees() -> Iterator[ast.Module]:
    """The code of the program and its rules, besides the table itself."""
    for folder in ("sifcheck", "rules"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file.name != "features.py" and "testing" not in file.parts:
                yield ast.parse(file.read_text(encoding="utf-8"))


def words(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def asked(tree: ast.Module) -> Iterator[str]:
    """What `target.lacking("...")` and the like name; a one-word name is another `has`, of a program or an option."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and " " in str(argument.value):
                    yield str(argument.value)


def test_nothing_is_asked_for_that_is_not_in_the_table() -> None:
    found = {name for tree in trees() for name in asked(tree)}
    assert len(found) > 10
    assert found <= FEATURES.keys()
    assert set(READING) <= FEATURES.keys()


def test_nothing_is_in_the_table_that_nobody_asks_for() -> None:
    found = {word for tree in trees() for word in words(tree)}
    kinds = [kind for kind in ("key ", "agent ", "section ") if kind in found]
    assert kinds == ["key ", "agent ", "section "]
    left = {name for name in FEATURES if name not in found and not name.startswith(tuple(kinds))}
    assert left == set()


def test_all_keys_and_agents_are_in_the_table() -> None:
    assert {f"key {key}" for key in (*KEYS, "otherurl")} == {name for name in FEATURES if name[:4] == "key "}
    assert {f"agent {agent}" for agent in AGENTS} == {name for name in FEATURES if name[:6] == "agent "}


def test_rows_are_well_formed() -> None:
    for row in FEATURES.values():
        assert row.about
        assert row.source
        spans = [span_of(row.name, family) for family in ("apptainer", "singularity-ce", "singularity")]
        assert any(first is not None for first, _ in spans), row.name
        assert all(last is None or (first or ()) < last for first, last in spans), row.name


def test_what_no_row_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        Runtime("apptainer", (1, 4)).has("no such thing")


@pytest.mark.parametrize(
    ("target", "feature", "has"),
    [
        ("apptainer-1.2", "empty build arguments", True),
        ("apptainer-1.2.3", "empty build arguments", False),
        ("apptainer-1.2", "unused defaults refused", True),
        ("apptainer-1.2.5", "unused defaults refused", True),
        ("apptainer-1.3", "unused defaults refused", False),
        ("apptainer-1.3.0", "nested build arguments", False),
        ("apptainer-1.3", "nested build arguments", True),
        ("apptainer-1", "key target", True),
        ("singularity-ce-3.11.0", "key setopt", False),
        ("singularity-ce-3.11", "key setopt", True),
        ("singularity-pro-3.11", "stray files words copy", True),
        ("singularity-pro-3.7", "stray files words copy", False),
        ("singularity-pro-3.5", "files quotes", False),
        ("apptainer-1.6", "files by glob only", True),
    ],
)
def test_what_a_version_has(target: str, feature: str, has: bool) -> None:
    (runtime,) = parse_target(target).runtimes
    assert runtime.has(feature) is has


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("build arguments", "Apptainer 1.2, SingularityCE 4.0"),
        ("key product", "Singularity 3.4"),
        ("apptainer variables", "Apptainer"),
        ("key from", ""),
    ],
)
def test_since_when(feature: str, words: str) -> None:
    assert Target().since(feature) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("aptainer", "did you mean apptainer-1.4?"),
        ("apptainer", "did you mean apptainer-1.4?"),
        ("singularityce-4.3", "did you mean singularity-ce-4.3?"),
        ("singularty-ce-4.9", "did you mean singularity-ce-4.1?"),
        ("apptainer-9.9", "the versions of Apptainer are 1.0, 1.1, 1.2, 1.3, 1.4, 1.5; did you mean apptainer-1.5?"),
        ("apptainer-4.1", "did you mean apptainer-1.5?"),
        ("apptainer-0.9", "did you mean apptainer-1.0?"),
        ("singularity-ce-3.7", "did you mean singularity-ce-3.8?"),
        ("singularity-3.9.1", "did you mean singularity-3.8?"),
        ("singularity-3.1", "singularity-3.1 is too old a target"),
        ("singularity-2", "singularity-2 is too old a target"),
        ("foo-1", "unknown target 'foo'"),
        ("", "unknown target ''"),
        ("apptainer-1.4,", "unknown target ''"),
        ("apptainer--1", "unknown target"),
    ],
)  # fmt: skip
def test_what_is_no_target(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_target(written)
    assert words in str(caught.value)


def test_suggested_targets_exist() -> None:
    for family, lines in LINES.items():
        for word in (family, f"{family}x-{lines[0]}", f"{family}-99.1", f"{family}-0.1"):
            with pytest.raises(ValueError, match=r".") as caught:
                parse_target(word)
            _, hint, suggestion = str(caught.value).partition("did you mean ")
            if hint:
                assert parse_target(suggestion.rstrip("?"))


def test_what_is_said_of_a_target() -> None:
    assert remarks(Target()) == []
    assert remarks(parse_target("apptainer-1.4,singularity-ce-4.1.2")) == []
    assert remarks(parse_target("singularity-pro-4.1")) == [
        "SingularityPRO 4.1 is judged as SingularityCE 4.1, which it is built from"
    ]
    (words,) = remarks(parse_target("apptainer-1.7"))
    assert words.startswith("Apptainer 1.7 is not known here yet")
