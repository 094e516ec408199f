"""A call that is about to be made, as the rules on calls see those in scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sifcheck.base.source import Source
from sifcheck.job.model import JobScript
from sifcheck.shell import script_of_words

__all__ = ["given_call"]


def given_call(path: str, words: Sequence[str], variables: Mapping[str, str] | None = None) -> JobScript:
    """A batch script of one command with these words, which were given one by one: no shell reads them again.

    `variables` are set for it alone; `path` is what the script is called in a report.
    """
    line = script_of_words(words, variables)
    job = JobScript(Source(path, f"{line.text}\n".encode("latin-1")))
    job.stop = 0
    line.section = job
    job.take_script(line)
    return job
