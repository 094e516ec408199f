"""Reading a log: in bounded memory, with line numbers that hold, and nothing that is no log."""

from __future__ import annotations

import io

import pytest

from sifcheck.diagnose.diagnosis import examine
from sifcheck.diagnose.log import HEAD, TAIL, UnreadableLogError, read_log

END = b"FATAL:   Failed to sign container: keyring is empty\n"


def test_a_small_log_is_read_whole() -> None:
    log = read_log("a.log", io.BytesIO(b"one\ntwo"))
    assert (log.source.path, log.source.data, log.passed_over) == ("a.log", b"one\ntwo", None)


@pytest.mark.parametrize("size", [HEAD - 1, HEAD, HEAD + 1, HEAD + TAIL])
def test_nothing_is_passed_over_before_it_must(size) -> None:
    content = b"x" * (size - 1) + b"\n"
    log = read_log("a.log", io.BytesIO(content))
    assert (log.source.data, log.passed_over) == (content, None)


@pytest.mark.parametrize(
    "line", [b"a line of some length, as compilers print them\n", b"x" * 70_000 + b"\n", b"\n"]
)
def test_the_middle_of_a_large_log_is_passed_over(line) -> None:
    count = (HEAD + TAIL + 3_000_000) // len(line)
    content = line * count + END
    log = read_log("a.log", io.BytesIO(content))
    assert log.passed_over is not None
    assert log.passed_over.size > 1_000_000
    assert len(log.source.data) <= HEAD + TAIL + HEAD + log.passed_over.lines
    assert log.source.data.endswith(END)
    (found,) = examine(log).diagnoses
    assert log.source.position(found.span.start).line == count + 1
    # No line is made of the end of one and the beginning of another.
    assert set(map(len, log.source.data.split(b"\n")[HEAD // len(line) + 1 : -2])) <= {0, len(line) - 1}


def test_one_line_without_an_end() -> None:
    log = read_log("a.log", io.BytesIO(b"x" * (HEAD + TAIL + 3_000_000)))
    assert examine(log).diagnoses == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_logs_of_other_systems(encoding) -> None:
    log = read_log("a.log", io.BytesIO(f"日本語\r\n{END.decode()}".encode(encoding)))
    (found,) = examine(log).diagnoses
    assert found.message.name == "no-signing-key"
    assert log.source.position(found.span.start).line == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x1f\x8b\x08\x00rest", "compressed: pass it on by `zcat FILE"),
        (b"\xfd7zXZ\x00rest", "compressed: pass it on by `xzcat FILE"),
        (b"\x28\xb5\x2f\xfdrest", "compressed: pass it on by `zstdcat FILE"),
        (b"#!/usr/bin/env run-singularity\n\0SIF_MAGIC\x0001\0", "an image, not a log"),
        (b"\x7fELF\x02", "a program, not a log"),
        (b"hsqs\x00", "an image, not a log"),
    ],
)
def test_what_is_no_log(content, why) -> None:
    with pytest.raises(UnreadableLogError, match=why):
        read_log("a.log", io.BytesIO(content))
