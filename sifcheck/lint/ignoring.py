"""Adds suppressions: for every finding a comment that says it is known and why it stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Source, Span
from sifcheck.definition.model import Definition
from sifcheck.lint.check import Checker
from sifcheck.lint.exclusion import after_edits, excluded_by, without_excluded
from sifcheck.lint.fixes import apply_edits, keeps_meaning
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.selection import Reported, report_all
from sifcheck.lint.suppression import apply_suppressions, lines_of, read_suppressions

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

# In these sections a line that starts with `#` is text, not a comment.
_NO_COMMENTS = frozenset(("help", "apphelp"))


def reason_fault(reason: str, registry: RuleRegistry) -> str | None:
    """What keeps a text from being a reason that can stand in a comment of any file; None for a good one."""
    if not reason.strip():
        return "say why the findings stay"
    if not reason.isprintable():
        return "a reason is one line of text"
    if "{{" in reason:
        return "a reason holds no `{{`: some runtimes put build variables into comments too"
    if reason.rstrip().endswith("\\"):
        return "a reason does not end in a backslash, which would continue the line"
    comment = Source("", f"# sifcheck: ignore[SIF003] {reason}\n".encode())
    read = read_suppressions(comment, registry)
    return read[0].fault if len(read) == 1 else "a reason holds no second suppression"


def add_ignores(
    source: Source,
    checker: Checker,
    reason: str,
    ignored: frozenset[str] = frozenset(),
    keep: Reported = report_all,
) -> tuple[bytes, int, list[Finding]]:
    """The file's text with a suppression for each finding, how many findings it hides, and those that cannot be hidden.

    The comment stands on a line of its own above the line, or above the whole statement if the line is continued;
    where no comment can stand, it holds for the file and stands at its top.  What `keep` leaves out gets none.
    """
    before = checker.check_definition(source, ignored)
    kept = keep(before)
    excluded = excluded_by(before, kept)
    found = [f for f in kept if f.code not in NOT_IGNORABLE and f.code[:4] != "SIF1"]
    whole: frozenset[str] = frozenset()
    # What a comment above the line does not reach, as where build variables move lines, one for the file does.
    for _ in range(2):
        edits = _comments(checker.read(source), found, whole, reason)
        after = Source(source.path, apply_edits(source.data, edits))
        if not edits or not keeps_meaning(source, after, edits, checker):
            return source.data, 0, found
        left = without_excluded(checker.check_definition(after, ignored), after_edits(excluded, edits))
        missed = {finding.code for finding in left}.intersection(finding.code for finding in found)
        if not missed - {word.partition(".")[0] for word in checker.policy.no_ignores}:
            break
        whole |= missed
    if {finding.code for finding in left}.difference(finding.code for finding in before):
        # A comment made another file of it, as of JSON that was taken for a definition file.
        return source.data, 0, found
    left = [finding for finding in left if finding.code not in NOT_IGNORABLE]
    return after.data, max(0, len(found) - len(left)), left


def _comments(
    read: Definition | JobScript, findings: Iterable[Finding], whole: frozenset[str], reason: str
) -> list[Edit]:
    """The comments that hide the findings, those with a code of `whole` for the file."""
    source = read.source
    lines: dict[int, set[str]] = {}
    for finding in findings:
        line = _line_above(read, finding)
        if line is None:
            whole |= {finding.code}
        else:
            lines.setdefault(line, set()).add(finding.code)
    ending = "\r\n" if "\r\n" in source.text else "\n"
    edits = []
    for line, codes in lines.items():
        start, end = source.line_span(line)
        text = source.text[start:end]
        indent = text[: len(text) - len(text.lstrip(" \t"))]
        if codes - whole:
            comment = f"{indent}# sifcheck: ignore[{_listed(codes - whole)}] {reason.strip()}{ending}"
            edits.append(Edit(start, start, comment))
    if whole:
        # A batch script needs its `#!` to be the first line.
        top = 0 if isinstance(read, Definition) or read.shebang is None else source.line_span(1).end
        edits.append(Edit(top, top, f"# sifcheck: ignore-file[{_listed(whole)}] {reason.strip()}{ending}"))
    return edits


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def _line_above(read: Definition | JobScript, finding: Finding) -> int | None:
    """The line above which a comment about the finding can stand; None where there is none."""
    if not isinstance(read, Definition):
        line = lines_of(finding.span.start, read.source, read)[0]
        return line if line > 1 else None
    definition, source = read, read.source
    line = source.line_of(finding.span.start)
    section = definition.section_at(finding.span.start)
    if finding.span.start == 0 and finding.span.end == 0:
        return None
    if section is not None and source.line_of(section.span.start) == line:
        # The line above a section's name is the end of what stands before.
        section = definition.section_at(max(0, source.line_span(line).start - 1))
    if section is None:
        return line
    if section.name in _NO_COMMENTS:
        return None
    if section.is_script:
        # Inside a string of several lines or a here-document a comment would be text.
        line = lines_of(finding.span.start, source, definition)[0]
    while line > 1 and source.line(line - 1).rstrip().endswith("\\"):
        line -= 1
    return line


Scope = Literal["line", "section", "file"]
"""For what a suppression holds."""

SCOPES: tuple[Scope, ...] = ("line", "section", "file")


def comment_edit(
    read: Definition | JobScript, checker: Checker, finding: Finding, scope: Scope, reason: str
) -> Edit | None:
    """The edit that puts in a comment which hides one finding for its line, its section or the whole file.

    None where no comment can do so, and where it would change what the file means.
    """
    if (
        finding.code in NOT_IGNORABLE
        or finding.code[:4] == "SIF1"
        or finding.is_in(checker.policy.no_ignores)
    ):
        return None
    if scope == "section":
        edit = _comment_in_section(read, finding, reason)
    elif scope == "line" and _line_above(read, finding) is None:
        edit = None
    else:
        whole = frozenset((finding.code,)) if scope == "file" else frozenset()
        edit = _comments(read, [] if whole else [finding], whole, reason)[0]
    if edit is None:
        return None
    after = Source(read.source.path, apply_edits(read.source.data, [edit]))
    if not keeps_meaning(read.source, after, [edit], checker):
        return None
    return edit if scope == "file" or _is_hidden(finding, edit, after, checker) else None


def _is_hidden(finding: Finding, edit: Edit, after: Source, checker: Checker) -> bool:
    """Whether a comment that was put in above a finding reaches it, as one above a long chain of commands may not."""
    shift = len(edit.text.encode()) if edit.start <= finding.span.start else 0
    span = Span(finding.span.start + shift, finding.span.end + shift)
    moved = finding._replace(source=after, span=span)
    read = checker.read(after)
    left = apply_suppressions(
        [moved], after, read, checker.registry, (finding.code,), checker.policy, sure=()
    )
    return not any(one.code == finding.code for one in left)


def _comment_in_section(read: Definition | JobScript, finding: Finding, reason: str) -> Edit | None:
    """A comment below the section's name, and below the `#!` line that some sections begin with."""
    section = read.section_at(finding.span.start) if isinstance(read, Definition) else None
    if section is None or section.name in _NO_COMMENTS:
        return None
    source = read.source
    line = source.line_of(section.line_span.start) + 1
    if section.is_script and source.line(line).lstrip().startswith("#!"):
        line += 1
    at = source.line_span(line).start
    if source.text[at - 1 : at] != "\n":
        return None
    text = source.line(line)
    indent = text[: len(text) - len(text.lstrip(" \t"))] if text.strip() else "    "
    ending = "\r\n" if "\r\n" in source.text else "\n"
    return Edit(at, at, f"{indent}# sifcheck: ignore-section[{finding.code}] {reason}{ending}")
