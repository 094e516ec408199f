"""Edits that add a line to a script of a definition file, so that what runs before and behind it stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.findings import Edit
from sifcheck.base.source import Span

if TYPE_CHECKING:
    from sifcheck.definition.model import Section, Stage
    from sifcheck.shell import Command, Script
    from sifcheck.shell.model import List

_LEAVING = frozenset(("exit", "exec", "return"))


def line_after(command: Command, line: str) -> tuple[Edit, ...] | None:
    """The edit that runs `line` after the statement of a command; None where it cannot be put there without a look.

    Where the status of an `A && B` list or of the last command is all that decides, it becomes one more member of the
    list, so that a failure of A is still one of the whole.  Everywhere else it goes to a line of its own: errexit looks
    at the last member alone, and B would be the last no more.
    """
    script = command.script
    if script.problems or command.background or command.substitution or command.condition:
        return None
    listed = command.list
    if listed is not None:
        if listed.background:
            return None
        if not script.section.errexit or (listed.top_level and _decides(script, listed)):
            return (_joined(script, listed.span, line),)
        # The status of a block may count wherever the block stands.
        alone = listed.top_level or not listed.last
        return _own_line(script, listed.span, line) if alone else None
    spans = [member.statement_span for member in command.pipeline]
    statement = Span(min(span.start for span in spans), max(span.end for span in spans))
    if not script.section.errexit and command.last:
        return (_joined(script, statement, line),)
    return _own_line(script, statement, line)


def last_line(script: Script, line: str) -> tuple[tuple[Edit, ...], bool] | None:
    """The edit that runs `line` at the end of a script, and whether nothing else can change by it; None: not to be done."""
    if script.problems or script.open_at_end:
        return None
    for ending in reversed(script.lists):
        if ending.top_level and ending.last:
            if ending.background or ending.commands[-1].program in _LEAVING:
                return None
            if _decides(script, ending):
                return (_joined(script, ending.span, line),), True
            edits = _own_line(script, ending.span, line)
            return None if edits is None else (edits, True)
    command = next((command for command in reversed(script.commands()) if command.last), None)
    if command is None:
        return _after_block(script, line)
    if command.program in _LEAVING:
        return _line_before(command, line)
    edits = line_after(command, line)
    return None if edits is None else (edits, True)


def lines_before(command: Command, *lines: str) -> tuple[Edit, ...]:
    """The edit that runs `lines` before the statement of a command, each on a line of its own."""
    text = command.script.section.stage.definition.source.text
    spans = [member.statement_span for member in command.pipeline]
    at = min([span.start for span in spans] + ([command.list.span.start] if command.list is not None else []))
    start = text.rfind("\n", 0, at) + 1
    head = text[start:at]
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    return (Edit(start, start, "".join(f"{indent}{line}\n" for line in lines)),)


def exported_line(stage: Stage, line: str) -> Edit | None:
    """The edit that adds a line to the stage's %environment, which is made where there is none."""
    sections = [section for section in stage.named("environment") if section.body.strip()]
    made = not sections
    sections = sections or [section for section in stage.named("post") if section.body.strip()]
    if not sections:
        return None
    section = sections[-1]
    if section.script.problems or section.script.open_at_end:
        return None
    span = _code_span(section)
    if not made:
        edits = _own_line(section.script, span, line)
        return edits[0] if edits else None
    text = section.stage.definition.source.text
    stop = text.find("\n", span.end)
    at = len(text) if stop < 0 else stop + 1
    return Edit(at, at, f"{'' if stop >= 0 else chr(10)}\n%environment\n    {line}\n")


def first_line(section: Section, line: str) -> Edit | None:
    """The edit that makes a line the first of the body."""
    source = section.stage.definition.source
    at = source.line_span(source.line_of(section.line_span.start)).end
    if section.body.strip() == "" or source.text[at - 1 : at] != "\n":
        return None
    return Edit(at, at, f"{body_indent(section)}{line}\n")


def body_indent(section: Section) -> str:
    """The indentation of the body's first line that holds something."""
    for line in section.body.split("\n"):
        if line.strip():
            return line[: len(line) - len(line.lstrip(" \t"))]
    return "    "


def _decides(script: Script, listed: List) -> bool:
    """Whether the status of a list is that of the build: it is the last, and no app is installed behind it."""
    section = script.section
    followed = section.errexit and section.name == "post" and bool(section.stage.named("appinstall"))
    return listed.last and not followed


def _line_before(command: Command, line: str) -> tuple[tuple[Edit, ...], bool] | None:
    text = command.script.section.stage.definition.source.text
    start = text.rfind("\n", 0, command.statement_span.start) + 1
    indent = text[start : command.statement_span.start]
    return None if indent.strip() else ((Edit(start, start, f"{indent}{line}\n"),), True)


def _after_block(script: Script, line: str) -> tuple[tuple[Edit, ...], bool] | None:
    """At the end of a script that ends in a compound command, whose status may have counted so far."""
    span = _code_span(script.section)
    edits = _own_line(script, span, line) if span.end > span.start else None
    return None if edits is None else (edits, False)


def _code_span(section: Section) -> Span:
    """The last line of the section that holds code, without its indentation."""
    code = section.code
    end = len(code.rstrip())
    start = code.rfind("\n", 0, end) + 1
    start += len(code[start:end]) - len(code[start:end].lstrip(" \t"))
    offset = section.body_span.start
    return Span(offset + start, offset + end)


def _joined(script: Script, span: Span, line: str) -> Edit:
    """`line` as one more member of a list; on a line of its own where the list has several."""
    text = script.section.stage.definition.source.text
    if "\n" not in text[span.start : span.end]:
        return Edit(span.end, span.end, f" && {line}")
    last = text[text.rfind("\n", 0, span.end) + 1 : span.end]
    indent = last[: len(last) - len(last.lstrip(" \t"))]
    return Edit(span.end, span.end, f" && \\\n{indent}{line}")


def _own_line(script: Script, span: Span, line: str) -> tuple[Edit, ...] | None:
    """`line` below a statement, or behind it where something else follows on its line."""
    text = script.section.stage.definition.source.text
    start, end = span
    stop = text.find("\n", end)
    behind = text[end : len(text) if stop < 0 else stop].strip(" \t\r;")
    bodies = [
        script.place(heredoc.through, heredoc.through).start
        for heredoc in script.heredocs
        if start <= heredoc.redirection.span.start < end
    ]
    if behind and behind[0] != "#":
        return None if bodies else (Edit(end, end, f"; {line}"),)
    at = max([len(text) if stop < 0 else stop + 1, *bodies])
    head = text[text.rfind("\n", 0, start) + 1 : start]
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    ended = text[at - 1 : at] == "\n"
    return (Edit(at, at, f"{indent}{line}\n" if ended else f"\n{indent}{line}\n"),)
