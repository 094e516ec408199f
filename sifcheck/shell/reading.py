"""From a shell text to its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sifcheck.base.startup import pattern
from sifcheck.shell.lists import MORE_FOLLOWS
from sifcheck.shell.model import Dialect, Script, ShellProblem
from sifcheck.shell.parser import Parser
from sifcheck.shell.statements import Found
from sifcheck.shell.text import Lexed

if TYPE_CHECKING:
    from sifcheck.base.source import Span

# What shells read each in its way, so that what one of them takes says nothing of another.
_DIFFERS = pattern(r"\\\Z|\[\[|\(\(|\$['\"\[]|&>|\b(?:function|select|time|coproc)\b")
_LAST_ARITHMETIC = pattern(r"(?<!\\)\$\[")
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
    script = Script(text, section, place, ranges, Lexed(_workable(text, ranges, dialect)))
    parser = Parser(script, dialect)
    parser.read_list(frozenset())
    parser.leave_pending()
    _fill(script, parser)
    _conclude(script, parser)
    return script


def _workable(text: str, unknown: Sequence[tuple[int, int]], dialect: Dialect | None) -> str:
    """The text that is read: a CR that ends no line and whatever is not known count as letters, though not of a name.

    So does, for dash and ash, a backslash that ends the text: bash drops it.
    """
    if dialect in ("sh", "ash") and (len(text) - len(text.rstrip("\\"))) % 2:
        text = text[:-1] + "%"
    if "\r" in text:
        text = _LONE_CARRIAGE_RETURN.sub("%", text)
    pieces, at = [], 0
    for start, end in sorted(unknown):
        start = max(start, at)
        if start < end:
            pieces += [text[at:start], "%" * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def _fill(script: Script, parser: Parser) -> None:
    """Give the script what was read, in the order of the text."""
    for statement in parser.everything:
        outer = statement.around.within
        if outer is not None:  # its own are known by now: it stands before this one
            statement.handled = statement.handled or outer.handled
            statement.background = statement.background or outer.background
    start = attrgetter("start")
    script.tree, script.substituted = parser.listed(), parser.substituted
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
    problems = parser.problems
    if parser.dialect == "bash" and not problems and "$[" in script.text:
        problems.extend(_open_arithmetic(script))
    script.refusal = _problem(script, problems[0]) if problems else None
    script.refused_from, script.doubted = (
        parser.refused_from,
        parser.doubted or _DIFFERS.search(script.text) is not None,
    )
    # What follows is taken: a here-document ends with the text, and a continuation continues nothing.
    end = len(script.text)
    unclosed = [heredoc for heredoc in script.heredocs if not heredoc.closed]
    for heredoc in unclosed:
        at = script.text.index("<<", heredoc.redirection.start)
        message = f"no line `{heredoc.delimiter}` closes this here-document"
        problems.append(("here-document", at, at + 2, message, end))
    continued = parser.dangling or (parser.continued == end and end > 0)
    if continued and not parser.dangling:
        problems.append(("continuation", end - 1, end, MORE_FOLLOWS, -1))
    problems.sort(key=lambda problem: (problem[1], problem[2]))
    script.problems = tuple([_problem(script, found) for found in problems])
    if unclosed:
        script.open_at_end = "here-document"
    elif "quote" in parser.left_open:
        script.open_at_end = "quote"
    elif continued:
        script.open_at_end = "continuation"
    elif parser.left_open:
        script.open_at_end = "block"


def _problem(script: Script, found: Found) -> ShellProblem:
    kind, start, end, message, stops = found
    return ShellProblem(
        kind, script.place(start, end), message, script.place(stops, stops) if stops >= 0 else None
    )


def _open_arithmetic(script: Script) -> list[Found]:
    """Where bash's old arithmetic `$[ ]` begins and never ends: without a `]` it is read as letters here."""
    text, lexed = script.lexed.work, script.lexed
    apart = [*lexed.comments, *((one.start, one.end) for one in script.heredocs)]
    apart += [
        (start, end)
        for start, end in lexed.quotations
        if text[start] == "'" or text[start : start + 2] == "$'"
    ]
    for match in _LAST_ARITHMETIC.finditer(text, text.rfind("]") + 1):
        at = match.start()
        if not any(start <= at < end for start, end in apart):
            return [("block", at, at + 2, "`$[` is never closed", len(text))]
    return []
