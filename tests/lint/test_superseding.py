"""What need not be told: what another finding supersedes, and what a build is started without."""

from __future__ import annotations

from lint.made_up import checker, flags, whole

from sifcheck.base.findings import AddOption, Finding, SetVariable
from sifcheck.base.source import Source, Span
from sifcheck.lint.superseding import without_cured, without_superseded

FILE = Source("x.def", b"one\ntwo\n")


def found(code: str, source: Source | None = None, at: int = 0, supersedes: tuple[str, ...] = ()) -> Finding:
    span = Span(at, at + 1)
    return Finding(code, "x", "warning", "high", "standard", "", "", source, span, supersedes=supersedes)


def test_of_a_machine_and_a_plan_it_is_superseded_as_a_whole() -> None:
    about_host = [found("OUR001"), found("OUR002")]
    assert without_superseded(about_host, [found("OUR003", supersedes=("OUR002",))]) == about_host[:1]
    assert without_superseded(about_host, []) == about_host


def test_in_a_file_it_is_superseded_on_the_same_line() -> None:
    first, second = found("SC2086", FILE, 2), found("SC2086", FILE, 4)
    ours = found("OUR001", FILE, 0, supersedes=("SC2086",))
    assert without_superseded([first, second, ours], [ours]) == [second, ours]
    assert without_superseded([first], [ours._replace(source=Source("y.def", FILE.data))]) == [first]


def test_in_a_stretch_it_is_superseded_wherever_it_stands() -> None:
    inside, behind, other = found("SC1073", FILE, 5), found("SC1073", FILE, 7), found("SC2086", FILE, 5)
    ours = found("OUR001", FILE, 0, supersedes=("SC1*",))._replace(within=Span(0, 6))
    assert without_superseded([inside, behind, other, ours], [ours]) == [behind, other, ours]
    itself = ours._replace(supersedes=("OUR001",))
    assert without_superseded([itself], [itself]) == [itself]
    elsewhere = ours._replace(source=Source("y.def", FILE.data))
    assert without_superseded([inside], [elsewhere]) == [inside]


def test_a_rule_states_what_it_supersedes() -> None:
    rules = flags("OUR001", "telnet", supersedes=("OUR002",)), flags("OUR002", "ftp")
    text = "%post\n    telnet a; ftp b\n    ftp c\n"
    shown = checker(*rules).check_definition(Source("x.def", whole(text).encode()))
    assert [(one.code, one.source.line_of(one.span.start)) for one in shown if one.source is not None] == [
        ("OUR001", 5),
        ("OUR002", 6),
    ]


def test_what_is_cured_is_not_told() -> None:
    option, variable = AddOption("--x", "1"), SetVariable("X", "1", "why")
    cured = found("OUR001")._replace(remedies=(variable, option))
    left = found("OUR002")._replace(remedies=(variable,))
    assert without_cured([cured, left], [option].__contains__) == [left]
    assert option.words == ("--x", "1")
    assert AddOption("--y").words == ("--y",)
