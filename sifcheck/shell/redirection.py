"""Redirections and here-documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.shell.pieces import shown

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.shell.command import Command
    from sifcheck.shell.lexed import Body
    from sifcheck.shell.pieces import Part
    from sifcheck.shell.script import Script
    from sifcheck.shell.words import Word


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

    def __init__(self, redirection: Redirection, body: Body) -> None:
        self.script = redirection.script
        self.redirection = redirection
        self.delimiter = shown(body.delimiter)
        self.quoted = body.quoted  # no expansion in it
        self.tabs = body.tabs  # `<<-`: leading tabs are taken off
        self.start = body.start
        self.end = body.end
        self.through = body.through  # behind the line that closes it
        self.closed = body.closed

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
