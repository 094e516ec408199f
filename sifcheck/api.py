"""All that an author of rules imports; see docs/writing-rules.md."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.definition.model import (
    Argument,
    Definition,
    FileCopy,
    FileWord,
    HeaderField,
    Label,
    Problem,
    Section,
    Stage,
    open_before_stage,
)
from sifcheck.definition.runtimes import AGENTS, APP_SECTIONS, KEYS, SECTIONS, Runtime, Target, families
from sifcheck.definition.variables import Use
from sifcheck.engine.draft import (
    NOWHERE,
    Draft,
    delete,
    finding,
    insert_after,
    insert_before,
    related,
    replace,
)
from sifcheck.engine.plugins import hookimpl
from sifcheck.engine.rule import Rule, bad, good, rule
from sifcheck.findings import Confidence, Edit, Profile, Related, Severity
from sifcheck.shell import Assignment, Command, Heredoc, List, Part, Redirection, Script, Word
from sifcheck.source import Source, Span
from sifcheck.startup import NamedTuple, pattern

Findings = Iterable[Draft]
"""What a rule's function gives back: what `finding()` makes, usually by `yield`."""

__all__ = [
    "AGENTS",
    "APP_SECTIONS",
    "KEYS",
    "NOWHERE",
    "SECTIONS",
    "Argument",
    "Assignment",
    "Command",
    "Confidence",
    "Definition",
    "Draft",
    "Edit",
    "FileCopy",
    "FileWord",
    "Findings",
    "HeaderField",
    "Heredoc",
    "Label",
    "List",
    "NamedTuple",
    "Part",
    "Problem",
    "Profile",
    "Redirection",
    "Related",
    "Rule",
    "Runtime",
    "Script",
    "Section",
    "Severity",
    "Source",
    "Span",
    "Stage",
    "Target",
    "Use",
    "Word",
    "bad",
    "delete",
    "families",
    "finding",
    "good",
    "hookimpl",
    "insert_after",
    "insert_before",
    "open_before_stage",
    "pattern",
    "related",
    "replace",
    "rule",
]
