"""The format `gitlab`: a Code Quality report, which GitLab shows in merge requests.

Source: GitLab's documentation of the report (a subset of Code Climate's): a path is one of the repository, no URI, and
a fingerprint is unique in the report, so that the path belongs into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.findings import Finding, Results, Severity
from sifcheck.report.companions import in_short
from sifcheck.report.json_document import json_text
from sifcheck.report.place import path_of, positions

_SEVERITIES: Mapping[Severity, str] = {"error": "critical", "warning": "major", "info": "info"}


def render(results: Results, *, color: bool, width: int) -> str:
    """One list; `color` and `width` are not needed.  A finding about no file stands under its subject."""
    seen: dict[str, int] = {}
    return json_text([_issue(finding, seen) for finding in results.findings])


def _issue(finding: Finding, seen: dict[str, int]) -> dict[str, Any]:
    path = path_of(finding)
    name = (finding.subject or "sifcheck" if path is None else path).removeprefix("./")
    start, end = positions(finding.source, finding.span)
    message = f"{finding.message}{in_short(finding)}"
    return {
        "description": f"{message}: {finding.help}" if finding.help else message,
        "check_name": finding.code,
        "fingerprint": _fingerprint(finding, name, seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": name,
            "positions": {
                "begin": {"line": start.line, "column": start.column},
                "end": {"line": end.line, "column": end.column},
            },
        },
    }


def _fingerprint(finding: Finding, name: str, seen: dict[str, int]) -> str:
    from hashlib import blake2b

    known = finding.fingerprint or f"{finding.code} {finding.message}"
    first = f"{name}\0{known}"
    number = seen[first] = seen.get(first, 0) + 1
    return blake2b(f"{first}\0{number}".encode("utf-8", "replace"), digest_size=16).hexdigest()
