"""How rules are run over batch scripts: which nodes they are handed, which scripts they look at, when they are taken."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sifcheck.api import Findings, finding, rule
from sifcheck.base.findings import Finding
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.rule import Rule
from sifcheck.testing import check_text

if TYPE_CHECKING:
    from sifcheck.api import Command, Directive, JobScript, RuntimeCall, Script

JOB = "#!/bin/bash\n#SBATCH -N 1 -t 30\napptainer build a.sif a.def\nls\n"
DEFINITION = "Bootstrap: docker\nFrom: debian:12.5\n%post\n    ls\n    apptainer run x.sif\n%help\n    apptainer run y.sif\n"


def says(code: str, **stated: Any) -> Any:
    return rule(code, severity="warning", message="here", **stated)


@says("OUR001")
def on_scripts(job: JobScript) -> Findings:
    yield finding(job.first_line)


@says("OUR002")
def on_directives(directive: Directive) -> Findings:
    yield finding(directive)


@says("OUR003")
def on_calls(call: RuntimeCall) -> Findings:
    yield finding(call)


@says("OUR004", sections="job")
def on_calls_of_jobs(call: RuntimeCall) -> Findings:
    yield finding(call)


@says("OUR005", sections="job")
def on_commands_of_jobs(command: Command) -> Findings:
    if command.program == "ls":
        yield finding(command)


@says("OUR006")
def on_commands(command: Command) -> Findings:
    if command.program == "ls":
        yield finding(command)


@says("OUR007", sections="post job")
def on_both(script: Script) -> Findings:
    yield finding(script.commands()[0])


@says("OUR008")
def crashing(job: JobScript) -> Findings:
    raise ValueError(job.source.path)


def texts(found: list[Finding]) -> list[str]:
    return [one.source.slice(one.span) for one in found if one.source is not None]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (on_scripts, ["#SBATCH -N 1 -t 30"]),
        (on_directives, ["-N 1", "-t 30"]),
        (on_calls_of_jobs, ["apptainer build a.sif a.def"]),
        (on_commands_of_jobs, ["ls"]),
    ],
)
def test_what_a_rule_is_handed(made: Rule, expected: list[str]) -> None:
    assert made.about_jobs
    assert texts(check_text(JOB, made)) == expected


@pytest.mark.parametrize(
    ("made", "in_job", "in_definition"),
    [
        (on_calls, ["apptainer build a.sif a.def"], ["apptainer run x.sif"]),
        (on_commands, [], ["ls"]),
        (on_both, ["apptainer build a.sif a.def"], ["ls"]),
    ],
)
def test_rules_that_look_at_definition_files_too(
    made: Rule, in_job: list[str], in_definition: list[str]
) -> None:
    assert not made.about_jobs
    assert texts(check_text(DEFINITION, made)) == in_definition
    assert texts(check_text(JOB, made, on_scripts, path="job.sh")) == []  # read as a definition file
    from sifcheck.base.source import Source
    from sifcheck.job import read_job
    from sifcheck.lint.run import RuleContext, RuleRunner

    assert (
        texts(RuleRunner([made], RuleContext()).check_job(read_job(Source("job.sh", JOB.encode())))) == in_job
    )


def test_a_rule_that_fails_is_named() -> None:
    from sifcheck.base.source import Source
    from sifcheck.job import read_job
    from sifcheck.lint.run import RuleContext, RuleRunner

    found = RuleRunner([crashing, on_scripts], RuleContext()).check_job(
        read_job(Source("job.sh", JOB.encode()))
    )
    assert sorted(one.code for one in found) == ["OUR001", "SIF900"]
    assert "a JobScript" in next(one.message for one in found if one.code == "SIF900")


def test_rules_are_taken_for_what_they_are_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("theirs_job", "OUR101"), ("theirs_host", "OUR102")):
        node = "JobScript" if name.endswith("job") else "Host"
        (tmp_path / f"{name}.py").write_text(
            "from __future__ import annotations\n"
            "from sifcheck.api import Findings, rule\n"
            f"@rule('{code}', severity='info', message='x')\n"
            f"def about_{name}(node: {node}) -> Findings:\n    '''Say so.'''\n    return ()\n"
        )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = RuleRegistry()
    registry.defer("theirs_job", "theirs", about="job")
    registry.defer("theirs_host", "theirs", about="host")
    assert not {"OUR101", "OUR102"} & set(registry.rules)
    registry.complete("job")
    assert {"OUR101", "OUR102"} & set(registry.rules) == {"OUR101"}
    assert "theirs_host" not in sys.modules
    registry.complete("job")
    registry.complete()
    assert {"OUR101", "OUR102"} <= set(registry.rules)
    assert registry.problems == []
