"""The format `json`: one document, version 1, as findings.schema.json describes it."""

from __future__ import annotations

from typing import Any

from sifcheck.base.findings import Finding, Fix, Related, Results
from sifcheck.base.source import Position, Source, Span
from sifcheck.report.counts import by_severity
from sifcheck.report.json_text import json_text
from sifcheck.report.place import path_of

VERSION = 1


def render(results: Results, *, color: bool, width: int) -> str:
    """The whole of `results` as JSON, always the same for the same; `color` and `width` are not needed."""
    return json_text(document(results))


def document(results: Results) -> dict[str, Any]:
    """The document as dicts and lists."""
    return {
        "version": VERSION,
        "findings": [finding_object(finding) for finding in results.findings],
        "skipped": [{"code": skipped.code, "why": skipped.why} for skipped in results.skipped],
        "summary": {"files": results.files, **by_severity(results.findings)},
        **({} if results.left_out is None else {"left_out": results.left_out._asdict()}),
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """One finding as `findings.schema.json` describes it."""
    return {
        "code": finding.code,
        "name": finding.name,
        "key": finding.key or None,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "help": finding.help,
        "url": finding.url,
        "fingerprint": finding.fingerprint,
        "location": _own_location(finding),
        "related": [_related(related, finding) for related in finding.related],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _own_location(finding: Finding) -> dict[str, Any]:
    location = _location(path_of(finding), finding.source, finding.span)
    location["section"] = finding.section
    if finding.subject is not None:
        location["subject"] = finding.subject
    return location


def _related(related: Related, finding: Finding) -> dict[str, Any]:
    if related.source is not None:
        location = _location(related.source.path, related.source, related.span)
        location["section"] = None
    else:
        location = _location(path_of(finding), finding.source, related.span)
        location["section"] = None
        if finding.subject is not None:
            location["subject"] = finding.subject
    return {"message": related.message, "location": location}


def _location(path: str | None, source: Source | None, span: Span) -> dict[str, Any]:
    if source is None:
        start = end = Position(1, 1, 0)
    else:
        start = source.position(span.start)
        end = source.position(max(span.start, span.end))
    return {"path": path, "start": start._asdict(), "end": end._asdict()}


def _fix(fix: Fix) -> dict[str, Any]:
    return {"safe": fix.safe, "title": fix.title, "edits": [edit._asdict() for edit in fix.edits]}
