"""One thing that the log of a failed build can say, and what it means."""

from __future__ import annotations

import re
from typing import Literal

from sifcheck.base.startup import NamedTuple

Phase = Literal[
    "call",
    "definition",
    "machine",
    "fetch",
    "unpack",
    "files",
    "post",
    "test",
    "squashfs",
    "output",
    "run",
    "job",
]
"""How far the build had come: `machine` is what is looked at before it starts, `post` holds %setup and %pre as well."""

PHASES: dict[Phase, str] = {
    "call": "the command line",
    "definition": "reading the definition file",
    "machine": "before the build started",
    "fetch": "fetching the base image",
    "unpack": "unpacking the base image",
    "files": "copying %files",
    "post": "running %post",
    "test": "running %test",
    "squashfs": "compressing the image",
    "output": "writing the image",
    "run": "running the image",
    "job": "the batch job",
}
"""Words for each phase, in the order in which a build goes through them."""

Kind = Literal["end", "cause", "batch", "note"]
"""What a line is to the failure.

end: the runtime says it as it gives up.  cause: a program says it, and the runtime gives up later with fewer words.
batch: the batch system says it, whatever the runtime has said.  note: it looks like a cause and is none.
"""

MEASURED = "Apptainer 1.4.5, measured"
READ = "source of the runtime"
REPORTED = "reports of users"


class Message(NamedTuple):
    """One entry: how it is known, what it means, what to do.

    `pattern` is searched in one line of the log, without colours and prefixes; what it matches is the telling part.
    `meaning`, `remedy` and `commands` hold `{group}` for its named groups; in commands they are quoted for a shell.
    `weight` says how much it tells of the cause, from 1 (only that something failed) to 9.  `rules` are the codes that tell
    of it before a build.  `flavours` are the beginnings of the names of the runtimes that say it, none for all.
    `examples` are lines of real logs.  A line that the pattern fits holds one of `words`, which are quicker to look for.
    """

    name: str
    pattern: re.Pattern[str]
    phase: Phase
    meaning: str
    remedy: str
    examples: tuple[str, ...]
    commands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    kind: Kind = "end"
    weight: int = 7
    source: str = MEASURED
    flavours: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
