"""Checks an open document: our own rules at once, ShellCheck's answers put in when they have come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.base.findings import Edit, Finding, Results
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Definition
from sifcheck.lint.check import Checker
from sifcheck.lint.selection import Reported, report_all
from sifcheck.report.masking import mask_secrets

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript


class HowToCheck(NamedTuple):
    """The checker for a document, the codes that the configuration leaves out in it, and what of the findings is new."""

    checker: Checker
    ignored: frozenset[str]
    keep: Reported = report_all


class Checked(NamedTuple):
    """What a check has found in a text: the file as it was read, all its findings and those to show, in its order.

    `whole`: ShellCheck was asked and has answered, or is not to be asked.
    """

    read: Definition | JobScript
    how: HowToCheck
    own: tuple[Finding, ...]
    shown: tuple[Finding, ...]
    whole: bool


def check(source: Source, how: HowToCheck) -> Checked:
    """What our own rules find.  Where ShellCheck is to be asked, the check is not whole yet."""
    checker = how.checker._replace(shellcheck=None)
    read = checker.read(source)
    context = checker.runner.context
    if checker.runner.wants_folder and context.read_folder is not None and isinstance(read, Definition):
        context.read_folder(read)
    own = checker.find(read)
    shown = checker.finish(read, own, how.ignored)
    return Checked(read, how, tuple(own), _masked(how.keep(shown)), how.checker.shellcheck is None)


def with_answers(checked: Checked, answers: Iterable[Finding]) -> Checked:
    """The check with what ShellCheck has said about the same text."""
    how = checked.how
    shown = how.checker.finish(checked.read, checked.own, how.ignored, answers)
    return checked._replace(shown=_masked(how.keep(shown)), whole=True)


def with_moved(checked: Checked, earlier: Checked) -> Checked:
    """The check of a text with ShellCheck's findings about an earlier one, as far as they stand in what is the same.

    They stay where they are on the page until ShellCheck has been asked again, so that nothing flickers.
    """
    said = [finding for finding in earlier.shown if finding.code.startswith("SC")]
    if not said:
        return checked
    kept = moved(said, earlier.read.source, checked.read.source)
    both = sorted((*checked.shown, *kept), key=lambda finding: (finding.span, finding.code))
    return checked._replace(shown=tuple(both))


def moved(findings: Iterable[Finding], before: Source, after: Source) -> list[Finding]:
    """Findings of a text where they stand in another one; those in what has changed, or next to it, are left out."""
    if before.data == after.data:
        return [finding._replace(source=after) for finding in findings]
    head = _shared(before.data, after.data)
    most = min(len(before.data), len(after.data)) - head
    tail = _shared(before.data[::-1], after.data[::-1], most)
    first, last, shift = head, len(before.data) - tail, len(after.data) - len(before.data)
    kept = []
    for finding in findings:
        edits = finding.fix.edits if finding.fix is not None else ()
        spans = [finding.span, *(Span(edit.start, edit.end) for edit in edits)]
        if all(span.end < first for span in spans):
            kept.append(finding._replace(source=after))
        elif all(span.start > last for span in spans):
            fix = finding.fix
            if fix is not None:
                fix = fix._replace(
                    edits=tuple(Edit(edit.start + shift, edit.end + shift, edit.text) for edit in edits)
                )
            span = Span(finding.span.start + shift, finding.span.end + shift)
            kept.append(finding._replace(source=after, span=span, fix=fix))
    return kept


def _shared(one: bytes, other: bytes, most: int | None = None) -> int:
    """How many bytes the beginnings of two texts share, `most` at most."""
    low, high = 0, min(len(one), len(other)) if most is None else most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _masked(findings: list[Finding]) -> tuple[Finding, ...]:
    return mask_secrets(Results(tuple(findings))).findings
