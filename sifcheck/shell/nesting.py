"""What is open while a shell text is read: quotations, expansions, substitutions, and lists in parentheses."""

from __future__ import annotations

import re

from sifcheck.shell.lexed import Body, Level, Lexed
from sifcheck.shell.tokens import ARITHMETIC, BEFORE_COMMAND, INNER, LAST_WORD, PARENTHESES

MOST_LEVELS = 40
"""How deep substitutions are followed; what lies deeper is passed over and reported as a problem."""


class Frame:
    """Something open: a quotation, an expansion, a substitution, a list in parentheses."""

    __slots__ = ("cases", "depth", "kind", "level", "pattern", "quoted", "sink", "start")

    def __init__(
        self,
        kind: str,
        start: int,
        pattern: re.Pattern[str],
        level: Level | None,
        sink: list[tuple[int, int, str]] | None,
        quoted: bool = False,
    ) -> None:
        self.kind = kind
        self.start = start
        self.pattern = pattern
        self.level = level
        self.sink = sink
        self.quoted = quoted
        self.depth = 1
        self.cases: list[int] = []


class Pass:
    """The state of the one pass."""

    __slots__ = (
        "body",
        "found",
        "joined",
        "joined_before",
        "limit",
        "main",
        "matches",
        "pending",
        "position",
        "stack",
        "tasks",
        "work",
    )

    def __init__(self, work: str) -> None:
        self.work = work
        self.found = Lexed(work)
        self.tasks: list[tuple[int, int, Level, Body | None]] = []
        self.stack: list[Frame] = []
        self.pending: list[Body] = []
        self.position = self.limit = 0
        self.joined = -1
        self.joined_before = ""
        self.main = True
        self.body: Body | None = None  # the here-document that is read
        self.matches: dict[int, int] | None = None


def close_frame(state: Pass, frame: Frame, inner_end: int, end: int) -> None:
    """End what was opened last: `inner_end` is where its content ends, `end` is behind its closing sign."""
    state.found.closers[frame.start] = end
    state.stack.pop()
    if frame.kind == "inner" and frame.level is not None and frame.sink is not None:
        frame.level.end = inner_end
    outer = state.stack[-1]
    if frame.kind == "test":
        return
    if outer.sink is not None:
        outer.sink.append((frame.start, end, "_"))
    if frame.kind == "double":
        state.found.quotations.append((frame.start, end))


def close_quotation(state: Pass, frame: Frame, start: int, end: int) -> None:
    """Note a quotation that was read in one go."""
    state.found.closers[start] = end
    state.found.quotations.append((start, end))
    if frame.sink is not None:
        frame.sink.append((start, end, "_"))


def leave_open(state: Pass, start: int) -> None:
    """Note that the stretch ends inside a quotation."""
    if state.main:
        state.found.opened.append(("quote", start))
    else:
        state.found.unclosed_inside.append(start)


def deeper(state: Pass, frame: Frame, kind: str, opener: int, start: int) -> Level | None:
    """The level for a substitution; None where they are nested too deep."""
    above = frame.level
    if above is None or above.depth >= MOST_LEVELS:
        state.found.too_deep = opener if state.found.too_deep is None else state.found.too_deep
        return None
    level = Level(kind, opener, start, state.limit, above.depth + 1, above)
    if state.body is not None and above is state.body.level:
        level.heredoc = state.body
    state.found.levels.append(level)
    return level


def open_level(state: Pass, frame: Frame, kind: str, opener: int, start: int) -> None:
    """Begin a substitution."""
    level = deeper(state, frame, kind, opener, start)
    state.stack.append(Frame("inner", opener, INNER, level, level.masks if level is not None else None))


def open_arithmetic(state: Pass, frame: Frame, start: int) -> None:
    """Begin `$(( ))` or `(( ))`."""
    inner = Frame("arithmetic", start, ARITHMETIC, frame.level, None, quoted=True)
    inner.depth = 2
    state.stack.append(inner)


def at_command(state: Pass, frame: Frame, at: int) -> bool:
    """Whether a command may begin here, as far as the text before tells."""
    before = state.work[max(frame.start, at - 200) : at].rstrip(" \t")
    while before.endswith("\\\n"):
        before = before[:-2].rstrip(" \t")
    if not before or before[-1] in "\n;&|()`{!":
        return True
    word = LAST_WORD.search(before, max(0, len(before) - 6))
    return (
        word is not None
        and word.group() in BEFORE_COMMAND
        and before[word.start() - 1 : word.start()] in ("", *" \t\n;&|()")
    )


def is_arithmetic(state: Pass, at: int, unknown: bool) -> bool:
    """Whether two opening parentheses are closed by two that stand side by side."""
    if state.matches is None:
        state.matches = _pairs(state.work)
    outer, inner = state.matches.get(at), state.matches.get(at + 1)
    return unknown if outer is None or inner is None else outer == inner + 1


def _pairs(work: str) -> dict[int, int]:
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in PARENTHESES.finditer(work):
        if match.group() == "(":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    return pairs
