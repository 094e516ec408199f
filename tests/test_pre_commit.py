"""The hooks for pre-commit, run by the real pre-commit in a repository of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOOD = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%labels\n    Author me\n"
FLAWED = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%runscript\n    exec python $*\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where pre-commit keeps its own things, and where it finds sifcheck; nothing of a repository around."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "SIFCHECK_"))}
    return kept | {
        "PRE_COMMIT_HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "n@example.org",
        "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "n@example.org",
    }  # fmt: skip


def run(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


def git(folder: Path, environment: dict[str, str], *words: str) -> str:
    ran = run(folder, environment, "git", *words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def committed(folder: Path, environment: dict[str, str]) -> str:
    git(folder, environment, "init", "-q", "-b", "main")
    git(folder, environment, "add", "-A", "-f")
    git(folder, environment, "commit", "-q", "-m", "x")
    return git(folder, environment, "rev-parse", "HEAD")


def repository(
    tmp_path: Path,
    environment: dict[str, str],
    hook: str,
    *,
    more: str = "language: system",
    whole: bool = False,
) -> Path:
    """A repository that uses a hook of ours; with `whole` the one with the hooks can be installed."""
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    hooks.mkdir()
    work.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    if whole:
        (hooks / "docs").mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE", "docs/sifcheck.1"):
            shutil.copy(ROOT / name, hooks / name)
        for name in ("sifcheck", "rules"):
            shutil.copytree(ROOT / name, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
    revision = committed(hooks, environment)
    config = f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n    {more}\n"
    (work / ".pre-commit-config.yaml").write_text(config)
    committed(work, environment)
    return work


def pre_commit(work: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    git(work, environment, "add", "-A")
    return run(
        work, environment, sys.executable, "-m", "pre_commit", *(words or ("run", "--all-files", "--verbose"))
    )


@pytest.mark.parametrize(
    ("command", "file"),
    [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")],
)
def test_the_manifest_is_one(command: str, file: str) -> None:
    words = [sys.executable, "-m", "pre_commit", command, file]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_findings_stop_a_commit_and_no_findings_do_not(tmp_path: Path, environment: dict[str, str]) -> None:
    work = repository(tmp_path, environment, "sifcheck")
    installed = pre_commit(work, environment, "install")
    assert installed.returncode == 0, installed.stderr
    (work / "a.def").write_text(FLAWED)
    git(work, environment, "add", "-A")
    stopped = run(work, environment, "git", "commit", "-m", "flawed")
    assert stopped.returncode == 1
    assert "DEF701" in stopped.stdout + stopped.stderr
    (work / "a.def").write_text(GOOD)
    git(work, environment, "add", "-A")
    assert run(work, environment, "git", "commit", "-m", "good").returncode == 0


def test_only_definition_files_are_looked_at(tmp_path: Path, environment: dict[str, str]) -> None:
    work = repository(tmp_path, environment, "sifcheck")
    names = ["a.def", "sub/Singularity", "Singularity.x", "Apptainer.gpu", "b c.def", "日本.def"]
    others = [
        "a.py",
        "README.md",
        "Singularity.md",
        "sub/Apptainer.txt",
        "Singularity/notes",
        "definition",
        "x.def.bak",
    ]
    for name in [*names, *others]:
        if name != "Singularity/notes":
            (work / name).parent.mkdir(exist_ok=True)
            (work / name).write_text(FLAWED)
    ran = pre_commit(work, environment)
    assert ran.returncode == 1
    for name in names:
        assert f"--> {name}:" in ran.stdout, name
    for name in others:
        assert f"--> {name}:" not in ran.stdout, name
    assert "6 files" in ran.stdout


def test_without_definition_files_nothing_is_run(tmp_path: Path, environment: dict[str, str]) -> None:
    work = repository(tmp_path, environment, "sifcheck")
    (work / "a.py").write_text("print()\n")
    ran = pre_commit(work, environment)
    assert ran.returncode == 0
    assert "no files to check" in ran.stdout


def test_the_fixing_hook_mends_and_stops_once(tmp_path: Path, environment: dict[str, str]) -> None:
    work = repository(tmp_path, environment, "sifcheck-fix")
    (work / "a.def").write_text(FLAWED)
    first = pre_commit(work, environment)
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stdout
    assert (work / "a.def").read_text() == FLAWED.replace("$*", '"$@"')
    assert pre_commit(work, environment).returncode == 0


@pytest.mark.parametrize(("option", "code"), [("--fail-level=error", 0), ("--no-such-option", 1)])
def test_options_are_handed_on(option: str, code: int, tmp_path: Path, environment: dict[str, str]) -> None:
    more = f"language: system\n    args: ['{option}']"
    work = repository(tmp_path, environment, "sifcheck", more=more)
    (work / "a.def").write_text(FLAWED)
    ran = pre_commit(work, environment)
    assert ran.returncode == code
    assert ("exit code: 3" in ran.stdout) == (code == 1)


@pytest.mark.parametrize("hook", ["sifcheck", "sifcheck-fix"])
@pytest.mark.parametrize("code", range(5))
def test_every_exit_code_is_shown(hook: str, code: int, tmp_path: Path, environment: dict[str, str]) -> None:
    """pre-commit makes 1 of all that are not 0, and says which it was."""
    work = repository(tmp_path, environment, hook)
    # No definition file is as large as that, and none is read.
    texts = [GOOD, FLAWED.replace("rockylinux:9.4", "rockylinux"), "#\n" * (5 << 20)]
    (work / "a.def").write_text(texts[min(code, 2)])
    if code == 3:
        environment["SIFCHECK_PROFILE"] = "none"
    if code == 4:
        (tmp_path / "broken").mkdir()
        text = "import sifcheck.cli.check\nsifcheck.cli.check.run = lambda words: 1 / 0\n"
        (tmp_path / "broken" / "sitecustomize.py").write_text(text)
        environment["PYTHONPATH"] = str(tmp_path / "broken")
    ran = pre_commit(work, environment)
    assert ran.returncode == min(code, 1), ran.stdout + ran.stderr
    shown = [line for line in ran.stdout.splitlines() if line.startswith("- exit code: ")]
    assert shown == ([f"- exit code: {code}"] if code else [])


@pytest.mark.integration
def test_the_hook_installs_itself(tmp_path: Path, environment: dict[str, str]) -> None:
    """As a user gets it: pre-commit builds and installs the package, which needs a package index."""
    probe = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path), "hatchling"]
    if run(tmp_path, environment, *probe).returncode:
        pytest.skip("no package index can be reached")
    work = repository(tmp_path, environment, "sifcheck", more="verbose: true", whole=True)
    (work / "a.def").write_text(FLAWED)
    environment["PATH"] = os.environ["PATH"]
    ran = pre_commit(work, environment)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "DEF701" in ran.stdout
