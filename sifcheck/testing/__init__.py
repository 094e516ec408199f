"""What an author of rules tests with: check a text with one rule or with all, and prove a rule's own examples."""

from __future__ import annotations

from sifcheck.base.source import Span
from sifcheck.testing.cases import Case, CaseError, read_cases
from sifcheck.testing.checks import (
    all_rules,
    check_host,
    check_image,
    check_plan,
    check_text,
    registry_of,
)
from sifcheck.testing.examples import example_text, findings_of
from sifcheck.testing.proving import apply_edits, prove, prove_case

__all__ = [
    "Case",
    "CaseError",
    "Span",
    "all_rules",
    "apply_edits",
    "check_host",
    "check_image",
    "check_plan",
    "check_text",
    "example_text",
    "findings_of",
    "prove",
    "prove_case",
    "read_cases",
    "registry_of",
]
