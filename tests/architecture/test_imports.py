"""Imports go one way: each kind of wrong import is told, and there is none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from architecture import imports
from architecture.imports import Import


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("sifcheck.base.source", "sifcheck.shell.model"),
        ("sifcheck.shell.model", "sifcheck.definition.model"),
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
    assert list(imports.core_faults([Import(importer, imported, "here:1")]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sifcheck.cli as c", ["sifcheck.cli"]),
        ("from sifcheck import cli, __version__", ["sifcheck.cli", "sifcheck"]),
        ("from ..lint.rule import Rule", ["sifcheck.lint.rule"]),
        ("from . import full", ["sifcheck.report"]),
        ("def f():\n    importlib.import_module('sifcheck_rules')", ["sifcheck_rules"]),
        ("if TYPE_CHECKING:\n    from sifcheck.app import session", ["sifcheck.app"]),
    ],
)
def test_every_way_to_import_is_seen(text: str, expected: list[str]) -> None:
    found = [
        name for node in ast.walk(ast.parse(text)) for name in imports._imported(node, ("sifcheck", "report"))
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("importer", "fault"),
    [("sifcheck.lsp.hover", True), ("sifcheck.app.session", True), ("sifcheck.cli.rule", False)],
)
def test_only_the_verb_for_authors_imports_testing(importer: str, fault: bool) -> None:
    assert bool(list(imports.testing_faults([Import(importer, "sifcheck.testing.page", "here:1")]))) == fault
    assert not list(imports.testing_faults([Import(importer, "sifcheck.testing_ground", "here:1")]))


def test_a_pack_that_imports_the_core_and_what_nobody_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("rules/pack", "sifcheck", "examples"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rules/pack/__init__.py").write_text(
        "from sifcheck.lint.rule import Rule\nfrom sifcheck.api import rule\n"
    )
    (tmp_path / "sifcheck/__init__.py").write_text("def f():\n    import numpy, psutil, json\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["psutil>=6"]\n[project.optional-dependencies]\ndev = ["numpy"]\n'
    )
    monkeypatch.setattr(imports, "ROOT", tmp_path)
    (fault,) = imports.pack_faults()
    assert str(fault).startswith("rules/pack/__init__.py:1: the rule pack pack imports sifcheck.lint.rule")
    (fault,) = imports.dependency_faults()
    assert "imports numpy" in fault.what


def test_circles_of_modules_are_found_whatever_the_way(tmp_path: Path) -> None:
    texts = {
        "a/__init__.py": "from p.a import one\n",
        "a/one.py": "from ..b import two\n",
        "b/__init__.py": "",
        "b/two.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.b.three\n",
        "b/three.py": "def f():\n    from p import a\n",
        "b/four.py": "from p.b import two\n",
        "b/five.py": "import p.b.six\n",
        "b/six.py": "from p.b.five import x\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    graph = imports.module_graph({"p": tmp_path})
    assert sorted(fault.what for fault in imports.circle_faults(graph)) == [
        "a circle of modules: p.a p.a.one p.b.three p.b.two",
        "a circle of modules: p.b.five p.b.six",
    ]


def test_circles_of_packages_are_found() -> None:
    graph = imports.package_graph(
        {
            "sifcheck.job.calls": {"sifcheck.runtime.call"},
            "sifcheck.runtime.versions": {"sifcheck.job.model", "sifcheck.base.text"},
            "sifcheck.base.text": set(),
            "sifcheck.app.session": {"sifcheck.job.calls", "sifcheck.app.siting"},
            "sifcheck_rules.limits": {"sifcheck.app.session"},
        }
    )
    (fault,) = imports.circle_faults(graph, "packages")
    assert fault.what == "a circle of packages: job runtime"


def test_the_order_names_each_package_once() -> None:
    names = imports.ORDER.split()
    assert len(names) == len(set(names))
    assert all(len(line.split()) == 1 for line in imports.ORDER.strip().split("\n"))
    assert names.index("base") == 0
    assert imports.packs()
