"""Words of a shell text, worked out when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from sifcheck.shell.pieces import Piece, part_of, split_list, split_pieces
from sifcheck.shell.text import Part, Text, shown
from sifcheck.startup import pattern

if TYPE_CHECKING:
    from typing import Self

    from sifcheck.source import Span

Quoting = Literal["none", "single", "double", "mixed"]
_PLAIN = pattern(r"[\w./:=+,@%^-]+\Z", re.ASCII)
_GLOB = pattern(r"(?<!\\)(?:[*?]|\[[^\]]+\])")
_BRACES = pattern(r"(?<![\\$])\{[^{}]*(?:,|\.\.)[^{}]*\}")

_NOT_ASKED = "\0"  # a word that really is a NUL is worked out each time it is asked for


class Written:
    """One word as it is written, and what can be said of its value without running anything."""

    __slots__ = ("_pieces", "_value", "end", "script", "start")

    def __init__(self, script: Text, start: int, end: int, pieces: list[Piece] | None = None) -> None:
        self.script = script
        self.start = start
        self.end = end
        self._pieces = pieces
        self._value: str | None = _NOT_ASKED

    def __repr__(self) -> str:
        return f"Word({self.text!r})"

    @property
    def span(self) -> Span:
        """The whole word with its quotation marks."""
        return self.script.place(self.start, self.end)

    @property
    def text(self) -> str:
        """The word as it is written."""
        return shown(self.script.text[self.start : self.end])

    @property
    def pieces(self) -> list[Piece]:
        """The word taken apart."""
        if self._pieces is None:
            self._pieces = split_pieces(self.script, self.start, self.end)
        return self._pieces

    @property
    def value(self) -> str | None:
        """What the word stands for once its quotation is removed; None if that hangs on an expansion or is unknown.

        Globs, braces and a tilde are left as they are written.
        """
        value = self._value
        if value == _NOT_ASKED:
            value = self._value = self._find_value()
        return value

    def _find_value(self) -> str | None:
        if self._pieces is None and not self.script.unknown:
            text = self.script.text[self.start : self.end]
            if _PLAIN.match(text):
                return text
        if self.is_array:
            return None
        values = [piece.value for piece in self.pieces]
        if None in values:
            return None
        return shown("".join(value for value in values if value is not None))

    @property
    def prefix(self) -> str:
        """The static text before the first expansion; all of it where there is none."""
        return shown(self._static(self.pieces)) if self.value is None else self.value

    @property
    def suffix(self) -> str:
        """The static text behind the last expansion; all of it where there is none."""
        if self.value is not None:
            return self.value
        behind: list[Piece] = []
        for piece in reversed(self.pieces):
            if piece.value is None:
                break
            behind.insert(0, piece)
        return shown(self._static(behind))

    def _static(self, pieces: list[Piece]) -> str:
        values: list[str] = []
        for piece in pieces:
            if piece.value is None:
                break
            values.append(piece.value)
        return "".join(values)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Literal text, expansions and substitutions in order."""
        return tuple(part_of(self.script, piece) for piece in self.pieces)

    @property
    def quoted(self) -> Quoting:
        """How the word is quoted: not at all, in single or in double marks as a whole, or partly."""
        if (
            self._pieces is None
            and self.script.lexed.work[self.start : self.start + 1].isalnum()
            and self.value == self.text
        ):
            return "none"
        styles = {piece.style for piece in self.pieces}
        if len(styles) > 1:
            return "mixed"
        return styles.pop() if styles else "none"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables it expands, those in the defaults of others included, once each."""
        names: dict[str, None] = {}
        for piece in self.pieces:
            if piece.kind in ("variable", "arithmetic"):
                for part in self.script.variables_between(piece.start, piece.end):
                    names[part.name or ""] = None
        return tuple(names)

    def put_in(self, values: Mapping[str, str]) -> str | None:
        """What it stands for with these values of variables; None where it hangs on something else."""
        if self.value is not None or "$" not in self.text:
            return self.value
        found = []
        for part in self.parts:
            text = part.value
            if part.kind == "variable" and not part.expansion and part.name:
                text = values.get(part.name)
            if text is None:
                return None
            found.append(text)
        return "".join(found)

    @property
    def has_glob(self) -> bool:
        """Whether an unquoted `*`, `?` or `[...]` stands in it."""
        return self._unquoted_matches(_GLOB)

    @property
    def has_braces(self) -> bool:
        """Whether it holds a brace expansion, which bash knows and sh does not."""
        return self._unquoted_matches(_BRACES)

    def _unquoted_matches(self, pattern: re.Pattern[str]) -> bool:
        text = self.script.text
        return any(
            piece.kind == "literal"
            and piece.style == "none"
            and pattern.search(text[piece.start : piece.end]) is not None
            for piece in self.pieces
        )

    @property
    def starts_with_tilde(self) -> bool:
        """Whether it begins with an unquoted tilde."""
        return self.start < self.end and self.script.lexed.work[self.start] == "~"

    @property
    def is_array(self) -> bool:
        """Whether it is the list in parentheses of an array assignment."""
        return (
            self._pieces is None
            and self.script.lexed.work[self.start : self.start + 1] == "("
            and self.end - self.start > 1
        )

    @property
    def elements(self) -> tuple[Self, ...]:
        """The words of an array assignment."""
        if not self.is_array:
            return ()
        spans = split_list(self.script, self.start + 1, self.end)
        return tuple(type(self)(self.script, start, end) for start, end in spans)

    def after(self, length: int) -> Self:
        """The word without the first `length` characters of its static text: the value in `--opt=value`.

        It has a span of its own, and the quotation marks round the whole word do not belong to it.
        """
        left = length
        pieces: list[Piece] = []
        for piece in self.pieces:
            if pieces or piece.value is None or left <= 0:
                pieces.append(piece)
            elif len(piece.value) > left:
                start = min(piece.start + left, piece.end)
                pieces.append(piece._replace(start=start, value=piece.value[left:]))
                left = 0
            else:
                left -= len(piece.value)
        if not pieces:
            end = self.pieces[-1].end if self.pieces else self.end
            return type(self)(self.script, end, end, [])
        end = pieces[-1].end
        return type(self)(
            self.script, pieces[0].start, self.end if pieces[-1].style == "none" else end, pieces
        )
