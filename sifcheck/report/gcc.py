"""The format `gcc`: `path:line:column: severity: message [CODE]`, which editors read as a compiler's output."""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.base.findings import Finding, Results, Severity
from sifcheck.base.text import escape
from sifcheck.report.companions import in_short
from sifcheck.report.place import where

# Vim's errorformat and the matchers of other editors know these three words.
_SEVERITIES: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def render(results: Results, *, color: bool, width: int) -> str:
    """One line for each finding and nothing else; never coloured, since programs read it."""
    return "".join([_line(finding) for finding in results.findings])


def _line(finding: Finding) -> str:
    words = f"{_SEVERITIES[finding.severity]}: {escape(finding.message)}{in_short(finding)} [{escape(finding.code)}]"
    return f"{where(finding) or 'sifcheck'}: {words}\n"
