"""The text that the server holds stays the one that the editor holds, whatever is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pygls", reason="the language server needs pygls (extra `lsp`)")

from lsp.editor import Editor
from lsprotocol import types

from sifcheck.lsp.documents import SIZE_LIMIT, Document, path_of
from sifcheck.lsp.positions import units_of

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = [
    "Bootstrap: docker\n",
    "From: rockylinux\n",
    "%post\n",
    "    dnf install -y gcc\r\n",
    "%runscript\r",
    "    python $*\n",
    "日本𝄞",
    "\u2028\u0085\v\x0c",
    "\r",
    "\n",
    "# sifcheck: ignore[DEF201]\n",
    "𝄞",
    "",
]
texts = st.lists(st.sampled_from(LINES), max_size=8).map("".join)
edits = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), texts), max_size=6)


def placed(text: str, one: float, other: float) -> tuple[int, int]:
    """Two places of a text, neither of them between CR and LF, where an editor has no place."""
    start, end = sorted((round(one * len(text)), round(other * len(text))))
    if text[start - 1 : start + 1] == "\r\n":
        start -= 1
    if text[end - 1 : end + 1] == "\r\n":
        end += 1
    return start, end


class Typist(Editor):
    """The editor's side of it, with no server: it keeps what it would have sent."""

    def __init__(self, encoding: types.PositionEncodingKind) -> None:
        self.texts = {}
        self.versions = {}
        self.encoding = encoding
        self.sent: list[types.TextDocumentContentChangeEvent] = []

    def _changed(self, uri: str, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        self.sent = changes


@given(texts, edits, st.sampled_from(list(types.PositionEncodingKind)))
def test_the_text_stays_that_of_the_editor(
    text: str, made: list[tuple[float, float, str]], encoding: types.PositionEncodingKind
) -> None:
    typist, units = Typist(encoding), units_of(encoding)
    typist.texts["a"] = text
    document = Document(types.TextDocumentItem("file:///a.def", "x", 1, text), units)
    for number, (one, other, new) in enumerate(made):
        start, end = placed(typist.texts["a"], one, other)
        typist.change("a", [(start, end, new), (0, 0, "a" * (number % 2))])
        document.change(typist.sent, number + 2, units)
        assert document.source.data.decode() == typist.texts["a"]
        assert document.version == number + 2


@settings(max_examples=12)
@given(texts, edits)
def test_edits_lead_where_the_whole_text_leads(
    editor: Editor, opened: Callable[..., str], text: str, made: list[tuple[float, float, str]]
) -> None:
    """What is said after the edits is what is said about the text when it is opened as it is."""
    uri = opened(text)
    for one, other, new in made:
        start, end = placed(editor.texts[uri], one, other)
        editor.type(uri, start, end, new)
    again = opened(editor.texts[uri])
    found = repr(editor.diagnostics(again))
    assert repr(editor.diagnostics(uri)).replace(uri, again) == found
    assert editor.symbols(uri) == editor.symbols(again)
    editor.replace(uri, editor.texts[again])
    assert repr(editor.diagnostics(uri)).replace(uri, again) == found


def test_half_a_character_is_no_end() -> None:
    document = Document(types.TextDocumentItem("file:///a.def", "x", 1, "a\ud834b"), "utf-16")
    assert document.places.position(2) == types.Position(0, 2)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c/%E6%97%A5.def", "/a/b c/日.def"),
        ("untitled:Untitled-1", ""),
        ("git:/a/b.def?x", ""),
        ("", ""),
        ("file:", ""),
    ],
)
def test_paths(uri: str, path: str) -> None:
    assert path_of(uri) == path


def test_what_is_too_large_is_no_definition_file() -> None:
    item = types.TextDocumentItem("file:///a.def", "apptainer-definition", 1, "#" * (SIZE_LIMIT + 1))
    assert Document(item, "utf-16").kind() is None
