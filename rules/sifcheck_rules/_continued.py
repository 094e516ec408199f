"""Comments in the middle of a continued command, where they end it."""

from __future__ import annotations

from collections.abc import Iterator

from sifcheck.api import Edit, NamedTuple, Script, Span, pattern

# What may stand before the backslash so that a comment is allowed behind it.
_OPEN = pattern(r"(?:&&|\|\|?|[{(;]|\b(?:then|do|else|in))[ \t]*\Z")
_GOES_ON = pattern(r"[ \t]*(?:--?[A-Za-z]|&&|\|)")


class Cut(NamedTuple):
    """A comment that ends a command: its place, the line that is then run by itself, and the edits that move it up."""

    span: Span
    next_span: Span
    edits: tuple[Edit, ...] | None


def cuts(script: Script) -> Iterator[Cut]:
    """The comments of a script that cut a continued command in two."""
    text = script.text
    if "#" not in text or "\\\n" not in text.replace("\r\n", "\n"):
        return
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    comments = {comment.start for comment in script.comments}
    row = 1
    while row < len(lines):
        bare = lines[row].lstrip()
        at = starts[row] + len(lines[row]) - len(bare)
        if (
            not bare.startswith("#")
            or script.place(at, at).start not in comments
            or not _continues(lines[row - 1])
        ):
            row += 1
            continue
        below = row
        while below < len(lines) and lines[below].lstrip().startswith("#"):
            below += 1
        cut = _cut(script, lines, starts, row, below)
        if cut is not None:
            yield cut
        row = below + 1


def _continues(line: str) -> bool:
    """Whether a line ends in a backslash behind which no new command begins."""
    line = line.rstrip("\r")
    if not line.endswith("\\") or line.endswith("\\\\") or line.lstrip().startswith("#"):
        return False
    return _OPEN.search(line[:-1]) is None


def _cut(script: Script, lines: list[str], starts: list[int], row: int, below: int) -> Cut | None:
    first = row - 1
    while first and lines[first - 1].rstrip("\r").endswith("\\"):
        first -= 1
    if below >= len(lines) or not lines[below].strip() or not lines[first].strip(" \t\r\\"):
        return None
    after = lines[below]
    deeper = _indent(after) > _indent(lines[first])
    if not deeper and _GOES_ON.match(after) is None:
        return None
    at = starts[row] + len(lines[row]) - len(lines[row].lstrip())
    next_at = starts[below] + len(after) - len(after.lstrip())
    span = script.place(at, starts[row] + len(lines[row].rstrip()))
    next_span = script.place(next_at, starts[below] + len(after.rstrip(" \t\r\\")))
    return Cut(span, next_span, _moved(script, lines, starts, first, row, below))


def _indent(line: str) -> int:
    text = line.expandtabs(8)
    return len(text) - len(text.lstrip())


def _moved(
    script: Script, lines: list[str], starts: list[int], first: int, row: int, below: int
) -> tuple[Edit, ...] | None:
    """Move the comment lines above the command; None where that would alter their bytes or a template."""
    block = lines[row:below]
    if script.unknown or any("{{" in line for line in lines[first : below + 1]):
        return None
    try:
        texts = [line.strip().rstrip(" \\").encode("latin-1").decode() for line in block]
    except UnicodeDecodeError:
        return None
    head = lines[first]
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    above = script.place(starts[first], starts[first]).start
    gone = script.place(starts[row], starts[below])
    return (
        Edit(above, above, "".join(f"{indent}{text}\n" for text in texts)),
        Edit(gone.start, gone.end, ""),
    )
