"""A log as it was written: read in bounded memory, and its lines without what terminals, CI and batch systems add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sifcheck.base.source import Source, decode
from sifcheck.base.startup import NamedTuple, pattern

HEAD = 1 << 20
"""How many bytes are kept of the beginning of a log; the call and the versions stand there."""

TAIL = 4 << 20
"""How many bytes are kept of its end; what ended the build stands there."""

_MOST_LINES = 4_000_000
# So much of one line is looked at: a progress bar may be a megabyte without a line end.
_LONGEST = 4000

NOISE = pattern(
    r"\x1b?\[[0-9;]{1,12}m"  # colours, also where the escape itself was lost in copying
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)?|\x1b[@-Z\\^_=>78]|\^\[\[[0-9;]*m"
    r"|[\x00-\x08\x0b-\x1f\x7f]"
)
"""What a terminal obeys, in text of one character a byte; no tab and no line feed."""

_PREFIX = pattern(
    r"(?:\xef\xbb\xbf"
    r"|(?:[^\t]{1,60}\t){1,3}(?=\d{4}-\d\d-\d\dT)"
    r"|\[(?:stdout|stderr|out|err|\d[\d:.,TZ+\- /]{0,40})\]\s*"
    r"|(?:\[\d+(?:,\d+)?\])?<?(?:stdout|stderr)>?[:|>]\s*"
    r"|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*\s+"
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?\s+"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:\S+ [^\s:]+: )?"
    r"|\#\d+ \d+\.\d+ |\#\#\[\w+\]|\d{1,5}: (?=\S)|> ?(?=\S)|\| (?=\S)){0,6}"
)
# A command that is killed while the shell traces it leaves its line open, and the runtime's last words follow in it.  A
# command that says these words itself is traced with quotation marks, or with one space.
_LAST_WORDS = pattern(r"\++ .*?(?<!['\"])(?=(?:\x1b\[[0-9;]*m)?FATAL:(?: {2,}| *\x1b\[[0-9;]*m *)While )")
_KINDS = {
    b"\x1f\x8b": "compressed: pass it on by `zcat FILE | sifcheck diagnose`",
    b"\xfd7zXZ": "compressed: pass it on by `xzcat FILE | sifcheck diagnose`",
    b"\x28\xb5\x2f\xfd": "compressed: pass it on by `zstdcat FILE | sifcheck diagnose`",
    b"\x7fELF": "a program, not a log",
    b"hsqs": "an image, not a log",
}


class UnreadableLogError(Exception):
    """A log that cannot be read; the text is for the user."""


class PassedOver(NamedTuple):
    """What was left out of the middle of a large log."""

    size: int
    lines: int


class Log(NamedTuple):
    """A log.  What was passed over is there as empty lines, so that line numbers hold."""

    source: Source
    passed_over: PassedOver | None = None


class LogLine(NamedTuple):
    """A line, or what stands between two carriage returns: its text as a person saw it, and its stretch of the file."""

    text: str
    start: int
    end: int


def read_log(path: str, stream: BinaryIO) -> Log:
    """Read a log.  Raises UnreadableLogError for what is none, and OSError."""
    head = stream.read(HEAD)
    kind = next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), "")
    if not kind and b"SIF_MAGIC" in head[:100]:
        kind = "an image, not a log"
    if kind:
        raise UnreadableLogError(f"{path} is {kind}")
    rest, passed_over = _tail(stream)
    return Log(Source(path, _readable(head + rest)), passed_over)


def _tail(stream: BinaryIO) -> tuple[bytes, PassedOver | None]:
    """The end of a stream, below as many empty lines as were passed over."""
    kept: list[bytes] = []
    size = lines = total = 0
    while block := stream.read(HEAD):
        kept.append(block)
        total += len(block)
        while total - len(kept[0]) >= TAIL:
            gone = kept.pop(0)
            total -= len(gone)
            size += len(gone)
            lines += gone.count(b"\n")
    if not size:
        return b"".join(kept), None
    rest = b"".join(kept)
    cut = rest.find(b"\n") + 1  # the first line of what is kept is not whole
    passed_over = PassedOver(size + cut, lines + 1)
    # The empty lines close the last line of the head, which is not whole either.
    return b"\n" * min(lines + 1, _MOST_LINES) + rest[cut:], passed_over


def _readable(content: bytes) -> bytes:
    """The content as UTF-8, where its mark says that it is UTF-16 (as PowerShell writes it)."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content


def pieces(source: Source) -> Iterator[LogLine]:
    """All that can be read in a log, line by line; text is one character a byte, as in `Source`."""
    start = 0
    for line in source.text.split("\n"):
        end = start + len(line)
        if line:
            for part in line.split("\r") if "\r" in line else (line,):
                if part:
                    yield from _parted(part, start)
                start += len(part) + 1
        start = end + 1


def _parted(part: str, start: int) -> Iterator[LogLine]:
    """A piece, or two of them where the runtime speaks in a line that the script has left open."""
    trace = _LAST_WORDS.search(part) if "FATAL" in part and "+ " in part else None
    cut = trace.end() if trace is not None else 0
    if cut:
        yield LogLine(cleaned(part[:cut]), start, start + cut)
    yield LogLine(cleaned(part[cut:]), start + cut, start + len(part))


def cleaned(raw: str) -> str:
    """A line without colours, other control sequences, time stamps and the like in front of it."""
    raw = raw[:_LONGEST]
    if not raw.isprintable() or "[" in raw:
        raw = NOISE.sub("", raw)
    found = _PREFIX.match(raw)
    return raw[found.end() :] if found is not None else raw


def places(raw: str) -> list[int]:
    """For each character of `cleaned(raw)`, and for the end behind the last, where it stands in `raw`."""
    raw = raw[:_LONGEST]
    kept = without_noise(raw)
    shown = "".join([raw[place] for place in kept])
    found = _PREFIX.match(shown)
    return [*kept[found.end() if found is not None else 0 :], len(raw)]


def without_noise(raw: str) -> list[int]:
    """Where the characters of a text stand that are no part of a control sequence."""
    kept: list[int] = []
    last = 0
    for noise in NOISE.finditer(raw):
        kept.extend(range(last, noise.start()))
        last = noise.end()
    kept.extend(range(last, len(raw)))
    return kept


def words_of(text: str) -> str:
    """Text of a piece, decoded for showing."""
    return decode(text.encode("latin-1"))
