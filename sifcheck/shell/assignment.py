"""An assignment: `NAME=value` on its own, before a command, or as an argument of `export` and its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.shell.pieces import shown
from sifcheck.shell.words import Word

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.shell.command import Command
    from sifcheck.shell.script import Script


class Assignment:
    """A variable that is given a value."""

    __slots__ = (
        "append",
        "array",
        "command",
        "end",
        "exported",
        "index",
        "name",
        "prefix",
        "start",
        "statement",
        "value",
    )

    def __init__(
        self, statement: Command, start: int, end: int, command: Command | None, prefix: bool
    ) -> None:
        script = statement.script
        match = script.assignment_at(start, end)
        self.statement = statement
        self.command = command
        self.prefix = prefix
        self.exported = False
        self.start = start
        self.end = end
        self.name, self.index, self.append, value_start = match
        self.value: Word | None = Word(script, value_start, end) if value_start < end else None
        self.array = self.value is not None and self.value.is_array

    @classmethod
    def of_word(cls, word: Word, command: Command, prefix: bool) -> Assignment:
        """The assignment that a word of a command is."""
        return cls(command, word.start, word.end, command, prefix)

    def __repr__(self) -> str:
        return f"Assignment({shown(self.script.text[self.start : self.end])!r})"

    @property
    def script(self) -> Script:
        """The script it stands in."""
        return self.statement.script

    @property
    def span(self) -> Span:
        """From the name to the end of the value."""
        return self.script.place(self.start, self.end)

    @property
    def name_span(self) -> Span:
        """The name alone."""
        return self.script.place(self.start, self.start + len(self.name))

    @property
    def function(self) -> str | None:
        """The function in whose body it stands."""
        return self.statement.function

    @property
    def subshell(self) -> bool:
        """Whether it stands in a subshell, so that its value is lost outside."""
        return self.statement.subshell

    @property
    def substitution(self) -> bool:
        """Whether it stands in a substitution."""
        return self.statement.substitution

    @property
    def loop(self) -> bool:
        """Whether it stands in a loop."""
        return self.statement.loop

    @property
    def branch(self) -> bool:
        """Whether it stands in the body of `if` or `case`."""
        return self.statement.branch

    @property
    def condition(self) -> bool:
        """Whether it stands in a condition or is negated."""
        return self.statement.condition

    @property
    def handled(self) -> bool:
        """Whether the failure of its statement is taken up."""
        return self.statement.handled

    @property
    def top_level(self) -> bool:
        """Whether it stands in no function, subshell, substitution, loop, branch or condition."""
        return self.statement.top_level
