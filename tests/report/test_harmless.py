"""What is shown of a character that a terminal would obey, and how wide text is."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from report.samples import TEXTS, is_unsafe, terminal_cells, unsafe_characters

from sifcheck.report.harmless import cells, harmless, hidden, pieces, starts_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, `$*` and \\n", "plain text, `$*` and \\n"),
        ("日本語　の文", "日本語　の文"),
        ("\x1b[2J\x07\x00", "\\x1b[2J\\x07\\x00"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\x7f\x80\x9b\xad", "\\x7f\\x80\\x9b\\xad"),
        ("\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
        ("\u2066\u2067\u2068\u2069\u200e\u200f\u061c", "\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f\\u061c"),
        ("\u200b\u200c\u200d\u2060\ufeff", "\\u200b\\u200c\\u200d\\u2060\\ufeff"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ufe0f\U000e0041", "\\ufe0f\\U000e0041"),
        ("\udcff\ud800", "\\xff\\ud800"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("日本", 4),
        ("ﾊﾝ", 2),
        ("\uff21", 2),
        ("e\u0301", 1),
        ("\u1112\u1161\u11ab", 2),
        ("😀", 2),
        ("\x1b", 4),
    ],
)
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


def test_every_character_of_unicode_is_judged_alike() -> None:
    wrong = [number for number in range(sys.maxunicode + 1) if hidden(chr(number)) != is_unsafe(chr(number))]
    assert [f"{number:04x}" for number in wrong] == []


@given(TEXTS)
def test_pieces_join_to_what_is_shown(text: str) -> None:
    shown = pieces(text)
    assert len(shown) == len(text)
    assert "".join(piece for piece, _ in shown) == harmless(text)
    assert unsafe_characters(harmless(text)) == set()
    assert "\n" not in harmless(text)
    assert starts_of(shown)[-1] == cells(text) == terminal_cells(harmless(text))
