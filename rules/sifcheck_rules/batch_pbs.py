"""The directives of PBS, and where it starts a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    Command,
    Copied,
    Edit,
    Findings,
    Linked,
    Moved,
    Word,
    Written,
    bad,
    effects_of,
    finding,
    good,
    known_value,
    names_made,
    pattern,
    related,
    rule,
)
from sifcheck_rules._directive_lines import missing_directives, not_read

if TYPE_CHECKING:
    from sifcheck.api import JobScript, RuntimeCall, Site


@rule(
    "JOB401",
    severity="warning",
    fix="safe",
    message={
        "late": "qsub does not read this line: it stands below the first command, in line {number}",
        "misspelt": "qsub takes this line for a comment: a directive begins with `{sentinel} `",
        "mark": "the byte-order mark at the start makes a command of the first line, and qsub reads none below it",
    },
    help={
        "late": "move it above the first command",
        "misspelt": "write `{sentinel} ` at the start of the line",
        "mark": "save it as UTF-8 without a byte-order mark",
    },
)
@bad("""
    #!/bin/bash
    # PBS -l select=1
    ^^^^^^^^^^^^^^^^^
    cd "$PBS_O_WORKDIR"
    apptainer exec app.sif hostname
    """)
@good("""
    #!/bin/bash
    #PBS -l select=1
    # PBS starts in the home
    cd "$PBS_O_WORKDIR"
    apptainer exec app.sif hostname
    """)
def pbs_directive_not_read(job: JobScript) -> Findings:
    """A line is meant for qsub and is a comment for it.

    The job then runs with defaults: another queue, less time, without the file systems that it needs.

    Source: qsub in POSIX (directives in a script); the OpenPBS description of qsub; its source for what ends the reading
    (a line whose first character is no `#`, as a byte-order mark).
    """
    yield from not_read(job, "pbs")


@rule(
    "JOB402",
    severity="warning",
    fix="safe",
    message="PBS starts in the home, and `{path}` is looked for there",
    help='`cd "$PBS_O_WORKDIR"` first',
)
@bad(
    """
    #!/bin/bash
    #PBS -l select=1
    module load singularity
    singularity exec app.sif hostname
                     ^^^^^^^
    """,
    fixed="""
    #!/bin/bash
    #PBS -l select=1
    cd "$PBS_O_WORKDIR"
    module load singularity
    singularity exec app.sif hostname
    """,
)
@good("""
    #!/bin/bash
    #PBS -l select=1
    cd ${PBS_O_WORKDIR:-.}
    singularity exec app.sif hostname
    """)
def pbs_working_directory(job: JobScript) -> Findings:
    """A job names files as if it began where it was submitted, which PBS does not do.

    Other batch systems start a job in the folder it was submitted from; PBS starts it in the home, and has that folder
    in `PBS_O_WORKDIR`.  What the script has made in the home itself is found there.

    Source: qsub in POSIX and of OpenPBS; all public PBS scripts that were looked at change the folder first.
    """
    if job.scheduler != "pbs" or not job.is_submitted or job.given("-d", "-w"):
        return
    if job.is_csh and _CSH_MOVES.search(job.text):
        return
    for call in job.calls:
        if _has_moved(job, call):
            continue
        word = next(
            (
                one
                for one in _paths(call)
                if _is_relative(call.value_of(one)) and not _is_made(job, call, one)
            ),
            None,
        )
        if word is not None:
            line = 'cd "$PBS_O_WORKDIR"\n'
            fix = Edit(job.stop, job.stop, line) if job.stop < len(job.source.data) else NOWHERE
            path = (call.value_of(word) or "").partition(":")[0]
            yield finding(word, path=path, fix=fix, related=[related(job.first_line, "a job of PBS")])
            return


def _has_moved(job: JobScript, call: RuntimeCall) -> bool:
    """Whether a command before the call goes to a folder that is not below the one where the job begins.

    A function runs where it is called: for a call in one any such command counts.
    """
    in_function = any(command.around.function for command in (*call.outer, call.command))
    return any(
        (in_function or command.span.start < call.span.start) and not _stays(command)
        for command in job.script.commands("cd", "pushd")
    ) or any(not _stays(command) for command in call.script.commands("cd") if call.outer)


def _stays(command: Command) -> bool:
    target = next(iter(command.operands()), None)
    return target is None or _is_relative(target.value)


def _paths(call: RuntimeCall) -> list[Word]:
    """The files of a call that are looked for before anything runs."""
    words = [call.image] if call.runs_image else [call.definition] if call.subcommand == "build" else []
    # What is bound is looked for where the runtime was started; in a build a relative path is another matter.
    words += [option.value for option in call.options if option.name == "--bind" and call.runs_image]
    return [word for word in words if word is not None]


_CSH_MOVES = pattern(r"\b(?:cd|chdir|pushd)\b")


def _is_made(job: JobScript, call: RuntimeCall, word: Word) -> bool:
    """Whether the script itself makes the file by the name that it is looked for: it then lies in the home, too."""
    path = (call.value_of(word) or "").partition(":")[0].removeprefix("./").rstrip("/")
    before = [one for one in job.calls if one.span.start < call.span.start]
    if any((one.made or "").removeprefix("./") == path for one in before):
        return True
    names: set[str | None] = set()
    for effect in effects_of(job.script):
        if isinstance(effect, Copied | Moved | Linked) and not _is_here(effect.target):
            names.add(known_value(effect.target) if effect.target is not None else None)
        elif isinstance(effect, Written) and effect.by not in ("tee", "touch"):
            names.add(known_value(effect.path))
        else:
            names.update(names_made(effect))
    return path in {name.removeprefix("./").rstrip("/") for name in names if name is not None}


def _is_here(target: Word | None) -> bool:
    return target is None or target.value in (".", "./")


def _is_relative(path: str | None) -> bool:
    return bool(path) and path is not None and path[0] not in "/~$" and "://" not in path


@rule(
    "JOB403",
    severity="warning",
    fix="safe",
    message="jobs like this at {site} give `{option}`, and this script does not",
    help="`{line}`, here or on the command line of qsub",
)
@bad(
    """
    #!/bin/bash
    #PBS -A PROJECT
    ^^^^^^^^^^^^^^^
    #PBS -l select=1,walltime=1:00:00,filesystems=home:eagle
    cd "$PBS_O_WORKDIR"
    apptainer build --fakeroot app.sif app.def
    """,
    site="polaris",
    fixed="""
    #!/bin/bash
    #PBS -A PROJECT
    #PBS -l select=1,walltime=1:00:00,filesystems=home:eagle
    #PBS -l singularity_fakeroot=true
    cd "$PBS_O_WORKDIR"
    apptainer build --fakeroot app.sif app.def
    """,
)
@good(
    """
    #!/bin/bash
    #PBS -A PROJECT
    #PBS -l select=2:system=polaris
    #PBS -l walltime=0:30:00
    #PBS -l filesystems=home:grand
    cd "$PBS_O_WORKDIR"
    singularity exec app.sif hostname
    """,
    site="polaris",
)
def pbs_directive_missing(job: JobScript, site: Site) -> Findings:
    """An option that the site asks of such jobs is in no line of the script.

    It may stand on the command line of qsub instead, which cannot be seen here.

    Source: the guides of ALCF (Polaris, Sophia) and ABCI.
    """
    yield from missing_directives(job, site, "pbs")
