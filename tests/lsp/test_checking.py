"""ShellCheck's findings follow the text until they are asked for anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lsprotocol", reason="the language server needs pygls (extra `lsp`)")

from sifcheck.base.findings import Edit, Finding, Fix
from sifcheck.base.source import Source, Span
from sifcheck.lsp.checking import moved


def finding(source: Source, start: int, end: int, fix: Fix | None = None) -> Finding:
    return Finding(
        "SC2086", "shellcheck", "info", "medium", "standard", "m", "h", source, Span(start, end), fix=fix
    )


def test_a_finding_below_a_change_moves_with_its_fix() -> None:
    before, after = Source("", b"one\ntwo $x\n"), Source("", b"one\nand\ntwo $x\n")
    fix = Fix("quote", (Edit(8, 8, '"'), Edit(10, 10, '"')), False)
    (found,) = moved([finding(before, 8, 10, fix)], before, after)
    assert found.span == Span(12, 14)
    assert found.fix == fix._replace(edits=(Edit(12, 12, '"'), Edit(14, 14, '"')))
    assert found.source is after


def test_a_finding_in_or_beside_a_change_is_left_out() -> None:
    before, after = Source("", b"echo $x\n"), Source("", b"echo $xy\n")
    assert not moved([finding(before, 5, 7)], before, after)
    assert moved([finding(before, 0, 4)], before, after)


@given(st.binary(max_size=30), st.data())
def test_what_is_kept_stands_at_the_same_text(data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, len(data)))
    new = draw.draw(st.binary(max_size=6))
    before, after = Source("", data), Source("", data[:start] + new + data[end:])
    everywhere = [
        finding(before, low, high)._replace(message=repr(data[low:high]))
        for low in range(len(data))
        for high in range(low + 1, len(data) + 1)
    ]
    kept = moved(everywhere, before, after)
    assert all(repr(after.data[one.span.start : one.span.end]) == one.message for one in kept)
    assert len(kept) == len(everywhere) or before.data != after.data
