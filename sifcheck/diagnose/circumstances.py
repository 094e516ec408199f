"""What a log says of the circumstances of a build, and the lines to copy that follow from it."""

from __future__ import annotations

import re

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import quote
from sifcheck.diagnose.log import words_of
from sifcheck.diagnose.message import Phase

_CALL = pattern(
    r"(?:^|[\s$#>;&|/(])(?P<call>(?:apptainer|singularity) (?:\S+ ){0,6}?"
    r"(?P<verb>build|pull|exec|run|shell|test|sign|verify) .*)"
)
_VERSION = pattern(
    r"(?P<family>apptainer|singularity-ce|singularity-?pro|singularity) version (?P<version>\d[\w.+-]*)",
    re.IGNORECASE,
)
_FOLDER = pattern(r"(?<![^\s'\"=:\[(])(?P<folder>/\S*?)/(?:build-temp|bundle-temp|sbuild)-\d+")
_SCHEDULERS = {"slurmstepd": "slurm", "srun: ": "slurm", "PJM CODE": "pjm", "=>> PBS": "pbs"}
_PLACES = pattern(r"\b(?:FOLDER|FILE\.def|IMAGE\.sif)")
_FOR_SINGULARITY = pattern(r"\bapptainer (?=[\w-])")


# A script's path says which script it is; other lines show that an image is run, not built.
_SCRIPTS: tuple[tuple[re.Pattern[str], Phase], ...] = (
    (pattern(r"/\.singularity\.d/(?:actions|runscript|startscript|env)\b"), "run"),
    (pattern(r"/\.singularity\.d/test\b"), "test"),
    (pattern(r"\.post\.script|\.build-script-post"), "post"),
    (pattern(r"/(?:bundle-temp|sbuild)-\d+/(?:\S*/)?(?:\.build-script-)?(?:setup|pre)\b"), "setup"),
)
_RUNNING = pattern(
    r"gocryptfs not found|Converting SIF file to temporary sandbox|squashfuse_ll after timeout"
    r"|Setting --writable-tmpfs|container creation failed: |Setting 'NVIDIA_VISIBLE_DEVICES"
)


class Circumstances(NamedTuple):
    """What the log says of the circumstances; "" for what it does not say."""

    call: str = ""
    runtime: str = ""
    folder: str = ""
    scheduler: str = ""


def script_of(text: str) -> Phase | None:
    """The script that a line is from, as the path in it tells; None where it has none."""
    if "/.singularity.d/" in text or "script" in text or "-temp-" in text or "/sbuild-" in text:
        return next((phase for words, phase in _SCRIPTS if words.search(text) is not None), None)
    return None


def shows_a_run(text: str) -> bool:
    """Whether a line shows that an image is run: `apptainer exec` and the like, or what the runtime says there only."""
    if "apptainer " in text or "singularity " in text:
        call = _CALL.search(text)
        if call is not None and call["verb"] in ("exec", "run", "shell", "test"):
            return True
    return _RUNNING.search(text) is not None or script_of(text) == "run"


def with_context(context: Circumstances, text: str) -> Circumstances:
    """The circumstances, with what one more line of the log says of them."""
    if not context.runtime and " version " in text and (version := _VERSION.search(text)) is not None:
        context = context._replace(runtime=f"{version['family'].lower()} {version['version']}")
    if ("apptainer " in text or "singularity " in text) and not text.startswith(
        ("FATAL", "INFO", "WARNING", "DEBUG", "VERBOSE")
    ):
        call = _CALL.search(text)
        if call is not None and (not context.call or call["verb"] == "build"):
            context = context._replace(call=words_of(call["call"].strip()[:400]))
    if (
        ("-temp-" in text or "/sbuild-" in text)
        and not context.folder
        and (folder := _FOLDER.search(text)) is not None
    ):
        context = context._replace(folder=words_of(folder["folder"]))
    if not context.scheduler:
        for sign, scheduler in _SCHEDULERS.items():
            if sign in text:
                context = context._replace(scheduler=scheduler)
    return context


def commands_for(
    templates: tuple[str, ...], groups: dict[str, str], context: Circumstances
) -> tuple[str, ...]:
    """The lines to copy: what the log says of names is put in, quoted for a shell; the runtime is the log's."""
    quoted = {name: quote(value) if value else "" for name, value in groups.items()}
    known = {place: value.replace("{", "{{").replace("}", "}}") for place, value in _named(context).items()}
    singularity = (context.runtime or context.call).startswith("singularity")
    lines = []
    for command in templates:
        if singularity:
            command = _FOR_SINGULARITY.sub("singularity ", command).replace("APPTAINER_", "SINGULARITY_")
        # The groups come last: what the log says must not be taken for a place, within its quotes.
        lines.append(_PLACES.sub(lambda place: known.get(place[0], place[0]), command).format_map(quoted))
    return tuple(lines)


def _named(context: Circumstances) -> dict[str, str]:
    """What stands for a folder or a file in the lines to copy, as far as the log names it, quoted for a shell."""
    from shlex import split

    known = {"FOLDER": quote(context.folder)} if context.folder else {}
    try:
        words = split(context.call)[1:]
    except ValueError:
        return known
    for word in words:
        if word.endswith((".sif", ".simg")):
            known.setdefault("IMAGE.sif", quote(word))
        elif word.endswith(".def"):
            known["FILE.def"] = quote(word)
    return known
