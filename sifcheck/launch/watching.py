"""The real runtime as a child process: the terminal, standard input, signals and exit status are its own.

It stays in the process group of this program, so that the terminal treats both as one job: Ctrl-C reaches the runtime
from the terminal, Ctrl-Z stops both.  A signal that was sent to this program alone is passed on.  A hang-up would end the
runtime on the spot, with all that it unpacked left behind (measured): the runtime is started deaf to it, and is asked to
terminate in its place, upon which it cleans up.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NoReturn

from sifcheck.base.startup import NamedTuple

__all__ = ["Ended", "Keep", "same_output", "watch"]

Keep = Literal["nothing", "pipe", "terminal"]
"""What is done with the runtime's error output to keep its end: nothing, it goes through a pipe, through a terminal."""

KEPT = 1 << 20
"""How many bytes of the output are kept."""

_PATIENCE = 2.0  # seconds for output that is still on its way when the runtime has ended
_HANDED_ON = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_SET_PARENT_DEATH_SIGNAL = 1


class Ended(NamedTuple):
    """How the runtime ended: `status` as a shell has it (128 and the number of a signal).

    `output` is the end of what it printed, None where that was not kept; `asked` is the last signal that came, 0 without
    one.
    """

    status: int
    output: bytes | None
    asked: int


def watch(path: str, words: Sequence[str], environment: Mapping[str, str], keep: Keep = "nothing") -> Ended:
    """Run a program to its end.  `words` are all its words, its name first.  Raises OSError if it cannot be started."""
    ignored = {number for number in _HANDED_ON if signal.getsignal(number) is signal.SIG_IGN}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # What is ignored (SIGINT in a job of a script) is passed on all the same: the runtime listens to it.  But nohup counts.
    waited = {*_HANDED_ON, signal.SIGCHLD} - (ignored & {signal.SIGHUP})
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    try:
        channel = _open_channel(keep)
        die_with = _parent_death()
        sys.stdout.flush()
        sys.stderr.flush()
        child = _start(lambda: _become(path, words, environment, channel, before, ignored, die_with))
        kept = _Kept(channel)
        status, asked = _wait(child, waited)
        output = kept.end()
    finally:
        while signal.sigtimedwait(waited, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return Ended(status, output, asked)


# -- the child


class _Channel(NamedTuple):
    """Where the runtime's error output goes, if it is kept: what it writes to, and what is read; -1 without."""

    write: int
    read: int
    both: bool


def _open_channel(keep: Keep) -> _Channel:
    if keep == "nothing":
        return _Channel(-1, -1, False)
    if keep == "pipe":
        read, write = os.pipe()
        return _Channel(write, read, same_output())
    import termios

    read, write = os.openpty()
    modes = termios.tcgetattr(write)
    modes[1] &= ~termios.OPOST  # the true terminal makes two characters of a line end, once is enough
    termios.tcsetattr(write, termios.TCSANOW, modes)
    try:
        termios.tcsetwinsize(write, termios.tcgetwinsize(2))
    except (termios.error, OSError):
        pass
    return _Channel(write, read, same_output())


def same_output() -> bool:
    """Whether standard output and standard error are one file, in which the order of the lines counts."""
    try:
        first, second = os.fstat(1), os.fstat(2)
    except OSError:
        return False
    return (first.st_dev, first.st_ino, first.st_rdev) == (second.st_dev, second.st_ino, second.st_rdev)


def _parent_death() -> Callable[[], None]:
    """What a child calls to be asked to terminate when this program is killed; it cleans up then."""
    import ctypes

    try:
        call = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return lambda: None
    parent = os.getpid()

    def set_signal() -> None:
        call(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGTERM)

    return set_signal


def _start(become: Callable[[], NoReturn]) -> int:
    """Fork; raises the OSError that keeps the child from starting its program."""
    hear, tell = os.pipe()  # closed by a successful start
    child = os.fork()
    if child == 0:
        try:
            become()
        except OSError as error:
            os.write(tell, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(tell)
    with open(hear, "rb") as stream:
        refused = stream.read()
    if refused:
        os.waitpid(child, 0)
        raise OSError(int(refused), os.strerror(int(refused)))
    return child


def _become(
    path: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    channel: _Channel,
    mask: set[signal.Signals | int] | set[int],
    ignored: set[signal.Signals],
    die_with: Callable[[], None],
) -> NoReturn:
    die_with()
    if channel.write >= 0:
        os.dup2(channel.write, 2)
        if channel.both:
            os.dup2(channel.write, 1)
    for number in ({*_HANDED_ON, signal.SIGPIPE, signal.SIGXFSZ}) - ignored:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.execve(path, list(words), dict(environment))  # noqa: S606 - no shell is wanted


# -- the parent


def _wait(child: int, waited: set[signal.Signals]) -> tuple[int, int]:
    """Wait for the child and pass signals on to it; gives its status and the last of the signals."""
    asked = 0
    while True:
        met = signal.sigwaitinfo(waited)
        if met.si_signo != signal.SIGCHLD:
            asked = met.si_signo
            _hand_on(child, met)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return (code if code >= 0 else 128 - code), asked


def _hand_on(child: int, met: signal.struct_siginfo) -> None:
    number = met.si_signo
    if met.si_code > 0 and number in (signal.SIGINT, signal.SIGQUIT):
        return  # of the terminal, which has told the child too
    try:
        os.kill(child, signal.SIGTERM if number == signal.SIGHUP else number)
    except ProcessLookupError:
        pass


class _Kept:
    """Passes the output of the runtime on as it comes, and keeps its end."""

    def __init__(self, channel: _Channel) -> None:
        self._end = bytearray()
        self._thread = None
        if channel.read < 0:
            return
        import threading

        os.close(channel.write)
        self._read = channel.read
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        try:
            while block := os.read(self._read, 65536):
                self._end += block
                if len(self._end) > 2 * KEPT:
                    del self._end[:-KEPT]
                while block:
                    block = block[os.write(2, block) :]
        except OSError:
            # The end of a terminal, or nobody reads any more: then the runtime is to notice as well.
            pass
        finally:
            os.close(self._read)

    def end(self) -> bytes | None:
        """What was kept.  A process that the build left running may hold the channel: that is not waited for."""
        if self._thread is None:
            return None
        self._thread.join(_PATIENCE)
        return bytes(self._end[-KEPT:])
