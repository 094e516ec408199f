"""What a command stands in."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Command, parse_script

FLAGS = ("subshell", "substitution", "loop", "branch", "condition", "background")


def flags(command: Command) -> str:
    found = [flag for flag in FLAGS if getattr(command, flag)]
    return " ".join(([f"in {command.function}"] if command.function else []) + found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", {"a": ""}),
        ("{ a; }", {"a": ""}),
        ("( a )", {"a": "subshell"}),
        ("$(a)x", {None: "", "a": "substitution"}),
        ("x `a`", {"x": "", "a": "substitution"}),
        ("x <(a)", {"x": "", "a": "substitution"}),
        ("f() { a; }", {"a": "in f"}),
        ("function f { a; }", {"a": "in f"}),
        ("function f-g() { a; }", {"a": "in f-g"}),
        ("f() ( a )", {"a": "in f subshell"}),
        ("f() if a; then b; fi", {"a": "in f condition", "b": "in f branch"}),
        ("while a; do b; done", {"a": "loop condition", "b": "loop"}),
        ("until a; do b; done", {"a": "loop condition", "b": "loop"}),
        ("for x in $(a); do b; done", {"a": "substitution", "b": "loop"}),
        ("for x; do b; done", {"b": "loop"}),
        ("for x do b; done", {"b": "loop"}),
        ("for x in; do b; done", {"b": "loop"}),
        ("for ((i = 0; i < 3; i++)); do b; done", {"b": "loop"}),
        ("select x in a; do b; done", {"b": "loop"}),
        (
            "if a; then b; elif c; then d; else e; fi",
            {"a": "condition", "b": "branch", "c": "condition", "d": "branch", "e": "branch"},
        ),
        ("case $(a) in b) c;; (d|e) f;; *) g; esac", {"a": "substitution", "c": "branch", "f": "branch", "g": "branch"}),
        ("! a", {"a": "condition"}),
        ("! ( a )", {"a": "subshell condition"}),
        ("! if a; then b; fi", {"a": "condition", "b": "branch condition"}),
        ("if x; then for y in z; do ( a & ); done; fi", {"x": "condition", "a": "subshell loop branch background"}),
        ("if [ $(a) ]; then b; fi", {"[": "condition", "a": "substitution condition", "b": "branch"}),
        ("while x; do y=$(a); done", {"x": "loop condition", "a": "substitution loop"}),
        ("f() { x $(a `b`); }", {"x": "in f", "a": "in f substitution", "b": "in f substitution"}),
        ("if x; then f() { a; }; fi", {"x": "condition", "a": "in f"}),
        ("x > $(a)", {"x": "", "a": "substitution"}),
        ("while x; do y; done < <(a)", {"x": "loop condition", "y": "loop", "a": "substitution"}),
        ("x=($(a) b)", {"a": "substitution"}),
        ("x=${y:-$(a)}", {"a": "substitution"}),
        ('x "$(a "$(b)")"', {"x": "", "a": "substitution", "b": "substitution"}),
        ("time { a; }", {"a": ""}),
        ("time ( a )", {"a": "subshell"}),
        ("[[ $(a) ]]", {"[[": "", "a": "substitution"}),
        ("(( x = $(a) ))", {"a": "substitution"}),
    ],
)  # fmt: skip
def test_flags(text: str, expected: dict[str | None, str]) -> None:
    script = parse_script(text, place=Span)
    assert {command.name: flags(command) for command in script.commands()} == expected
    assert script.problems == ()
    for command in script.commands():
        alone = not flags(command).replace("background", "")
        assert command.top_level is alone


def test_a_substitution_knows_the_command_it_stands_in() -> None:
    script = parse_script("a $(b) <<X\n$(c)\nX\nd=$(e)\nfor x in $(f); do :; done\n", place=Span)
    of = {command.name: command for command in script.commands()}
    assert of["b"].within is of["a"]
    assert of["c"].within is of["a"]
    assert of["e"].within is not None
    assert of["e"].within.words == ()
    assert of["f"].within is None
    assert of["a"].within is None


def test_functions() -> None:
    text = "one() {\n  a\n}\nfunction two { b; }\nif c; then three() ( d ); fi\n"
    script = parse_script(text, place=Span)
    assert {name: text[span.start : span.end] for name, span in script.functions.items()} == {
        "one": "one() {\n  a\n}",
        "two": "function two { b; }",
        "three": "three() ( d )",
    }


def test_loops() -> None:
    text = 'for x in a "$b" c*; do :; done\nfor y; do :; done\nfor z in\ndo :; done\n'
    script = parse_script(text, place=Span)
    loops = [
        (loop.name, None if loop.words is None else [word.text for word in loop.words])
        for loop in script.loops
    ]
    assert loops == [("x", ["a", '"$b"', "c*"]), ("y", None), ("z", None)]
    span = script.loops[0].span
    assert text[span.start : span.end] == 'for x in a "$b" c*; do :; done'
