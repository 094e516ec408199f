"""The batch scheduler and the job that this runs in, as its variables tell."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import parse_size
from sifcheck.host.snapshot import Scheduler, Variable

__all__ = ["look_at_scheduler"]


class _Signs(NamedTuple):
    kind: str
    job: str
    commands: tuple[str, ...]
    node_local: tuple[str, ...]


_SCHEDULERS = (
    _Signs("pjm", "PJM_JOBID", ("pjsub",), ("PJM_LOCALTMP", "PJM_SHAREDTMP", "PJM_JOBDIR")),
    _Signs("slurm", "SLURM_JOB_ID", ("sbatch",), ("SLURM_TMPDIR", "LOCAL_SCRATCH")),
    _Signs("pbs", "PBS_JOBID", ("qsub",), ("PBS_LOCALDIR", "PBS_JOBDIR")),
    _Signs("lsf", "LSB_JOBID", ("bsub",), ()),
    _Signs("sge", "JOB_ID", ("qsub",), ("SGE_LOCALDIR", "T4TMPDIR")),
)


def look_at_scheduler(environment: Mapping[str, str], exists: Callable[[str], bool]) -> Scheduler:
    """The scheduler whose job this is, else the one whose command to submit is on PATH."""
    for signs in _SCHEDULERS:
        job = environment.get(signs.job)
        if job and (signs.kind != "sge" or "SGE_ROOT" in environment):
            return _made(signs, job, environment, exists)
    for signs in _SCHEDULERS:
        if _on_path(signs.commands, environment, exists):
            kind = "sge" if signs.kind == "pbs" and "SGE_ROOT" in environment else signs.kind
            return _made(signs._replace(kind=kind), None, environment, exists)
    return Scheduler(None, None, (), None, ())


def _made(
    signs: _Signs, job: str | None, environment: Mapping[str, str], exists: Callable[[str], bool]
) -> Scheduler:
    return Scheduler(
        kind=signs.kind,
        job=job,
        commands=_on_path(signs.commands, environment, exists),
        memory_bytes=_memory(signs.kind, environment) if job else None,
        node_local=tuple(
            Variable(name, environment[name]) for name in signs.node_local if environment.get(name)
        ),
    )


def _on_path(
    names: tuple[str, ...], environment: Mapping[str, str], exists: Callable[[str], bool]
) -> tuple[str, ...]:
    folders = [folder for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    return tuple(name for name in names if any(exists(os.path.join(folder, name)) for folder in folders))


def _memory(kind: str, environment: Mapping[str, str]) -> int | Unknown | None:
    """What the job asked for on this node; Slurm counts in MiB, 0 is the whole node."""
    if kind != "slurm":
        return Unknown(f"{kind} puts it into no variable")
    whole = environment.get("SLURM_MEM_PER_NODE")
    each = environment.get("SLURM_MEM_PER_CPU")
    if whole:
        size = parse_size(whole, unit="m")
        return size or None
    if each:
        size, cores = parse_size(each, unit="m"), environment.get("SLURM_CPUS_ON_NODE", "")
        return (
            size * int(cores)
            if size and cores.isdecimal()
            else Unknown("SLURM_CPUS_ON_NODE does not say how many")
        )
    return None
