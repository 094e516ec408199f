"""The built wheel, installed away from the checkout, holds all that a check needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement

PACKAGES = {
    "sifcheck": ROOT / "sifcheck",
    "sifcheck_rules": ROOT / "rules" / "sifcheck_rules",
    "sifcheck_fugaku": ROOT / "rules" / "sifcheck_fugaku",
}

FLAWED = """\
Bootstrap: docker
From: rockylinux

%file
    data.tar.gz /

%runscript
    python $*
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without asking any package index."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that holds the wheel, what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in needed("sifcheck"):
        link(distribution(name), packages)
    return programs


def needed(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The names of all distributions that one depends on here, extras left out."""
    names: set[str] = set()
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            names.add(requirement.name)
    for found in names - seen:
        names |= needed(found, seen | names)
    return names


def link(found: Distribution, packages: Path) -> None:
    """Make a distribution of this environment importable from another, without copying or fetching it."""
    for file in found.files or ():
        top = file.parts[0]
        target = packages / top
        if top not in ("..", "__pycache__") and not target.exists():
            target.symlink_to(Path(str(found.locate_file(top))).resolve())


def run(programs: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the new environment in a folder outside the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SIFCHECK"))}
    return subprocess.run(
        [str(programs / words[0]), *words[1:]],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_is_in_the_wheel(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for package, folder in PACKAGES.items():
        inside = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
        files = [
            file for file in inside if not any(part.startswith((".", "__pycache__")) for part in file.parts)
        ]
        assert {f"{package}/{file}" for file in files} <= held
        assert f"{package}/py.typed" in held
    assert {"sifcheck/definition/grammar.lark", "sifcheck/definition/tables.py"} <= held
    assert any(name.endswith(".data/data/share/man/man1/sifcheck.1") for name in held)
    tops = {name.split("/")[0] for name in held}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == set(PACKAGES)


def test_the_manual_page_is_installed(installed: Path) -> None:
    page = installed.parent / "share" / "man" / "man1" / "sifcheck.1"
    assert page.read_text(encoding="utf-8").startswith(".TH SIFCHECK 1")


def test_the_program_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import sifcheck, sifcheck_rules; print(sifcheck.__file__); print(sifcheck_rules.__file__)"
    done = run(installed, "python", "-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any(Path(line).is_relative_to(ROOT) for line in done.stdout.splitlines())


def test_a_file_is_checked(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "flawed.def").write_text(FLAWED, encoding="utf-8")
    done = run(installed, "sifcheck", "check", "--output-format", "json", "flawed.def", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    places = {
        (finding["code"], finding["location"]["start"]["line"], finding["location"]["start"]["column"])
        for finding in report["findings"]
    }
    assert {("DEF101", 4, 1), ("DEF201", 2, 7), ("DEF701", 8, 12)} <= places
    assert {finding["location"]["path"] for finding in report["findings"]} == {"flawed.def"}
    assert report["version"] == 1
    assert report["summary"]["files"] == 1


def test_text_and_rule_pages(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "flawed.def").write_text(FLAWED, encoding="utf-8")
    done = run(installed, "sifcheck", "check", "flawed.def", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "DEF701" in done.stdout
    done = run(installed, "sifcheck", "rule", "DEF701", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "unquoted-arguments" in done.stdout


def test_the_site_files_are_read(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "sifcheck", "sites", "--output-format", "json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert not listed["problems"]
    assert {"fugaku", "slurm", "pjm"} <= {site["name"] for site in listed["sites"]}


def test_it_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "python", "-m", "sifcheck", "check", "missing.def", folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
