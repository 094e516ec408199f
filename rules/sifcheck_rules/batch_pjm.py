"""The directives of Fujitsu's batch system, PJM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import Findings, bad, finding, good, rule
from sifcheck_rules._directive_lines import missing_directives, not_read

if TYPE_CHECKING:
    from sifcheck.api import JobScript, Site


@rule(
    "JOB201",
    severity="warning",
    fix="safe",
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
    fix="safe",
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
