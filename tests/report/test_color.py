"""Whether colour is used, and that it is put only around text."""

from __future__ import annotations

import pytest

from sifcheck.base.findings import SEVERITIES
from sifcheck.report.color import STYLES, When, painter, use_color


@pytest.mark.parametrize(
    ("when", "is_terminal", "environment", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"TERM": "xterm-256color"}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": "0"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"FORCE_COLOR": ""}, False),
        ("auto", False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ("auto", True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_colour_is_used(
    when: When, is_terminal: bool, environment: dict[str, str], expected: bool
) -> None:
    assert use_color(when, is_terminal, environment) is expected


def test_every_severity_has_its_style() -> None:
    assert set(SEVERITIES) <= set(STYLES)
    assert len({STYLES[severity] for severity in SEVERITIES}) == len(SEVERITIES)


def test_painting() -> None:
    assert painter(False)("text", "error") == "text"
    assert painter(True)("text", "error") == "\x1b[1;31mtext\x1b[0m"
    assert painter(True)("", "error") == ""
