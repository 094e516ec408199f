"""Assignments, exports and redirections."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Assignment, Script, parse_script


def read(text: str) -> Script:
    return parse_script(text, place=Span)


def only(text: str) -> Assignment:
    (assignment,) = read(text).assignments
    return assignment


@pytest.mark.parametrize(
    ("text", "name", "value", "append"),
    [
        ("A=1", "A", "1", False),
        ("A='x y'", "A", "x y", False),
        ('A="x y"', "A", "x y", False),
        ("A=/a:$A", "A", None, False),
        ("A=~/x", "A", "~/x", False),
        ("PATH+=:/x", "PATH", ":/x", True),
        ("a[0]=x", "a", "x", False),
        ('a["k k"]=x', "a", "x", False),
        ("a[${#a[@]}]=x", "a", "x", False),
        ("A=b=c", "A", "b=c", False),
        ("A=x\\\ny", "A", "xy", False),
    ],
)
def test_name_and_value(text: str, name: str, value: str | None, append: bool) -> None:
    found = only(text)
    assert found.value is not None
    assert (found.name, found.value.value, found.append) == (name, value, append)
    assert (found.prefix, found.exported, found.command) == (False, False, None)
    assert found.span == (0, len(text))
    assert found.name_span == (0, len(name))
    assert found.top_level


def test_an_empty_value() -> None:
    found = only("A=\nrun\n")
    assert (found.value, found.span) == (None, (0, 2))
    quoted = only("A=''\n")
    assert quoted.value is not None
    assert quoted.value.value == ""


def test_what_is_no_assignment() -> None:
    for text in ("'A=1'", "1A=2", "A-B=1", "run A=1", "$A=1", "-DA=1", "=1", "dd if=/dev/zero of=x"):
        assert read(text).assignments == ()
        assert len(read(text).commands()) == 1


def test_before_a_command() -> None:
    script = read("A=1 B=$(c) run x=2\n")
    inner, run = script.commands()
    assert [(one.name, one.prefix, one.command) for one in script.assignments] == [
        ("A", True, run),
        ("B", True, run),
    ]
    assert [one.name for one in run.prefix] == ["A", "B"]
    assert (run.name, inner.name, inner.within) == ("run", "c", run)
    assert [word.text for word in run.words] == ["run", "x=2"]
    assert run.program == "run"


def test_several_on_a_line() -> None:
    script = read("A=1 B=2\nC=3; D=4 && run\n")
    assert [one.name for one in script.assignments] == ["A", "B", "C", "D"]
    assert not any(one.prefix for one in script.assignments)


def test_exports() -> None:
    script = read(
        "export A=1 B C=$D\nexport -n E\ndeclare -x F=2\ndeclare G=3\ntypeset -gx H\nreadonly I=4\n"
        "f() { local J=5; }\nexport -p\nexport 'K=6'\nexport L+=7 M=(8)\n"
    )
    assert [(export.name, export.assignment is not None) for export in script.exports()] == [
        ("A", True), ("B", False), ("C", True), ("F", True), ("H", False), ("L", True), ("M", True),
    ]  # fmt: skip
    assert [export.command.program for export in script.exports("F")] == ["declare"]
    assert script.exports("E") == script.exports("G") == ()
    exported = {one.name: (one.exported, one.command.program) for one in script.assignments if one.command}
    assert exported == {
        "A": (True, "export"),
        "C": (True, "export"),
        "F": (True, "declare"),
        "G": (False, "declare"),
        "I": (False, "readonly"),
        "J": (False, "local"),
        "L": (True, "export"),
        "M": (True, "export"),
    }
    assert script.assignments[-1].array


def test_arrays() -> None:
    script = read("a=()\nb=(1 2)\nb+=(3)\ndeclare -A c=([k]=v)\nd=x\n")
    assert [(one.name, one.array, one.append) for one in script.assignments] == [
        ("a", True, False), ("b", True, False), ("b", True, True), ("c", True, False), ("d", False, False),
    ]  # fmt: skip
    value = script.assignments[1].value
    assert value is not None
    assert [word.value for word in value.elements] == ["1", "2"]


def test_where_an_assignment_stands() -> None:
    script = read(
        "A=1\nf() { B=2; }\n( C=3 )\nfor x in y; do D=4; done\nif E=$(z); then F=6; fi\nG=7 || H=8\nx=$(I=9)\n"
    )
    flags = {
        one.name: (
            one.function,
            one.subshell,
            one.substitution,
            one.loop,
            one.branch,
            one.condition,
            one.handled,
        )
        for one in script.assignments
    }
    none = (None, False, False, False, False, False, False)
    assert flags["A"] == flags["H"] == none
    assert flags["B"] == ("f", *none[1:])
    assert flags["C"] == (None, True, False, False, False, False, False)
    assert flags["D"] == (None, False, False, True, False, False, False)
    assert flags["E"] == (None, False, False, False, False, True, True)
    assert flags["F"] == (None, False, False, False, True, False, False)
    assert flags["G"] == (None, False, False, False, False, False, True)
    assert flags["I"] == (None, False, True, False, False, False, False)
    assert [one.name for one in script.assignments if one.top_level] == ["A", "G", "H", "x"]


@pytest.mark.parametrize(
    ("text", "operator", "fd", "target", "writes"),
    [
        ("> f", ">", None, "f", True),
        (">f", ">", None, "f", True),
        (">> f", ">>", None, "f", True),
        ("2> f", ">", 2, "f", True),
        ("2>>f", ">>", 2, "f", True),
        ("< f", "<", None, "f", False),
        ("0<f", "<", 0, "f", False),
        ("<> f", "<>", None, "f", True),
        (">| f", ">|", None, "f", True),
        ("&> f", "&>", None, "f", True),
        ("&>>f", "&>>", None, "f", True),
        ("2>&1", ">&", 2, "1", False),
        (">&2", ">&", None, "2", False),
        (">& f", ">&", None, "f", True),
        ("<&3", "<&", None, "3", False),
        ("3>&-", ">&", 3, "-", False),
        ("<<< word", "<<<", None, "word", False),
        ('> "$D/x y"', ">", None, '"$D/x y"', True),
        ("> >(tee x)", ">", None, ">(tee x)", True),
    ],
)
def test_redirections(text: str, operator: str, fd: int | None, target: str, writes: bool) -> None:
    for line in (
        f"run one {text}",
        f"run {text} one",
        f"run one {text} | x",
        f"run one {text}; y",
        f"A=1 run {text} one",
    ):
        script = read(line + "\n")
        run = script.commands("run")[0]
        (found,) = [one for one in script.redirections if one.command is run]
        assert found.target is not None
        assert (found.operator, found.fd, found.target.text, found.writes) == (operator, fd, target, writes)
        assert line[found.span.start : found.span.end] == text
        assert run.redirections == (found,)
        assert [word.text for word in run.words] == ["run", "one"]


def test_a_number_that_is_a_word_of_its_own_is_no_descriptor() -> None:
    script = read("run 2 > f\nrun a2> f\n")
    assert [one.fd for one in script.redirections] == [None, None]
    assert [[word.text for word in command.words] for command in script.commands()] == [
        ["run", "2"],
        ["run", "a2"],
    ]


def test_redirections_of_blocks_belong_to_no_command() -> None:
    text = "{ a; } > one\nwhile b; do c; done < two 2> three\n( d ) >> four\nif e; then f; fi &> five\n> six 2> seven\n"
    script = read(text)
    assert [one.target.text for one in script.redirections if one.target] == [
        "one", "two", "three", "four", "five", "six", "seven",
    ]  # fmt: skip
    assert [one.command is None for one in script.redirections] == [True] * 5 + [False, False]
    alone = script.redirections[-1].command
    assert alone is not None
    assert (alone.words, alone.name, alone.program, alone.top_level) == ((), None, None, True)
    assert len(alone.redirections) == 2
    assert script.problems == ()
