"""Makes text that a checked file can choose harmless to show, and measures it in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence

Piece = tuple[str, int]
"""What is shown for one character, and how many cells of a terminal it takes."""

# Blanks that Unicode counts as separators: they are seen as a gap, which is what they are.
_BLANKS = frozenset(map(chr, (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))

# Printable by their category but nothing to be seen: joiners, fillers and variation selectors (Unicode's
# Default_Ignorable_Code_Point, less what str.isprintable refuses already).
_UNSEEN = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

_MOST_KNOWN = 20_000

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

# More marks than this on one letter are shown as escapes: a heap of them draws over the lines around.
MOST_MARKS = 4


def harmless(text: str) -> str:
    """`text` on one line, in which everything that a terminal obeys or hides is a visible escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([shown for shown, _ in pieces(text)])


def cells(text: str) -> int:
    """How many cells of a terminal `harmless(text)` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum([width for _, width in pieces(text)])


def pieces(text: str, tab: str = "\\t") -> list[Piece]:
    """What is shown for each character of `text`, one piece a character; a tab is shown as `tab`."""
    known = _KNOWN
    shown = [known[character] for character in text]
    if "\t" in text:
        blank = (tab, len(tab))
        shown = [blank if character == "\t" else piece for character, piece in zip(text, shown, strict=True)]
    if not text.isascii():
        _limit_marks(text, shown)
    return shown


def hidden(character: str) -> bool:
    """Whether a character steers the terminal or cannot be seen: controls, bidi controls, zero width."""
    return (not character.isprintable() and character not in _BLANKS) or character in _UNSEEN


def escape(character: str) -> str:
    """The visible escape of a character; a byte of a path that is no UTF-8 (U+DC80-DCFF) as that byte."""
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if number < 0x100 or 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number & 0xFF:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def starts_of(shown: Sequence[Piece]) -> list[int]:
    """The cell at which each piece begins, and last the cell behind them all."""
    starts = [0]
    at = 0
    for _, width in shown:
        at += width
        starts.append(at)
    return starts


def _measure(character: str) -> Piece:
    if hidden(character):
        shown = escape(character)
        return shown, len(shown)
    return character, 1 if character.isascii() else _width(character)


def _width(character: str) -> int:
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me"):
        return 0
    # The vowels and final consonants of a Korean syllable in parts are drawn into the cell of the first part.
    if "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _limit_marks(text: str, shown: list[Piece]) -> None:
    marks = 0
    for index, (_, width) in enumerate(shown):
        marks = marks + 1 if width == 0 else 0
        if marks > MOST_MARKS:
            escaped = escape(text[index])
            shown[index] = (escaped, len(escaped))


class _Known(dict[str, Piece]):
    """The characters met so far with their pieces, since text repeats itself."""

    def __missing__(self, character: str) -> Piece:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        piece = self[character] = _measure(character)
        return piece


_KNOWN = _Known()
