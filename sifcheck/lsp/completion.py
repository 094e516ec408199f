"""What can be written at a place: sections, header keys, bootstrap agents, stages, codes of rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lsprotocol import types

from sifcheck.base.source import Span
from sifcheck.base.startup import pattern
from sifcheck.definition.model import Definition
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.rule_facts import first_sentence
from sifcheck.lsp import meanings
from sifcheck.lsp.checking import Checked
from sifcheck.lsp.positions import Places
from sifcheck.runtime.versions import AGENTS, APP_SECTIONS, KEYS, SECTIONS

TRIGGERS = ("%", ":", "[", ",")
"""The characters after which an editor asks without being told to."""

_SECTION = pattern(r"%+([A-Za-z]*)")
_FROM_STAGE = pattern(r"%+files[ ]+from[ ]+(\S*)", re.I)
_KEY = pattern(r"[ \t]*([A-Za-z][A-Za-z0-9]*)?")
_AGENT = pattern(r"[ \t]*bootstrap[ \t]*:[ \t]*([A-Za-z-]*)", re.I)
_CODES = pattern(r".*#[ \t]*sifcheck:[ \t]*ignore(?:-section|-file)?\[(?:[^\]]*,)?[ \t]*([A-Za-z0-9-]*)")
_SCOPE = pattern(r".*#[ \t]*sifcheck:[ \t]*([a-z-]*)")

# The usual order of a file; what is not named comes behind, by name.
_ORDER = "arguments files post environment runscript startscript test labels help setup pre".split()


def completion(
    checked: Checked, offset: int, places: Places, registry: RuleRegistry
) -> list[types.CompletionItem]:
    """What fits at an offset; nothing where nobody can know."""
    line = places.line_before(offset)
    match = _CODES.fullmatch(line)
    if match is not None:
        return _placed(_codes(checked, registry), match[1], offset, places)
    match = _SCOPE.fullmatch(line)
    if match is not None:
        return _placed(_scopes(), match[1], offset, places)
    definition = checked.read
    if not isinstance(definition, Definition):
        return []
    match = _FROM_STAGE.fullmatch(line)
    if match is not None:
        return _placed(_stages(definition, offset), match[1], offset, places)
    if _SECTION.fullmatch(line) is not None:
        return _placed(_sections(), line, offset, places)
    start = offset - len(line.encode())
    # The last line of the file lies behind its last section while it is empty.
    inside = any(definition.section_at(place) is not None for place in (start, start - 1))
    match = _AGENT.fullmatch(line)
    if match is not None and (not inside or line[0] in "bB"):
        return _placed(_agents(" " if line.endswith(":") else ""), match[1], offset, places)
    match = _KEY.fullmatch(line) if not inside else None
    return _placed(_keys(definition, offset), match[1] or "", offset, places) if match is not None else []


def _placed(
    items: Iterable[types.CompletionItem], begun: str, offset: int, places: Places
) -> list[types.CompletionItem]:
    """The items, each of which takes the place of what is begun."""
    range_ = places.range(Span(offset - len(begun.encode()), offset))
    placed = []
    for item in items:
        item.text_edit = types.TextEdit(range_, item.insert_text or item.label)
        item.insert_text = None
        placed.append(item)
    return placed


def _item(
    label: str, kind: types.CompletionItemKind, meaning: meanings.Meaning | None, page: str, text: str
) -> types.CompletionItem:
    return types.CompletionItem(
        label,
        kind=kind,
        detail=meaning.short if meaning is not None else None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, page) if page else None,
        insert_text=text,
    )


def _sections() -> Iterator[types.CompletionItem]:
    names = sorted(SECTIONS, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    for number, name in enumerate((*names, *APP_SECTIONS)):
        meaning = meanings.SECTIONS[name]
        # The name of the app is to follow.
        text = f"%{name} " if name in APP_SECTIONS else f"%{name}"
        page = meanings.page("section", name, meaning)
        item = _item(f"%{name}", types.CompletionItemKind.Keyword, meaning, page, text)
        item.sort_text = f"{number:03}"
        yield item


def _keys(definition: Definition, offset: int) -> Iterator[types.CompletionItem]:
    stage = definition.stage_at(max(0, offset - 1))
    line = definition.source.line_of(offset)
    fields = stage.fields if stage is not None else ()
    there = {field.key for field in fields if definition.source.line_of(field.span.start) != line}
    first = ["bootstrap", "from"]
    ordered = [*first, *sorted(KEYS.difference(first) | {"otherurl0"})]
    for number, key in enumerate(key for key in ordered if key not in there):
        meaning = meanings.KEYS[key]
        item = _item(
            meaning.written,
            types.CompletionItemKind.Property,
            meaning,
            meanings.page("key", key, meaning),
            f"{meaning.written}: ",
        )
        item.sort_text = f"{number:03}"
        yield item


def _agents(blank: str) -> Iterator[types.CompletionItem]:
    for number, agent in enumerate(AGENTS):
        meaning = meanings.AGENTS[agent]
        page = meanings.page("agent", agent, meaning)
        item = _item(agent, types.CompletionItemKind.EnumMember, meaning, page, f"{blank}{agent}")
        item.sort_text = f"{number:03}"
        yield item


def _stages(definition: Definition, offset: int) -> Iterator[types.CompletionItem]:
    for stage in definition.stages:
        # A stage further down has no files yet when this one is built.
        if stage.name and stage.span.end <= offset:
            yield types.CompletionItem(stage.name, kind=types.CompletionItemKind.Module)


def _scopes() -> Iterator[types.CompletionItem]:
    for number, (word, about) in enumerate(
        (
            ("ignore", "for this line, or for the one below"),
            ("ignore-section", "for this section"),
            ("ignore-file", "for the whole file"),
        )
    ):
        yield types.CompletionItem(
            f"{word}[]",
            kind=types.CompletionItemKind.Keyword,
            detail=about,
            insert_text=f"{word}[",
            sort_text=str(number),
        )


def _codes(checked: Checked, registry: RuleRegistry) -> Iterator[types.CompletionItem]:
    """The codes that can be ignored in a file, those found in this one first."""
    found = {finding.code: finding for finding in (*checked.own, *checked.shown)}
    for code in sorted(code for code in found if code not in registry.rules):
        yield types.CompletionItem(
            code, kind=types.CompletionItemKind.Value, detail=found[code].message, sort_text=f"0{code}"
        )
    for rule in sorted(registry, key=lambda rule: rule.code):
        # Findings about machines and images stand in no file that could hold a comment.
        if (rule.nodes and not rule.in_files) or rule.code in NOT_IGNORABLE or rule.code[:4] == "SIF1":
            continue
        yield types.CompletionItem(
            rule.code,
            kind=types.CompletionItemKind.Value,
            detail=rule.name,
            documentation=first_sentence(rule),
            filter_text=f"{rule.code} {rule.name}",
            sort_text=f"{'0' if rule.code in found else '1'}{rule.code}",
        )
