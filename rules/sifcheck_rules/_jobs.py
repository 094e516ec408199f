"""What a batch script asks for, whichever scheduler it is for: nodes, tasks, GPUs, time, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    TMPDIRS,
    Edit,
    Span,
    exported,
    first_run,
    insert_before,
    outside_group,
    pattern,
)

if TYPE_CHECKING:
    from sifcheck.api import Command, Directive, Given, JobScript, Resource, RuntimeCall, Site

TITLES = {"pjm": "PJM", "slurm": "Slurm", "pbs": "PBS"}
SUBMITS = {"pjm": "pjsub", "slurm": "sbatch", "pbs": "qsub"}
SUBMIT_FOLDER = {"pjm": "PJM_O_WORKDIR", "slurm": "SLURM_SUBMIT_DIR", "pbs": "PBS_O_WORKDIR"}

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
    given = _given_to_launcher(command)
    names = ("-n", "-np", "--ntasks", "--n", "--np", "-c" if call.launcher != "srun" else "--ntasks")
    counted = next((value for name, value in given if name in names), "")
    if counted != "":
        number = _number(counted)
        return number if number is not None else tasks_asked(job)
    if call.launcher == "srun":
        nodes = next((value for name, value in given if name in ("-N", "--nodes")), "")
        each = next((value for name, value in given if name == "--ntasks-per-node"), "")
        if nodes != "" and each != "":
            numbers = _number(nodes), _number(each)
            return numbers[0] * numbers[1] if numbers[0] is not None and numbers[1] is not None else None
    return tasks_asked(job)


def _given_to_launcher(command: Command) -> list[tuple[str, str | None]]:
    """The options before the runtime's name on a line, each with the word that may be its value; None: it is not known."""
    words = command.words
    found: list[tuple[str, str | None]] = []
    for number, word in enumerate(words):
        text = word.value or word.prefix
        if text.rpartition("/")[2] in ("singularity", "apptainer"):
            break
        name, equals, value = text.partition("=")
        if name[:1] != "-":
            continue
        if name[:2] in ("-n", "-N") and name[2:].isdigit():
            found.append((name[:2], name[2:]))
        elif equals:
            found.append((name, value if word.value is not None else None))
        else:
            found.append((name, words[number + 1].value if number + 1 < len(words) else None))
    return found


# -- variables

# What a line ends with that goes on in the next one.
_GOES_ON = pattern(r"(?:[|]|&&|\\)[ \t]*\r?\n[ \t]*\Z")


def set_above(call: RuntimeCall, line: str) -> Edit:
    """The edit that puts a line where it holds for the whole of a call's loop, `if` or function; sh only."""
    command = first_run(call.outermost)
    if command is None or (call.job is not None and call.job.is_csh):
        return NOWHERE
    start = command.around.block
    if start is None:
        return insert_before(command, line)
    text = command.script.text
    begin = text.rfind("\n", 0, start) + 1
    indentation = text[begin:start]
    if indentation.strip(" \t") or _GOES_ON.search(text, max(0, begin - 200), begin):
        return NOWHERE
    return Edit(begin, begin, f"{indentation}{line}\n")


def tmpdir_of(call: RuntimeCall) -> str:
    """The runtime's own variable for the folder of temporary files."""
    return "APPTAINER_TMPDIR" if call.program == "apptainer" else "SINGULARITY_TMPDIR"


def lost_in_group(job: JobScript, call: RuntimeCall) -> Span | None:
    """Where TMPDIR is set that a build does not see if `sg` or `newgrp` starts it; None where it has what it needs."""
    if call.subcommand != "build" and not call.fetches:
        return None
    if any(exported(job, call, *TMPDIRS[:2])):
        return None
    given = [one for one in exported(job, call, "TMPDIR") if one.assignment is not None and one.value]
    if not given or _is_prefix(given[-1]) or _is_set_inside(given[-1], call):
        return None
    return given[-1].span


def _is_set_inside(given: Given, call: RuntimeCall) -> bool:
    """Whether a variable is set in what `sg` or `newgrp` starts."""
    outside = outside_group(call)
    return bool(outside) and given.assignment is not None and given.assignment.script not in outside


def _is_prefix(given: Given) -> bool:
    return given.assignment is not None and given.assignment.prefix


def is_local(value: str, site: Site) -> bool | None:
    """Whether a path lies in one of the site's folders for temporary files; None where it hangs on a variable of no site."""
    for place in site.tmp.candidates:
        path = place.path.replace("${", "$").replace("}", "")
        if value == path or value.startswith(path.rstrip("/") + "/"):
            return True
    return None if value.startswith("$") and not value.startswith("$HOME") else False
