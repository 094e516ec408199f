"""What an editor offers at a place: fixes, all safe fixes at once, comments that hide a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lsprotocol import types

from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Source, Span
from sifcheck.lint.fixes import apply_edits, fix_file, keeps_meaning
from sifcheck.lint.ignoring import SCOPES, Scope, comment_edit
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lsp.checking import Checked
from sifcheck.lsp.diagnostics import Client, diagnostic
from sifcheck.lsp.documents import Document

FIX_ALL = "source.fixAll.sifcheck"
"""The kind of the action that applies all safe fixes, as for the editor's settings."""

KINDS: tuple[str, ...] = (types.CodeActionKind.QuickFix.value, FIX_ALL)

REASON = "TODO: say why"
"""What stands in a new comment where the reason is to be written."""

_TITLES: dict[Scope, str] = {
    "line": "Ignore {code} in this line",
    "section": "Ignore {code} in this section",
    "file": "Ignore {code} in this file",
}


def code_actions(
    document: Document,
    checked: Checked,
    params: types.CodeActionParams,
    registry: RuleRegistry,
    client: Client,
) -> list[types.CodeAction]:
    """The actions at a range of a document: the fixes first, then comments, then all safe fixes."""
    only = params.context.only
    actions: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, only):
        wanted = document.places.span(params.range)
        here = [finding for finding in checked.shown if _meets(finding.span, wanted)]
        actions += _fixes(document, checked, here, registry, client)
        actions += _comments(document, checked, here, registry, client)
    if _wanted(FIX_ALL, only) and any(
        finding.fix is not None and finding.fix.safe for finding in checked.shown
    ):
        action = types.CodeAction(
            "Fix all that can be fixed safely",
            kind=FIX_ALL,
            data={"uri": document.uri, "version": document.version},
        )
        actions.append(action if client.resolves else with_all_fixes(action, document, checked, client))
    return actions


def with_all_fixes(
    action: types.CodeAction, document: Document, checked: Checked, client: Client
) -> types.CodeAction:
    """The action with the edit that applies all safe fixes, as `sifcheck check --fix` does."""
    # What ShellCheck proposes is never safe, so nobody need wait for it.
    checker = checked.how.checker._replace(shellcheck=None)
    fixed = fix_file(document.source, checker, checked.how.ignored, keep=checked.how.keep)
    action.edit = workspace_edit(document, _changed_lines(document.source.data, fixed.content), client)
    return action


def workspace_edit(document: Document, edits: Iterable[Edit], client: Client) -> types.WorkspaceEdit:
    """Edits of a document; where the client can tell, of this version of it only."""
    made = [
        types.TextEdit(document.places.range(Span(edit.start, edit.end)), edit.text) for edit in sorted(edits)
    ]
    if not client.versions:
        return types.WorkspaceEdit(changes={document.uri: made})
    this = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(this, list(made))])


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a kind is among those asked for; `source` stands for `source.fixAll.sifcheck` too."""
    if only is None:
        return True
    words = [word.value if isinstance(word, types.CodeActionKind) else word for word in only]
    return any(not word or kind == word or kind.startswith(f"{word}.") for word in words)


def _meets(span: Span, wanted: Span) -> bool:
    return span.start <= wanted.end and wanted.start <= max(span.start, span.end)


def _fixes(
    document: Document, checked: Checked, here: Iterable[Finding], registry: RuleRegistry, client: Client
) -> Iterator[types.CodeAction]:
    """The fixes of the findings; one that several findings share is offered once, one that breaks others not at all."""
    shared: dict[Any, list[Finding]] = {}
    for finding in here:
        if finding.fix is not None:
            shared.setdefault(finding.fix, []).append(finding)
    for fix, findings in shared.items():
        edits = list(fix.edits)
        if not _is_sound(document.source, edits, checked):
            continue
        title = fix.title if fix.safe else f"{fix.title} (unsafe: look at what it does)"
        yield types.CodeAction(
            f"{findings[0].code}: {title}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[
                diagnostic(finding, document.places, document.uri, registry, client) for finding in findings
            ],
            is_preferred=True if fix.safe else None,
            edit=workspace_edit(document, edits, client),
        )


def _comments(
    document: Document, checked: Checked, here: Iterable[Finding], registry: RuleRegistry, client: Client
) -> Iterator[types.CodeAction]:
    offered = set()
    for finding in here:
        for scope in SCOPES:
            edit = comment_edit(checked.read, checked.how.checker, finding, scope, REASON)
            if edit is None or (finding.code, edit) in offered:
                continue
            offered.add((finding.code, edit))
            yield types.CodeAction(
                _TITLES[scope].format(code=finding.code),
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic(finding, document.places, document.uri, registry, client)],
                edit=workspace_edit(document, [edit], client),
            )


def _is_sound(source: Source, edits: list[Edit], checked: Checked) -> bool:
    after = Source(source.path, apply_edits(source.data, edits))
    return keeps_meaning(source, after, edits, checked.how.checker)


def _changed_lines(before: bytes, after: bytes) -> list[Edit]:
    """The edits, whole lines each, that make one text of another: what stays the same keeps its place in the editor."""
    from sifcheck.base.text import compared

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return [
        Edit(starts[first], starts[last], b"".join(new[low:high]).decode("utf-8", "replace"))
        for what, first, last, low, high in compared(old, new).get_opcodes()
        if what != "equal"
    ]
