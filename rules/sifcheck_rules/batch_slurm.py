"""The directives of Slurm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import NOWHERE, Draft, Edit, Findings, bad, finding, good, pattern, rule
from sifcheck_rules._directive_lines import is_site_of, not_read

if TYPE_CHECKING:
    from sifcheck.api import JobScript, Site

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
    ^^^^^^^^^^^^^^^^^
    apptainer run app.sif
    """)
@good("""
    #!/bin/bash
    #SBATCH --time=1:00:00
    ##SBATCH --nodes=2
    # SBATCH lines above are read
    cat > job.sh <<'EOF'
    #SBATCH --nodes=1
    EOF
    apptainer run app.sif
    """)
def slurm_directive_not_read(job: JobScript) -> Findings:
    """A line is meant for sbatch and is a comment for it, or the script is refused as a whole.

    sbatch reads lines that begin with `#SBATCH` up to the first that is neither blank nor a comment; an assignment ends
    it too.  A blank in front or behind the sign makes a comment of the line; an option may be glued to the word.  The job then runs with defaults: in another partition, for another time.

    It refuses a script whose first bytes are not `#!`, be it for a blank line or a byte-order mark.

    Source: sbatch(1); tried with Slurm 22.05; a public job script lost five lines below an assignment.
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
