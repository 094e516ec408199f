"""The model of one shell text: what rules ask instead of walking a syntax tree."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.pieces import variable_part
from sifcheck.shell.words import Word

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.shell.assignment import Assignment
    from sifcheck.shell.command import Command
    from sifcheck.shell.lexed import Lexed
    from sifcheck.shell.pieces import Part
    from sifcheck.shell.redirection import Heredoc, Redirection

ProblemKind = Literal["syntax", "here-document", "quote", "continuation", "block", "depth"]
OpenEnd = Literal["here-document", "quote", "continuation", "block"]

ASSIGNMENT = pattern(r"([A-Za-z_]\w*)(?:\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\])?(\+?)=", re.ASCII)


class Problem(NamedTuple):
    """Something that no shell would accept, or that is nested too deep to be followed."""

    kind: ProblemKind
    span: Span
    message: str


class Export(NamedTuple):
    """A name that is exported, with a value or without."""

    name: str
    span: Span
    command: Command
    assignment: Assignment | None


class Loop(NamedTuple):
    """A `for` or `select` loop; `words` None: it goes over the script's own arguments."""

    name: str
    words: tuple[Word, ...] | None
    span: Span


class Element(NamedTuple):
    """One member of an and-or list: a pipeline, of simple commands or of something compound."""

    span: Span
    commands: tuple[Command, ...]
    compound: bool


class List:
    """An and-or list: `A && B || C`."""

    __slots__ = ("background", "elements", "end", "last", "operators", "script", "start", "top_level")

    def __init__(
        self, script: Script, start: int, end: int, operators: tuple[str, ...], top_level: bool
    ) -> None:
        self.script = script
        self.start = start
        self.end = end
        self.operators = operators
        self.elements: tuple[Element, ...] = ()
        self.top_level = top_level
        self.background = False
        self.last = False  # the last statement of its block

    @property
    def span(self) -> Span:
        """From the first to the last member."""
        return self.script.place(self.start, self.end)

    @property
    def commands(self) -> tuple[Command, ...]:
        """All its simple commands in order, those in groups and branches included."""
        return tuple(command for element in self.elements for command in element.commands)


class Script:
    """One shell text as commands, assignments, redirections, lists and here-documents, in source order."""

    __slots__ = (
        "_assignments",
        "_by_program",
        "_commands",
        "_comments",
        "_quotations",
        "_settled",
        "_variables",
        "exported",
        "functions",
        "heredocs",
        "level_openers",
        "lexed",
        "lists",
        "loops",
        "open_at_end",
        "place",
        "problems",
        "redirections",
        "section",
        "text",
        "unknown",
    )

    def __init__(
        self,
        text: str,
        section: Any,
        place: Callable[[int, int], Span],
        unknown: Sequence[tuple[int, int]],
        lexed: Lexed,
    ) -> None:
        self.text = text  # one character a byte, so an index is an offset
        self.section = section
        self.place = place  # from offsets of the text to a span of the file
        self.unknown = tuple(sorted(unknown))
        self.lexed = lexed
        self.level_openers = (
            {level.opener for level in lexed.levels[1:]} if len(lexed.levels) > 1 else frozenset[int]()
        )
        self._commands: tuple[Command, ...] = ()
        self._assignments: tuple[Assignment, ...] = ()
        self._settled: dict[str, str] | None = None
        self.redirections: tuple[Redirection, ...] = ()
        self.heredocs: tuple[Heredoc, ...] = ()
        self.lists: tuple[List, ...] = ()
        self.loops: tuple[Loop, ...] = ()
        self.functions: dict[str, Span] = {}
        self.problems: tuple[Problem, ...] = ()
        self.exported: tuple[Export, ...] = ()
        self.open_at_end: OpenEnd | None = None
        self._by_program: dict[str, list[Command]] | None = None
        self._comments: tuple[Span, ...] | None = None
        self._variables: tuple[Part, ...] | None = None
        self._quotations: tuple[list[int], list[int]] | None = None

    @property
    def span(self) -> Span:
        """The whole text."""
        return self.place(0, len(self.text))

    def commands(self, *names: str) -> tuple[Command, ...]:
        """All commands, or those that run one of the programs named; nested ones included."""
        if not names:
            return self._commands
        if self._by_program is None:
            self._by_program = {}
            for command in self._commands:
                if command.program is not None:
                    self._by_program.setdefault(command.program, []).append(command)
        if len(names) == 1:
            return tuple(self._by_program.get(names[0], ()))
        index = self._by_program
        found = [command for name in dict.fromkeys(names) if name in index for command in index[name]]
        if len(found) > 1:
            found.sort(key=_START)
        return tuple(found)

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """All assignments, those of `export` and before commands included."""
        return self._assignments

    @property
    def settled(self) -> Mapping[str, str]:
        """The variables that are set exactly once, to something known, and outside of branches, loops and functions."""
        if self._settled is None:
            self._settled = _settled_values(self)
        return self._settled

    @property
    def comments(self) -> tuple[Span, ...]:
        """The comments, from the sign to the end of the line."""
        if self._comments is None:
            self._comments = tuple(self.place(start, end) for start, end in sorted(self.lexed.comments))
        return self._comments

    @property
    def variables(self) -> tuple[Part, ...]:
        """Every variable that is expanded anywhere, here-documents and arguments of others included, in order."""
        if self._variables is None:
            self._variables = self.variables_between(0, len(self.text))
        return self._variables

    def variables_between(self, start: int, end: int) -> tuple[Part, ...]:
        """The variables expanded between two offsets of the text."""
        lexed = self.lexed
        low, high = bisect_left(lexed.variables, (start, False)), bisect_left(lexed.variables, (end, False))
        return tuple(
            variable_part(self, at, self._end_of_variable(at), quoted)
            for at, quoted in lexed.variables[low:high]
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

    def exports(self, name: str | None = None) -> tuple[Export, ...]:
        """The names that are exported anywhere (`export`, `declare -x`), or the exports of one name."""
        return tuple(export for export in self.exported if name is None or export.name == name)

    def heredoc_at(self, offset: int) -> Heredoc | None:
        """The here-document in whose body an offset of the text lies."""
        for heredoc in self.heredocs:
            if heredoc.start <= offset < heredoc.end or (offset == len(self.text) and not heredoc.closed):
                return heredoc
        return None

    def inside_word_or_heredoc(self, offset: int) -> bool:
        """Whether an offset of the text lies in a here-document's body or in a quoted string."""
        if self._quotations is None:
            ranges = sorted(self.lexed.quotations)
            furthest, ends = 0, []
            for _start, end in ranges:
                furthest = max(furthest, end)
                ends.append(furthest)
            self._quotations = [start for start, _end in ranges], ends
        starts, ends = self._quotations
        index = bisect_right(starts, offset - 1) - 1  # the first mark itself is not inside
        return (index >= 0 and offset < ends[index]) or self.heredoc_at(offset) is not None

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

    def assignment_at(self, start: int, end: int) -> tuple[str, str | None, bool, int]:
        """Name, index, whether it appends, and where the value begins, of an assignment word."""
        match = ASSIGNMENT.match(self.lexed.work, start, end)
        if match is None:
            return "", None, False, end
        return match.group(1), match.group(2), bool(match.group(3)), match.end()

    def fill(
        self,
        commands: list[Command],
        assignments: list[Assignment],
        redirections: list[Redirection],
        exported: list[Export],
    ) -> None:
        """Take what was read, in source order."""
        commands.sort(key=_START)
        assignments.sort(key=_START)
        redirections.sort(key=_START)
        exported.sort(key=lambda export: export.command.start)
        self._commands = tuple(commands)
        self._assignments = tuple(assignments)
        self.redirections = tuple(redirections)
        self.exported = tuple(exported)


def _settled_values(script: Script) -> dict[str, str]:
    values: dict[str, str] = {}
    seen: set[str] = set()
    for assignment in script.assignments:
        if assignment.prefix:
            continue
        name, word = assignment.name, assignment.value
        if name in seen or assignment.append or assignment.array or not assignment.top_level:
            values.pop(name, None)
        elif word is not None:
            value = word.put_in(values)
            if value is not None:
                values[name] = value
        seen.add(name)
    for loop in script.loops:
        values.pop(loop.name, None)
    return values


def _end_of(stretch: tuple[int, int]) -> int:
    return stretch[1]


_NAME = pattern(r"\w+", re.ASCII)
_START = attrgetter("start")
