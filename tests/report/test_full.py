"""The format `full`: how findings look, and that no file can make them look otherwise."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from report.samples import (
    BYTES,
    any_results,
    finding,
    from_cell,
    is_unsafe,
    results,
    span_of,
    spans,
    terminal_cells,
    unsafe_characters,
)

from sifcheck.base.findings import Finding, Fix, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.report import render

STROKES = re.compile(r"^ *\| ( *)(\^+)$", re.M)


def full(*findings: Finding, width: int = 80, color: bool = False) -> str:
    return render(results(*findings), "full", width=width, color=color)


def excerpt(*findings: Finding, width: int = 80) -> str:
    """The rows of the excerpt, without what stands before and after them."""
    lines = full(*findings, width=width).split("\n")
    return "\n".join(lines[2 : lines.index("")])


def about(text: str | bytes, wanted: str, **values: Any) -> Finding:
    source = Source("a.def", text if isinstance(text, bytes) else text.encode())
    return finding(source=source, span=span_of(wanted, source), **values)


def test_a_finding_with_all_its_parts() -> None:
    found = finding(
        message="the tag `latest` moves",
        help="name a version",
        span=span_of("rockylinux:latest"),
        fix=Fix("write `rockylinux:9.4`", (), True),
    )
    assert (
        full(found)
        == """\
warning[DEF201] moving-base: the tag `latest` moves
 --> example.def:2:7
  |
2 | From: rockylinux:latest
  |       ^^^^^^^^^^^^^^^^^
  |
  = help: name a version
  = fix available: write `rockylinux:9.4` (--fix)

1 warning in 1 file; 1 can be fixed by --fix
"""
    )


def test_a_finding_with_nothing_but_a_place() -> None:
    assert (
        full(finding())
        == """\
warning[DEF201] moving-base: the tag moves
 --> example.def:2:18
  |
2 | From: rockylinux:latest
  |                  ^^^^^^

1 warning in 1 file
"""
    )


def test_the_address_of_a_rule_is_shown_where_there_is_one() -> None:
    assert "  = see: docs/DEF201.md\n" in full(finding(url="docs/DEF201.md"))


def test_a_help_of_several_lines_is_indented() -> None:
    assert "  = help: do this\n          and then that\n" in full(finding(help="do this\nand then that"))


def test_an_unsafe_fix_names_its_own_option() -> None:
    assert "= fix available: take it out (--fix --unsafe-fixes)" in full(
        finding(fix=Fix("take it out", (), False))
    )


def test_a_fix_does_not_say_what_the_help_says_already() -> None:
    text = full(finding(help="take it out", fix=Fix("take it out", (), False)))
    assert "  = help: take it out\n  = fix available (--fix --unsafe-fixes)\n\n" in text


def test_a_span_over_many_lines_shows_its_ends() -> None:
    found = finding(span=Span(span_of("dnf").start, span_of("curl").end))
    assert (
        excerpt(found)
        == """\
   |
 5 | /     dnf install -y gcc \\
 6 | |         make \\
...  |
 9 | |         wget \\
10 | |         curl
   | |____________^"""
    )


def test_a_span_that_begins_within_a_line() -> None:
    found = finding(span=Span(span_of("install").start, span_of("make").end))
    assert (
        excerpt(found)
        == """\
  |
5 |       dnf install -y gcc \\
  |  _________^
6 | |         make \\
  | |____________^"""
    )


def test_a_section_is_shown_without_the_blank_lines_at_its_end() -> None:
    text = "%post\n    true\n\n\n%test\n"
    found = about(text, "%post\n    true\n\n\n")
    assert excerpt(found) == "  |\n1 | / %post\n2 | |     true\n  | |________^"


def test_five_lines_are_shown_whole() -> None:
    found = about("a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\n")
    assert excerpt(found) == "  |\n1 | / a\n2 | | b\n3 | | c\n4 | | d\n5 | | e\n  | |_^"


def test_a_line_with_its_end_is_one_line() -> None:
    assert excerpt(about("abc\ndef\n", "abc\n")) == "  |\n1 | abc\n  | ^^^"


def test_an_empty_span_gets_one_stroke() -> None:
    assert excerpt(finding(span=Span(17, 17))) == "  |\n1 | Bootstrap: docker\n  |                  ^"


def test_related_places_of_the_same_file_stand_in_the_same_excerpt() -> None:
    found = finding(
        span=span_of("$*"),
        related=(
            Related("the arguments go to this", span_of("python")),
            Related("the section begins here", span_of("%runscript")),
            Related("the base has no python", span_of("rockylinux")),
        ),
    )
    assert (
        excerpt(found)
        == """\
   |
 2 | From: rockylinux:latest
   |       ---------- the base has no python
...
13 | %runscript
   | ---------- the section begins here
14 |     exec python $*
   |          ------ the arguments go to this
   |                 ^^"""
    )


def test_a_label_to_the_right_shares_the_row() -> None:
    found = finding(span=span_of("python"), related=(Related("splits", span_of("$*")),))
    assert (
        excerpt(found)
        == """\
   |
14 |     exec python $*
   |          ^^^^^^ -- splits"""
    )


def test_a_related_place_beside_a_span_over_lines() -> None:
    found = finding(
        span=Span(span_of("dnf").start, span_of("make").end), related=(Related("on the way", span_of("gcc")),)
    )
    assert (
        excerpt(found)
        == """\
  |
5 | /     dnf install -y gcc \\
  | |                    --- on the way
6 | |         make \\
  | |____________^"""
    )


def test_a_related_place_on_the_last_line_of_a_span_stands_outside_of_the_bracket() -> None:
    found = finding(
        span=Span(span_of("dnf").start, span_of("make").end),
        related=(Related("goes on", span_of("make \\")),),
    )
    assert (
        excerpt(found)
        == """\
  |
5 | /     dnf install -y gcc \\
6 | |         make \\
  | |____________^
  |           ------ goes on"""
    )


def test_places_that_touch_do_not_share_a_row() -> None:
    found = about("abcdef\n", "abc")
    touching = found._replace(related=(Related("next", Span(3, 6)),))
    assert excerpt(touching) == "  |\n1 | abcdef\n  | ^^^\n  |    --- next"


def test_long_lines_beside_a_bracket_are_cut_to_the_same_width() -> None:
    lines = full(about("a" * 100 + "\n" + "b" * 100, "a" * 100 + "\n" + "b" * 100), width=40).split("\n")
    assert lines[3:6] == [
        "1 | / " + "a" * 31 + "...",
        "2 | | ..." + "b" * 31,
        "  | |" + "_" * 34 + "^",
    ]


def test_one_line_between_two_is_shown_and_not_cut_out() -> None:
    found = finding(span=span_of("make"), related=(Related("and this", span_of("git")),))
    assert (
        excerpt(found)
        == """\
  |
6 |         make \\
  |         ^^^^
7 |         bison \\
8 |         git \\
  |         --- and this"""
    )


def test_a_related_place_in_another_file_has_its_own_line() -> None:
    other = Source("base.def", b"Bootstrap: docker\nFrom: ubuntu\n")
    found = finding(span=span_of("$*"), related=(Related("built on this", span_of("ubuntu", other), other),))
    assert full(found).startswith("""\
warning[DEF201] moving-base: the tag moves
  --> example.def:14:17
   |
14 |     exec python $*
   |                 ^^
  ::: base.def:2:7
   |
 2 | From: ubuntu
   |       ------ built on this
""")


def test_a_related_file_as_a_whole_is_a_note() -> None:
    other = Source("empty.def", b"")
    assert "  |\n  = note: empty.def:1:1: this one is empty\n" in full(
        finding(related=(Related("this one is empty", Span(0, 0), other),))
    )


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"source": None, "subject": "host"}, " --> host\n"),
        ({"source": None, "subject": "plan"}, " --> plan\n"),
        ({"source": None, "path": "image.sif"}, " --> image.sif:1:1\n"),
        ({"span": Span(0, 0)}, " --> example.def:1:1\n"),
        ({"source": Source("empty.def", b"")}, " --> empty.def:1:1\n"),
        ({"path": "./given/example.def", "span": Span(0, 0)}, " --> ./given/example.def:1:1\n"),
        ({"source": None}, ""),
    ],
)
def test_a_finding_without_lines_to_show(values: dict[str, Any], place: str) -> None:
    text = full(finding(help="so", **values))
    assert text.startswith(f"warning[DEF201] moving-base: the tag moves\n{place}  = help: so\n\n1 warning")


def test_tabs_take_four_cells() -> None:
    assert excerpt(about("\techo\tbuilt\n", "built")) == "  |\n1 |     echo    built\n  |             ^^^^^"
    assert excerpt(about("\techo\n", "\t")) == "  |\n1 |     echo\n  | ^^^^"


def test_japanese_text_takes_two_cells_a_character() -> None:
    assert (
        excerpt(about("echo 日本語 です # 注意\n", "です"))
        == "  |\n1 | echo 日本語 です # 注意\n  |             ^^^^"
    )


def test_accents_take_no_cell() -> None:
    text = "echo e\u0301te\u0301 fin\n"
    assert excerpt(about(text, "fin")) == "  |\n1 | echo e\u0301te\u0301 fin\n  |          ^^^"


def test_an_accent_alone_is_marked_at_its_letter() -> None:
    assert excerpt(about("cafe\u0301s\n", "\u0301")) == "  |\n1 | cafe\u0301s\n  |    ^"


def test_a_heap_of_accents_does_not_pile_up() -> None:
    text = excerpt(about("z" + "\u0301" * 6 + " fin\n", "fin"))
    assert text == "  |\n1 | z" + "\u0301" * 4 + "\\u0301\\u0301 fin\n  |               ^^^"


def test_escapes_are_shown_and_marked_as_they_are_shown() -> None:
    assert excerpt(about("a\x1b[31mb\u202ec\n", "\x1b[31m")) == "  |\n1 | a\\x1b[31mb\\u202ec\n  |  ^^^^^^^^"


def test_bytes_that_are_no_text_are_one_character_each() -> None:
    assert excerpt(about(b"a\xff\xfeb fin\n", "fin")) == "  |\n1 | a\ufffd\ufffdb fin\n  |      ^^^"


def test_a_carriage_return_is_shown_only_where_it_is_meant() -> None:
    assert excerpt(about("From: x\r\n%post\n", "x")) == "  |\n1 | From: x\n  |       ^"
    assert excerpt(about("From: x\r\n%post\n", "\r")) == "  |\n1 | From: x\\r\n  |        ^^"
    assert excerpt(about("From: x\r\n%post\n", "\r\n")) == "  |\n1 | From: x\\r\n  |        ^^"


def test_a_byte_order_mark_is_seen() -> None:
    assert excerpt(about("\ufeffFrom: x\n", "From")) == "  |\n1 | \\ufeffFrom: x\n  |       ^^^^"


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        (10, 100, "1 | aaaaaaaaaaNEEDLEbbbbbbbbbbbbbbbbb..."),
        (100, 10, "1 | ...aaaaaaaaaaaaaaaaaNEEDLEbbbbbbbbbb"),
        (100, 100, "1 | ...aaaaaaaaaaaaNEEDLEbbbbbbbbbbbb..."),
        (100_000, 100_000, "1 | ...aaaaaaaaaaaaNEEDLEbbbbbbbbbbbb..."),
        (15, 15, "1 | aaaaaaaaaaaaaaaNEEDLEbbbbbbbbbbbbbbb"),
    ],
)
def test_a_long_line_is_cut_around_what_is_meant(before: int, after: int, row: str) -> None:
    lines = full(about("a" * before + "NEEDLE" + "b" * after, "NEEDLE"), width=40).split("\n")
    assert lines[3] == row
    assert lines[4] == "  | " + " " * (row.index("NEEDLE") - 4) + "^" * 6


def test_a_long_line_of_wide_characters_is_cut_to_the_same_width() -> None:
    lines = full(about("あ" * 100 + "NEEDLE" + "い" * 100, "NEEDLE"), width=40).split("\n")
    assert terminal_cells(lines[3]) in (39, 40)
    assert from_cell(lines[3], lines[4].index("^"), lines[4].count("^")) == "NEEDLE"


def test_a_span_longer_than_the_width_shows_its_beginning() -> None:
    lines = full(about("a" * 50 + "X" * 99 + "b" * 50, "X" * 99), width=40).split("\n")
    assert lines[3:5] == ["1 | ..." + "X" * 30 + "...", "  |    " + "^" * 30]


def test_what_the_finding_is_about_is_shown_before_what_is_related() -> None:
    source = Source("a.def", b"FAR" + b"a" * 200 + b"NEEDLE" + b"b" * 200)
    found = finding(
        source=source,
        span=span_of("NEEDLE", source),
        related=(Related("far away", span_of("FAR", source)),),
    )
    assert (
        excerpt(found, width=40)
        == """\
  |
1 | ...aaaaaaaaaaaaNEEDLEbbbbbbbbbbbb...
  | - far away
  |                ^^^^^^"""
    )


def test_colour_adds_nothing_but_colour() -> None:
    found = finding(
        help="name a version", fix=Fix("write it", (), True), related=(Related("x", span_of("gcc")),)
    )
    colored = full(found, color=True)
    assert re.sub(r"\x1b\[[0-9;]+m", "", colored) == full(found)
    assert colored.startswith("\x1b[1;33mwarning[DEF201]\x1b[0m moving-base: \x1b[1mthe tag moves\x1b[0m\n")
    assert "\x1b[1;33m^^^^^^\x1b[0m\n" in colored


@given(any_results(), st.integers(0, 120))
def test_no_file_can_steer_the_terminal(found: Results, width: int) -> None:
    assert unsafe_characters(render(found, "full", width=width)) == set()
    colored = render(found, "full", width=width, color=True)
    assert unsafe_characters(re.sub(r"\x1b\[[0-9;]+m", "", colored)) == set()


@given(any_results())
def test_every_finding_has_its_header(found: Results) -> None:
    lines = render(found, "full").split("\n")
    headers = [line for line in lines if re.match(r"(error|warning|info)\[", line)]
    assert len(headers) == len(found.findings)


def shown(line: str) -> list[str]:
    """What a line should look like, one text a character: the reference for the tests below."""
    looks, marks = [], 0
    for character in line:
        number = ord(character)
        width = 1 if is_unsafe(character) else terminal_cells(character)
        marks = marks + 1 if width == 0 else 0
        if character == "\t":
            looks.append("    ")
        elif character == "\r":
            looks.append("\\r")
        elif is_unsafe(character) or marks > 4:
            form = "\\x%02x" if number < 0x100 else "\\u%04x" if number < 0x10000 else "\\U%08x"
            looks.append(form % number)
        else:
            looks.append(character)
    return looks


@st.composite
def marked_lines(draw: st.DrawFn) -> tuple[Source, Span]:
    """A file and a span within one of its lines, line ends left out."""
    source = Source("a.def", draw(BYTES))
    line = source.line_span(draw(st.integers(1, len(source.line_starts))))
    length = len(source.data[line.start : line.end].rstrip(b"\r\n"))
    start = draw(st.integers(0, length))
    return source, Span(line.start + start, line.start + draw(st.integers(start, length)))


@given(marked_lines())
@example((Source("a.def", "日本\t語\u0301\u202e".encode()), Span(3, 11)))
def test_strokes_stand_under_what_is_meant(place: tuple[Source, Span]) -> None:
    source, span = place
    assume(span.start or span.end)
    start, end = source.position(span.start), source.position(span.end)
    line = source.line(start.line)
    lines = full(finding(source=source, span=span), width=100_000).split("\n")
    assert lines[3] == f"{start.line} | {''.join(shown(line))}".removesuffix(" " if not line else "")
    first, last = start.column - 1, end.column - 1
    looks = shown(line)
    while first and first < len(looks) and terminal_cells(looks[first]) == 0:
        first -= 1
    strokes = STROKES.match(lines[4])
    assert strokes is not None
    assert len(strokes[1]) == terminal_cells("".join(looks[:first]))
    assert len(strokes[2]) == max(1, terminal_cells("".join(looks[first:last])))


@given(BYTES, BYTES, st.integers(1, 60))
@example("\u0301\x00\u034f".encode(), b"x" * 10, 1)
def test_strokes_stand_under_what_is_left_of_a_cut_line(before: bytes, after: bytes, width: int) -> None:
    line = b"\n" + before.replace(b"\n", b" ") + b"NEEDLE" + after.replace(b"\n", b" ")
    cut = Source("a.def", line)
    lines = full(finding(source=cut, span=span_of("NEEDLE", cut)), width=width).split("\n")
    assert terminal_cells(lines[3]) <= max(width, 24)
    strokes = STROKES.match(lines[4])
    assert strokes is not None
    # An accent behind the needle is drawn onto its last letter.
    visible = from_cell(lines[3], 4 + len(strokes[1]), len(strokes[2]))
    assert visible.rstrip("".join({c for c in visible if terminal_cells(c) == 0})) == "NEEDLE"


@given(st.lists(st.sampled_from(["a", "  b", "", "あ\t", "\u202e"]), min_size=2, max_size=30), st.data())
def test_a_span_over_lines_shows_few_of_them(lines: list[str], data: st.DataObject) -> None:
    source = Source("a.def", "\n".join(lines).encode())
    span = data.draw(spans(source))
    text = full(finding(source=source, span=span))
    numbers = [int(number) for number in re.findall(r"^ *(\d+) \|", text, re.M)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= 5
    if numbers:
        start = min(span.start, len(source.data))
        meant = source.data[start : span.end]
        body = meant.rstrip() if b"\n" in meant.rstrip(b"\r\n") else meant.rstrip(b"\r\n")
        assert numbers[0] == source.line_of(start)
        assert numbers[-1] == source.line_of(start + len(body))
