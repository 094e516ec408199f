"""What dead builds left is found and removed, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.cli import main
from sifcheck.host.snapshot import Leftover
from sifcheck.launch.clearing import find_leftovers, remove, usual_folders

DAYS = 86400


def old(path: Path, days: float = 2) -> Path:
    stamp = time.time() - days * DAYS
    os.utime(path, (stamp, stamp), follow_symlinks=False)
    return path


def left_behind(folder: Path, name: str = "build-temp-123") -> Path:
    top = folder / name
    (top / "rootfs/bin").mkdir(parents=True)
    (top / "rootfs/bin/sh").write_bytes(b"x" * 5000)
    return old(top)


def found(folder: Path) -> dict[str, Leftover]:
    return {os.path.basename(one.path): one for one in find_leftovers([str(folder)]).leftovers}


def test_kinds(tmp_path: Path) -> None:
    left_behind(tmp_path)
    left_behind(tmp_path, "bundle-temp-9")
    left_behind(tmp_path, ".sifcheck-rehearsal-abc")
    old_image = tmp_path / ".a.sif.sifcheck-0123abcd"
    old_image.write_bytes(b"y" * 9000)
    for name in ("other", ".a.sif.sifcheck-xyz", "mybuild-temp-1"):
        left_behind(tmp_path, name)
    (tmp_path / "build-temp-7").write_text("a file is no folder of a build")
    seen = found(tmp_path)
    assert {name: one.kind for name, one in seen.items()} == {
        "build-temp-123": "build-temp",
        "bundle-temp-9": "bundle-temp",
        ".sifcheck-rehearsal-abc": "rehearsal",
        ".a.sif.sifcheck-0123abcd": "image",
    }
    assert seen["build-temp-123"].age >= DAYS
    assert isinstance(seen["build-temp-123"].bytes, int)
    assert seen["build-temp-123"].bytes >= 5000


def test_what_a_process_holds_is_held(tmp_path: Path) -> None:
    top = left_behind(tmp_path)
    image = tmp_path / ".a.sif.sifcheck-0123abcd"
    with image.open("wb"), subprocess.Popen(["sleep", "60"], cwd=top / "rootfs") as process:
        try:
            seen = found(tmp_path)
            assert seen["build-temp-123"].held is True
            assert seen[image.name].held is True
        finally:
            process.kill()
    assert found(tmp_path)["build-temp-123"].held is False


def test_a_running_build_need_hold_nothing(tmp_path: Path) -> None:
    """What was last changed before it began is not its own; all else may be."""
    runtime = tmp_path / "apptainer"
    shutil.copy(str(shutil.which("sleep")), runtime)
    left_behind(tmp_path, "build-temp-1")
    with subprocess.Popen([runtime, "60"], cwd="/") as process:
        try:
            young = left_behind(tmp_path, "build-temp-2")
            os.utime(young)
            seen = found(tmp_path)
            assert seen["build-temp-1"].held is False
            assert isinstance(seen["build-temp-2"].held, Unknown)
            assert main(["clean-tmp", "--older-than", "0s", "--yes", str(tmp_path)]) == 0
            assert sorted(os.listdir(tmp_path)) == ["apptainer", "build-temp-2"]
        finally:
            process.kill()


def test_no_link_is_followed_and_all_is_gone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    top = left_behind(temporary)
    (top / "link").symlink_to(outside)
    (top / "rootfs/up").symlink_to("../..")
    os.link(outside / "kept", top / "hard")
    closed = top / "rootfs/closed"
    closed.mkdir()
    (closed / "inside").mkdir()
    closed.chmod(0)
    deep = top
    for _ in range(300):
        deep = deep / "d"
        deep.mkdir()
    (deep / "bottom").write_text("")
    os.mkfifo(top / "pipe")
    identity = find_leftovers([str(temporary)]).identity
    assert remove(found(temporary)["build-temp-123"], identity) == ""
    assert os.listdir(temporary) == []
    assert (outside / "kept").read_text() == "kept"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    top = left_behind(tmp_path)
    (one,) = found(tmp_path).values()
    identity = find_leftovers([str(tmp_path)]).identity
    target = tmp_path / "target"
    top.rename(target)
    top.symlink_to(target)
    remove(one, identity)
    assert (target / "rootfs/bin/sh").exists()


def test_usual_folders_are_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"APPTAINER_TMPDIR": "/tmp/", "SINGULARITY_TMPDIR": str(tmp_path), "TMPDIR": "/nowhere"}
    folders = usual_folders(given, ["/nowhere/else"])
    real = [os.path.realpath(folder) for folder in folders]
    assert len(real) == len(set(real))
    assert {os.path.realpath("/tmp"), os.path.realpath(tmp_path)} <= set(real)
    assert "/nowhere" not in folders


# -- the verb


def test_nothing_is_removed_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = left_behind(tmp_path)
    assert main(["clean-tmp", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert str(top) in said
    assert "2 days" in said
    assert "--yes" in said
    assert top.exists()


def test_yes_removes_what_is_old_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = left_behind(tmp_path)
    young = old(left_behind(tmp_path, "build-temp-5"), 0.5)
    assert main(["clean-tmp", "--yes", str(tmp_path)]) == 0
    assert not top.exists()
    assert young.exists()
    assert "1 more may be in use, or are younger" in capsys.readouterr().out
    assert main(["clean-tmp", str(tmp_path)]) == 0
    assert main(["clean-tmp", "--older-than", "11h", str(tmp_path)]) == 1
    assert main(["clean-tmp", "--older-than", "11h", "--yes", str(tmp_path)]) == 0
    assert not young.exists()


@pytest.mark.parametrize("age", ["", "x", "-1d", "1.5h", "3y", "9999999999d"])
def test_an_age_that_is_none(age: str, tmp_path: Path) -> None:
    assert main(["clean-tmp", "--older-than", age, str(tmp_path)]) == 3


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean-tmp", str(tmp_path / "none")]) == 3
    assert "is no folder" in capsys.readouterr().err
