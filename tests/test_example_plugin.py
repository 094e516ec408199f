"""The example pack is installed as a user would install it; its rules are listed, run, fix, and prove themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

PACK = ROOT / "examples" / "plugin"

FLAWED = """\
Bootstrap: docker
From: images.example.net/team/base:1.0

%labels
    Author Jane Doe

%post
    pip install numpy
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of a fresh environment into which the pack was installed, in a folder of its own."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / "bin"
    (packages,) = folder.glob("lib/python*/site-packages")
    # sifcheck and what it needs are those of this environment; the pack alone is installed into the new one.
    (packages / "parent.pth").write_text(
        f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n"
    )
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet"]
    alone = ["--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *alone, str(PACK)], check=True)
    work = tmp_path_factory.mktemp("work")
    (work / "flawed.def").write_text(FLAWED)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SIFCHECK"))}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [str(programs / "python"), "-m", *words]
        return subprocess.run(line, cwd=work, env=clean, capture_output=True, text=True)

    return run


def test_it_is_listed_beside_sifchecks_own(run: Run) -> None:
    done = run("sifcheck", "plugins")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "our-centre  sifcheck_our_centre 1.0.0  3 rules  OUR\n" in done.stdout
    assert "general  sifcheck " in done.stdout
    listed = json.loads(run("sifcheck", "plugins", "--output-format", "json").stdout)["plugins"]
    assert {entry["name"]: entry["problems"] for entry in listed} == {
        "general": [],
        "fugaku": [],
        "our-centre": [],
    }
    assert [entry["rules"] for entry in listed if entry["name"] == "our-centre"] == [
        ["OUR001", "OUR002", "OUR003"]
    ]


def test_its_rules_are_run(run: Run) -> None:
    done = run(
        "sifcheck",
        "check",
        "--isolated",
        "--no-shellcheck",
        "--output-format",
        "json",
        "--select",
        "OUR",
        "flawed.def",
    )
    assert done.returncode == 1, done.stderr
    found = [
        (one["code"], one["location"]["start"]["line"], one["location"]["start"]["column"])
        for one in json.loads(done.stdout)["findings"]
    ]
    assert found == [("OUR001", 2, 7), ("OUR003", 4, 1), ("OUR002", 8, 5)]


def test_its_rules_are_run_beside_sifchecks_own(run: Run) -> None:
    done = run(
        "sifcheck", "check", "--isolated", "--no-shellcheck", "--output-format", "concise", "flawed.def"
    )
    assert {"OUR001", "OUR002", "OUR003"} <= {
        line.split()[1] for line in done.stdout.splitlines() if ".def:" in line
    }


def test_its_options_are_set_and_misspelt_ones_refused(run: Run, tmp_path: Path) -> None:
    words = ["--no-shellcheck", "--output-format", "concise", "--select", "OUR001", "flawed.def"]
    (tmp_path / "right.toml").write_text('[rules.OUR001]\nallowed = ["images.example.net"]\n')
    done = run("sifcheck", "check", "--config", str(tmp_path / "right.toml"), *words)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    (tmp_path / "wrong.toml").write_text('[rules.foreign-registry]\nalowed = ["images.example.net"]\n')
    done = run("sifcheck", "check", "--config", str(tmp_path / "wrong.toml"), *words)
    assert done.returncode == 3
    assert "did you mean 'allowed'?" in done.stderr


def test_its_fixes_are_applied(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fixed.def"
    file.write_text(FLAWED)
    run("sifcheck", "check", "--isolated", "--no-shellcheck", "--select", "OUR002", "--fix", str(file))
    mirror = "pip install --index-url https://pypi.example.org/simple numpy"
    assert file.read_text() == FLAWED.replace("pip install numpy", mirror)


def test_its_pages_are_shown(run: Run) -> None:
    done = run("sifcheck", "rule", "foreign-registry")
    assert done.returncode == 0
    assert done.stdout.startswith("# OUR001 foreign-registry\n")
    assert '`allowed`: a list of texts, default `["docker.io", "registry.example.org"]`' in done.stdout


def test_its_own_tests_pass(run: Run) -> None:
    done = run("pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PACK), str(PACK / "tests"))
    assert done.returncode == 0, done.stdout
