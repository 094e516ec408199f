"""Which findings need not be told: another one says more of the same, or what a build is started with cures them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sifcheck.base.findings import Finding, Remedy

__all__ = ["without_cured", "without_superseded"]

_Place = tuple[str, int] | None


def without_superseded(findings: Iterable[Finding], by: Iterable[Finding]) -> list[Finding]:
    """The findings without those that one of `by` supersedes.

    In a file those on its line, or in the stretch that it names; elsewhere all of these codes.
    """
    superseding = [finding for finding in by if finding.supersedes]
    if not superseding:
        return list(findings)
    wide = [finding for finding in superseding if finding.within is not None]
    told = {
        (code, _place(finding))
        for finding in superseding
        if finding.within is None
        for code in finding.supersedes
    }
    return [
        finding
        for finding in findings
        if (finding.code, _place(finding)) not in told
        and not any(_lies_within(finding, other) for other in wide)
    ]


def _lies_within(finding: Finding, other: Finding) -> bool:
    """Whether a finding stands in the stretch in which another one supersedes its code."""
    within, source, others = other.within, finding.source, other.source
    if within is None or finding is other or source is None or others is None or source.path != others.path:
        return False
    if not within.start <= finding.span.start <= within.end:
        return False
    return any(
        finding.code == code or (code.endswith("*") and finding.code.startswith(code[:-1]))
        for code in other.supersedes
    )


def without_cured(findings: Iterable[Finding], is_applied: Callable[[Remedy], bool]) -> list[Finding]:
    """The findings without those of which a remedy is applied."""
    return [finding for finding in findings if not any(map(is_applied, finding.remedies))]


def _place(finding: Finding) -> _Place:
    source = finding.source
    return None if source is None else (source.path, source.line_of(finding.span.start))
