"""What a release says of itself: the citation, the versions of Python, and the steps that the page about releases names."""

from __future__ import annotations

import re
import tomllib

import yaml
from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_says_what_the_package_says() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "type"} <= set(cited)
    assert cited["title"] == PROJECT["name"]
    assert cited["abstract"] == f"{PROJECT['description']}."
    assert cited["authors"] == PROJECT["authors"]
    assert cited["license"] == PROJECT["license"]
    assert cited["keywords"] == PROJECT["keywords"]


def test_the_matrix_runs_every_version_that_is_promised() -> None:
    matrix = (ROOT / ".ci" / "matrix").read_text(encoding="utf-8")
    versions = re.findall(r"[0-9]\.[0-9]+", matrix.partition("MATRIX:-")[2].partition("}")[0])
    promised = [
        line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.[0-9]+$", line)
    ]
    assert set(promised) <= set(versions)
    assert PROJECT["requires-python"] == f">={versions[0]}"


def test_our_own_hooks_are_what_make_lint_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert all(repository["repo"] == "local" for repository in config["repos"])
    for hook in hooks:
        words = hook["entry"].replace("env PYTHONPATH=tests ", "").split()
        assert hook["language"] == "system"
        assert words[0].startswith(".venv/bin/")
        if hook["id"] in ("mypy-tests", "architecture", "documentation"):
            assert hook["entry"].replace(".venv/bin", "$(RUN)") in makefile


def test_the_pages_name_targets_that_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md", "docs/release.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = re.findall(r"(?:^    |`)make ((?:[a-z-]+=\S+ )?[a-z-]+(?: [a-z]+)*)", text, re.MULTILINE)
        words = {
            words.split()[0] for words in (name.partition("=")[2].partition(" ")[2] or name for name in named)
        }
        assert words
        assert words <= targets, (page, words - targets)
