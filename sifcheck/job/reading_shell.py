"""Which shell reads a batch script, and whether it takes it: by its `#!` line or the `-S` of PBS, else the login shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.source import Span
from sifcheck.base.startup import pattern
from sifcheck.job.placeholders import placeholders_in

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.shell.model import Dialect
    from sifcheck.shell.refusing import Refusal

_BY_NAME: dict[str, Dialect] = {"bash": "bash", "dash": "sh", "ash": "ash", "busybox": "ash"}
# These start a script without a `#!` line in the login shell; Slurm does not take one.
_BY_LOGIN_SHELL = ("pbs", "pjm")
_OF_TEMPLATE = pattern(r"\{%|<%|\{\{|%>|%\}")


def reading_shells(job: JobScript) -> tuple[Dialect, ...]:
    """The shells of which one reads the script: all of them where nobody can say, none where it is another program."""
    from sifcheck.shell.refusing import EVERY_SHELL

    named = job.value("-S") if job.scheduler == "pbs" else None
    program = named.rpartition("/")[2] if named else job.shell
    if not program:
        return EVERY_SHELL if job.shebang is None and job.scheduler in _BY_LOGIN_SHELL else ()
    if program == "sh":
        return EVERY_SHELL
    return (_BY_NAME[program],) if program in _BY_NAME else ()


def refusal_of_job(job: JobScript) -> Refusal | None:
    """Why the shell that reads a batch script refuses it; None where it takes it, or nobody can say.

    Of a template that a program fills in nobody can, and a merge that was left open is the cause of all that follows.
    """
    if not job.script.doubted or _OF_TEMPLATE.search(job.source.text):
        return None
    dialects = reading_shells(job)
    if not dialects:
        return None
    from sifcheck.shell.refusing import refusal_by_all

    text = job.text
    refusal = refusal_by_all(text, dialects, Span, placeholders_in(text))
    if refusal is None or any(conflict.start.start <= refusal.span.start for conflict in job.conflicts):
        return None
    return refusal
