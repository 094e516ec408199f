"""Options may stand before, between and behind what they are about, and what stands behind `--` is none."""

from __future__ import annotations

import pytest

from sifcheck.app.outcome import UsageError
from sifcheck.cli.parser import CommandParser


def parser() -> CommandParser:
    made = CommandParser("sifcheck try", "A verb.")
    made.add_argument("first")
    made.add_argument("more", nargs="*")
    made.add_argument("--site")
    made.add_argument("--pair", nargs=2)
    made.add_argument("-q", action="store_true")
    return made


@pytest.mark.parametrize(
    "words",
    [
        "a b c --site x -q",
        "--site x -q a b c",
        "a --site x b -q c",
        "a -q b --site=x c",
        "--site x -q -- a b c",
        "a --site x -q -- b c",
        "a b -q --site x -- c",
    ],
)
def test_options_stand_anywhere(words: str) -> None:
    given = parser().parse(words.split())
    assert (given.first, given.more, given.site, given.q) == ("a", ["b", "c"], "x", True)


def test_an_option_of_two_values_takes_both() -> None:
    given = parser().parse(["a", "--pair", "b", "-", "c"])
    assert (given.first, given.pair, given.more) == ("a", ["b", "-"], ["c"])


def test_what_looks_like_an_option_behind_two_dashes() -> None:
    assert parser().parse(["-q", "--", "a", "-q", "--site"]).more == ["-q", "--site"]


def test_a_dash_is_a_name_of_standard_input() -> None:
    given = parser().parse(["-", "-q", "b"])
    assert (given.first, given.more) == ("-", ["b"])


def test_a_misspelt_option_and_a_missing_value() -> None:
    with pytest.raises(UsageError, match="unknown option --sits; did you mean --site"):
        parser().parse(["a", "--sits", "x", "b"])
    with pytest.raises(UsageError, match="--site: expected one argument"):
        parser().parse(["a", "--site"])
