"""The directions of imports: nothing imports upward, the core knows no pack, and what is used is declared.

Also run by `make lint`, as a program.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the bottom to the top.  A part imports what is on a line above its own, or beside it on the same line.
ORDER = """
base
shell
runtime
image
definition
registry
site
job
host
workspace
plan
launch
diagnose
config
lint
api
report
testing
app
lsp
cli
__main__
"""

# What may be imported from the core by these is all that is listed, whatever stands above them.
ONLY = {
    "report": {"base", "lint.rule"},
    "a rule pack": {"api"},
}

# Who may import these from the core; nobody else does.
USED_BY = {"cli": {"__main__"}, "__main__": set()}

# Known exceptions, with their reason.
ALLOWED: set[tuple[str, str]] = {
    ("runtime.call", "job"),
}

# Programs of this checkout that ship with no wheel may use what is for development only.
DEVELOPMENT = {"definition.compile_grammar"}

LEVELS = {part: level for level, line in enumerate(ORDER.split("\n")) for part in line.split()}


class Import(NamedTuple):
    """One import: who, what, and where it stands."""

    importer: str
    imported: str
    place: str


def imports_of(folder: Path, package: str) -> Iterator[Import]:
    """Every import in the modules of a package, those inside functions and for type checkers included."""
    for file in sorted(folder.rglob("*.py")):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        inside = parts[:-1]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            for imported in _imported(node, inside):
                yield Import(name, imported, f"{file.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]


def _imported(node: ast.AST, inside: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = ".".join(inside[: len(inside) - node.level + 1]) if node.level else ""
        module = ".".join(part for part in (above, node.module) if part)
        if module in ("sifcheck", ""):
            yield from (f"{module}.{alias.name}" if alias.name[0] != "_" else module for alias in node.names)
        else:
            yield module
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if (
            called in ("import_module", "__import__")
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
        ):
            yield first.value


def part_of(module: str) -> str:
    """The part of the core that a module belongs to: `definition` for `sifcheck.definition.reader`."""
    return module.split(".")[1] if "." in module else ""


def packs() -> list[Path]:
    """The folders of the rule packs, the example of a third party's among them."""
    inside = [folder for folder in (ROOT / "rules").iterdir() if (folder / "__init__.py").exists()]
    third = [
        file.parent for file in (ROOT / "examples").glob("plugin/**/__init__.py") if "tests" not in file.parts
    ]
    return sorted(inside + third)


def core_imports() -> list[Import]:
    """Every import in the core."""
    return list(imports_of(ROOT / "sifcheck", "sifcheck"))


def core_faults(imports: Iterable[Import]) -> Iterator[str]:
    """Imports inside the core that go the wrong way."""
    pack_names = {folder.name for folder in packs()}
    for importer, imported, place in imports:
        if imported.split(".")[0] in pack_names:
            yield f"{place}: the core imports the rule pack {imported}"
        elif imported.split(".")[0] == "sifcheck" and importer != "sifcheck":
            fault = _direction_fault(importer, imported)
            if fault:
                yield f"{place}: {importer} imports {imported}: {fault}"


def _direction_fault(importer: str, imported: str) -> str:
    """Why one part of the core must not import another; "" if it may."""
    mine, other = part_of(importer), part_of(imported)
    unplaced = next((part for part in (mine, other) if part and part not in LEVELS), "")
    if unplaced:
        return f"{unplaced} has no place in the order of tests/test_imports.py"
    if mine == other or not other or (importer.removeprefix("sifcheck."), other) in ALLOWED:
        return ""
    if LEVELS[other] > LEVELS[mine]:
        return "upward"
    if mine not in USED_BY.get(other, {mine}):
        return f"nothing imports {other}"
    if mine in ONLY and not {other, imported.removeprefix("sifcheck.")} & ONLY[mine]:
        return f"{mine} imports only {', '.join(sorted(ONLY[mine]))}"
    return ""


def pack_faults() -> Iterator[str]:
    """What a rule pack imports besides sifcheck.api, itself and the standard library."""
    for folder in packs():
        for importer, imported, place in imports_of(folder, folder.name):
            top = imported.split(".")[0]
            if top == folder.name or top in sys.stdlib_module_names:
                continue
            if top != "sifcheck" or part_of(imported) not in ONLY["a rule pack"]:
                yield f"{place}: the rule pack {importer} imports {imported}, not only sifcheck.api"


def dependency_faults() -> Iterator[str]:
    """Imports of the core that no dependency or extra of pyproject.toml stands for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [
        *project["dependencies"],
        *(line for name, lines in extras.items() if name != "dev" for line in lines),
    ]
    names = {line.split(">")[0].split("=")[0].split("<")[0].replace("-", "_").lower() for line in declared}
    for importer, imported, place in core_imports():
        top = imported.split(".")[0]
        if (
            top == "sifcheck"
            or top in sys.stdlib_module_names
            or importer.removeprefix("sifcheck.") in DEVELOPMENT
        ):
            continue
        if top not in names:
            yield f"{place}: {importer} imports {imported}, which is no dependency in pyproject.toml"


def test_the_core_imports_nothing_upward() -> None:
    assert not list(core_faults(core_imports()))


def test_rule_packs_import_only_the_api() -> None:
    assert packs()
    assert not list(pack_faults())


def test_what_is_imported_is_declared() -> None:
    assert not list(dependency_faults())


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("sifcheck.base.source", "sifcheck.shell.script"),
        ("sifcheck.shell.script", "sifcheck.definition.model"),
        ("sifcheck.lint.run", "sifcheck.report"),
        ("sifcheck.lint.run", "sifcheck.testing"),
        ("sifcheck.report.full", "sifcheck.lint.known_rules"),
        ("sifcheck.report.full", "sifcheck.definition"),
        ("sifcheck.lsp.server", "sifcheck.cli"),
        ("sifcheck.cli.check", "sifcheck_rules.sections"),
        ("sifcheck.tools", "sifcheck.base.source"),
    ],
)
def test_a_wrong_direction_is_a_fault(importer: str, imported: str) -> None:
    assert list(core_faults([Import(importer, imported, "here:1")]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sifcheck.cli as c", ["sifcheck.cli"]),
        ("from sifcheck import cli, __version__", ["sifcheck.cli", "sifcheck"]),
        ("from ..lint.rule import Rule", ["sifcheck.lint.rule"]),
        ("from . import full", ["sifcheck.report"]),
        ("def f():\n    importlib.import_module('sifcheck_rules')", ["sifcheck_rules"]),
    ],
)
def test_every_way_to_import_is_seen(text: str, expected: list[str]) -> None:
    found = [name for node in ast.walk(ast.parse(text)) for name in _imported(node, ("sifcheck", "report"))]
    assert found == expected


if __name__ == "__main__":
    faults = [*core_faults(core_imports()), *pack_faults(), *dependency_faults()]
    print("\n".join(faults) or "the imports keep their directions")
    raise SystemExit(bool(faults))
