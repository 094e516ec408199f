"""Which known word somebody meant who wrote another one.  Imported where a word is unknown, and not before."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean", "nearest"]

# Whoever wrote a longer one made no slip of the finger, and comparing takes time.
_LONGEST = 60
_MOST_LISTED = 12


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is most like another one, whatever its capitals, `-` and `_`; None where none is like it.

    `cutoff` is the least likeness, between 0 and 1 (see difflib.get_close_matches).
    """
    forms = {_plain(one): one for one in known if one}
    found = get_close_matches(_plain(word[:_LONGEST]), forms, 1, cutoff)
    return forms[found[0]] if found else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6, most: int = _MOST_LISTED) -> str:
    """The end of a sentence about an unknown word: the nearest known one, else the list of all if there are at `most` so
    many.
    """
    words = [one for one in known if one]
    near = nearest(word, words, cutoff)
    if near is not None:
        return f"; did you mean {near!r}?"
    return f"; it is one of {', '.join(words)}" if 0 < len(words) <= most else ""
