"""What the log of a failed build can say: the entries of messages/*.toml, and the look-up in them."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any, Literal

from sifcheck.base.startup import NamedTuple, pattern

Phase = Literal[
    "call",
    "definition",
    "machine",
    "fetch",
    "unpack",
    "files",
    "setup",
    "post",
    "test",
    "squashfs",
    "output",
    "run",
    "job",
]
"""How far the build had come: `machine` is what is looked at before it starts, `setup` holds %pre as well."""

PHASES: dict[Phase, str] = {
    "call": "the command line",
    "definition": "reading the definition file",
    "machine": "before the build started",
    "fetch": "fetching the base image",
    "unpack": "unpacking the base image",
    "files": "copying %files",
    "setup": "running %setup on the host",
    "post": "running %post",
    "test": "running %test",
    "squashfs": "compressing the image",
    "output": "writing the image",
    "run": "running the image",
    "job": "the batch job",
}
"""Words for each phase, in the order in which a build goes through them."""

WHERE: dict[Phase, str] = {"setup": "%setup", "post": "%post", "test": "%test", "run": "the container"}
"""What `{where}` stands for in the words of an entry: the script that said the line."""

Kind = Literal["end", "cause", "batch", "note"]
"""What a line is to the failure.

end: the runtime says it as it gives up.  cause: a program says it, and the runtime gives up later with fewer words.
batch: the batch system says it, whatever the runtime has said.  note: it looks like a cause and is not.
"""

THEMES = "job storage machine image encryption definition fetch post script packages sources"
"""The files of entries.  Of two entries that a line fits, the one with more weight has it; of equal ones the one whose
theme is named first."""

FALL_BACK = "unknown"
"""The file of the entry that takes the last words of the runtime where no other fits."""


class AtRun(NamedTuple):
    """What an entry means, and what to do, where an image is run and not built: other folders, other rights."""

    meaning: str
    remedy: str
    commands: tuple[str, ...] = ()


class Message(NamedTuple):
    """One entry: how it is known, what it means, what to do.

    `pattern` is searched in one line of the log, without colours and prefixes; what it matches is the telling part.
    `meaning`, `remedy` and `commands` hold `{group}` for its named groups; in commands they are quoted for a shell.
    `{where}` is the script that said it.  `run` is what holds instead where an image is run.
    `weight` says how much it tells of the cause, from 1 (only that something failed) to 9.  `because` names entries that are
    the deeper cause where the log holds one of them before: a command may survive a failure that a later one falls over.
    `rules` are the codes that look for it in a definition file, a script or a machine.  `runtimes` are the beginnings of the
    names of the runtimes that say it, none for all.  `source` is where the words are from.  `examples` are lines of
    real logs.  A line that the pattern fits holds one of `words`, which are quicker to look for.
    """

    name: str
    pattern: re.Pattern[str]
    phase: Phase
    meaning: str
    examples: tuple[str, ...]
    words: tuple[str, ...]
    remedy: str = ""
    commands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    kind: Kind = "end"
    weight: int = 7
    source: str = "Apptainer 1.4.5, measured"
    runtimes: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    run: AtRun | None = None


@cache
def messages() -> tuple[Message, ...]:
    """All entries, in the order in which they are tried: the notes behind the others, the fall-back last."""
    entries = [entry for theme in THEMES.split() for entry in read_theme(theme)]
    entries.sort(key=lambda entry: 0 if entry.kind == "note" else -entry.weight)
    return (*entries, *read_theme(FALL_BACK))


def read_theme(theme: str) -> list[Message]:
    """The entries of one file, in its order.  The files ship with the program; tests check what they hold."""
    import tomllib

    with open(os.path.join(os.path.dirname(__file__), "messages", f"{theme}.toml"), "rb") as file:
        return [_entry(row) for row in tomllib.load(file)["message"]]


def _entry(row: dict[str, Any]) -> Message:
    fields = _fields(row) | {"pattern": pattern(row["pattern"])}
    if "run" in row:
        fields["run"] = AtRun(**_fields(row["run"]))
    return Message(**fields)


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def is_fall_back(message: Message) -> bool:
    """Whether an entry stands for words of the runtime that no other one knows."""
    return message is messages()[-1]


def present(text: str) -> tuple[Message, ...]:
    """The entries that a log without control sequences may hold, in the order in which they are tried: some dozen of all."""
    return tuple(entry for entry in messages() if any(word in text for word in entry.words))


def recognise(line: str, among: tuple[Message, ...] | None = None) -> tuple[Message, re.Match[str]] | None:
    """The entry that a line of a log belongs to, and where it fits; None for most lines.

    `line` is without colours and prefixes, one character a byte (as in `Source`); `among` are the entries to try.
    """
    # What the runtime only warns of does not end the build.
    warning = line.startswith(("WARNING", "INFO", "VERBOSE", "DEBUG"))
    for message in messages() if among is None else among:
        for word in message.words:
            if word in line:
                found = message.pattern.search(line)
                if found is not None and (not warning or message.kind == "note"):
                    return message, found
                break
    return None
