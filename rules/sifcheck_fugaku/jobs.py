"""Batch scripts for Fugaku: volumes, groups, options for the command line only, the node's own disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    Command,
    Directive,
    Edit,
    Findings,
    Script,
    Severity,
    Span,
    Word,
    bad,
    finding,
    good,
    pattern,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import JobScript, Site

_VOLUME = pattern(r"(?<![\w./-])/vol0([0-6])0([0-9])(?=/|$|[\"':,\s])")
_SIGNS = pattern(
    r"PJM_LLIO_GFSCACHE|rscunit_ft01|(?<![\w./-])/vol0[0-6]0[0-9]/|(?<![\w./-])/worktmp(?![\w-])|newgrp fugaku|sg fugaku"
)
_SIZE = pattern(r"([0-9]+)((?:[KMGT]i?)?)[Bb]?")
_ALWAYS_THERE = ("/vol0001", "/2ndfs")

# Of the 87 GiB of a node's first layer of storage 128 MiB must be left.  Source: Fugaku users guide.
_LAYER = (87 << 30) - (128 << 20)


def is_for_fugaku(job: JobScript, site: Site | None) -> bool:
    """Whether a script is for Fugaku: the site says so, or without one paths and names that are found nowhere else."""
    if job.scheduler != "pjm" or not job.is_submitted:
        return False
    if site is not None:
        return site.name == "fugaku"
    unit = job.resource("rscunit")
    return _SIGNS.search(job.source.text) is not None or (unit is not None and unit.value == "rscunit_ft01")


# -- FUG301


@rule(
    "FUG301",
    severity="error",
    profile="minimal",
    fix="safe",
    message="the job does not ask for {volume}, where `{path}` lies: it is not there when the job runs",
    help="`#PJM -x PJM_LLIO_GFSCACHE={all}`",
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    . /vol0004/apps/oss/spack/share/spack/setup-env.sh
      ^^^^^^^^
    singularity exec app.sif ls
    """,
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    #PJM -x PJM_LLIO_GFSCACHE=/vol0004
    . /vol0004/apps/oss/spack/share/spack/setup-env.sh
    singularity exec app.sif ls
    """,
)
@good("""
    #!/bin/bash
    #PJM -L node=1
    # PJM -x PJM_LLIO_GFSCACHE=/vol0003
    cd /vol0003/hp000000/data
    """)
def volume_not_listed(job: JobScript, site: Site | None = None) -> Findings:
    """A path lies on a volume that the job does not ask for.

    Compute nodes mount only the volumes in `PJM_LLIO_GFSCACHE`; the home's and /vol0001 are always there.  A program
    then says that a file does not exist which can be listed on the login node.  What is only printed, or written to
    another file, is not looked at.

    Source: Fugaku users guide, selecting the volumes that a job uses.
    """
    if not is_for_fugaku(job, site):
        return
    # What is misspelt or stands too low is asked for as well: JOB201 tells of such a line, and moves it.
    meant = [
        (one, part) for one in job.meant("-x") for part in one.resources if part.name == "PJM_LLIO_GFSCACHE"
    ]
    if any(one.written == "--all-mount-gfscache" for one in job.asked):
        return
    listed = [volume for _, part in meant for volume in part.value.split(":")]
    told = {*listed, *_ALWAYS_THERE, *_home_volumes(job)}
    for span, path, volume in _volumes(job):
        if volume in told:
            continue
        told.add(volume)
        if not meant:
            fix = _new_line(job, f"#PJM -x PJM_LLIO_GFSCACHE={volume}\n")
        elif meant[-1][0].line.state != "read":  # on the command line, or in a line that is to move
            fix = NOWHERE
        else:
            end = meant[-1][1].value_span.end
            fix = Edit(end, end, f":{volume}")
        yield finding(span, path=path, volume=volume, all=":".join([*listed, volume]), fix=fix)


def _volumes(job: JobScript) -> Iterator[tuple[Span, str, str]]:
    """The volumes that paths of the script lie on: where, the path's beginning, the volume's name."""
    for match in _VOLUME.finditer(job.source.text):
        if not _is_words_only(job.script, match.start()):
            yield Span(match.start(), match.end()), match[0], _volume_name(match)


def _volume_name(match: re.Match[str]) -> str:
    """The volume of a match of _VOLUME: `/vol0403` is a name of volume 4."""
    return f"/vol000{match[2] if match[1] == '0' else match[1]}"


def _home_volumes(job: JobScript) -> set[str]:
    """The volumes that hold a home by what the script says: the home's is always there."""
    text = job.source.text
    return {_volume_name(match) for match in _VOLUME.finditer(text) if _HOME.match(text, match.start())}


def _is_words_only(script: Script, offset: int) -> bool:
    """Whether nothing looks for what stands at an offset: comments, what is printed, text that is written to a file."""
    if any(span.start <= offset < span.end for span in script.comments):
        return True
    heredoc = script.heredoc_at(offset)
    if heredoc is not None:
        return heredoc.command is not None and heredoc.command.pipeline[-1].program in _PASSES_TEXT
    if any(one.start <= offset < one.end for one in script.redirections):
        return False
    around = [one for one in script.commands() if one.start <= offset < one.end]
    return bool(around) and max(around, key=lambda one: one.start).program in ("echo", "printf")


# What is given a text and does not look for the files that it names; pjsub reads another job.
_PASSES_TEXT = (
    "cat",
    "tee",
    ":",
    "true",
    "read",
    "pjsub",
    "mail",
    "mailx",
    "sendmail",
    "dd",
    "sed",
    "envsubst",
)


def _new_line(job: JobScript, text: str) -> Edit:
    if not job.read_lines:
        return NOWHERE
    at = job.source.line_span(job.read_lines[-1].number).end
    return Edit(at, at, text) if at and job.source.text[at - 1] == "\n" else NOWHERE


# -- FUG302


@rule(
    "FUG302",
    severity="error",
    profile="minimal",
    message={
        "": "no job can be submitted with the group `{group}`",
        "trial": "the group `trial` takes jobs of the `spot-` resource groups only, and this one asks for `{queue}`",
        "none": "the job has no group: without one it is refused",
        "nodes": "`rscgrp={queue}` takes {most} nodes at most, and the job asks for {nodes}",
        "home": "the job starts in the home, below `{folder}`, and pjsub refuses that",
    },
    help={
        "": "`#PJM -g hpXXXXXX`, the group of your project",
        "trial": "`#PJM -L rscgrp=spot-small`, or the group of your project",
        "none": "`#PJM -g hpXXXXXX`, the group of your project",
        "nodes": "`rscgrp={instead}`, or fewer nodes",
        "home": "submit it from `/vol0n0m/data/GROUP`, or with `pjsub --no-check-directory`",
    },
)
@bad("""
    #!/bin/bash
    #PJM -L node=1,rscgrp=small
    #PJM -g fugaku
            ^^^^^^
    #PJM -x PJM_LLIO_GFSCACHE=/vol0004
    singularity exec app.sif hostname
    """)
@good("""
    #!/bin/bash
    #PJM -L node=384,rscgrp=small
    #PJM -g hp000000
    #PJM -x PJM_LLIO_GFSCACHE=/vol0004
    singularity exec app.sif hostname
    """)
def submission_refused(job: JobScript, site: Site | None = None) -> Findings:
    """pjsub refuses the job for its group or the size that it asks for.

    Users belong to `fugaku` for their login only; a job runs under the group of a project.  Each resource group has a
    least and a most number of nodes.  A job starts where pjsub is called, which must not be the home: that is known of
    a script named by its whole path, where the command line that submits it names it without a folder.

    Source: Fugaku users guide, usage rules (groups), normal jobs, trial use, selecting the volumes that a job uses.
    """
    if not is_for_fugaku(job, site):
        return
    groups = job.given("-g")
    meant = job.meant("-g")
    queue = job.resource("rscgrp", "rg")
    name = queue.value if queue is not None else ""
    if not meant:
        yield finding(job.first_line, "none", severity="error" if job.submitted else "warning")
    for group in groups[-1:]:
        if group.value == "fugaku":
            yield finding(group.value_span, group=group.value)
        elif group.value == "trial" and name and not name.startswith("spot-"):
            yield finding(group.value_span, "trial", queue=name)
    nodes = job.resource("node", "vnode")
    most, instead = {"small": (384, "large"), "int": (12, "small")}.get(name, (0, ""))
    count = _product(nodes.value) if nodes is not None else 0
    if nodes is not None and most and count > most:
        yield finding(nodes.span, "nodes", queue=name, most=most, nodes=count, instead=instead)
    home = _HOME.match(job.source.path) if job.beside else None
    if home is not None and not any(one.option == "--no-check-directory" for one in job.submitted):
        yield finding(job.first_line, "home", folder=home[0])


_HOME = pattern(r"(?:/vol0[0-9]0[0-9](?:/mdt[0-9]+)?)?/home(?=/)")


def _product(value: str) -> int:
    total = 1
    for part in value.partition(":")[0].lower().split("x"):
        if not part.isdigit():
            return 0
        total *= int(part)
    return total


# -- FUG303


@rule(
    "FUG303",
    severity="error",
    profile="minimal",
    fix="safe",
    message="`{option}` is for the command line only; in a script pjsub refuses it",
    help="`pjsub {option} {file}`",
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    #PJM --no-check-directory
         ^^^^^^^^^^^^^^^^^^^^
    singularity exec app.sif hostname
    """,
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    singularity exec app.sif hostname
    """,
)
@good("""
    #!/bin/bash
    #PJM -L node=1
    # pjsub --no-check-directory job.sh
    singularity exec app.sif hostname
    """)
def command_line_only_option(directive: Directive) -> Findings:
    """An option of pjsub stands in the script that it takes on the command line only.

    These options lift checks that pjsub makes before it reads the script.

    Source: Fugaku users guide, selecting the volumes that a job uses.
    """
    if directive.scheduler != "pjm" or directive.option not in _COMMAND_LINE_ONLY:
        return
    line = directive.line
    file = directive.job.source.path.rpartition("/")[2] or "job.sh"
    if len(line.directives) == 1:
        whole = directive.job.source.line_span(line.number)
        fix = Edit(whole.start, whole.end, "")
    else:
        fix = Edit(directive.span.start, directive.span.end, "")
    yield finding(directive, option=directive.option, file=file, fix=fix)


_COMMAND_LINE_ONLY = ("--no-check-directory", "--all-mount-gfscache", "--no-check-gfscache")


# -- FUG304


@rule(
    "FUG304",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "": "the job does not ask for `{option}`, and `${name}` has no room without it",
        "sum": "the two areas together leave less than 128 MiB of the node's 87 GiB",
    },
    help={"": "`#PJM --llio {option}=40Gi`", "sum": "ask for less: together 86 GiB at most"},
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    export TMPDIR=$PJM_LOCALTMP
                  ^^^^^^^^^^^^^
    singularity build app.sif app.def
    """,
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    #PJM --llio localtmp-size=40Gi
    export TMPDIR=$PJM_LOCALTMP
    singularity build app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    #PJM --llio localtmp-size=40Gi
    export TMPDIR=$PJM_LOCALTMP
    singularity build app.sif app.def
    """)
def localtmp_not_requested(job: JobScript) -> Findings:
    """The script uses the node's own disk, and does not ask for any of it.

    The default size of both temporary areas is 0.

    Source: Fugaku users guide, temporary area in the node, shared temporary area.
    """
    if job.scheduler != "pjm" or not job.is_submitted:
        return
    given = [part for one in job.given("--llio") for part in one.resources]
    names = {part.name for one in job.meant("--llio") for part in one.resources}
    for name, option in (("PJM_LOCALTMP", "localtmp-size"), ("PJM_SHAREDTMP", "sharedtmp-size")):
        used = next((part for part in job.script.variables if part.name == name), None)
        if used is not None and option not in names:
            fix = _new_line(job, f"#PJM --llio {option}=40Gi\n")
            level: Severity = "error" if job.submitted else "warning"
            yield finding(used.span, name=name, option=option, severity=level, fix=fix)
    sizes = [part for part in given if part.name in ("localtmp-size", "sharedtmp-size")]
    if sizes and sum(_bytes(part.value) for part in sizes) > _LAYER:
        yield finding(sizes[-1].span, "sum")


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        return 0
    base = 1024 if match[2].endswith("i") else 1000
    return int(match[1]) * int(base ** " KMGT".index(match[2][:1] or " "))


# -- FUG305


@rule(
    "FUG305",
    severity="warning",
    fix="unsafe",
    sections="job",
    message={
        "elapse": "an interactive job without `elapse=` ends after 10 s",
        "wait": "an interactive job without `wait-time=` does not wait for a free node",
    },
    help={"elapse": "add `-L elapse=1:00:00`", "wait": "add `--sparam wait-time=600`"},
)
@bad("""
    #!/bin/bash
    pjsub --interact -g $GROUP -L "node=$NODES"
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    singularity --version
    """)
@good("""
    #!/bin/bash
    pjsub --interact -g hp000000 -L node=1,elapse=1:00:00 --sparam wait-time=600
    pjsub --interact -g $GROUP -L "$RESOURCES" --sparam "$WAIT"
    pjsub --interact $OPTIONS
    pjsub --interact "${OPTIONS[@]}"
    pjsub job.sh
    singularity --version
    """)
def interactive_defaults(command: Command) -> Findings:
    """An interactive job is asked for with defaults that let it end at once.

    It lasts ten seconds, and gives up at once where no node is free.

    Source: Fugaku users guide, interactive jobs.
    """
    if command.program != "pjsub":
        return
    interact = command.option("--interact")
    words = command.arguments
    if interact is None or any(map(_may_be_options, words, (None, *words))):
        return
    end = interact.span.end
    if not _may_give(words, "elapse="):
        yield finding(command, "elapse", fix=Edit(end, end, " -L elapse=1:00:00"))
    if not _may_give(words, "wait-time="):
        yield finding(command, "wait", fix=Edit(end, end, " --sparam wait-time=600"))


# Options of pjsub with a value: what stands behind one is no option.
_WITH_VALUE = frozenset(
    "-L -g -N -o -e -p -x -z -w -m -T --rsc-list --group --name --out --err --priority --sparam --llio --mpi --comment "
    "--mail-list --appname --fs --stdin --spath --net-route".split()
)
_LISTS = {"elapse=": ("--rsc-list=", "--rsc-list", "-L"), "wait-time=": ("--sparam=", "--sparam")}
_UNKNOWN_PART = pattern(r"(?:^|,)[\"']?[$`]")


def _may_be_options(word: Word, before: Word | None) -> bool:
    """Whether a word may turn out to be options: it begins with what is not known, and is no option's value."""
    if word.value is not None or word.prefix or (before is not None and before.value in _WITH_VALUE):
        return False
    first = word.parts[0]
    return not first.quoted or first.name == "@" or first.expansion.startswith("[@]")


def _may_give(words: Sequence[Word], part: str) -> bool:
    """Whether the options give a part of a list, as `elapse=`, or a value that is not known may hold it."""
    for before, word in zip((None, *words), words, strict=False):
        if part in word.text:
            return True
        inside = next((name for name in _LISTS[part] if word.text.startswith(name)), "")
        given = bool(inside) or (before is not None and before.value in _LISTS[part])
        if given and word.value is None and _UNKNOWN_PART.search(word.text[len(inside) :]):
            return True
    return False
