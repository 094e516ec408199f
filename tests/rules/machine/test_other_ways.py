"""Ways to a temporary folder, and out of one that ends with the job, that scripts take and nobody can follow: no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.cli import main

HEAD = """#!/bin/bash
#PJM -L node=1,rscgrp=small,elapse=1:00:00
#PJM -g hp000000
#PJM -x PJM_LLIO_GFSCACHE=/vol0004
"""
BUILD = "singularity build --fakeroot /worktmp/x.sif x.def\n"
SET = "export SINGULARITY_TMPDIR=/worktmp\n"


def codes(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> set[str]:
    script = tmp_path / "job.sh"
    script.write_text(HEAD + text)
    main(
        [
            "check", "--isolated", "--no-shellcheck", "--site", "fugaku", "--output-format", "concise",
            "--select", "JOB105,JOB106", str(script),
        ]
    )  # fmt: skip
    return {line.split()[1] for line in capsys.readouterr().out.splitlines() if ".sh:" in line}


@pytest.mark.parametrize(
    "text",
    [
        f"bash <<EOF\n{SET}{BUILD}cp /worktmp/x.sif .\nEOF\n",
        "sg fugaku -c 'export SINGULARITY_TMPDIR=/worktmp; singularity build -f /worktmp/x.sif x.def && cp /worktmp/x.sif .'\n",
        f"{SET}trap 'cp /worktmp/x.sif .' EXIT\n{BUILD}",
        f'finish() {{ mv /worktmp/*.sif "$PJM_O_WORKDIR"; }}; trap finish EXIT\n{SET}{BUILD}',
        f"{SET}{BUILD}cat /worktmp/x.sif > ~/x.sif\n",
        f"{SET}{BUILD}dd if=/worktmp/x.sif of=x.sif\n",
        "setup() { export SINGULARITY_TMPDIR=/worktmp; }\nsetup\nsingularity build --fakeroot x.sif x.def\n",
        ': "${SINGULARITY_TMPDIR:=/worktmp}"; export SINGULARITY_TMPDIR\nsingularity build -f x.sif x.def\n',
        "source ./env.sh\nsingularity build --fakeroot x.sif x.def\n",
        "singularity build --fakeroot --tmpdir /worktmp x.sif x.def\n",
    ],
)
def test_what_may_well_work(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(tmp_path, capsys, text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [("singularity build --fakeroot x.sif x.def\n", "JOB105"), (f"{SET}{BUILD}", "JOB106")],
)
def test_what_does_not(text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert codes(tmp_path, capsys, text) == {code}
