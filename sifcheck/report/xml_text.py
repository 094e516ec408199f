"""Writes XML 1.0, which has no way to hold most control characters: they become visible escapes."""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.base.text import escape

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escaped(text: str) -> str:
    """A text on one line as it stands in an element or an attribute."""
    return "".join([_ESCAPES.get(character, character) for character in escape(text)])


def opening(name: str, attributes: Mapping[str, str | int], *, close: bool = False) -> str:
    """The tag that opens an element, its attributes in order; with `close` an element without content."""
    listed = "".join(f' {key}="{escaped(str(text))}"' for key, text in attributes.items())
    return f"<{name}{listed}{' /' if close else ''}>"
