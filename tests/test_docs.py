"""What is generated of the documentation is fresh, and its pages lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest

from sifcheck.cli import VERBS

ROOT = Path(__file__).resolve().parent.parent


def test_generated_files_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "build.py"), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_links_lead_to_files() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    broken = []
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        targets = re.findall(r"\]\(([^)#\s]+)", text)
        missing = [
            target for target in targets if "://" not in target and not (page.parent / target).exists()
        ]
        broken += [f"{page.relative_to(ROOT)}: {target}" for target in missing]
    assert not broken, "\n".join(broken)


PAGE = ROOT / "docs" / "sifcheck.1"


@pytest.mark.parametrize("verb", VERBS)
def test_the_manual_page_tells_of_every_option(verb: str) -> None:
    parser = import_module(f"sifcheck.cli.{verb.replace('-', '_')}").make_parser()
    section = re.split(r"(?m)^\.SH ", PAGE.read_text(encoding="utf-8").replace("\\-", "-"))
    (own,) = [part for part in section if part.startswith(f"SIFCHECK {verb.upper()}\n")]
    missing = [
        name for action in parser._actions for name in action.option_strings if f"fB{name}\\" not in own
    ]
    assert not missing
    assert own.count(".EX\n") == len(parser.examples()) > 0


@pytest.mark.parametrize(
    "words",
    [["man", "-l", "--warnings", str(PAGE)], ["mandoc", "-T", "lint", str(PAGE)]],
    ids=["man", "mandoc"],
)
def test_the_manual_page_is_shown_without_a_warning(words: list[str]) -> None:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    )
    # A date would have to be changed by hand.
    said = [line for line in (done.stderr or done.stdout).splitlines() if "missing date" not in line]
    if words[0] == "man":
        assert "check Singularity and Apptainer images before they are built" in done.stdout
        assert done.stderr == ""
    else:
        assert said == []


def test_readme_names_only_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    flags = set(re.findall(r"`(--[a-z-]+)", text))
    help_text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert flags
    assert not {flag for flag in flags if flag not in help_text}


def test_the_example_of_a_configuration_holds(tmp_path: Path) -> None:
    """What the page shows is accepted by the program and by the schema beside it."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    schema = json.loads((ROOT / "docs" / "sifcheck.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(tomllib.loads(example), schema)
    (tmp_path / "sifcheck.toml").write_text(example, encoding="utf-8")
    (tmp_path / "a.def").write_text("Bootstrap: docker\nFrom: quay.io/a/b:1.2\n", encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "sifcheck",
        "check",
        "--no-shellcheck",
        "--output-format",
        "concise",
        "a.def",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "DEF213" in done.stdout
