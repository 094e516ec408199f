"""Several reports of one call: `--output FORMAT:FILE`, written whole or not at all."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from report.readers import READERS

from sifcheck.cli import main
from sifcheck.report import BUILT_IN

FLAWED = "Bootstrap: docker\nFrom: rockylinux\n\n%file\n    a /opt/a\n\n%runscript\n    python $*\n"
FOUND = {("DEF101", "a.def"), ("DEF201", "a.def"), ("DEF701", "a.def")}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.def").write_text(FLAWED)


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", *words])


def test_all_formats_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for form in BUILT_IN for word in ("--output", f"{form}:out.{form}")]
    assert check(*words, "--output-format", "concise", "a.def") == 1
    assert {(one.code, one.path) for one in READERS["concise"](capsys.readouterr().out)} == FOUND
    for form, reader in READERS.items():
        text = Path(f"out.{form}").read_text(encoding="utf-8")
        assert {(one.code, one.path) for one in reader(text)} == FOUND, form
        assert text.endswith("\n")
    assert "3 findings" not in Path("out.full").read_text()
    assert sorted(path.name for path in Path().iterdir()) == sorted(
        ["a.def", *(f"out.{f}" for f in BUILT_IN)]
    )


def test_formats_that_need_more_get_it_though_standard_output_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check("--output", "sarif:out.sarif", "a.def") == 1
    (run,) = json.loads(Path("out.sarif").read_text())["runs"]
    assert all(len(result["partialFingerprints"]["sifcheck/v1"]) == 32 for result in run["results"])
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["id"] == "DEF101"
    assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"])
    assert "Source:" in rule["help"]["text"]
    assert "{" not in rule["help"]["text"]


def test_a_report_is_written_though_nothing_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text("Bootstrap: docker\nFrom: rockylinux:9.4\n")
    Path("out.json").write_text("old")
    assert (
        check("-q", "--select", "DEF1", "--output", "json:out.json", "--output", "gcc:out.txt", "a.def") == 0
    )
    assert json.loads(Path("out.json").read_text())["findings"] == []
    assert Path("out.txt").read_text() == ""


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("srf:x", "did you mean sarif?"),
        ("json", "FORMAT:FILE"),
        ("json:", "FORMAT:FILE"),
        ("json:no/where.json", "is not there"),
        ("json:folder", "is a folder"),
        ("json:a.def", "overwrite"),
        ("json:link.def", "overwrite"),
    ],
)
def test_a_wrong_output_is_3_before_anything_is_done(
    output: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("link.def").symlink_to("a.def")
    assert check("--output", "concise:good.txt", "--output", output, "--fix", "a.def") == 3
    said = capsys.readouterr()
    assert why in said.err
    assert said.out == ""
    assert Path("a.def").read_text() == FLAWED
    assert not Path("good.txt").exists()


def test_two_reports_do_not_go_to_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x").write_text("")
    assert check("--output", "json:x", "--output", "sarif:./x", "a.def") == 3
    assert "another report" in capsys.readouterr().err


def test_a_file_keeps_its_mode_and_a_link_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    Path("real.json").write_text("old")
    Path("real.json").chmod(0o640)
    Path("link.json").symlink_to("real.json")
    old = os.umask(0o027)
    try:
        check("--output", "json:link.json", "--output", "gcc:new.txt", "a.def")
    finally:
        os.umask(old)
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["version"] == 1
    assert stat.S_IMODE(Path("real.json").stat().st_mode) == 0o640
    assert stat.S_IMODE(Path("new.txt").stat().st_mode) == 0o640


def test_a_device_and_a_pipe_are_written_to_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    assert check("--output", "gcc:pipe", "--output", "json:/dev/null", "a.def") == 1
    reader.join(timeout=60)
    assert len(read[0].splitlines()) == 3
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_what_fails_while_writing_is_3_and_the_others_are_written() -> None:
    words = [
        "check",
        "--isolated",
        "--no-shellcheck",
        "--output",
        "json:/dev/full",
        "--output",
        "gcc:x.txt",
        "a.def",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "sifcheck", *words], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 3
    assert "/dev/full cannot be written" in ran.stderr
    assert "DEF701" in ran.stdout
    assert "DEF701" in Path("x.txt").read_text()


def test_a_secret_is_in_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(
        "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%environment\n    export API_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345\n"
    )
    words = [word for form in BUILT_IN for word in ("--output", f"{form}:out.{form}")]
    assert check(*words, "--write-baseline", "known.json", "a.def") in (0, 1)
    check(*words, "--output-format", "json", "a.def")
    assert "DEF901" in capsys.readouterr().out
    for path in Path().iterdir():
        assert path.name == "a.def" or "ghp_0123456789" not in path.read_text(), path


@pytest.mark.parametrize(
    "words", ["doctor --isolated --no-write", "sites", "rule DEF208", "plugins", "check nowhere.def"]
)
@pytest.mark.parametrize(
    ("how", "said"), [(">&-", "is closed"), (">/dev/full", "cannot be written: No space left")]
)
def test_an_output_that_takes_nothing(words: str, how: str, said: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m sifcheck {words} {how}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert said in done.stderr.splitlines()[-1]
    assert "report this line" not in done.stderr


def test_what_is_said_about_a_run_goes_nowhere_else() -> None:
    line = f"{shlex.quote(sys.executable)} -m sifcheck check --nonsense 2>&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
