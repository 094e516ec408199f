"""And-or lists, pipelines, and whose failure is taken up by what."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Command, List, Script, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def names(commands: tuple[Command, ...]) -> list[str | None]:
    return [command.name for command in commands]


def described(one: List) -> str:
    """The list as `a && b || c`; a compound element in braces, a pipeline with bars."""
    parts = []
    for element in one.elements:
        inner = "|".join(str(name) for name in names(element.commands))
        parts.append("{" + inner + "}" if element.compound else inner)
    joined = parts[0]
    for operator, part in zip(one.operators, parts[1:], strict=True):
        joined += f" {operator} {part}"
    return joined


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("a", []),
        ("a; b\nc", []),
        ("a && b", ["a && b"]),
        ("a && b || c", ["a && b || c"]),
        ("a &&\n\n  b ||\n c\n", ["a && b || c"]),
        ("a \\\n  && b \\\n  && c", ["a && b && c"]),
        ("a | b && c", ["a|b && c"]),
        ("a && b | c", ["a && b|c"]),
        ("a | b | c || d", ["a|b|c || d"]),
        ("a | b | c | d && e || f", ["a|b|c|d && e || f"]),
        ("a && b; c || d", ["a && b", "c || d"]),
        ("! a && b", ["a && b"]),
        ("a && { b; c; } || d", ["a && {b|c} || d"]),
        ("a && ( b && c )", ["a && {b|c}", "b && c"]),
        ("if a && b; then c || d; fi", ["a && b", "c || d"]),
        ("while a || b; do c && d; done && e", ["{a|b|c|d} && e", "a || b", "c && d"]),
        ("x=1 && b", ["&& b"]),
        ("$(a && b) && c", ["None && c", "a && b"]),
        ("case a in x|y) b && c;; esac", ["b && c"]),
        ("f() { a && b; } && c", ["{a|b} && c", "a && b"]),
        ("a && # why\n b", ["a && b"]),
        ("[[ a && b ]] && c", ["[[ && c"]),
        ("(( a && b )) && c", ["&& c"]),
    ],
)
def test_lists(text: str, lists: list[str]) -> None:
    script = read(text)
    assert [described(one).strip() for one in script.lists] == [one.strip() for one in lists]
    assert script.problems == ()


def test_spans_of_lists_and_elements() -> None:
    text = "x\n  a | b && { c; }  # why\ny\n"
    (one,) = read(text).lists
    assert text[one.span.start : one.span.end] == "a | b && { c; }"
    assert [text[element.span.start : element.span.end] for element in one.elements] == ["a | b", "{ c; }"]
    assert names(one.commands) == ["a", "b", "c"]


def test_where_a_list_stands() -> None:
    script = read("a && b\nif c && d; then e && f; g && h; fi\n( i && j ) &\nk && l &\nm && n\n")
    assert [(names(one.commands)[0], one.top_level, one.last, one.background) for one in script.lists] == [
        ("a", True, False, False),
        ("c", False, True, False),
        ("e", False, False, False),
        ("g", False, True, False),
        ("i", False, True, False),
        ("k", True, False, True),
        ("m", True, True, False),
    ]


def test_a_command_knows_its_innermost_list() -> None:
    script = read("a && { b || c; d; } && e\nf\n")
    of = {command.name: command.list for command in script.commands()}
    outer, inner = script.lists
    assert of == {"a": outer, "b": inner, "c": inner, "d": outer, "e": outer, "f": None}


@pytest.mark.parametrize(
    ("text", "handled"),
    [
        ("a", ""),
        ("a && b", ""),
        ("a || b", "a"),
        ("a && b || c", "a b"),
        ("a || b && c", "a"),
        ("a || b || c", "a b"),
        ("a && b || c && d || e", "a b c d"),
        ("a | b || c", "a b"),
        ("a | b | c || true", "a b c"),
        ("! a", "a"),
        ("! a | b", "a b"),
        ("! { a; b; }", "a b"),
        ("if a; b; then c; elif d; then e; else f; fi", "a b d"),
        ("while a; do b; done", "a"),
        ("until a; do b; done", "a"),
        ("{ a; b; } || c", "a b"),
        ("( a; b ) || c", "a b"),
        ("if ( a ); then b; fi", "a"),
        ("if a; then b; fi || c", "a b"),
        ("x=$(a) || b", "a"),
        ("if [ $(a) ]; then b; fi", "[ a"),
        ("a; b || c; d", "b"),
        ("for x in $(a) b; do c; done", ""),
    ],
)
def test_what_is_handled(text: str, handled: str) -> None:
    commands = read(text).commands()
    assert [command.name for command in commands if command.handled] == handled.split()


def test_what_follows_the_next_or() -> None:
    def or_else(text: str) -> dict[str | None, str | None]:
        return {
            command.name: command.or_else.name if command.or_else is not None else None
            for command in read(text).commands()
        }

    assert or_else("a && b || c && d") == {"a": "c", "b": "c", "c": None, "d": None}
    assert or_else("a || b || c") == {"a": "b", "b": "c", "c": None}
    assert or_else("a | b || { c; d; }") == {"a": "c", "b": "c", "c": None, "d": None}
    assert or_else("{ a || b; } || c") == {"a": "b", "b": "c", "c": None}


def test_pipelines() -> None:
    script = read("a | b 2>&1 |& c | d\ne\n")
    a, b, c, d, e = script.commands()
    assert a.pipeline == b.pipeline == (a, b, c, d)
    assert [command.pipeline_index for command in (a, b, c, d, e)] == [0, 1, 2, 3, 0]
    assert e.pipeline == (e,)
    assert (a.piped_into, b.piped_into, d.piped_into) == (b, c, None)
    assert (a.piped_from, b.piped_from, d.piped_from) == (None, a, c)
    assert (e.piped_into, e.piped_from) == (None, None)


def test_pipes_into_and_out_of_blocks() -> None:
    script = read("a | while read x; do b; done | { c; d; } | e\n")
    of = {command.name: command for command in script.commands()}
    assert of["a"].piped_into is of["read"]
    assert of["read"].piped_from is of["a"]
    assert of["b"].piped_from is of["a"]
    assert of["b"].piped_into is of["c"]
    assert of["e"].piped_from is of["d"]
    assert of["e"].pipeline == (of["a"], of["e"])


def test_background() -> None:
    script = read("a & b; c && d & { e; f; } & if g; then h & fi\ni | j &\n$(k) &\nl\n")
    assert [command.name for command in script.commands() if command.background] == [
        "a", "c", "d", "e", "f", "h", "i", "j", None, "k",
    ]  # fmt: skip


def test_the_last_statement() -> None:
    def last(text: str) -> list[str | None]:
        return [command.name for command in read(text).commands() if command.last]

    assert last("a\nb\n") == ["b"]
    assert last("a\nb && c\n# end\n") == ["b", "c"]
    assert last("a | b") == ["a", "b"]
    assert last("a\nif b; then c; fi\n") == []
    assert last("a\n{ b; c; }\n") == ["c"]
    assert last("a\n( b )\n") == []
    assert last("a $(b)\n") == ["a"]
    assert last("a\nX=1\n") == []
    assert last("a &") == ["a"]
    assert last("") == []
