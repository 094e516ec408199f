"""The builds in batch scripts are planned: what the job asks for is held against what the build needs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from registry.stub import running

from sifcheck.cli import main

GIB = 1 << 30


@pytest.fixture(autouse=True)
def a_definition_on_a_large_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A definition file on a sandbox whose tree is 3 GiB, of which nothing lies on the disk."""
    monkeypatch.chdir(tmp_path)
    os.makedirs("box/.singularity.d")
    with open("box/data", "wb") as file:
        file.truncate(3 * GIB)
    Path("app.def").write_text('Bootstrap: localimage\nFrom: box\n\n%runscript\n    exec app "$@"\n')


def script(*lines: str) -> None:
    Path("job.sh").write_text("\n".join(["#!/bin/bash", *lines, ""]))


def found(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    main(["check", "--isolated", "--no-shellcheck", "--output-format", "json", *words, "job.sh"])
    findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
    return [one for one in findings if one["code"].startswith("BLD1")]


SLURM = ("#SBATCH --nodes=1", "#SBATCH --time=01:00:00")


def test_too_little_memory_is_told_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    script(*SLURM, "#SBATCH --mem=2G", "apptainer build app.sif app.def")
    (one,) = found(capsys)
    assert (one["code"], one["severity"]) == ("BLD101", "warning")
    assert (one["location"]["start"]["line"], one["location"]["start"]["column"]) == (4, 15)
    assert "the job allows 2 GiB" in one["message"]
    assert "subject" not in one["location"]
    (related,) = one["related"]
    assert related["location"]["start"]["line"] == 5


@pytest.mark.parametrize(
    "lines",
    [
        ["#SBATCH --mem=16G", "apptainer build app.sif app.def"],
        ["#SBATCH --mem=0", "apptainer build app.sif app.def"],
        ["apptainer build app.sif app.def"],
        ["#SBATCH --mem=2G", 'apptainer build --mksquashfs-args "-mem 512M" app.sif app.def'],
        ["#SBATCH --mem=2G", "apptainer build --sandbox app/ app.def"],
        ["#SBATCH --mem=2G", "apptainer build app.sif elsewhere.def"],
        ["#SBATCH --mem=2G", "apptainer build app.sif $UNKNOWN"],
        ["#SBATCH --mem=2G", "apptainer exec box true"],
    ],
)
def test_enough_or_not_known(capsys: pytest.CaptureFixture[str], lines: list[str]) -> None:
    script(*SLURM, *lines)
    assert not found(capsys)


def test_a_conversion_is_planned_too(capsys: pytest.CaptureFixture[str]) -> None:
    script(*SLURM, "#SBATCH --mem=2G", "apptainer build app.sif box")
    (one,) = found(capsys)
    assert one["location"]["start"]["line"] == 4


def test_a_build_behind_a_cd_and_with_variables(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir("sub")
    script(*SLURM, "#SBATCH --mem=2G", "cd sub", "DEF=../app.def", 'apptainer build app.sif "$DEF"')
    # From there the base would be sub/box, of which nothing is known.
    assert not found(capsys)
    Path("sub/box").symlink_to("../box")
    assert len(found(capsys)) == 1


def test_what_only_a_guess_makes_too_much_is_left_to_plan(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.def").write_text("Bootstrap: localimage\nFrom: box\n\n%post\n    dnf install -y gcc\n")
    # 3 GiB and what installing usually adds make 3.6 GiB, at the most 5.1.
    script(*SLURM, "#SBATCH --mem=4G", "apptainer build app.sif app.def")
    assert not found(capsys)
    script(*SLURM, "#SBATCH --mem=3G", "apptainer build app.sif app.def")
    assert len(found(capsys)) == 1


FUGAKU = (
    "#PJM -L node=1,rscgrp=small,elapse=1:00:00",
    "#PJM -g hp000000",
    "#PJM -x PJM_LLIO_GFSCACHE=/vol0004",
)


def test_memory_that_files_lie_in_counts_with_the_site(capsys: pytest.CaptureFixture[str]) -> None:
    """On Fugaku /worktmp is the node's memory: tree, image and mksquashfs come off what a job may use."""
    with open("box/data", "wb") as file:
        file.truncate(23 * GIB)
    build = "sg fugaku -c 'singularity build --fakeroot app.sif app.def'"
    script(*FUGAKU, "export SINGULARITY_TMPDIR=/worktmp", build)
    one = found(capsys, "--site", "fugaku")[0]
    assert (one["code"], one["severity"]) == ("BLD101", "error")
    assert one["location"]["start"]["line"] == 6
    local = ("#PJM --llio localtmp-size=80Gi", "export SINGULARITY_TMPDIR=$PJM_LOCALTMP")
    script(*FUGAKU, *local, build)
    assert not found(capsys, "--site", "fugaku")


def test_the_room_that_the_job_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    with open("box/data", "wb") as file:
        file.truncate(12 * GIB)
    local = ("#PJM --llio localtmp-size=8Gi", "export SINGULARITY_TMPDIR=${PJM_LOCALTMP}/build")
    script(*FUGAKU, *local, "sg fugaku -c 'singularity build --fakeroot app.sif app.def'")
    (one,) = found(capsys, "--site", "fugaku")
    assert (one["code"], one["severity"]) == ("BLD102", "error")
    assert one["location"]["start"]["line"] == 7


def test_a_suppression_holds(capsys: pytest.CaptureFixture[str]) -> None:
    ignore = "# sifcheck: ignore[BLD101] the node is not shared"
    script(*SLURM, ignore, "#SBATCH --mem=2G", "apptainer build app.sif app.def")
    assert not found(capsys)
    script(*SLURM, "#SBATCH --mem=2G", "apptainer build app.sif app.def")
    assert not found(capsys, "--ignore", "BLD101")
    assert found(capsys, "--severity", "BLD101=info")[0]["severity"] == "info"


def test_a_login_node_says_nothing_of_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--host auto` a script that is submitted is not held against the machine that it lies on."""
    script(*SLURM, "#SBATCH --mem=64G", "apptainer build app.sif app.def")
    assert not found(capsys, "--host", "auto")


def test_a_new_job_with_too_little_memory_is_written_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask = ["job", "new", "--isolated", "--site", "slurm", "app.def"]
    assert main([*ask, "--memory", "2G"]) == 0
    said = capsys.readouterr()
    assert "#SBATCH --mem=2G" in said.out
    assert "BLD101" in said.err
    assert main([*ask, "--memory", "8G"]) == 0
    assert capsys.readouterr().err == ""


def test_a_registry_is_asked_with_online_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    with running() as stub:
        stub.hold("team/tool:1", {"amd64": [os.urandom(40_000_000)]})
        Path("app.def").write_text(f"Bootstrap: docker\nFrom: {stub.address}/team/tool:1\n")
        script(*SLURM, "#SBATCH --mem=100M", "apptainer build app.sif app.def")
        assert not found(capsys)
        assert not found(capsys, "--online", "--select", "DEF1")
        assert stub.log == []
        (one,) = found(capsys, "--online", "--arch", "x86_64")
        assert "the job allows 100 MiB" in one["message"]


@pytest.mark.parametrize(
    "lines",
    [
        ["cat > app.def <<EOF", "Bootstrap: docker", "EOF", "apptainer build app.sif app.def"],
        ["cp ../other/app.def .", "apptainer build app.sif app.def"],
        ["ssh elsewhere apptainer build app.sif app.def"],
        ["#SBATCH --chdir=/elsewhere", "apptainer build app.sif app.def"],
    ],
)
def test_what_does_not_lie_there_yet_is_not_planned(
    capsys: pytest.CaptureFixture[str], lines: list[str]
) -> None:
    script(*SLURM, "#SBATCH --mem=2G", *lines)
    assert not found(capsys)


def test_the_largest_of_several_builds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    os.makedirs("larger/.singularity.d")
    with open("larger/data", "wb") as file:
        file.truncate(9 * GIB)
    script(*SLURM, "#SBATCH --mem=2G", "apptainer build a.sif box", "apptainer build b.sif larger")
    (one,) = found(capsys)
    assert "9." in one["message"]


def test_a_build_that_nothing_runs_is_not_planned(capsys: pytest.CaptureFixture[str]) -> None:
    script(*SLURM, "#SBATCH --mem=2G", "later() { apptainer build app.sif app.def; }", "echo later")
    assert not found(capsys)
    script(*SLURM, "#SBATCH --mem=2G", "now() { apptainer build app.sif app.def; }", "now")
    assert len(found(capsys)) == 1


def test_shared_memory_is_memory_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    build = "apptainer build app.sif app.def"
    script(*SLURM, "#SBATCH --mem=2G", "export APPTAINER_TMPDIR=/dev/shm/build", build)
    (one,) = found(capsys)
    assert one["severity"] == "error"
    assert "what it writes there" in one["message"]
