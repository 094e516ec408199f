"""`sifcheck build` in a batch script counts as a call of the runtime: its own options aside, the words are the runtime's."""

from __future__ import annotations

import pytest

from sifcheck.app.kinds import kind_of
from sifcheck.base.source import Source
from sifcheck.job import RuntimeCall, read_job


def calls(line: str) -> tuple[RuntimeCall, ...]:
    return read_job(Source("job.sh", f"#!/bin/bash\n{line}\n".encode())).calls


@pytest.mark.parametrize(
    "line",
    [
        "sifcheck build --fakeroot a.sif a.def",
        "sifcheck build --ignore DEF104,DEF2 --site fugaku:compute --fakeroot a.sif a.def",
        "sifcheck build --ignore=DEF104 -q --fakeroot a.sif a.def",
        "sifcheck build --no-plan -- --fakeroot a.sif a.def",
        "srun -n 1 sifcheck build --fakeroot a.sif a.def",
        "~/venv/bin/sifcheck build --fakeroot a.sif a.def || exit",
        "sg group -c 'sifcheck build --fakeroot a.sif a.def'",
        "B='sifcheck build --fakeroot'; sg group -c \"sifcheck build --fakeroot a.sif a.def\"",
    ],
)
def test_the_words_are_the_runtimes(line: str) -> None:
    call = calls(line)[-1]
    assert (call.program, call.subcommand) == ("sifcheck", "build")
    assert [option.name for option in call.options] == ["--fakeroot"]
    assert (call.value_of(call.image), call.value_of(call.definition)) == ("a.sif", "a.def")


@pytest.mark.parametrize(
    "line",
    [
        "sifcheck check a.def",
        "sifcheck doctor",
        "sifcheck build-it a.sif a.def",
        "echo sifcheck build a.sif a.def",
        "sifcheck",
    ],
)
def test_other_verbs_are_none(line: str) -> None:
    assert calls(line) == ()


def test_such_a_script_is_told_by_its_content() -> None:
    assert kind_of("make.sh", b"#!/bin/bash\nsifcheck build a.sif a.def\n") == "job"
    assert kind_of("lint.sh", b"#!/bin/bash\nsifcheck check recipes\n") == "unknown"


def test_what_is_said_of_a_call_is_said_of_this_one() -> None:
    from sifcheck.testing import check_text
    from sifcheck_rules.batch import folders, results

    text = "#!/bin/bash\n#PJM -L node=1\nsifcheck build --fakeroot /worktmp/a.sif a.def\n"
    found = check_text(text, folders.build_without_local_tmpdir, results.result_mismatch, site="fugaku")
    assert [one.code for one in found] == ["JOB105", "JOB106"]
    # Which of the runtimes it will call is not known, and so which of the variables counts.
    text = "#!/bin/bash\nexport APPTAINER_TMPDIR=/scratch\nsifcheck build a.sif a.def\n"
    assert check_text(text, folders.runtime_variable_ineffective, target="singularity-ce-4.1") == []
