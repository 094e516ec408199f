"""Every section, key and agent that some version knows has a meaning, and none that nobody knows."""

from __future__ import annotations

import pytest

from sifcheck.lsp import meanings
from sifcheck.runtime.versions import AGENTS, APP_SECTIONS, KEYS, SECTIONS


def test_all_words_of_a_definition_file_are_explained() -> None:
    assert set(meanings.SECTIONS) == {*SECTIONS, *APP_SECTIONS}
    assert set(meanings.KEYS) == {*KEYS, "otherurl0"}
    assert set(meanings.AGENTS) == set(AGENTS)


@pytest.mark.parametrize(
    ("kind", "name", "since"),
    [
        ("section", "appstart", "Apptainer 1.2, SingularityCE 4.0"),
        ("section", "arguments", "Apptainer 1.2, SingularityCE 4.0"),
        ("agent", "dnf", "Apptainer 1.4, SingularityCE 4.3"),
        ("key", "filename", "Apptainer 1.5"),
        ("key", "registry", ""),
        ("section", "post", ""),
    ],
)
def test_a_page_says_since_when(kind: str, name: str, since: str) -> None:
    table = {"section": meanings.SECTIONS, "key": meanings.KEYS, "agent": meanings.AGENTS}[kind]
    page = meanings.page(kind, name, table[name])
    assert table[name].short in page
    assert (f"*Since {since}*" in page) if since else ("Since" not in page)
