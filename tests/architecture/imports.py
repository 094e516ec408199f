"""The directions of imports: nothing imports upward or in a circle, the core knows no pack, and what is used is declared."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent

# From the bottom to the top.  A part imports what is on a line above its own, or beside it on the same line.
ORDER = """
base
shell
runtime
image
definition
registry
bases
simulate
site
host
job
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
    "report": {"base"},
    "a rule pack": {"api"},
}

# Who may import these from the core; nobody else does.
USED_BY = {"cli": {"__main__"}, "__main__": set()}

# Known exceptions, with their reason.
ALLOWED: set[tuple[str, str]] = {
    ("app.checkers", "cli"),
    ("app.comparing", "cli"),
    ("app.earlier", "cli"),
    ("app.hosting", "cli"),
    ("app.reporting", "cli"),
}

# Programs of this checkout that ship with no wheel may use what is for development only.
DEVELOPMENT = {"definition.compile_grammar"}

LEVELS = {part: level for level, line in enumerate(ORDER.split("\n")) for part in line.split()}


TESTING_FOR = ("sifcheck.testing", "sifcheck.cli.rule")
"""Modules below these may import sifcheck.testing; besides them only tests and the program that makes the documentation."""


class Fault(NamedTuple):
    """Something that is not as it should be: in words that stay the same when lines move, and where it stands."""

    what: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


class Import(NamedTuple):
    """One import: who, what, and where it stands."""

    importer: str
    imported: str
    place: str


@cache
def parsed(file: Path) -> ast.Module:
    """The code of a module; read once, as several checks walk it."""
    return ast.parse(file.read_bytes(), str(file))


@cache
def nodes_of(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All nodes of a module, once for all checks."""
    return tuple(ast.walk(tree))


def imports_of(folder: Path, package: str) -> Iterator[Import]:
    """Every import in the modules of a package, those inside functions and for type checkers included."""
    for file in sorted(folder.rglob("*.py")):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        inside = parts[:-1]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node in nodes_of(parsed(file)):
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


def core_faults(imports: Iterable[Import]) -> Iterator[Fault]:
    """Imports inside the core that go the wrong way."""
    pack_names = {folder.name for folder in packs()}
    for importer, imported, place in imports:
        if imported.split(".")[0] in pack_names:
            yield Fault(f"{importer} imports the rule pack {imported}", place)
        elif imported.split(".")[0] == "sifcheck" and importer != "sifcheck":
            fault = _direction_fault(importer, imported)
            if fault:
                yield Fault(f"{importer} imports {imported}: {fault}", place)


def _direction_fault(importer: str, imported: str) -> str:
    """Why one part of the core must not import another; "" if it may."""
    mine, other = part_of(importer), part_of(imported)
    unplaced = next((part for part in (mine, other) if part and part not in LEVELS), "")
    if unplaced:
        return f"{unplaced} has no place in the order of tests/architecture/imports.py"
    if mine == other or not other or (importer.removeprefix("sifcheck."), other) in ALLOWED:
        return ""
    if LEVELS[other] > LEVELS[mine]:
        return "upward"
    if mine not in USED_BY.get(other, {mine}):
        return f"nothing imports {other}"
    if mine in ONLY and not {other, imported.removeprefix("sifcheck.")} & ONLY[mine]:
        return f"{mine} imports only {', '.join(sorted(ONLY[mine]))}"
    return ""


def pack_faults() -> Iterator[Fault]:
    """What a rule pack imports besides sifcheck.api, itself and the standard library."""
    for folder in packs():
        for importer, imported, place in imports_of(folder, folder.name):
            top = imported.split(".")[0]
            if top == folder.name or top in sys.stdlib_module_names:
                continue
            if top != "sifcheck" or part_of(imported) not in ONLY["a rule pack"]:
                yield Fault(f"the rule pack {importer} imports {imported}, not only sifcheck.api", place)


def dependency_faults() -> Iterator[Fault]:
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
            yield Fault(f"{importer} imports {imported}, which is not a dependency in pyproject.toml", place)


def testing_faults(imports: Iterable[Import]) -> Iterator[Fault]:
    """Imports of what rule authors test with, by modules that users run."""
    for importer, imported, place in imports:
        if f"{imported}.".startswith("sifcheck.testing.") and not importer.startswith(TESTING_FOR):
            yield Fault(f"{importer} imports {imported}, which is for tests", place)


def circle_faults(graph: Mapping[str, Iterable[str]], kind: str = "modules") -> Iterator[Fault]:
    """The circles in a graph of imports: each group of nodes that all lead to one another."""
    for group in _groups(graph):
        if len(group) > 1:
            yield Fault(f"a circle of {kind}: {' '.join(sorted(group))}")


def module_graph(folders: Mapping[str, Path]) -> dict[str, set[str]]:
    """What each module of some packages imports of them; a name taken from a package is the module of that name, if any."""
    files = {name: file for package, folder in folders.items() for name, file in _modules(folder, package)}
    graph: dict[str, set[str]] = {}
    for name, file in files.items():
        inside = tuple(name.split(".")) if file.name == "__init__.py" else tuple(name.split(".")[:-1])
        found = {target for node in nodes_of(parsed(file)) for target in _modules_named(node, inside, files)}
        graph[name] = found - {name}
    return graph


def package_graph(modules: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """What each package of the core imports of the others; a module beside them counts as one."""
    graph: dict[str, set[str]] = {}
    for importer, imported in modules.items():
        mine = part_of(importer)
        if importer.startswith("sifcheck.") and mine:
            others = {part_of(name) for name in imported if name.startswith("sifcheck.")}
            graph.setdefault(mine, set()).update(others - {mine, ""})
    return graph


def packages() -> dict[str, Path]:
    """The core and the rule packs that ship with it, by name."""
    return {"sifcheck": ROOT / "sifcheck"} | {
        folder.name: folder for folder in packs() if folder.parent == ROOT / "rules"
    }


def _modules(folder: Path, package: str) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*.py")):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def _modules_named(node: ast.AST, inside: tuple[str, ...], files: Mapping[str, Path]) -> Iterator[str]:
    """The modules that one statement imports, each as the innermost that is a file."""
    if isinstance(node, ast.ImportFrom):
        above = ".".join(inside[: len(inside) - node.level + 1]) if node.level else ""
        module = ".".join(part for part in (above, node.module) if part)
        for alias in node.names:
            inner = f"{module}.{alias.name}"
            yield from (name for name in (inner if inner in files else module,) if name in files)
    else:
        yield from (name for name in _imported(node, inside) if name in files)


def _groups(graph: Mapping[str, Iterable[str]]) -> Iterator[set[str]]:
    """The strongly connected groups of a graph (Tarjan, without recursion)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_nodes: list[str] = []
    for start in graph:
        if start in order:
            continue
        way = [(start, iter(sorted(graph[start])))]
        order[start] = lowest[start] = len(order)
        open_nodes.append(start)
        while way:
            node, rest = way[-1]
            following = next((name for name in rest if name in graph), None)
            if following is None:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    place = open_nodes.index(node)
                    yield set(open_nodes[place:])
                    del open_nodes[place:]
            elif following not in order:
                order[following] = lowest[following] = len(order)
                open_nodes.append(following)
                way.append((following, iter(sorted(graph[following]))))
            elif following in open_nodes:
                lowest[node] = min(lowest[node], order[following])
