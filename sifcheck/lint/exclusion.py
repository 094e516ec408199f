"""Follows findings that are to be left alone through the changes of their file, so that no fix touches them."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Span

Excluded = frozenset[tuple[str, int]]
"""The code of each finding that is left alone and where it begins, in bytes."""


def excluded_by(findings: Iterable[Finding], kept: Iterable[Finding]) -> Excluded:
    """Those of the findings that are not kept."""
    reported = {_words(finding) for finding in kept}
    return frozenset(_place(finding) for finding in findings if _words(finding) not in reported)


def without_excluded(findings: Iterable[Finding], excluded: Excluded) -> list[Finding]:
    """The findings that are not left alone."""
    return [finding for finding in findings if _place(finding) not in excluded]


def after_edits(excluded: Excluded, edits: Iterable[Edit]) -> Excluded:
    """Where the findings begin once the edits are made; one inside of replaced text begins where that does."""
    edits = sorted(edits)
    return frozenset((code, _moved(start, edits)) for code, start in excluded)


def _words(finding: Finding) -> tuple[str, Span, str]:
    """What a finding is told by, whether it bears its fingerprint or not."""
    return finding.code, finding.span, finding.message


def _place(finding: Finding) -> tuple[str, int]:
    return finding.code, finding.span.start


def _moved(start: int, edits: Iterable[Edit]) -> int:
    moved = start
    for edit in edits:
        if edit.end <= start:
            moved += len(edit.text.encode()) - (edit.end - edit.start)
        elif edit.start < start:
            moved -= start - edit.start
    return moved
