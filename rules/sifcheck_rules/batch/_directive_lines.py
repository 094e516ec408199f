"""Directive lines that a scheduler does not read: what the rules about each scheduler share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import NOWHERE, Draft, Edit, Span, finding, related

if TYPE_CHECKING:
    from sifcheck.api import DirectiveLine, JobScript, Related, Severity, Site

SENTINELS = {"pjm": "#PJM", "slurm": "#SBATCH", "pbs": "#PBS"}
_MARK = "\xef\xbb\xbf"  # the byte-order mark of UTF-8, one character a byte


def not_read(job: JobScript, scheduler: str) -> Iterator[Draft]:
    """The findings about lines of one scheduler that stand too low or are misspelt, or below a byte-order mark."""
    lines = [line for line in job.lines if line.scheduler == scheduler]
    if lines and job.source.text.startswith(_MARK):
        # Behind the mark even a comment is a command, and all lines are read again once it is gone.
        severity: Severity = "error" if scheduler == "slurm" else "warning"
        yield finding(
            job.first_line, "mark", severity=severity, fix=Edit(0, len(_MARK), ""), safe=severity == "error"
        )
        return
    misspelt = [line for line in lines if line.state == "misspelt"]
    late = [line for line in lines if line.state == "late"]
    number = _stop(job)
    if misspelt:
        high = [line for line in misspelt if line.span.start < job.stop]
        low = [line for line in misspelt if line.span.start >= job.stop]
        edits = [*map(_well_written, high), *_moved(job, low)]
        yield finding(
            misspelt[0].span,
            "misspelt",
            sentinel=SENTINELS[scheduler],
            number=number,
            fix=edits,
            # The job runs as it is; what it asks for in this line it has never been given.
            safe=False,
            related=_and_here(misspelt),
        )
    if late:
        first = job.source.line_span(number)
        text = job.source.slice(first).rstrip("\r\n")
        note = related(Span(first.start, first.start + len(text.encode())), "reading ends here")
        notes = [note, *_and_here(late)]
        yield finding(late[0].span, "late", number=number, related=notes, fix=_moved(job, late), safe=False)


def _and_here(lines: list[DirectiveLine]) -> list[Related]:
    return [related(line.span, "and here") for line in lines[1:]]


def _stop(job: JobScript) -> int:
    return job.source.line_of(job.stop)


def _well_written(line: DirectiveLine) -> Edit:
    text = f"{SENTINELS[line.scheduler]} {line.options_text}"
    start = line.job.source.line_span(line.number).start
    return Edit(start, line.span.end, text)


def _moved(job: JobScript, lines: list[DirectiveLine]) -> list[Edit]:
    """Take lines away from where they stand, and put them below the last one that is read."""
    if not lines:
        return []
    wholes = [job.source.line_span(line.number) for line in lines]
    text = "".join(f"{SENTINELS[line.scheduler]} {line.options_text}\n" for line in lines)
    return [*(Edit(whole.start, whole.end, "") for whole in wholes), insertion(job, text)]


def insertion(job: JobScript, text: str) -> Edit:
    """The edit that puts whole lines below the last directive that is read, else below the first line."""
    read = job.read_lines
    if read:
        at = job.source.line_span(read[-1].number).end
    else:
        at = job.source.line_span(1).end if job.shebang is not None else 0
    if at and job.source.text[at - 1] != "\n":
        return NOWHERE
    return Edit(at, at, text)


def _is_given(job: JobScript, wanted: str) -> bool:
    option, _, rest = wanted.strip().partition(" ")
    name, _, value = rest.partition("=")
    if not rest and "=" in option:
        option, _, value = option.partition("=")
    # What stands in a line that is not read has a finding whose fix moves the line: a second limit below would win.
    for directive in job.meant():
        names = _SLURM if directive.scheduler == "slurm" else {}
        if directive.option != names.get(option, option):
            continue
        if not name:
            if not value or (directive.value or "").startswith(value):
                return True
            continue
        for part in directive.resources:
            same = part.name == name or (name == "node" and part.name == "vnode")
            if same and (not value or part.value == value):
                return True
    return False


_SLURM = {
    "-A": "--account",
    "-t": "--time",
    "-N": "--nodes",
    "-n": "--ntasks",
    "-p": "--partition",
    "-G": "--gpus",
}


def is_site_of(site: Site, scheduler: str) -> bool:
    """Whether a site's jobs go through a scheduler, as far as that is known."""
    return not isinstance(site.scheduler.type, str) or site.scheduler.type == scheduler


def missing_directives(job: JobScript, site: Site, scheduler: str) -> Iterator[Draft]:
    """The findings about options that the site asks for and no directive gives, with the site's line where it has one.

    A script without any directive is called by another one that has them, and is not judged.
    """
    if job.scheduler != scheduler or not job.is_submitted or not is_site_of(site, scheduler):
        return
    builds = any(call.subcommand == "build" for call in job.calls)
    runs = any(call.runs_image for call in job.calls)
    wanted = [*site.scheduler.required]
    wanted += site.scheduler.required_for_builds if builds else ()
    wanted += site.scheduler.required_for_containers if runs else ()
    for option in dict.fromkeys(wanted):
        own_rule = option.strip() == "-g" and site.group.job_group_forbidden
        # `nodes=` of older scripts says it in another way, and PBS takes no `select=` beside it.
        older = option.strip().startswith("-l select=") and job.resource("nodes") is not None
        if own_rule or older or _is_given(job, option):
            continue
        line = _line_of_example(site, option)
        sentinel = SENTINELS[scheduler]
        yield finding(
            job.first_line,
            option=option.strip(),
            site=site.name,
            line=f"{sentinel} {line or f'{option.rstrip()}...'}",
            severity="error" if site.scheduler.refuses_without is True else "warning",
            fix=insertion(job, f"{sentinel} {line}\n") if line is not None else NOWHERE,
        )


def _line_of_example(site: Site, wanted: str) -> str | None:
    """The option as the site's own example gives it, `-L elapse=1:00:00` for `-L elapse=`; None where none can be given.

    A word in capitals stands for a name that only the user knows.
    """
    for given in site.scheduler.build_example:
        value = given[len(wanted.rstrip()) :]
        if given.startswith(wanted.rstrip()) and not value.strip().isupper():
            return given
    _, equals, value = wanted.rpartition("=")
    return wanted if equals and value else None
