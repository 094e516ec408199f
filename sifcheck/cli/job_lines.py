"""The line that saves a compute node's snapshot: a batch job of one command, for the scheduler at hand."""

from __future__ import annotations

import shlex
from shutil import which
from typing import TYPE_CHECKING

from sifcheck.cli.parser import UsageError

if TYPE_CHECKING:
    from sifcheck.site.model import Site

_FILE = "compute-node.json"
_SUBMIT = {"pjm": "pjsub", "slurm": "sbatch", "pbs": "qsub", "grid-engine": "qsub"}


def snapshot_job(site: Site | None) -> str:
    """The line to type on a login node; with `<...>` for what every site names differently.

    The scheduler is the site's, without a site the one whose command is on PATH.  Raises UsageError where there is none.
    """
    kind = site.scheduler.type if site is not None else None
    if not isinstance(kind, str):
        kind = next((kind for kind, command in _SUBMIT.items() if which(command)), None)
    if kind is None:
        raise UsageError("--job: no batch scheduler is here (pjsub, sbatch, qsub); name a site with --site")
    doctor = f"sifcheck doctor --save {_FILE}"
    options = _given_options(site)
    if kind == "slurm":
        return f"sbatch {options or '-N 1 -t 5'} --wrap {shlex.quote(doctor)}"
    if kind == "pjm":
        return f"printf '%s\\n' {shlex.quote(doctor)} | pjsub {options or '-L node=1,elapse=5:00'} -"
    chosen = options or ("-l select=1 -l walltime=5:00" if kind == "pbs" else "-l h_rt=0:05:00")
    return f"echo {shlex.quote(doctor)} | qsub {chosen}"


def _given_options(site: Site | None) -> str:
    """The options of the site's own example of a build job."""
    return " ".join(site.scheduler.build_example) if site is not None else ""
