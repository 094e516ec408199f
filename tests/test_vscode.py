"""The VS Code extension says of definition files what the language server says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sifcheck.runtime.versions import APP_SECTIONS, SECTIONS

FOLDER = Path(__file__).resolve().parent.parent / "editors" / "vscode"


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_its_files_are_there() -> None:
    package = read("package.json")
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    for name in (language["configuration"], grammar["path"], "package-lock.json"):
        assert read(name)
    assert read(grammar["path"])["scopeName"] == grammar["scopeName"]
    assert read("package-lock.json")["name"] == package["name"]


def test_the_lock_file_names_no_server() -> None:
    """So that `npm ci` asks whatever registry npm is set up with."""
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text(encoding="utf-8")


def test_the_language_is_the_servers() -> None:
    pytest.importorskip("pygls", reason="the language server needs pygls (extra `lsp`)")
    from sifcheck.lsp.code_actions import FIX_ALL
    from sifcheck.lsp.documents import LANGUAGES

    (language,) = read("package.json")["contributes"]["languages"]
    assert language["id"] in LANGUAGES
    assert f'"{language["id"]}"' in (FOLDER / "extension.js").read_text(encoding="utf-8")
    assert FIX_ALL in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_all_sections_are_coloured_and_no_others() -> None:
    grammar = read("syntaxes/apptainer-definition.tmLanguage.json")
    named: list[str] = []
    for rule in grammar["repository"].values():
        begin = rule.get("begin", "")
        if begin.startswith("^(%+)"):
            named += re.findall(
                r"[a-z]+", begin.partition("(%+)")[2].partition("(?=")[0].replace("(?i:", "(")
            )
    assert sorted(named) == sorted([*SECTIONS, *APP_SECTIONS])


def test_programs_cannot_be_chosen_by_a_workspace() -> None:
    """A checkout that is opened must not say what is started."""
    properties = read("package.json")["contributes"]["configuration"]["properties"]
    assert {setting["scope"] for setting in properties.values()} == {"machine"}
