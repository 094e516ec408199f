"""What is told with a finding, in every format: the same at other places, and what others say of the same cause."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from report.samples import finding, results

from sifcheck.base.findings import ELSEWHERE, Edit, Finding, Fix, Related
from sifcheck.base.source import Source, Span
from sifcheck.report import BUILT_IN, render
from sifcheck.report.companions import companions, in_short, own_words

FILE = Source("ten.def", b"".join(b"cp $a%02d .\n" % number for number in range(1, 100)))


def at(line: int, message: str = "not quoted", **values: Any) -> Finding:
    """A finding at the word of a line of FILE, 10 bytes each."""
    start = (line - 1) * 10 + 3
    given = {"source": FILE, "span": Span(start, start + 4), "section": "post", "help": "quote it", **values}
    return finding("OUR001", "unquoted", message=message, **given)


def told(first: Finding, repeats: Sequence[Finding] = (), joined: Sequence[Finding] = ()) -> Finding:
    return first._replace(repeats=tuple(repeats), joined=tuple(joined))


REPEATED = told(at(2), [at(line) for line in (3, 4, 4, 9)])
ALSO = finding("OUR002", "also-this", message="not checked", help="check it", source=FILE, span=Span(13, 17))


def full(found: Finding, width: int = 80) -> str:
    return render(results(found), "full", width=width)


# -- full


def test_where_else_it_is_stands_below_the_excerpt() -> None:
    assert (
        full(REPEATED)
        == """\
warning[OUR001] unquoted: not quoted
 --> ten.def:2:4
  |
2 | cp $a02 .
  |    ^^^^
  |
  = and 4 more here: lines 3, 4, 9
  = help: quote it

1 warning in 1 file
"""
    )


def test_what_differs_there_is_told() -> None:
    found = told(at(2, "`$a02` is not quoted"), [at(line, f"`$a{line:02}` is not quoted") for line in (3, 9)])
    assert "  = and 2 more here: `$a03` in line 3, `$a09` in line 9\n" in full(found)
    twice = told(at(2, "`$a` is not quoted"), [at(line, "`$b` is not quoted") for line in (3, 9)])
    assert "  = and 2 more here: `$b` in lines 3, 9\n" in full(twice)


def test_many_places_take_a_few_lines() -> None:
    lines = full(told(at(1), [at(line) for line in range(2, 99)]), width=60).split("\n")
    told_at = next(number for number, line in enumerate(lines) if "97 more" in line)
    assert lines[told_at].startswith("  = and 97 more here: lines 2, 3, 4")
    assert lines[told_at + 3].endswith(", ... (--every tells each)")
    assert lines[told_at + 4] == "  = help: quote it"
    assert all(len(line) <= 60 for line in lines[told_at : told_at + 3])


def test_a_long_value_is_shortened() -> None:
    found = told(at(2, "`a` is odd"), [at(3, f"`{'x' * 500}` is odd")])
    (line,) = (line for line in full(found, width=100).split("\n") if "more here" in line)
    assert "xxx...xxx" in line
    assert len(line) < 110


def test_what_another_rule_says_of_it_stands_below() -> None:
    shown = full(told(at(2), (), [told(ALSO, [ALSO._replace(span=Span(43, 47))])]))
    assert (
        "  = help: quote it\n"
        "  = also warning[OUR002] also-this: not checked\n"
        "                                    check it\n"
        "                                    and 1 more here: line 5\n"
    ) in shown
    assert "also warning[OUR002] also-this in line 5: " in full(
        told(at(2), (), [ALSO._replace(span=Span(43, 47))])
    )


def test_a_fix_of_many_places_says_no_more_than_the_help() -> None:
    fix = Fix(f"quote it{ELSEWHERE}", (Edit(13, 13, '"'),), True)
    assert "  = fix available (--fix)\n" in full(REPEATED._replace(fix=fix))


# -- lines


@pytest.mark.parametrize("form", ["concise", "gcc", "grouped", "github", "azure"])
def test_formats_of_lines_give_one_line_with_a_count(form: str) -> None:
    text = render(results(told(REPEATED, REPEATED.repeats, [ALSO])), form)
    assert text.count("not quoted") == 1
    assert "not quoted (and 4 more here: lines 3, 4, 9%3B also OUR002)" in text.replace("; also", "%3B also")
    assert "not checked" not in text


def test_no_more_than_a_few_lines_are_named() -> None:
    found = told(at(1), [at(line) for line in range(2, 20)])
    assert in_short(found) == " (and 18 more here: lines 2, 3, 4, 5, 6, ...)"
    assert in_short(at(1)) == ""


# -- programs


def test_json_has_every_place_with_its_code() -> None:
    found = told(REPEATED, REPEATED.repeats, [ALSO])
    (read,) = json.loads(render(results(found), "json"))["findings"]
    assert read["occurrences"] == 5
    assert [(one["code"], one["message"], one["location"]["start"]["line"]) for one in read["related"]] == [
        ("OUR001", "and here", 3),
        ("OUR001", "and here", 4),
        ("OUR001", "and here", 4),
        ("OUR001", "and here", 9),
        ("OUR002", "OUR002: not checked\ncheck it", 2),
    ]
    assert read["related"][0]["location"]["section"] == "post"


def test_a_repeat_with_other_words_keeps_them() -> None:
    found = told(at(2), [at(3, "not quoted either")])
    assert [place.message for place in companions(found)] == ["not quoted either"]


def test_what_the_rule_itself_names_comes_first_and_once() -> None:
    named = Related("set here", Span(0, 2))
    found = told(at(2, related=(named,)), [at(3, related=(named,))])
    assert [(place.code, place.message) for place in companions(found)] == [
        ("", "set here"),
        ("OUR001", "and here"),
    ]


def test_sarif_rdjson_and_sonarqube_have_every_place() -> None:
    (result,) = json.loads(render(results(REPEATED), "sarif"))["runs"][0]["results"]
    assert len(result["relatedLocations"]) == 4
    assert result["occurrenceCount"] == 5
    (diagnostic,) = json.loads(render(results(REPEATED), "rdjson"))["diagnostics"]
    assert len(diagnostic["related_locations"]) == 4
    (issue,) = json.loads(render(results(REPEATED), "sonarqube"))["issues"]
    assert len(issue["secondaryLocations"]) == 4


def test_every_other_format_says_how_often() -> None:
    for form in set(BUILT_IN) - {"json", "json-lines", "sarif", "rdjson", "sonarqube"}:
        assert "4 more here" in render(results(REPEATED), form), form


# -- counts


def test_the_summary_counts_findings_and_the_statistics_places() -> None:
    safe = Fix("a", (Edit(1, 1, ""),), True)
    first = at(2, fix=safe._replace(safe=False))
    text = render(results(told(first, [at(3, fix=safe)], [ALSO])), "full", statistics=True)
    assert text.split("\n")[1].split() == ["2", "OUR001", "unquoted", "warning", "1"]
    assert text.split("\n")[2].split() == ["1", "OUR002", "also-this", "warning", "1"]
    assert text.endswith("1 warning in 1 file; 1 can be fixed by --fix\n")


def test_the_page_of_a_collection_counts_places() -> None:
    assert "1 finding at 5 places" in render(results(REPEATED), "html")


# -- what differs between two messages


@pytest.mark.parametrize(
    ("first", "other", "own"),
    [
        ("the same", "the same", ""),
        ("`A` is never exported: it goes", "`B C` is never exported: it goes", "`B C`"),
        ("a is referenced but not assigned", "b is referenced but not assigned", "b"),
        ("write a", "write a b", "b"),
        ("write a b", "write a", ""),
        ("all", "nothing of it", "nothing of it"),
        ("a a", "a a a", "a"),
    ],
)
def test_the_own_words_of_a_message(first: str, other: str, own: str) -> None:
    assert own_words(at(2, other), at(1, first)) == own
