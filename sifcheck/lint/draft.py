"""What a rule yields: a place, values for its sentence, and edits; the engine makes a Finding of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from sifcheck.base.findings import Confidence, Edit, Profile, Related, Remedy, Severity
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern

if TYPE_CHECKING:
    from sifcheck.shell import Command


class HasSpan(Protocol):
    """A node of any model: it knows where it stands."""

    @property
    def span(self) -> Span:
        """Where the node stands in its file."""
        ...


Place = HasSpan | Span


class Draft(NamedTuple):
    """A finding before the engine has put code, severity and words to it."""

    span: Span
    key: str
    values: dict[str, Any]
    edits: tuple[Edit, ...]
    safe: bool | None
    severity: Severity | None
    confidence: Confidence | None
    profile: Profile | None
    related: tuple[Related, ...]
    secret: bool = False
    remedies: tuple[Remedy, ...] = ()
    supersedes: tuple[str, ...] = ()
    within: Span | None = None


def finding(
    at: Place,
    key: str = "",
    /,
    *,
    fix: Edit | Iterable[Edit] | None = None,
    safe: bool | None = None,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    profile: Profile | None = None,
    related: Iterable[Related] = (),
    secret: bool = False,
    remedies: Iterable[Remedy] = (),
    supersedes: Iterable[str] = (),
    within: Place | None = None,
    **values: Any,
) -> Draft:
    """Report something at a node or span.

    `key` picks one of the rule's messages where it has several; `values` fill the message and the help.  `fix` is one
    edit or several that belong together; `safe` is whether they can be applied without a look (default: as the rule
    says).  Severity, confidence and profile are the rule's unless given here.  `secret`: the text at `at` is a password
    or the like, which no report may show; `values` must not hold it either.  `remedies` are what a build can be started
    with so that nothing is wrong any more; `supersedes` are codes of other rules, besides those that the rule states,
    whose findings need not be told beside this one: on its line, or anywhere in the stretch `within` where one is given.
    """
    edits = () if fix is None else (fix,) if isinstance(fix, Edit) else tuple(fix)
    return Draft(
        span_of(at),
        key,
        values,
        edits,
        safe,
        severity,
        confidence,
        profile,
        tuple(related),
        secret,
        tuple(remedies),
        tuple(supersedes),
        None if within is None else span_of(within),
    )


def related(at: Place, message: str, source: Source | None = None) -> Related:
    """Another place that belongs to a finding, with words of its own."""
    return Related(message, span_of(at), source)


def span_of(at: Place) -> Span:
    """The span of a node, or the span itself."""
    return at if isinstance(at, Span) else at.span


def replace(at: Place, text: str) -> Edit:
    """The edit that puts `text` where the node or span is."""
    span = span_of(at)
    return Edit(span.start, span.end, text)


NOWHERE = Edit(-1, -1, "")
"""The edit that cannot be made: a finding whose fix holds it goes without a fix."""


def insert_before(at: Place, text: str) -> Edit:
    """The edit that puts `text` right before the node; before a command: a line of its own above its statement.

    The statement is the whole `A && B` list or pipeline that the command belongs to.  Where other commands stand
    before it on its line, `text` goes between them; where nothing can be put, as inside a condition, this is NOWHERE.
    """
    command = _command(at)
    if command is None:
        start = span_of(at).start
        return Edit(start, start, text)
    source, span = _statement(command)
    line = source.line_span(source.line_of(span.start))
    before = source.text[line.start : span.start].strip()
    if command.substitution or _PIPE_BEFORE.search(source.text, max(0, span.start - 200), span.start):
        return NOWHERE
    if not before or _CONDITION_BEFORE.fullmatch(before):
        return Edit(line.start, line.start, _indented(source, line, text))
    if command.condition or before.endswith("!"):
        return NOWHERE
    return Edit(span.start, span.start, f"{_on_one_line(text)}; ")


def insert_after(at: Place, text: str) -> Edit:
    """The edit that puts `text` right after the node; after a command: a line of its own below its statement.

    The statement is the whole `A && B` list or pipeline that the command belongs to, here-documents included.  Where
    other commands follow on its line, `text` goes between them; where nothing can be put, as inside a condition, this
    is NOWHERE.
    """
    command = _command(at)
    if command is None:
        end = span_of(at).end
        return Edit(end, end, text)
    source, span = _statement(command)
    if command.condition or command.substitution:
        return NOWHERE
    ending = _ENDING.match(source.text, span.end)
    if ending is None:
        follows = _FOLLOWS.match(source.text, span.end)
        return NOWHERE if follows is None else Edit(span.end, span.end, f"; {_on_one_line(text)}")
    first = source.line_span(source.line_of(span.start))
    below = _behind_heredocs(command, first.start, ending.end())
    if below is None:
        return NOWHERE
    lines = _indented(source, first, text)
    return Edit(below, below, lines if source.text[below - 1] == "\n" else f"\n{lines}")


def delete(at: Place) -> Edit:
    """The edit that takes the node away; of a command its whole lines, if nothing else stands on them.

    Of `A && B` the other one is left.  A command that the shell needs there (inside a pipeline, a condition, a
    substitution or a block) becomes `:`, which does nothing.
    """
    if not hasattr(at, "statement_span"):
        return replace(at, "")
    command: Command = at  # type: ignore[assignment]
    source, span = _source(command), command.statement_span
    alone = command.top_level and command.list is None and len(command.pipeline) == 1
    if not alone or _OPENED_BEFORE.search(source.text, max(0, span.start - 200), span.start):
        if any(redirection.heredoc for redirection in command.redirections):
            return NOWHERE
        return (None if command.condition else _without_member(command)) or replace(span, ":")
    line = source.line_span(source.line_of(span.start))
    ending = _ENDING.match(source.text, span.end)
    if ending and not ending["comment"] and not source.text[line.start : span.start].strip():
        end = _behind_heredocs(command, line.start, ending.end())
        return NOWHERE if end is None else Edit(line.start, end, "")
    if any(redirection.heredoc for redirection in command.redirections):
        return NOWHERE
    if ending:
        return Edit(span.start, ending.start("comment") if ending["comment"] else span.end, "")
    follows = _SEPARATOR.match(source.text, span.end)
    return Edit(span.start, follows.end(), "") if follows else replace(span, ":")


# What may stand behind the last statement of a line, its line end included.
_ENDING = pattern(r"[ \t]*(?:;(?!;)|&(?!&))?[ \t]*(?P<comment>#[^\n]*?)?\r?(?:\n|\Z)")
# What may stand behind a statement that is followed by another one, or by the end of a block, on its line.
_FOLLOWS = pattern(r"(?:[ \t]|\\\r?\n)*[;)}]")
_SEPARATOR = pattern(r"[ \t]*(?:;(?!;)|&(?!&))[ \t]*")
_CONDITION_BEFORE = pattern(r"(?:(?:if|while|until)\b *)?!?")
# What a block or a pipeline begins with, behind which a command is needed.
_OPENED_BEFORE = pattern(r"[{(|](?:\s|\\\r?\n|#[^\n]*\n)*\Z")
_PIPE_BEFORE = pattern(r"\|&?(?:\s|\\\r?\n)*\Z")


def _command(at: Place) -> Command | None:
    """The command that a place is, or the one that the substitution stands in which it is part of."""
    if not hasattr(at, "statement_span"):
        return None
    command: Command = at  # type: ignore[assignment]
    while command.within is not None:
        command = command.within
    return command


def _source(command: Command) -> Source:
    holder = command.script.section
    source: Source = holder.stage.definition.source if hasattr(holder, "stage") else holder.source
    return source


def _statement(command: Command) -> tuple[Source, Span]:
    """The source and the statement of a command: its `A && B` list, or its pipeline."""
    spans = [member.statement_span for member in command.pipeline]
    span = Span(min(span.start for span in spans), max(span.end for span in spans))
    listed = command.list
    for element in listed.elements if listed is not None else ():
        # What stands in a group, loop or branch of the list is a statement of its own.
        at_edge = span.start == element.span.start or span.end == element.span.end
        if listed is not None and command in element.commands and (at_edge or not element.compound):
            return _source(command), listed.span
    return _source(command), span


def _behind_heredocs(command: Command, start: int, end: int) -> int | None:
    """Where the lines from `start` to `end` end, the here-documents that begin on them included; None if one is open."""
    script = command.script
    for heredoc in script.heredocs:
        if start <= heredoc.redirection.span.start < end:
            if not heredoc.closed:
                return None
            end = max(end, script.place(heredoc.through, heredoc.through).start)
    return end


def _without_member(command: Command) -> Edit | None:
    """The edit that takes a command out of `A && B`, together with one `&&`; None where it is no member of such a list."""
    listed = command.list
    if listed is None or set(listed.operators) != {"&&"} or len(listed.elements) < 2:
        return None
    for number, element in enumerate(listed.elements):
        if element.commands == (command,) and not element.compound:
            if number:
                return Edit(listed.elements[number - 1].span.end, element.span.end, "")
            return Edit(element.span.start, listed.elements[1].span.start, "")
    return None


def _indented(source: Source, line: Span, text: str) -> str:
    """Lines with the indentation of another line of the source."""
    there = source.text[line.start : line.end]
    indentation = there[: len(there) - len(there.lstrip(" \t"))]
    return "".join(f"{indentation}{part}\n" for part in text.strip("\n").split("\n"))


def _on_one_line(text: str) -> str:
    return "; ".join(part.strip() for part in text.strip("\n").split("\n"))
