"""How a batch script runs images: with the GPUs it asked for, on all its nodes, and fetched once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    SUBMIT_FOLDERS,
    Draft,
    Edit,
    Findings,
    Span,
    Word,
    bad,
    finding,
    good,
    pattern,
    related,
    rule,
)
from sifcheck_rules.batch._directive_lines import is_site_of
from sifcheck_rules.batch._gpus import brings_gpus, gpu_request, needs_no_option, uses_no_gpu

if TYPE_CHECKING:
    from sifcheck.api import Command, Directive, JobScript, RuntimeCall, Site

_LAUNCHERS = frozenset("srun mpirun mpiexec mpiexec.hydra orterun prterun aprun".split())
_SHELLS = frozenset("sh bash dash zsh".split())
_LAUNCH = pattern(
    r"(?:^|[;&|(\n]|&&|\bexec|\btime)[ \t]*(?:\S*/)?(srun|mpirun|mpiexec(?:\.hydra)?|orterun)(?=[ \t])"
)
# Who gives these has seen to the other nodes.
_FOR_SEVERAL_NODES = frozenset(
    "--launch-agent --hostfile -hostfile --machinefile -machinefile --host -host -H plm_rsh_agent -launcher "
    "-bootstrap".split()
)
# They find each other by themselves, and need no variable of the launcher's.
_OWN_LAUNCHER = pattern(r"\b(?:torchrun|torch\.distributed|accelerate|deepspeed|ray|dask|horovodrun)\b")
# Each node has them for itself.
_OF_ITS_OWN = ("/tmp", "/var/tmp", "/dev/shm", "/worktmp", "/local")  # noqa: S108

# -- JOB107


@rule(
    "JOB107",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "": "the job asks for GPUs, and this call does not bring them into the image",
        "needless": "`{option}` finds nothing: {site} has no such devices",
    },
    help={"": "`{program} {command} {option} ...`", "needless": "leave it out"},
)
@bad(
    """
    #!/bin/bash
    #SBATCH --gres=gpu:1
    singularity exec app.sif python3 train.py
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    #SBATCH --gres=gpu:1
    singularity exec --nv app.sif python3 train.py
    """,
)
@good("""
    #!/bin/bash
    #SBATCH -G 1
    singularity build app.sif app.def
    singularity exec --nv app.sif python3 train.py
    singularity exec app.sif python3 plot.py
    """)
@good("""
    #!/bin/bash
    #SBATCH --gres=gpu:mi250:1
    singularity exec pytorch-rocm.sif python3 train.py
    """)
def gpu_flag_missing(job: JobScript, site: Site | None = None) -> Findings:
    """A job has GPUs, and the image that it runs does not see them.

    Device files are there, the libraries of NVIDIA's driver are not: programs say that no GPU was found, and many go on
    without.  The runtime puts in those of this machine with `--nv`, unless its configuration always does.  AMD's stack is
    in the image, and needs the device files alone: LUMI's guide runs such images without an option.

    Source: the GPU pages of both runtimes' user guides (`always use nv`); LUMI's guide on containers; of 135 findings in
    public scripts 81 were of jobs for AMD's GPUs, which `--nv` is no use for.
    """
    here = site is not None and (job.scheduler is None or is_site_of(site, job.scheduler))
    if site is not None and here and site.gpu.vendor == "none":
        yield from _needless(job, site)
    asked = gpu_request(job, site)
    if asked is None or job.is_csh or any(brings_gpus(call) for call in job.calls):
        return  # in csh a call that brings them may not be seen
    if needs_no_option(job, site):
        return
    for call in job.calls:
        plain = call.subcommand != "test" and not call.unsure and not call.remote
        if call.runs_image and plain and call.image is not None and not uses_no_gpu(call):
            place = call.option_place
            yield finding(
                call,
                program=call.program,
                command=call.subcommand or "exec",
                option="--nv",
                fix=Edit(place, place, " --nv"),
                related=[related(asked, "asked for here")],
            )


def _needless(job: JobScript, site: Site) -> Iterator[Draft]:
    for call in job.calls:
        option = call.option("--nv", "--nvccli", "--rocm") if call.runs_image else None
        if option is not None:
            yield finding(option.word, "needless", option=option.name, site=site.name, severity="info")


# -- JOB108


@rule(
    "JOB108",
    severity="warning",
    confidence="medium",
    message={
        "": "`{launcher}` is called inside the image, and the job has {nodes} nodes: its ranks stay on one",
        "clean": "`{option}` takes away what {launcher} tells the ranks: they do not find each other",
    },
    help={
        "": "`{launcher} -n N {program} exec IMAGE PROGRAM`: the launcher of the system outside",
        "clean": "leave it out, or hand the launcher's variables over with `--env`",
    },
)
@bad("""
    #!/bin/bash
    #SBATCH --nodes=4
    singularity exec app.sif mpirun -n 192 /opt/app/solve
                             ^^^^^^
    """)
@good("""
    #!/bin/bash
    #SBATCH --nodes=4
    mpirun -n 192 singularity exec app.sif /opt/app/solve
    srun -n 1 singularity exec --cleanenv app.sif /opt/app/prepare
    singularity exec app.sif mpirun --version
    """)
def mpi_launcher_inside(job: JobScript) -> Findings:
    """The ranks of a parallel program are started inside the image, or cut off from what starts them.

    Inside, a launcher knows neither the other nodes nor the batch system, and starts all ranks where it is.  Started
    from outside, each rank learns from variables which one it is; with a clean environment each takes itself for the
    only one.

    Source: the MPI pages of both runtimes' user guides; CSC's guide on containers (`--cleanenv`).
    """
    nodes = _nodes_asked(job)
    for call in job.calls:
        if not call.runs_image:
            continue
        if call.launcher is None:
            inside = _launcher_inside(call) if nodes is not None and nodes > 1 else None
            if inside is not None:
                span, launcher = inside
                yield finding(span, launcher=launcher, nodes=nodes, program=call.program)
            continue
        option = call.option("--cleanenv", "--containall")
        if option is not None and option.name == "--containall" and not _is_parallel(call, job):
            continue
        ranks = _ranks_of(call, job)
        if option is not None and ranks is not None and ranks > 1 and not _hands_over(call):
            yield finding(option.word, "clean", option=option.name, launcher=call.launcher)


_MPI = pattern(r"mpi|pmi[x2]?\b", 2)  # 2: re.I


def _is_parallel(call: RuntimeCall, job: JobScript) -> bool:
    """Whether what srun starts are ranks of one program: it starts programs on their own as well."""
    return call.launcher != "srun" or _MPI.search(job.text) is not None


def _hands_over(call: RuntimeCall) -> bool:
    """Whether the ranks get what they need another way, as far as the call tells."""
    text = " ".join(word.text for word in call.inner_words)
    return call.option("--env", "--env-file") is not None or _OWN_LAUNCHER.search(text) is not None


def _launcher_inside(call: RuntimeCall) -> tuple[Span, str] | None:
    """The launcher that a call starts in the image, by itself or in the string of a shell."""
    words = call.inner_words
    if call.subcommand == "shell" or not words:
        return None
    name = _name(words[0])
    given = {(word.value or word.prefix).partition("=")[0] for word in words}
    if given & _FOR_SEVERAL_NODES:
        return None
    if name in _LAUNCHERS and not given & {"--version", "-V", "--help"}:
        return words[0].span, name
    if name in _SHELLS:
        for word in words[1:4]:
            match = _LAUNCH.search(word.text.strip("\"'"))
            if match is not None and " " in word.text:
                return word.span, match[1]
    return None


def _name(word: Word) -> str:
    return (word.value or "").rpartition("/")[2]


# -- JOB110


@rule(
    "JOB110",
    severity="warning",
    message={
        "": "every rank fetches and converts this image again, and all of them share one cache",
        "array": "every task of the array fetches and converts this image again, at the same time",
        "loop": "every turn of the loop fetches and converts this image again, at the same time",
        "build": "every rank builds this image, and all of them write the one file",
        "tasks": "every task of the array builds this image at the same time, and all of them write the one file",
    },
    help={
        "": "fetch it once before the job: `{program} pull app.sif {source}`, and run the file",
        "build": "build it once, before: `{program} build` without {launcher}",
        "tasks": "build it once in a job of its own, and let the array wait for that job",
    },
)
@bad("""
    #!/bin/bash
    #SBATCH --ntasks=64
    srun singularity exec docker://python:3.12 python3 solve.py
                          ^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    #!/bin/bash
    #SBATCH --ntasks=64
    srun -n 1 singularity pull app.sif docker://python:3.12
    srun singularity exec app.sif python3 solve.py
    """)
def parallel_pull(job: JobScript) -> Findings:
    """An image is fetched from a registry, or built, by many processes at once.

    Each fetches the layers and makes a SIF image of them; they write into one cache, which on some file systems ends in
    broken files, and registries refuse so many requests.  What takes a minute once takes an hour then.  Of builds from a
    definition file all write one image: all but the first find it there, or remove it under the others' hands.

    Source: the pages on the build environment of both runtimes (the cache, atomic renames); OLCF's guide on containers;
    singularityhub/shpc-registry#327.
    """
    array = _array_of(job)
    for call in job.calls:
        builds = not call.fetches and _writes_one_file(call)
        place = call.image if builds else _fetched(call)
        if place is None or not (call.fetches or builds):
            continue
        source = call.value_of(place) or place.text
        program = call.program if call.program != "sifcheck" else "singularity"
        if call.launcher is not None:
            ranks = _ranks_of(call, job)
            if ranks is not None and ranks > 1 and (builds or not _is_cached(call, job)):
                key = "build" if builds else ""
                yield finding(place, key, program=program, source=source, launcher=call.launcher)
        elif _guarded(call) or job.is_csh:
            continue
        elif array is not None:
            note = related(array, f"{_TITLES.get(array.scheduler, 'the scheduler')} starts many tasks")
            key = "tasks" if builds else "array"
            yield finding(place, key, program=program, source=source, related=[note])
        elif call.outermost.loop and call.outermost.background and not builds:
            yield finding(place, "loop", program=program, source=source)


def _is_cached(call: RuntimeCall, job: JobScript) -> bool:
    """Whether one process has fetched the same image before, so that the ranks find it converted in the cache.

    Of such a run Apptainer 1.4.5 says "Using cached SIF image", and asks the registry for the digest alone (measured).
    """
    source = call.value_of(_fetched(call))
    return source is not None and any(
        earlier.span.start < call.span.start
        and earlier.fetches
        and earlier.value_of(_fetched(earlier)) == source
        and _ranks_of(earlier, job) == 1
        and not (earlier.outermost.branch or earlier.outermost.function or earlier.outermost.background)
        for earlier in job.calls
    )


def _fetched(call: RuntimeCall) -> Word | None:
    """The word of a call that names what it fetches."""
    return call.image if call.runs_image else call.base


def _writes_one_file(call: RuntimeCall) -> bool:
    """Whether a build makes the same file wherever it is started, in one folder for all."""
    path = call.value_of(call.image) if call.subcommand == "build" and call.base is not None else None
    if path is None or call.unsure or path.startswith(_OF_ITS_OWN):
        return False
    return path.startswith("/") or not any(
        command.span.start < call.span.start and _goes_somewhere(call, command)
        for script in call.scripts
        for command in script.commands("cd", "pushd")
    )


def _goes_somewhere(call: RuntimeCall, command: Command) -> bool:
    """Whether `cd` may go to a folder of the task's own."""
    words = command.operands()
    folder = call.value_of(words[0]) if words else None
    if folder is not None:
        return folder.startswith(_OF_ITS_OWN)
    names = {name for word in words for name in word.variables}
    return not names or not names <= {*SUBMIT_FOLDERS.values()}


def _guarded(call: RuntimeCall) -> bool:
    """Whether a call stands in a branch or behind a test, so that it is not made each time."""
    command = call.outermost
    listed = command.list
    behind = listed is not None and any(
        element.commands and element.commands[0].program in ("[", "[[", "test") for element in listed.elements
    )
    return command.branch or command.handled or behind


# -- what a job asks for

_TITLES = {"pjm": "PJM", "slurm": "Slurm", "pbs": "PBS"}
_NUMBER = pattern(r"\d+")


# -- sizes of the job


def _nodes_asked(job: JobScript) -> int | None:
    """The least number of nodes that the directives ask for; None where they do not say."""
    value = job.value("--nodes")
    if value is None:
        found = job.resource("node", "vnode", "select", "nodes")
        value = found.value if found is not None else None
        if value is not None and "x" in value:  # PJM: 2x3 nodes
            return _product(value)
    match = _NUMBER.match(value or "")
    return int(match[0]) if match else None


def _tasks_asked(job: JobScript) -> int | None:
    """The least number of ranks that the directives ask for; None where they do not say."""
    tasks = _number(job.value("--ntasks"))
    if tasks is not None:
        return tasks
    nodes = _nodes_asked(job)
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


def _array_of(job: JobScript) -> Directive | None:
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


# -- ranks


def _ranks_of(call: RuntimeCall, job: JobScript) -> int | None:
    """How many ranks a launcher starts the call in; 1 without a launcher, None where that is not known."""
    command = call.launching_command
    if call.launcher is None or command is None:
        return 1
    given = _given_to_launcher(command)
    names = ("-n", "-np", "--ntasks", "--n", "--np", "-c" if call.launcher != "srun" else "--ntasks")
    counted = next((value for name, value in given if name in names), "")
    if counted != "":
        number = _number(counted)
        return number if number is not None else _tasks_asked(job)
    if call.launcher == "srun":
        nodes = next((value for name, value in given if name in ("-N", "--nodes")), "")
        each = next((value for name, value in given if name == "--ntasks-per-node"), "")
        if nodes != "" and each != "":
            numbers = _number(nodes), _number(each)
            return numbers[0] * numbers[1] if numbers[0] is not None and numbers[1] is not None else None
    return _tasks_asked(job)


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
