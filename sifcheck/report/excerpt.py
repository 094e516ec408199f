"""Shows the lines of a file that a finding is about, with strokes under what is meant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sifcheck.base.source import Position, Source, Span, decode
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import CUT, MOST_MARKS, pieces, starts_of
from sifcheck.report.color import Paint

_TAB = "    "

# Characters of a line: the first, and the one behind the last.
_Part = tuple[int, int]

# A bracket over more lines than this shows its first two and last two.
_MOST_LINES = 5

# So few cells for the text of a line are given even where the terminal is narrower.
_LEAST_ROOM = 20


class Mark(NamedTuple):
    """What to underline: the finding itself (`stroke` "^") or a related place ("-"), its label behind it."""

    span: Span
    style: str
    stroke: str = "^"
    label: str = ""


class Placed(NamedTuple):
    """A mark, its first position and the one right behind it; `bracket`: it spans lines."""

    mark: Mark
    first: Position
    last: Position
    bracket: bool


class Excerpt(NamedTuple):
    """Lines of one file to be shown, in order, and the marks on them."""

    source: Source
    numbers: list[int]
    placed: list[Placed]


class _Frame(NamedTuple):
    """What stands left of the text: line numbers of `gutter` cells, and the bracket of the finding."""

    gutter: int
    room: int
    bracket: Placed | None
    paint: Paint


class _Line(NamedTuple):
    """One line as shown: `text` holds its characters from `low` to `high`, `lead` cells before them.

    `starts` are the cells of the characters; the first `skipped` ones of the line are not among them.
    """

    text: str
    starts: Sequence[int]
    low: int
    high: int
    lead: int
    skipped: int

    def cell(self, index: int) -> int:
        """The cell at which character `index` of the whole line is shown; one cut off is where the cut is."""
        index -= self.skipped
        if index < self.low:
            return 0
        return self.starts[min(index, self.high)] - self.starts[self.low] + self.lead

    def base(self, index: int) -> int:
        """`index`, or that of the letter which an accent at `index` is drawn on."""
        at = index - self.skipped
        while self.low < at < self.high and self.starts[at] == self.starts[at + 1]:
            at -= 1
        return at + self.skipped


def lay_out(source: Source, marks: Sequence[Mark]) -> Excerpt:
    """Find the lines to show.  Only the finding itself spans lines; a related place is shown by its first."""
    placed = [_place(source, mark) for mark in marks]
    numbers = {mark.first.line for mark in placed}
    for mark in placed:
        if mark.bracket:
            first, last = mark.first.line, mark.last.line
            few = last - first < _MOST_LINES
            numbers.update(range(first, last + 1) if few else (first, first + 1, last - 1, last))
    # A mark for one line left out would take as much room as the line.
    numbers.update([number + 1 for number in numbers if number + 2 in numbers])
    return Excerpt(source, sorted(numbers), placed)


def draw(excerpt: Excerpt, gutter: int, width: int, paint: Paint) -> list[str]:
    """The rows of an excerpt: an empty one, then each line with the strokes below it."""
    bracket = next((mark for mark in excerpt.placed if mark.bracket), None)
    room = width - gutter - len(" | ") - (2 if bracket else 0)
    frame = _Frame(gutter, max(room, _LEAST_ROOM), bracket, paint)
    rows = [_row(frame, "", "")]
    previous = excerpt.numbers[0]
    for number in excerpt.numbers:
        if number > previous + 1:
            rows.append(_left_out(frame, number))
        rows += _line_rows(frame, excerpt, number)
        previous = number
    return rows


def _place(source: Source, mark: Mark) -> Placed:
    """Where a mark is shown: line ends and empty lines at the end of its span are left out."""
    start = max(0, min(mark.span.start, len(source.data)))
    meant = source.data[start : max(start, mark.span.end)]
    body = meant.rstrip(b"\r\n")
    if b"\n" in body:
        body = body.rstrip()
    if not body and meant[:1] == b"\r":
        body = b"\r"
    first, end = source.position(start), start + len(body)
    # ASCII on one line is counted from its beginning; a long line need not be read once more.
    counted = body.isascii() and b"\n" not in body
    last = Position(first.line, first.column + len(body), end) if counted else source.position(end)
    bracket = mark.stroke == "^" and first.line < last.line
    return Placed(mark, first, last, bracket)


def _line_rows(frame: _Frame, excerpt: Excerpt, number: int) -> list[str]:
    placed = [mark for mark in excerpt.placed if mark.first.line == number and not mark.bracket]
    bracket = frame.bracket
    opens = bracket is not None and number == bracket.first.line
    closes = bracket is not None and number == bracket.last.line
    text = _line_text(excerpt.source, number, placed)
    if len(text) <= frame.room and text.isascii() and text.isprintable():
        line = _Line(text, range(len(text) + 1), 0, len(text), 0, 0)
    else:
        line = _fit(text, *_interest(text, placed, bracket if opens or closes else None, opens), frame.room)
    at_margin = opens and bracket is not None and not text[: bracket.first.column - 1].strip()
    inside = bracket is not None and bracket.first.line < number <= bracket.last.line
    rows = [_row(frame, str(number), line.text, "/" if at_margin else "|" if inside else " ")]
    if bracket is not None and opens and not at_margin:
        rows.append(_bracket_row(frame, " ", line.cell(bracket.first.column - 1)))
    if bracket is not None and closes:
        rows.append(_bracket_row(frame, "|", line.cell(line.base(bracket.last.column - 2))))
    edge = "|" if (inside or opens) and not closes else " "
    return rows + [_row(frame, "", strokes, edge) for strokes in _strokes(line, text, placed, frame.paint)]


def _line_text(source: Source, number: int, placed: Sequence[Placed]) -> str:
    """The decoded line without its end; a CR stays where a mark begins at it."""
    span = source.line_span(number)
    text = decode(source.data[span.start : span.end].removesuffix(b"\n"))
    bare = text.rstrip("\r")
    meant = any(mark.first.column > len(bare) and mark.last.offset > mark.first.offset for mark in placed)
    return text if meant else bare


def _interest(
    text: str, placed: Sequence[Placed], bracket: Placed | None, opens: bool
) -> tuple[_Part, _Part]:
    """The characters that must be seen when a line is cut, and those that should: all that is marked."""
    if bracket is not None:
        at = bracket.first.column - 1 if opens else max(bracket.last.column - 2, 0)
        return (at, at + 1), (at, at + 1)
    parts = [(mark.first.column - 1, _end(text, mark)) for mark in placed]
    if not parts:
        return (0, 0), (0, 0)
    # The finding itself is the first of the marks, if it is on this line.
    return parts[0], (min(first for first, _ in parts), max(last for _, last in parts))


def _end(text: str, placed: Placed) -> int:
    return placed.last.column - 1 if placed.last.line == placed.first.line else len(text.rstrip())


def _fit(text: str, must: _Part, should: _Part, room: int) -> _Line:
    """The part of a line that fits into `room` cells and shows the characters `must`, if it can `should`."""
    # No need to measure all of a line of a megabyte: so many characters fill the room, even accented ones.
    reach = room * (MOST_MARKS + 1)
    skipped, stop = max(0, must[0] - reach), min(len(text), must[0] + reach)
    beyond = stop < len(text)
    text = text[skipped:stop]
    shown = None if text.isascii() and text.isprintable() else pieces(text, _TAB)
    starts: Sequence[int] = range(len(text) + 1) if shown is None else starts_of(shown)
    low, high = 0, len(text)
    if skipped or beyond or starts[-1] > room:
        parts = [
            (_within(first - skipped, text), _within(last - skipped, text)) for first, last in (should, must)
        ]
        low, high = _window(starts, parts, room)
    kept = text[low:high] if shown is None else "".join([piece for piece, _ in shown[low:high]])
    lead = CUT if skipped or low else ""
    trail = CUT if beyond or high < len(text) else ""
    return _Line(lead + kept + trail, starts, low, high, len(lead), skipped)


def _within(index: int, text: str) -> int:
    return min(max(index, 0), len(text))


def _window(starts: Sequence[int], parts: Sequence[_Part], room: int) -> _Part:
    """The characters to keep: around the first of `parts` that fits, else from the beginning of the last."""
    inner = room - 2 * len(CUT)
    fitting = [part for part in parts if starts[part[1]] - starts[part[0]] <= inner]
    first, last = fitting[0] if fitting else parts[-1]
    begin, end, total = starts[first], starts[last], starts[-1]
    if end <= room - len(CUT):
        left, right = 0, room - len(CUT)
    elif total - begin <= room - len(CUT):
        left, right = total - (room - len(CUT)), total
    else:
        left = begin - max(0, (inner - (end - begin)) // 2)
        right = left + inner
    low, high = bisect_left(starts, left), bisect_right(starts, right) - 1
    # An accent without its letter would be drawn onto the mark of the cut.
    while 0 < low < first and starts[low] == starts[low + 1]:
        low += 1
    return low, high


def _strokes(line: _Line, text: str, placed: Sequence[Placed], paint: Paint) -> list[str]:
    """The rows of strokes below a line.  A label ends its row; what stands right of it gets another row."""
    rows: list[str] = []
    used: int | None = None
    for mark in sorted(placed, key=lambda mark: (mark.first.column, mark.mark.stroke != "^")):
        begin = line.cell(line.base(mark.first.column - 1))
        length = max(1, line.cell(_end(text, mark)) - begin)
        stroke = paint(mark.mark.stroke * length, mark.mark.style)
        if mark.mark.label:
            stroke += " " + paint(mark.mark.label, mark.mark.style)
        if used is None or begin <= used:
            rows.append(" " * begin + stroke)
        else:
            rows[-1] += " " * (begin - used) + stroke
        used = None if mark.mark.label else begin + length
    return rows


def _row(frame: _Frame, number: str, text: str, edge: str = " ") -> str:
    bar = frame.paint(f"{number:>{frame.gutter}} |", "frame")
    if frame.bracket is None or not (text or edge.strip()):
        return f"{bar} {text}" if text else bar
    edge = frame.paint(edge, frame.bracket.mark.style) if edge.strip() else edge
    return f"{bar} {edge} {text}" if text else f"{bar} {edge}"


def _bracket_row(frame: _Frame, edge: str, cell: int) -> str:
    bar = frame.paint(f"{'':>{frame.gutter}} |", "frame")
    style = frame.bracket.mark.style if frame.bracket is not None else "strong"
    return f"{bar} {frame.paint(edge + '_' * (cell + 1) + '^', style)}"


def _left_out(frame: _Frame, following: int) -> str:
    mark = frame.paint(CUT, "frame")
    bracket = frame.bracket
    if bracket is None or not bracket.first.line < following <= bracket.last.line:
        return mark
    return mark + " " * (frame.gutter + len(" | ") - len(CUT)) + frame.paint("|", bracket.mark.style)
