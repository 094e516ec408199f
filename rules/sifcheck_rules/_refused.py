"""How it is said that a shell refuses a script, in definition files and in batch scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import Draft, Heredoc, Related, Script, Source, Span, finding, related

if TYPE_CHECKING:
    from sifcheck.api import Refusal

MESSAGES = {
    "": "{shell} refuses this script: {why}",
    "here-document": "no line `{delimiter}` ends this here-document: the rest of the script is taken for its text",
}
HELP = {
    "": "{how}",
    "here-document": "write `{delimiter}` alone on a line, {column}",
}
# What says the same of the script, or only that the rest of it could not be looked at.
TOLD_BY_IT = ("SIF003", "SC1*")


def refused(refusal: Refusal, source: Source, script: Script, shell: str) -> Draft:
    """The finding for a script that its shell does not take."""
    stops = refusal.stops
    beside: list[Related] = []
    how = "correct this place: nothing from here on is run"
    if refusal.bash_takes_it:
        how = "write it for sh, or have bash run it; nothing from here on is run"
    if stops is not None:
        line = source.line_of(max(stops.start - 1, refusal.span.start))
        ends = source.text[stops.start : script.span.end].strip() == ""
        where = "" if ends else f" above line {source.line_of(stops.start)}"
        how = f"close it{where}; nothing from here on is run"
        if line != source.line_of(refusal.span.start):
            at = _line_at(source, stops.start - 1 if ends else stops.start)
            beside = [related(at, f"{shell} comes to the end here" if ends else f"{shell} stops here")]
    return finding(
        refusal.span,
        related=[*beside, *_long_quotations(refusal, script)],
        supersedes=TOLD_BY_IT,
        within=script.span,
        shell=shell,
        why=refusal.message,
        how=how,
    )


def _line_at(source: Source, offset: int) -> Span:
    """The text of the line at an offset, or of the last one above it that is not empty."""
    number = source.line_of(offset)
    while number > 1 and not source.line(number).strip():
        number -= 1
    span = source.line_span(number)
    text = source.text[span.start : span.end]
    return Span(span.start + len(text) - len(text.lstrip()), span.start + len(text.rstrip()))


def _long_quotations(refusal: Refusal, script: Script) -> Iterator[Related]:
    """A quotation that reaches over lines and has a letter right behind its end: it is as good as sure to begin there."""
    if refusal.message[:2] not in ('`"', "`'"):
        return
    text = script.text
    for start, end in sorted(script.lexed.quotations):
        if "\n" in text[start:end] and text[end : end + 1].isalnum():
            yield related(
                script.place(start, start + 1), "is the end of the quotation that begins here missing?"
            )
            return


def open_heredoc(script: Script) -> Draft | None:
    """The finding for a here-document that takes in the rest of the script; None where all are closed."""
    heredoc = next((heredoc for heredoc in script.heredocs if not heredoc.closed), None)
    if heredoc is None:
        return None
    at = script.text.index("<<", heredoc.redirection.start)
    close = _almost(heredoc, script)
    return finding(
        script.place(at, heredoc.redirection.end),
        "here-document",
        severity="info"
        if close is None
        else "warning",  # what is piped into a program often goes to the end on purpose
        profile="standard",
        related=[]
        if close is None
        else [related(close, "this line does not end it: it is not the word alone")],
        supersedes=TOLD_BY_IT,
        within=script.span,
        delimiter=heredoc.delimiter,
        column="behind nothing but TABs" if heredoc.tabs else "from its first column on",
    )


def _almost(heredoc: Heredoc, script: Script) -> Span | None:
    """The first line of the body that would end it, were it not for spaces or signs round the word."""
    position = heredoc.start
    for line in script.text[heredoc.start : heredoc.end].split("\n"):
        if heredoc.delimiter and line.strip(" \t\r;\"'`\\") == heredoc.delimiter:
            start = position + len(line) - len(line.lstrip())
            return script.place(start, start + len(line.strip()))
        position += len(line) + 1
    return None
