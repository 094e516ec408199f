"""The format `markdown`: a table for the comment on a pull or merge request."""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.base.text import escape
from sifcheck.report.companions import in_short
from sifcheck.report.counts import summary
from sifcheck.report.place import where

# A comment on GitHub holds 65,536 characters; some are left for the line that says what was left out.
_MOST = 60_000

_HEAD = "| Severity | Place | Rule | What is wrong |\n|---|---|---|---|\n"

# Letters, digits and these stand for themselves wherever they are; all else is written as a character reference.
_PLAIN = frozenset(" .,;/-'\"?=%^")


def render(results: Results, *, color: bool, width: int) -> str:
    """A line that sums up and a table of the findings; `color` and `width` are not needed."""
    lead = f"**sifcheck**: {_escaped(summary(results))}\n"
    rows: list[str] = []
    room = _MOST - len(lead) - len(_HEAD)
    for finding in results.findings:
        row = _row(finding)
        room -= len(row)
        if room < 0:
            break
        rows.append(row)
    left = len(results.findings) - len(rows)
    more = f"\n{left} more: a comment has no room for them.\n" if left else ""
    return lead + (f"\n{_HEAD}{''.join(rows)}" if rows else "") + more


def _row(finding: Finding) -> str:
    advice = f"<br>{_escaped(finding.help)}" if finding.help else ""
    place = _escaped(where(finding) or "sifcheck")
    rule = f"{_escaped(finding.code)} {_escaped(finding.name)}"
    words = _escaped(f"{finding.message}{in_short(finding)}")
    return f"| {finding.severity} | <code>{place}</code> | {rule} | {words}{advice} |\n"


def _escaped(text: str) -> str:
    """A text that says what it says: no mark-up, no table cell, no link and no mention comes of it."""
    return "".join([_character(character) for character in escape(text)])


def _character(character: str) -> str:
    if character.isalnum() or character in _PLAIN:
        return character
    # A name behind the sign would be told of the comment, however the sign is written; in code it is not.
    return "<code>&#64;</code>" if character == "@" else f"&#{ord(character)};"
