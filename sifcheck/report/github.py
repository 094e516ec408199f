"""The format `github`: workflow commands, which GitHub Actions shows beside the lines of a pull request.

Source: GitHub's documentation of workflow commands, and the runner's own decoding (%25, %0D, %0A; in a property also
%3A and %2C).
"""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.base.findings import Finding, Results, Severity
from sifcheck.base.text import escape
from sifcheck.report.companions import in_short
from sifcheck.report.place import path_of, positions

_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(results: Results, *, color: bool, width: int) -> str:
    """One command a line, so empty where nothing was found; `color` and `width` are not needed."""
    return "".join([_command(finding) for finding in results.findings])


def _command(finding: Finding) -> str:
    properties = ",".join(f"{key}={_property(text)}" for key, text in _properties(finding).items())
    message = f"{finding.message}{in_short(finding)}"
    lines = [message, finding.help] if finding.help else [message]
    words = "\n".join(escape(line) for text in lines for line in text.split("\n"))
    return f"::{_COMMANDS[finding.severity]} {properties}::{_message(words)}\n"


def _properties(finding: Finding) -> dict[str, str]:
    title = {"title": f"{finding.code} {finding.name}"}
    path = path_of(finding)
    if path is None:
        return title
    start, end = positions(finding.source, finding.span)
    place = {"file": path, "line": str(start.line), "col": str(start.column), "endLine": str(end.line)}
    # An end column in another line is not taken.
    if start.line == end.line:
        place["endColumn"] = str(end.column)
    return place | title


def _message(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _message(escape(words)).replace(":", "%3A").replace(",", "%2C")
