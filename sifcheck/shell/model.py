"""The model of a shell text: what rules ask instead of walking a syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.options import find_option, find_option_value, operands
from sifcheck.shell.text import Lexed, Part, ShellText, shown
from sifcheck.shell.words import WrittenWord
from sifcheck.shell.wrappers import Run, look_through, plain_program

if TYPE_CHECKING:
    from sifcheck.base.source import Span

ProblemKind = Literal["syntax", "pattern", "here-document", "quote", "continuation", "block", "depth"]
OpenEnd = Literal["here-document", "quote", "continuation", "block"]
Dialect = Literal["sh", "bash", "ash"]
"""The shell that reads: `sh` is dash, and what POSIX says; `ash` is busybox's."""

ASSIGNMENT = pattern(r"([A-Za-z_]\w*)(?:\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\])?(\+?)=", re.ASCII)


class Word(WrittenWord):
    """One word as it is written, and what can be said of its value without running anything."""

    __slots__ = ()

    script: Script


class ShellProblem(NamedTuple):
    """Something that no shell would accept, or that is nested too deep to be followed.

    `stops` is where a shell finds out, if that is not where it stands: what is opened is missed further down.
    """

    kind: ProblemKind
    span: Span
    message: str
    stops: Span | None = None


class Surroundings(NamedTuple):
    """What a statement stands in."""

    function: str | None = None
    subshell: bool = False
    substitution: bool = False
    loop: bool = False
    branch: bool = False
    condition: bool = False
    within: Command | None = None  # the command in whose words the substitution stands
    block: int | None = None  # where the outermost loop, branch or group begins that it stands in
    sides: tuple[tuple[int, int], ...] = ()  # of each `if` and `case` round it: where it and this body begin

    @property
    def is_top_level(self) -> bool:
        """Whether it is no function, subshell, substitution, loop, branch or condition."""
        return not (
            self.condition or self.function or self.subshell or self.substitution or self.loop or self.branch
        )


class _Placed:
    """What stands in the script: what it stands in."""

    __slots__ = ()

    around: Surroundings

    @property
    def function(self) -> str | None:
        """The function in whose body it stands."""
        return self.around.function

    @property
    def subshell(self) -> bool:
        """Whether it stands in `( )`, so that a value given there is lost outside."""
        return self.around.subshell

    @property
    def substitution(self) -> bool:
        """Whether it stands in `$( )`, backticks or a process substitution."""
        return self.around.substitution

    @property
    def loop(self) -> bool:
        """Whether it stands in a loop, in its condition or its body."""
        return self.around.loop

    @property
    def branch(self) -> bool:
        """Whether it stands in the body of `if` or `case`."""
        return self.around.branch

    @property
    def condition(self) -> bool:
        """Whether it stands in a condition or is negated."""
        return self.around.condition

    @property
    def top_level(self) -> bool:
        """Whether it stands in no function, subshell, substitution, loop, branch or condition."""
        return self.around.is_top_level


class Command(_Placed):
    """One simple command.

    A statement of assignments or redirections only is one without words; it is in no list of commands.
    """

    __slots__ = (
        "_last", "_pipeline", "_program", "_run", "_spans", "_words", "around", "background", "bare",
        "end", "handled", "list", "name_end", "or_else", "piped_from", "piped_into", "redirections",
        "script", "start", "statement_assignments", "statement_end", "statement_start",
    )  # fmt: skip

    def __init__(self, script: Script, start: int, around: Surroundings) -> None:
        self.script = script
        # Of the words, as offsets into the script's text; `name_end`: of the first word.
        self.start = self.end = self.name_end = self.statement_start = self.statement_end = start
        self.around = around
        self.bare = True  # without words
        self._spans: Sequence[tuple[int, int]] = ()
        self._words: tuple[Word, ...] | None = None
        self.background = False
        self.handled = around.condition  # a failure is taken up
        self.or_else: Command | None = None
        self.piped_into: Command | None = None
        self.piped_from: Command | None = None
        self.list: List | None = None
        self.redirections: tuple[Redirection, ...] = ()
        self.statement_assignments: tuple[Assignment, ...] = ()
        self._pipeline: tuple[Command, ...] | None = None
        self._program: tuple[str | None] | None = None
        self._run: Run | None = None
        self._last: bool | None = None  # of its block and of all round it; None: not said yet

    def take_words(self, spans: list[tuple[int, int]], assignments: int) -> None:
        """Take where its words stand, of which so many are assignments before it."""
        if not spans:
            return
        words = spans[assignments:] or spans
        self.start, self.name_end = words[0]
        self.end = words[-1][1]
        self.bare = assignments == len(spans)
        if not self.bare:
            self._spans = words
        self.statement_start = min(self.statement_start, spans[0][0])
        self.statement_end = max(self.statement_end, self.end)

    def take_redirections(self, redirections: Sequence[Redirection]) -> None:
        """Take its redirections, in source order."""
        self.redirections = tuple(redirections)
        self.statement_start = min(self.statement_start, redirections[0].start)
        self.statement_end = max(self.statement_end, redirections[-1].end)

    def __repr__(self) -> str:
        return f"Command({shown(self.script.text[self.start : self.end])!r})"

    # -- what it is

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words as written, the name first; redirections and assignments before it are none of them."""
        if self._words is None:
            script = self.script
            # A list first: a tuple made of a generator takes half as long again, and this is done for every command.
            self._words = tuple([Word(script, start, end) for start, end in self._spans])
        return self._words

    @property
    def name(self) -> str | None:
        """The first word's value; None if it hangs on an expansion."""
        return None if self.bare else self.words[0].value

    @property
    def run(self) -> Run:
        """What it really runs, and which of its words says so."""
        if self._run is None:
            self._run = look_through(self.words)
        return self._run

    @property
    def program(self) -> str | None:
        """The base name of what is really run: behind `sudo`, `env`, `timeout` and the like, without its folder."""
        if self._program is None:
            self._program = (self._find_program(),)
        return self._program[0]

    def _find_program(self) -> str | None:
        if self._run is None and not self.bare and not self.script.unknown:
            name = plain_program(self.script.text[self.start : self.name_end])
            if name is not None:
                return name
        return self.run.program

    @property
    def program_word(self) -> Word | None:
        """The word that names the program."""
        return None if self.bare else self.words[self.run.position]

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program's."""
        return self.words[self.run.position + 1 :]

    @property
    def prefix(self) -> tuple[Assignment, ...]:
        """The assignments that hold for this command alone, those handed over by `env` or `sudo` included."""
        if self.bare:
            return ()
        handed = [Assignment(self, word.start, word.end, self, prefix=True) for word in self.run.assignments]
        # A quoted one, as `env "A=b"`, has no name where it is written.
        return (*self.statement_assignments, *(one for one in handed if one.name))

    def option(self, *names: str, takes_value: Sequence[str] = ()) -> Word | None:
        """The word that gives one of the options, which are named with their dashes.

        `-y` is found in `-qy` too, `--opt` in `--opt=value`; the search ends at `--`.  With `takes_value` (options whose
        value is the next word) a value is not mistaken for an option.
        """
        return find_option(self.arguments, names, takes_value)

    def option_value(self, *names: str, takes_value: Sequence[str] = ()) -> Word | None:
        """The value of one of the options: of `--opt=value`, `--opt value`, `-p value`, `-pvalue`.

        A value glued to its option is a word with a span of its own.  None without such an option, or without a value.
        """
        return find_option_value(self.arguments, names, takes_value)

    def operands(self, takes_value: Sequence[str] = ()) -> tuple[Word, ...]:
        """The arguments that are no options, nor values of the options in `takes_value`."""
        return operands(self.arguments, takes_value)

    # -- where it stands

    @property
    def span(self) -> Span:
        """From the first to the last word."""
        return self.script.place(self.start, self.end)

    @property
    def name_span(self) -> Span:
        """The first word."""
        return self.script.place(self.start, self.end if self.bare else self.name_end)

    @property
    def statement_span(self) -> Span:
        """The whole simple statement, from the first assignment to the last redirection."""
        return self.script.place(self.statement_start, self.statement_end)

    @property
    def line_span(self) -> Span:
        """The whole lines of the statement, its here-documents and the last line end included: what to delete."""
        return self.script.place(*self.lines)

    @property
    def lines(self) -> tuple[int, int]:
        """`line_span` in offsets of the text."""
        text = self.script.text
        end = self.statement_end
        for redirection in self.redirections:
            if redirection.heredoc is not None:
                end = max(end, redirection.heredoc.through - 1)
        line_end = text.find("\n", end)
        return text.rfind("\n", 0, self.statement_start) + 1, len(text) if line_end < 0 else line_end + 1

    @property
    def fills_lines(self) -> bool:
        """Whether nothing else than spaces and a comment stands on its lines, so that these can be deleted."""
        start, end = self.lines
        before = self.script.text[start : self.statement_start]
        line_end = self.script.text.find("\n", self.statement_end)
        behind = self.script.text[self.statement_end : end if line_end < 0 else line_end].strip()
        return not before.strip() and (not behind or behind[0] == "#" or behind == ";")

    @property
    def pipeline(self) -> tuple[Command, ...]:
        """The simple commands of its pipeline, itself included."""
        return self._pipeline if self._pipeline is not None else (self,)

    @property
    def pipeline_index(self) -> int:
        """Its place in `pipeline`."""
        return next(index for index, command in enumerate(self.pipeline) if command is self)

    @property
    def within(self) -> Command | None:
        """The command in whose words the substitution stands that it belongs to."""
        return self.around.within

    @property
    def last(self) -> bool:
        """Whether it belongs to the last statement at the top level of the script."""
        return bool(self._last) and self.top_level


class Assignment(_Placed):
    """A variable that is given a value: on its own, before a command, or as an argument of `export` and its like."""

    __slots__ = (
        "append", "around", "array", "command", "end", "exported", "index", "name", "prefix", "script",
        "start", "statement", "value",
    )  # fmt: skip

    def __init__(
        self, statement: Command, start: int, end: int, command: Command | None, prefix: bool
    ) -> None:
        self.script = script = statement.script
        self.statement = statement
        self.around = statement.around
        self.command = command
        self.prefix = prefix
        self.exported = False
        self.start = start
        self.end = end
        self.name, self.index, self.append, value_start = "", None, False, end
        match = ASSIGNMENT.match(script.lexed.work, start, end)
        if match is not None:
            self.name, self.index, self.append = match.group(1), match.group(2), bool(match.group(3))
            value_start = match.end()
        self.value: Word | None = Word(script, value_start, end) if value_start < end else None
        self.array = self.value is not None and self.value.is_array

    def __repr__(self) -> str:
        return f"Assignment({shown(self.script.text[self.start : self.end])!r})"

    @property
    def span(self) -> Span:
        """From the name to the end of the value."""
        return self.script.place(self.start, self.end)

    @property
    def name_span(self) -> Span:
        """The name alone."""
        return self.script.place(self.start, self.start + len(self.name))

    @property
    def handled(self) -> bool:
        """Whether the failure of its statement is taken up."""
        return self.statement.handled


class Redirection:
    """`> file`, `2>&1`, `<<EOF`, `<<< word`."""

    __slots__ = ("command", "end", "fd", "heredoc", "operator", "script", "start", "target")

    def __init__(
        self, script: Script, start: int, end: int, operator: str, fd: int | None, target: Word | None
    ) -> None:
        self.script = script
        self.start = start
        self.end = end
        self.operator = operator
        self.fd = fd
        self.target = target
        self.command: Command | None = None  # None: it belongs to a loop, a branch or a group
        self.heredoc: Heredoc | None = None

    def __repr__(self) -> str:
        return f"Redirection({shown(self.script.text[self.start : self.end])!r})"

    @property
    def span(self) -> Span:
        """From the descriptor to the end of the target."""
        return self.script.place(self.start, self.end)

    @property
    def writes(self) -> bool:
        """Whether it opens a file for writing."""
        if self.operator in (">&", "<&"):
            value = self.target.value if self.target is not None else None
            return self.operator == ">&" and value is not None and not value.isdigit() and value != "-"
        return self.operator in (">", ">>", ">|", "&>", "&>>", "<>")


class Heredoc:
    """A here-document; the span is that of its lines, without the one that closes it."""

    __slots__ = ("closed", "delimiter", "end", "quoted", "redirection", "script", "start", "tabs", "through")

    def __init__(self, redirection: Redirection, delimiter: str, quoted: bool, tabs: bool) -> None:
        self.script = redirection.script
        self.redirection = redirection
        self.delimiter = delimiter
        self.quoted = quoted  # no expansion in it
        self.tabs = tabs  # `<<-`: leading tabs are taken off
        self.start = self.end = redirection.end
        self.through = redirection.end  # behind the line that closes it
        self.closed = False

    def __repr__(self) -> str:
        return f"Heredoc({self.delimiter!r})"

    @property
    def command(self) -> Command | None:
        """The command it is fed to; None for a loop, a branch or a group."""
        return self.redirection.command

    @property
    def span(self) -> Span:
        """The lines between the one with the operator and the one that closes it."""
        return self.script.place(self.start, self.end)

    @property
    def text(self) -> str:
        """Its lines as written, line ends as the runtime sees them."""
        return shown(self.script.text[self.start : self.end].replace("\r\n", "\n"))

    @property
    def variables(self) -> tuple[Part, ...]:
        """The variables that are expanded in it."""
        return () if self.quoted else self.script.variables_between(self.start, self.end)


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
        self,
        script: Script,
        start: int,
        end: int,
        operators: tuple[str, ...],
        elements: tuple[Element, ...],
        top_level: bool,
    ) -> None:
        self.script = script
        self.start = start
        self.end = end
        self.operators = operators
        self.elements = elements
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


class Script(ShellText):
    """One shell text as commands, assignments, redirections, lists and here-documents, in source order."""

    __slots__ = (
        "_by_program", "_commands", "_settled", "assignments", "doubted", "exported", "functions", "heredocs",
        "lists", "loops", "open_at_end", "problems", "redirections", "refusal", "refused_from", "section",
        "substituted", "tree",
    )  # fmt: skip

    def __init__(
        self,
        text: str,
        section: Any,
        place: Callable[[int, int], Span],
        unknown: Sequence[tuple[int, int]],
        lexed: Lexed,
    ) -> None:
        super().__init__(text, place, unknown, lexed)
        self.section = section
        self._commands: tuple[Command, ...] = ()
        self._by_program: dict[str, list[Command]] | None = None
        self._settled: dict[str, str] | None = None
        self.assignments: tuple[Assignment, ...] = ()  # those of `export` and before commands included
        self.redirections: tuple[Redirection, ...] = ()
        self.heredocs: tuple[Heredoc, ...] = ()
        self.lists: tuple[List, ...] = ()
        self.loops: tuple[Loop, ...] = ()
        self.functions: dict[str, Span] = {}
        self.exported: tuple[Export, ...] = ()
        self.problems: tuple[ShellProblem, ...] = ()
        self.refusal: ShellProblem | None = (
            None  # the first problem for which the shell runs nothing of the script
        )
        self.refused_from = 0  # where the outermost statement begins in which the shell stops
        self.doubted = False  # read without a shell being named: whether one of them may refuse it
        self.open_at_end: OpenEnd | None = None
        self.tree: Any = None  # what shell/tree.py gives, as is `substituted`
        self.substituted: Mapping[int, Any] = {}

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
            found.sort(key=attrgetter("start"))
        return tuple(found)

    def take_commands(self, commands: Sequence[Command]) -> None:
        """Take the commands, in source order."""
        self._commands = tuple(commands)

    @property
    def constants(self) -> Mapping[str, str]:
        """The variables that are set exactly once, to something known, and outside of branches, loops and functions."""
        if self._settled is None:
            self._settled = _settled_values(self)
        return self._settled

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
        return self.inside_quotation(offset) or self.heredoc_at(offset) is not None


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
            value = word.substituted(values)
            if value is not None:
                values[name] = value
        seen.add(name)
    for loop in script.loops:
        values.pop(loop.name, None)
    return values
