"""All formats carry the same findings, whatever bytes the files and their names hold."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from report.readers import READERS, Place
from report.samples import BYTES, TEXTS, is_unsafe, spans

from sifcheck.base.findings import SEVERITIES, Finding, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.base.text import escape
from sifcheck.report import BUILT_IN, render

CODES = st.sampled_from(["DEF201", "SC2086", "SITEWIDE900"])
# A name in a file system is any bytes but NUL.
PATHS = st.one_of(
    st.binary(min_size=1, max_size=12).map(lambda name: name.replace(b"\0", b"x")),
    TEXTS.map(lambda text: text.encode("utf-8", "replace").replace(b"\0", b"x") or b"x"),
    st.sampled_from(
        [b"/abs/a.def", b"./a.def", b"../a b.def", b"a:1:2.def", b"50%.def", b"a,b;c]d=e.def", b"a.def"]
    ),
).map(os.fsdecode)

_FILES = ("json", "json-lines", "gitlab", "rdjson", "sonarqube")
_LESS_DOT = ("gitlab", "rdjson", "sonarqube")


@st.composite
def placed_findings(draw: st.DrawFn) -> Finding:
    kind = draw(st.sampled_from(["file", "file", "file", "host", "sifcheck"]))
    source = Source(draw(PATHS), draw(BYTES)) if kind == "file" else None
    related = [Related(draw(TEXTS), draw(spans(source)))] if draw(st.booleans()) else []
    return Finding(
        code=draw(CODES),
        name="moving-base",
        severity=draw(st.sampled_from(SEVERITIES)),
        confidence="high",
        profile="standard",
        message=draw(TEXTS),
        help=draw(TEXTS),
        source=source,
        span=draw(spans(source)) if source is not None else Span(0, 0),
        subject="host" if kind == "host" else None,
        related=tuple(related),
        fingerprint=draw(st.sampled_from(["", "0a1b"])),
    )


def at(path: str, content: bytes, start: int, end: int, message: str = "m") -> Finding:
    given_ = ("DEF201", "moving-base", "error", "high", "standard", message, "")
    return Finding(*given_, Source(path, content), Span(start, end))  # type: ignore[arg-type]


# Every character that means something to a format, in a name and in a message; and places that are hard to count.
MEANT = "a,b;c]d=e%25f%AZP25g:1:2: h|i`j<k>&l\"m'n#o@p*q_r[s](t)\\u{0}"
EDGES = [
    at(MEANT, b"x\n", 0, 1, MEANT),
    at("new\nline\r.def", b"x\n", 0, 1, "new\n::error::line\r"),
    at(" blank ", "語😀 x\r\n".encode(), 8, 9),
    at("a.def", b"\xff\xfe x\n", 3, 4),
    at("a.def", b"x\r\ny", 1, 3),
    at("a.def", b"x\ny\n", 4, 4),
    at("caf\udce9.def", b"", 0, 0),
]


def expected(finding: Finding, form: str) -> Place:
    """What a format says of a finding, counted from the bytes."""
    source = finding.source
    if source is None:
        nameless = {"github": "", "azure": "", "rdjson": ""}
        numbers = (1, 1) if form in ("json", "json-lines", "gitlab", "checkstyle") else (None, None)
        return Place(finding.code, nameless.get(form, finding.subject or "sifcheck"), *numbers)
    before = source.data[: finding.span.start]
    line, last = before.count(b"\n") + 1, before.rsplit(b"\n", 1)[-1]
    shown = last.decode("utf-8", "replace")
    column: int | None = len(shown) + 1
    whole = finding.span == (0, 0) or not source.data
    if form == "rdjson":
        line, column = (None, None) if whole else (line, len(last) + 1)  # type: ignore[assignment]
    if form == "sonarqube":
        meant = source.data[finding.span.start : finding.span.end]
        rest = (last + meant).rpartition(b"\n")[2] if b"\n" in meant else last + meant
        end = len(rest.decode("utf-8", "replace").rstrip("\r\n").encode("utf-16-le")) // 2
        column = len(shown.rstrip("\r\n").encode("utf-16-le")) // 2
        if whole:
            line, column = None, None  # type: ignore[assignment]
        elif b"\n" not in meant and end == column:
            column = None
    return Place(finding.code, expected_path(source.path, form), line, column)


def expected_path(path: str, form: str) -> str:
    if form == "sarif":
        while path.startswith("./"):
            path = path[2:].lstrip("/")
        return "/" + path.lstrip("/") if path.startswith("/") else path
    if form in _FILES:
        path = path.removeprefix("./") if form in _LESS_DOT else path
        return "".join("\ufffd" if "\ud800" <= mark <= "\udfff" else mark for mark in path)
    return escape(path)


def test_every_format_but_the_pictures_has_a_reader() -> None:
    assert set(READERS) == set(BUILT_IN) - {"full"}


@pytest.mark.parametrize("form", READERS)
@example(found=EDGES)
@given(found=st.lists(placed_findings(), max_size=4))
def test_the_same_findings_are_read_back(form: str, found: list[Finding]) -> None:
    text = render(Results(tuple(found), (), len(found)), form)
    # Formats that group by file keep the order inside of a file.
    assert sorted(READERS[form](text), key=str) == sorted((expected(one, form) for one in found), key=str)


@pytest.mark.parametrize("form", BUILT_IN)
@example(found=EDGES)
@given(found=st.lists(placed_findings(), max_size=3))
def test_no_format_hands_a_terminal_what_it_obeys(form: str, found: list[Finding]) -> None:
    text = render(Results(tuple(found), (), 1), form)
    assert {mark for mark in text if mark != "\n" and is_unsafe(mark)} == set()
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("form", sorted(set(BUILT_IN) - {"full", "concise", "grouped"}))
@given(found=st.lists(placed_findings(), max_size=2))
def test_what_programs_read_is_never_coloured(form: str, found: list[Finding]) -> None:
    results = Results(tuple(found), (), 1)
    assert render(results, form) == render(results, form, color=True, width=20, statistics=True)
