"""The format `grouped`: the name of each file once, below it one line a finding, and a line that sums up."""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.base.text import escape
from sifcheck.report.color import Paint, painter
from sifcheck.report.companions import in_short
from sifcheck.report.counts import summary
from sifcheck.report.place import path_of, positions


def render(results: Results, *, color: bool, width: int) -> str:
    """The findings by file, the files in their order; `width` is not needed: no line is cut."""
    paint = painter(color)
    groups: dict[str, list[Finding]] = {}
    for finding in results.findings:
        groups.setdefault(_heading(finding), []).append(finding)
    lines: list[str] = []
    for heading, findings in groups.items():
        lines += [paint(heading, "strong"), *_rows(findings, paint), ""]
    return "\n".join([*lines, summary(results, color=color), ""])


def _heading(finding: Finding) -> str:
    path = path_of(finding)
    return escape(finding.subject or "sifcheck" if path is None else path)


def _rows(findings: list[Finding], paint: Paint) -> list[str]:
    places = [_place(finding) for finding in findings]
    widest = max(map(len, places))
    rows = []
    for place, finding in zip(places, findings, strict=True):
        severity = paint(f"{finding.severity:7}", finding.severity)
        rule = f"{escape(finding.code)} {escape(finding.name)}"
        rows.append(f"  {place:>{widest}}  {severity}  {rule}: {escape(finding.message)}{in_short(finding)}")
    return rows


def _place(finding: Finding) -> str:
    """`line:column`; "" where no file is meant."""
    if path_of(finding) is None:
        return ""
    line, column, _ = positions(finding.source, finding.span)[0]
    return f"{line}:{column}"
