"""Nothing that the server answers goes wrong on collected definition files, and what it offers holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sifcheck.definition.model import Definition

pytest.importorskip("pygls", reason="the language server needs pygls (extra `lsp`)")

from lsprotocol import types

from sifcheck.lsp.checking import Checked, check
from sifcheck.lsp.code_actions import code_actions
from sifcheck.lsp.completion import completion
from sifcheck.lsp.diagnostics import Client
from sifcheck.lsp.documents import Document
from sifcheck.lsp.hover import hover
from sifcheck.lsp.rulebook import Rulebook
from sifcheck.lsp.symbols import symbols

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

EVERY = 17
"""One in so many of the files is taken, for the time it takes."""


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return Rulebook({"no_shellcheck": "true", "profile": "strict"}, None, True)


def opened(text: str, rules: Rulebook) -> tuple[Document, Checked]:
    document = Document(types.TextDocumentItem("file:///nowhere/a.def", "x", 1, text), "utf-16")
    how = rules.for_file(document.path, "definition")
    assert how is not None
    return document, check(document.source, how)


def test_answers_about_collected_files(corpus_files: list[Path], rules: Rulebook) -> None:
    for file in corpus_files[::EVERY]:
        document, checked = opened(file.read_bytes().decode("utf-8", "replace"), rules)
        places = document.places
        assert isinstance(checked.read, Definition)
        outline = symbols(checked.read, places)
        assert len(outline) == len(checked.read.stages), file.name
        for finding in checked.shown:
            said = hover(checked, finding.span.start, places, rules.registry)
            assert said is None or said.contents.value, file.name
        for offset in range(0, len(document.source.data), 97):
            completion(checked, offset, places, rules.registry)
            hover(checked, offset, places, rules.registry)


def test_what_is_offered_for_collected_files(corpus_files: list[Path], rules: Rulebook) -> None:
    """A comment takes away the finding that it is offered for, and adds none."""
    tried = 0
    for file in corpus_files[:: EVERY * 2]:
        document, checked = opened(file.read_bytes().decode("utf-8", "replace"), rules)
        for finding in checked.shown[::5]:
            range_ = document.places.range(finding.span)
            params = types.CodeActionParams(
                types.TextDocumentIdentifier(document.uri), range_, types.CodeActionContext([])
            )
            for action in code_actions(document, checked, params, rules.registry, Client(resolves=True)):
                if not action.title.startswith(f"Ignore {finding.code} in this "):
                    continue
                assert action.edit is not None
                assert action.edit.changes is not None
                (edit,) = action.edit.changes[document.uri]
                at = document.places.offset(edit.range.start)
                data = document.source.data
                after = data[:at] + edit.new_text.encode() + data[at:]
                _, again = opened(after.decode(), rules)
                before = sorted(f.code for f in checked.shown)
                left = sorted(f.code for f in again.shown)
                where = f"{file.name}: {action.title}: {finding.span}"
                assert left.count(finding.code) < before.count(finding.code), where
                assert not set(left) - set(before), where
                tried += 1
    assert tried > 50
