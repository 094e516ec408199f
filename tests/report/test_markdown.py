"""The format markdown: what a page made of it shows, and that nothing in it becomes mark-up."""

from __future__ import annotations

from hypothesis import given
from markdown_it import MarkdownIt
from report.readers import table_rows
from report.samples import any_results, finding, results

from sifcheck.base.findings import Results
from sifcheck.base.source import Source, Span
from sifcheck.report import render

TRICKS = (
    "a|b `c` <b>d</b> **e** [f](g) ![h](i) #1 @somebody http://x.org ~~j~~ \\ &amp; $k$ :x: _l_ www.x.org"
)


def test_the_page() -> None:
    text = render(results(finding(help="name 9.4"), files=1), "markdown")
    assert text.startswith("**sifcheck**: 1 warning in 1 file\n\n| Severity | Place |")
    assert table_rows(text) == [
        ["warning", "example.def:2:18", "DEF201 moving-base", "the tag moves\nname 9.4"]
    ]


def test_nothing_found_is_one_line() -> None:
    assert render(results(), "markdown") == "**sifcheck**: no findings in 1 file\n"


def test_what_a_file_says_stays_text() -> None:
    odd = finding(message=TRICKS, help=TRICKS, source=Source(f"{TRICKS}.def", b"x\n"), span=Span(0, 1))
    text = render(results(odd), "markdown")
    assert table_rows(text) == [["warning", f"{TRICKS}.def:1:1", "DEF201 moving-base", f"{TRICKS}\n{TRICKS}"]]
    assert "@" not in text
    # In code nobody is told; outside of it the sign and the name would be one text.
    assert text.count("<code>&#64;</code>somebody") == 3


@given(any_results())
def test_any_results_are_one_table(found: Results) -> None:
    text = render(found, "markdown")
    assert len(table_rows(text)) == len(found.findings)
    top = [token.type for token in MarkdownIt("commonmark").enable("table").parse(text) if token.level == 0]
    assert [kind for kind in top if kind.endswith("open")] == ["paragraph_open", "table_open"][
        : 1 + bool(found.findings)
    ]


def test_a_comment_has_room_for_it() -> None:
    many = results(*[finding(message="m" * 500)] * 300)
    text = render(many, "markdown")
    assert len(text) < 65_536
    shown = len(table_rows(text.rpartition("\n\n")[0]))
    assert 0 < shown < 300
    assert text.endswith(f"\n{300 - shown} more: a comment has no room for them.\n")
