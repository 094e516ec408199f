"""`sifcheck diagnose`: what it prints, its exit codes, its JSON, and what a log cannot do to a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sifcheck.cli import main

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "logs" / "slurm-1234.out"
START = "INFO:    Starting build...\nINFO:    Running post scriptlet\n"
FAILED = f"{START}+ dnf install -y gcc\n/.post.script: line 1: dnf: not found\nFATAL:   While performing build: while running engine: while running %post section: exit status 127\n"
COMPLETE = f"{START}+ true\nINFO:    Build complete: a.sif\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SIFCHECK_") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    Path("failed.log").write_text(FAILED)
    Path("complete.log").write_text(COMPLETE)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["diagnose", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    _, out, _ = run(capsys, "--output-format", "json", *words)
    made = json.loads(out)
    jsonschema.validate(
        made, json.loads(files("sifcheck.diagnose").joinpath("diagnosis.schema.json").read_text())
    )
    return made


def piped(content: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sifcheck", "diagnose", *words], input=content, capture_output=True
    )


def test_the_face(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "failed.log")
    assert (code, err) == (1, "")
    assert out == (
        "error[post-command-not-found] running %post: the image has no command dnf (or it is not on PATH)\n"
        " --> failed.log:4:22\n"
        "  |\n"
        "3 | + dnf install -y gcc\n"
        "  | -------------------- the last command of the script\n"
        "4 | /.post.script: line 1: dnf: not found\n"
        "  |                      ^^^^^^^^^^^^^^^^\n"
        "5 | FATAL:   While performing build: while running engine: while running %post section: exit status 127\n"
        "  |                                                        -------------------------------------------- the runtime gave up here\n"
        "  |\n"
        "  = help: install the package that brings it, with the package manager of this base; export PATH in %post for what lies in /opt\n"
        "\n"
        "failed.log: 1 failure recognised\n"
    )


def test_a_build_that_succeeded(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "complete.log") == (0, "complete.log: no failure recognised\n", "")


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(EXAMPLE))
    assert code == 1
    assert "error[killed-command]" in out
    assert "told" not in out
    assert "apptainer 1.4.5; apptainer build tool.sif tool.def" in out


DEBIAN = "Bootstrap: docker\nFrom: debian:12\n%post\n    dnf install -y gcc\n"


def test_only_a_rule_that_was_run_and_spoke_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(DEBIAN)
    Path("b.def").write_text(DEBIAN.replace("debian:12", "rockylinux:9"))
    assert "DEF405" not in run(capsys, "failed.log")[1]
    assert "DEF405" not in run(capsys, "failed.log", "--with", "b.def")[1]
    _, out, _ = run(capsys, "failed.log", "--with", "b.def", "--with", "a.def")
    assert "  = `sifcheck check` tells of it: DEF405 at a.def:4\n" in out
    (log,) = document(capsys, "failed.log", "--with", "a.def")["logs"]
    (found,) = log["failures"]
    assert (found["rules"], found["told"]) == (["DEF405"], [{"rule": "DEF405", "place": "a.def:4"}])


def test_an_input_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "failed.log", "--with", "none.def")
    assert (code, "post-command-not-found" in out) == (2, True)
    assert "none.def" in err


def test_several_logs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "complete.log", "failed.log", "none.log", ".")
    assert code == 2
    assert "complete.log: no failure recognised" in out
    assert "failed.log: 1 failure recognised" in out
    assert err == (
        "sifcheck: none.log cannot be read: no such file or directory\nsifcheck: . cannot be read: is a directory\n"
    )


def test_standard_input() -> None:
    for words in ((), ("-",)):
        done = piped(FAILED.encode(), *words)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"standard input:4:22" in done.stdout
    assert piped(b"").returncode == 0
    assert piped(b"\x1f\x8b").returncode == 2


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "-", "-")[0] == 3
    assert run(capsys, "--output-format", "xml", "failed.log")[0] == 3
    code, _, err = run(capsys, "--colour", "failed.log")
    assert (code, "--color" in err) == (3, True)


def test_a_terminal_is_not_waited_for() -> None:
    terminal, side = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sifcheck", "diagnose"],
            stdin=side,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(terminal)
        os.close(side)
    assert done.returncode == 3
    assert "name a log" in done.stderr


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "failed.log", "complete.log", "none.log")
    assert made["summary"] == {"logs": 2, "failures": 1}
    assert made["unreadable"] == [
        {"path": "none.log", "why": "none.log cannot be read: no such file or directory"}
    ]
    (found,) = made["logs"][0]["failures"]
    assert found["name"] == "post-command-not-found"
    assert found["phase"] == "post"
    assert found["last_command"] == "dnf install -y gcc"
    assert found["exit_status"] == 127
    assert found["rules"] == ["DEF405"]
    assert found["location"]["start"] == {"line": 4, "column": 22}
    assert found["location"]["text"] == ": dnf: not found"
    assert [related["location"]["start"]["line"] for related in found["related"]] == [3, 5]
    assert made["logs"][1]["failures"] == []


def test_json_of_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    (log,) = document(capsys, str(EXAMPLE))["logs"]
    assert log["context"] == {
        "call": "apptainer build tool.sif tool.def",
        "runtime": "apptainer 1.4.5",
        "folder": None,
        "scheduler": None,
    }


def test_a_large_log_says_what_was_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with open("large.log", "w") as stream:
        stream.write(START)
        stream.writelines(
            f"[{number}] Building CXX object src/error_{number}.cc.o -Wno-error -I/no/such/folder/none\n"
            for number in range(80_000)
        )
        stream.write(FAILED.removeprefix(START))
    code, out, _ = run(capsys, "large.log")
    assert code == 1
    assert "--> large.log:80004:22" in out
    assert "80004 | /.post.script: line 1: dnf: not found" in out
    assert re.search(
        r"large.log: 1 failure recognised; [\d.]+ MiB in its middle \([\d,]+ lines\) were passed over", out
    )
    (log,) = document(capsys, "large.log")["logs"]
    assert log["passed_over"]["size"] > 1_000_000


HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b]8;;http://x\x1b\\FATAL:   \x1b[31mUnable to build from \u202egnp.\x9bfed: unable to open file \x07\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_does_not_steer_the_terminal(form, capsys: pytest.CaptureFixture[str]) -> None:
    Path("hostile.log").write_text(HOSTILE + f"{START}+ \x1b[5m\u202ex\n{HOSTILE}", encoding="utf-8")
    code, out, _ = run(capsys, "--output-format", form, "hostile.log")
    assert code == 1
    assert all(character == "\n" or character.isprintable() for character in out), ascii(out)
    assert "definition-missing" in out


def test_a_name_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a\x1b[31m\n.log").write_text(FAILED)
    code, out, err = run(capsys, "a\x1b[31m\n.log", "b\x1b[31m\n.log")
    assert code == 2
    assert "\x1b" not in out + err
    assert "a\\x1b[31m\\n.log:4:22" in out


def test_colours(capsys: pytest.CaptureFixture[str]) -> None:
    _, plain, _ = run(capsys, "failed.log")
    _, coloured, _ = run(capsys, "--color", "always", "failed.log")
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_colours_of_the_log_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path("coloured.log").write_text(
        "10%\r20%\r\x1b[91mERROR  : Failed to create container process: No space left on device\n\x1b[0m"
    )
    code, out, _ = run(capsys, "coloured.log")
    assert code == 1
    assert "1 | ERROR  : Failed to create container process: No space left on device\n" in out
    assert "  |          ^^^^" in out
    assert "coloured.log:1:23\n" in out
    assert "no disk is full" in out
