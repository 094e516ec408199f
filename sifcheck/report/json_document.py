"""The formats `json`, one document as findings.schema.json describes it, and `json-lines`; how all formats write JSON."""

from __future__ import annotations

from typing import Any

from sifcheck.base.findings import Finding, Fix, Results
from sifcheck.base.source import Position, Source, Span
from sifcheck.base.text import hidden
from sifcheck.report.companions import Companion, companions
from sifcheck.report.counts import by_severity
from sifcheck.report.place import path_of

VERSION = 1


def render(results: Results, *, color: bool, width: int) -> str:
    """The whole of `results` as JSON, always the same for the same; `color` and `width` are not needed."""
    return json_text(document(results))


def render_lines(results: Results, *, color: bool, width: int) -> str:
    """The findings and nothing else, one a line as objects of the document, so empty where nothing was found; for streams
    and for `grep`.  `color` and `width` are not needed.
    """
    return "".join([json_text(finding_object(finding), indent=None) for finding in results.findings])


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
        "occurrences": 1 + len(finding.repeats),
        "related": [_related(place, finding) for place in companions(finding)],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _own_location(finding: Finding) -> dict[str, Any]:
    location = _location(path_of(finding), finding.source, finding.span)
    location["section"] = finding.section
    if finding.subject is not None:
        location["subject"] = finding.subject
    return location


def _related(place: Companion, finding: Finding) -> dict[str, Any]:
    if place.source is not None:
        location = _location(place.source.path, place.source, place.span)
    else:
        location = _location(path_of(finding), finding.source, place.span)
        if finding.subject is not None:
            location["subject"] = finding.subject
    location["section"] = place.section
    return {"code": place.code or None, "message": place.message, "location": location}


def _location(path: str | None, source: Source | None, span: Span) -> dict[str, Any]:
    if source is None:
        start = end = Position(1, 1, 0)
    else:
        start = source.position(span.start)
        end = source.position(max(span.start, span.end))
    return {"path": path, "start": start._asdict(), "end": end._asdict()}


def _fix(fix: Fix) -> dict[str, Any]:
    return {"safe": fix.safe, "title": fix.title, "edits": [edit._asdict() for edit in fix.edits]}


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """A document and a line end, always the same for the same; `indent` None: all on one line."""
    import json
    import re

    text = json.dumps(document, ensure_ascii=False, indent=indent)
    # Outside of its strings the document is ASCII: what this finds is in a string, where an escape may be.
    return re.sub(r"[^\n -~]", _escaped, text) + "\n"


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
