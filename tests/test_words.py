"""One home for words: what compares words, quotes for a shell or writes sizes stands in base/text and nowhere else.

Also run by `make lint`, as a program.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "sifcheck" / "base" / "text.py"

# What writes a number with a unit of bytes behind it.
_UNIT = re.compile(r"\s?[KMGTP]i?B\b")
_QUOTING = ("quote", "join")


def faults(tree: ast.AST, where: str) -> Iterator[str]:
    """What a module does that base/text is there for."""
    for node in ast.walk(tree):
        for what in _faults_of(node):
            yield f"{where}:{node.lineno}: {what}"  # type: ignore[attr-defined]


def _faults_of(node: ast.AST) -> Iterator[str]:
    if (isinstance(node, ast.Import) and any(alias.name == "difflib" for alias in node.names)) or (
        isinstance(node, ast.ImportFrom) and node.module == "difflib"
    ):
        yield "difflib: use nearest, compared or diff of base/text"
    elif isinstance(node, ast.ImportFrom) and node.module == "shlex":
        if any(alias.name in _QUOTING for alias in node.names):
            yield "shlex: use quote or quote_line of base/text"
    elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("shlex.quote", "shlex.join"):
        yield "shlex: use quote or quote_line of base/text"
    elif isinstance(node, ast.JoinedStr):
        for value, after in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and _UNIT.match(str(getattr(after, "value", ""))):
                yield "a size: use size_text of base/text"


def all_faults() -> list[str]:
    """What the core and the packs do, base/text left out."""
    files = [file for top in ("sifcheck", "rules") for file in sorted((ROOT / top).rglob("*.py"))]
    return [
        fault
        for file in files
        if file != HOME
        for fault in faults(ast.parse(file.read_bytes()), str(file.relative_to(ROOT)))
    ]


def test_words_have_one_home() -> None:
    assert all_faults() == []


@pytest.mark.parametrize(
    "code",
    [
        "import difflib",
        "from difflib import unified_diff",
        "def f():\n    from shlex import quote, split",
        "import shlex\nprint(shlex.quote('a'))",
        "print(f'{number:.1f} GiB')",
        "print(f'at least {size / 1e6}MB more')",
    ],
)
def test_a_second_home_is_a_fault(code: str) -> None:
    assert len(list(faults(ast.parse(code), "x.py"))) == 1


@pytest.mark.parametrize(
    "code", ["from shlex import split", "print(f'2 GiB of {folder}')", "print(f'{a} MBit')"]
)
def test_what_is_something_else_is_none(code: str) -> None:
    assert list(faults(ast.parse(code), "x.py")) == []


if __name__ == "__main__":
    found = all_faults()
    print("\n".join(found) or "words have one home")
    raise SystemExit(bool(found))
