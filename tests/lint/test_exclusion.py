"""Findings that are left alone are found again after edits around them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Source, Span
from sifcheck.lint.exclusion import after_edits, excluded_by, without_excluded
from sifcheck.lint.fixes import apply_edits
from sifcheck.lint.selection import report_all


def found(code: str, start: int) -> Finding:
    return Finding(code, "n", "info", "high", "standard", "m", "h", Source("a", b""), Span(start, start + 1))


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    text = draw(st.binary(max_size=20).map(lambda raw: raw.replace(b"!", b".")))
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    edits = [
        Edit(a, b, draw(st.sampled_from(["", "x", "語\n"])))
        for a, b in zip(ends[::2], ends[1::2], strict=False)
    ]
    return text, edits


@given(texts_and_edits(), st.data())
def test_a_place_moves_with_the_byte_that_stands_there(
    given_: tuple[bytes, list[Edit]], data: st.DataObject
) -> None:
    text, edits = given_
    outside = [at for at in range(len(text)) if not any(edit.start <= at < edit.end for edit in edits)]
    if not outside:
        return
    at = data.draw(st.sampled_from(outside))
    marked = text[:at] + b"!" + text[at + 1 :]
    moved = after_edits(frozenset({("DEF101", at)}), edits)
    assert moved == {("DEF101", apply_edits(marked, edits).index(b"!"))}


@given(texts_and_edits(), st.integers(0, 20))
def test_a_place_never_leaves_the_text(given_: tuple[bytes, list[Edit]], at: int) -> None:
    text, edits = given_
    ((_, moved),) = after_edits(frozenset({("DEF101", min(at, len(text)))}), edits)
    assert 0 <= moved <= len(apply_edits(text, edits))


def test_only_what_is_not_kept_is_spared() -> None:
    findings = [found("DEF101", 1), found("DEF101", 5), found("DEF201", 5)]
    assert excluded_by(findings, report_all(findings)) == frozenset()
    spared = excluded_by(findings, findings[:1])
    assert without_excluded(findings, spared) == findings[:1]
    assert without_excluded([found("DEF201", 1)], spared)
