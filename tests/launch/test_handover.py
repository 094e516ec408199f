"""The hand-over: the words and variables of the runtime, its signals and status, and the image under its final name."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from sifcheck.base.findings import SetVariable, UnsetVariable
from sifcheck.host.exports import Change
from sifcheck.launch.command import read_command
from sifcheck.launch.handover import Handover, find_runtime, prepare, shell_lines
from sifcheck.launch.output import is_partial

RUN = """
import os, sys
from sifcheck.launch.command import read_command
from sifcheck.launch.handover import carry_out, prepare
done = carry_out(prepare(sys.argv[1], read_command(sys.argv[3:]), [], os.environ), sys.argv[2])
kept = done.ended.output
print("status", done.ended.status, "asked", int(done.ended.asked), flush=True)
print("trouble", done.trouble, flush=True)
print("kept", "" if kept is None else kept.decode(errors="replace").replace(chr(10), "|"), flush=True)
"""


_OF_THE_C_LIBRARY = 1 << (32 - 1) | 1 << (33 - 1)


def program(folder: Path, script: str) -> str:
    """A runtime that does what a script says; $2 is the image where there is no option."""
    path = folder / "apptainer"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def start(runtime: str, keep: str = "nothing", words: tuple[str, ...] = ("a.sif", "a.def"), **more):
    command = [sys.executable, "-c", RUN, runtime, keep, *words]
    usual = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **{**usual, **more})


def outcome(process: subprocess.Popen[str]) -> dict[str, str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    lines = [line.partition(" ") for line in out.splitlines()]
    return {"err": err, **{name: rest for name, _, rest in lines}}


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_image_is_renamed_when_it_is_whole(folder: Path) -> None:
    Path("a.sif").write_text("old")
    runtime = program(folder, 'cat a.sif > seen; echo "$2" > name; echo new > "$2"')
    done = outcome(start(runtime))
    assert done["status"] == "0 asked 0"
    assert done["trouble"] == ""
    assert Path("a.sif").read_text() == "new\n"
    assert Path("seen").read_text() == "old"
    assert is_partial(Path("name").read_text().strip())
    assert sorted(os.listdir(folder)) == ["a.sif", "apptainer", "name", "seen"]


def test_after_a_failure_the_old_image_is_whole(folder: Path) -> None:
    Path("a.sif").write_text("old")
    done = outcome(start(program(folder, 'echo half > "$2"; exit 7')))
    assert done["status"] == "7 asked 0"
    assert sorted(os.listdir(folder)) == ["a.sif", "apptainer"]
    assert Path("a.sif").read_text() == "old"


def test_a_signal_is_a_status_as_in_a_shell(folder: Path) -> None:
    assert outcome(start(program(folder, "kill -9 $$")))["status"] == "137 asked 0"


def test_a_runtime_that_writes_no_image(folder: Path) -> None:
    Path("a.sif").write_text("old")
    done = outcome(start(program(folder, "exit 0")))
    assert done["status"] == "0 asked 0"
    assert "wrote no image" in done["trouble"]
    assert Path("a.sif").read_text() == "old"


def test_an_image_that_cannot_be_renamed_is_kept(folder: Path) -> None:
    done = outcome(start(program(folder, 'echo new > "$2"; mkdir -p a.sif/x')))
    kept = [name for name in os.listdir(folder) if name.startswith("a.sif.sifcheck-")]
    assert kept
    assert kept[0] in done["trouble"]
    assert Path(kept[0]).read_text() == "new\n"


@pytest.mark.parametrize(
    ("sent", "met"),
    [
        (signal.SIGTERM, "TERM"),
        (signal.SIGHUP, "TERM"),
        (signal.SIGINT, "INT"),
        (signal.SIGQUIT, "QUIT"),
        (signal.SIGUSR1, "USR1"),
        (signal.SIGUSR2, "USR2"),
    ],
)
def test_signals_reach_the_runtime(sent: signal.Signals, met: str, folder: Path) -> None:
    traps = "; ".join(
        f"trap 'echo {name} >> met; exit 9' {name}" for name in "TERM INT QUIT USR1 USR2".split()
    )
    process = start(program(folder, f'{traps}; echo half > "$2"; touch ready; while :; do sleep 0.1; done'))
    wait_for(folder / "ready")
    process.send_signal(sent)
    done = outcome(process)
    assert done["status"] == f"9 asked {int(sent)}"
    assert Path("met").read_text().split() == [met]
    assert not Path("a.sif").exists()
    assert sorted(os.listdir(folder)) == ["apptainer", "met", "ready"]


def test_a_signal_that_is_not_listened_to_ends_the_runtime(folder: Path) -> None:
    """Nothing of how this program treats signals is passed on, but for the hang-up."""
    show = "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status > signals"
    outcome(start(program(folder, show)))
    masks = dict(line.split() for line in Path("signals").read_text().splitlines())
    assert int(masks["SigBlk:"], 16) == 0
    # Two signals belong to the C library, and nobody can change how the run itself was started with these.
    own = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines())["SigIgn"]
    assert int(masks["SigIgn:"], 16) == 1 << (signal.SIGHUP - 1) | int(own, 16) & _OF_THE_C_LIBRARY


def test_with_nohup_a_hang_up_ends_nothing(folder: Path) -> None:
    runtime = program(folder, 'touch ready; while [ ! -e go ]; do sleep 0.1; done; echo new > "$2"')
    process = start(runtime, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(folder / "ready")
    process.send_signal(signal.SIGHUP)
    Path("go").touch()
    assert outcome(process)["status"] == "0 asked 0"
    assert Path("a.sif").read_text() == "new\n"


def test_when_this_program_is_killed_the_runtime_is_asked_to_end(folder: Path) -> None:
    runtime = program(folder, "trap 'touch cleaned; exit 1' TERM; touch ready; while :; do sleep 0.1; done")
    process = start(runtime, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(folder / "ready")
    process.kill()
    process.wait()
    wait_for(folder / "cleaned")


def in_a_terminal(runtime: str, keep: str = "nothing") -> tuple[subprocess.Popen[str], int]:
    """Start it as the job of a terminal; gives the terminal's other end."""
    master, slave = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = start(
        runtime, keep, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal, close_fds=True
    )
    os.close(slave)
    return process, master


def read_all(master: int) -> str:
    said = b""
    try:
        while block := os.read(master, 4096):
            said += block
    except OSError:  # the end of a terminal
        pass
    os.close(master)
    return said.decode()


def test_control_c_reaches_the_runtime_once(folder: Path) -> None:
    runtime = program(
        folder,
        "trap 'echo INT >> met' INT; touch ready; while [ ! -e met ]; do sleep 0.1; done; sleep 1; exit 5",
    )
    process, master = in_a_terminal(runtime)
    wait_for(folder / "ready")
    os.write(master, b"\x03")
    said = read_all(master)
    process.wait(timeout=60)
    assert Path("met").read_text().split() == ["INT"]
    assert "status 5 asked 2" in said


def test_a_lost_terminal_asks_the_runtime_to_end(folder: Path) -> None:
    runtime = program(folder, "trap 'touch cleaned; exit 1' TERM; touch ready; while :; do sleep 0.1; done")
    process, master = in_a_terminal(runtime)
    wait_for(folder / "ready")
    os.close(master)
    wait_for(folder / "cleaned")
    process.wait(timeout=60)


@pytest.mark.parametrize("keep", ["nothing", "terminal"])
def test_in_a_terminal_the_runtime_has_one(keep: str, folder: Path) -> None:
    runtime = program(
        folder, "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all; read line; echo got $line >&2; exit 3"
    )
    process, master = in_a_terminal(runtime, keep)
    os.write(master, b"hello\n")
    said = read_all(master)
    process.wait(timeout=60)
    assert "all\r\n" in said
    assert "got hello\r\n" in said
    assert "status 3" in said
    if keep == "terminal":
        assert "kept all|got hello|" in said


def test_output_is_passed_on_and_its_end_is_kept(folder: Path) -> None:
    runtime = program(
        folder, "echo to out; echo to error >&2; head -c 3000000 /dev/zero | tr '\\0' x >&2; echo end >&2"
    )
    done = outcome(start(runtime, "pipe"))
    assert done["err"].startswith("to error\n")
    assert done["err"].endswith("xend\n")
    assert len(done["err"]) == 3000000 + len("to error\nend\n")
    assert done["kept"].endswith("xend|")
    assert done["to"] == "out"


def test_one_file_for_both_keeps_the_order(folder: Path) -> None:
    lines = "; ".join(f"echo {number}{' >&2' * (number % 2)}" for number in range(40))
    process = start(program(folder, lines), "pipe", stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=60)
    assert out.split()[:40] == [str(number) for number in range(40)]


def test_what_a_build_leaves_running_is_not_waited_for(folder: Path) -> None:
    runtime = program(folder, "sleep 600 & echo $! > left; exit 4")
    process = start(runtime, "pipe", stdout=subprocess.DEVNULL)
    process.wait(timeout=60)
    os.kill(int(Path("left").read_text()), signal.SIGKILL)
    process.communicate()
    assert process.returncode == 0


# -- what it is made of


def test_variables_and_lines() -> None:
    remedies: list[Change] = [
        SetVariable("APPTAINER_TMPDIR", "/my scratch", "the temporary\nfolder was /home"),
        UnsetVariable("APPTAINER_BIND", "it holds for %post, too"),
    ]
    given = {"APPTAINER_BIND": "/x", "HOME": "/home/u"}
    made = prepare("/bin/apptainer", read_command(["-F", "my a.sif", "a.def"]), remedies, given)
    assert made.environment == {"HOME": "/home/u", "APPTAINER_TMPDIR": "/my scratch"}
    assert given["APPTAINER_BIND"] == "/x"
    lines = shell_lines(made)
    assert lines[:2] == [
        "export APPTAINER_TMPDIR='/my scratch'  # the temporary folder was /home",
        "unset APPTAINER_BIND  # it holds for %post, too",
    ]
    assert lines[2].startswith("/bin/apptainer build -F '.my a.sif.sifcheck-")
    assert lines[3].endswith(" 'my a.sif'")


@pytest.mark.parametrize(
    "words", [["--sandbox", "box", "a.def"], ["docker://x/y", "a.def"], ["x/", "a.def"], ["box", "a.def"]]
)
def test_what_is_not_renamed(words: list[str]) -> None:
    Path("box").mkdir()
    made: Handover = prepare("/bin/apptainer", read_command(words), [], {})
    assert not made.renames
    assert made.words == ("build", *words)


def test_the_runtime_that_is_found(folder: Path) -> None:
    for name in ("one/singularity", "two/apptainer", "two/singularity"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("#!/bin/sh\n")
        Path(name).chmod(0o755)
    Path("one/apptainer").write_text("cannot be started")
    search = f"/nowhere:{folder}/one::{folder}/two"
    assert find_runtime(search) == f"{folder}/one/singularity"
    assert find_runtime(f"{folder}/two") == f"{folder}/two/apptainer"
    assert find_runtime(search, "apptainer") == f"{folder}/two/apptainer"
    assert find_runtime("", "./two/singularity") == "./two/singularity"
    assert find_runtime(search, "/nowhere/apptainer") is None
    assert find_runtime("/nowhere") is None
