"""Which findings need not be told: another one says more of the same, or what a build is started with cures them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sifcheck.base.findings import Finding, Remedy

__all__ = ["without_cured", "without_superseded"]

_Place = tuple[str, int] | None


def without_superseded(findings: Iterable[Finding], by: Iterable[Finding]) -> list[Finding]:
    """The findings without those that one of `by` supersedes: in a file on the same line, elsewhere as a whole."""
    told = {(code, _place(finding)) for finding in by for code in finding.supersedes}
    return [finding for finding in findings if not told or (finding.code, _place(finding)) not in told]


def without_cured(findings: Iterable[Finding], is_applied: Callable[[Remedy], bool]) -> list[Finding]:
    """The findings without those of which a remedy is applied."""
    return [finding for finding in findings if not any(map(is_applied, finding.remedies))]


def _place(finding: Finding) -> _Place:
    source = finding.source
    return None if source is None else (source.path, source.line_of(finding.span.start))
