"""Byte offsets and the protocol's lines and columns are turned into each other without loss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lsprotocol", reason="the language server needs pygls (extra `lsp`)")

from lsprotocol.types import Position, Range

from sifcheck.base.source import Span
from sifcheck.lsp.positions import Places, units_of

TEXT = "a日𝄞b\r\nzwei\rdrei\n\n𝄞"
UNITS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
UNIT_SIZE = {"utf-8": 1, "utf-16": 2, "utf-32": 4}

texts = st.text(st.sampled_from("ab%\n\r\t日𝄞é\u2028\u0085\v\x00"), max_size=40)


def width(text: str, units: Any) -> int:
    return len(text.encode(UNITS[units])) // UNIT_SIZE[units]


@pytest.mark.parametrize(
    ("units", "expected"),
    [("utf-8", (0, 8)), ("utf-16", (0, 4)), ("utf-32", (0, 3))],
)
def test_columns_count_in_the_units_of_the_client(units: Any, expected: tuple[int, int]) -> None:
    offset = len("a日𝄞".encode())
    place = Places(TEXT.encode(), units).position(offset)
    assert (place.line, place.character) == expected
    assert Places(TEXT.encode(), units).offset(place) == offset


def test_lines_end_at_lf_crlf_and_cr_and_at_nothing_else() -> None:
    places = Places("a\r\nb\rc\u2028d\u0085e\vf\x0cg\n".encode())
    assert places.position(1) == Position(0, 1)
    assert places.position(3) == Position(1, 0)
    assert places.position(5) == Position(2, 0)
    assert places.offset(Position(3, 0)) == len("a\r\nb\rc\u2028d\u0085e\vf\x0cg\n".encode())


def test_between_cr_and_lf_there_is_no_place() -> None:
    assert Places(b"ab\r\nc").position(3) == Position(0, 2)


def test_what_lies_outside_is_the_nearest_place_inside() -> None:
    places = Places("ab\n𝄞c".encode())
    assert places.offset(Position(0, 99)) == 2
    assert places.offset(Position(99, 0)) == 8
    assert places.offset(Position(1, 1)) == 3  # inside of the two units of one character
    assert places.offset(Position(1, 2)) == 7
    assert places.position(99) == Position(1, 3)
    assert places.position(-5) == Position(0, 0)
    assert places.span(Range(Position(1, 3), Position(0, 1))) == Span(1, 8)


def test_bytes_that_are_no_utf_8_are_one_character() -> None:
    assert Places(b"a\xffb").position(2) == Position(0, 2)


@given(texts, st.sampled_from(sorted(UNITS)))
def test_every_place_is_found_again(text: str, units: Any) -> None:
    data = text.encode()
    places = Places(data, units)
    for at in range(len(text) + 1):
        offset = len(text[:at].encode())
        place = places.position(offset)
        before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
        if text[at - 1 : at + 1] == "\r\n":
            before = before[:-1]
            offset -= 1
        assert place.line == before.count("\n")
        assert place.character == width(before.rpartition("\n")[2], units)
        assert places.offset(place) == offset


def test_units_are_those_of_the_protocol() -> None:
    assert [units_of(name) for name in ("utf-8", "utf-16", "utf-32", None, "utf-7")] == [
        "utf-8",
        "utf-16",
        "utf-32",
        "utf-16",
        "utf-16",
    ]
