"""What a job sets for the calls of the runtime in it: the variables that they see, the folder for temporary files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sifcheck.base.facts import known
from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.job.order import command_in, is_excluded, reached

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Assignment, Script, Word
    from sifcheck.site.model import Site

__all__ = [
    "GROUP_PROGRAMS",
    "TMPDIRS",
    "Given",
    "exported",
    "given_by_directives",
    "may_find_more",
    "may_have_tmpdir",
    "outside_group",
    "sets_all_in",
    "temporary_of",
    "tmpdir_lost_in_group",
    "value_of",
]

TMPDIRS = ("APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR")
"""The variables that name the folder for a build's temporary files; the first that is set counts."""

GROUP_PROGRAMS = ("sg", "newgrp")
"""Programs that start others in another group, and to which the system gives no TMPDIR."""


class Given(NamedTuple):
    """A variable that the job sets for what it runs: where, and to what; `value` None where that is not known."""

    name: str
    value: str | None
    span: Span
    assignment: Assignment | None


def exported(job: JobScript, call: RuntimeCall, *names: str, site: Site | None = None) -> Iterator[Given]:
    """The settings of variables that a call sees: of directives, of the texts that it stands in, of its own line.

    Those of a here-document or string that the call stands in come behind those of the script around it.  What is set
    in one body of an `if` is not seen in another one.  A variable that is in the environment already, as TMPDIR is in jobs
    of PBS and at the `site` by what it says, needs no `export`.
    """
    inherited = _inherited(job, site) if not outside_group(call) else ()
    yield from given_by_directives(job, *names)
    yield from _set_by_csh(job, call, names)
    scripts = call.scripts
    everything = False
    for number, script in enumerate(scripts):
        command = command_in(call, script)
        until = reached(command)
        everything = everything or sets_all_in(script)
        for assignment in script.assignments:
            name = assignment.name
            if name not in names or assignment.prefix or assignment.function:
                continue
            # What is exported once stays so in a shell that is started later.
            sent = assignment.exported or name in inherited
            sent = sent or any(one.exports(name) for one in scripts[: number + 1])
            seen = assignment.span.start <= until and not is_excluded(assignment.statement, command)
            if seen and (sent or everything):
                yield Given(name, value_of(job, assignment), assignment.span, assignment)
    for command in (*call.outer, call.command):
        for assignment in command.prefix:
            lost = assignment.name == "TMPDIR" and command.program in GROUP_PROGRAMS
            if assignment.name in names and not lost:
                yield Given(assignment.name, value_of(job, assignment), assignment.span, assignment)


def _inherited(job: JobScript, site: Site | None) -> tuple[str, ...]:
    """The variables that are in the environment of a job from the start."""
    of_site = known(site.tmp.default_env) if site is not None else None
    return (*(("TMPDIR",) if job.scheduler == "pbs" else ()), *((of_site,) if of_site else ()))


def may_find_more(call: RuntimeCall) -> bool:
    """Whether a script puts folders on PATH before a call, in which programs may lie that nobody sees from here.

    Those of another runtime are not meant.
    """
    job = call.job
    if job is None:
        return False
    for script in call.scripts:
        until = reached(command_in(call, script))
        for one in script.assignments:
            if one.name == "PATH" and one.value is not None and one.span.start <= until:
                folders = one.value.text.strip("\"'").split(":")
                if not all(_NO_OTHER_PROGRAMS.search(folder) for folder in folders):
                    return True
    return job.is_csh and _CSH_PATH.search(job.text, 0, call.span.start) is not None


_NO_OTHER_PROGRAMS = pattern(r"^$|^\$\{?PATH\}?$|singularity|apptainer|^/(?:usr/)?s?bin$")
_CSH_PATH = pattern(r"\bsetenv[ \t]+PATH\b|\bset[ \t]+path\b")


def _set_by_csh(job: JobScript, call: RuntimeCall, names: tuple[str, ...]) -> Iterator[Given]:
    """What `setenv NAME VALUE` of csh sets before a call."""
    for command in job.script.commands("setenv") if job.is_csh else ():
        words = command.arguments
        if words and words[0].value in names and command.span.start <= call.span.start:
            value = _written(words[1], job.script.constants) if len(words) > 1 else ""
            yield Given(words[0].value or "", value, command.span, None)


# What csh does not always do; its grammar is not read.
_CSH_BLOCK = pattern(r"(?m)^[ \t]*(?:if|else|while|foreach|switch|case|repeat|goto|eval|source)\b")
_CSH_SETTING = pattern(r"\bsetenv[ \t]+(?:APPTAINER_|SINGULARITY_)?TMPDIR\b")
_SET_BY_DEFAULT = pattern(r"TMPDIR:?=")


def may_have_tmpdir(call: RuntimeCall) -> bool:
    """Whether the folder for temporary files may be set where nobody follows it: by an option, in a function, in a file."""
    if call.job is not None and call.job.is_csh:
        text = call.job.text
        if _CSH_BLOCK.search(text) and _CSH_SETTING.search(text):
            return True
    for script in call.scripts:
        until = reached(command_in(call, script))
        in_function = any(one.function and one.name in TMPDIRS for one in script.assignments)
        read = any(one.span.start < until for one in script.commands("source", "."))
        if in_function or read or any(_SET_BY_DEFAULT.search(part.text) for part in script.variables):
            return True
    return call.option("--tmpdir") is not None


def temporary_of(job: JobScript, call: RuntimeCall, site: Site | None) -> str:
    """The folder for the temporary files of a call, with variables that nobody can put in as they are written.

    That is the one of its option, else of the variables that it sees, else the site's, else the runtime's default.
    """
    if call.remote:
        return "$UNKNOWN"
    option = call.option("--tmpdir")
    if option is not None:
        return call.value_of(option.value) or "$UNKNOWN"
    for name in TMPDIRS:
        # What is set to nothing counts as not set.
        given = exported(job, call, name, site=site)
        found = [one for one in given if one.value != "" and not _is_lost(one, call)]
        if found:
            return found[-1].value or "$UNKNOWN"
    if may_have_tmpdir(call):
        return "$UNKNOWN"
    default = known(site.tmp.default_value) if site is not None else None
    return default or "/tmp"  # noqa: S108 - the runtime writes there


def outside_group(call: RuntimeCall) -> list[Script]:
    """The texts around the `sg` or `newgrp` that starts a call; none where neither does."""
    numbers = [number for number, one in enumerate(call.outer) if one.program in GROUP_PROGRAMS]
    return [one.script for one in call.outer[: numbers[-1] + 1]] if numbers else []


def tmpdir_lost_in_group(job: JobScript, call: RuntimeCall) -> Span | None:
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


def _is_lost(given: Given, call: RuntimeCall) -> bool:
    """Whether `sg` or `newgrp`, which start the call, keep a variable from it that is set outside of what they start."""
    outside = outside_group(call)
    if given.name != "TMPDIR" or not outside:
        return False
    return given.assignment is None or given.assignment.script in outside


def given_by_directives(job: JobScript, *names: str) -> Iterator[Given]:
    """The variables that directives set: `-x` of PJM, `-v` of PBS, `--export` of Slurm."""
    for directive in job.given("-x", "-v"):
        for part in directive.resources:
            if part.name in names and part.value:
                yield Given(part.name, part.value, part.span, None)
    for directive in job.given("--export"):
        for text in (directive.value or "").split(","):
            name, equals, value = text.partition("=")
            if name in names and equals:
                yield Given(name, value, directive.span, None)


def value_of(job: JobScript, assignment: Assignment) -> str | None:
    """What an assignment sets, variables put in that are settled; one that begins with a variable stays as written."""
    word = assignment.value
    return _written(word, {**job.script.constants, **assignment.script.constants}) if word is not None else ""


def _written(word: Word, values: Mapping[str, str]) -> str | None:
    if word.value is not None:
        return word.value
    found = []
    for part in word.parts:
        text = part.value
        if part.kind == "variable" and not part.expansion and part.name:
            text = values.get(part.name, f"${part.name}")
        if text is None:
            return None
        found.append(text)
    return "".join(found)


def sets_all_in(script: Script) -> bool:
    """Whether a text exports all that it sets."""
    return any(
        (word.value or "").startswith("-") and "a" in (word.value or "")[1:]
        if word.value != "allexport"
        else True
        for command in script.commands("set")
        for word in command.arguments
    )
