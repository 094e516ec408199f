"""The grammar is loaded when a text is read and not before, and by way of its extension module alone."""

from __future__ import annotations

import subprocess
import sys


def loaded(statement: str) -> set[str]:
    """The modules that are there after a statement, in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_grammar() -> None:
    there = loaded("import sifcheck.shell")
    assert "sifcheck.shell" in there
    assert not {"tree_sitter", "tree_sitter_bash", "importlib.resources", "dataclasses", "json"} & there


def test_reading_a_text_loads_the_extension_module_only() -> None:
    there = loaded(
        "from sifcheck.shell import parse_script\nfrom sifcheck.base.source import Span\nparse_script('a', place=Span)"
    )
    assert "tree_sitter" in there
    assert not {"tree_sitter_bash", "importlib.resources"} & there


def test_without_an_extension_file_the_package_is_imported() -> None:
    statement = (
        "import importlib.machinery as machinery\n"
        "find = machinery.PathFinder.find_spec\n"
        "machinery.PathFinder.find_spec = classmethod("
        "lambda cls, name, path=None, target=None: None if sys._getframe(1).f_code.co_name == '_grammar'"
        " else find(name, path, target))\n"
        "from sifcheck.shell import parse_script\nfrom sifcheck.base.source import Span\n"
        "assert parse_script('a b', place=Span).commands()[0].name == 'a'"
    )
    assert "tree_sitter_bash" in loaded(statement)
