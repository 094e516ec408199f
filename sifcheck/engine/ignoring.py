"""Adds suppressions: for every finding a comment that says it is known and why it stays."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.definition.model import Definition, Section
from sifcheck.definition.reader import read_definition
from sifcheck.engine.check import Checker
from sifcheck.engine.fixes import apply_edits, keeps_meaning
from sifcheck.engine.internal import NOT_IGNORABLE
from sifcheck.findings import Edit, Finding
from sifcheck.source import Source

# In these sections a line that starts with `#` is text, not a comment.
_NO_COMMENTS = frozenset(("help", "apphelp"))


def add_ignores(
    source: Source, checker: Checker, reason: str, ignored: frozenset[str] = frozenset()
) -> tuple[bytes, int, list[Finding]]:
    """The file's text with a suppression for each finding, how many findings it hides, and those that cannot be hidden.

    The comment stands on a line of its own above the line, or above the whole statement if the line is continued;
    where no comment can stand, it holds for the file and stands at its top.
    """
    found = [
        f
        for f in checker.check_definition(source, ignored)
        if f.code not in NOT_IGNORABLE and f.code[:4] != "SIF1"
    ]
    definition = read_definition(source, checker.build_arguments)
    lines: dict[int, set[str]] = {}
    whole: set[str] = set()
    for finding in found:
        line = _line_above(definition, finding)
        if line is None:
            whole.add(finding.code)
        else:
            lines.setdefault(line, set()).add(finding.code)
    ending = "\r\n" if "\r\n" in source.text else "\n"
    edits = []
    for line, codes in lines.items():
        start = source.line_span(line).start
        text = source.text[start : source.line_span(line).end]
        indent = text[: len(text) - len(text.lstrip(" \t"))]
        edits.append(
            Edit(start, start, f"{indent}# sifcheck: ignore[{_listed(codes - whole)}] {reason}{ending}")
        )
    if whole:
        edits.append(Edit(0, 0, f"# sifcheck: ignore-file[{_listed(whole)}] {reason}{ending}"))
    edits = [edit for edit in edits if "[]" not in edit.text]
    after = Source(source.path, apply_edits(source.data, edits))
    if not keeps_meaning(source, after, edits, checker):
        return source.data, 0, found
    left = [
        finding for finding in checker.check_definition(after, ignored) if finding.code not in NOT_IGNORABLE
    ]
    return after.data, len(found) - len(left), left


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def _line_above(definition: Definition, finding: Finding) -> int | None:
    """The line above which a comment about the finding can stand; None where there is none."""
    source = definition.source
    line = source.line_of(finding.span.start)
    section = _section_at(definition, finding.span.start)
    if finding.span.start == 0 and finding.span.end == 0:
        return None
    if section is not None and source.line_of(section.span.start) == line:
        # The line above a section's name is the end of what stands before.
        section = _section_at(definition, max(0, source.line_span(line).start - 1))
    if section is None:
        return line
    if section.name in _NO_COMMENTS:
        return None
    if section.is_script:
        for heredoc in section.script.heredocs:
            if heredoc.span.start <= finding.span.start < heredoc.span.end and heredoc.command is not None:
                line = source.line_of(heredoc.command.statement_span.start)
    while line > 1 and source.line(line - 1).rstrip().endswith("\\"):
        line -= 1
    return line


def _section_at(definition: Definition, offset: int) -> Section | None:
    for stage in (*definition.dropped, *definition.stages):
        for section in stage.sections:
            if section.span.start <= offset < section.span.end:
                return section
    return None
