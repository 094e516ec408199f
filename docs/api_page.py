"""The page about `sifcheck.api`: every name and what it is, from the docstrings of the sources."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import sifcheck
from sifcheck import api

ROOT = Path(sifcheck.__file__).parent


def meanings() -> dict[str, str]:
    """What each name of `sifcheck.api` is, in the first sentence of its docstring; "" where it has none."""
    tree = ast.parse((ROOT / "api.py").read_text(encoding="utf-8"))
    origins = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sifcheck.")
        for alias in node.names
    }
    return {name: _meaning(name, origins.get(name, "sifcheck.api")) for name in sorted(api.__all__)}


def page() -> str:
    """The page in Markdown."""
    major, minor = api.API_VERSION
    lines = [
        "# sifcheck.api",
        "",
        "Made by `make docs` from the docstrings.  [writing-rules.md](writing-rules.md) says how the parts go together, and",
        "which attributes the nodes have.",
        "",
        f"`API_VERSION` is `({major}, {minor})`: the second number grows when something is added, the first when a name",
        "goes or changes its meaning.",
        "",
        "| name | what it is |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {words.replace('|', chr(92) + '|')} |" for name, words in meanings().items()]
    return "\n".join(lines) + "\n"


def _meaning(name: str, module: str) -> str:
    path = ROOT.parent / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        # Of overloads, and of what type checkers see in another way, the one with words counts.
        if (
            isinstance(node, (ast.ClassDef, ast.FunctionDef))
            and node.name == name
            and ast.get_docstring(node)
        ):
            return _first_sentence(ast.get_docstring(node) or "")
    for node, below in zip(tree.body, [*tree.body[1:], None], strict=True):
        named = isinstance(node, (ast.Assign, ast.AnnAssign)) and name in map(ast.unparse, _targets(node))
        if named and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            return _first_sentence(str(below.value.value))
        again = isinstance(node, ast.ImportFrom) and name in {one.name for one in node.names}
        if again and node.module and node.module.startswith("sifcheck."):
            return _meaning(name, node.module)
    return ""


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    return re.split(r"(?<=[^.][.])\s+(?=[A-Z`])|:\s*$", paragraph)[0].strip()
