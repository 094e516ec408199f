"""How a call ends and what is said beside its report: exit codes, errors for the user, lines on standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from typing import TextIO

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_UNREADABLE = 2
EXIT_WRONG_USE = 3
EXIT_FAILED = 4


class UsageError(Exception):
    """Wrong use or configuration; the text is for the user, the exit code is 3."""


class UnreadableSnapshotError(Exception):
    """A snapshot of a machine that cannot be read; the text is for the user, the exit code is 2."""


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest of the known words, "" where none is near."""
    from sifcheck.base.text import nearest

    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def print_text(text: str, stream: TextIO) -> None:
    """Write text whatever the locale: what it cannot hold is written as an escape.

    Whoever closes the pipe or the terminal has seen enough; the exit code still says what was found.
    """
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        # A terminal that was closed gives EIO, and so does a disk that fails.
        if error.errno != errno.EPIPE and not (error.errno == errno.EIO and _is_terminal(stream)):
            raise
        let_go(stream)


def _is_terminal(stream: TextIO) -> bool:
    import stat

    return stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)


def let_go(stream: TextIO) -> None:
    """Write no more where nobody reads: what is left in the stream goes nowhere, and costs no exit code."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass


def tell(words: str) -> None:
    """Say something about the run on standard error."""
    from sifcheck.base.text import escape

    print_text(f"sifcheck: {escape(words)}\n", sys.stderr)
