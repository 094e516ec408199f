"""The text of a checked file: its bytes, lines and columns, and spans in it."""

from __future__ import annotations

from bisect import bisect_right

from sifcheck.base.startup import NamedTuple

# White space as the runtimes trim it (Go's unicode.IsSpace) that takes more than one byte in UTF-8:
# U+0085, U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F, U+3000.  Source: measured, and Go's unicode tables.
_WIDE_SPACES = "\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_WIDE_SPACE_BYTES = tuple(space.encode() for space in _WIDE_SPACES)


class Span(NamedTuple):
    """A stretch of a file in bytes, counted from 0; `end` is exclusive."""

    start: int
    end: int


class Position(NamedTuple):
    """A place in a file: line and column count from 1, columns in characters; offset in bytes from 0."""

    line: int
    column: int
    offset: int


class Source:
    """One file as it was read.

    `text` is the file as Latin-1, one character a byte: any bytes pass, and an index into it is a byte offset.
    Text is decoded (UTF-8, what cannot be decoded as U+FFFD) only where it is shown.
    """

    __slots__ = ("_line_starts", "_masked", "data", "path", "text")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.text = data.decode("latin-1")
        self._line_starts: list[int] | None = None
        self._masked: str | None = None

    @property
    def masked(self) -> str:
        """`text` at equal length, in which white space of several bytes is written as vertical tabs.

        A vertical tab is trimmed like any white space but separates no words, which is just how the runtimes treat
        U+00A0 or U+3000; so a grammar over bytes needs to know the white space of ASCII only.
        """
        if self._masked is None:
            self._masked = mask_wide_blanks(self.data)
        return self._masked

    @property
    def line_starts(self) -> list[int]:
        """The offset at which each line begins; a line ends with LF."""
        if self._line_starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._line_starts = starts
        return self._line_starts

    def line_of(self, offset: int) -> int:
        """The number, from 1, of the line that holds the byte at `offset`."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> Position:
        """Line and column of a byte offset; an offset past the end is the end."""
        offset = max(0, min(offset, len(self.data)))
        line = self.line_of(offset)
        before = self.data[self.line_starts[line - 1] : offset]
        column = len(before) if before.isascii() else len(before.decode("utf-8", "replace"))
        return Position(line, column + 1, offset)

    def line_span(self, number: int) -> Span:
        """Where line `number` stands, its line end included; an empty span at the end for a line that is not there."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return Span(len(self.data), len(self.data))
        end = starts[number] if number < len(starts) else len(self.data)
        return Span(starts[number - 1], end)

    def line(self, number: int) -> str:
        """Line `number` decoded for showing, without its line end."""
        span = self.line_span(number)
        return decode(self.data[span.start : span.end].rstrip(b"\r\n"))

    def slice(self, span: Span) -> str:
        """The text of a span, decoded for showing."""
        return decode(self.data[span.start : span.end])


def decode(data: bytes) -> str:
    """Bytes as text for showing: UTF-8, what is none as U+FFFD."""
    return data.decode("utf-8", "replace")


def shown(latin: str) -> str:
    """Text held one character a byte, decoded for showing."""
    return latin if latin.isascii() else decode(latin.encode("latin-1"))


def mask_wide_blanks(data: bytes) -> str:
    """Bytes as Latin-1 text of equal length, white space of several bytes replaced by vertical tabs."""
    if not data.isascii():
        for space in _WIDE_SPACE_BYTES:
            if space in data:
                data = data.replace(space, b"\v" * len(space))
    return data.decode("latin-1")
