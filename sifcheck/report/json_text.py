"""Writes JSON that any reader takes and no terminal obeys."""

from __future__ import annotations

from typing import Any

from sifcheck.base.text import hidden


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """A document and a line end, always the same for the same; `indent` None: all on one line."""
    import json
    import re

    text = json.dumps(document, ensure_ascii=False, indent=indent)
    # Outside of its strings the document is ASCII: what this finds is in a string, where an escape may be.
    return re.sub(r"[^\n -~]", _escaped, text) + "\n"


def _escaped(found: Any) -> str:
    r"""A character as it stands in the document: `\u....` for one that is not to be seen.

    Half a surrogate pair, which is how Python holds a byte of a path that is no UTF-8, becomes U+FFFD:
    readers in other languages refuse a document with such an escape.
    """
    character: str = found[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if not hidden(character):
        return character
    units = character.encode("utf-16-be").hex()
    return "".join([f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)])
