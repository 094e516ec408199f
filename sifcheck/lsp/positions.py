"""Places of a text in the words of the protocol: lines, and columns in the units that the client counts in.

The protocol ends a line at LF, CR LF and a lone CR; the runtimes, and all else in sifcheck, at LF only.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from lsprotocol import types

from sifcheck.base.source import Span
from sifcheck.base.startup import pattern

Units = Literal["utf-8", "utf-16", "utf-32"]
"""What a column counts: bytes, the 16-bit units of UTF-16 (the default of the protocol), or characters."""

_LINE_END = pattern(rb"\r\n|\n|\r")


def units_of(encoding: str | None) -> Units:
    """The units of a position encoding as the protocol names it; what is none of the three is the default."""
    if encoding == "utf-8":
        return "utf-8"
    return "utf-32" if encoding == "utf-32" else "utf-16"


class Places:
    """The lines of a text, given as its bytes in UTF-8; places are turned into byte offsets and back.

    What lies outside is taken to the nearest place inside, so no client can ask for one that is not there.
    """

    __slots__ = ("_content_ends", "_data", "_starts", "_units")

    def __init__(self, data: bytes, units: Units = "utf-16") -> None:
        self._data = data
        self._units = units
        self._starts = [0]
        self._content_ends: list[int] = []
        for match in _LINE_END.finditer(data):
            self._content_ends.append(match.start())
            self._starts.append(match.end())
        self._content_ends.append(len(data))

    def position(self, offset: int) -> types.Position:
        """Where the byte at an offset stands; one inside of a line end stands in front of it."""
        offset = max(0, min(offset, len(self._data)))
        line = bisect_right(self._starts, offset) - 1
        before = self._data[self._starts[line] : min(offset, self._content_ends[line])]
        return types.Position(line, self._width(before))

    def range(self, span: Span) -> types.Range:
        """Where a span begins and ends."""
        start = self.position(span.start)
        return types.Range(start, self.position(max(span.start, span.end)))

    def offset(self, position: types.Position) -> int:
        """The byte offset of a place; of one inside of a character, where the character begins."""
        if position.line >= len(self._starts):
            return len(self._data)
        line = max(0, position.line)
        start, end = self._starts[line], self._content_ends[line]
        column = max(0, position.character)
        content = self._data[start:end]
        if content.isascii():
            return start + min(column, len(content))
        taken = passed = 0
        for character in content.decode("utf-8", "replace"):
            width = _width_of(character, self._units)
            if passed + width > column:
                break
            passed += width
            taken += len(character.encode())
        return start + taken

    def span(self, range_: types.Range) -> Span:
        """The bytes of a range; the ends of one that is the wrong way round are exchanged."""
        first, last = self.offset(range_.start), self.offset(range_.end)
        return Span(min(first, last), max(first, last))

    def line_before(self, offset: int) -> str:
        """The text of the line that holds an offset, up to it."""
        line = bisect_right(self._starts, offset) - 1
        return self._data[self._starts[line] : offset].decode("utf-8", "replace")

    def _width(self, text: bytes) -> int:
        if self._units == "utf-8" or text.isascii():
            return len(text)
        characters = text.decode("utf-8", "replace")
        if self._units == "utf-32":
            return len(characters)
        return len(characters) + sum(character > "\uffff" for character in characters)


def _width_of(character: str, units: Units) -> int:
    if units == "utf-8":
        return len(character.encode())
    return 2 if units == "utf-16" and character > "\uffff" else 1
