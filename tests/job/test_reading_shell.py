"""Which shell reads a batch script, and when it is sure that it refuses it."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import read_job
from sifcheck.job.reading_shell import reading_shells, refusal_of_job

ALL = ("bash", "sh", "ash")
SLURM = "#SBATCH --time=1:00:00\n"
OPEN = "if a; then\n    singularity exec a.sif b\n"


@pytest.mark.parametrize(
    ("text", "shells"),
    [
        (f"#!/bin/bash\n{SLURM}", ("bash",)),
        (f"#!/bin/bash -l\n{SLURM}", ("bash",)),
        (f"#!/usr/bin/env bash\n{SLURM}", ("bash",)),
        (f"#!/bin/sh\n{SLURM}", ALL),
        (f"#!/bin/tcsh\n{SLURM}", ()),
        (f"#!/bin/zsh\n{SLURM}", ()),
        (f"#!/usr/bin/python3\n{SLURM}", ()),
        (SLURM, ()),
        ("#PBS -l walltime=1\n", ALL),
        ("#PJM -L node=1\n", ALL),
        ("#!/bin/sh\n#PBS -S /bin/bash\n", ("bash",)),
        ("#!/bin/bash\n#PBS -S /bin/csh\n", ()),
    ],
)
def test_which_shell_reads(text: str, shells: tuple[str, ...]) -> None:
    assert reading_shells(read_job(Source("x.sh", text.encode()))) == shells


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"#!/bin/bash\n{SLURM}{OPEN}", "`if` is never closed with `fi`"),
        (f"#!/bin/sh\n{SLURM}a=(b)\n", None),
        (f"#!/bin/bash\n{SLURM}{{% if x %}}\n{OPEN}", None),
        (f"#!/bin/bash\n{SLURM}<%= x %>\n{OPEN}", None),
        (f"#!/bin/bash\n{SLURM}<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n{OPEN}", None),
        (
            f"#!/bin/bash\n{SLURM}rm !(a)\n",
            "bash takes this pattern only where `shopt -s extglob` was run before",
        ),
        (f"#!/bin/bash\n{SLURM}shopt -s extglob\nrm !(a)\n", None),
        (f"#!/bin/bash\n{SLURM}. ~/.bashrc\nrm !(a)\n", None),
        (f"#!/bin/bash -l\n{SLURM}rm !(a)\n", None),
        (f"#!/bin/bash\n{SLURM}singularity exec a.sif b\nexit 0\nnotes: (what to do\n", None),
    ],
)
def test_what_is_refused(text: str, message: str | None) -> None:
    refusal = refusal_of_job(read_job(Source("x.sh", text.encode())))
    assert (refusal.message if refusal is not None else None) == message
