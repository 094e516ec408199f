"""Texts that no shell accepts, or that are cut in the middle: what is open, what is wrong, what is still read."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Script, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def names(script: Script) -> list[str | None]:
    return [command.name for command in script.commands()]


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("a\n", None),
        ("a", None),
        ("if a; then b; fi\n", None),
        ("# it's\n", None),
        ("# \\\n", None),
        ("a '\\'\n", None),
        ("a \\\\\n", None),
        ("cat <<'EOF'\n'\\\nEOF\n", None),
        ("a 'b\n", "quote"),
        ('a "b\n', "quote"),
        ("a `b\n", "quote"),
        ("a $'b\n", "quote"),
        ("a ${b\n", "quote"),
        ('a "$(b "c\n', "quote"),
        ("a \\\n", "continuation"),
        ("a \\", "continuation"),
        ("a \\\r\n", "continuation"),
        ("a &&\n", "continuation"),
        ("a ||", "continuation"),
        ("a |\n\n", "continuation"),
        ("a \\\n\n", None),
        ("if a; then \\\n", "continuation"),
        ("if a\n", "block"),
        ("if a; then\n", "block"),
        ("if a; then b\n", "block"),
        ("if a; then b; else\n", "block"),
        ("if a; then b; elif c\n", "block"),
        ("while a\n", "block"),
        ("while a; do b\n", "block"),
        ("until a; do\n", "block"),
        ("for x in a b\n", "block"),
        ("for x in a; do b\n", "block"),
        ("case a in\n", "block"),
        ("case a in\n  b) c\n", "block"),
        ("case a in\n  b) c ;;\n", "block"),
        ("f() {\n", "block"),
        ("f() {\n  a\n", "block"),
        ("{ a\n", "block"),
        ("( a\n", "block"),
        ("x=$(a\n", "block"),
        ("x=(a\n", "block"),
        ("a <(b\n", "block"),
        ("cat <<EOF\n", "here-document"),
        ("if a; then cat <<EOF\nb\n", "here-document"),
        ("cat <<EOF\nit's\n", "here-document"),
    ],
)
def test_what_is_open_at_the_end(text: str, opened: str | None) -> None:
    script = read(text)
    assert script.open_at_end == opened
    assert bool(script.problems) == (opened is not None)


@pytest.mark.parametrize(
    ("text", "place", "commands"),
    [
        ("a\nfi\nb\n", "fi", ["a", "b"]),
        ("a\ndone | b\n", "done", ["a", "b"]),
        ("then a\n", "then", ["a"]),
        ("a; }\nb\n", "}", ["a", "b"]),
        ("a\n) b\n", ")", ["a", "b"]),
        ("a\n&& b\n", "&&", ["a", "b"]),
        ("| a\n", "|", ["a"]),
        ("a && && b\n", "&&", ["a", "b"]),
        ("( a && )\n", "a", ["a"]),
        ("a;; b\n", ";;", ["a", "b"]),
        ('print("x")\n', "(", ["print"]),
        ("[[ -f x ]\nb\n", "[[", ["[[", "b"]),
    ],
)
def test_what_is_wrong_and_what_is_still_read(text: str, place: str, commands: list[str]) -> None:
    script = read(text)
    assert script.problems
    assert any(text[problem.span.start :].startswith(place) for problem in script.problems), script.problems
    assert all(problem.message and problem.span.start <= problem.span.end for problem in script.problems)
    assert names(script) == commands


def test_blocks_that_are_cut_keep_their_flags() -> None:
    script = read("a\nif b; then\n  while c; do\n    d &&\n    e | f\n")
    flags = {command.name: (command.branch, command.loop, command.condition) for command in script.commands()}
    assert flags == {
        "a": (False, False, False),
        "b": (False, False, True),
        "c": (True, True, True),
        "d": (True, True, False),
        "e": (True, True, False),
        "f": (True, True, False),
    }
    assert [problem.kind for problem in script.problems] == ["block", "block"]
    assert [problem.span for problem in script.problems] == [(2, 4), (15, 20)]


def test_a_loose_end_does_not_spoil_the_rest() -> None:
    script = read("f() {\n  a\n}\n}\nif b; then c; fi\ndone\nwhile d; do e; done\n")
    flags = {command.name: (command.function, command.branch, command.loop) for command in script.commands()}
    assert flags == {
        "a": ("f", False, False),
        "b": (None, False, False),
        "c": (None, True, False),
        "d": (None, False, True),
        "e": (None, False, True),
    }
    assert [script.text[problem.span.start : problem.span.end] for problem in script.problems] == [
        "}",
        "done",
    ]


def test_an_open_quotation_takes_the_rest() -> None:
    script = read("a\necho 'open\nb\nc\n")
    assert names(script) == ["a", "echo"]
    assert script.commands()[1].words[1].value == "open\nb\nc\n"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "( " * 20_000,
        "$(" * 20_000,
        '"$(' * 10_000,
        "${a:-" * 10_000,
        "$((" * 10_000,
        "((" * 10_000,
        "{ " * 20_000,
        "`" * 20_001,
        "<(" * 10_000,
        "a=(" * 10_000,
        "if a; then " * 5_000,
        "while a; do " * 5_000,
        "case a in b) " * 5_000,
        "f() { " * 5_000,
        "! " * 20_000,
        "a && " * 10_000,
        "a | " * 10_000,
        "a &\n" * 10_000,
        "a || {\n" * 5_000,
        "<<E\n" * 10_000,
        "cat <<E\n$(cat <<F\n" * 2_000,
        "\\\n" * 30_000,
        "\\" * 30_001,
        "'" * 30_001,
        "[[ " * 20_000,
        "x[" * 20_000,
        ") " * 10_000,
        "fi\n" * 10_000,
        "; " * 10_000,
        "> f " * 5_000,
    ],
    ids=lambda text: repr(text[:14]),
)
def test_no_depth_and_no_repetition_is_too_much(text: str) -> None:
    script = read(text)
    for command in script.commands():
        assert 0 <= command.span.start <= command.span.end <= len(text)
    assert all(problem.span.end <= len(text) for problem in script.problems)


def test_what_is_nested_too_deep_is_said() -> None:
    assert "depth" in [problem.kind for problem in read("$(" * 100 + "a" + ")" * 100).problems]
    assert "depth" in [problem.kind for problem in read("( " * 200 + "a" + " )" * 200).problems]
    fine = read("( " * 20 + "$(" * 20 + "a" + ")" * 20 + " )" * 20)
    assert fine.problems == ()
    assert fine.commands("a")[0].substitution
