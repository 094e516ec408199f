"""A simple command of a script, its redirections, assignments and here-documents, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.assignment import Assignment
from sifcheck.shell.options import find_option, find_option_value, operands
from sifcheck.shell.pieces import shown
from sifcheck.shell.words import Word
from sifcheck.shell.wrappers import Run, look_through, plain_program

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.shell.redirection import Redirection
    from sifcheck.shell.script import List, Script


_WORD = pattern(rb"[^ \t\n;&|()]+")


class Surroundings(NamedTuple):
    """What a statement stands in."""

    function: str | None = None
    subshell: bool = False
    substitution: bool = False
    loop: bool = False
    branch: bool = False
    condition: bool = False
    background: bool = False
    within: Command | None = None  # the command in whose words the substitution stands
    block: int | None = None  # where the outermost loop, branch or group begins that it stands in
    sides: tuple[tuple[int, int], ...] = ()  # of each `if` and `case` round it: where it and this body begin

    @property
    def is_top_level(self) -> bool:
        """Whether it is no function, subshell, substitution, loop, branch or condition."""
        return not (
            self.condition or self.function or self.subshell or self.substitution or self.loop or self.branch
        )


class Command:
    """One simple command.

    A statement of assignments or redirections only is one without words; it is in no list of commands.
    """

    __slots__ = (
        "_base",
        "_last",
        "_pipeline",
        "_plain",
        "_program",
        "_run",
        "_words",
        "around",
        "background",
        "bare",
        "condition",
        "end",
        "handled",
        "list",
        "name_end",
        "or_else",
        "piped_from",
        "piped_into",
        "redirections",
        "script",
        "start",
        "statement_assignments",
        "statement_end",
        "statement_start",
    )

    def __init__(
        self,
        script: Script,
        plain: bytes,
        base: int,
        start: int,
        end: int,
        name_end: int,
        around: Surroundings,
    ) -> None:
        self.script = script
        self.start = start  # of the words, as offsets into the script's text
        self.end = end
        self.name_end = name_end  # of the first word
        self.bare = True  # without words
        self._plain = plain  # the skeleton it was read from, whose first character is at `base`
        self._base = base
        self._words: tuple[Word, ...] | None = None
        self.around = around
        self.condition = around.condition
        self.background = around.background
        self.handled: bool = around.condition or (around.within is not None and around.within.handled)
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
        self.statement_start = start
        self.statement_end = end

    def extend(self, start: int, end: int) -> None:
        """Take in a redirection."""
        self.statement_start = min(self.statement_start, start)
        self.statement_end = max(self.statement_end, end)

    def __repr__(self) -> str:
        return f"Command({shown(self.script.text[self.start : self.end])!r})"

    # -- what it is

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words as written, the name first; redirections and assignments before it are none of them."""
        if self._words is None:
            base, script = self._base, self.script
            spans = () if self.bare else _WORD.finditer(self._plain, self.start - base, self.end - base)
            # A list first: a tuple made of a generator takes half as long again, and this is done for every command.
            self._words = tuple([Word(script, base + match.start(), base + match.end()) for match in spans])
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
        handed = tuple(Assignment.of_word(word, self, prefix=True) for word in self.run.assignments)
        return self.statement_assignments + handed if not self.bare else ()

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
        """Whether nothing else than blanks and a comment stands on its lines, so that these can be deleted."""
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
    def function(self) -> str | None:
        """The function in whose body it stands."""
        return self.around.function

    @property
    def subshell(self) -> bool:
        """Whether it stands in `( )`."""
        return self.around.subshell

    @property
    def substitution(self) -> bool:
        """Whether it stands in `$( )`, backticks or a process substitution."""
        return self.around.substitution

    @property
    def within(self) -> Command | None:
        """The command in whose words the substitution stands that it belongs to."""
        return self.around.within

    @property
    def loop(self) -> bool:
        """Whether it stands in a loop, in its condition or its body."""
        return self.around.loop

    @property
    def branch(self) -> bool:
        """Whether it stands in the body of `if` or `case`."""
        return self.around.branch

    @property
    def top_level(self) -> bool:
        """Whether it stands in no function, subshell, substitution, loop, branch or condition."""
        return not self.condition and self.around.is_top_level

    @property
    def last(self) -> bool:
        """Whether it belongs to the last statement at the top level of the script."""
        return bool(self._last) and self.top_level
