"""Findings as the diagnostics of the protocol."""

from __future__ import annotations

from lsprotocol import types

from sifcheck.base.findings import Finding, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lsp.positions import Places, Units
from sifcheck.report.place import uri as uri_of

SOURCE = "sifcheck"

_SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}

# Rules with these tags are about what does nothing, or about what is to be used no longer.
_TAGS = {
    "unnecessary": types.DiagnosticTag.Unnecessary,
    "deprecated": types.DiagnosticTag.Deprecated,
}
_UNNECESSARY = frozenset(("SIF101", "SIF104"))


class Client(NamedTuple):
    """What the client can show: places that have to do with a finding, tags, edits of a known version of a document.

    `resolves`: it asks for the edit of an action when the action is chosen.
    """

    units: Units = "utf-16"
    related: bool = False
    tags: bool = False
    versions: bool = False
    resolves: bool = False


def client_of(capabilities: types.ClientCapabilities, units: Units) -> Client:
    """What a client has said of itself."""
    document = capabilities.text_document
    published = document.publish_diagnostics if document is not None else None
    action = document.code_action if document is not None else None
    edits = capabilities.workspace.workspace_edit if capabilities.workspace is not None else None
    resolved = action.resolve_support.properties if action is not None and action.resolve_support else ()
    return Client(
        units=units,
        related=bool(published and published.related_information),
        tags=bool(published and published.tag_support),
        versions=bool(edits and edits.document_changes),
        resolves="edit" in resolved,
    )


def diagnostic(
    finding: Finding, places: Places, uri: str, registry: RuleRegistry, client: Client
) -> types.Diagnostic:
    """One finding.  The advice stands below the message; `data` tells what kind of fix there is."""
    fix = finding.fix
    return types.Diagnostic(
        range=places.range(finding.span),
        message=f"{finding.message}\n{finding.help}" if finding.help else finding.message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        source="shellcheck" if finding.code.startswith("SC") else SOURCE,
        tags=_tags(finding, registry) if client.tags else None,
        related_information=_related(finding, places, uri, client) if client.related else None,
        data={
            "name": finding.name,
            "confidence": finding.confidence,
            "fix": None if fix is None else "safe" if fix.safe else "unsafe",
        },
    )


def _tags(finding: Finding, registry: RuleRegistry) -> list[types.DiagnosticTag] | None:
    if finding.code in _UNNECESSARY:
        return [types.DiagnosticTag.Unnecessary]
    rule = registry.rules.get(finding.code)
    words = rule.tags if rule is not None else frozenset()
    return [tag for word, tag in _TAGS.items() if word in words] or None


def _related(
    finding: Finding, places: Places, uri: str, client: Client
) -> list[types.DiagnosticRelatedInformation] | None:
    found = []
    for related in finding.related:
        where, there = uri, places
        other = related.source
        if other is not None and finding.source is not None and other.path != finding.source.path:
            where, there = uri_of(other.path), Places(other.data, client.units)
        location = types.Location(where, there.range(related.span))
        found.append(types.DiagnosticRelatedInformation(location, related.message))
    return found or None
