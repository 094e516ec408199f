"""The outline of a definition file: stages, their sections, and the sections of each app."""

from __future__ import annotations

from lsprotocol import types

from sifcheck.base.source import Span, shown
from sifcheck.definition.model import Definition, Section, Stage
from sifcheck.lsp.positions import Places


def symbols(definition: Definition, places: Places) -> list[types.DocumentSymbol]:
    """One symbol a stage, with its header keys and sections below it; an app holds its own sections."""
    return [_stage(stage, places) for stage in definition.stages]


def _stage(stage: Stage, places: Places) -> types.DocumentSymbol:
    base = stage.value("from")
    name = stage.name or f"stage {stage.index + 1}"
    field = stage.field("stage") or stage.field("bootstrap")
    selection = field.span if field is not None else Span(stage.span.start, stage.span.start)
    children: list[types.DocumentSymbol] = []
    apps: dict[str, list[Section]] = {}
    for section in stage.sections:
        if section.app:
            apps.setdefault(section.app, []).append(section)
        else:
            children.append(_section(section, places))
    children += [_app(app, sections, places) for app, sections in apps.items()]
    children.sort(key=lambda child: (child.range.start.line, child.range.start.character))
    detail = " ".join(part for part in (stage.agent, base) if part)
    span = _around([stage.span, selection, *(section.span for section in stage.sections)])
    return _symbol(name, detail, types.SymbolKind.Module, span, selection, places, children)


def _app(app: str, sections: list[Section], places: Places) -> types.DocumentSymbol:
    children = [_section(section, places) for section in sections]
    span = _around([section.span for section in sections])
    selection = sections[0].line_span
    return _symbol(shown(app), "app", types.SymbolKind.Class, span, selection, places, children)


def _section(section: Section, places: Places) -> types.DocumentSymbol:
    kind = types.SymbolKind.Function if section.is_script else types.SymbolKind.Field
    span = _around([section.span, section.line_span])
    words = "" if section.app else section.words
    return _symbol(f"%{shown(section.written)}", shown(words), kind, span, section.line_span, places)


def _symbol(
    name: str,
    detail: str,
    kind: types.SymbolKind,
    span: Span,
    selection: Span,
    places: Places,
    children: list[types.DocumentSymbol] | None = None,
) -> types.DocumentSymbol:
    # Editors refuse a symbol without a name.
    return types.DocumentSymbol(
        name.strip() or "?",
        kind,
        places.range(span),
        places.range(selection),
        detail=detail.strip() or None,
        children=children or None,
    )


def _around(spans: list[Span]) -> Span:
    """The smallest span that holds all of them: the protocol wants a symbol to lie inside of the one above it."""
    return Span(min(span.start for span in spans), max(span.end for span in spans))
