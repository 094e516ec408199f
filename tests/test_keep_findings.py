"""What sifcheck says is kept, and a difference is named (bench/keep_findings.py)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import keep_findings

sys.path.pop(0)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "a.def").write_text(
        "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%runscript\n    exec python $*\n"
    )
    return folder


def test_a_difference_is_named(inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = [sys.executable, "-m", "sifcheck"]
    before, after = tmp_path / "before", tmp_path / "after"
    for out in (before, after):
        words = ["--only", "check-site-[nf]*", str(inputs), str(tmp_path), str(out), *program]
        assert keep_findings.main(words) == 0
    assert sorted(file.name for file in before.iterdir()) == [
        "check-site-fugaku.txt", "check-site-fugaku_compute.txt", "check-site-fugaku_login.txt", "check-site-none.txt",
    ]  # fmt: skip
    capsys.readouterr()
    assert keep_findings.main(["--compare", str(before), str(after)]) == 0
    assert capsys.readouterr().out == "4 answers, 0 differ\n"

    changed = after / "check-site-none.txt"
    body, _, end = changed.read_text().rpartition("\n--- ")
    report = json.loads(body)
    gone = next(one for one in report["findings"] if one["code"] == "DEF701")
    report["findings"].remove(gone)
    changed.write_text(f"{json.dumps(report)}\n--- {end}")
    (after / "check-site-fugaku.txt").unlink()
    assert keep_findings.main(["--compare", str(before), str(after)]) == 1
    said = capsys.readouterr().out
    assert f"== check-site-none.txt\n   - {json.dumps(gone, ensure_ascii=False)}\n" in said
    assert "== check-site-fugaku.txt\n" in said
    assert said.endswith("4 answers, 2 differ\n")


def test_every_kind_of_answer_is_kept(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text("{}")
    names = set(keep_findings.cases(inputs, tmp_path))
    assert {
        "check-site-none",
        "check-target-apptainer-1.4",
        "check-shellcheck",
        "check-fixes",
        "rules",
    } <= names
    assert {
        "doctor-machine-slurm",
        "check-host-machine",
        "plan-0-machine",
        "plan-0-slurm",
        "job-fugaku",
    } <= names


def test_the_same_lines_in_another_order_are_no_silence() -> None:
    assert keep_findings._differences("a\nb\n--- 0\n", "b\na\n--- 0\n") == ["the same lines in another order"]


def test_wrong_use_prints_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert keep_findings.main([]) == 2
    assert "--compare BEFORE AFTER" in capsys.readouterr().err
