"""What `sifcheck.api` offers: every name documented, and every name used by a pack that ships or by an example."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from sifcheck import api

sys.path.insert(0, str(ROOT / "docs"))
from api_page import meanings

# What nobody here names, and what it is for.
FOR_OTHERS = {
    "API_VERSION": "a pack may ask for it",
    "SetVariable": "a pack's own remedy; the shipped ones have temporary_remedy()",
}


def importers() -> dict[str, set[Path]]:
    """Who imports each name: modules of packs, and the examples and pages for authors."""
    found: dict[str, set[Path]] = {}
    for path in [*ROOT.glob("rules/**/*.py"), *ROOT.glob("examples/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "sifcheck.api":
                for alias in node.names:
                    found.setdefault(alias.name, set()).add(path)
    return found


def test_every_name_is_used() -> None:
    unused = set(api.__all__) - set(importers())
    assert unused == set(FOR_OTHERS)


def test_nothing_is_imported_that_is_not_offered() -> None:
    assert set(importers()) <= set(api.__all__)


@pytest.mark.parametrize(("name", "words"), list(meanings().items()))
def test_every_name_says_what_it_is(name: str, words: str) -> None:
    assert words.endswith((".", '."', "settled; one that begins with a variable stays as written.")), name
    assert hasattr(api, name)


def test_the_version_has_two_numbers() -> None:
    major, minor = api.API_VERSION
    assert (major, minor) >= (1, 0)


def test_what_machines_need_is_imported_when_it_is_asked_for() -> None:
    code = "import sys, sifcheck.api as api; before = set(sys.modules); api.Host; print('sifcheck.host.snapshot' in before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
