"""The directives of PJM, Slurm and PBS: what each scheduler ignores or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    Copied,
    Draft,
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
from sifcheck_rules.batch._directive_lines import is_site_of, missing_directives, not_read

if TYPE_CHECKING:
    from sifcheck.api import JobScript, RuntimeCall, Site


@rule(
    "JOB201",
    severity="warning",
    fix="unsafe",
    message={
        "late": "pjsub does not read this line: it stands below the first command, in line {number}",
        "misspelt": "pjsub takes this line for a comment: a directive begins with `{sentinel} `",
        "mark": "the byte-order mark at the start makes a command of the first line, and pjsub reads none below it",
    },
    help={
        "late": "move it above the first command",
        "misspelt": "write `{sentinel} ` at the start of the line",
        "mark": "save it as UTF-8 without a byte-order mark",
    },
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    module load singularity
    #PJM -L elapse=1:00:00
    ^^^^^^^^^^^^^^^^^^^^^^
    singularity exec app.sif hostname
    """,
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    #PJM -L elapse=1:00:00
    module load singularity
    singularity exec app.sif hostname
    """,
)
@good("""
    #!/bin/bash
    #PJM -L node=1
    #PJM_LOCALDIR is where the node's own disk is
    cat > job.sh <<'EOF'
    #PJM -L node=1
    EOF
    singularity exec app.sif hostname
    """)
def pjm_directive_not_read(job: JobScript) -> Findings:
    """A line is meant for pjsub and is a comment for it.

    The job then runs with defaults: another queue, less time, without the volumes that it needs.  What pjsub reads
    begins with `#PJM` and a blank, at the start of a line above the first command.

    Source: the Fugaku users guide, notes on job scripts.
    """
    yield from not_read(job, "pjm")


@rule(
    "JOB202",
    severity="warning",
    fix="unsafe",
    message={
        "": "jobs at {site} give `{option}`, and this script does not",
        "seconds": "a bare number is seconds: the job ends after {value} s",
    },
    help={"": "`{line}`, here or on the command line of pjsub", "seconds": "write it as H:MM:SS"},
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1,rscgrp=small
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    #PJM -g hp000000
    singularity exec app.sif hostname
    """,
    site="fugaku",
    fixed="""
    #!/bin/bash
    #PJM -L node=1,rscgrp=small
    #PJM -g hp000000
    #PJM -L elapse=1:00:00
    singularity exec app.sif hostname
    """,
)
@good(
    """
    #!/bin/bash
    #PJM -L rscgrp=small,elapse=0:10:00
    singularity exec app.sif hostname
    """,
    site="pjm",
)
def pjm_directive_missing(job: JobScript, site: Site) -> Findings:
    """An option that the site asks of every job, or of jobs with containers, is in no line of the script.

    It may stand on the command line of pjsub instead, which cannot be seen here.  `jobenv=singularity` is asked for where
    the site's file says so: jobs on Wisteria, Flow and Genkai give it, jobs on Fugaku need it not.

    Source: the Fugaku users guide (node, resource group, elapsed time); public job scripts for Wisteria, Flow and
    Genkai, of which all that run an image ask for `jobenv=singularity`.
    """
    yield from missing_directives(job, site, "pjm")
    elapsed = job.resource("elapse") if job.scheduler == "pjm" else None
    if elapsed is not None and elapsed.value.isdigit() and 0 < int(elapsed.value) < 600:
        yield finding(elapsed.span, "seconds", value=elapsed.value)


_INTERPRETER = pattern(r"^[ \t]*(#![ \t]*/[^\r\n]*)", 8)  # 8: re.M


@rule(
    "JOB301",
    severity="warning",
    fix="safe",
    message={
        "late": "sbatch does not read this line: it stands below the first command, in line {number}",
        "misspelt": "sbatch takes this line for a comment: a directive begins with `{sentinel} `",
        "first": "sbatch refuses a script whose first line does not begin with `#!`",
        "above": "sbatch refuses a script whose first line does not begin with `#!`",
        "mark": "sbatch refuses a script that begins with a byte-order mark: no `#!` begins its first line",
    },
    help={
        "late": "move it above the first command",
        "misspelt": "write `{sentinel} ` at the start of the line",
        "first": "begin with `#!/bin/bash`",
        "above": "make `{line}` the first line",
        "mark": "save it as UTF-8 without a byte-order mark",
    },
)
@bad("""
    #!/bin/bash
    # SBATCH --time=1:00:00
    ^^^^^^^^^^^^^^^^^^^^^^^
    #SBACTH --nodes=1
    apptainer run app.sif
    """)
@good("""
    #!/bin/bash
    #SBATCH --time=1:00:00
    ##SBATCH --nodes=2
    # SBATCH --time=8:00:00
    # sbatch --array=1-9 job.sh
    cat > job.sh <<'EOF'
    #SBATCH --nodes=1
    EOF
    apptainer run app.sif
    """)
def slurm_directive_not_read(job: JobScript) -> Findings:
    """A line is meant for sbatch and is a comment for it, or the script is refused as a whole.

    sbatch reads lines that begin with `#SBATCH` up to the first that is neither blank nor a comment; an assignment ends
    it too.  A blank in front or behind the sign makes a comment of the line; an option may be glued to the word.  The
    job then runs with defaults: in another partition, for another time.  Nothing is said of a line that is switched off: the
    option is given in another line as well, or the comment above says so.

    It refuses a script whose first bytes are not `#!`, be it for a blank line or a byte-order mark.

    Source: sbatch(1); tried with Slurm 22.05; a public job script lost five lines below an assignment; in 1,359 public
    scripts 21 of 112 such lines were meant to be read.
    """
    yield from not_read(job, "slurm")
    if job.shebang is None and any(line.scheduler == "slurm" for line in job.read_lines):
        yield _without_interpreter(job)


def _without_interpreter(job: JobScript) -> Draft:
    """The finding about a script that sbatch refuses; an interpreter that it names further below stays its own."""
    lower = _INTERPRETER.search(job.source.text, 0, job.stop)
    if lower is None:
        return finding(job.first_line, "first", severity="error", fix=Edit(0, 0, "#!/bin/bash\n"))
    start = lower.start(1)
    fix = Edit(0, start, "") if not job.source.text[:start].strip() else NOWHERE
    return finding(job.first_line, "above", line=lower[1].rstrip(), severity="error", fix=fix)


@rule(
    "JOB302",
    severity="warning",
    fix="unsafe",
    message={
        "": "`{value}` is minutes and seconds: the job ends after {seconds} s",
        "short": "the job ends after {seconds} s, and a usual build at {site} takes {usual} s",
    },
    help={"": "hours and minutes are written `{value}:00`", "short": "ask for more: `--time={wanted}`"},
)
@bad(
    """
    #!/bin/bash
    #SBATCH --time=00:30
                   ^^^^^
    singularity exec app.sif solve
    """,
    fixed="""
    #!/bin/bash
    #SBATCH --time=00:30:00
    singularity exec app.sif solve
    """,
)
@good("""
    #!/bin/bash
    #SBATCH --time=00:30:00
    singularity exec app.sif solve
    """)
def slurm_time_in_seconds(job: JobScript, site: Site | None = None) -> Findings:
    """A limit that is meant as hours and minutes is read as minutes and seconds.

    sbatch reads `30` as minutes, `00:30` as thirty seconds, and `00:30:00` as half an hour.  Starting an image alone
    can take longer than that.  Where the site's file says how long a usual build takes, a job that builds and asks for
    less is named, too.

    Source: sbatch(1), the option --time; tried with Slurm 22.05; a public job script asks for `00:30`.
    """
    if not job.calls:
        return
    usual = site.build.usual_seconds if site is not None and is_site_of(site, "slurm") else None
    builds = any(call.subcommand == "build" for call in job.calls)
    for directive in job.given("--time")[-1:]:
        value = (directive.value or "").strip()
        seconds = _seconds(value) or 0
        two_parts = value.count(":") == 1 and "-" not in value
        if directive.scheduler == "slurm" and two_parts and 0 < seconds < 300:
            end = directive.value_span.end
            fix = NOWHERE if directive.submitted else Edit(end, end, ":00")
            yield finding(directive.value_span, value=value, seconds=seconds, fix=fix)
        elif directive.scheduler == "slurm" and builds and isinstance(usual, int) and 0 < seconds < usual:
            yield finding(
                directive.value_span,
                "short",
                seconds=seconds,
                usual=usual,
                site=site.name if site is not None else "",
                wanted=f"{usual // 3600:02}:{usual % 3600 // 60:02}:{usual % 60:02}",
                confidence="medium",
            )


def _seconds(text: str) -> int | None:
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


@rule(
    "JOB401",
    severity="warning",
    fix="unsafe",
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
    fix="unsafe",
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
    if (job.is_csh and _CSH_MOVES.search(job.text)) or _runs_under_slurm(job) or _means_home(job):
        return
    for call in job.calls:
        if call.unsure or _has_moved(job, call):
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


def _runs_under_slurm(job: JobScript) -> bool:
    """Whether the script is Slurm's by its variables: sbatch reads lines of PBS, too, and starts where it is called."""
    names = {part.name or "" for part in job.script.variables}
    return any(name.startswith("SLURM") for name in names) and not any(
        name.startswith("PBS_") for name in names
    )


_IN_A_HOME = pattern(r"(?<![\w./-])(?:/home/[\w.-]+|~|\$HOME|\$\{HOME\})/([\w.-]+)/")


def _means_home(job: JobScript) -> bool:
    """Whether a relative path is named from the root, too, and lies in a home: what is meant is found there."""
    there = set(_IN_A_HOME.findall(job.text))
    words = (word.value or word.prefix for call in job.calls for word in call.operands) if there else ()
    return any(path.partition("/")[0] in there for path in words if "/" in path)


def _has_moved(job: JobScript, call: RuntimeCall) -> bool:
    """Whether a command before the call goes to another folder: one below the home, too, tells that its author knows.

    A function runs where it is called: for a call in one any such command counts.
    """
    in_function = any(command.around.function for command in (*call.outer, call.command))
    return any(
        in_function or command.span.start < call.span.start for command in job.script.commands("cd", "pushd")
    ) or any(call.script.commands("cd") if call.outer else ())


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
    # A blank at the beginning is that of a backslash that continues nothing.
    return bool(path) and path is not None and path[0] not in "/~$ " and "://" not in path


@rule(
    "JOB403",
    severity="warning",
    fix="unsafe",
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
