"""Writing a fixed file: whole or not at all, the same file to everybody else, refused where that cannot be had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sifcheck.base.writing import WriteRefusedError, replace_file

OLD, NEW = b"old\r\n\x83\x65", b"\xef\xbb\xbfnew\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.def"
    path.write_bytes(OLD)
    return path


def refused(path: Path, before: bytes = OLD) -> str:
    with pytest.raises(WriteRefusedError) as caught:
        replace_file(str(path), before, NEW)
    return str(caught.value)


def test_the_bytes_are_written_as_they_are_and_nothing_is_left_beside(file: Path) -> None:
    replace_file(str(file), OLD, NEW)
    assert file.read_bytes() == NEW
    assert os.listdir(file.parent) == ["a.def"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o664, 0o4755])
def test_the_mode_stays(file: Path, mode: int) -> None:
    file.chmod(mode)
    replace_file(str(file), OLD, NEW)
    assert file.stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 12345, 23456)
    replace_file(str(file), OLD, NEW)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_extended_attributes_stay(file: Path) -> None:
    try:
        os.setxattr(file, "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    replace_file(str(file), OLD, NEW)
    assert os.getxattr(file, "user.note") == b"kept"


def test_a_symbolic_link_is_followed_and_stays(file: Path) -> None:
    link = file.parent / "sub" / "link.def"
    link.parent.mkdir()
    link.symlink_to("../a.def")
    replace_file(str(link), OLD, NEW)
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert os.listdir(link.parent) == ["link.def"]


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("\u5b9a\u7fa9" * 41 + ".def")
    path.write_bytes(OLD)
    replace_file(str(path), OLD, NEW)
    assert path.read_bytes() == NEW


def test_other_names_of_the_file_are_a_reason_to_refuse(file: Path) -> None:
    os.link(file, file.parent / "b")
    assert "2 names (hard links)" in refused(file)
    assert file.read_bytes() == (file.parent / "b").read_bytes() == OLD


def test_a_read_only_file_is_refused(file: Path) -> None:
    file.chmod(0o444)
    assert "read-only" in refused(file)
    assert file.read_bytes() == OLD


def test_a_file_that_changed_meanwhile_is_refused(file: Path) -> None:
    file.write_bytes(b"newer")
    assert "changed since it was read" in refused(file)
    assert file.read_bytes() == b"newer"


def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.def")
    assert "no plain file" in refused(tmp_path / "pipe.def")
    assert "no plain file" in refused(tmp_path)
    (tmp_path / "broken.def").symlink_to("nowhere")
    assert "no such file" in refused(tmp_path / "broken.def")
    (tmp_path / "round.def").symlink_to("round.def")
    assert refused(tmp_path / "round.def")


def test_a_failing_write_leaves_the_old_file_and_nothing_beside(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(file) == "no space left on device"
    assert file.read_bytes() == OLD
    assert os.listdir(file.parent) == ["a.def"]


WRITER = """
import sys
from sifcheck.base.writing import replace_file
path, contents = sys.argv[1], [letter.encode() * 300_000 for letter in "ab"]
print("ready", flush=True)
for turn in range(100_000):
    replace_file(path, contents[turn % 2], contents[1 - turn % 2])
    if not turn % 5:
        print(turn, flush=True)
"""


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.def"
    whole = {letter * 300_000 for letter in (b"a", b"b")}
    for turn in range(8):
        path.write_bytes(b"a" * 300_000)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(2 + turn):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        assert writer.returncode == -signal.SIGKILL
        assert path.read_bytes() in whole
    # What a killed run left beside keeps nobody from writing.
    content = path.read_bytes()
    replace_file(str(path), content, NEW)
    assert path.read_bytes() == NEW
