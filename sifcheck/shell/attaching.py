"""Which statement a redirection belongs to, and what a substitution stands in: known once a level is read."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sifcheck.shell.command import Command, Surroundings
from sifcheck.shell.pieces import shown
from sifcheck.shell.redirection import Heredoc, Redirection
from sifcheck.shell.words import Word

if TYPE_CHECKING:
    from sifcheck.shell.lexed import Level
    from sifcheck.shell.skeleton import Redirect
    from sifcheck.shell.statements import Statements


def attach_redirections(read: Statements) -> None:
    """Give each redirection of the level to the statement it stands in."""
    if not read.redirects:
        return
    script, statements = read.script, read.statements
    starts = [statement._start for statement in statements]
    bodies = {body.operator: body for body in script.lexed.bodies}
    for redirect in read.redirects:
        operator = script.lexed.work[redirect.operator : redirect.target_start].rstrip(" \t")
        target = (
            Word(script, redirect.target_start, redirect.target_end)
            if redirect.target_end > redirect.target_start
            else None
        )
        redirection = Redirection(script, redirect.start, redirect.end, operator, redirect.fd, target)
        read.redirections.append(redirection)
        command = _owner(read, statements, starts, redirect)
        if command is not None:
            redirection.command = command
            command.redirections += (redirection,)
            command._start = min(command._start, redirect.start)
            command._end = max(command._end, redirect.end)
        body = bodies.get(redirect.operator)
        if body is not None:
            redirection.heredoc = heredoc = Heredoc(
                script, redirection, shown(body.delimiter), body.quoted, body.tabs
            )
            heredoc.start, heredoc.end, heredoc.through, heredoc.closed = (
                body.start,
                body.end,
                body.through,
                body.closed,
            )
            read.heredocs.append(heredoc)


def _owner(
    read: Statements, statements: list[Command], starts: list[int], redirect: Redirect
) -> Command | None:
    base, plain = read.base, read.plain
    index = bisect_right(starts, redirect.start) - 1
    if index >= 0 and not plain[statements[index].end - base : redirect.start - base].strip(b" \t"):
        return statements[index]
    if index >= 0 and redirect.start < statements[index].end:
        return statements[index]
    if index + 1 < len(statements) and not plain[redirect.end - base : starts[index + 1] - base].strip(
        b" \t"
    ):
        return statements[index + 1]
    return None


def surroundings_of(read: Statements, level: Level) -> Surroundings:
    """What a substitution of the level just read stands in."""
    command = None
    if level.heredoc is not None:
        operator = level.heredoc.operator
        command = next(
            (one.command for one in read.redirections if one.heredoc and one.start <= operator < one.end),
            None,
        )
        opener = operator
    else:
        opener = level.opener
        for statement in reversed(read.statements):
            if statement._start <= opener < statement._end:
                command = statement
                break
    if command is not None:
        around = command.around
        return around._replace(
            substitution=True, condition=command.condition, background=command.background, within=command
        )
    for start, end, around in reversed(read.blocks):
        if start <= opener - read.base < end:
            return around._replace(substitution=True)
    return read.level_around._replace(substitution=True)
