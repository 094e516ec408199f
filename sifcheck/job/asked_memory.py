"""The memory that a batch script asks its scheduler for: what a build in it may use on the node where it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import parse_size

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.job.model import Directive, JobScript, Resource

__all__ = ["AskedMemory", "memory_asked", "room_asked"]

_NUMBER = pattern(r"\d{1,6}")
_GPUS = pattern(r"(?:^|[:=,])(\d{1,3})(?=\(|,|$)")
_ROOM_OPTION = pattern(r"(-\S+)[ =](?:[\w.-]+,)*([\w.-]+)=\d+\w*")


class AskedMemory(NamedTuple):
    """The bytes that the job may use on its first node, and where it says so."""

    bytes: int
    span: Span


def memory_asked(job: JobScript) -> AskedMemory | None:
    """What the script, or the command line that submits it, asks for; None where it asks for no number, or for all.

    Slurm gives `--mem` on each node and counts in MiB (0 is the whole node), `--mem-per-cpu` and `--mem-per-gpu` for each
    that the job gets there; PBS `mem` for each chunk, in bytes; PJM `node-mem` and `vnode-mem` on each node.  Where several
    nodes share what is asked for, nobody can tell how, and it is None.  Source: manual pages of sbatch and of OpenPBS's
    pbs_resources; description of pjsub.
    """
    found = {"slurm": _of_slurm, "pbs": _of_pbs, "pjm": _of_pjm}
    scheduler = job.scheduler
    asked = next(found[scheduler](job), None) if scheduler is not None else None
    return asked if asked is not None and asked.bytes else None


def room_asked(job: JobScript, directive: str) -> int | None:
    """The bytes of a folder for temporary files that the job asks for, by an option as a site writes it.

    `directive` is like `--llio localtmp-size=40Gi`.  None where the job does not ask for it, or in no number.
    """
    named = _ROOM_OPTION.fullmatch(directive.strip())
    if named is None:
        return None
    for option in reversed(job.given(named[1])):
        part = option.resource(named[2])
        if part is not None:
            return parse_size(part.value)
    return None


# -- Slurm


def _of_slurm(job: JobScript) -> Iterator[AskedMemory]:
    for option, count in (("--mem", _once), ("--mem-per-cpu", _cores), ("--mem-per-gpu", _gpus)):
        given = job.given(option)
        if given:
            size, times = parse_size(given[-1].value or "", unit="m"), count(job)
            if size is not None and times is not None:
                yield AskedMemory(size * times, given[-1].value_span)
            return


def _once(_: JobScript) -> int | None:
    return 1


def _cores(job: JobScript) -> int | None:
    """The cores that the job gets on a node; None where that hangs on how tasks are spread, or on the node."""
    if job.given("--exclusive", "--overcommit"):
        return None
    each = _count(job.value("--cpus-per-task"), 1)
    per_node = _count(job.value("--ntasks-per-node", "--tasks-per-node"), 0)
    if per_node == 0:
        per_node = _count(job.value("--ntasks"), 1)
        nodes = _count(job.value("--nodes"), 1)
        if nodes != 1 and per_node != 1:
            return None
    return each * per_node if each is not None and per_node is not None else None


def _gpus(job: JobScript) -> int | None:
    """The GPUs that the job gets on its one node."""
    if _count(job.value("--nodes"), 1) != 1:
        return None
    for option in ("--gpus-per-node", "--gpus", "--gres"):
        found = _GPUS.findall(job.value(option) or "")
        if found:
            return sum(map(int, found))
    return None


def _count(text: str | None, default: int) -> int | None:
    """A number of tasks and the like; None for what is none, as a range of nodes."""
    if text is None:
        return default
    return int(text) if _NUMBER.fullmatch(text.strip()) else None


# -- PBS and PJM


def _of_pbs(job: JobScript) -> Iterator[AskedMemory]:
    for directive in reversed(job.given("-l")):
        part = directive.resource("mem")
        size = parse_size(part.value) if part is not None else None
        if part is None or size is None:
            continue
        chunks = directive.resource("select", "nodes")
        if _in_list(directive, part) and chunks is not None:
            # Several chunks may come to lie on one node, and then share what each of them asked for.
            count = _count(chunks.value, 1) if _one_kind(directive) else None
            if count is None:
                return
            size *= count
        yield AskedMemory(size, part.value_span)
        return


def _in_list(directive: Directive, part: Resource) -> bool:
    """Whether a resource stands in a `select=`, and not beside it."""
    names = [piece.partition("=")[0] for piece in (directive.value or "").split(",")]
    return part.name not in names and part.name in [one.name for one in directive.resources]


def _one_kind(directive: Directive) -> bool:
    return "+" not in (directive.value or "")


def _of_pjm(job: JobScript) -> Iterator[AskedMemory]:
    part = job.resource("node-mem", "vnode-mem")
    if part is not None and part.value[-1:].isalpha():
        size = parse_size(part.value)
        if size is not None:
            yield AskedMemory(size, part.value_span)
