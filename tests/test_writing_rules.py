"""docs/writing-rules.md is followed literally, and all that it lists is there and all that is there is listed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from sifcheck import api, testing
from sifcheck.lint.draft import finding
from sifcheck.lint.plugins import Hooks
from sifcheck.lint.rule import EXAMPLE_SETTINGS, NODES, OUTSIDE, Statement

PAGE = (ROOT / "docs" / "writing-rules.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^(`{3,})(\S+)(?: (>>))?(?: (\S+))?\n(.*?)^\1$", re.M | re.S)
BLOCKS = [found[1:] for found in FENCED.findall(PAGE)]


def programs(folder: Path) -> Path:
    """The programs of a fresh environment in which sifcheck, pip and pytest are those of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "parent.pth").write_text(
        f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n"
    )
    for name in ("sifcheck", "pip"):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{folder / "bin" / "python"}" -m {name} "$@"\n')
        program.chmod(0o755)
    return folder / "bin"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a reader's shell would have: a home, sifcheck on the path, and a pip that needs no index here."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "pip.conf").write_text(
        "[global]\nno-index = true\nno-deps = true\nno-build-isolation = false\n"
    )
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "SIFCHECK", "PIP", "XDG", "COLUMNS"))
    }
    path = f"{programs(tmp_path / 'environment')}{os.pathsep}{os.environ['PATH']}"
    return {
        **clean,
        "COLUMNS": "80",
        "PATH": path,
        "HOME": str(home),
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
    }


def test_the_page_is_followed_literally(tmp_path: Path, environment: dict[str, str]) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for language, adds, name, text in BLOCKS:
        if language == "console":
            follow(text, work, environment)
        else:
            assert name, f"a block of {language} says which file it is"
            path = Path(environment["HOME"]) / name[2:] if name.startswith("~/") else work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if adds else "w", encoding="utf-8") as file:
                file.write(text)


def follow(text: str, folder: Path, environment: dict[str, str]) -> None:
    """Run the lines behind `$ ` and compare what they say; `...` at the end of a line stands for anything."""
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        pattern = re.escape(expected).replace(r"\.\.\.", ".*")
        assert re.fullmatch(pattern, done.stdout), f"$ {command}\n{done.stdout}\n-- and not\n{expected}"


def test_every_block_is_followed() -> None:
    """No fence is left over, and none is of a language that is passed over."""
    assert not re.search(r"^```", FENCED.sub("", PAGE), re.M)
    assert {language for language, *_ in BLOCKS} <= {"console", "python", "toml", "singularity", "markdown"}


# -- the reference


def part(title: str) -> str:
    """What stands below a title of the page."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,4}} |\Z)", PAGE, re.M | re.S)
    assert found is not None, title
    return found[2]


def listed(title: str, table: int = 0) -> list[str]:
    """The names in the first column of a table, without what stands in parentheses."""
    tables = re.findall(r"^\|---.*\n((?:\|.*\n)+)", part(title), re.M)
    rows = [re.split(r" \| ", row, maxsplit=1)[0] for row in tables[table].splitlines()]
    return [name for row in rows for name in re.findall(r"`([A-Za-z_]+)", row)]


def test_every_word_of_a_rule_is_listed() -> None:
    assert listed("The decorators") == list(Statement.__annotations__)


def test_every_setting_of_an_example_is_listed() -> None:
    assert sorted(listed("The decorators", 1)) == sorted(EXAMPLE_SETTINGS)


def test_every_parameter_is_listed() -> None:
    assert sorted(listed("What a rule is handed")) == sorted(OUTSIDE)


def test_every_node_is_named() -> None:
    assert set(NODES) <= set(re.findall(r"`(\w+)`", part("What a rule is handed")))


def test_every_word_of_a_finding_is_listed() -> None:
    assert sorted(listed("Findings")) == sorted(finding.__kwdefaults__ or ())


def test_every_function_of_a_fix_is_listed() -> None:
    assert sorted(listed("Fixes")) == ["delete", "insert_after", "insert_before", "replace"]
    assert set(listed("Fixes")) <= set(api.__all__)


def test_every_function_for_tests_is_listed() -> None:
    assert sorted(listed("Tests")) == sorted(set(testing.__all__) - {"Span"})


def test_every_hook_is_documented() -> None:
    hooks = [name for name in vars(Hooks) if not name.startswith("_")]
    assert sorted(listed("Hooks")) == sorted(hooks)
    for name in hooks:
        assert f"`{name}(register)`" in PAGE


def test_everything_that_is_offered_is_on_the_page() -> None:
    named = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert set(api.__all__) - named == set()


def described() -> Iterator[tuple[str, str]]:
    for title in re.findall(r"^#### `(\w+)`$", PAGE, re.M):
        for name in listed(f"`{title}`"):
            yield title, name


@pytest.mark.parametrize(("node", "name"), list(described()))
def test_what_is_said_of_a_node_is_there(node: str, name: str) -> None:
    kind = getattr(api, node)
    assert hasattr(kind, name) or name in getattr(kind, "__slots__", ())


INNER = re.compile(r"an? `(\w+)` with ((?:`[^`]+`(?:, )?)+)")


@pytest.mark.parametrize(("node", "names"), INNER.findall(PAGE))
def test_what_is_said_of_what_nodes_hold_is_there(node: str, names: str) -> None:
    kind = getattr(api, node)
    for name in re.findall(r"`(\w+)", names):
        assert hasattr(kind, name) or name in getattr(kind, "__slots__", ()), name


def test_the_nodes_that_rules_look_at_are_described() -> None:
    titles = set(re.findall(r"^#### `(\w+)`$", PAGE, re.M))
    assert {name for name in NODES if hasattr(api, name)} <= titles
