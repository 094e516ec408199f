"""Which statement a redirection belongs to, and what a substitution stands in: known once a level is read."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sifcheck.shell.command import Command, Surroundings
from sifcheck.shell.redirection import Heredoc, Redirection
from sifcheck.shell.words import Word

if TYPE_CHECKING:
    from sifcheck.shell.lexed import Level
    from sifcheck.shell.script import Script
    from sifcheck.shell.skeleton import Redirect
    from sifcheck.shell.statements import Statements


def attach_redirections(read: Statements) -> None:
    """Give each redirection of the level to the statement it stands in."""
    if not read.redirects:
        return
    bodies = {body.operator: body for body in read.script.lexed.bodies}
    starts = [statement.start for statement in read.statements]
    for redirect in read.redirects:
        redirection = _redirection(read.script, redirect)
        read.redirections.append(redirection)
        command = _owner(read, starts, redirect)
        if command is not None:
            redirection.command = command
            command.redirections += (redirection,)
            command.extend(redirect.start, redirect.end)
        body = bodies.get(redirect.operator)
        if body is not None:
            redirection.heredoc = Heredoc(redirection, body)
            read.heredocs.append(redirection.heredoc)


def _redirection(script: Script, redirect: Redirect) -> Redirection:
    operator = script.lexed.work[redirect.operator : redirect.target_start].rstrip(" \t")
    target = None
    if redirect.target_end > redirect.target_start:
        target = Word(script, redirect.target_start, redirect.target_end)
    return Redirection(script, redirect.start, redirect.end, operator, redirect.fd, target)


def _owner(read: Statements, starts: list[int], redirect: Redirect) -> Command | None:
    """The statement that a redirection stands behind, in or before with nothing but blanks between."""
    base, plain, statements = read.base, read.plain, read.statements
    index = bisect_right(starts, redirect.start) - 1
    if index >= 0:
        before = statements[index]
        gap = plain[before.end - base : redirect.start - base].strip(b" \t")
        if not gap or (gap == b"_" and before.start - base in read.alone):
            return before
    if index + 1 < len(statements) and not plain[redirect.end - base : starts[index + 1] - base].strip(
        b" \t"
    ):
        return statements[index + 1]
    return None


def surroundings_of(read: Statements, level: Level) -> Surroundings:
    """What a substitution of the level just read stands in."""
    if level.heredoc is not None:
        opener = level.heredoc.operator
        command = next((one.command for one in read.redirections if one.start <= opener < one.end), None)
    else:
        opener = level.opener
        command = _statement_at(read, opener)
    if command is not None:
        return command.around._replace(
            substitution=True, condition=command.condition, background=command.background, within=command
        )
    for start, end, around in reversed(read.blocks):
        if start <= opener - read.base < end:
            return around._replace(substitution=True)
    return read.level_around._replace(substitution=True)


def _statement_at(read: Statements, offset: int) -> Command | None:
    if read.starts is None:
        read.starts = [statement.statement_start for statement in read.statements]
    index = bisect_right(read.starts, offset) - 1
    if index >= 0 and offset < read.statements[index].statement_end:
        return read.statements[index]
    return None
