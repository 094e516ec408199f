"""The format `sonarqube`: generic issues, which SonarQube (10.3 or later) and its cloud import.

Source: the documentation of the generic issue format: lines count from 1, columns from 0 in UTF-16 units; a range that is
empty is refused, so that one without length names its line only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.findings import Finding, Results, RuleFacts, Severity
from sifcheck.base.source import Source, Span, decode
from sifcheck.report.companions import companions
from sifcheck.report.json_document import json_text
from sifcheck.report.place import is_whole_file, path_of

_IMPACTS: Mapping[Severity, str] = {"error": "HIGH", "warning": "MEDIUM", "info": "LOW"}


def render(results: Results, *, color: bool, width: int) -> str:
    """One document; `color` and `width` are not needed.

    A finding about no file stands under its subject: the scanner passes over a file that it does not know.
    """
    rules = {finding.code: _rule(finding, results.rules) for finding in reversed(results.findings)}
    issues = [_issue(finding) for finding in results.findings]
    return json_text({"rules": [rules[code] for code in sorted(rules)], "issues": issues})


def _rule(finding: Finding, known: Mapping[str, RuleFacts]) -> dict[str, Any]:
    facts = known.get(finding.code)
    severity = facts.severity if facts is not None else finding.severity
    return {
        "id": finding.code,
        "name": finding.name,
        "description": facts.documentation if facts is not None else finding.message,
        "engineId": "sifcheck",
        "cleanCodeAttribute": "CONVENTIONAL" if severity == "info" else "LOGICAL",
        "impacts": [
            {
                "softwareQuality": "MAINTAINABILITY" if severity == "info" else "RELIABILITY",
                "severity": _IMPACTS[severity],
            }
        ],
    }


def _issue(finding: Finding) -> dict[str, Any]:
    path = path_of(finding)
    name = finding.subject or "sifcheck" if path is None else path
    message = f"{finding.message}: {finding.help}" if finding.help else finding.message
    location: dict[str, Any] = {"message": message or finding.name, "filePath": name.removeprefix("./")}
    if not is_whole_file(finding) and path is not None and finding.source is not None:
        location["textRange"] = _range(finding.source, finding.span)
    issue: dict[str, Any] = {"ruleId": finding.code, "primaryLocation": location}
    related = [
        {
            "message": place.message,
            "filePath": (source.path if place.source else name).removeprefix("./"),
            "textRange": _range(source, place.span),
        }
        for place in companions(finding)
        if (source := place.source or finding.source) is not None
    ]
    return issue | ({"secondaryLocations": related} if related else {})


def _range(source: Source, span: Span) -> dict[str, int]:
    first, start = _position(source, span.start)
    last, end = _position(source, max(span.start, span.end))
    if (first, start) == (last, end):
        return {"startLine": first}
    return {"startLine": first, "endLine": last, "startColumn": start, "endColumn": end}


def _position(source: Source, offset: int) -> tuple[int, int]:
    """The line, and how many UTF-16 units stand before it there; the line's end does not count."""
    offset = max(0, min(offset, len(source.data)))
    line = source.line_of(offset)
    before = decode(source.data[source.line_starts[line - 1] : offset]).rstrip("\r\n")
    return line, len(before.encode("utf-16-le")) // 2
