"""What a batch script asks for, whichever scheduler it is for: nodes, tasks, GPUs, time, variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import NamedTuple, Span, pattern

if TYPE_CHECKING:
    from sifcheck.api import Assignment, Directive, JobScript, Resource, RuntimeCall, Site

TITLES = {"pjm": "PJM", "slurm": "Slurm", "pbs": "PBS"}
SUBMITS = {"pjm": "pjsub", "slurm": "sbatch", "pbs": "qsub"}
SUBMIT_FOLDER = {"pjm": "PJM_O_WORKDIR", "slurm": "SLURM_SUBMIT_DIR", "pbs": "PBS_O_WORKDIR"}

TMPDIRS = ("APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR")
"""The variables that name the folder for a build's temporary files; the first that is set counts."""

_NUMBER = pattern(r"\d+")
_GPU = pattern(r"(?:^|,)gpu(?:$|,|[:=](?!0(?:$|,)))")
_NVIDIA = pattern(r"nvidia|/dev/dri|/dev/kfd|rocm|cuda", 2)


# -- sizes of the job


def nodes_asked(job: JobScript) -> int | None:
    """The least number of nodes that the directives ask for; None where they do not say."""
    value = job.value("--nodes")
    if value is None:
        found = job.resource("node", "vnode", "select", "nodes")
        value = found.value if found is not None else None
        if value is not None and "x" in value:  # PJM: 2x3 nodes
            return _product(value)
    match = _NUMBER.match(value or "")
    return int(match[0]) if match else None


def tasks_asked(job: JobScript) -> int | None:
    """The least number of ranks that the directives ask for; None where they do not say."""
    tasks = _number(job.value("--ntasks"))
    if tasks is not None:
        return tasks
    nodes = nodes_asked(job)
    each = _number(job.value("--ntasks-per-node", "--tasks-per-node"))
    if each is not None:
        return each * (nodes or 1)
    for directive in job.given("--mpi"):
        ranks = directive.resource("proc")
        if ranks is not None and _number(ranks.value) is not None:
            return _number(ranks.value)
    found = job.resource("mpiprocs", "ppn")
    if found is not None and _number(found.value) is not None:
        return (nodes or 1) * (_number(found.value) or 1)
    return nodes


def _number(text: str | None) -> int | None:
    match = _NUMBER.fullmatch((text or "").strip())
    return int(match[0]) if match else None


def _product(text: str) -> int | None:
    numbers = [int(part) for part in _NUMBER.findall(text)]
    total = 1
    for number in numbers:
        total *= number
    return total if numbers else None


def array_of(job: JobScript) -> Directive | None:
    """The directive that makes the job an array whose tasks run side by side; None for any other job."""
    for directive in job.given("--array", "-J", "-t", "--bulk"):
        if directive.scheduler == "slurm" and directive.option != "--array":
            continue
        value = directive.value or ""
        if directive.option != "--bulk" and (value.endswith("%1") or not _NUMBER.match(value)):
            continue
        if directive.option == "--bulk" or any(sign in value for sign in "-,"):
            return directive
    return None


def slurm_seconds(text: str) -> int | None:
    """A limit of time as Slurm reads it: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S; None for what is none."""
    days, dash, rest = text.strip().rpartition("-")
    parts = rest.split(":")
    if not all(part.isdigit() for part in parts) or len(parts) > 3 or (dash and not days.isdigit()):
        return None
    numbers = [int(part) for part in parts]
    if dash:
        hours, minutes, seconds = (*numbers, 0, 0)[:3]
        return ((int(days) * 24 + hours) * 60 + minutes) * 60 + seconds
    if len(numbers) == 3:
        return (numbers[0] * 60 + numbers[1]) * 60 + numbers[2]
    return numbers[0] * 60 + (numbers[1] if len(numbers) == 2 else 0)


# -- GPUs


def gpu_request(job: JobScript, site: Site | None) -> Directive | Resource | None:
    """What asks for GPUs: a directive, a resource, or a queue whose nodes have them by what the site says."""
    for directive in job.asked:
        value = directive.value or ""
        if directive.option.startswith("--gpus") and value not in ("", "0"):
            return directive
        if directive.option in ("--gres", "--tres-per-task") and _GPU.search(value.replace("gres/", "")):
            return directive
    for name in ("gpu", "ngpus", "gpus"):
        found = job.resource(name)
        if found is not None and found.value not in ("", "0"):
            return found
    if site is None:
        return None
    for directive in job.given("--partition", "-q"):
        if (directive.value or "") in site.scheduler.gpu_queues:
            return directive
    found = job.resource("rscgrp", "rg")
    return found if found is not None and found.value in site.scheduler.gpu_queues else None


def brings_gpus(call: RuntimeCall) -> bool:
    """Whether a call makes the host's GPUs seen in the image."""
    if call.option("--nv", "--nvccli", "--rocm", "--device", "--cdi-dirs"):
        return True
    return any(_NVIDIA.search(option.value.text) for option in call.options if option.value is not None)


# -- ranks


def ranks_of(call: RuntimeCall, job: JobScript) -> int | None:
    """How many ranks a launcher starts the call in; 1 without a launcher, None where that is not known."""
    command = call.launching_command
    if call.launcher is None or command is None:
        return 1
    names = ("-n", "-np", "--ntasks", "--n", "--np", "-c" if call.launcher != "srun" else "--ntasks")
    words = command.words
    for number, word in enumerate(words):
        text = word.value or word.prefix
        if text.rpartition("/")[2] in ("singularity", "apptainer"):
            break
        name, equals, value = text.partition("=")
        if name in names:
            given = value if equals else words[number + 1].value if number + 1 < len(words) else None
            counted = _number(given)
            return counted if counted is not None else tasks_asked(job)
        if text.startswith("-n") and text[2:].isdigit():
            return int(text[2:])
    return tasks_asked(job)


# -- variables


class Given(NamedTuple):
    """A variable that the job sets for what it runs: where, and to what; `value` None where that is not known."""

    name: str
    value: str | None
    span: Span
    assignment: Assignment | None


def exported(job: JobScript, call: RuntimeCall, *names: str) -> Iterator[Given]:
    """The settings of variables that a call sees: of directives, of the script before it, of the call's own line."""
    yield from given_by_directives(job, *names)
    script = job.script
    everything = sets_allexport(job)
    for assignment in script.assignments:
        if assignment.name not in names or assignment.span.start > call.span.start:
            continue
        own = assignment.prefix and assignment.command is call.command
        if not own and (assignment.prefix or assignment.function):
            continue
        if own or everything or assignment.exported or script.exports(assignment.name):
            yield Given(assignment.name, value_of(job, assignment), assignment.span, assignment)
    for assignment in call.command.prefix:
        if assignment.name in names and not any(assignment.start == a.start for a in script.assignments):
            yield Given(assignment.name, value_of(job, assignment), assignment.span, assignment)


_SET_BY_DEFAULT = pattern(r"TMPDIR:?=")


def may_have_tmpdir(job: JobScript, call: RuntimeCall) -> bool:
    """Whether the folder for temporary files may be set where nobody follows it.

    That is by an option, in a here-document or string that the call stands in, in a function, or in a file that is read.
    """
    in_function = any(one.function and one.name in TMPDIRS for one in job.script.assignments)
    read = any(one.span.start < call.span.start for one in job.script.commands("source", "."))
    by_default = any(_SET_BY_DEFAULT.search(part.text) for part in job.script.variables)
    return bool(call.option("--tmpdir") or _sets_inside(call) or in_function or read or by_default)


def _sets_inside(call: RuntimeCall) -> bool:
    """Whether the here-document or string that a call stands in sets a folder for temporary files."""
    return bool(call.outer) and any(one.name in TMPDIRS for one in call.script.assignments)


def tmpdir_of(call: RuntimeCall) -> str:
    """The runtime's own variable for the folder of temporary files."""
    return "APPTAINER_TMPDIR" if call.program == "apptainer" else "SINGULARITY_TMPDIR"


def lost_in_group(job: JobScript, call: RuntimeCall) -> Span | None:
    """Where TMPDIR is set that a build does not see if `sg` or `newgrp` starts it; None where it has what it needs."""
    if call.subcommand != "build" and not call.fetches:
        return None
    if _sets_inside(call) or any(exported(job, call, *TMPDIRS[:2])):
        return None
    given = [one for one in exported(job, call, "TMPDIR") if one.assignment is not None and one.value]
    return given[-1].span if given and not _is_prefix(given[-1]) else None


def _is_prefix(given: Given) -> bool:
    return given.assignment is not None and given.assignment.prefix


def given_by_directives(job: JobScript, *names: str) -> Iterator[Given]:
    """The variables that directives set: `-x` of PJM, `-v` of PBS, `--export` of Slurm."""
    for directive in job.given("-x", "-v"):
        for part in directive.resources:
            if part.name in names and part.value:
                yield Given(part.name, part.value, part.span, None)
    for directive in job.given("--export"):
        for text in (directive.value or "").split(","):
            name, equals, value = text.partition("=")
            if name in names and equals:
                yield Given(name, value, directive.span, None)


def value_of(job: JobScript, assignment: Assignment) -> str | None:
    """What an assignment sets, variables put in that are settled; one that begins with a variable stays as written."""
    word = assignment.value
    if word is None:
        return ""
    if word.value is not None:
        return word.value
    values = job.calls[0].values if job.calls else {}
    found = []
    for part in word.parts:
        text = part.value
        if part.kind == "variable" and not part.expansion and part.name:
            text = values.get(part.name, f"${part.name}")
        if text is None:
            return None
        found.append(text)
    return "".join(found)


def sets_allexport(job: JobScript) -> bool:
    """Whether the script exports all that it sets."""
    return any(
        (word.value or "").startswith("-") and "a" in (word.value or "")[1:]
        if word.value != "allexport"
        else True
        for command in job.script.commands("set")
        for word in command.arguments
    )


def is_local(value: str, site: Site) -> bool | None:
    """Whether a path lies in one of the site's folders for temporary files; None where it hangs on a variable of no site."""
    for place in site.tmp.candidates:
        path = place.path.replace("${", "$").replace("}", "")
        if value == path or value.startswith(path.rstrip("/") + "/"):
            return True
    return None if value.startswith("$") and not value.startswith("$HOME") else False
