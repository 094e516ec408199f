"""The folder that a call in a batch script is made in, as far as the script tells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sifcheck.job.order import NEVER, reached
from sifcheck.shell.effects import ChangedFolder, effects_of

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.runtime.call import RuntimeCall

__all__ = ["SUBMIT_FOLDERS", "folder_at"]

SUBMIT_FOLDERS = {"pjm": "PJM_O_WORKDIR", "slurm": "SLURM_SUBMIT_DIR", "pbs": "PBS_O_WORKDIR"}
"""The variable of each scheduler for the folder where the job was submitted, which is taken to be where it starts."""


def folder_at(job: JobScript, call: RuntimeCall, start: str) -> str | None:
    """The folder of a call in a script that starts in `start`, by the `cd` above it; None where it hangs on a variable."""
    folder = _chosen(job, start)
    function, until = call.outermost.function, reached(call.outermost)
    until = call.span.start if until == NEVER else until
    for command, target in effects_of(job.script, ChangedFolder):
        if function is not None and command.function == function:
            return None  # it follows those that stand below it
        if command.span.start > until:
            break
        if target is None:
            return None
        if (
            target.variables
            and set(target.variables) <= set(SUBMIT_FOLDERS.values())
            and target.suffix == target.prefix == ""
        ):
            folder = start
            continue
        value = call.value_of(target)
        if value is None or value.startswith(("~", "-")):
            return None
        folder = os.path.join(folder, value)
    return folder


def _chosen(job: JobScript, start: str) -> str:
    """The folder that the job begins in: the one that Slurm's `--chdir` names, else the one that it was submitted in."""
    value = job.value("--chdir") if job.scheduler == "slurm" else None
    return os.path.join(start, value) if value else start
