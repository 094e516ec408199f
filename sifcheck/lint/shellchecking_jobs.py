"""Batch scripts for ShellCheck: what it is given of one, and which of its answers make no sense there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

INFO_IN_JOBS = {
    2206: "options are put together word by word on purpose more often than not",
    2207: "options are put together word by word on purpose more often than not",
    2238: "a log may well be called like a program",
}
"""Codes that ShellCheck calls a warning and that are only told in passing in batch scripts."""

# The folder that a job was submitted from is there.
_SUBMIT_FOLDER = pattern(r"\$\{?(?:SLURM_SUBMIT_DIR|PBS_O_WORKDIR|PJM_O_WORKDIR)\b")


def goes_to_submit_folder(command: str) -> bool:
    """Whether a `cd` goes to where the job was submitted."""
    return _SUBMIT_FOLDER.search(command) is not None


def text_of_job(job: JobScript) -> str | None:
    """A batch script without its first line, which says which shell it is; None where a command stands there.

    Lines that a merge left behind are blanked: they have a rule of their own.
    """
    text = job.source.data.decode("utf-8", "surrogateescape")
    text = "".join("?" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text) if not text.isascii() else text
    lines = [f"{line}\n" for line in text.replace("\r\n", "\n").split("\n")]
    for conflict in job.conflicts:
        for span in conflict.markers:
            lines[job.source.line_of(span.start) - 1] = "\n"
    if lines[0].strip() and not lines[0].startswith("#"):
        return None
    return "".join(["\n", *lines[1:]])
