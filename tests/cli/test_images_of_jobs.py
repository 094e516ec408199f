"""The images that batch scripts run are looked up beside the scripts and checked along."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from image.sif_bytes import DEFINITION, Made, partition, sif, squashfs

from sifcheck.cli import main


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, code: bytes = b"02\0") -> None:
    text = b"Bootstrap: docker\nFrom: rockylinux\n"
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(sif([Made(DEFINITION, text), partition(squashfs(), code)], code=code))
    os.chmod(name, 0o755)


def script(*lines: str) -> None:
    Path("job.sh").write_text("\n".join(["#!/bin/bash", "#SBATCH -N 1", *lines, ""]))


def found(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    alone = ["check", "--isolated", "--no-shellcheck", "--select", "IMG,DEF", "--output-format", "json"]
    main([*alone, *(words or ("job.sh",))])
    findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
    return findings


def test_an_image_is_checked_and_the_line_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    put("images/app.sif")
    script('cd "$SLURM_SUBMIT_DIR"', "IMAGE=images/app.sif", "srun apptainer exec $IMAGE hostname")
    findings = found(capsys)
    assert {one["code"] for one in findings} == {"IMG201"}
    (one,) = findings
    assert one["location"]["path"] == os.path.join("images", "app.sif")
    (where,) = one["related"]
    assert (where["message"], where["location"]["path"]) == ("this script runs it", "job.sh")
    assert where["location"]["start"] == {
        "line": 5,
        "column": 21,
        "offset": where["location"]["start"]["offset"],
    }


def test_the_architecture_of_the_site_counts(capsys: pytest.CaptureFixture[str]) -> None:
    put("app.sif")
    script("apptainer run app.sif")
    assert "IMG101" in {one["code"] for one in found(capsys, "--arch", "aarch64", "job.sh")}


@pytest.mark.parametrize(
    "lines",
    [
        ("apptainer build app.sif app.def", "apptainer run app.sif"),
        ("apptainer pull app.sif docker://python:3.12", "apptainer run app.sif"),
        ("cp /data/app.sif .", "apptainer run app.sif"),
        ("wget https://example.org/app.sif", "apptainer run app.sif"),
        ("cd /elsewhere", "apptainer run app.sif"),
        ("cd $SOMEWHERE", "apptainer run app.sif"),
        ("apptainer run $IMAGE",),
        ("apptainer run docker://python:3.12",),
        ("apptainer run other.sif",),
        ("apptainer run job.sh",),
        ("apptainer run folder",),
    ],
)
def test_what_is_made_here_or_not_there_is_left_alone(
    capsys: pytest.CaptureFixture[str], lines: tuple[str, ...]
) -> None:
    put("app.sif")
    Path("folder").mkdir()
    script(*lines)
    assert found(capsys) == []


def test_a_pull_without_a_name_makes_one(capsys: pytest.CaptureFixture[str]) -> None:
    put("python_3.12.sif")
    script("apptainer pull docker://python:3.12", "apptainer run python_3.12.sif")
    assert found(capsys) == []


def test_a_sandbox_is_an_image_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tree/.singularity.d").mkdir(parents=True)
    Path("tree/.singularity.d/labels.json").write_text("{}")
    script("apptainer exec tree hostname")
    paths = {
        one["location"]["path"]
        for one in found(capsys, "--profile", "strict", "--target", "apptainer-1.4", "job.sh")
    }
    assert paths <= {"tree"}
    main(["check", "--isolated", "--no-shellcheck", "job.sh"])
    assert "in 2 files" in capsys.readouterr().out


def test_an_image_that_is_named_is_checked_once(capsys: pytest.CaptureFixture[str]) -> None:
    put("app.sif")
    script("apptainer run app.sif")
    codes = [one["code"] for one in found(capsys, "job.sh", "app.sif")]
    assert codes.count("IMG201") == 1
    assert "DEF201" in codes, "what was named is checked with the definition file in it"


def test_a_broken_image_is_told_and_is_not_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    put("app.sif")
    Path("app.sif").write_bytes(Path("app.sif").read_bytes()[:-50])
    script("apptainer run app.sif")
    assert main(["check", "--isolated", "--no-shellcheck", "job.sh"]) == 1
    assert "IMG102" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("apptainer run app.sif", "apptainer run app.sif"), 1),
        (("apptainer run images/app.sif",), 1),
        (("apptainer run /elsewhere/app.sif",), 0),
        (("cd /elsewhere", "apptainer run app.sif"), 1),
        (("cd $SOMEWHERE", "apptainer run app.sif"), 0),
        (("apptainer run there.sif",), 0),
        (("apptainer pull docker://example/app:1.2", "apptainer run app.sif"), 0),
        (("apptainer build app.sif app.def", "apptainer run app.sif"), 0),
        (("cp /data/app.sif .", "apptainer run app.sif"), 0),
        (("if [ -e app.sif ]; then apptainer run app.sif; fi",), 0),
        (("apptainer run app.sif || true",), 0),
        (("#SBATCH --chdir=/elsewhere", "apptainer run app.sif"), 0),
        (("apptainer run $IMAGE",), 0),
    ],
)
def test_an_image_that_is_not_where_the_job_starts(
    capsys: pytest.CaptureFixture[str], lines: tuple[str, ...], told: int
) -> None:
    put("there.sif")
    script(*lines)
    alone = ["check", "--isolated", "--no-shellcheck", "--select", "JOB106", "--output-format", "json"]
    main([*alone, "--host", "auto", "job.sh"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one["message"].partition(" is ")[2] for one in findings] == [
        "not there, and nothing here makes it"
    ] * told
    main([*alone, "job.sh"])
    assert json.loads(capsys.readouterr().out)["findings"] == []
