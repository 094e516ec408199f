"""Reading a shell text takes nothing heavy: no grammar is loaded, and no library of parsers."""

from __future__ import annotations

import subprocess
import sys


def loaded(statement: str) -> set[str]:
    """The modules that are there after a statement, in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_reading_a_text_loads_nothing_heavy() -> None:
    there = loaded(
        "from sifcheck.shell import parse_script\nfrom sifcheck.base.source import Span\n"
        "assert parse_script('a b', place=Span).commands()[0].name == 'a'"
    )
    assert "sifcheck.shell.parser" in there
    assert not {"importlib.resources", "dataclasses", "json", "subprocess"} & there


def test_no_library_reads_the_shell() -> None:
    outside = {name.partition(".")[0] for name in loaded("import sifcheck.shell")} - {"sifcheck"}
    assert outside <= {*sys.stdlib_module_names, "__main__", "__mp_main__", "sitecustomize"} | {
        name for name in outside if name.startswith(("_", "a1_"))
    }
