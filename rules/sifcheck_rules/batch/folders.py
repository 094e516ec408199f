"""Where a batch script builds: variables that the runtime does not see, folders that will not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    IMAGE_ENDINGS,
    NOWHERE,
    TMPDIRS,
    Assignment,
    Confidence,
    Draft,
    Edit,
    Findings,
    Given,
    Target,
    bad,
    edit_distance,
    exported,
    finding,
    first_run,
    given_by_directives,
    good,
    insert_before,
    may_be_definition,
    may_find_more,
    may_have_tmpdir,
    pattern,
    reached,
    related,
    replace,
    rule,
    sets_all_in,
    tmpdir_lost_in_group,
    value_of,
    within_two_edits,
)
from sifcheck_rules.batch._directive_lines import is_site_of

if TYPE_CHECKING:
    from sifcheck.api import JobScript, RuntimeCall, Script, Site, Span

# -- JOB104

_SUFFIXES = ("TMPDIR", "CACHEDIR", "BIND", "BINDPATH")
_PROGRAMS = ("SINGULARITY", "APPTAINER")
_NAMES = ("TMPDIR", *(f"{begin}_{end}" for begin in _PROGRAMS for end in _SUFFIXES))
_MEANT = {
    "TMP": "TMPDIR",
    "TEMP": "TMPDIR",
    "TEMPDIR": "TMPDIR",
    "TMP_DIR": "TMPDIR",
    "CACHE": "CACHEDIR",
    "CACHE_DIR": "CACHEDIR",
    "LOCALCACHEDIR": "CACHEDIR",
    "BIND_PATH": "BINDPATH",
    "BINDS": "BIND",
}
"""Endings of names that are in use and that no runtime knows."""

_KEEPS = ("-E", "--preserve-env")


@rule(
    "JOB104",
    severity="warning",
    fix="safe",
    message={
        "": "`{name}` is set and not exported: {program} does not see it",
        "empty": "`{name}` is empty: {program} goes on with its own default",
        "misspelt": "no runtime knows `{name}`",
        "there": "no runtime knows `{name}`",
        "other": "`{name}` is for Apptainer; SingularityCE does not look at it",
        "overridden": "`{winner}` is set too, and goes before this `{name}`",
        "sudo": "sudo takes `{name}` away from {program}",
        "group": "{by} takes `TMPDIR` away from {program}",
    },
    help={
        "": "write `export {name}=...`",
        "empty": "give it a folder, or leave the line out",
        "misspelt": "did you mean `{near}`?",
        "there": "leave it out: `{near}` is set, too",
        "other": "export `{near}` too",
        "overridden": "drop one of the two",
        "sudo": "hand it over: `sudo {name}=... {program}`, or `sudo -E`",
        "group": "export `{near}` too, which stays",
    },
)
@bad(
    """
    #!/bin/bash
    #SBATCH --time=1:00:00
    SINGULARITY_TMPDIR=/scratch/build
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    singularity build app.sif app.def
    """,
    fixed="""
    #!/bin/bash
    #SBATCH --time=1:00:00
    export SINGULARITY_TMPDIR=/scratch/build
    singularity build app.sif app.def
    """,
)
@good("""
    #!/bin/bash
    TMPDIR=$(mktemp -d)
    export TMPDIR
    apptainer build app.sif app.def
    """)
def runtime_variable_ineffective(job: JobScript, target: Target, site: Site | None = None) -> Findings:
    """A variable for the runtime is set in a way that it does not see, or that another one outdoes.

    The build then goes to the folder that it was to be kept away from, which shows after an hour, or not at all.
    APPTAINER_TMPDIR goes before SINGULARITY_TMPDIR, and both before TMPDIR.  Apptainer honours names that begin with
    SINGULARITY_.  `sg` and `newgrp` are programs that run as root, to which the system's library gives no TMPDIR: what
    they start has none, whatever was exported.

    Source: the pages on the build environment of both runtimes; apptainer/singularity#5791, #3939; sudoers(5); ld.so(8),
    secure-execution mode, and tried with sg and newgrp of Debian 12 as a plain user.
    """
    if not job.calls:
        return
    if job.is_csh:  # there `NAME=VALUE` is no setting
        yield from _lost_in_sudo(job)
        return
    for script in _texts(job):
        for assignment in script.assignments:
            if not assignment.prefix and not assignment.function and not assignment.substitution:
                yield from _judged(job, assignment, target, site)
    commands = (command for call in job.calls for command in (*call.outer, call.command))
    for command in dict.fromkeys(commands):
        for assignment in command.prefix:
            yield from _judged_before(job, assignment, target)
    yield from _lost_in_sudo(job)
    yield from _lost_in_group(job)


def _judged_before(job: JobScript, assignment: Assignment, target: Target) -> Iterator[Draft]:
    """What is said of a variable that a call's own line sets, and that it therefore sees."""
    yield from _misspelt(job, assignment)
    if assignment.name in _NAMES and assignment.name.startswith("APPTAINER_"):
        yield from _for_another(job, assignment, target)


def _misspelt(job: JobScript, assignment: Assignment) -> Iterator[Draft]:
    near = _meant(assignment.name)
    if near is None or _is_expanded(job, assignment.name):
        return
    place = assignment.name_span
    if any(one.name == near for script in _texts(job) for one in script.assignments):
        yield finding(place, "there", name=assignment.name, near=near)
        return
    yield finding(place, "misspelt", name=assignment.name, near=near, fix=replace(place, near))


def _judged(job: JobScript, assignment: Assignment, target: Target, site: Site | None) -> Iterator[Draft]:
    name = assignment.name
    if name != "TMPDIR" and "_" not in name:
        return
    script = assignment.script
    later = [call for call in job.calls if script in call.scripts and _is_later(call, assignment)]
    if not later:
        return
    sent = _is_exported(job, assignment, later[0])
    if sent:
        yield from _misspelt(job, assignment)
    if name not in _NAMES:
        return
    program = later[0].program
    if not sent:
        if _may_be_own(job, assignment, site, later):
            return
        start = assignment.statement.statement_span.start
        confidence: Confidence = "medium" if name == "TMPDIR" else "high"
        fix = Edit(start, start, "export ") if assignment.command is None else NOWHERE
        yield finding(assignment, name=name, program=program, fix=fix, confidence=confidence)
    elif assignment.value is None or assignment.value.value == "":
        if not name.endswith(("BIND", "BINDPATH")) and not assignment.append:
            yield finding(assignment, "empty", name=name, program=program)
    elif name.startswith("APPTAINER_"):
        yield from _for_another(job, assignment, target)
    elif name == "TMPDIR":
        yield from _overridden(job, assignment, later)


def _is_later(call: RuntimeCall, assignment: Assignment) -> bool:
    """Whether a call is made on this machine behind a setting; one in a function is made where that is called."""
    script = assignment.script
    command = next((one for one in call.outer if one.script is script), call.command)
    return not call.remote and reached(command) > assignment.span.start


def _meant(name: str) -> str | None:
    """The variable that a name nearly is; None for one that is known, or for one of the author's own."""
    begin, _, end = name.partition("_")
    if name in _NAMES:
        return None
    if begin not in _PROGRAMS:
        program = within_two_edits(begin, _PROGRAMS) if end in _SUFFIXES else None
        return f"{program}_{end}" if program else None
    if end in _MEANT:
        return f"{begin}_{_MEANT[end]}"
    near = [known for known in ("TMPDIR", "CACHEDIR", "BINDPATH") if edit_distance(end, known) <= 1]
    return f"{begin}_{near[0]}" if near else None


def _texts(job: JobScript) -> tuple[Script, ...]:
    """The script, and the strings and here-documents in it that calls stand in."""
    return tuple(dict.fromkeys((job.script, *(script for call in job.calls for script in call.scripts))))


def _is_expanded(job: JobScript, name: str) -> bool:
    """Whether the script has a use of its own for a variable."""
    return any(part.name == name for script in _texts(job) for part in script.variables)


def _is_exported(job: JobScript, assignment: Assignment, call: RuntimeCall) -> bool:
    """Whether what a call starts sees a variable: what the text around exports stays so in the one inside."""
    name = assignment.name
    scripts = call.scripts[: call.scripts.index(assignment.script) + 1]
    sent = any(script.exports(name) or sets_all_in(script) for script in scripts)
    return assignment.exported or sent or any(given_by_directives(job, name))


def _may_be_own(job: JobScript, assignment: Assignment, site: Site | None, later: list[RuntimeCall]) -> bool:
    """Whether a variable that is not exported is in the environment already, or is the script's own."""
    name = assignment.name
    if name == "TMPDIR":
        # Who runs a SIF needs none, and the script may have a use of its own for the word.
        needed = any(call.subcommand == "build" or call.fetches for call in later)
        if not needed and _is_expanded(job, name):
            return True
        # What is in the environment stays there: PBS sets it for every job, and some sites for every user.
        return job.scheduler == "pbs" or (site is not None and site.tmp.default_env == "TMPDIR")
    return any(name in word.variables for call in job.calls for word in call.command.words)


def _for_another(job: JobScript, assignment: Assignment, target: Target) -> Iterator[Draft]:
    """A variable of Apptainer where the script calls singularity only; `sifcheck build` takes the one that is there."""
    if any(call.program != "singularity" for call in job.calls):
        return
    near = assignment.name.replace("APPTAINER", "SINGULARITY")
    if any(other.name == near for other in job.script.assignments):
        return
    families = {runtime.family for runtime in target.runtimes}
    if not target.named or "apptainer" in families:
        return
    yield finding(assignment.name_span, "other", name=assignment.name, near=near)


def _overridden(job: JobScript, assignment: Assignment, later: list[RuntimeCall]) -> Iterator[Draft]:
    """A TMPDIR that one of the runtime's own variables outdoes, where nothing else in the script has a use for it."""
    build = next((call for call in later if call.subcommand == "build" or call.fetches), None)
    value = value_of(job, assignment)
    if build is None or value is None or _is_expanded(job, assignment.name):
        return
    for winner in exported(job, build, *TMPDIRS[:2]):
        if winner.value and winner.value != value and "$" not in f"{winner.value}{value}":
            note = related(winner.span, f"`{winner.name}` counts")
            yield finding(
                assignment,
                "overridden",
                name="TMPDIR",
                winner=winner.name,
                related=[note],
                confidence="medium",
            )
            return


def _lost_in_sudo(job: JobScript) -> Iterator[Draft]:
    for call in job.calls:
        if "sudo" not in call.wrappers:
            continue
        words = [word.value or word.prefix for word in call.command.words]
        before = words[: words.index("sudo") + 6]
        if any(word.startswith(_KEEPS) for word in before):
            continue
        handed = {assignment.name for assignment in call.command.prefix}
        given: list[Given] = list(exported(job, call, *(set(_NAMES) - handed)))
        if given and not handed.intersection(_NAMES):
            yield finding(call.command, "sudo", name=given[-1].name, program=call.program)


def _lost_in_group(job: JobScript) -> Iterator[Draft]:
    """A TMPDIR that is set before a call in another group, and none of the runtime's own variables besides."""
    for call in job.calls:
        by = next((one.program for one in call.outer if one.program in ("sg", "newgrp")), None)
        lost = tmpdir_lost_in_group(job, call) if by is not None else None
        if lost is not None:
            name = call.tmpdir_variable
            fix = _sent_besides(call, lost, f'export {name}="$TMPDIR"')
            yield finding(lost, "group", by=by, name="TMPDIR", near=name, program=call.program, fix=fix)
            return


def _sent_besides(call: RuntimeCall, setting: Span, line: str) -> Edit:
    """The edit that puts a line between a setting and the call."""
    fix = _set_above(call, line)
    return fix if fix.start >= setting.end else NOWHERE


# -- JOB105


@rule(
    "JOB105",
    severity="warning",
    profile="minimal",
    fix="unsafe",
    message={
        "": "{what} puts its temporary files into {default}, which does not work at {site}",
        "elsewhere": "{what} puts its temporary files into {default}, which is no local folder of {site}'s nodes",
    },
    help="put `{line}` before it{directive}",
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build --fakeroot app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    site="fugaku",
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    export TMPDIR=/worktmp
    singularity build --fakeroot app.sif app.def
    """,
)
@good(
    """
    #!/bin/bash
    #PJM -L node=1
    TMPDIR=/worktmp singularity build --fakeroot app.sif app.def
    singularity exec app.sif hostname
    """,
    site="fugaku",
)
@good(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build --sandbox /worktmp/app docker://rockylinux:9
    singularity exec --fakeroot --writable /worktmp/app dnf install -y gcc
    singularity build app.sif /worktmp/app
    """,
    site="fugaku",
)
def build_without_local_tmpdir(job: JobScript, site: Site) -> Findings:
    """A build goes to the site's default folder for temporary files, which is no place for it.

    A build as fakeroot gives files to other ids, which only this node knows.  A file system that nodes share refuses
    that, and the build ends with `permission denied` after everything was fetched.  The site's local folders take it.
    What is made of an image or a sandbox without fakeroot keeps its owner, and builds anywhere.

    Source: the chapter on making images of the Fugaku Singularity guide; the Fugaku users guide (TMPDIR is the home on
    compute nodes); the guides of NCAR and ABCI on builds.
    """
    default = site.tmp.default_value
    fails = site.tmp.default_ok is False
    shared = (
        isinstance(default, str)
        and default.startswith("$HOME")
        and site.filesystems.home in site.filesystems.shared
    )
    elsewhere = job.scheduler is not None and not is_site_of(site, job.scheduler)
    if elsewhere or (not fails and not shared):
        return
    for call in job.calls:
        if call.remote or not _gives_to_other_ids(call):
            continue
        given = [one for one in exported(job, call, *TMPDIRS, site=site) if one.value != ""]
        kinds = [_is_local(one.value, site) if one.value is not None else None for one in given]
        if any(kind is not False for kind in kinds) or may_have_tmpdir(call):
            continue
        yield _not_local(call, site, given, fails=fails)
        return


def _gives_to_other_ids(call: RuntimeCall) -> bool:
    """Whether files of other ids come to lie in the folder for temporary files.

    A build with --fakeroot does that, and one of a definition file, unless proot serves it; making a sandbox of an image,
    or an image of a sandbox, does not.  A run with --fakeroot takes an image apart there; a sandbox lies where it is.
    """
    fakeroot = call.option("--fakeroot") is not None
    if call.subcommand == "build":
        return fakeroot or (_is_definition(call) and not may_find_more(call))
    if not call.runs_image or not fakeroot or call.option("--writable") is not None:
        return False
    image = call.value_of(call.image)
    return image is None or "://" in image or image.endswith(IMAGE_ENDINGS)


def _is_definition(call: RuntimeCall) -> bool:
    base = call.base
    return base is not None and may_be_definition(call.value_of(base) or base.suffix)


def _not_local(call: RuntimeCall, site: Site, given: list[Given], *, fails: bool) -> Draft:
    place = next((one for one in site.scratch if one.fakeroot_ok is True), None)
    place = place or next((one for one in site.scratch if one.fakeroot_ok is not False), None)
    folder = place.path if place is not None else "DIR"
    needed = place.needs_directive if place is not None else None
    # The system takes TMPDIR away from what sg and newgrp start.
    name = "TMPDIR" if call.group is None else call.tmpdir_variable
    written = f'"{folder}"' if "$" in folder else folder
    csh = call.job is not None and call.job.is_csh
    line = f"setenv {name} {written}" if csh else f"export {name}={written}"
    sets = any(one.assignment is not None for one in given)
    value = given[-1].value if given else site.tmp.default_value
    return finding(
        call,
        "elsewhere" if given else "",
        what="the build" if call.subcommand == "build" else "the run as fakeroot",
        default=f"`{value}`" if isinstance(value, str) else "the site's default",
        site=site.name,
        line=line,
        directive=f" and ask for the folder: `{needed}`" if isinstance(needed, str) else "",
        severity="error" if fails else "warning",
        fix=NOWHERE if sets or place is None or isinstance(needed, str) else _set_above(call, line),
    )


# What a line ends with that goes on in the next one.
_GOES_ON = pattern(r"(?:[|]|&&|\\)[ \t]*\r?\n[ \t]*\Z")


def _set_above(call: RuntimeCall, line: str) -> Edit:
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


def _is_local(value: str, site: Site) -> bool | None:
    """Whether a path lies in one of the site's folders for temporary files; None where it hangs on a variable of no site."""
    for place in site.tmp.candidates:
        path = place.path.replace("${", "$").replace("}", "")
        if value == path or value.startswith(path.rstrip("/") + "/"):
            return True
    return None if value.startswith("$") and not value.startswith("$HOME") else False
