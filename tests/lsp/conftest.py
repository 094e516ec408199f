"""One editor for all tests of a module; each test opens documents of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from lsp.editor import Editor

pytest.importorskip("pygls", reason="the language server needs pygls (extra `lsp`)")


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor without ShellCheck."""
    from lsp.editor import Editor

    editor = Editor(tmp_path_factory.mktemp("workspace"), "--isolated", "--no-shellcheck")
    yield editor
    assert not editor.logged
    assert editor.leave() == 0


_numbers = itertools.count()


@pytest.fixture(scope="module")
def opened(editor: Editor) -> Callable[..., str]:
    """Opens a text under a name of its own."""

    def open_text(text: str, name: str = "", language: str = "apptainer-definition") -> str:
        uri = editor.uri(name or f"file{next(_numbers)}.def")
        editor.open(uri, text, language)
        return uri

    return open_text


@pytest.fixture
def editors(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    """Makes editors with their own settings, which leave at the end of the test."""
    from lsp.editor import Editor

    made: list[Editor] = []

    def make(*words: str, **settings: Any) -> Editor:
        made.append(Editor(tmp_path, *words, **settings))
        return made[-1]

    yield make
    for editor in made:
        assert editor.leave() == 0
