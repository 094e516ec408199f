"""Which lines of a script are directives, which of them are read, and what a merge left behind."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import JobScript, read_job


def job(text: str) -> JobScript:
    return read_job(Source("job.sh", text.encode()))


def states(text: str) -> list[str]:
    return [line.state for line in job(text).lines]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#SBATCH --time=1:00", ["read"]),
        ("#SBATCH\t--time=1:00", ["read"]),
        ("#SBATCH--time=1:00", ["read"]),
        ("##SBATCH --time=1:00", []),
        ("# SBATCH --time=1:00", ["misspelt"]),
        ("  #SBATCH --time=1:00", ["misspelt"]),
        ("#sbatch --time=1:00", ["misspelt"]),
        ("#SBACTH --time=1:00", ["misspelt"]),
        ("#SBATC -N 1", ["misspelt"]),
        ("# SBATCH lines follow", []),
        ("# batch --help shows the options", []),
        ("#PJM -L node=1", ["read"]),
        ("#PJM-L node=1", ["misspelt"]),
        ("#PJm -L node=1", ["misspelt"]),
        ("#PMJ -L node=1", ["misspelt"]),
        ("#PJM_LOCALDIR is the node's disk", []),
        ("# PBS starts in the home", []),
        ("# PBS -l select=1", ["misspelt"]),
        ("#PBS-l select=1", ["read"]),
        ("  #PBS -l select=1", ["read"]),
        ("#PS -ef shows them", []),
    ],
)
def test_a_line_above_the_first_command(line: str, expected: list[str]) -> None:
    assert states(f"#!/bin/bash\n{line}\nhostname\n") == expected


@pytest.mark.parametrize("command", ["A=1", "module load x", "<<<<<<< HEAD", "{", "set -e  # note"])
def test_reading_stops_at_the_first_command(command: str) -> None:
    script = job(f"#!/bin/bash\n\n# note\n   \n#SBATCH -N 1\n{command}\n#SBATCH -n 2\n")
    assert script.lines[0].state == "read"
    assert script.lines[1].state in ("late", "after-conflict")
    assert script.source.line_of(script.stop) == 6
    assert [directive.option for directive in script.directives] == ["--nodes"]


def test_lines_of_a_script_that_is_written_are_no_directives() -> None:
    text = "#!/bin/bash\ncat > a.sh <<EOF\n#SBATCH -N 1\nEOF\necho '\n#SBATCH -N 2\n'\n#SBATCH -N 3\n"
    assert states(text) == ["late"]


@pytest.mark.parametrize(
    ("text", "scheduler"),
    [
        ("#PJM -L node=1", "pjm"),
        ("#SBATCH -N 1", "slurm"),
        ("#PBS -l select=1", "pbs"),
        ("#PBS -l select=1\n#SBATCH -N 1", None),
        ("# nothing", None),
    ],
)
def test_whose_script_it_is(text: str, scheduler: str | None) -> None:
    assert job(f"#!/bin/bash\n{text}\n").scheduler == scheduler


@pytest.mark.parametrize(
    ("first", "shell", "errexit"),
    [
        ("#!/bin/bash", "bash", False),
        ("#!/bin/bash -e", "bash", True),
        ("#! /usr/bin/env -S bash -l", "bash", False),
        ("#!/usr/bin/env zsh", "zsh", False),
        ("#!/bin/sh -l", "sh", False),
        ("# no", "", False),
    ],
)
def test_the_shell(first: str, shell: str, errexit: bool) -> None:
    script = job(f"{first}\nhostname\n")
    assert (script.shell, script.errexit) == (shell, errexit)


@pytest.mark.parametrize("line", ["set -e", "set -eu", "set -o errexit", "  set -xe"])
def test_errexit_that_the_script_sets(line: str) -> None:
    assert job(f"#!/bin/bash\n{line}\n").errexit


def test_markers_of_a_merge_hide_no_command() -> None:
    text = "#!/bin/bash\n<<<<<<< HEAD\nsingularity build a.sif a.def\n=======\nsingularity build b.sif b.def\n>>>>>>> x\n"
    script = job(text)
    (conflict,) = script.conflicts
    assert conflict.separator is not None
    assert conflict.end is not None
    assert [
        script.source.line_of(span.start) for span in (conflict.start, conflict.separator, conflict.end)
    ] == [2, 4, 6]
    assert [call.subcommand for call in script.calls] == ["build", "build"]
    assert not script.script.problems


@pytest.mark.parametrize(
    "text", ["", "#!/bin/bash", "\r\n", "\0", "#!/bin/bash\n#SBATCH", "\ufeff#SBATCH -N 1\n"]
)
def test_little_is_read_too(text: str) -> None:
    script = job(text)
    assert script.span.end == len(text.encode())
    assert script.first_line.end <= script.span.end
    assert script.calls == ()


@pytest.mark.parametrize(
    "first", ["#!/usr/bin/env python3", "#!/usr/bin/perl", "#!/usr/bin/env -S Rscript --vanilla"]
)
def test_a_script_in_another_language_has_directives_and_no_commands(first: str) -> None:
    script = job(f'{first}\n#SBATCH -N 1\nif x: singularity\ntext = """\n#SBATCH -n 2\n"""\n')
    assert [line.state for line in script.lines] == ["read"]
    assert not script.is_shell
    assert script.calls == script.script.commands() == script.script.problems == ()


def test_bytes_that_are_no_text() -> None:
    script = read_job(Source("job.sh", b"#!/bin/bash\n#SBATCH -J \xff\xfe\nsingularity exec \xe9.sif ls\n"))
    assert script.value("--job-name") == "\ufffd\ufffd"
    assert len(script.calls) == 1


def test_a_merge_that_tells_what_both_versions_were_made_from() -> None:
    lines = ["#!/bin/bash", "<<<<<<< HEAD", "ls a", "||||||| 0123456", "ls", "=======", "ls b", ">>>>>>> x"]
    script = job("\n".join(lines))
    (conflict,) = script.conflicts
    assert [script.source.line_of(span.start) for span in conflict.markers] == [2, 4, 6, 8]
    assert conflict.base == conflict.markers[1]
    assert not script.script.problems
    assert not job("#!/bin/bash\n||||||| x\nls\n").conflicts


@pytest.mark.parametrize("first", ["#!/bin/tcsh", "#!/usr/bin/env python3"])
def test_a_byte_order_mark_hides_no_interpreter(first: str) -> None:
    script = job(f"\ufeff{first}\n#SBATCH -N 1\nls\n")
    assert script.shell == first.rpartition("/")[2].rpartition(" ")[2]
    assert [line.state for line in script.lines] == ["late"]
    assert script.meant("--nodes")
    assert not script.given("--nodes")
