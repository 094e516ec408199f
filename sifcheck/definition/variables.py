"""Build variables: where `{{ NAME }}` stands, what it is replaced by, and where the replaced text came from.

Source: Apptainer 1.4.5, measured, and its reader of build arguments; SingularityCE 4.x, read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping

from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple, pattern

# Go's \s and \w are ASCII's; a name may be a number; the blanks may hold line ends.
VARIABLE = pattern(r"\{\{[\t\n\f\r ]*([0-9A-Za-z_]+)[\t\n\f\r ]*\}\}")
# ReplacedText before a variable on its line that keeps it from being replaced (Apptainer 1.3 and later).  It is no parser of
# comments: `${x#a} {{ V }}` is kept from being replaced too, `#{{ V }}` is not.
_HIDES = pattern(r"#[^!]", re.S)


class Use(NamedTuple):
    """One `{{ NAME }}` in the file.

    `value` is what stands there after replacement, None where nothing defines it.  `hidden`: a `#` before it on its
    line keeps it from being replaced, as Apptainer 1.3 and later read it; the others replace it all the same.
    """

    name: str
    span: Span
    value: str | None
    hidden: bool


class ReplacedText:
    """The text of a stage as the runtime reads it after replacing the variables, and the way back to the file.

    `text` and `masked` hold one character a byte; `place` turns a stretch of them into the span of the file that it
    came from.  What came out of a variable stands for the whole `{{ NAME }}`.
    """

    __slots__ = ("_file", "_here", "_may_be_unknown", "_sizes", "masked", "text")

    def __init__(self, text: str, masked: str, pieces: list[tuple[int, int, int]] | None = None) -> None:
        self.text = text
        self.masked = masked
        self._may_be_unknown = "{{" in text
        # Pieces are (offset here, offset in the file, size in the file of what was replaced or -1 for copied text).
        self._here = [piece[0] for piece in pieces] if pieces else []
        self._file = [piece[1] for piece in pieces] if pieces else []
        self._sizes = [piece[2] for piece in pieces] if pieces else []

    def place(self, start: int, end: int) -> Span:
        """Where in the file the characters from `start` to `end` come from."""
        if not self._here:
            return Span(start, end)
        first = bisect_right(self._here, start) - 1
        begin = self._file[first] + (start - self._here[first] if self._sizes[first] < 0 else 0)
        last = bisect_right(self._here, max(start, end - 1)) - 1
        if self._sizes[last] < 0:
            stop = self._file[last] + (end - self._here[last])
        else:
            stop = self._file[last] + self._sizes[last] if end > start else self._file[last]
        return Span(begin, max(begin, stop))

    def place_from(self, base: int) -> Callable[[int, int], Span]:
        """As `place`, for offsets that count from `base`."""
        if not self._here:
            return lambda start, end: Span(base + start, base + end)
        return lambda start, end: self.place(base + start, base + end)

    def unknown(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches between `start` and `end` that are still a variable: nobody can say what stands there."""
        if not self._may_be_unknown:
            return []
        return [match.span() for match in VARIABLE.finditer(self.text, start, end)]


def find_uses(
    text: str,
    start: int,
    end: int,
    values: Mapping[str, str],
    *,
    comments: bool = True,
    nested: bool = True,
) -> list[Use]:
    """Every variable between two offsets of a file, in order, with its value among `values` (one character a byte).

    `comments`: what stands behind a `#` is kept from being replaced; `nested`: variables in values are replaced.
    """
    uses = []
    replaced_to = start
    for match in VARIABLE.finditer(text, start, end):
        line = max(text.rfind("\n", replaced_to, match.start() + 1), replaced_to)
        hidden = comments and _HIDES.search(text, line, match.start()) is not None
        value = _value(match[1], values) if nested else values.get(match[1])
        uses.append(Use(match[1], Span(*match.span()), value, hidden))
        if not hidden:
            replaced_to = match.end()
    return uses


def _value(name: str, values: Mapping[str, str]) -> str | None:
    value = values.get(name)
    if value is None or "{{" not in value:
        return value
    # One level of nesting: a variable in the value that is defined is replaced, its own is not.
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), value)


def replace_uses(text: str, start: int, end: int, uses: list[Use]) -> tuple[str, list[tuple[int, int, int]]]:
    """The text between two offsets with the variables that have a value and are not hidden replaced, and its pieces."""
    parts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    here, at = 0, start
    for use in uses:
        if use.value is None or use.hidden:
            continue
        if use.span.start > at:
            pieces.append((here, at, -1))
            parts.append(text[at : use.span.start])
            here += use.span.start - at
        if use.value:
            pieces.append((here, use.span.start, use.span.end - use.span.start))
            parts.append(use.value)
            here += len(use.value)
        at = use.span.end
    pieces.append((here, at, -1))
    parts.append(text[at:end])
    return "".join(parts), pieces
