"""The table of all that the log of a failed build can say, and the look-up in it."""

from __future__ import annotations

import re

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import Message
from sifcheck.diagnose.messages import (
    definition,
    encryption,
    fetch,
    image,
    job,
    machine,
    packages,
    post,
    script,
    sources,
    storage,
)

UNKNOWN = Message(
    "unknown-failure",
    pattern(r"(?:FATAL|ERROR) *(?::|\[U=\d+,P=\d+\] +\S+\(\)) +(?P<words>.*)|^panic: (?P<panic>.*)"),
    "machine",
    "the runtime gave up, with words that sifcheck does not know: {words}{panic}",
    "the lines above it may say more; let sifcheck look at the machine and at the definition file",
    ("FATAL:   something that no version said so far", "panic: something that no version said so far"),
    commands=("sifcheck doctor", "sifcheck check FILE.def"),
    weight=1,
    source="fall-back",
    words=(
        "ERROR",
        "FATAL",
        "panic: ",
    ),
)

# Of two entries that a line fits, the one that tells more has it; of equal ones the one of the theme named first.
MESSAGES: tuple[Message, ...] = (
    *sorted(
        (
            *job.MESSAGES,
            *storage.MESSAGES,
            *machine.MESSAGES,
            *image.MESSAGES,
            *encryption.MESSAGES,
            *definition.MESSAGES,
            *fetch.MESSAGES,
            *post.MESSAGES,
            *script.MESSAGES,
            *packages.MESSAGES,
            *sources.MESSAGES,
        ),
        key=lambda message: 0 if message.kind == "note" else -message.weight,
    ),
    UNKNOWN,
)
"""All entries, in the order in which they are tried."""


def present(text: str) -> tuple[Message, ...]:
    """The entries that a log without control sequences may hold, in the order in which they are tried: some dozen of all."""
    return tuple(message for message in MESSAGES if any(word in text for word in message.words))


def recognise(line: str, among: tuple[Message, ...] = MESSAGES) -> tuple[Message, re.Match[str]] | None:
    """The entry that a line of a log belongs to, and where it fits; None for most lines.

    `line` is without colours and prefixes, one character a byte (as in `Source`); `among` are the entries to try.
    """
    # What the runtime only warns of does not end the build.
    harmless = line.startswith(("WARNING", "INFO", "VERBOSE", "DEBUG"))
    for message in among:
        for word in message.words:
            if word in line:
                found = message.pattern.search(line)
                if found is not None and (not harmless or message.kind == "note"):
                    return message, found
                break
    return None
