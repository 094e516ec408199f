"""Whether to use colour, and the few colours there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

When = Literal["auto", "always", "never"]

Paint = Callable[[str, str], str]
"""Takes a text and the name of a style, gives the text to write."""

STYLES: Mapping[str, str] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "strong": "1",
    "frame": "94",
    "related": "94",
    "help": "36",
    "fix": "32",
    "quiet": "2",
}
"""ANSI parameters (ECMA-48, SGR) of what a report colours; a severity's style bears its name."""


def use_color(when: When, is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to write colours.

    `--color always` and `never` win; then NO_COLOR (any text in it), FORCE_COLOR (any text but 0), TERM=dumb,
    and last whether the output is a terminal.
    """
    if when != "auto":
        return when == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def painter(color: bool) -> Paint:
    """The function that colours text, or leaves it as it is."""
    return _ansi if color else _plain


def _ansi(text: str, style: str) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if text else text


def _plain(text: str, style: str) -> str:
    return text
