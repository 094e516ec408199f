"""What is shown where the pointer rests: what was found there, and what the word there means."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from sifcheck.base.findings import Finding
from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Definition
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.rule_facts import rule_facts
from sifcheck.lsp.checking import Checked
from sifcheck.lsp.meanings import AGENTS, KEYS, SECTIONS, page
from sifcheck.lsp.positions import Places


class Told(NamedTuple):
    """A text in Markdown, and the stretch that it is about."""

    text: str
    span: Span


def hover(checked: Checked, offset: int, places: Places, registry: RuleRegistry) -> types.Hover | None:
    """The pages of the rules that found something at an offset, else the meaning of the word there; None without either."""
    told = [
        Told(finding_page(finding, registry), finding.span)
        for finding in checked.shown
        if _holds(finding.span, offset)
    ]
    told += list(_meaning(checked.read, offset)) if isinstance(checked.read, Definition) else []
    if not told:
        return None
    text = "\n\n---\n\n".join(dict.fromkeys(one.text for one in told))
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), places.range(told[0].span))


def finding_page(finding: Finding, registry: RuleRegistry) -> str:
    """What a finding says, and the first parts of its rule's page: what it is about and why."""
    parts = [f"**{finding.code} {finding.name}** ({finding.severity})"]
    rule = registry.rules.get(finding.code)
    if rule is None:
        parts += [plain(finding.message), plain(finding.help)]
    else:
        facts = rule_facts(rule)
        explanation = str(facts["explanation"]).removeprefix("## Why").strip()
        parts += [plain(finding.message), plain(finding.help), str(facts["summary"]), explanation]
        parts.append(f"`sifcheck rule {finding.code}` shows the whole page.")
    return "\n\n".join(part for part in parts if part)


def plain(text: str) -> str:
    """A text whose characters mean nothing to Markdown but for code in backquotes, which our messages use."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return _escaped(text)
    return "`".join(piece if number % 2 else _escaped(piece) for number, piece in enumerate(pieces))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


_SPECIAL = frozenset("\\`*_{}[]<>#|~!")


def _holds(span: Span, offset: int) -> bool:
    return span.start <= offset < span.end or span.start == offset == span.end


def _meaning(definition: Definition, offset: int) -> Iterator[Told]:
    for stage in definition.stages:
        for field in (*stage.fields, *stage.lost):
            if _holds(field.key_span, offset):
                name = "otherurl0" if field.key.startswith("otherurl") else field.key
                if name in KEYS:
                    yield Told(page("key", field.key, KEYS[name]), field.key_span)
            elif field.key == "bootstrap" and _holds(field.value_span, offset) and field.value in AGENTS:
                yield Told(page("agent", field.value, AGENTS[field.value]), field.value_span)
    section = definition.section_at(offset)
    if section is not None and section.known and _holds(section.name_span, offset):
        yield Told(page("section", section.name, SECTIONS[section.name]), section.name_span)
