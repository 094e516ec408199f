"""JOB201, JOB202, JOB301, JOB302, JOB401-403: what the schedulers read, and what sites ask for."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch import directives

RUN = "singularity exec /data/a.sif ls"


def found(rule: Any, text: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n{text}\n", rule, **settings)


NOT_READ = [
    (directives.pjm_directive_not_read, "#PJM", "-L node=1"),
    (directives.slurm_directive_not_read, "#SBATCH", "-N 1"),
    (directives.pbs_directive_not_read, "#PBS", "-l select=1"),
]


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_a_line_below_the_first_command(rule: Any, sign: str, option: str) -> None:
    (one,) = found(rule, f"{sign} -q x\nmodule load a\n{sign} {option}\n{RUN}")
    assert (one.severity, one.related[0].message) == ("warning", "reading ends here")
    assert one.fix is not None
    assert not one.fix.safe


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_lines_that_are_fine(rule: Any, sign: str, option: str) -> None:
    text = f"{sign} {option}\n#{sign} {option}\n\n# {sign[1:]} is read up to here\n{RUN}\ncat <<EOF\n{sign} {option}\nEOF"
    assert found(rule, text) == []


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_each_rule_looks_at_its_own_lines(rule: Any, sign: str, option: str) -> None:
    others = "\n".join(f"{other} {given}" for _, other, given in NOT_READ if other != sign)
    assert found(rule, f"{RUN}\n{others}") == []


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_below_a_merge_nothing_is_judged(rule: Any, sign: str, option: str) -> None:
    assert found(rule, f"<<<<<<< HEAD\n{sign} {option}\n=======\n{sign} {option}\n>>>>>>> x\n{RUN}") == []


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_a_line_that_is_misspelt(rule: Any, sign: str, option: str) -> None:
    (one,) = found(rule, f"# {sign[1:]} {option}\n{RUN}")
    assert one.fix is not None
    assert one.fix.edits[0].text == f"{sign} {option}"


def test_a_script_without_an_interpreter() -> None:
    (one,) = check_text(f"#SBATCH -N 1\n{RUN}\n", directives.slurm_directive_not_read)
    assert one.severity == "error"
    assert check_text(f"#PBS -l select=1\n{RUN}\n", directives.slurm_directive_not_read) == []


@pytest.mark.parametrize(
    ("value", "flagged"),
    [
        ("00:30", True),
        ("4:59", True),
        ("5:00", False),
        ("30", False),
        ("00:30:00", False),
        ("1-12", False),
        ("0-00:30", False),
        ("00:00", False),
        ("$TIME", False),
        ("UNLIMITED", False),
    ],
)
def test_times_of_slurm(value: str, flagged: bool) -> None:
    assert bool(found(directives.slurm_time_in_seconds, f"#SBATCH --time={value}\n{RUN}")) is flagged


def test_the_last_time_counts_and_only_with_a_container() -> None:
    assert found(directives.slurm_time_in_seconds, f"#SBATCH -t 0:30\n#SBATCH -t 30\n{RUN}") == []
    assert found(directives.slurm_time_in_seconds, "#SBATCH -t 0:30\nhostname") == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("#PJM -L node=1", ["-L rscgrp=", "-L elapse="]),
        ("#PJM -L vnode=1,rscgrp=small,elapse=1:00:00", []),
        ("#PJM --rsc-list node=1,rscgrp=small\n#PJM -L elapse=1:00:00", []),
        ("", []),
        ("#SBATCH -N 1", []),
    ],
)
def test_what_fugaku_asks_for(text: str, missing: list[str]) -> None:
    messages = [
        one.message for one in found(directives.pjm_directive_missing, f"{text}\n{RUN}", site="fugaku")
    ]
    assert len(messages) == len(missing)
    assert all(any(f"`{option}`" in message for message in messages) for option in missing)


def test_what_only_containers_need() -> None:
    text = "#PJM -L rscgrp=a,elapse=1:00:00"
    site = """
        [site]
        name = "example"
        [scheduler]
        type = "pjm"
        required_for_containers = ["-L jobenv=singularity"]
        """
    assert found(directives.pjm_directive_missing, f"{text}\nhostname", site=site) == []
    # What some sites with PJM ask for, the file for all of them does not.
    assert found(directives.pjm_directive_missing, f"{text}\n{RUN}", site="pjm") == []
    (one,) = found(directives.pjm_directive_missing, f"{text}\n{RUN}", site=site)
    assert "jobenv=singularity" in one.message
    assert one.fix is not None


@pytest.mark.parametrize(
    ("value", "flagged"), [("30", True), ("599", True), ("600", False), ("0:00:30", False), ("3600", False)]
)
def test_bare_seconds(value: str, flagged: bool) -> None:
    text = f"#PJM -L node=1,rscgrp=small,elapse={value}\n{RUN}"
    assert bool(found(directives.pjm_directive_missing, text, site="fugaku")) is flagged


def test_a_site_that_refuses_makes_an_error_of_it() -> None:
    site = """
        [site]
        name = "example"
        [scheduler]
        type = "pbs"
        required = ["-A "]
        refuses_without = true
        """
    (one,) = found(directives.pbs_directive_missing, f"#PBS -q main\n{RUN}", site=site)
    assert one.severity == "error"


@pytest.mark.parametrize(
    "text",
    [
        'cd "$PBS_O_WORKDIR"\nsingularity exec a.sif ls',
        "cd $PBS_O_WORKDIR/run && singularity exec a.sif ls",
        "cd /data/run\nsingularity exec a.sif ls",
        "cd $SOMEWHERE\nsingularity exec a.sif ls",
        "singularity exec /data/a.sif ls",
        "singularity exec ~/a.sif ls",
        'singularity exec "$IMAGE" ls',
        "singularity exec docker://a:1 ls",
        "singularity build /data/a.sif docker://a:1",
        "singularity pull a.sif docker://a:1",
        "bash -c 'cd /data && singularity exec a.sif ls'",
        "cd run\nsingularity exec a.sif ls",
        "singularity exec -B <data>:/data <IMAGE> ls",
        "singularity exec {image}/a.sif ls",
        "singularity exec {image} python3 a.py",
        "singularity exec \\ # the image\n a.sif ls",
        "singularity exec a.sif jupyter --ip=$SLURMD_NODENAME",
        "singularity exec a.sif app/run /home/u1/app/data",
    ],
)
def test_folders_of_pbs_that_are_fine(text: str) -> None:
    assert found(directives.pbs_working_directory, f"#PBS -l select=1\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "singularity exec a.sif ls",
        "singularity build /data/a.sif ./a.def",
    ],
)
def test_folders_of_pbs_that_are_not(text: str) -> None:
    (one,) = found(directives.pbs_working_directory, f"#PBS -l select=1\n{text}")
    assert one.fix is not None
    assert found(directives.pbs_working_directory, text) == []


@pytest.mark.parametrize(
    ("time", "call", "told"),
    [
        ("00:10:00", "singularity build a.sif a.def", True),
        ("15", "sifcheck build --ignore DEF1 a.sif a.def", True),
        ("00:20:00", "singularity build a.sif a.def", False),
        ("00:10:00", "singularity exec a.sif ls", False),
    ],
)
def test_less_time_than_a_usual_build(time: str, call: str, told: bool) -> None:
    rule, site = (
        directives.slurm_time_in_seconds,
        '[scheduler]\ntype = "slurm"\n[build]\nusual_seconds = 1200\n',
    )
    messages = [one.message for one in found(rule, f"#SBATCH --time={time}\n{call}", site=site)]
    assert bool(messages) is told
    assert all("takes 1200 s" in message for message in messages)
    assert not found(rule, f"#SBATCH --time={time}\n{call}")
    assert not found(rule, f"#SBATCH --time={time}\n{call}", site=site.replace("slurm", "pbs"))


# -- what is given in a line that is not read


@pytest.mark.parametrize(
    "rest", ["# PJM -L elapse=12:00:00\n#PJM -g hp1", "#PJM -g hp1\nmodule load a\n#PJM -L elapse=12:00:00"]
)
def test_a_limit_in_a_line_that_is_not_read_is_not_missing(rest: str) -> None:
    """Else its fix would put a shorter one below the one that the fix of JOB201 brings back, and the last one counts."""
    text = f"#PJM -L node=1,rscgrp=small\n{rest}\n{RUN}"
    assert found(directives.pjm_directive_missing, text, site="fugaku") == []
    assert len(found(directives.pjm_directive_not_read, text)) == 1


def test_the_same_with_pbs() -> None:
    given = "#PBS -A P\n#PBS -l select=1,filesystems=home\ncd $PBS_O_WORKDIR\n"
    text = f"{given}#PBS -l walltime=12:00:00\n{RUN}"
    assert found(directives.pbs_directive_missing, text, site="polaris") == []
    (one,) = found(directives.pbs_directive_missing, f"{given}{RUN}", site="polaris")
    assert "walltime" in one.message


# -- the first line


@pytest.mark.parametrize(
    ("above", "kept"),
    [("\n", True), (" \t\r\n\n", True), ("  ", True), ("# note\n", False)],
)
def test_the_interpreter_that_a_script_names_stays(above: str, kept: bool) -> None:
    text = f"{above}#!/bin/tcsh\n#SBATCH -N 1\n{RUN}\n"
    (one,) = check_text(text, directives.slurm_directive_not_read)
    assert one.severity == "error"
    assert one.help == "make `#!/bin/tcsh` the first line"
    if kept:
        assert one.fix is not None
        assert apply_edits(text, one.fix.edits) == text[len(above) :]
    else:
        assert one.fix is None


@pytest.mark.parametrize(("rule", "sign", "option"), NOT_READ)
def test_a_byte_order_mark(rule: Any, sign: str, option: str) -> None:
    text = f"#!/bin/bash\n{sign} {option}\n{RUN}\n"
    (one,) = check_text(f"\ufeff{text}", rule)
    assert "byte-order mark" in one.message
    assert one.severity == ("error" if sign == "#SBATCH" else "warning")
    assert one.fix is not None
    assert [(edit.start, edit.end, edit.text) for edit in one.fix.edits] == [(0, 3, "")]
    assert check_text(text, rule) == []


# -- where PBS starts a job


@pytest.mark.parametrize(
    "text",
    [
        'run() { apptainer exec a.sif "$@"; }\nmain() { cd "$PBS_O_WORKDIR" || exit; run ls; }\nmain',
        "apptainer pull a.sif docker://a\napptainer exec ./a.sif ls",
        "IMAGE=a.sif\n[ -f $IMAGE ] || apptainer build $IMAGE docker://a\napptainer exec $IMAGE ls",
        "apptainer pull docker://ghcr.io/a/b:1\napptainer exec b_1.sif ls",
        "cat > a.def <<E\nBootstrap: docker\nE\napptainer build /data/a.sif a.def",
        'cp "$FOLDER/a.sif" .\napptainer exec a.sif ls',
        "wget https://example.org/a.sif\napptainer exec a.sif ls",
        "mkdir -p out\napptainer exec --bind out:/out /data/a.sif ls",
    ],
)
def test_what_the_script_makes_lies_where_it_starts(text: str) -> None:
    assert found(directives.pbs_working_directory, f"#PBS -l select=1\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        'run() { apptainer exec a.sif "$@"; }\nrun ls',
        "apptainer exec a.sif ls\ncd /data",
        "apptainer exec a.sif ls\napptainer pull a.sif docker://a",
        "apptainer pull b.sif docker://a\napptainer exec a.sif ls > a.log",
        "cp a.sif /tmp\napptainer exec a.sif ls",
    ],
)
def test_what_it_does_not_make_is_missing(text: str) -> None:
    assert len(found(directives.pbs_working_directory, f"#PBS -l select=1\n{text}")) == 1
