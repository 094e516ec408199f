"""The line that saves a compute node's snapshot: a batch job of one command, for the scheduler at hand."""

from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

from sifcheck.app.outcome import UsageError
from sifcheck.base.text import quote

if TYPE_CHECKING:
    from sifcheck.site.model import Site

_FILE = "compute-node.json"
_SUBMIT = {"pjm": "pjsub", "slurm": "sbatch", "pbs": "qsub", "grid-engine": "qsub"}


def snapshot_job(site: Site | None) -> str:
    """The line to type on a login node, and a comment that says what it takes there.

    The scheduler is the site's, without a site the one whose command is on PATH.  Raises UsageError where there is none.
    """
    return f"{_line(site)}\n{_needed(site)}"


def _needed(site: Site | None) -> str:
    there = site.architecture if site is not None else None
    built = f", installed for {there}" if there is not None else ", installed for the processor of that node"
    return f"# sifcheck must be on PATH in the job too{built}"


def _line(site: Site | None) -> str:
    kind = _scheduler(site)
    if not isinstance(kind, str):
        kind = next((kind for kind, command in _SUBMIT.items() if which(command)), None)
    if kind is None:
        raise UsageError("--job: no batch scheduler is here (pjsub, sbatch, qsub); name a site with --site")
    doctor = f"sifcheck doctor --save {_FILE}"
    options = _given_options(site)
    if kind == "slurm":
        return f"sbatch {options or '-N 1 -t 5'} --wrap {quote(doctor)}"
    if kind == "pjm":
        return f"printf '%s\\n' {quote(doctor)} | pjsub {options or '-L node=1,elapse=5:00'} -"
    chosen = options or ("-l select=1 -l walltime=5:00" if kind == "pbs" else "-l h_rt=0:05:00")
    return f"echo {quote(doctor)} | qsub {chosen}"


_PREFIXES = {"PJM_": "pjm", "SLURM_": "slurm", "PBS_": "pbs"}


def _scheduler(site: Site | None) -> str | None:
    """The scheduler of a site; where the signs of the nodes that are asked for name the variable of another, that one."""
    if site is None:
        return None
    for sign in site.site.detect:
        for name in sign.env if sign.role == site.role else ():
            found = next((kind for prefix, kind in _PREFIXES.items() if name.startswith(prefix)), None)
            if found is not None:
                return found
    return site.scheduler.type if isinstance(site.scheduler.type, str) else None


def _given_options(site: Site | None) -> str:
    """The options of the site's own example of a build job, where such a job goes to the scheduler that is meant."""
    if site is None or _scheduler(site) != site.scheduler.type:
        return ""
    return " ".join(site.scheduler.build_example)
