"""A question that is not answered, crashes or lies costs its time and nothing else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from sifcheck.base.asking import Question, Said, ask, attempt, run_program, run_programs, silent_among
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.snapshot import Group

LONG = 60.0


def wait_for_ever():
    while True:
        time.sleep(100)


def test_answers_of_all_types():
    answers = ask(
        {
            "text": Question(str, lambda: "é\udcff\x00"),
            "number": Question(int, lambda: 5),
            "class": Question(Group, lambda: Group(5, None)),
            "list": Question(tuple[Group, ...], lambda: (Group(5), Group(6, "x"))),
            "unknown": Question(int, lambda: Unknown("why")),
            "nothing": Question(tuple[Group, ...], lambda: ()),
        },
        LONG,
    )
    assert answers == {
        "text": "é\udcff\x00",
        "number": 5,
        "class": Group(5, None),
        "list": (Group(5), Group(6, "x")),
        "unknown": Unknown("why"),
        "nothing": (),
    }


def test_silence_is_unknown_and_the_others_answer():
    answers = ask({"silent": Question(int, wait_for_ever), "other": Question(int, lambda: 5)}, 0.3)
    assert answers == {"silent": Unknown("timed out after 0.3 s"), "other": 5}


def test_what_ignores_signals_is_stopped_too():
    def deaf():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        wait_for_ever()

    assert ask({"deaf": Question(int, deaf)}, 0.3) == {"deaf": Unknown("timed out after 0.3 s")}


def test_nothing_that_was_started_lives_on(tmp_path):
    def start():
        pid = os.fork()
        if pid == 0:
            wait_for_ever()
        (tmp_path / "pid").write_text(str(pid))
        wait_for_ever()

    ask({"x": Question(int, start)}, 0.5)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(1000):
        try:
            with open(f"/proc/{pid}/stat") as stream:
                state = stream.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.01)
    pytest.fail("what a probe has started is still there")


def crash():
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise PermissionError(13, "Permission denied")


def end():
    os._exit(0)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (fail, "Permission denied"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (crash, "the probe was stopped by signal 9"),
        (end, "no usable answer: "),
        (lambda: "text", 'no usable answer: the answer: "text" is not a whole number'),
        (object, "no usable answer: "),
        (lambda: "x" * (5 << 20), "no usable answer: "),
        (lambda: exit(3), "no usable answer: "),
    ],
)
def test_failures_are_answers(look, why):
    answers = ask({"x": Question(int, look), "other": Question(int, lambda: 5)}, LONG)
    assert isinstance(answers["x"], Unknown)
    assert answers["x"].why.startswith(why)
    assert answers["other"] == 5


def test_many_questions():
    answers = ask({str(number): Question(int, lambda number=number: number) for number in range(60)}, LONG)  # type: ignore[misc]
    assert answers == {str(number): number for number in range(60)}


def test_no_descriptor_and_no_child_is_left():
    def descriptors():
        return sorted(os.listdir("/proc/self/fd"))

    before = descriptors()
    ask({"a": Question(int, lambda: 5), "b": Question(int, fail), "c": Question(int, wait_for_ever)}, 0.3)
    assert len(descriptors()) == len(before)


def test_a_probe_cannot_write_on_the_terminal(capfd):
    def shout():
        os.write(1, b"out")
        os.write(2, b"err")
        print("text", flush=True)
        return os.read(0, 10).decode()

    assert ask({"x": Question(str, shout)}, LONG) == {"x": ""}
    assert capfd.readouterr() == ("", "")


def test_programs():
    assert run_program(["sh", "-c", "echo out; echo err >&2; exit 3"]) == Said(3, "out\n", "err\n")
    assert run_program(["sh", "-c", "cat"]) == Said(0, "", "")
    assert run_program(["sh", "-c", "printf '\\377'"]) == Said(0, "\ufffd", "")
    assert run_program(["/no/such/program"]) == Unknown("program: No such file or directory")
    assert run_program(["sh", "-c", "sleep 100"], seconds=0.2) == Unknown("sh timed out after 0.2 s")
    assert run_program(["a\0b"]).why.startswith("a\0b: ")
    said = run_program(["sh", "-c", "head -c 1000000 /dev/zero"])
    assert isinstance(said, Said)
    assert len(said.out) == 1 << 16


def test_attempt():
    assert attempt(lambda: None) == Outcome(True, "")
    assert attempt(fail) == Outcome(False, "Permission denied")
    assert not attempt(fail)


def test_a_runtime_that_is_asked_makes_no_folder_of_settings(tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    runtime.write_text(f'#!/bin/sh\nmkdir -p "${{APPTAINER_CONFIGDIR:-{tmp_path}/made}}" 2>&-\necho 1.4.5\n')
    runtime.chmod(0o755)
    (said,) = run_programs([[str(runtime), "--version"]])
    assert not isinstance(said, Unknown)
    assert said.out == "1.4.5\n"
    assert sorted(os.listdir(tmp_path)) == ["runtime"]


def test_the_paths_that_do_not_answer(monkeypatch, tmp_path):
    def exists(path):
        time.sleep(9 if path == "dead" else 0)
        return True

    monkeypatch.setattr(os.path, "exists", exists)
    assert silent_among(["dead", str(tmp_path), "nowhere"], 0.5) == ["dead"]
