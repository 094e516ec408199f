"""Findings to make reports from, and what a terminal does with a text, apart from the code under test."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from sifcheck.base.findings import (
    CONFIDENCES,
    PROFILES,
    SEVERITIES,
    Edit,
    Finding,
    Fix,
    LeftOut,
    Related,
    Results,
    Skipped,
)  # fmt: skip
from sifcheck.base.source import Source, Span

FILE = Source(
    "example.def",
    b"""\
Bootstrap: docker
From: rockylinux:latest

%post
    dnf install -y gcc \\
        make \\
        bison \\
        git \\
        wget \\
        curl
\techo built

%runscript
    exec python $*
""",
)


def span_of(text: str, source: Source = FILE) -> Span:
    """Where `text` stands in a file that holds it once."""
    wanted = text.encode()
    assert source.data.count(wanted) == 1, f"{text!r} must be there once"
    start = source.data.index(wanted)
    return Span(start, start + len(wanted))


def finding(code: str = "DEF201", name: str = "moving-base", **values: Any) -> Finding:
    """A finding about FILE; what is not given is plain."""
    given: dict[str, Any] = {
        "severity": "warning",
        "confidence": "high",
        "profile": "standard",
        "message": "the tag moves",
        "help": "",
        "source": FILE,
        "span": span_of("latest"),
    }
    return Finding(code, name, **{**given, **values})


def results(*findings: Finding, files: int = 1) -> Results:
    """The results of a check that found these."""
    return Results(findings, (), files)


# Pieces that make trouble: controls, bidi, zero width, wide, combining, tabs, blanks, half characters.
_TROUBLE = [
    "\x00", "\x07", "\x08", "\t", "\v", "\f", "\r", "\x1b[31m", "\x1b]0;title\x07", "\x7f", "\x85", "\x9b",
    "\xa0", "\xad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200d", "\u200e", "\u2028", "\u2029",
    "\u202e", "\u2066", "\u2069", "\u3000", "\ufe0f", "\ufeff", "\ufff9", "\U000e0041", "\U000e0100",
    "\U0010ffff", "\ue000", "e\u0301", "\u0301", "\u0301" * 9, "\u20dd", "日本語", "ﾊﾝｶｸ", "全角", "한",
    "\u1112\u1161\u11ab", "😀", "👩\u200d🔬", "Ω", "a", "$*", "  ", "\n", "\r\n", "%post\n", "\\", "x" * 90,
]  # fmt: skip
_HALVES = ["\udce9", "\udcff", "\ud800"]

_WORDS = st.sampled_from(["word", "", *_TROUBLE, *_HALVES])

TEXTS = st.lists(st.one_of(_WORDS, st.text(max_size=2)), max_size=6).map("".join)
"""Any text, rich in trouble; it may hold halves of surrogate pairs, as paths do."""

BYTES = st.one_of(
    st.lists(
        st.one_of(
            st.sampled_from(_TROUBLE).map(lambda text: text.encode()),
            st.binary(max_size=4),
            st.sampled_from([b"\xe3\x81", b"\x81", b"\xff", b"\xc3", b"\xf0\x9f\x98"]),
        ),
        max_size=10,
    ).map(b"".join),
    st.binary(max_size=60),
)
"""The bytes of any file."""


@st.composite
def spans(draw: st.DrawFn, source: Source | None) -> Span:
    """A span in a file or beyond its end; a few are upside down."""
    end = len(source.data) + 3 if source is not None else 5
    return Span(draw(st.integers(0, end)), draw(st.integers(0, end)))


@st.composite
def any_findings(draw: st.DrawFn, codes: st.SearchStrategy[str] = _WORDS) -> Finding:
    """A finding of any kind: about a file with text, one without, the host, the plan or sifcheck itself."""
    kind = draw(st.sampled_from(["file", "file", "file", "image", "host", "plan", "sifcheck"]))
    source = Source(draw(TEXTS), draw(BYTES)) if kind == "file" else None
    other = Source(draw(TEXTS), draw(BYTES))
    related = [
        Related(draw(_WORDS), draw(spans(place or source)), place)
        for place in draw(st.lists(st.sampled_from([None, source, other]), max_size=3))
    ]
    fixes = st.builds(
        Fix,
        _WORDS,
        st.lists(st.builds(Edit, st.integers(0, 9), st.integers(0, 9), _WORDS), max_size=2).map(tuple),
        st.booleans(),
    )
    return Finding(
        code=draw(codes),
        name=draw(_WORDS) or "name",
        severity=draw(st.sampled_from(SEVERITIES)),
        confidence=draw(st.sampled_from(CONFIDENCES)),
        profile=draw(st.sampled_from(PROFILES)),
        message=draw(TEXTS),
        help=draw(TEXTS),
        source=source,
        span=draw(spans(source)),
        section=draw(st.one_of(st.none(), _WORDS)),
        subject=kind if kind in ("host", "plan") else None,
        related=tuple(related),
        fix=draw(st.one_of(st.none(), fixes)),
        path=draw(TEXTS) if kind == "image" else None,
        fingerprint=draw(_WORDS),
        url=draw(st.one_of(st.none(), _WORDS)),
    )


def any_results(codes: st.SearchStrategy[str] = _WORDS) -> st.SearchStrategy[Results]:
    """Results of any kind."""
    return st.builds(
        Results,
        st.lists(any_findings(codes), max_size=3).map(tuple),
        st.lists(st.builds(Skipped, codes, _WORDS), max_size=2).map(tuple),
        st.integers(0, 5),
        rules=st.just({}),
        left_out=st.one_of(st.none(), st.builds(LeftOut, *[st.integers(0, 5)] * 3)),
    )


def unsafe_characters(text: str) -> set[str]:
    """The characters of a report that a terminal would obey or not show."""
    return {character for character in text if character != "\n" and is_unsafe(character)}


def is_unsafe(character: str) -> bool:
    """Controls, formats, halves of pairs, private, unassigned and line ends; and what is ignorable."""
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return True
    number = ord(character)
    ranges = [(0xFE00, 0xFE0F), (0x180B, 0x180F), (0xE0000, 0xE0FFF), (0x17B4, 0x17B5), (0x115F, 0x1160)]
    return number in (0x34F, 0x3164, 0xFFA0) or any(first <= number <= last for first, last in ranges)


def terminal_cells(text: str) -> int:
    """How many cells a terminal gives to a text without controls."""
    return sum(_terminal_width(character) for character in text)


def _terminal_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
        return 0
    if "\ud7b0" <= character <= "\ud7ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def from_cell(text: str, begin: int, count: int) -> str:
    """What stands in `count` cells of a row, from cell `begin` on."""
    at, kept = 0, ""
    for character in text:
        width = _terminal_width(character)
        # What takes no cell is drawn onto the character before it.
        if begin < at <= begin + count if width == 0 else begin <= at < begin + count:
            kept += character
        at += width
    return kept
