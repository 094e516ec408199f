"""JOB104-106: variables that are lost, folders that do not do, results that are gone."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch import folders, results

BUILD = "singularity build a.sif a.def"


def found(rule: Any, body: str, **settings: Any) -> list[Finding]:
    return check_text(f"#!/bin/bash\n#PJM -L node=1\n{body}\n", rule, **settings)


def lost(body: str, **settings: Any) -> list[str]:
    return [one.message for one in found(folders.runtime_variable_ineffective, body, **settings)]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (f"SINGULARITY_TMPDIR=/x\n{BUILD}", "not exported"),
        (f"TMPDIR=/x\n{BUILD}", "not exported"),
        (f"SINGULARITY_BIND=/x\n{BUILD}", "not exported"),
        (f"export SINGULARITY_TMPDIR=\n{BUILD}", "empty"),
        (f"export TMPDIR=''\n{BUILD}", "empty"),
        (f"export SINGULARITY_CACHE_DIR=/x\n{BUILD}", "no runtime knows"),
        (f"export APPTAINER_TMPDR=/x\n{BUILD}", "no runtime knows"),
        (f"export TMPDIR=/x SINGULARITY_TMPDIR=/y\n{BUILD}", "goes before"),
        (f"export TMPDIR=/x\nsudo {BUILD}", "sudo"),
        (f"SINGULARITY_CACHE_DIR=/x {BUILD}", "no runtime knows"),
        (f"env SINGULARITY_BINDPATHS=/x {BUILD}", "no runtime knows"),
        (f"export SINGULARTY_TMPDIR=/x\n{BUILD}", "no runtime knows"),
        (f"newgrp g <<'E'\nTMPDIR=/x\n{BUILD}\nE", "not exported"),
        (f"bash -c 'SINGULARITY_TMPDIR=/x; {BUILD}'", "not exported"),
        (f"sg g <<'E'\nexport SINGULARITY_TMPDR=/x\n{BUILD}\nE", "no runtime knows"),
        (f"SINGULARITY_TMPDR=/x bash -c '{BUILD}; {BUILD}'", "no runtime knows"),
        (f"bash <<E\nexport SINGULARITY_TMPDIR=\n{BUILD}\nE", "empty"),
        (f"bash <<'E'\nexport TMPDIR=/x SINGULARITY_TMPDIR=/y\n{BUILD}\nE", "goes before"),
    ],
)
def test_variables_that_are_lost(body: str, word: str) -> None:
    (message,) = lost(body)
    assert word in message


@pytest.mark.parametrize(
    "body",
    [
        f"export SINGULARITY_TMPDIR=/x\n{BUILD}",
        f"SINGULARITY_TMPDIR=/x\nexport SINGULARITY_TMPDIR\n{BUILD}",
        f"set -a\nSINGULARITY_TMPDIR=/x\n{BUILD}",
        f"declare -x SINGULARITY_TMPDIR=/x\n{BUILD}",
        f"SINGULARITY_TMPDIR=/x {BUILD}",
        f"{BUILD}\nSINGULARITY_TMPDIR=/x",  # below the call
        "SINGULARITY_BIND='-B /x'\nsingularity exec $SINGULARITY_BIND a.sif ls",
        f"export SINGULARITY_BIND=\n{BUILD}",  # takes the site's binds away
        "export SINGULARITY_BINDS=/x\nsingularity exec -B $SINGULARITY_BINDS a.sif ls",
        f"export SINGULARITY_IMAGE_DIR=/x\n{BUILD}",
        f"export SINGULARITY_IMGDIR=/x APPTAINER_HOME=/x SINGULARITY_PATH=/x\n{BUILD}",
        f"export APPTAINER_TMPDIR=/x\n{BUILD}",  # nobody says that it is not Apptainer
        f"export SINGULARITY_TMPDIR=/x\n{BUILD}".replace("singularity build", "apptainer build"),
        f"export TMPDIR=/x SINGULARITY_TMPDIR=/x\n{BUILD}",
        f"export TMPDIR=/x SINGULARITY_TMPDIR=$OTHER\n{BUILD}",
        f"export TMPDIR=/x SINGULARITY_TMPDIR=/y\nmkdir $TMPDIR\n{BUILD}",  # it has another use
        "export TMPDIR=/x SINGULARITY_TMPDIR=/y\nsingularity exec a.sif ls",
        f"export TMPDIR=/x\nsudo -E {BUILD}",
        f"export TMPDIR=/x\nsudo TMPDIR=/x {BUILD}",
        f"export TMPDIR=/x\nsudo --preserve-env=TMPDIR {BUILD}",
        "TMPDIR=/x",
        f"bash <<'E'\nTMPDIR=/x\nE\n{BUILD}",  # gone when the call is made
        f"export TMPDIR=/y\nbash <<'E'\nTMPDIR=/x\n{BUILD}\nE",
        f"newgrp g <<'E'\nset -a\nTMPDIR=/x\n{BUILD}\nE",
        f"newgrp g <<'E'\nTMPDIR=/x {BUILD}\nE",
        f"MY_TMPDIR=/x SINGULARITYENV_TMPDIR=/x {BUILD}",
        "SINGULARITY_BINDS=/x bash -c 'singularity exec -B $SINGULARITY_BINDS a.sif ls'",
    ],
)
def test_variables_that_are_seen(body: str) -> None:
    assert lost(body) == []


def test_pbs_has_exported_it_already() -> None:
    text = f"#!/bin/bash\n#PBS -l select=1\nTMPDIR=/x\n{BUILD}\n"
    assert check_text(text, folders.runtime_variable_ineffective) == []


def test_a_site_that_sets_it_for_everybody_has_exported_it() -> None:
    assert lost(f"TMPDIR=/worktmp\n{BUILD}", site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [
        f"export TMPDIR=/worktmp\n{BUILD}",
        f"export TMPDIR=/worktmp/x\n{BUILD}",
        f"export SINGULARITY_TMPDIR=${{PJM_LOCALTMP}}/x\n{BUILD}",
        f"D=/worktmp\nexport TMPDIR=$D\n{BUILD}",
        f"export TMPDIR=$SOMEWHERE\n{BUILD}",
        f"TMPDIR=/worktmp {BUILD}",
        f"env TMPDIR=/worktmp {BUILD}",
        f"newgrp g <<'E'\nexport TMPDIR=/worktmp\n{BUILD}\nE",
        f"newgrp g <<'E'\nD=/worktmp\nexport TMPDIR=$D/x\n{BUILD}\nE",
        f"sg g -c 'export SINGULARITY_TMPDIR=/worktmp; {BUILD}'",
        f"sg g -c 'TMPDIR=/worktmp {BUILD}'",
        f"newgrp g <<'E'\nsource settings\n{BUILD}\nE",
        f"newgrp g <<'E'\nbash -c 'export TMPDIR=/worktmp; {BUILD}'\nE",
        f"TMPDIR=/worktmp bash -c '{BUILD}'",
        f"SINGULARITY_TMPDIR=/worktmp sg g -c '{BUILD}'",
        "singularity exec a.sif ls",
        "singularity pull a.sif docker://alpine:3.20",
        f"TMPDIR=/worktmp\nls\nexport OTHER=1\n{BUILD}",  # it is in the environment there, and stays
        "singularity build --sandbox a docker://alpine:3.20",
        "singularity build a.sif folder",
        "singularity exec --fakeroot --writable folder ls",
        f"PATH=$HOME/tools:$PATH\n{BUILD.replace('--fakeroot ', '')}",
    ],
)
def test_builds_that_go_to_a_local_folder(body: str) -> None:
    assert found(folders.build_without_local_tmpdir, body, site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [
        BUILD,
        f"export TMPDIR=/home/user/tmp\n{BUILD}",
        f"export SINGULARITY_TMPDIR=\n{BUILD}",
        "singularity exec --fakeroot a.sif ls",
        f"newgrp g <<'E'\nexport TMPDIR=/home/user/tmp\n{BUILD}\nE",
        f"newgrp g <<'E'\nTMPDIR=/worktmp\n{BUILD}\nE",
        f"sg g -c 'export TMPDIR=$HOME/x; {BUILD}'",
        f"TMPDIR=/worktmp sg g -c '{BUILD}'",  # sg does not hand it on
        f"bash <<'E'\nexport TMPDIR=/worktmp\nE\n{BUILD}",
    ],
)
def test_builds_that_do_not(body: str) -> None:
    (one,) = found(folders.build_without_local_tmpdir, body, site="fugaku")
    assert (one.severity, one.profile) == ("error", "minimal")


def test_nothing_is_said_of_a_site_whose_default_may_do() -> None:
    assert found(folders.build_without_local_tmpdir, BUILD, site="pjm") == []


def test_a_job_of_another_scheduler_runs_on_other_nodes() -> None:
    text = f"#!/bin/bash\n#SBATCH -N 1\n{BUILD}\n"
    assert check_text(text, folders.build_without_local_tmpdir, site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [
        "singularity build /worktmp/a.sif a.def\ncp /worktmp/a.sif /data/",
        "singularity build /worktmp/a.sif a.def\ncp /worktmp/*.sif /data/",
        "singularity build /worktmp/a.sif a.def\nrsync -a /worktmp/ /data/",
        "singularity build /worktmp/a.sif a.def\nmv /worktmp/a.sif .",
        "singularity build /worktmp/a.sif a.def\nsingularity exec /worktmp/a.sif ls",
        "singularity build a.sif a.def\nsingularity exec a.sif ls",
        "cd /worktmp\nsingularity build a.sif a.def\ncp a.sif /data/",
        "cd /worktmp\nsingularity build a.sif a.def\nsingularity exec a.sif ls",
        "cd /worktmp\ncd /data\nsingularity build a.sif a.def",
        "cd /worktmp\nsg g -c 'singularity build a.sif a.def'",  # it may go elsewhere
        "sg g <<'E'\ncd /worktmp\nsingularity build a.sif a.def\ncp a.sif /data/\nE",
        "sg g <<'E'\ncd /worktmp\nsingularity build a.sif a.def\nsingularity exec a.sif ls\nE",
        "singularity build app_1.sif a.def\nsingularity exec app_2.sif ls",
        "singularity build a.sif a.def\nsingularity exec b.sif ls",
        "singularity build image.sif a.def\ncp image.sif images.sif\nsingularity exec images.sif ls",
        "wget https://example.org/example_app.sif\nsingularity build example-app.sif a.def\nsingularity exec example_app.sif ls",
        "singularity build --sandbox box a.def\nls box/opt",
        "singularity build $OPTIONS box a.def\nls box/opt",
    ],
)
def test_results_that_are_kept(body: str) -> None:
    assert found(results.result_mismatch, body, site="fugaku") == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("singularity build /worktmp/a.sif a.def\nls", "ends with the job"),
        ("D=/worktmp\nsingularity build $D/a.sif a.def", "ends with the job"),
        ("cd /worktmp\nsingularity build a.sif a.def", "ends with the job"),
        ('singularity build "${PJM_LOCALTMP}/a.sif" a.def', "ends with the job"),
        ("cd $PJM_LOCALTMP/x\nsingularity build a.sif a.def", "ends with the job"),
        ("sg g <<'E'\ncd /worktmp\nsingularity build a.sif a.def\nE", "ends with the job"),
        ("sg g <<'E'\nD=/worktmp\nsingularity build $D/a.sif a.def\nE", "ends with the job"),
        ("singularity build solver.sif a.def\nsingularity exec slover.sif ls", "nothing here makes"),
        ("singularity build my-app.sif a.def\nsingularity exec my_app.sif ls", "nothing here makes"),
        ("singularity build my-app.sif a.def\nsingularity exec my-app.simg ls", "nothing here makes"),
        ("singularity build box a.def\ncd box", "used as a folder"),
        ("singularity build box a.def\nsingularity exec --writable box ls", "used as a folder"),
    ],
)
def test_results_that_are_lost(body: str, word: str) -> None:
    (one,) = found(results.result_mismatch, body, site="fugaku")
    assert word in one.message
    assert one.confidence == "medium"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["export TMPDIR=/scratch", "sg g -c 'singularity build a.sif a.def'"], ["SINGULARITY_TMPDIR"]),
        (
            ["export TMPDIR=/scratch", "newgrp g <<'E'", "apptainer build a.sif a.def", "E"],
            ["APPTAINER_TMPDIR"],
        ),
        (["export TMPDIR=/scratch", "sg g -c 'sifcheck build a.sif a.def'"], ["SINGULARITY_TMPDIR"]),
        (["export TMPDIR=/scratch", "sg g -c 'singularity exec a.sif ls'"], []),
        (["export TMPDIR=/scratch", "sg g -c 'TMPDIR=/scratch singularity build a.sif a.def'"], []),
        (
            ["export TMPDIR=/scratch SINGULARITY_TMPDIR=/scratch", "sg g -c 'singularity build a.sif a.def'"],
            [],
        ),
        (["sg g -c 'singularity build a.sif a.def'"], []),
        (
            ["export TMPDIR=/a", "newgrp g <<'E'", "export TMPDIR=/b", "apptainer build a.sif a.def", "E"],
            [],
        ),
        (
            ["bash <<'E'", "export TMPDIR=/b", "sg g -c 'apptainer build a.sif a.def'", "E"],
            ["APPTAINER_TMPDIR"],
        ),
        (["export TMPDIR=/scratch", "bash -c 'singularity build a.sif a.def'"], []),
    ],
)
def test_what_sg_takes_away(lines: list[str], told: list[str]) -> None:
    text = "\n".join(["#!/bin/bash", *lines, ""])
    messages = check_text(text, folders.runtime_variable_ineffective)
    assert [one.help for one in messages] == [f"export `{name}` too, which stays" for name in told]


CSH = "#!/bin/csh\n#PJM -L node=1\n"


@pytest.mark.parametrize(
    "body",
    [
        f"setenv TMPDIR /worktmp\n{BUILD}",
        f"if ( $?X ) then\n  setenv TMPDIR /worktmp\nendif\n{BUILD}",
        f"setenv SINGULARITY_TMPDIR $D\n{BUILD}",
        f"source settings.csh\n{BUILD}",
    ],
)
def test_csh_sets_it_too(body: str) -> None:
    assert check_text(f"{CSH}{body}\n", folders.build_without_local_tmpdir, site="fugaku") == []


@pytest.mark.parametrize("body", [BUILD, f"setenv TMPDIR $HOME/tmp\n{BUILD}"])
def test_nothing_of_sh_is_written_into_csh(body: str) -> None:
    (one,) = check_text(f"{CSH}{body}\n", folders.build_without_local_tmpdir, site="fugaku")
    assert one.fix is None
    assert "setenv TMPDIR /worktmp" in one.help


def test_csh_has_no_prefixed_settings_and_no_sure_end() -> None:
    text = f"{CSH}TMPDIR=/x\nsetenv TMPDIR /x\nsg g -c '{BUILD}'\nsingularity build /worktmp/a.sif a.def\n"
    assert check_text(text, folders.runtime_variable_ineffective, site="fugaku") == []
    assert check_text(text, results.result_mismatch, site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [
        f"make() {{ {BUILD}; }}\nexport TMPDIR=/worktmp\nmake",
        f"make() {{ {BUILD}; }}\nall() {{ make; }}\nexport TMPDIR=/worktmp\nall",
        f"make() {{ {BUILD}; }}\nexport TMPDIR=/worktmp\ntrap make EXIT",
        f"if a; then\nexport TMPDIR=/worktmp\nfi\nif b; then\n{BUILD}\nfi",
        f"case $1 in\na) export TMPDIR=/worktmp;;&\n*) {BUILD};;\nesac",
        f"ssh other {BUILD}",
        f"ssh other '{BUILD}'",
    ],
)
def test_what_runs_behind_the_setting_or_elsewhere(body: str) -> None:
    assert found(folders.build_without_local_tmpdir, body, site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [
        f"if a; then\n  {BUILD}\nelse\n  {BUILD}\nfi",
        f"if a; then\n  export TMPDIR=/worktmp\n  {BUILD}\nelse\n  {BUILD}\nfi",
        f"case $1 in\na) export TMPDIR=/worktmp; {BUILD};;\n*) {BUILD};;\nesac",
        f"for i in a b; do\n  if a; then {BUILD}; fi\ndone",
        f"for i in a b; do\n  {BUILD}\ndone | tee log",
        f"make() {{\n  {BUILD}\n}}\nwhile a; do\n  make\ndone\nexport TMPDIR=/worktmp",
    ],
)
def test_the_setting_goes_above_the_whole_block(body: str) -> None:
    text = f"#!/bin/bash\n#PJM -L node=1\n{body}\n"
    (one,) = check_text(text, folders.build_without_local_tmpdir, site="fugaku")
    assert one.fix is not None
    new = apply_edits(text, one.fix.edits)
    block = "while" if body.startswith("make") else body.split()[0]
    assert f"\nexport TMPDIR=/worktmp\n{block}" in new
    assert check_text(new, folders.build_without_local_tmpdir, site="fugaku") == []


@pytest.mark.parametrize(
    "body",
    [f"true && {{\n{BUILD}\n}}", f"ls |\nwhile read a; do\n{BUILD}\ndone", f"make() {{ {BUILD}; }}\nx make"],
)
def test_no_setting_where_there_is_no_place(body: str) -> None:
    for one in found(folders.build_without_local_tmpdir, body, site="fugaku"):
        assert one.fix is None


def test_a_folder_is_not_copied() -> None:
    (one,) = found(results.result_mismatch, "singularity build --sandbox /worktmp/box a.def", site="fugaku")
    assert one.fix is None
    assert "singularity build" in one.help
