"""Questions to a machine that may not answer: each in a child process of its own, all at once, with one time limit.

A look-up on a dead mount blocks in the kernel and cannot be interrupted, not even by a kill; a thread in that state would
keep the program from ending.  A child is killed and left behind, and its answer is Unknown.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.records import decode, encode
from sifcheck.base.startup import NamedTuple

__all__ = ["Question", "Said", "ask", "attempt", "reason", "run_program", "run_programs", "silent_among"]

LONGEST_ANSWER = 4 << 20
LONGEST_OUTPUT = 1 << 16
_LAST_MOMENT = 0.5


class Question(NamedTuple):
    """A function that looks at the machine, and the type of its answer: a value class of the snapshot, a tuple, a text."""

    kind: Any
    look: Callable[[], Any]


def ask(questions: Mapping[str, Question], seconds: float) -> dict[str, Any]:
    """The answers to all questions by name: what was found, or Unknown where nothing came within the time.

    Never raises for what happens in a child: an exception, a crash or silence is an Unknown that says so.
    """
    found: dict[str, Any] = {}
    pending: dict[int, _Asked] = {}
    try:
        for name, question in questions.items():
            try:
                pid, reading = _start(question, list(pending))
            except OSError as error:
                found[name] = Unknown(f"not asked: {reason(error)}")
                continue
            pending[reading] = _Asked(name, pid, bytearray())
        for asked in _listen(pending, seconds):
            found[asked.name] = _read(bytes(asked.said), questions[asked.name].kind, _finish(asked.pid))
    finally:
        for reading, asked in pending.items():
            os.close(reading)
            _stop(asked.pid)
            found[asked.name] = Unknown(f"timed out after {seconds:g} s")
    return found


def silent_among(paths: Iterable[str], seconds: float = 2.0) -> list[str]:
    """Those of some paths whose file system does not answer, as a dead mount: whoever looks there waits for ever."""
    import functools

    asked = {path: Question(bool, functools.partial(os.path.exists, path)) for path in paths}
    answers = ask(asked, seconds)
    return [path for path, said in answers.items() if isinstance(said, Unknown) and said.waited]


class _Asked(NamedTuple):
    name: str
    pid: int
    said: bytearray


def _listen(pending: dict[int, _Asked], seconds: float) -> Iterator[_Asked]:
    """The children that have said all they will, in that order; those that have not by the time are left in `pending`."""
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for reading in pending:
            selector.register(reading, selectors.EVENT_READ)
        while pending and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                asked = pending[key.fd]
                chunk = os.read(key.fd, 1 << 16)
                asked.said.extend(chunk)
                if not chunk or len(asked.said) > LONGEST_ANSWER:
                    selector.unregister(key.fd)
                    del pending[key.fd]
                    os.close(key.fd)
                    yield asked


def _start(question: Question, others: list[int]) -> tuple[int, int]:
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid == 0:
        _answer(question, writing, [reading, *others])
    os.close(writing)
    return pid, reading


def _answer(question: Question, writing: int, closing: list[int]) -> NoReturn:
    """In the child: look, write what was seen, end without running anything that the parent has set up for its own end."""
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for descriptor in closing:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        # These may be bound to other descriptors than 1 and 2; to None nothing is printed.
        sys.stdout = sys.stderr = None
        try:
            answer = question.look()
        except Exception as error:  # noqa: BLE001 - whatever happened here is an answer
            answer = Unknown(reason(error))
        with open(writing, "wb") as stream:
            stream.write(json.dumps(encode(answer)).encode())
    finally:
        os._exit(0)


def _read(got: bytes, kind: Any, ended: str) -> Any:
    try:
        value = json.loads(got)
        if isinstance(value, dict) and value.keys() == {"unknown"}:
            return Unknown(str(value["unknown"]))
        return decode(value, kind, "the answer")
    except ValueError as error:
        return Unknown(ended or f"no usable answer: {error}")


def _finish(pid: int) -> str:
    """Why the child ended silently; "" where it ended as it should."""
    _await_end(pid)
    _stop_group(pid)
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return ""
    return f"the probe was stopped by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else ""


def _await_end(pid: int) -> None:
    """Give a child that has said all the moment that it takes to end: killed on its way out, it would seem to fail."""
    until = time.monotonic() + _LAST_MOMENT
    while time.monotonic() < until:
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return
        except ChildProcessError:
            return
        time.sleep(0.0002)


def _stop(pid: int) -> None:
    """Kill a child and all it started; one that cannot be killed now is left to the kernel."""
    _stop_group(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, os.WNOHANG)
    except (ProcessLookupError, ChildProcessError):
        pass


def _stop_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def reason(error: BaseException) -> str:
    """Why something failed, in the system's words where it is the system's failure."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def attempt(act: Callable[[], object]) -> Outcome:
    """Do it, and say what became of it."""
    try:
        act()
    except OSError as error:
        return Outcome(False, reason(error))
    return Outcome(True)


class Said(NamedTuple):
    """What a program printed (the first 64 KiB of each stream) and its exit status."""

    status: int
    out: str
    errors: str


def run_program(
    arguments: Sequence[str], seconds: float = 1.5, variables: Mapping[str, str] | None = None
) -> Said | Unknown:
    """Run a program without a shell and without input; within a Question, so that it cannot outlive its time.

    `variables` are those it gets besides; the folder of a runtime's settings is one that is not there, if they name none.
    """
    return run_programs([arguments], seconds, variables)[0]


def run_programs(
    commands: Sequence[Sequence[str]], seconds: float = 1.5, variables: Mapping[str, str] | None = None
) -> list[Said | Unknown]:
    """Run several programs at once, as run_program does one."""
    until = time.monotonic() + seconds
    started = [_begin(arguments, variables or {}) for arguments in commands]
    said: list[Said | Unknown] = []
    for arguments, process in zip(commands, started, strict=True):
        if isinstance(process, Unknown):
            said.append(process)
            continue
        try:
            streams = process.communicate(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            _give_up(process)
            said.append(Unknown(f"{os.path.basename(arguments[0])} timed out after {seconds:g} s"))
            continue
        out, errors = (stream[:LONGEST_OUTPUT].decode("utf-8", "replace") for stream in streams)
        said.append(Said(process.returncode, out, errors))
    return said


def _give_up(process: subprocess.Popen[bytes]) -> None:
    """Kill a program; what it has started may hold its output open, and a dead mount may hold it: nobody waits for that."""
    process.kill()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        pass


# A runtime makes the folder of the user's settings when it starts; here it cannot, and does without (measured).
_CONFIG_FOLDERS = dict.fromkeys(("APPTAINER_CONFIGDIR", "SINGULARITY_CONFIGDIR"), "/proc/nowhere")


def _begin(arguments: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes] | Unknown:
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_CONFIG_FOLDERS, **variables, "LC_ALL": "C"},
        )
    except (OSError, ValueError) as error:
        return Unknown(f"{os.path.basename(arguments[0])}: {reason(error)}")
