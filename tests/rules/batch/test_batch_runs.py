"""JOB107, JOB108, JOB110: GPUs, ranks, and images that are fetched too often."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.job import read_job
from sifcheck.testing import check_text
from sifcheck_rules.batch import runs


def found(rule: Any, text: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n{text}\n", rule, **settings)


RUN = "singularity exec a.sif solve"


@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH --gres=gpu:2",
        "#SBATCH --gres=gpu",
        "#SBATCH -G 1",
        "#SBATCH --gpus-per-node=4",
        "#PJM -L gpu=1",
        "#PBS -l select=1:ngpus=2",
        "#PBS -l ngpus=1",
    ],
)
def test_every_way_to_ask_for_gpus(line: str) -> None:
    (one,) = found(runs.gpu_flag_missing, f"{line}\n{RUN}")
    assert one.fix is not None
    assert not one.fix.safe


@pytest.mark.parametrize(
    "text",
    [
        f"#SBATCH --gres=shard:1\n{RUN}",
        f"#SBATCH --gres=craynetwork:0\n{RUN}",
        f"#SBATCH --gpus=0\n{RUN}",
        f"#SBATCH --gres=gpu:0\n{RUN}",
        "#SBATCH -G 1\nsingularity exec --nv a.sif ls",
        "#SBATCH -G 1\nsingularity exec --rocm a.sif ls",
        "#SBATCH -G 1\nsingularity exec -B /usr/lib/nvidia a.sif ls",
        f"#SBATCH -G 1\nexport SINGULARITY_NV=1\n{RUN}",
        '#SBATCH -G 1\nsingularity exec "${OPTS[@]}" a.sif ls',
        "#SBATCH -G 1\nsingularity build a.sif a.def\nsingularity inspect a.sif\nsingularity pull b.sif docker://b:1",
        f"#SBATCH -G 1\nA=(--nv)\nsingularity exec ${{A[@]}} a.sif ls\n{RUN}",
        RUN,
    ],
)
def test_nothing_is_said(text: str) -> None:
    assert found(runs.gpu_flag_missing, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "#SBATCH --gres=gpu:mi100:1\nsingularity exec a.sif train",
        "#SBATCH -G 1 --constraint=MI250\nsingularity exec a.sif train",
        "#SBATCH -G 1\nmodule load rocm/5.4.3\nsingularity exec a.sif train",
        "#SBATCH -G 1\nsingularity run /apps/gromacs_2022.3.amd1_174.sif gmx mdrun",
        "#SBATCH -G 8 -p standard-g\nsingularity exec a.sif train",
        "#SBATCH -G 8\ncd /scratch/project_465000001\nsingularity exec a.sif train",
        "#SBATCH -G 8\nmodule load LUMI/23.09\nsingularity exec a.sif train",
        "#SBATCH -G 8\ncd /lustre/orion/abc123\napptainer exec a.sif train",
        "#SBATCH -G 8\nexport HIP_VISIBLE_DEVICES=0\napptainer exec a.sif train",
    ],
)
def test_gpus_of_amd_need_no_option(text: str) -> None:
    assert found(runs.gpu_flag_missing, text) == []
    assert found(runs.gpu_flag_missing, f"#SBATCH -G 1\n{RUN}", site="lumi") == []


@pytest.mark.parametrize(
    "text",
    [
        'if [ -e /dev/nvidia0 ]; then nv="--nv"; fi\nsingularity exec $nv -B /data a.sif train',
        "singularity exec $nv --overlay o.ext3:ro a.sif train",
        "singularity exec $NV a.sif train",
        "singularity exec <options> --nv a.sif train",
        "singularity exec -B /a /b --nv a.sif train",
        "singularity exec \u2014nv a.sif train",
        "singularity exec {image} train",
        "singularity exec a.sif cp -r /opt/data .",
        "singularity exec a.sif python3 --version",
        "singularity exec docker://unlhcc/tensorflow-gpu python3 a.py",
    ],
)
def test_a_call_that_has_them_or_needs_none(text: str) -> None:
    assert found(runs.gpu_flag_missing, f"#SBATCH --gres=gpu:1\n{text}") == []


@pytest.mark.parametrize(
    "line", ["module load illumina", "#SBATCH --constraint=amd", "cd /data/frontiers", "echo illumination"]
)
def test_words_that_only_look_like_amds(line: str) -> None:
    assert found(runs.gpu_flag_missing, f"#SBATCH --gres=gpu:1\n{line}\n{RUN}")


def test_a_job_of_another_scheduler_may_have_gpus() -> None:
    text = "#SBATCH -p gpu1\nsingularity exec --nv a.sif ls"
    assert found(runs.gpu_flag_missing, text, site="fugaku") == []


@pytest.mark.parametrize(
    ("lines", "flagged"),
    [
        ("#SBATCH --nodes=2", True),
        ("#SBATCH -N 2-4", True),
        ("#SBATCH --nodes=1", False),
        ("#SBATCH --ntasks=64", False),  # on how many nodes nobody says
        ("#PJM -L node=2x2", True),
        ("#PJM -L node=1", False),
        ("#PBS -l select=4:ncpus=8", True),
        ("#PBS -l nodes=2:ppn=8", True),
        ("", False),
    ],
)
def test_a_launcher_inside(lines: str, flagged: bool) -> None:
    text = f"{lines}\nsingularity exec a.sif mpirun -n 8 /opt/solve"
    assert bool(found(runs.mpi_launcher_inside, text)) is flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("#SBATCH -n 8\nsrun singularity exec -e a.sif solve", True),
        ("#SBATCH -n 8\nmpirun singularity exec --containall a.sif solve", True),
        ("#SBATCH -n 8\nsrun -n 1 singularity exec -e a.sif solve", False),
        ("#SBATCH -n 8\nsrun --ntasks=1 singularity exec -e a.sif solve", False),
        ("#SBATCH -n 1\nsrun singularity exec -e a.sif solve", False),
        ("srun singularity exec -e a.sif solve", False),
        ("#SBATCH -n 8\nsrun singularity exec -e --env-file=pmi.env a.sif solve", False),
        ("#SBATCH -n 8\nsrun singularity exec a.sif solve -e", False),
        ("#SBATCH -N 2\nsrun singularity exec -e a.sif torchrun --nnodes 2 train.py", False),
        ("#SBATCH -n 8\nsingularity exec -e a.sif solve", False),
    ],
)
def test_a_clean_environment(text: str, flagged: bool) -> None:
    assert bool(found(runs.mpi_launcher_inside, text)) is flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("#SBATCH -n 8\nsrun singularity exec docker://a:1 solve", True),
        ("#SBATCH -n 8\nI=docker://a:1\nsrun -n $SLURM_NTASKS singularity exec $I solve", True),
        ("mpirun -np 4 apptainer pull a.sif oras://h/a:1", True),
        ("#SBATCH -n 8\nsrun -n1 singularity exec docker://a:1 solve", False),
        ("#SBATCH -n 8\nsrun singularity exec a.sif solve", False),
        ("#SBATCH -n 8\nsrun singularity exec $I solve", False),
        ("singularity exec docker://a:1 solve", False),
        ("#SBATCH --array=1-9\nsingularity exec docker://a:1 solve", True),
        ("#SBATCH --array=1-9%1\nsingularity exec docker://a:1 solve", False),
        ("#SBATCH --array=3\nsingularity exec docker://a:1 solve", False),
        ("#PBS -J 1-9\nsingularity exec docker://a:1 solve", True),
        ("#SBATCH --array=1-9\n[ -f a.sif ] || singularity pull a.sif docker://a:1", False),
        ("for i in 1 2; do singularity exec docker://a:1 solve; done", False),
        ("for i in 1 2; do singularity exec docker://a:1 solve & done", True),
        ("#SBATCH -n 8\nsrun apptainer build a.sif a.def", True),
        ("#SBATCH -n 8\nsrun bash -c 'apptainer build a.sif a.def'", True),
        ("mpiexec -n 4 sifcheck build a.sif a.def", True),
        ("#SBATCH -n 8\nsrun -n 1 apptainer build a.sif a.def", False),
        ("#SBATCH -n 8\nsrun -N 1 --ntasks-per-node=1 apptainer build a.sif a.def", False),
        ("#SBATCH -n 8\nsrun -N 2 --ntasks-per-node=4 apptainer build a.sif a.def", True),
        ("#SBATCH -n 1\nsrun apptainer build a.sif a.def", False),
        ("#SBATCH -n 8\nsrun bash -c 'apptainer build a-$SLURM_PROCID.sif a.def'", False),
        ("#SBATCH -n 8\nsrun apptainer build /tmp/a.sif a.def", False),
        ("#SBATCH -n 8\napptainer build a.sif a.def", False),
        ("#SBATCH --array=1-9\napptainer build a.sif a.def", True),
        ("#SBATCH --array=1-9\ncd $SLURM_SUBMIT_DIR\napptainer build a.sif a.def", True),
        ("#SBATCH --array=1-9\ncd part-$SLURM_ARRAY_TASK_ID\napptainer build a.sif a.def", False),
        ("#SBATCH --array=1-9\ncd /tmp\napptainer build a.sif a.def", False),
        ("#SBATCH --array=1-9\napptainer build $NAME.sif a.def", False),
        ("#SBATCH --array=1-9\n[ -f a.sif ] || apptainer build a.sif a.def", False),
        ("for i in 1 2; do apptainer build a.sif a.def & done", False),
    ],
)
def test_images_that_are_fetched_at_once(text: str, flagged: bool) -> None:
    assert bool(found(runs.parallel_pull, text)) is flagged


def test_csh_may_hide_a_call_or_a_guard() -> None:
    head = "#!/bin/csh\n#SBATCH --gres=gpu:1\n#SBATCH --array=1-9\n"
    body = "switch ($1)\ncase 1:\n  singularity exec --nv a.sif x\n  breaksw\nendsw\nsingularity exec docker://a x\n"
    assert check_text(head + body, runs.gpu_flag_missing) == []
    assert check_text(head + body, runs.parallel_pull) == []
    assert check_text(head.replace("csh", "bash") + "singularity exec docker://a x\n", runs.gpu_flag_missing)


def test_another_machine_has_its_own_gpus() -> None:
    head = "#!/bin/bash\n#SBATCH --gres=gpu:1\n"
    assert check_text(f"{head}ssh login singularity exec a.sif x\n", runs.gpu_flag_missing) == []


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("#!/bin/csh\n", True),
        ("#!/usr/bin/env tcsh\n", True),
        ("#PBS -S /bin/csh\n", True),
        ("#!/bin/bash\n", False),
        ("ls\n", False),
    ],
)
def test_who_runs_a_script(text: str, known: bool) -> None:
    assert read_job(Source("job.sh", text.encode())).is_csh is known


@pytest.mark.parametrize(
    ("first", "count"),
    [
        ("srun -n 1 apptainer exec docker://python:3.12 true", 0),
        ("apptainer pull docker://python:3.12", 0),
        ("srun -n 1 apptainer exec docker://python:3.11 true", 1),
        ("srun -n 4 apptainer exec docker://python:3.12 true", 2),
        ('if [ -n "$A" ]; then apptainer pull docker://python:3.12; fi', 1),
    ],
)
def test_what_one_process_has_fetched_lies_in_the_cache(first: str, count: int) -> None:
    body = f"#SBATCH --ntasks=64\n{first}\nsrun apptainer exec docker://python:3.12 python3 x.py"
    assert len(found(runs.parallel_pull, body)) == count
