"""What becomes of the images that a batch script builds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from sifcheck.api import (
    NOWHERE,
    SUBMIT_FOLDERS,
    Copied,
    Draft,
    Edit,
    Findings,
    Linked,
    Moved,
    Span,
    Word,
    bad,
    edit_distance,
    effects_of,
    finding,
    good,
    insert_after,
    may_bring,
    may_bring_before,
    names_made,
    pattern,
    related,
    replace,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, JobScript, RuntimeCall, Site

_COPY_PROGRAMS = ("cp", "mv", "rsync", "scp", "tar", "install")
_COPYING = pattern(rf"\b(?:{'|'.join(_COPY_PROGRAMS)})\b")
_COPIES = (
    *_COPY_PROGRAMS,
    "cat",
    "dd",
    "find",
    "gzip",
    "zstd",
    "rclone",
    "mpifileutils",
    "dcp",
    "ln",
)
_IMAGES = (".sif", ".simg", ".img")
_PROGRAMS = ("singularity", "apptainer", "sifcheck")


@rule(
    "JOB106",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={
        "vanishes": "`{image}` lies in {folder}, which ends with the job, and nothing copies it out",
        "sandbox": "the folder `{image}` lies in {folder}, which ends with the job, and nothing keeps it",
        "name": "nothing here makes `{image}`; the script makes `{near}`",
        "folder": "`{image}` is built as one file, and is used as a folder here",
        "missing": "`{image}` is not there, and nothing here makes it",
    },
    help={
        "vanishes": "copy it before the end: `cp {image} {to}/`",
        "sandbox": "make an image of it before the end: `{program} build {to}/{name}.sif {image}`",
        "name": "did you mean `{near}`?",
        "folder": "build it with `--sandbox`",
        "missing": "build or fetch it before the job runs, or name the one that is there",
    },
)
@bad("""
    #!/bin/bash
    singularity build octotiger-fugaku.sif octotiger.def
    cp octotiger_fugaku.sif /data/images/
       ^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    #!/bin/bash
    singularity build app-1.1.sif app.def
    singularity exec app-1.0.sif diff
    cp base.sif app.sif
    """)
def result_mismatch(job: JobScript, site: Site | None = None, folder: CalledFolder | None = None) -> Findings:
    """What the script builds is not what it goes on with, or is gone when the job ends.

    A name that differs by one letter, an image that stays behind on the node's own disk, a file that is taken for a
    folder: each shows when the long part of the job is over.  Where the job is to be submitted from here (--host), an
    image that is run by a relative path is looked up.

    Source: two public job scripts, one of which builds one name and copies another; the chapter on making images of the
    Fugaku Singularity guide builds `source` without `--sandbox` and makes a folder in it.
    """
    if job.is_csh:  # nobody can tell what is left out
        return
    made: dict[str, RuntimeCall] = {}
    for call in job.calls:
        if call.subcommand not in ("build", "pull") or call.image is None or call.remote:
            continue
        path = call.value_of(call.image)
        if path:
            made[path] = call
        place = _whole_path(job, call, call.image)
        if site is not None and place is not None:
            yield from _vanishing(job, place, call, site)
    told = list(_misnamed(job, made)) if made else []
    yield from told
    if folder is not None:
        yield from _missing(job, made, folder, {draft.values.get("image") for draft in told})
    if not made:
        return
    yield from _taken_for_folders(job, made)


def _whole_path(job: JobScript, call: RuntimeCall, word: Word) -> str | None:
    """The path of a file from the root, or from a variable that is set outside; None where that is not known."""
    path = _written(call, word)
    if path[:1] in ("/", "$", "~"):
        return path
    # What starts the text that a call stands in may go elsewhere first.
    script = call.script if call.outer else job.script
    folders = [one for one in script.commands("cd") if one.span.start < call.span.start]
    target = next(iter(folders[-1].operands()), None) if folders else None
    folder = _written(call, target) if target is not None else ""
    return f"{folder.rstrip('/')}/{path}" if folder[:1] in ("/", "$") else None


def _written(call: RuntimeCall, word: Word) -> str:
    """What a word stands for, else as it is written, without quotation marks and braces."""
    value = call.value_of(word)
    return value if value is not None else re.sub(r"[\"'{}]", "", word.text)


def _vanishing(job: JobScript, path: str, call: RuntimeCall, site: Site) -> Iterator[Draft]:
    folder = next(
        (
            place.path
            for place in site.scratch
            if place.ends_with_job is True
            and path.startswith(re.sub(r"[{}]", "", place.path).rstrip("/") + "/")
        ),
        None,
    )
    if folder is None or call.image is None:
        return
    name = path.rpartition("/")[2]
    if any(_COPYING.search(trap.script.text, trap.start, trap.end) for trap in job.script.commands("trap")):
        return
    for later in (*job.script.commands(), *(call.script.commands() if call.outer else ())):
        # The body of a function may stand above the call and run behind it.
        if later.span.start <= call.span.start and not later.function:
            continue
        if later.program in _COPIES and any(_may_mean(word, call, name, path) for word in later.arguments):
            return
    images = [
        (other, other.image)
        for other in job.calls
        if other.span.start > call.span.start or (other.outermost.function and other is not call)
    ]
    if any(image is not None and path == _whole_path(job, other, image) for other, image in images):
        # It is run in the same job, and may well be meant for that alone.
        return
    variable = SUBMIT_FOLDERS.get(job.scheduler or "")
    to = f'"${variable}"' if variable else "DIR"
    if call.option("--sandbox") is not None:
        # What is a folder `cp` leaves out, and a copy of it is a great many files.
        program = call.program
        yield finding(call.image, "sandbox", image=path, folder=folder, to=to, name=name, program=program)
        return
    fix = insert_after(call.outermost, f"cp {path} {to}/") if variable and not call.outer else NOWHERE
    yield finding(call.image, "vanishes", image=path, folder=folder, to=to, fix=fix)


def _may_mean(word: Word, call: RuntimeCall, name: str, path: str) -> bool:
    value = call.value_of(word)
    if value is None or any(sign in value for sign in "*?[{"):
        return True
    value = value.removeprefix("if=")
    return value.rpartition("/")[2] == name or path.startswith(value.rstrip("/") + "/")


def _misnamed(job: JobScript, made: dict[str, RuntimeCall]) -> Iterator[Draft]:
    """Images that are used, are not made here, and are named nearly like one that is and is not used."""
    used = list(_used_images(job))
    names = {path.rpartition("/")[2] for path in made}
    brought = set(_brought(job))
    all_used = {value.rpartition("/")[2] for _, value, _ in used}
    told: set[str] = set()
    for word, value, may_be_there in used:
        name = value.rpartition("/")[2]
        if name in names or name in brought or name in told:
            continue
        near = [one for one in sorted(names) if one not in all_used and _is_near(name, one)]
        if len(near) == 1 and not may_be_there():
            told.add(name)
            folder = value[: len(value) - len(name)]
            fix = replace(word, folder + near[0]) if word.value == value else NOWHERE
            yield finding(word, "name", image=value, near=near[0], fix=fix)


def _missing(
    job: JobScript, made: dict[str, RuntimeCall], folder: CalledFolder, told: set[str | None]
) -> Iterator[Draft]:
    """Images that are run by a relative path, are not there, and are made by nothing that is seen here."""
    if job.given("--chdir", "-d", "-w") or (job.scheduler == "pbs" and not job.script.commands("cd")):
        return  # It starts elsewhere.
    # Whatever else has to do with a file of that name may bring it.
    others = (one for one in job.script.commands() if one.program not in _PROGRAMS)
    names = {(word.value or "").rpartition("/")[2] for command in others for word in command.arguments}
    names |= {path.rstrip("/").rpartition("/")[2] for path in made}
    # `pull` without a name makes one of its own.
    fetched = any(call.subcommand == "pull" and call.image is None for call in job.calls)
    for call in job.calls:
        value = call.value_of(call.image) if call.runs_image else None
        if (
            call.image is None
            or not value
            or value in told
            or value.startswith("/")
            or not value.endswith(_IMAGES)
        ):
            continue
        entry = folder.entry(call, call.image)
        if entry is None or entry.kind != "" or fetched or value.rpartition("/")[2] in names:
            continue
        if may_bring(call, value):
            continue
        if call.outermost.branch or call.outermost.handled or call.outer:
            continue
        told.add(value)
        yield finding(call.image, "missing", image=value)


def _used_images(job: JobScript) -> Iterator[tuple[Word, str, Callable[[], bool]]]:
    """The images that are run or copied, by what name, and whether something above may have made them."""
    for call in job.calls:
        value = call.value_of(call.image) if call.runs_image else None
        if call.image is not None and value and "://" not in value:
            yield call.image, value, partial(may_bring, call, value)
    for effect in effects_of(job.script, Copied, Moved):
        for word in effect.sources if effect.target is not None else ():
            if word.value is not None and word.value.endswith(_IMAGES):
                yield word, word.value, partial(may_bring_before, effect.command, word.value)


def _brought(job: JobScript) -> Iterator[str]:
    """The names of the files that other commands may make; what is copied as a source is an image that is used."""
    for effect in effects_of(job.script):
        copied = isinstance(effect, Copied | Moved | Linked)
        yield from names_made(effect._replace(sources=()) if copied else effect)


def _is_near(one: str, other: str) -> bool:
    def plain(name: str) -> str:
        for ending in _IMAGES:
            name = name.removesuffix(ending)
        return name.replace("-", "").replace("_", "").lower()

    def without_digits(name: str) -> str:
        return "".join(letter for letter in name if not letter.isdigit())

    if without_digits(one) == without_digits(other):
        return False  # another version
    return plain(one) == plain(other) or (len(one) > 7 and edit_distance(one, other) <= 2)


def _taken_for_folders(job: JobScript, made: dict[str, RuntimeCall]) -> Iterator[Draft]:
    files = {
        path: call
        for path, call in made.items()
        if call.subcommand == "build" and not call.option("--sandbox") and not call.unsure
    }
    for path, call in files.items():
        use = _use_as_folder(job, path, call)
        if use is not None and call.subcommand_word is not None:
            end = call.subcommand_word.span.end
            note = related(call, "built here, without `--sandbox`")
            yield finding(use, "folder", image=path, related=[note], fix=Edit(end, end, " --sandbox"))


def _use_as_folder(job: JobScript, path: str, build: RuntimeCall) -> Span | None:
    for command in job.script.commands():
        if command.span.start <= build.span.start or command.program in _PROGRAMS:
            continue
        for word in command.arguments:
            value = word.value or word.prefix
            if value.startswith(f"{path}/") or (command.program == "cd" and value == path):
                return word.span
    for call in job.calls:
        writes = call.runs_image and call.option("--writable") and call.value_of(call.image) == path
        if call.span.start > build.span.start and writes and call.image is not None:
            return call.image.span
    return None
