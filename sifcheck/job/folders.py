"""The folder that a call in a batch script is made in, as far as the script tells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sifcheck.job.order import NEVER, command_in, is_excluded, reached
from sifcheck.shell.effects import ChangedFolder, effects_of

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Command, Word

__all__ = ["SUBMIT_FOLDERS", "folder_at"]

SUBMIT_FOLDERS = {"pjm": "PJM_O_WORKDIR", "slurm": "SLURM_SUBMIT_DIR", "pbs": "PBS_O_WORKDIR"}
"""The variable of each scheduler for the folder where the job was submitted, which is taken to be where it starts."""


def folder_at(job: JobScript, call: RuntimeCall, start: str) -> str | None:
    """The folder of a call in a script that starts in `start`, by the `cd` above it; None where that is not known.

    What a subshell or the string of another shell changes holds in there alone.
    """
    folder: str | None = _chosen(job, start)
    for script in call.scripts:
        command = command_in(call, script)
        until = reached(command)
        until = command.span.start if until == NEVER else until
        for changing, target in effects_of(script, ChangedFolder):
            if command.function is not None and changing.function == command.function:
                return None  # it follows those that stand below it
            if changing.span.start > until:
                break
            if is_excluded(changing, command) or _is_left(changing, command):
                continue
            folder = _gone_to(call, folder, target, start)
            if folder is None or _may_not_run(changing, command):
                return None
    return folder


def _gone_to(call: RuntimeCall, folder: str | None, target: Word | None, start: str) -> str | None:
    if target is None or folder is None:
        return None
    own = target.variables and set(target.variables) <= set(SUBMIT_FOLDERS.values())
    if own and target.suffix == target.prefix == "":
        return start
    value = call.value_of(target)
    return None if value is None or value.startswith(("~", "-")) else os.path.join(folder, value)


def _is_left(changing: Command, command: Command) -> bool:
    """Whether a folder is changed in a subshell or substitution that ends before a command."""
    own = changing.subshell or changing.substitution
    return own and (changing.around.block, changing.around.within) != (
        command.around.block,
        command.around.within,
    )


def _may_not_run(changing: Command, command: Command) -> bool:
    """Whether a folder is changed in one case only, and a command runs in any."""
    sides = dict(command.around.sides)
    return any(whole not in sides for whole, _ in changing.around.sides)


def _chosen(job: JobScript, start: str) -> str:
    """The folder that the job begins in: the one that Slurm's `--chdir` names, else the one that it was submitted in."""
    value = job.value("--chdir") if job.scheduler == "slurm" else None
    return os.path.join(start, value) if value else start
