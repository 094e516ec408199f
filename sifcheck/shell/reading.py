"""From a shell text to its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sifcheck.shell.model import Dialect, OpenEnd, Problem, Script
from sifcheck.shell.parser import Parser
from sifcheck.shell.statements import Found
from sifcheck.shell.text import Lexed
from sifcheck.startup import pattern

if TYPE_CHECKING:
    from sifcheck.source import Span

_LONE_CARRIAGE_RETURN = pattern(r"\r(?!\n)")


def parse_script(
    text: str,
    *,
    section: Any = None,
    place: Callable[[int, int], Span],
    unknown: Sequence[tuple[int, int]] = (),
    dialect: Dialect | None = None,
) -> Script:
    """Read a shell text.  Never raises: what no shell would accept becomes a problem of the script.

    `text` has one character a byte.  `place` turns offsets of it into a span of the file.  `unknown` are ranges whose
    content is not known: they count as letters of a word, and a word that holds one has no value.  `dialect` is the shell
    that reads it; without it what any of them takes is taken, and read as bash does.
    """
    ranges = [
        (max(start, 0), min(end, len(text)))
        for start, end in unknown
        if start < end and start < len(text) and end > 0
    ]
    script = Script(text, section, place, ranges, Lexed(_workable(text, ranges)))
    parser = Parser(script, dialect)
    parser.read_list(frozenset())
    parser.leave_pending()
    _hand_over(script, parser)
    _conclude(script, parser)
    return script


def _workable(text: str, unknown: Sequence[tuple[int, int]]) -> str:
    """The text that is read: a CR that ends no line and whatever is not known count as letters, though not of a name."""
    if "\r" in text:
        text = _LONE_CARRIAGE_RETURN.sub("%", text)
    for start, end in unknown:
        text = text[:start] + "%" * (end - start) + text[end:]
    return text


def _hand_over(script: Script, parser: Parser) -> None:
    """Give the script what was read, in the order of the text."""
    for statement in parser.everything:
        outer = statement.around.within
        if outer is not None:  # its own are known by now: it stands before this one
            statement.handled = statement.handled or outer.handled
            statement.background = statement.background or outer.background
    start = attrgetter("start")
    script.take_commands(sorted(parser.commands, key=start))
    script.assignments = tuple(sorted(parser.assignments, key=start))
    script.redirections = tuple(sorted(parser.redirections, key=start))
    script.exported = tuple(sorted(parser.exported, key=lambda export: export.command.start))
    script.heredocs = tuple(sorted(parser.heredocs, key=start))
    script.lists = tuple(sorted(parser.lists, key=lambda one: (one.start, -one.end)))
    script.loops = tuple(sorted(parser.loops, key=lambda loop: loop.span))
    script.lexed.variables.sort()
    script.lexed.comments.sort()


def _conclude(script: Script, parser: Parser) -> None:
    """Say what the text leaves open, and list the problems."""
    end = len(script.text)
    problems = parser.problems
    problems.extend(
        (kind, start, start + 1, "this is opened and never closed") for kind, start in parser.opened
    )
    if parser.dialect != "bash":
        message = "this is opened and not closed where it should be"
        problems.extend(("quote", start, start + 1, message) for start in parser.opened_inside)
    continuation: Found = ("continuation", max(end - 1, 0), end, "the text ends where more should follow")
    if parser.dangling:
        problems.append(continuation)
    refused = min(problems, key=lambda problem: problem[1:3], default=None)
    unclosed = [heredoc for heredoc in script.heredocs if not heredoc.closed]
    for heredoc in unclosed:
        at = script.text.index("<<", heredoc.redirection.start)
        message = f"no line `{heredoc.delimiter}` closes this here-document"
        problems.append(("here-document", at, at + 2, message))
    continued = parser.dangling or (parser.continued == end and end > 0)
    if continued and not parser.dangling:
        problems.append(continuation)
    quoted = any(kind == "quote" for kind, _start in parser.opened)
    script.open_at_end = _open_end(
        bool(unclosed), quoted, continued, parser.open_block or bool(parser.opened)
    )
    problems.sort(key=lambda problem: (problem[1], problem[2]))
    script.problems = tuple(_problem(script, found) for found in problems)
    script.refusal = _problem(script, refused) if refused is not None else None


def _problem(script: Script, found: Found) -> Problem:
    kind, start, end, message = found
    return Problem(kind, script.place(start, end), message)


def _open_end(heredoc: bool, quote: bool, continuation: bool, block: bool) -> OpenEnd | None:
    if heredoc:
        return "here-document"
    if quote:
        return "quote"
    if continuation:
        return "continuation"
    return "block" if block else None
