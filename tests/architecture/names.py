"""Names and words that have one home: classes, codes of rules, and what only sifcheck.base.text and .sizes may do."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from architecture.imports import ROOT, Fault, nodes_of, packages, parsed

Trees: TypeAlias = Mapping[str, ast.Module]
"""The parsed modules by their paths, relative to the root of the repository."""

CODE = re.compile(r"(?<![A-Z0-9])(?:DEF|ENV|JOB|BLD|IMG|FUG)[0-9]{3}(?![0-9])")
UNITS = "B|[KMGTP]iB|kB|[MGTP]B"
# A value followed by a unit, as a template writes it: `{size:.1f} GiB`, `%d MiB`.
FORMATTED = re.compile(rf"(?:\{{[^{{}}]*\}}|%[-0-9.]*[dfgis]) ?(?:{UNITS})(?![A-Za-z])")
UNIT = re.compile(r"[KMGTP]iB")
AFTER_A_VALUE = re.compile(rf" ?(?:{UNITS})(?![A-Za-z])")

# Where rules' codes are data: what a message of a failed build is told by.
CODES_ARE_DATA = ("sifcheck/diagnose/",)

# Codes that show a user or an author how a code is written; no behaviour hangs on them.
EXAMPLE_CODES: dict[tuple[str, str], str] = {
    ("sifcheck/cli/parser.py", "DEF701"): "the example of `sifcheck --help`",
    ("sifcheck/cli/rule.py", "DEF701"): "the example of `sifcheck rule --help`",
    ("sifcheck/cli/build.py", "DEF104"): "the example of `sifcheck build --help`",
    ("sifcheck/config/settings.py", "DEF901"): "the example in the meaning of `locked`",
    (
        "sifcheck/lint/internal.py",
        "DEF701",
    ): "a finding to suppress, in the examples of the rules about suppressions",
    ("sifcheck/lint/internal.py", "DEF799"): "a code that is not a rule's, in the same examples",
}

# Where one text is compared with another: that is not the search for the nearest word, which base/text does.
COMPARE_TEXTS: dict[str, str] = {
    "sifcheck/app/fixing.py": "--diff",
    "sifcheck/cli/fixing.py": "--diff",
    "sifcheck/lint/changed_lines.py": "--since: which lines of a file are new",
    "sifcheck/lsp/code_actions.py": "the smallest edit that an editor is sent",
    "sifcheck/testing/page.py": "what a fix makes of an example, on the page of its rule",
}

HOMES = ("sifcheck/base/text.py", "sifcheck/base/sizes.py")


def trees(folders: Iterable[Path] = ()) -> dict[str, ast.Module]:
    """The parsed modules of the core and of the rule packs."""
    return {
        file.relative_to(ROOT).as_posix(): parsed(file)
        for folder in folders or packages().values()
        for file in sorted(folder.rglob("*.py"))
    }


def code_faults(modules: Trees) -> Iterator[Fault]:
    """Codes of rules in the core: in its strings and its names; docstrings and comments may name them."""
    for path, tree in modules.items():
        if not path.startswith("sifcheck/") or path.startswith(CODES_ARE_DATA):
            continue
        for text, line in _words(tree):
            for code in CODE.findall(text):
                if (path, code) not in EXAMPLE_CODES:
                    yield Fault(f"{path} knows the rule {code}", f"{path}:{line}")


def class_faults(modules: Trees) -> Iterator[Fault]:
    """Names of classes that are used more than once."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in modules.items():
        for node in nodes_of(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    for name, found in sorted(places.items()):
        if len(found) > 1:
            yield Fault(f"the class name {name} is used more than once", ", ".join(found))


def home_faults(modules: Trees) -> Iterator[Fault]:
    """What base/text and base/sizes are there for, done elsewhere: nearest words, quoting for a shell, sizes as text."""
    for path, tree in modules.items():
        if path in HOMES:
            continue
        for node in nodes_of(tree):
            line = getattr(node, "lineno", 0)
            if _imports(node, "difflib") and path not in COMPARE_TEXTS:
                yield Fault(f"{path} uses difflib: the nearest word is base/text's", f"{path}:{line}")
            elif _quotes(node):
                yield Fault(f"{path} quotes with shlex: that is base/text's", f"{path}:{line}")
        for text, line in _sizes(tree):
            yield Fault(f"{path} writes a size ({text}): that is base/sizes'", f"{path}:{line}")


def _docstrings(tree: ast.Module) -> set[int]:
    """The ids of the texts that stand alone as a statement: documentation, never a value."""
    return {id(node.value) for node in nodes_of(tree) if isinstance(node, ast.Expr)}


def _words(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every text and every name in the code of a module, with its line."""
    documentation = _docstrings(tree)
    for node in nodes_of(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and id(node) not in documentation:
                yield node.value, node.lineno
        elif isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.keyword | ast.arg) and node.arg:
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno


def _imports(node: ast.AST, module: str) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == module for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == module


def _quotes(node: ast.AST) -> bool:
    """Whether a node takes `quote` or `join` from shlex."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "shlex" and any(alias.name in ("quote", "join") for alias in node.names)
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("quote", "join")
        and isinstance(node.value, ast.Name)
        and node.value.id == "shlex"
    )


def _sizes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every place where a number is given a unit of bytes: a template, an f-string, a list of the units."""
    documentation = _docstrings(tree)
    in_f_strings: set[int] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.JoinedStr):
            in_f_strings.update(map(id, node.values))
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    found = AFTER_A_VALUE.match(str(after.value))
                    if found:
                        yield found[0].strip(), node.lineno
    for node in nodes_of(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) in documentation or id(node) in in_f_strings:
            continue
        found = FORMATTED.search(node.value) or UNIT.fullmatch(node.value)
        if found:
            yield found[0], node.lineno
