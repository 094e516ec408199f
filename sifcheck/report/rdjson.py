"""The format `rdjson`: reviewdog's own, which carries fixes as suggestions.

Source: reviewdog's description of the format: columns count bytes from 1, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.findings import Finding, Results, Severity
from sifcheck.base.source import Source, Span
from sifcheck.report.companions import companions
from sifcheck.report.json_document import json_text
from sifcheck.report.place import is_whole_file, path_of

_SEVERITIES: Mapping[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(results: Results, *, color: bool, width: int) -> str:
    """One document; `color` and `width` are not needed.  A finding about no file has no location."""
    found = [_diagnostic(finding) for finding in results.findings]
    return json_text({"source": {"name": "sifcheck"}, "diagnostics": found})


def _diagnostic(finding: Finding) -> dict[str, Any]:
    diagnostic: dict[str, Any] = {
        "message": f"{finding.message}\n{finding.help}" if finding.help else finding.message,
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code} | ({"url": finding.url} if finding.url else {}),
    }
    path = path_of(finding)
    if path is None:
        return diagnostic
    location: dict[str, Any] = {"path": path.removeprefix("./")}
    if not is_whole_file(finding):
        location["range"] = _range(finding.source, finding.span)
    diagnostic["location"] = location
    related = [
        {"message": place.message, "location": _related(place.source, place.span, finding, path)}
        for place in companions(finding)
    ]
    if related:
        diagnostic["related_locations"] = related
    # Each suggestion is taken by itself: a fix of several edits, half applied, would be none.
    if finding.fix is not None and len(finding.fix.edits) == 1 and finding.source is not None:
        edit = finding.fix.edits[0]
        span = Span(edit.start, edit.end)
        diagnostic["suggestions"] = [{"range": _range(finding.source, span), "text": edit.text}]
    return diagnostic


def _related(source: Source | None, span: Span, finding: Finding, path: str) -> dict[str, Any]:
    name = path if source is None else source.path
    return {"path": name.removeprefix("./"), "range": _range(source or finding.source, span)}


def _range(source: Source | None, span: Span) -> dict[str, Any]:
    return {"start": _position(source, span.start), "end": _position(source, max(span.start, span.end))}


def _position(source: Source | None, offset: int) -> dict[str, int]:
    if source is None:
        return {"line": 1, "column": 1}
    offset = max(0, min(offset, len(source.data)))
    line = source.line_of(offset)
    return {"line": line, "column": offset - source.line_starts[line - 1] + 1}
