"""JOB101-103, JOB109: what ends a batch script early, and what looks like it and does not."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch import shell

BUILD = "singularity build --fakeroot app.sif app.def"


def found(rule: Any, body: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n{body}\n", rule, **settings)


def after_fix(rule: Any, body: str) -> str:
    text = f"#!/bin/bash\n{body}\n"
    (finding,) = check_text(text, rule)
    assert finding.fix is not None
    return apply_edits(text, finding.fix.edits).removeprefix("#!/bin/bash\n")


@pytest.mark.parametrize(
    "line",
    [
        "newgrp fugaku <<< 'singularity build a.sif a.def'",
        "newgrp fugaku < commands.txt",
        "echo 'singularity build a.sif a.def' | newgrp fugaku",
        "newgrp fugaku -c 'singularity build a.sif a.def'",
        "cat <<EOF > a.sh\nnewgrp fugaku\nEOF",
        "# newgrp fugaku",
        "echo newgrp fugaku",
    ],
)
def test_newgrp_that_is_fed_is_fine(line: str) -> None:
    assert found(shell.newgrp_in_batch, f"{line}\n{BUILD}") == []


@pytest.mark.parametrize(
    "line", ["newgrp fugaku", "newgrp - fugaku", "newgrp", "if true; then newgrp fugaku; fi"]
)
def test_newgrp_that_is_not(line: str) -> None:
    (one,) = found(shell.newgrp_in_batch, f"{line}\n{BUILD}")
    assert (one.severity, one.profile) == ("error", "minimal")


def test_each_call_below_is_wrapped_and_none_above() -> None:
    body = f"{BUILD}\nnewgrp g\n{BUILD} > log 2>&1\nls\nsingularity exec $I ls\n"
    assert after_fix(shell.newgrp_in_batch, body) == (
        f"{BUILD}\nsg g -c '{BUILD} > log 2>&1'\nls\nsg g -c 'singularity exec $I ls'\n\n"
    )


@pytest.mark.parametrize(
    "body",
    [
        "newgrp g\nls",  # nothing to run in the group
        "newgrp $G\nsingularity build a.sif a.def",
        "newgrp 'a b'\nsingularity build a.sif a.def",
        "newgrp g\nI=$(ls *.sif)\nsingularity exec $I ls",  # known to this shell alone
        "newgrp g\nI='a b.sif'\nsingularity exec \"$I\" ls",
        "newgrp g\nsingularity exec $TMPDIR/a.sif ls",  # sg takes it away
        "newgrp g\nsingularity exec a.sif $(which ls)",
        "newgrp g\nsingularity exec a.sif ls $'a\\tb'",
        "newgrp g\nsingularity exec a.sif echo {a,b}",
        "newgrp g\nfor I in a b; do singularity exec $I ls; done",
        "newgrp g\nsource settings\nsingularity exec $I ls",
        "newgrp g\ntime singularity exec a.sif ls",
        "exec newgrp g\nsingularity exec a.sif ls",
        "newgrp g\nsingularity build a.sif a.def | tee log",
        "newgrp g\nsingularity exec a.sif sh <<EOF\nls\nEOF",
    ],
)
def test_no_fix_where_it_is_not_sure(body: str) -> None:
    (one,) = found(shell.newgrp_in_batch, body)
    assert one.fix is None


def test_both_versions_of_a_merge_are_told() -> None:
    body = "<<<<<<< HEAD\na\nb\n=======\nc\n>>>>>>> x"
    (one,) = found(shell.merge_conflict_markers, body)
    assert "lines 3 to 4" in one.message
    assert "line 6" in one.message
    assert [related.message for related in one.related] == ["the other version begins", "and ends here"]


def test_what_both_versions_were_made_from_is_none_of_them() -> None:
    body = "<<<<<<< HEAD\na\nb\n||||||| 0123456\nx\n=======\nc\n>>>>>>> x"
    (one,) = found(shell.merge_conflict_markers, body)
    assert "stands in lines 3 to 4, the other in line 8" in one.message
    assert one.related[0].message == "what both were made from begins"


@pytest.mark.parametrize(
    "body", ["cat > a <<EOF\n>>>>>>> x\nEOF", "cat > a <<EOF\n<<<<<<< x\nEOF", "A='\n>>>>>>> x\n'"]
)
def test_a_marker_in_a_text_is_no_command(body: str) -> None:
    (one,) = found(shell.merge_conflict_markers, body)
    assert one.severity == "warning"
    assert "is a command" not in one.message


@pytest.mark.parametrize("body", ["<<<<<<< HEAD\na", "a\n>>>>>>> x", "<<<<<<< HEAD\na\n<<<<<<< HEAD\nb"])
def test_half_a_merge_is_told(body: str) -> None:
    assert {one.severity for one in found(shell.merge_conflict_markers, body)} == {"error"}


@pytest.mark.parametrize("body", ["=======\n", "echo '======='", "cat <<< word", "a <<<<x\n"])
def test_what_is_no_marker(body: str) -> None:
    assert found(shell.merge_conflict_markers, body) == []


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("singularity biuld", "build"),
        ("singularity buid", "build"),
        ("apptainer excec", "exec"),
        ("apptainer rum", "run"),
        ("singularity pul", "pull"),
        ("apptainer instance strat", "start"),
        ("apptainer instance ls", "list"),
        ("apptainer cache claen", "clean"),
        ("apptainer cache prune", "clean"),
        ("apptainer key newpiar", "newpair"),
        ("apptainer keys lst", "list"),
        ("apptainer remote lgoin", "login"),
        ("apptainer overlay creat", "create"),
        ("apptainer sif heder", "header"),
        ("apptainer plugin instal", "install"),
        ("apptainer registry logn", "login"),
        ("apptainer oci mont", "mount"),
        ("apptainer checkpoint crate", "create"),
        ("apptainer keyserver ad", "add"),
    ],
)
def test_misspelt_commands(words: str, near: str) -> None:
    (one,) = found(shell.unknown_runtime_command, f"{words} a.sif a.def")
    assert near in one.help
    assert one.fix is not None
    assert one.fix.edits[0].text == near


@pytest.mark.parametrize(
    ("words", "helped"),
    [
        ("apptainer instance stat", "did you mean `start` or `stats`?"),
        ("apptainer overlay resize", "it has `create`, `seal`, `sync`"),
    ],
)
def test_commands_below_others_that_may_be_several(words: str, helped: str) -> None:
    (one,) = found(shell.unknown_runtime_command, f"{words} x")
    assert (one.help, one.fix, one.severity) == (helped, None, "error")


@pytest.mark.parametrize(
    "words",
    [
        "singularity $COMMAND a.sif",
        "singularity --version",
        "singularity",
        "singularity help build",
        "apptainer checkpoint create x",
        "apptainer completion bash",
        'singularity "${ARGS[@]}"',
        "singularity run-help a.sif",
        "apptainer instance list",
        "singularity a.sif",
        "apptainer siftool list a.sif",
        "apptainer keys list",
        "singularity overlay seal a.sif",
        "singularity remote remove-keyserver x",
        "apptainer cache help",
        "apptainer cache $ACTION",
        "apptainer remote",
        "apptainer instance stat || true",
    ],
)
def test_commands_that_are_known_or_cannot_be_known(words: str) -> None:
    assert found(shell.unknown_runtime_command, words) == []


def test_a_command_of_another_family_is_held_against_a_named_target_only() -> None:
    assert found(shell.unknown_runtime_command, "singularity checkpoint list") == []
    (one,) = found(shell.unknown_runtime_command, "singularity data package x", target="apptainer-1.4")
    assert "Apptainer" in one.message


def test_a_misspelt_command_in_a_variable_is_mended_there() -> None:
    body = 'RUN="singularity exce --nv"\nsrun $RUN a.sif ls'
    assert after_fix(shell.unknown_runtime_command, body).startswith('RUN="singularity exec --nv"\n')


def test_carriage_returns_are_told_once_and_all_taken_out() -> None:
    text = "#!/bin/bash\r\n#SBATCH -N 1\r\nhostname\n"
    (one,) = check_text(text, shell.carriage_returns)
    assert one.fix is not None
    assert apply_edits(text, one.fix.edits) == "#!/bin/bash\n#SBATCH -N 1\nhostname\n"


@pytest.mark.parametrize(
    "words", ["apptainer buildcfg", "apptainer checkpoint list", "singularity apptainer"]
)
def test_hidden_commands_and_those_of_the_program_that_is_called(words: str) -> None:
    told = found(shell.unknown_runtime_command, words, site="fugaku")
    assert len(told) == (words == "singularity apptainer")
