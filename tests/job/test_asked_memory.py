"""The memory that a batch script asks for, and the room for temporary files, by each scheduler's own words."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import JobScript, read_job
from sifcheck.job.asked_memory import memory_asked, room_asked

GIB = 1 << 30


def job(*lines: str, submit: str = "") -> JobScript:
    return read_job(Source("job.sh", "\n".join(["#!/bin/bash", *lines, ""]).encode()), submit)


@pytest.mark.parametrize(
    ("lines", "gib", "at"),
    [
        (["#SBATCH --mem=4G"], 4, "4G"),
        (["#SBATCH --mem 4096"], 4, "4096"),
        (["#SBATCH --mem=4194304K"], 4, "4194304K"),
        (["#SBATCH --mem=1G", "#SBATCH --mem=2G"], 2, "2G"),
        (["#SBATCH --mem-per-cpu=2G -c 4"], 8, "2G"),
        (["#SBATCH --mem-per-cpu=2G"], 2, "2G"),
        (["#SBATCH --mem-per-cpu=1G -n 8 -N 1"], 8, "1G"),
        (["#SBATCH --mem-per-cpu=1G --ntasks-per-node=4 -N 2 -c 2"], 8, "1G"),
        (["#SBATCH --mem-per-gpu=10G --gres=gpu:a100:2"], 20, "10G"),
        (["#SBATCH --mem-per-gpu=10G --gpus-per-node=2"], 20, "10G"),
        (["#SBATCH --mem-per-gpu=10G -G 1"], 10, "10G"),
        (["#PBS -l select=1:ncpus=4:mem=8gb"], 8, "8gb"),
        (["#PBS -l select=2:ncpus=4:mem=8gb"], 16, "8gb"),
        (["#PBS -l mem=8gb,walltime=1:00:00"], 8, "8gb"),
        (["#PBS -l nodes=2:ppn=4,mem=8gb"], 8, "8gb"),
        (["#PBS -l walltime=1:00:00", "#PBS -l mem=8388608kb"], 8, "8388608kb"),
        (['#PJM -L "node=1,node-mem=20Gi"'], 20, "20Gi"),
        (["#PJM -L vnode=1,vnode-mem=2Gi"], 2, "2Gi"),
    ],
)
def test_what_is_asked_for(lines: list[str], gib: int, at: str) -> None:
    script = job(*lines)
    asked = memory_asked(script)
    assert asked is not None
    assert (asked.bytes, script.source.slice(asked.span)) == (gib * GIB, at)


@pytest.mark.parametrize(
    "lines",
    [
        ["#SBATCH --mem=0"],
        ["#SBATCH --mem=all"],
        ["#SBATCH --mem"],
        ["#SBATCH --mem-per-cpu=2G -n 8 -N 2"],
        ["#SBATCH --mem-per-cpu=2G -n 8 -N 1-2"],
        ["#SBATCH --mem-per-cpu=2G --exclusive"],
        ["#SBATCH --mem-per-gpu=10G"],
        ["#SBATCH --mem-per-gpu=10G --gpus=4 --nodes=2"],
        ["#SBATCH --nodes=1"],
        ["#SBATCH --mem=4G", "#PBS -l mem=8gb"],
        ["##SBATCH --mem=4G"],
        ["#PBS -l select=1:mem=8gb+2:mem=1gb"],
        ["#PBS -l select=1:ncpus=4"],
        ["#PJM -L node-mem=unlimited"],
        ["#PJM -L vnode-mem=20000"],
        ["echo hello", "#SBATCH --mem=4G"],
    ],
)
def test_what_says_no_number(lines: list[str]) -> None:
    assert memory_asked(job(*lines)) is None


def test_the_command_line_goes_before_the_script() -> None:
    asked = memory_asked(job("#SBATCH --mem=4G", submit="sbatch --mem=1G job.sh"))
    assert asked is not None
    assert asked.bytes == GIB


def test_the_room_for_temporary_files() -> None:
    script = job("#PJM --llio localtmp-size=40Gi", "#PJM --llio sharedtmp-size=512Mi,localtmp-size=2Gi")
    assert room_asked(script, "--llio localtmp-size=40Gi") == 2 * GIB
    assert room_asked(script, "--llio sharedtmp-size=40Gi") == GIB // 2
    assert room_asked(script, "--gres=nvme:40") is None
    assert room_asked(job("#PJM -L node=1"), "--llio localtmp-size=40Gi") is None


def test_what_stands_beside_chunks_on_a_command_line_is_for_all_of_them() -> None:
    beside = memory_asked(job("#PBS -q main", submit="qsub -l select=2:ncpus=4,mem=200mb job.sh"))
    within = memory_asked(job("#PBS -q main", submit="qsub -l select=2:ncpus=4:mem=200mb job.sh"))
    assert beside is not None
    assert within is not None
    assert (beside.bytes, within.bytes) == (200 << 20, 400 << 20)
