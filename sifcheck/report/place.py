"""Says in words where a finding stands."""

from __future__ import annotations

from sifcheck.findings import Finding
from sifcheck.report.harmless import harmless
from sifcheck.source import Source, Span


def path_of(finding: Finding) -> str | None:
    """The path, as given, of the file a finding is about; None for the host, the plan and sifcheck itself."""
    if finding.subject is not None:
        return None
    if finding.path is not None or finding.source is None:
        return finding.path
    return finding.source.path


def where(finding: Finding) -> str | None:
    """`path:line:column`, or the subject where no file is meant; None where there is neither."""
    path = path_of(finding)
    if path is None:
        return None if finding.subject is None else harmless(finding.subject)
    return at(path, finding.source, finding.span)


def at(path: str, source: Source | None, span: Span) -> str:
    """`path:line:column` of the beginning of a span; a file that is no text counts as one line."""
    line, column, _ = source.position(span.start) if source is not None else (1, 1, 0)
    return f"{harmless(path)}:{line}:{column}"
