"""Texts that are easily read wrong: a parser that knows the grammar and not the shell slips here."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import parse_script


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        # Three commands in a pipeline, and a line with an operator behind it.
        ("a | b | c x\nd e && f\n", ["a", "b", "c x", "d e", "f"]),
        ("a | b | c -x -\n  d\n  e || f\n", ["a", "b", "c -x -", "d", "e", "f"]),
        ("a | b | c || d\n", ["a", "b", "c", "d"]),
        # A reserved word right behind a block.
        ("a | { while b; do c; done }\n", ["a", "b", "c"]),
        ("if a; then if b; then c; fi fi\n", ["a", "b", "c"]),
        ("f() { ( a ) }\nb\n", ["a", "b"]),
        ("while ( a ) do b; done\n", ["a", "b"]),
        # Negated blocks, timed blocks.
        ("a || ! { b && c; } && d\n", ["a", "b", "c", "d"]),
        ("! if a; then b; fi\n", ["a", "b"]),
        ("time -p { a; }\n", ["a"]),
        ("time for x in y; do a; done\n", ["a"]),
        # Loops without words.
        ("for x do a; done\n", ["a"]),
        ("for x do\n  a\ndone\n", ["a"]),
        ("for x in\ndo a; done\n", ["a"]),
        ("for x in; do a; done\n", ["a"]),
        # Redirections in odd places.
        ("a > b c d\n", ["a > b c d"]),
        (">b a c\n", ["a c"]),
        ("a | b > c | d\n", ["a", "b", "d"]),
        ("a && b 2>&1 || c >&2\n", ["a", "b", "c"]),
        ("a &> b && c\n", ["a", "c"]),
        ("echo $! > b\n", ["echo $!"]),
        # Signs that are letters here.
        ("find . -exec a {} \\; -print\n", ["find . -exec a {} \\; -print"]),
        ("{a,b}\n", ["{a,b}"]),
        ("awk '{ print }' %x {y z}\n", ["awk '{ print }' %x {y z}"]),
        ("a [ b ] ! { c }\n", ["a [ b ] ! { c }"]),
        ("git show HEAD^{tree} @{u} a=b\n", ["git show HEAD^{tree} @{u} a=b"]),
        ("sed s#a#\"$b\"#\n", ["sed s#a#\"$b\"#"]),
        ("test a \\( b \\) -a ! c\n", ["test a \\( b \\) -a ! c"]),
        ("[ \\( a = b \\) -o \\( c = d \\) ]\n", ["[ \\( a = b \\) -o \\( c = d \\) ]"]),
        ("[[ a =~ ^(b|c)$ && d < e ]]\n", ["[[ a =~ ^(b|c)$ && d < e ]]"]),
        ("[[ a && ( b ||\n  # why\n  c ) ]]\n", ["[[ a && ( b ||\n  # why\n  c ) ]]"]),
        # Continuations.
        ("a b\\\n  c\n", ["a b\\\n  c"]),
        ("a \\\n\\\n b\n", ["a \\\n\\\n b"]),
        ("a\\\nb c\n", ["a\\\nb c"]),
        ("a && \\\n  b \\\n  || c\n", ["a", "b", "c"]),
        ("if a; \\\nthen b; fi\n", ["a", "b"]),
        # Patterns of case.
        ("case a in b|c) d | e;; (f | g) h;; esac | i\n", ["d", "e", "h", "i"]),
        ("case a in\n  -*) b ;;\n  *) c\nesac\nd\n", ["b", "c", "d"]),
        ("case a in esac; b\n", ["b"]),
        ("case a in b) c;; esac\n( d | e )\n", ["c", "d", "e"]),
        ("x=$(case a in b) c;; esac)\nd\n", ["c", "d"]),
        # Functions.
        ("function a { b; }\nc\n", ["b", "c"]),
        ("function a\n{\n  b\n}\n", ["b"]),
        ("a()\n{\n  b\n}\n", ["b"]),
        ("a-b.c() { d; }\n", ["d"]),
        ("function a b\n", ["function a b"]),
        ("a() b c\n", ["b c"]),
        # Spaces, comments and words that only look like it.
        ("a \\ # b\nc\n", ["a \\ # b", "c"]),
        ("a > \\\n  b c\n", ["a > \\\n  b c"]),
        (">f if a\n", ["if a"]),
        ("A=1 if a\n", ["if a"]),
        ("if a; then b; fi\\\n&& c\n", ["a", "b", "c"]),
        ("for((i=0; i<3; i++)); do a; done\n", ["a"]),
        ("A=$[ (1 + $B) * 2 ] a $[ $(b) ]\n", ["a $[ $(b) ]", "b"]),
        ("a b!(c|d) e\n", ["a b!(c|d) e"]),
        ("cat <<E; for x\ndo\nE\ndo a; done\n", ["cat", "a"]),
        # Nothing but an expansion.
        ("$a\n", ["$a"]),
        ('"$@"\n', ['"$@"']),
        ("${a:?b} c\n", ["${a:?b} c"]),
        ("$((1 + 2)) a\n", ["$((1 + 2)) a"]),
        ("$( (a); b )\n", ["$( (a); b )", "a", "b"]),
        ("((a); b) | c\n", ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_commands_are_told_apart(text: str, commands: list[str]) -> None:
    script = parse_script(text, place=Span)
    assert [text[command.span.start : command.span.end] for command in script.commands()] == commands
    assert script.problems == ()
    assert script.open_at_end is None


def test_pipelines_bind_tighter_than_lists() -> None:
    script = parse_script("a | b | c || d && e | f\n", place=Span)
    (one,) = script.lists
    assert one.operators == ("||", "&&")
    assert [[command.name for command in element.commands] for element in one.elements] == [
        ["a", "b", "c"], ["d"], ["e", "f"],
    ]  # fmt: skip


def test_a_test_that_is_open_in_one_place_is_closed_in_another() -> None:
    script = parse_script("a `[[ b`\n[[ c ]] && d\n", place=Span)
    assert [command.name for command in script.commands()] == ["a", "[[", "[[", "d"]
    assert len(script.problems) == 1


def test_a_substitution_is_read_once() -> None:
    script = parse_script("for x in$(a) b; do c; done\n", place=Span)
    assert [command.name for command in script.commands("a")] == ["a"]
