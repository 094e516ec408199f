"""The files for CI and the pages about them: each is run, and what the pages show is what comes out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from junitparser import JUnitXml
from report.schemas import published

from sifcheck.cli import main

ROOT = Path(__file__).resolve().parent.parent
FLAWED = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%runscript\n    exec python $*\n"
MORE = FLAWED + "    exec perl $*\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("GIT_", "SIFCHECK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SIFCHECK_NO_SHELLCHECK", "1")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("a b.def").write_text(FLAWED)


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=os.environ | variables, capture_output=True, text=True, timeout=120)


def git(*words: str) -> None:
    done = run("git", "-c", "user.name=n", "-c", "user.email=n@example.org", *words)
    assert done.returncode == 0, done.stderr


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("ci/action.yml", "GitHub Action"),
        ("ci/gitlab.yml", "gitlab-ci"),
        (".pre-commit-hooks.yaml", ".pre-commit-hooks.yml"),
        ("CITATION.cff", "Citation File Format"),
    ],
)
def test_the_files_keep_to_the_published_schemas(path: str, name: str) -> None:
    schema = published(name)
    jsonschema.validators.validator_for(schema)(schema).validate(load(path))


def test_the_plain_script_fails_on_new_findings_only() -> None:
    script = str(ROOT / "ci" / "plain.sh")
    assert run(script).returncode == 1
    assert run(script, "--accept").returncode == 0
    known = run(script)
    assert (known.returncode, known.stdout) == (0, "")
    Path("a b.def").write_text(MORE)
    new = run(script, "a b.def")
    assert new.returncode == 1
    assert [line.split(": ")[0] for line in new.stdout.splitlines()] == ["a b.def:6:15"]
    assert JUnitXml.fromstring(Path("reports/sifcheck.xml").read_bytes()).failures == 1
    assert 'line="6"' in Path("reports/checkstyle.xml").read_text()
    assert run(script, "missing.def").returncode == 2
    assert run(script, BASELINE="a b.def").returncode == 3


def test_the_job_for_gitlab_writes_the_reports_it_names() -> None:
    job = load("ci/gitlab.yml")["sifcheck"]
    install, check = job["script"]
    assert install.endswith(" sifcheck")
    reports = job["artifacts"]["reports"]
    assert run("sh", "-c", check, **job["variables"]).returncode == 1
    (issue,) = json.loads(Path(reports["codequality"]).read_text())
    assert issue["location"]["path"] == "a b.def"
    assert JUnitXml.fromstring(Path(reports["junit"]).read_bytes()).failures == 1
    main(["check", "--write-baseline", "known.json", "."])
    assert run("sh", "-c", check, SIFCHECK_BASELINE="known.json", **job["variables"]).returncode == 0


def action(
    tmp_path: Path, surroundings: Mapping[str, str] = {}, /, **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Run the second step of the action as the runner does: bash, its inputs as variables."""
    wanted = load("ci/action.yml")
    _, step = wanted["runs"]["steps"]
    given = {name: about["default"] for name, about in wanted["inputs"].items()} | inputs
    variables = {
        key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
        for key, value in step["env"].items()
    }
    programs = tmp_path / "sifcheck" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (programs / "sifcheck").unlink(missing_ok=True)
    (programs / "sifcheck").symlink_to(Path(sys.executable).parent / "sifcheck")
    shell = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c")
    return run(*shell, step["run"], RUNNER_TEMP=str(tmp_path), **variables, **surroundings)


GOOD = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%labels\n    Author me\n"
BROKEN = "import sifcheck.cli.check\nsifcheck.cli.check.run = lambda words: 1 / 0\n"


def plain(tmp_path: Path, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / "ci" / "plain.sh"), path, **variables)


def gitlab(tmp_path: Path, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    job = load("ci/gitlab.yml")["sifcheck"]
    return run("sh", "-c", job["script"][1], **{**job["variables"], "DEFINITION_FILES": path, **variables})


def github(tmp_path: Path, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return action(tmp_path, variables, paths=path)


@pytest.mark.parametrize("integration", [plain, gitlab, github])
@pytest.mark.parametrize("code", range(5))
def test_every_exit_code_arrives(integration: Any, code: int, tmp_path: Path) -> None:
    """Clean, findings, a file that cannot be read, a wrong setting, and sifcheck itself broken."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sitecustomize.py").write_text(BROKEN)
    Path("a b.def").write_text(GOOD if code == 0 else FLAWED)
    path = "missing.def" if code == 2 else "."
    variables = {3: {"SIFCHECK_PROFILE": "none"}, 4: {"PYTHONPATH": str(tmp_path / "broken")}}.get(code, {})
    done = integration(tmp_path, path, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("ZeroDivisionError" in done.stderr) == (code == 4)


def test_the_action_annotates(tmp_path: Path) -> None:
    done = action(tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("::warning file=a b.def,line=5,col=17,")
    assert action(tmp_path, options="--fail-level=error\n\n--target=apptainer-1.4").returncode == 0
    assert action(tmp_path, options="--nothing").returncode == 3
    assert action(tmp_path, paths="a b.def\nmissing.def\n").returncode == 2


def test_the_action_takes_a_baseline_a_revision_and_writes_sarif(tmp_path: Path) -> None:
    main(["check", "--write-baseline", "known.json", "."])
    assert action(tmp_path, baseline="known.json", sarif="out.sarif").returncode == 0
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    assert action(tmp_path, since="HEAD").returncode == 0
    Path("a b.def").write_text(MORE)
    new = action(tmp_path, since="HEAD")
    assert new.returncode == 1
    assert len(new.stdout.splitlines()) == 1


@pytest.mark.parametrize("name", ["paths", "options", "baseline", "since", "sarif"])
def test_no_input_of_the_action_is_run(name: str, tmp_path: Path) -> None:
    action(
        tmp_path,
        **{name: "$(touch sprung) `touch sprung`; touch sprung\n'; touch sprung; '\"; touch sprung; \""},
    )
    assert not Path("sprung").exists()
    for step in load("ci/action.yml")["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_what_the_pages_show_is_what_comes_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sifcheck.report import BUILT_IN

    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "output-formats.md").read_text(encoding="utf-8")
    excerpts = re.findall(r"^## (\S+)\n\n```text\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in excerpts] == list(BUILT_IN)
    words = ["check", "--isolated", "--no-shellcheck", "--select", "DEF101,DEF701", "examples/guide.def"]
    for name, excerpt in excerpts:
        main([*words, "--output-format", name])
        lines = iter(capsys.readouterr().out.split("\n"))
        missing = [line for line in excerpt.split("\n") if line != "..." and line not in lines]
        assert not missing, f"{name}: {missing[:1]}"


def test_the_snippets_are_yaml_and_name_what_is_there() -> None:
    hooks = {hook["id"] for hook in load(".pre-commit-hooks.yaml")}
    inputs = set(load("ci/action.yml")["inputs"])
    job = load("ci/gitlab.yml")["sifcheck"]
    text = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("ci.md", "pre-commit.md"))
    snippets = [yaml.safe_load(snippet) for snippet in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    assert len(snippets) == 6
    named = {hook["id"] for snippet in snippets if isinstance(snippet, list) for hook in snippet}
    assert named <= hooks
    steps = [step for one in snippets if "jobs" in one for step in one["jobs"]["sifcheck"]["steps"]]
    assert set(steps[-1]["with"]) <= inputs
    (included,) = [one["sifcheck"] for one in snippets if "include" in one]
    assert set(included["variables"]) - {"SIFCHECK_BASELINE"} <= set(job["variables"])
