"""One finding a cause: repeats in a section, and what other rules say of the same cause."""

from __future__ import annotations

from typing import Any

from lint.made_up import checker, flags

from sifcheck.base.findings import Edit, Finding, Fix
from sifcheck.base.one_cause import told_once
from sifcheck.base.source import Source, Span
from sifcheck.lint.fixes import apply_edits

FILE = Source("x.def", b"".join(b"line %d\n" % number for number in range(10, 100)))


def found(line: int, code: str = "OUR001", **values: Any) -> Finding:
    """A finding that stands in a line (8 bytes each) of FILE."""
    span = Span(line * 8, line * 8 + 4)
    given: dict[str, Any] = {"source": FILE, "span": span, "section": "post", **values}
    return Finding(code, "x", given.pop("severity", "info"), "high", "standard", "found", "", **given)


def lines(findings: tuple[Finding, ...]) -> list[list[int]]:
    return [[one.span.start // 8 for one in finding.singles()] for finding in findings]


def edit(at: int, text: str, safe: bool = True, end: int | None = None) -> Fix:
    return Fix("write it", (Edit(at, at if end is None else end, text),), safe)


# -- repeats


def test_repeats_in_a_section_become_one_finding_at_the_first_place() -> None:
    given = [found(1), found(2, "OUR002"), found(3), found(3), found(5)]
    told = told_once(given)
    assert lines(told) == [[1, 3, 3, 5], [2]]
    assert sorted(single for finding in told for single in finding.singles()) == sorted(given)


def test_what_differs_is_told_apart() -> None:
    given = [found(1), found(2, section="test"), found(3, severity="warning"), found(4, key="other")]
    assert lines(told_once(given)) == [[1], [2], [3], [4]]
    elsewhere = found(1, source=Source("y.def", FILE.data))
    assert lines(told_once([found(1), elsewhere])) == [[1], [1]]


def test_scripts_of_one_name_are_one_and_different_bases_of_stages_are_not() -> None:
    assert lines(told_once([found(1, part=8), found(9, part=64)])) == [[1, 9]]
    first, other = found(1, section="header"), found(9, section="header", part=64)
    assert lines(told_once([first, other])) == [[1, 9]]
    assert lines(told_once([first, other._replace(message="another base")])) == [[1], [9]]


def test_what_stands_nowhere_is_left_alone() -> None:
    host = [found(0, source=None, subject="host", section=None)] * 2
    image = [found(0, source=Source("x.sif", b""), section=None)] * 2
    assert told_once([*host, *image]) == (*host, *image)


def test_a_rule_can_have_each_of_its_findings_told() -> None:
    rules = flags("OUR001", "telnet", each=True), flags("OUR002", "ftp")
    text = b"Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    telnet a; ftp b\n    telnet c; ftp d\n"
    told = told_once(checker(*rules).check_definition(Source("x.def", text)))
    assert [(finding.code, len(finding.repeats)) for finding in told] == [
        ("OUR001", 0),
        ("OUR002", 1),
        ("OUR001", 0),
    ]


def test_the_surest_of_the_repeats_says_how_sure_all_are() -> None:
    (told,) = told_once([found(1)._replace(confidence="low"), found(2)])
    assert told.confidence == "high"


# -- their fixes


def test_the_fixes_of_repeats_are_made_together() -> None:
    (told,) = told_once([found(1, fix=edit(8, "<")), found(2, fix=edit(16, "<")), found(3)])
    assert told.fix == Fix("write it", (Edit(8, 8, "<"), Edit(16, 16, "<")), True)
    assert apply_edits(FILE.data, told.fix.edits).startswith(b"line 10\n<line 11\n<line 12\n")


def test_a_line_that_all_put_in_is_put_in_once() -> None:
    first = Fix("a", (Edit(0, 0, "export A\n"), Edit(8, 12, "x")), True)
    second = Fix("a", (Edit(0, 0, "export A\n"), Edit(16, 20, "x")), True)
    (told,) = told_once([found(1, fix=first), found(2, fix=second)])
    assert told.fix is not None
    assert told.fix.edits == (Edit(0, 0, "export A\n"), Edit(8, 12, "x"), Edit(16, 20, "x"))


def test_fixes_that_touch_each_other_are_left_to_another_round() -> None:
    quoted = Fix("a", (Edit(8, 8, '"'), Edit(10, 10, '"')), True)
    beside = Fix("a", (Edit(10, 10, '"'), Edit(12, 12, '"')), True)
    (told,) = told_once([found(1, fix=quoted), found(1, fix=beside)])
    assert told.fix == quoted


def test_an_unsafe_fix_is_never_made_with_a_safe_one() -> None:
    (told,) = told_once([found(1, fix=edit(8, "<", safe=False)), found(2, fix=edit(16, "<"))])
    assert told.fix == edit(16, "<")
    (told,) = told_once([found(1, fix=edit(8, "<", safe=False)), found(2, fix=edit(16, "<", safe=False))])
    assert told.fix is not None
    assert not told.fix.safe


def test_the_words_of_a_fix_are_those_of_the_first() -> None:
    (told,) = told_once(
        [found(1, fix=edit(8, "<")), found(2, fix=edit(16, "<")._replace(title="write that"))]
    )
    assert told.fix is not None
    assert told.fix.title == "write it; likewise at the other places"


# -- other rules


def test_what_a_rule_joins_is_told_with_it_in_the_same_section() -> None:
    joining: dict[str, Any] = {"joins": ("OUR002",), "part": 8}
    given = [found(1, "OUR002", part=8), found(2, **joining), found(3, "OUR002", part=64, section="test")]
    told = told_once(given)
    assert lines(told) == [[2, 1], [3]]
    assert [one.code for one in told[0].joined] == ["OUR002"]


def test_what_a_rule_gathers_is_told_with_it_anywhere_in_the_file() -> None:
    gathering: dict[str, Any] = {"gathers": ("OUR002",), "part": 8}
    other = found(1, "OUR002", source=Source("y.def", FILE.data))
    told = told_once([found(1, **gathering), found(9, "OUR002", part=64, section="test"), other])
    assert lines(told) == [[1, 9], [1]]


def test_it_is_told_with_the_nearest_one() -> None:
    joining: dict[str, Any] = {"joins": ("OUR002",), "each": True}
    told = told_once([found(1, **joining), found(4, **joining), found(4, "OUR002"), found(5, "OUR002")])
    assert lines(told) == [[1, 5], [4, 4]]


def test_nothing_is_told_under_a_lesser_finding() -> None:
    given = [found(1, joins=("OUR002",)), found(2, "OUR002", severity="warning")]
    assert told_once(given) == tuple(given)


def test_a_key_can_be_joined_by_itself() -> None:
    given = [found(1, joins=("OUR002.one",)), found(2, "OUR002", key="one"), found(3, "OUR002", key="two")]
    assert lines(told_once(given)) == [[1, 2], [3]]


def test_what_joins_each_other_is_told_once() -> None:
    given = [
        found(1, joins=("OUR002",)),
        found(2, "OUR002", joins=("OUR003",)),
        found(3, "OUR003", joins=("OUR001",)),
    ]
    told = told_once(given)
    assert sorted(code for finding in told for code in [one.code for one in finding.singles()]) == [
        "OUR001",
        "OUR002",
        "OUR003",
    ]
    assert len(told) == 1


def test_repeats_bring_along_what_is_told_with_each() -> None:
    joining: dict[str, Any] = {"joins": ("OUR002",)}
    told = told_once([found(1, **joining), found(1, "OUR002"), found(4, **joining), found(4, "OUR002")])
    assert lines(told) == [[1, 4, 1, 4]]
    assert [len(one.repeats) for one in told[0].joined] == [1]


def test_it_takes_as_long_as_there_are_findings() -> None:
    many = [found(line % 90, "OUR002", severity="warning") for line in range(20_000)]
    leaders = [found(line % 90, gathers=("OUR002",), each=True) for line in range(20_000)]
    assert len(told_once([*many, *leaders])) == 20_001
