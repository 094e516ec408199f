"""What the lexical pass over a shell text finds, as offsets: levels, here-documents, comments, quotations, expansions."""

from __future__ import annotations

from typing import Literal


class Level:
    """The commands of one text: the whole script, or what stands in one substitution."""

    __slots__ = ("depth", "end", "heredoc", "kind", "masks", "opener", "start", "under")

    def __init__(self, kind: str, opener: int, start: int, end: int, depth: int, under: Level | None) -> None:
        self.kind = kind  # "script", "substitution", "process"
        self.opener = opener
        self.start = start
        self.end = end
        self.depth = depth
        self.under = under
        self.masks: list[tuple[int, int, str]] = []
        self.heredoc: Body | None = None  # the here-document whose body holds it


class Body:
    """A here-document as it is written."""

    __slots__ = ("closed", "delimiter", "end", "level", "operator", "quoted", "start", "tabs", "through")

    def __init__(self, operator: int, delimiter: str, quoted: bool, tabs: bool, level: Level) -> None:
        self.operator = operator
        self.delimiter = delimiter
        self.quoted = quoted
        self.tabs = tabs
        self.level = level
        self.start = self.end = self.through = operator  # `through`: behind the line that closes it
        self.closed = False


class Lexed:
    """What the pass finds."""

    __slots__ = (
        "bodies",
        "closers",
        "comments",
        "continued",
        "levels",
        "opened",
        "quotations",
        "too_deep",
        "unclosed_inside",
        "variables",
        "work",
    )

    def __init__(self, work: str) -> None:
        self.work = work  # the text that is parsed: as long as the given one
        self.levels: list[Level] = []
        self.bodies: list[Body] = []
        self.comments: list[tuple[int, int]] = []
        self.closers: dict[int, int] = {}  # start of a quotation or expansion -> its end
        self.variables: list[tuple[int, bool]] = []  # start, inside double quotes
        self.quotations: list[tuple[int, int]] = []
        self.opened: list[tuple[Literal["quote", "block"], int]] = []  # what the text leaves open
        self.unclosed_inside: list[int] = []
        self.continued = -1  # where the last continuation ends
        self.too_deep: int | None = None
