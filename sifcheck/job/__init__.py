"""Batch scripts: the scheduler's directives, the shell below them, and every call of the container runtime.

`read_job` reads a script, `calls_in` finds the calls in any shell text; everything else is what they answer with.
"""

from __future__ import annotations

from sifcheck.job.model import Directive, DirectiveLine, JobScript, Resource
from sifcheck.job.reader import read_job
from sifcheck.runtime.arguments import CallOption
from sifcheck.runtime.call import RuntimeCall

__all__ = [
    "CallOption",
    "Directive",
    "DirectiveLine",
    "JobScript",
    "Resource",
    "RuntimeCall",
    "read_job",
]
