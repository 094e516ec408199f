"""Words for people: text made safe to show, words for a shell, sizes, the nearest known word, and what differs.

All that is heavy is imported at its first use: a check that finds nothing needs none of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from difflib import SequenceMatcher

# -- showing text that a checked file can choose

Piece = tuple[str, int]
"""What is shown for one character, and how many cells of a terminal it takes."""

# Spaces that Unicode counts as separators: they are seen as a gap, which is what they are.
_SPACES = frozenset(map(chr, (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))

# Printable by their category but nothing to be seen: joiners, fillers and variation selectors (Unicode's
# Default_Ignorable_Code_Point, less what str.isprintable refuses already).
_UNSEEN = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

_MOST_KEPT = 20_000

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

# More marks than this on one letter are shown as escapes: a heap of them draws over the lines around.
MOST_MARKS = 4


def escape(text: str) -> str:
    r"""`text` on one line, in which everything that a terminal obeys or hides is a visible escape, as \x1b."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([shown for shown, _ in pieces(text)])


def cells(text: str) -> int:
    """How many cells of a terminal `escape(text)` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum([taken for _, taken in pieces(text)])


def pieces(text: str, tab: str = "\\t") -> list[Piece]:
    """What is shown for each character of `text`, one piece a character; a tab is shown as `tab`."""
    kept = _SHOWN_BEFORE
    shown = [kept[character] for character in text]
    if "\t" in text:
        gap = (tab, len(tab))
        shown = [gap if character == "\t" else piece for character, piece in zip(text, shown, strict=True)]
    if not text.isascii():
        _limit_marks(text, shown)
    return shown


def hidden(character: str) -> bool:
    """Whether a character steers the terminal or cannot be seen: controls, bidi controls, zero width."""
    return (not character.isprintable() and character not in _SPACES) or character in _UNSEEN


def starts_of(shown: Sequence[Piece]) -> list[int]:
    """The cell at which each piece begins, and last the cell behind them all."""
    starts = [0]
    at = 0
    for _, taken in shown:
        at += taken
        starts.append(at)
    return starts


def _escaped(character: str) -> str:
    """The visible escape of a character; a byte of a path that is no UTF-8 (U+DC80-DCFF) as that byte."""
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if number < 0x100 or 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number & 0xFF:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _measure(character: str) -> Piece:
    if hidden(character):
        shown = _escaped(character)
        return shown, len(shown)
    return character, 1 if character.isascii() else _cells_of(character)


def _cells_of(character: str) -> int:
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return 0
    # The vowels and final consonants of a Korean syllable in parts are drawn into the cell of the first part.
    if "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _limit_marks(text: str, shown: list[Piece]) -> None:
    marks = 0
    for index, (_, taken) in enumerate(shown):
        marks = marks + 1 if taken == 0 else 0
        if marks > MOST_MARKS:
            escaped = _escaped(text[index])
            shown[index] = (escaped, len(escaped))


CUT = "..."
"""What stands for the part of a text that is left out."""

# An escape of its own making, or of whoever quoted it: half of one would be another text.
_ESCAPE = pattern(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", 16)
_LONGEST_ESCAPE = 10


def shortened(text: str, most: int) -> str:
    """`text`, of one that takes more than `most` cells the beginning and the end with `...` between.

    No escape and no letter with its accents is cut through, and a long text is not read as a whole.
    """
    reach = most * (MOST_MARKS + 1)
    if len(text) <= reach and cells(text) <= most:
        return text
    tail = (most - len(CUT)) // 3
    last = text[-reach:]
    return text[: _fitting(text[:reach], most - len(CUT) - tail)] + CUT + last[_fitting_end(last, tail) :]


def _fitting(text: str, room: int) -> int:
    """How many characters of the beginning fit into `room` cells, whole escapes and letters with all their accents."""
    starts = starts_of(pieces(text))
    at = bisect_right(starts, room) - 1
    while 0 < at < len(text) and starts[at] == starts[at + 1]:
        at -= 1
    return min((span[0] for span in _escapes_around(text, at)), default=at)


def _fitting_end(text: str, room: int) -> int:
    """From which character on the end of a text fits into `room` cells."""
    starts = starts_of(pieces(text))
    at = bisect_left(starts, starts[-1] - room)
    while at < len(text) and starts[at] == starts[at + 1]:
        at += 1
    return max((span[1] for span in _escapes_around(text, at)), default=at)


def _escapes_around(text: str, at: int) -> list[tuple[int, int]]:
    """The escape that a cut at this place would go through, if there is one."""
    start = max(0, at - _LONGEST_ESCAPE)
    # Of `\\x41` the first backslash is the one that escapes: a row of them is counted from where it begins.
    while start and text[start - 1] == "\\":
        start -= 1
    spans = (found.span() for found in _ESCAPE.finditer(text, start, at + _LONGEST_ESCAPE))
    return [span for span in spans if span[0] < at < span[1]]


class _ShownBefore(dict[str, Piece]):
    """The characters met so far with what is shown for them, since text repeats itself."""

    def __missing__(self, character: str) -> Piece:
        if len(self) >= _MOST_KEPT:
            self.clear()
        piece = self[character] = _measure(character)
        return piece


_SHOWN_BEFORE = _ShownBefore()

# -- words of a shell line

_PLAIN = pattern(r"[A-Za-z0-9_@%+=:,./-]+")


def quote(word: str) -> str:
    """A word as a POSIX shell reads it back; one that no line can show as bash's $'...' has it."""
    if _PLAIN.fullmatch(word):
        return word
    if word.isprintable():
        return "'" + word.replace("'", "'\"'\"'") + "'"
    shown = [letter if letter.isprintable() and letter not in "\\'" else _bytes_of(letter) for letter in word]
    return f"$'{''.join(shown)}'"


def quote_line(words: Iterable[str]) -> str:
    """A shell line of these words."""
    return " ".join(map(quote, words))


def _bytes_of(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))


# -- what the system says


def error_text(error: OSError | ValueError) -> str:
    """Why something cannot be opened, as the system says it, in small letters."""
    return str(getattr(error, "strerror", None) or error).lower()


# -- sizes

_SIZE = pattern(r"\s*(\d{1,18}(?:\.\d{1,9})?)\s*([kmgtp]?)(i?)(b?)\s*", 2)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def parse_size(text: str, unit: str = "", *, decimal: bool = False) -> int | None:
    """Bytes of a size such as 4000M or 2.5GiB; a bare number counts in `unit`.  None for anything else.

    All count by 1024, as batch systems do; with `decimal` KB, MB, GB, TB and PB by 1000, as people do.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    base = 1000 if decimal and found[2] and found[4] and not found[3] else 1024
    return int(float(found[1]) * base ** _POWERS[found[2].lower() or unit])


def size_text(number: int) -> str:
    """A number of bytes in words, never more than there are: 512 bytes, 1.5 GiB, 17 GiB, 120 GiB."""
    value, unit = float(max(number, 0)), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    tenths = int(value * 10)
    shown = tenths // 10 if tenths >= 1000 or tenths % 10 == 0 else tenths / 10
    return f"{shown} {_UNITS[unit]}"


# -- the word that was meant

# Whoever wrote a longer one made no slip of the finger, and comparing takes time.
_LONGEST = 60
_MOST_LISTED = 12


def nearest_words(word: str, known: Iterable[str], most: int, cutoff: float = 0.6) -> tuple[str, ...]:
    """The known words that are most like another one, whatever its capitals, `-` and `_`; the most like it first.

    `cutoff` is the least likeness, between 0 and 1 (see difflib.get_close_matches).
    """
    from difflib import get_close_matches

    forms = {_form(one): one for one in known if one}
    return tuple(forms[found] for found in get_close_matches(_form(word[:_LONGEST]), forms, most, cutoff))


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is most like another one, as `nearest_words`; None where none is like it."""
    return next(iter(nearest_words(word, known, 1, cutoff)), None)


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6, most: int = _MOST_LISTED) -> str:
    """The end of a sentence about an unknown word: the nearest known one, else the list of all if there are at `most` so
    many.
    """
    words = [one for one in known if one]
    near = nearest(word, words, cutoff)
    if near is not None:
        return f"; did you mean {near!r}?"
    return f"; it is one of {', '.join(words)}" if 0 < len(words) <= most else ""


def _form(word: str) -> str:
    return word.lower().replace("_", "-")


def within_two_edits(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is nearest to `word` and at most two edits away; None for none or more than one.

    An edit inserts, drops, changes or swaps a letter.  Of short words two edits leave nothing, so there one must do.
    """
    best = nearest_by_edits(word, known)
    return best[0] if len(best) == 1 else None


def nearest_by_edits(word: str, known: Iterable[str]) -> list[str]:
    """Those of `known` that are nearest to `word`, as `within_two_edits`: several where they are as near."""
    best: list[str] = []
    least = 3
    for candidate in known:
        distance = edit_distance(word, candidate, least + 1)
        if distance < least:
            best, least = [candidate], distance
        elif distance == least < 3:
            best.append(candidate)
    return best if least < 2 or len(word) >= 4 else []


def edit_distance(one: str, other: str, limit: int = 3) -> int:
    """How many letters have to be inserted, dropped, changed or swapped to make one word the other, or `limit` if more."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row = row, [number]
        for column, wanted in enumerate(other, 1):
            cost = min(above[column] + 1, row[-1] + 1, above[column - 1] + (letter != wanted))
            if number > 1 and column > 1 and letter == other[column - 2] and one[number - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            row.append(cost)
        before = above
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)


# -- what differs


def compared(before: Sequence[Any], after: Sequence[Any]) -> SequenceMatcher[Any]:
    """What two sequences of lines have in common, every line counted."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, before, after, autojunk=False)


def diff(
    before: Sequence[str], after: Sequence[str], names: tuple[str, str] = ("", ""), around: int = 3
) -> list[str]:
    """The lines of a unified diff, without line ends; `around` lines are shown beside each change."""
    from difflib import unified_diff

    return list(unified_diff(before, after, *names, lineterm="", n=around))
