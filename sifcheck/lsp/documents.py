"""The documents that are open in the editor: their text as it stands there, saved or not."""

from __future__ import annotations

import os
from collections.abc import Iterable

from lsprotocol import types

from sifcheck.app.kinds import HEAD_SIZE, SIZE_LIMIT, kind_of
from sifcheck.base.source import Source
from sifcheck.lint.check import Kind
from sifcheck.lsp.checking import Checked
from sifcheck.lsp.positions import Places, Units

LANGUAGES = frozenset(("apptainer-definition", "apptainer", "singularity-definition", "singularity"))
"""What editors call the language of definition files; a document of such a language is one whatever its name."""


class Document:
    """One open document.  `path` is "" where it is no file, as one that was never saved.

    `checked` is what the last check found; None where the text was not checked yet.  `counter` counts the texts, for what
    comes back later and may be about an older one.
    """

    __slots__ = ("checked", "counter", "language", "path", "places", "source", "uri", "version")

    def __init__(self, item: types.TextDocumentItem, units: Units) -> None:
        self.uri = item.uri
        self.path = path_of(item.uri)
        self.language = item.language_id
        self.version = item.version
        self.checked: Checked | None = None
        self.counter = 0
        self._take(_encoded(item.text), units)

    def change(
        self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int, units: Units
    ) -> None:
        """Take over what was typed: each change speaks of the text that the one before has left."""
        for change in changes:
            new = _encoded(change.text)
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = self.places.span(change.range)
                new = self.source.data[: span.start] + new + self.source.data[span.end :]
            self._take(new, units)
        self.version = version

    def kind(self) -> Kind | None:
        """What the document is to be read as; None for one that is neither a definition file nor a batch script."""
        head = self.source.data[:HEAD_SIZE]
        if len(self.source.data) > SIZE_LIMIT:
            return None
        found = kind_of(self.path or _last_part(self.uri), head)
        if found == "definition" or found == "job":
            return found
        return "definition" if found == "unknown" and self.language in LANGUAGES else None

    def _take(self, data: bytes, units: Units) -> None:
        self.source = Source(self.path or _last_part(self.uri), data)
        self.places = Places(data, units)
        self.counter += 1


def path_of(uri: str) -> str:
    """The path of a `file:` address, "" for any other."""
    from pygls.uris import to_fs_path

    if not uri.lower().startswith("file:"):
        return ""
    try:
        return to_fs_path(uri) or ""
    except ValueError:
        return ""


def _last_part(uri: str) -> str:
    from urllib.parse import unquote

    return os.path.basename(unquote(uri.partition(":")[2].partition("?")[0]))


def _encoded(text: str) -> bytes:
    """The text in UTF-8; half of a surrogate pair, which has none, is one question mark and so one unit as before."""
    return text.encode("utf-8", "replace")
