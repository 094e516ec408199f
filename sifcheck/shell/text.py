"""A shell text and what its lexer found in it, as offsets: quotations, expansions, comments."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from sifcheck.base.startup import NamedTuple, pattern

if TYPE_CHECKING:
    from sifcheck.base.source import Span

PartKind = Literal["literal", "ansi", "variable", "substitution", "arithmetic", "process", "unknown"]

_NAME = pattern(r"\w+", re.ASCII)
_BRACED = pattern(r"\$\{([!#]?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(.*)\Z", re.ASCII | re.DOTALL)


class Part(NamedTuple):
    """A stretch of a word; quotation marks themselves belong to no part."""

    kind: PartKind
    text: str  # as written, decoded
    span: Span
    quoted: bool  # inside quotation marks
    value: str | None = None  # of a literal: what it stands for
    name: str | None = None  # of a variable
    expansion: str = (
        ""  # what follows the name: `:-default`, `[@]`, `//a/b`; `#` for a length, `!` for an indirection
    )


class Lexed:
    """What the lexer finds."""

    __slots__ = ("closers", "comments", "quotations", "substitutions", "variables", "work")

    def __init__(self, work: str) -> None:
        self.work = work  # the text that is read: as long as the given one
        self.comments: list[tuple[int, int]] = []
        self.closers: dict[int, int] = {}  # start of a quotation or expansion -> its end
        self.variables: list[tuple[int, bool]] = []  # start, inside double quotes
        self.quotations: list[tuple[int, int]] = []
        self.substitutions: set[int] = set()  # where `$((` opens a substitution and a subshell, no arithmetic


class ShellText:
    """A shell text of one character a byte, so that an index is an offset, and where its words have their limits."""

    __slots__ = ("_comments", "_quotations", "_variables", "lexed", "place", "text", "unknown")

    def __init__(
        self,
        text: str,
        place: Callable[[int, int], Span],
        unknown: Sequence[tuple[int, int]],
        lexed: Lexed,
    ) -> None:
        self.text = text
        self.place = place  # from offsets of the text to a span of the file
        self.unknown = tuple(sorted(unknown))
        self.lexed = lexed
        self._comments: tuple[Span, ...] | None = None
        self._variables: tuple[Part, ...] | None = None
        self._quotations: tuple[list[int], list[int]] | None = None

    @property
    def span(self) -> Span:
        """The whole text."""
        return self.place(0, len(self.text))

    @property
    def comments(self) -> tuple[Span, ...]:
        """The comments, from the sign to the end of the line."""
        if self._comments is None:
            self._comments = tuple(self.place(start, end) for start, end in self.lexed.comments)
        return self._comments

    @property
    def variables(self) -> tuple[Part, ...]:
        """Every variable that is expanded anywhere, here-documents and arguments of others included, in order."""
        if self._variables is None:
            self._variables = self.variables_between(0, len(self.text))
        return self._variables

    def inside_quotation(self, offset: int) -> bool:
        """Whether an offset of the text lies in a quoted string."""
        if self._quotations is None:
            ranges = sorted(self.lexed.quotations)
            furthest, ends = 0, []
            for _start, end in ranges:
                furthest = max(furthest, end)
                ends.append(furthest)
            self._quotations = [start for start, _end in ranges], ends
        starts, ends = self._quotations
        index = bisect_right(starts, offset - 1) - 1  # the first mark itself is not inside
        return index >= 0 and offset < ends[index]

    def variables_between(self, start: int, end: int) -> tuple[Part, ...]:
        """The variables expanded between two offsets of the text."""
        variables = self.lexed.variables
        low, high = bisect_left(variables, (start, False)), bisect_left(variables, (end, False))
        return tuple(
            variable_part(self, at, self._end_of_variable(at), quoted) for at, quoted in variables[low:high]
        )

    def _end_of_variable(self, start: int) -> int:
        work = self.lexed.work
        if work.startswith("${", start):
            return self.lexed.closers.get(start, len(work))
        end = start + 2
        if work[start + 1].isdigit() or not (work[start + 1].isalnum() or work[start + 1] == "_"):
            return end
        match = _NAME.match(work, start + 1)
        return match.end() if match else end

    def known_ranges(self, start: int, end: int) -> Iterator[tuple[Literal["literal", "unknown"], int, int]]:
        """A stretch cut into what is known and what is not."""
        position = start
        # In the order of the text, and none of them lies in another.
        for number in range(bisect_right(self.unknown, start, key=_end_of), len(self.unknown)):
            from_, upto = self.unknown[number]
            if from_ >= end:
                break
            if from_ > position:
                yield "literal", position, from_
            yield "unknown", max(from_, position), min(upto, end)
            position = min(upto, end)
        if position < end or start == end:
            yield "literal", position, end


def variable_part(script: ShellText, start: int, end: int, quoted: bool) -> Part:
    """The part for `$name` or `${name...}` between two offsets."""
    written = script.text[start:end]
    span = script.place(start, end)
    if not written.startswith("${"):
        return Part("variable", shown(written), span, quoted, None, shown(written[1:]))
    match = _BRACED.match(written)
    if match is None:
        inner = written[2:].removesuffix("}")
        return Part("variable", shown(written), span, quoted, None, "", shown(inner))
    sign, name, rest = match.groups()
    rest = rest.removesuffix("}")
    if sign == "#" and name in "-?" and rest:  # `${#-word}` expands `$#`
        name, rest, sign = "#", name + rest, ""
    return Part("variable", shown(written), span, quoted, None, name, shown(sign + rest))


def shown(text: str) -> str:
    """ShellText of one character a byte as it is shown: UTF-8, what cannot be decoded as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _end_of(stretch: tuple[int, int]) -> int:
    return stretch[1]
