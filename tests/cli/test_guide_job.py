"""The guide's job as a whole: the script, the command line that submits it, and the definition file that it builds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# As printed: a merge that was not finished, newgrp as a line, a misspelt command.
GUIDE = """#!/bin/bash

export TMPDIR=/worktmp
<<<<<<< a8c8547
newgrp fugaku
singularity biuld --fakeroot create_job.sif example.def
=======
singularity build --fakeroot create_job.sif example.def
>>>>>>> 62ce007
"""
FLAWED = (
    "Bootstrap: docker\nFrom: registry.access.redhat.com/ubi8/python-38\n\n%file\n    data.tar.gz /\n\n"
    "%post\n    dnf install -y gcc\n    dnf clean all\n\n%runscript\n    python $*\n"
)
SUBMIT = 'pjsub -L "rscunit=rscunit_ft01,rscgrp=small,node=1,elapse=0:15:00,jobenv=singularity" ./job.sh'
WHOLE = ["--site", "fugaku", "--submit", SUBMIT, "job.sh"]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sifcheck", "check", "--isolated", "--no-shellcheck", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def findings(folder: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(folder, "--output-format", "json", *words).stdout)[
        "findings"
    ]
    return found


def places(folder: Path, *words: str) -> list[str]:
    return [
        "{path}:{start[line]}:{start[column]} {code}".format(**one["location"], code=one["code"])
        for one in findings(folder, *words)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job.sh").write_text(GUIDE)
    return tmp_path


def test_each_flaw_stands_at_its_line(folder: Path) -> None:
    (folder / "example.def").write_text(FLAWED)
    assert places(folder, *WHOLE) == [
        "job.sh:1:1 FUG302",  # no group, on a command line that is known
        "job.sh:4:1 JOB102",
        "job.sh:5:1 JOB101",
        "job.sh:6:13 JOB103",
        "example.def:2:7 DEF207",  # and with it that the tag moves
        "example.def:4:1 DEF101",
        "example.def:12:12 DEF701",
    ]


def test_after_the_fixes_and_the_remedies_it_is_clean(folder: Path) -> None:
    # By hand: one of the two versions is kept, and the job has a group.
    lines = GUIDE.splitlines(keepends=True)
    (folder / "job.sh").write_text("".join([*lines[:3], *lines[4:6]]))
    whole = ["--site", "fugaku", "--submit", SUBMIT.replace("-L", "-g hp000000 -L"), "job.sh"]
    done = run(folder, "--fix", "--unsafe-fixes", *whole)
    assert done.returncode == 0, done.stdout
    # What sg starts has no TMPDIR; the runtime's own variable stays.
    assert (folder / "job.sh").read_text() == (
        '#!/bin/bash\n\nexport TMPDIR=/worktmp\nexport SINGULARITY_TMPDIR="$TMPDIR"\n'
        "sg fugaku -c 'singularity build --fakeroot create_job.sif example.def'\n"
    )
    assert findings(folder, *whole) == []


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("export SINGULARITY_BIND=/data,/home/apps/singularity:/opt/repo", None),
        ("REPO=/home/apps/singularity:/opt/repo\nexport APPTAINER_BINDPATH=$REPO", None),
        ("export SINGULARITY_BIND=$SOMETHING", "info"),
        ("SINGULARITY_BIND=/home/apps/singularity:/opt/repo", "info"),
    ],
)
def test_a_repository_that_a_variable_binds(tmp_path: Path, line: str, severity: str | None) -> None:
    recipe = "Bootstrap: docker\nFrom: rockylinux:8\n%post\n    echo baseurl=file:///opt/repo/tcs/ > /etc/yum.repos.d/a.repo\n"
    (tmp_path / "app.def").write_text(recipe)
    call = "singularity build --fakeroot app.sif app.def"
    for text in (f"{line}\n{call}", f"{call}\n{line}"):
        (tmp_path / "job.sh").write_text(f"#!/bin/bash\n#PJM -g hp000000\n{text}\n")
        found = findings(tmp_path, "--select", "FUG102", ".")
        wanted = severity if text.startswith(line) else "info"
        assert [one["severity"] for one in found] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("options", "severity"),
    [
        ("", "error"),
        ("-B /data:/data", "error"),
        ("--bind /home/apps/singularity:/opt/repo", None),
        ("-B /data,/home/apps/singularity:/opt/repo", None),
        ("$OPTIONS", "info"),
    ],
)
def test_a_repository_that_the_call_does_not_bind(tmp_path: Path, options: str, severity: str | None) -> None:
    recipe = "Bootstrap: docker\nFrom: rockylinux:8\n%post\n    echo baseurl=file:///opt/repo/tcs/ > /etc/yum.repos.d/a.repo\n"
    (tmp_path / "app.def").write_text(recipe)
    call = f"singularity build --fakeroot {options} app.sif app.def"
    (tmp_path / "job.sh").write_text(f"#!/bin/bash\n#PJM -g hp000000\n{call}\n")
    for words in (["job.sh"], ["job.sh", "app.def"], ["app.def", "job.sh"], ["."]):
        found = findings(tmp_path, "--select", "FUG102", *words)
        assert [one["severity"] for one in found] == ([severity] if severity else []), words
    (one,) = findings(tmp_path, "--select", "FUG102", "app.def")
    assert one["severity"] == "info", "of a definition file alone nobody knows the call"
