"""What a rule says about itself, as text and as JSON: its page, a hover and a report all tell it in these words."""

from __future__ import annotations

import re
from textwrap import dedent

from sifcheck.lint.rule import Rule


def first_sentence(rule: Rule) -> str:
    """What a rule is about, in the first sentence of its docstring: its first paragraph."""
    return " ".join(_paragraphs(rule)[0].split())


def rule_facts(rule: Rule) -> dict[str, object]:
    """What a rule says about itself, for JSON."""
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "profile": rule.profile,
        "fix": rule.fix,
        "summary": first_sentence(rule),
        "explanation": "\n\n".join(explanation(rule)),
        "messages": dict(rule.message),
        "help": dict(rule.help),
        "looks_at": " | ".join(rule.nodes),
        "needs": [name for name, required in rule.parameters if required],
        "tags": sorted(rule.tags),
        "runtimes": rule.runtimes,
        "since": rule.since,
        "preview": rule.preview,
        "deprecated": rule.deprecated,
        "formerly": list(rule.formerly),
        "plugin": rule.plugin,
        "examples": [
            {"flagged": example.flagged, "text": dedent(example.text).strip("\n")}
            for example in rule.examples
        ],
    }


def explanation(rule: Rule) -> list[str]:
    """Why a rule matters and where that is known from, as the paragraphs of its page; its docstring but the first."""
    text = "\n\n".join(_paragraphs(rule)[1:])
    text, found, source = text.partition("Source:")
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
    if paragraphs:
        paragraphs.insert(0, "## Why")
    if found:
        paragraphs.append(f"*Source: {' '.join(source.split())}*")
    return paragraphs


def _paragraphs(rule: Rule) -> list[str]:
    return re.split(r"\n[ \t]*\n", rule.documentation.strip())
