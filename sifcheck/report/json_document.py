"""The format `json`: one document, version 1, as findings.schema.json describes it."""

from __future__ import annotations

from typing import Any

from sifcheck.findings import Finding, Fix, Related, Results
from sifcheck.report.counts import by_severity
from sifcheck.report.harmless import hidden
from sifcheck.report.place import path_of
from sifcheck.source import Position, Source, Span

VERSION = 1


def render(results: Results, *, color: bool, width: int) -> str:
    """The whole of `results` as JSON, always the same for the same; `color` and `width` are not needed."""
    import json
    import re

    text = json.dumps(document(results), ensure_ascii=False, indent=2)
    # Outside of its strings the document is ASCII: what this finds is in a string, where an escape may be.
    return re.sub(r"[^\n -~]", _escaped, text) + "\n"


def document(results: Results) -> dict[str, Any]:
    """The document as dicts and lists."""
    return {
        "version": VERSION,
        "findings": [_finding(finding) for finding in results.findings],
        "skipped": [{"code": skipped.code, "why": skipped.why} for skipped in results.skipped],
        "summary": {"files": results.files, **by_severity(results.findings)},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
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


def _escaped(found: Any) -> str:
    r"""A character as it stands in the document: `\u....` for one that is not to be seen.

    Half a surrogate pair, which is how Python holds a byte of a path that is no UTF-8, becomes U+FFFD:
    readers in other languages refuse a document with such an escape.
    """
    character: str = found[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if not hidden(character):
        return character
    units = character.encode("utf-16-be").hex()
    return "".join([f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)])
