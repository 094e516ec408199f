"""Drafts and edits: where text is put beside a command, and what is left where one is taken away."""

from __future__ import annotations

import subprocess
from textwrap import dedent

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lint.made_up import HEADER, definition, whole

from sifcheck.api import (
    NOWHERE,
    Command,
    Edit,
    Span,
    delete,
    finding,
    insert_after,
    insert_before,
    related,
    replace,
)
from sifcheck.base.source import Source

START = f"{HEADER}%post\n"


def commands(body: str | bytes, name: str = "X") -> tuple[bytes, list[Command]]:
    """A definition file with a body of %post, and the commands of a name in it."""
    content = START.encode() + body.encode() if isinstance(body, str) else body
    (section,) = definition(content).sections("post")
    return content, list(section.script.commands(name))


def put_in(content: bytes, edit: Edit) -> str | None:
    """The body of %post with an edit put in; None for NOWHERE."""
    if edit == NOWHERE:
        return None
    text = content[: edit.start] + edit.text.encode() + content[edit.end :]
    return text.decode().removeprefix(START)


def three(body: str) -> tuple[str | None, str | None, str | None]:
    """The body with a line put before X, after X, and without X."""
    content, (command,) = commands(body)
    edits = insert_before(command, "NEW"), insert_after(command, "NEW"), delete(command)
    before, after, without = (put_in(content, edit) for edit in edits)
    return before, after, without


def accepted(script: str) -> bool:
    """Whether a real shell takes a script; nothing of it is run."""
    return subprocess.run(["bash", "-n"], input=script.encode(), capture_output=True).returncode == 0


# name: body, with a line before, with a line after, without
CASES: dict[str, tuple[str, str | None, str | None, str | None]] = {
    "alone": ("    X a\n", "    NEW\n    X a\n", "    X a\n    NEW\n", ""),
    "last line without its end": ("    X a", "    NEW\n    X a", "    X a\n    NEW\n", ""),
    "between others": ("a\n\tX\nb\n", "a\n\tNEW\n\tX\nb\n", "a\n\tX\n\tNEW\nb\n", "a\nb\n"),
    "a comment behind": ("  X # why\n", "  NEW\n  X # why\n", "  X # why\n  NEW\n", "  # why\n"),
    "continued": (
        "  X \\\n    a \\\n    b\nY\n",
        "  NEW\n  X \\\n    a \\\n    b\nY\n", "  X \\\n    a \\\n    b\n  NEW\nY\n", "Y\n"),
    "with redirections": ("A=1 X >/dev/null 2>&1\n", "NEW\nA=1 X >/dev/null 2>&1\n", "A=1 X >/dev/null 2>&1\nNEW\n", ""),
    "semicolon behind": ("X;\nY\n", "NEW\nX;\nY\n", "X;\nNEW\nY\n", "Y\n"),
    "first of a line": ("  X; Y\n", "  NEW\n  X; Y\n", "  X; NEW; Y\n", "  Y\n"),
    "in the middle of a line": ("  W; X a; Y\n", "  W; NEW; X a; Y\n", "  W; X a; NEW; Y\n", "  W; Y\n"),
    "last of a line": ("  W; X\n", "  W; NEW; X\n", "  W; X\n  NEW\n", "  W; \n"),
    "before &&": ("  X && Y\n", "  NEW\n  X && Y\n", "  X && Y\n  NEW\n", "  Y\n"),
    "behind &&": ("  Y && X\n", "  NEW\n  Y && X\n", "  Y && X\n  NEW\n", "  Y\n"),
    "between &&": (
        "  W && \\\n  X && \\\n  Y\n",
        "  NEW\n  W && \\\n  X && \\\n  Y\n",
        "  W && \\\n  X && \\\n  Y\n  NEW\n",
        "  W && \\\n  Y\n",
    ),
    "behind ||": ("Y || X\n", "NEW\nY || X\n", "Y || X\nNEW\n", "Y || :\n"),
    "in a group behind ||": ("Y || { X; Z; }\n", "Y || { NEW; X; Z; }\n", "Y || { X; NEW; Z; }\n", "Y || { :; Z; }\n"),
    "in a pipeline": ("W | X | Y\n", "NEW\nW | X | Y\n", "W | X | Y\nNEW\n", "W | : | Y\n"),
    "piped into a loop": (
        "X | while read y; do\n  Y\ndone\n",
        "NEW\nX | while read y; do\n  Y\ndone\n",
        None,
        ": | while read y; do\n  Y\ndone\n",
    ),
    "piped from a group": ("{ W; Y; } | X\n", None, "{ W; Y; } | X\nNEW\n", "{ W; Y; } | :\n"),
    "in the background": ("X &\nY\n", "NEW\nX &\nY\n", "X &\nNEW\nY\n", "Y\n"),
    "in the background of a line": ("X & Y\n", "NEW\nX & Y\n", None, "Y\n"),
    "a condition": ("if X; then\n  Y\nfi\n", "NEW\nif X; then\n  Y\nfi\n", None, "if :; then\n  Y\nfi\n"),
    "a negated condition": ("if ! X; then\n  Y\nfi\n", "NEW\nif ! X; then\n  Y\nfi\n", None, "if ! :; then\n  Y\nfi\n"),
    "a later condition": (
        "if W; then\n  Y\nelif X; then\n  Z\nfi\n",
        None,
        None,
        "if W; then\n  Y\nelif :; then\n  Z\nfi\n",
    ),
    "negated": ("! X\n", "NEW\n! X\n", None, "! :\n"),
    "in a branch": ("if Y; then\n  X\nfi\n", "if Y; then\n  NEW\n  X\nfi\n", "if Y; then\n  X\n  NEW\nfi\n", "if Y; then\n  :\nfi\n"),
    "in a branch of one line": ("if Y; then X; fi\n", "if Y; then NEW; X; fi\n", "if Y; then X; NEW; fi\n", "if Y; then :; fi\n"),
    "in a case": (
        "case $a in\n  a) X ;;\n  b) Y ;;\nesac\n",
        "case $a in\n  a) NEW; X ;;\n  b) Y ;;\nesac\n",
        "case $a in\n  a) X; NEW ;;\n  b) Y ;;\nesac\n",
        "case $a in\n  a) : ;;\n  b) Y ;;\nesac\n",
    ),
    "in a function": ("f() { X; }\n", "f() { NEW; X; }\n", "f() { X; NEW; }\n", "f() { :; }\n"),
    "in a subshell": ("(cd a && X)\n", "(NEW; cd a && X)\n", "(cd a && X; NEW)\n", "(cd a)\n"),
    "in a group with input": ("{ X; } <<EOF\nb\nEOF\n", "{ NEW; X; } <<EOF\nb\nEOF\n", "{ X; NEW; } <<EOF\nb\nEOF\n", "{ :; } <<EOF\nb\nEOF\n"),
    "a here-document": ("X <<EOF\nbody\nEOF\nY\n", "NEW\nX <<EOF\nbody\nEOF\nY\n", "X <<EOF\nbody\nEOF\nNEW\nY\n", "Y\n"),
    "an empty here-document": ("X <<EOF\nEOF\nY\n", "NEW\nX <<EOF\nEOF\nY\n", "X <<EOF\nEOF\nNEW\nY\n", "Y\n"),
    "two here-documents": ("X <<A <<B\na\nA\nb\nB\nY\n", "NEW\nX <<A <<B\na\nA\nb\nB\nY\n", "X <<A <<B\na\nA\nb\nB\nNEW\nY\n", "Y\n"),
    "a here-document and &&": ("X <<EOF && Y\nbody\nEOF\n", "NEW\nX <<EOF && Y\nbody\nEOF\n", "X <<EOF && Y\nbody\nEOF\nNEW\n", None),
    "another one's here-document": (
        "W <<EOF; X\nbody\nEOF\nY\n",
        "W <<EOF; NEW; X\nbody\nEOF\nY\n",
        "W <<EOF; X\nbody\nEOF\nNEW\nY\n",
        "W <<EOF; \nbody\nEOF\nY\n",
    ),
    "an open here-document": ("X <<EOF\nbody\n", "NEW\nX <<EOF\nbody\n", None, None),
    "inside a here-document": (
        "W <<EOF\n$(X)\nEOF\nY\n",
        "NEW\nW <<EOF\n$(X)\nEOF\nY\n",
        "W <<EOF\n$(X)\nEOF\nNEW\nY\n",
        "W <<EOF\n$(:)\nEOF\nY\n",
    ),
    "a substitution": ("W a \\\n  $(X)\n", "NEW\nW a \\\n  $(X)\n", "W a \\\n  $(X)\nNEW\n", "W a \\\n  $(:)\n"),
    "assigned": ("a=$(X)\n", "NEW\na=$(X)\n", "a=$(X)\nNEW\n", "a=$(:)\n"),
    "the words of a loop": ("for a in $(X); do Y; done\n", None, None, "for a in $(:); do Y; done\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_edits_of_commands(name: str) -> None:
    body, *expected = CASES[name]
    assert list(three(body)) == expected
    if accepted(body) and "open" not in name:
        for text in expected:
            assert text is None or accepted(text), text


@pytest.mark.parametrize("name", [name for name in CASES if "without its end" not in name])
def test_what_is_below_the_section_stays(name: str) -> None:
    """The same edits where another section follows."""
    body, *_ = CASES[name]
    content, (command,) = commands(f"{START}{body}%test\n    true\n".encode())
    for edit in (insert_before(command, "NEW"), insert_after(command, "NEW"), delete(command)):
        text = put_in(content, edit)
        assert text is None or text.endswith("\n%test\n    true\n") or text == "%test\n    true\n"


def test_several_lines_are_put_in() -> None:
    content, (command,) = commands("  X\n")
    assert put_in(content, insert_before(command, "a\n  b\n")) == "  a\n    b\n  X\n"
    content, (command,) = commands("  W; X; Y\n")
    assert put_in(content, insert_after(command, "a\nb")) == "  W; X; a; b; Y\n"


def test_edits_of_other_nodes_stand_right_beside_them() -> None:
    read = definition("%post\n    A=1 X b\n")
    (field,) = (field for field in read.stages[0].fields if field.key == "from")
    (assignment,) = read.stages[0].sections[0].script.assignments
    word = read.stages[0].sections[0].script.commands("X")[0].words[1]
    for node in (field, assignment, word, Span(3, 5)):
        span = node if isinstance(node, Span) else node.span
        assert insert_before(node, "x") == Edit(span.start, span.start, "x")
        assert insert_after(node, "x") == Edit(span.end, span.end, "x")
        assert replace(node, "x") == Edit(span.start, span.end, "x")
        assert delete(node) == Edit(span.start, span.end, "")


def test_replacing_a_command_replaces_its_words() -> None:
    content, (command,) = commands("  A=1 X a >b; Y\n")
    assert put_in(content, replace(command, "Z")) == "  A=1 Z >b; Y\n"


def test_a_fix_is_one_edit_or_several() -> None:
    at, edit = Span(0, 1), Edit(0, 1, "x")
    assert finding(at).edits == ()
    assert finding(at, fix=edit).edits == (edit,)
    assert finding(at, fix=[edit, edit]).edits == (edit, edit)
    assert finding(at, fix=None).edits == ()


def test_what_a_finding_holds() -> None:
    other = Source("other.def", b"x")
    draft = finding(
        Span(1, 2), "glued", severity="error", confidence="low", profile="strict", safe=True, secret=True,
        related=[related(Span(3, 4), "here"), related(Span(0, 1), "there", other)], name="x",
    )  # fmt: skip
    assert draft.span == Span(1, 2)
    assert (draft.key, draft.values) == ("glued", {"name": "x"})
    assert (draft.severity, draft.confidence, draft.profile, draft.safe, draft.secret) == (
        "error",
        "low",
        "strict",
        True,
        True,
    )
    assert [(place.message, place.span, place.source) for place in draft.related] == [
        ("here", Span(3, 4), None),
        ("there", Span(0, 1), other),
    ]


# -- any script: what was there is run as before

SIMPLE = st.sampled_from(["a", "b x", "c >&1", "V=1 d", "a;", "b # no"]).map(
    lambda text: text.partition(" #")[0].rstrip(";")
)


def inline() -> st.SearchStrategy[str]:
    """Statements of one line."""
    return st.recursive(
        SIMPLE,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" && ", " || ", "; ", " | cat && "]), inner).map("".join),
            inner.map(lambda text: f"if {text}; then {text}; fi"),
            inner.map(lambda text: f"{{ {text}; }}"),
            inner.map(lambda text: f"( {text} )"),
            inner.map(lambda text: f"case x in x) {text} ;; esac"),
            inner.map(lambda text: f"! {{ {text}; }}"),
            inner.map(lambda text: f'b "$( {text} )"'),
            inner.map(lambda text: f"v=$( {text} )"),
            inner.map(lambda text: f"for i in 1 2; do {text}; done"),
        ),
        max_leaves=5,
    )


def blocks() -> st.SearchStrategy[str]:
    """Statements of several lines."""
    lines = st.lists(inline(), min_size=1, max_size=3).map("\n  ".join)
    return st.one_of(
        lines,
        st.tuples(inline(), lines).map(lambda parts: f"if {parts[0]}; then\n  {parts[1]}\nelse\n  a\nfi"),
        lines.map(lambda text: f"while a; do\n  {text}\n  break\ndone"),
        lines.map(lambda text: f"cat <<EOF\n$( {text} )\nEOF"),
        st.tuples(inline(), inline()).map(lambda parts: f"{parts[0]}  # {parts[1]}"),
        st.tuples(SIMPLE, SIMPLE).map(lambda parts: f"{parts[0]} && \\\n    {parts[1]}"),
        lines.map(lambda text: f"{{\n  {text}\n}} | cat"),
        lines.map(lambda text: f"a | {{\n  cat\n  {text}\n}}"),
        lines.map(lambda text: f"case y in\n  x) b ;;\n  *) {text} ;;\nesac"),
    )


SCRIPTS = st.lists(blocks(), min_size=1, max_size=4).map(lambda parts: "\n".join(parts) + "\n")


@st.composite
def one_command(draw: st.DrawFn, script: str) -> tuple[bytes, Command]:
    """A definition file with a script in %post, and one of its commands."""
    content = START.encode() + script.encode()
    found = definition(content).stages[0].sections[0].script.commands("a", "b", "c", "d")
    assume(found)
    return content, draw(st.sampled_from(found))


PRELUDE = "".join(f"{name}() {{ echo {name} $V $*; }}\n" for name in "abcd")


def said(script: str) -> tuple[str, str]:
    """What a script of harmless commands says, on both channels, without the lines of what was put in."""
    done = subprocess.run(["bash", "-c", PRELUDE + script], capture_output=True, text=True, timeout=20)
    lines = [line for line in done.stdout.split("\n") if line != "NEW"]
    return "\n".join(lines), done.stderr


@settings(max_examples=settings().max_examples * 3 // 5)
@given(script=SCRIPTS, data=st.data())
def test_what_is_put_in_changes_nothing_else(script: str, data: st.DataObject) -> None:
    content, command = data.draw(one_command(script))
    before = said(script)
    assert before[1] == ""
    for edit in (insert_before(command, "echo NEW"), insert_after(command, "echo NEW")):
        text = put_in(content, edit)
        if text is not None:
            assert said(text) == before, text


@given(script=SCRIPTS, data=st.data())
def test_what_is_taken_away_leaves_a_script(script: str, data: st.DataObject) -> None:
    content, command = data.draw(one_command(script))
    text = put_in(content, delete(command))
    assert text is None or accepted(text), text


def test_the_made_up_file_is_read_as_it_is_meant() -> None:
    assert whole("%post\n").startswith(HEADER)
    assert dedent(START) == START
