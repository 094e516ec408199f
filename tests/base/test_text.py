"""Words for people: what is shown of a character that a terminal would obey, words of a shell, sizes, the nearest word."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import TEXTS, is_unsafe, terminal_cells, unsafe_characters

from sifcheck.base.text import (
    cells,
    did_you_mean,
    diff,
    edit_distance,
    escape,
    hidden,
    nearest,
    nearest_by_edits,
    nearest_words,
    parse_size,
    pieces,
    quote,
    quote_line,
    shortened,
    size_text,
    starts_of,
    within_two_edits,
)


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
        ("straße 漢字", "straße 漢字"),
        ("a\x1b\u202e\udce9", "a\\x1b\\u202e\\xe9"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


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
    assert "".join(piece for piece, _ in shown) == escape(text)
    assert unsafe_characters(escape(text)) == set()
    assert "\n" not in escape(text)
    assert starts_of(shown)[-1] == cells(text) == terminal_cells(escape(text))


PRINTABLE = st.text(max_size=20).map(lambda text: "".join(filter(str.isprintable, text)))


@given(PRINTABLE)
def test_a_word_is_quoted_as_shlex_does(word: str) -> None:
    assert quote(word) == shlex.quote(word)


@given(st.lists(PRINTABLE, max_size=4))
def test_a_line_is_what_shlex_reads_back(words: list[str]) -> None:
    assert shlex.split(quote_line(words)) == words


@pytest.mark.parametrize("word", ["a\nb", "it's\ta \\ \x1b[2J", "\u202e", "caf\u00e9\u200b"])
def test_what_no_line_shows_is_visible_and_read_back_by_bash(word: str) -> None:
    assert quote(word).isprintable()
    printed = subprocess.run(
        ["bash", "-c", f"printf %s {quote(word)}"], capture_output=True, check=True
    ).stdout
    assert printed == word.encode()


def test_a_byte_of_a_path_that_is_no_text_is_quoted_as_that_byte() -> None:
    assert quote("a\udcff") == "$'a\\xff'"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (-1, "0 bytes"),
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1023 KiB"),
        (int(1.96 * 1024**3), "1.9 GiB"),
        (int(17.36 * 1024**3), "17.3 GiB"),
        (17 << 30, "17 GiB"),
        (int(120.7 * 1024**3), "120 GiB"),
        (5 << 60, "5120 PiB"),
    ],
)
def test_a_size_in_words(number: int, words: str) -> None:
    assert size_text(number) == words


@given(st.integers(min_value=0, max_value=1 << 62))
def test_a_size_in_words_is_read_back_as_no_more(number: int) -> None:
    back = parse_size(size_text(number).removesuffix(" bytes"))
    assert back is not None
    assert 0.89 * number <= back <= number


@pytest.mark.parametrize(
    ("text", "unit", "decimal", "number"),
    [
        ("4000M", "", False, 4000 << 20),
        ("2.5GiB", "", False, 5 << 29),
        (" 2 gb ", "", False, 2 << 30),
        ("2GB", "", True, 2 * 10**9),
        ("2GiB", "", True, 2 << 30),
        ("2G", "", True, 2 << 30),
        ("512", "", False, 512),
        ("512", "m", False, 512 << 20),
        ("16B", "", True, 16),
        ("", "", False, None),
        ("G", "", False, None),
        ("-1G", "", False, None),
        ("1.G", "", False, None),
        ("9" * 400, "", False, None),
        ("1Gx", "", False, None),
    ],
)
def test_a_size_is_read(text: str, unit: str, decimal: bool, number: int | None) -> None:
    assert parse_size(text, unit, decimal=decimal) == number


def test_the_nearest_word() -> None:
    assert nearest("min_confidance", ["min-confidence", "profile"]) == "min-confidence"
    assert nearest("zzz", ["min-confidence", ""]) is None
    assert nearest_words("jamy", ["noble", "jammy", "jammy-2"], 2, 0.5) == ("jammy", "jammy-2")
    assert did_you_mean("DOCKR", ["docker", "library"]) == "; did you mean 'docker'?"
    assert did_you_mean("zzz", ["docker", "library"]) == "; it is one of docker, library"
    assert did_you_mean("zzz", ["docker", "library"], most=1) == ""


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("post", "post", 0),
        ("psot", "post", 1),
        ("post", "pos", 1),
        ("abc", "xyz", 3),
        ("a", "abcdef", 3),
    ],
)
def test_edits(one: str, other: str, edits: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == edits


def test_the_only_word_within_two_edits() -> None:
    assert within_two_edits("biuld", ["build", "pull"]) == "build"
    assert within_two_edits("pust", ["post", "push"]) is None
    assert nearest_by_edits("pust", ["post", "push", "exec"]) == ["post", "push"]
    assert nearest_by_edits("rnn", ["run", "sign"]) == ["run"]
    assert nearest_by_edits("xy", ["ab"]) == []


def test_a_difference() -> None:
    assert diff(["a", "b", "c"], ["a", "x", "c"], ("old", "new"), around=0) == [
        "--- old",
        "+++ new",
        "@@ -2 +2 @@",
        "-b",
        "+x",
    ]


# -- long texts


@given(TEXTS, st.integers(20, 60))
def test_a_shortened_text_takes_no_more_than_it_may(text: str, most: int) -> None:
    shown = shortened(text, most)
    assert cells(shown) <= max(most, 0)
    if cells(text) <= most:
        assert shown == text
    else:
        before, _, behind = shown.partition("...")
        assert text.startswith(before)
        assert text.endswith(behind) or "..." in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 20, "x" * 20),
        ("a" * 15 + "b" * 15, "aaaaaaaaaaaa...bbbbb"),
        # An escape is kept whole, or left out.
        (r"aaaaaaaaaaa\x1b[31m" + "b" * 20, "aaaaaaaaaaa...bbbbb"),
        ("a" * 30 + r"\x1bbb", r"aaaaaaaaaaaa...bb"),
        (r"aaaaaaaaaa\\x1b" + "b" * 20, "aaaaaaaaaa\\\\...bbbbb"),
        # A letter is kept with its accents.
        ("a" * 11 + "e\u0301" * 15, "a" * 11 + "e\u0301..." + "e\u0301" * 5),
    ],
)
def test_no_escape_and_no_letter_is_cut_through(text: str, shown: str) -> None:
    assert shortened(text, 20) == shown


def test_a_long_text_is_not_read_as_a_whole() -> None:
    assert len(shortened("\u0301" * 5_000_000, 80)) < 500
