"""The format `checkstyle`: the XML of Checkstyle, which many collectors of warnings take."""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.report.companions import in_short
from sifcheck.report.place import path_of, positions
from sifcheck.report.xml_text import DECLARATION, opening

# The version of Checkstyle whose form this is; readers do not ask more than that it is there.
_VERSION = "4.3"


def render(results: Results, *, color: bool, width: int) -> str:
    """One document; `color` and `width` are not needed.  A finding about no file stands under its subject."""
    files: dict[str, list[Finding]] = {}
    for finding in results.findings:
        path = path_of(finding)
        files.setdefault(finding.subject or "sifcheck" if path is None else path, []).append(finding)
    lines = [opening("checkstyle", {"version": _VERSION})]
    for name, findings in files.items():
        lines += [f"  {opening('file', {'name': name})}", *map(_error, findings), "  </file>"]
    return DECLARATION + "\n".join([*lines, "</checkstyle>", ""])


def _error(finding: Finding) -> str:
    start, _ = positions(finding.source, finding.span)
    attributes = {
        "line": start.line,
        "column": start.column,
        "severity": finding.severity,
        "message": f"{finding.message}{in_short(finding)} ({finding.name})",
        "source": f"sifcheck.{finding.code}",
    }
    return f"    {opening('error', attributes, close=True)}"
