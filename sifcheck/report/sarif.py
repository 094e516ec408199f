"""The format `sarif`: SARIF 2.1.0, which code scanning services and editors read.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0.  Columns count code points, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck import __version__
from sifcheck.base.findings import Finding, Fix, Results, RuleFacts, Severity
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import pattern
from sifcheck.report.companions import companions
from sifcheck.report.json_document import json_text
from sifcheck.report.place import path_of, positions, uri

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
FINGERPRINT = "sifcheck/v1"
"""The name that a finding's fingerprint has among those of a result; `v1` is how it is made."""

# What a reader would take for a placeholder (`{0}`) or a link (`[text](target)`) in a message.
_PLACEHOLDER = pattern(r"\{(\d+)\}")
_LINK = pattern(r"\[(?=[^\[\]]*\]\()")


def render(results: Results, *, color: bool, width: int) -> str:
    """One log with one run; `color` and `width` are not needed."""
    codes = sorted({finding.code for finding in results.findings})
    index = {code: number for number, code in enumerate(codes)}
    examples = {finding.code: finding for finding in reversed(results.findings)}
    driver = {
        "name": "sifcheck",
        "version": __version__,
        "rules": [_rule(examples[code], results.rules.get(code)) for code in codes],
    }
    notes = [
        {"level": "note", "message": _message(f"{skipped.code} was not run: {skipped.why}")}
        for skipped in results.skipped
    ]
    invocation = {"executionSuccessful": True} | ({"toolConfigurationNotifications": notes} if notes else {})
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.code]) for finding in results.findings],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(finding: Finding, facts: RuleFacts | None) -> dict[str, Any]:
    """A rule as far as it is known; nothing but its name and severity is of one by another program."""
    severity = facts.severity if facts is not None else finding.severity
    rule: dict[str, Any] = {"id": finding.code, "name": finding.name}
    if facts is not None:
        rule["shortDescription"] = {"text": facts.summary}
        rule["fullDescription"] = {"text": facts.documentation}
        rule["help"] = {"text": "\n\n".join(text for text in (facts.help, facts.documentation) if text)}
    rule["defaultConfiguration"] = {"level": _LEVELS[severity]}
    return rule


def _result(finding: Finding, index: int) -> dict[str, Any]:
    words = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": _message(words),
        "locations": [_own_location(finding)],
    }
    related = [
        {"id": number, "message": _message(place.message), **_location(path, source, place.span)}
        for number, place in enumerate(companions(finding), 1)
        for source in (place.source or finding.source,)
        if (path := place.source.path if place.source else path_of(finding)) is not None
    ]
    if related:
        result["relatedLocations"] = related
    if finding.repeats:
        result["occurrenceCount"] = 1 + len(finding.repeats)
    path = path_of(finding)
    if finding.fix is not None and finding.fix.edits and finding.source is not None and path is not None:
        result["fixes"] = [_fix(finding.fix, finding.source, path)]
    if finding.fingerprint:
        result["partialFingerprints"] = {FINGERPRINT: finding.fingerprint}
    properties = {"confidence": finding.confidence, "section": finding.section}
    result["properties"] = {key: text for key, text in properties.items() if text is not None}
    return result


def _own_location(finding: Finding) -> dict[str, Any]:
    path = path_of(finding)
    if path is None:
        return {"logicalLocations": [{"name": finding.subject or "sifcheck"}]}
    return _location(path, finding.source, finding.span)


def _location(path: str, source: Source | None, span: Span) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri(path)}, "region": _region(source, span)}
    return {"physicalLocation": place}


def _region(source: Source | None, span: Span) -> dict[str, int]:
    start, end = positions(source, span)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(fix: Fix, source: Source, path: str) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(source, Span(edit.start, edit.end)), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    changes = [{"artifactLocation": {"uri": uri(path)}, "replacements": replacements}]
    described = {"description": _message(fix.title)} if fix.title else {}
    return {**described, "artifactChanges": changes, "properties": {"safe": fix.safe}}


def _message(words: str) -> dict[str, str]:
    return {"text": _LINK.sub(r"\\[", _PLACEHOLDER.sub(r"{{\1}}", words))}
