"""The format `concise`: `path:line:column: CODE name: severity: message`, one line a finding, for editors."""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.base.text import escape
from sifcheck.report.color import Paint, painter
from sifcheck.report.companions import in_short
from sifcheck.report.place import where


def render(results: Results, *, color: bool, width: int) -> str:
    """One line for each finding and nothing else, so empty where nothing was found; `width` is not needed."""
    paint = painter(color)
    return "".join([_line(finding, paint) for finding in results.findings])


def _line(finding: Finding, paint: Paint) -> str:
    place = paint(where(finding) or "sifcheck", "strong")
    severity = paint(finding.severity, finding.severity)
    rule = f"{escape(finding.code)} {escape(finding.name)}"
    return f"{place}: {rule}: {severity}: {escape(finding.message)}{in_short(finding)}\n"
