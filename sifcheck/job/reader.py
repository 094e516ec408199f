"""Reads a batch script: which lines are directives, which of them the scheduler reads, and what merges left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.source import Source, Span
from sifcheck.base.startup import pattern
from sifcheck.job.directives import read_directives
from sifcheck.job.model import (
    BYTE_ORDER_MARK,
    SENTINELS,
    Conflict,
    Directive,
    DirectiveLine,
    JobScript,
    LineState,
    SchedulerName,
    line_end,
)
from sifcheck.job.not_meant import meant_lines
from sifcheck.job.placeholders import is_only_placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t\v\f\r"
# sbatch and qsub read an option that is glued to the sign too (sbatch: tried with 22.05).
_EXACT = pattern(r"#(?:PJM(?![^ \t\r])|(?:SBATCH|PBS)(?![^ \t\r-]))")
# What looks like a directive and is none: a comment sign, a word, and an option behind it.
_MEANT = pattern(r"#([ \t]*)([A-Za-z]{3,8})([ \t]*)(?=--?[A-Za-z])")
_NAMES: dict[str, SchedulerName] = {sentinel[1:]: name for sentinel, name in SENTINELS.items()}
# What git writes with merge.conflictStyle diff3 and zdiff3; the name behind it may be missing.
_BASE = pattern(r"\|{7}(?: |[ \t]*$)")
_NOT_MEANT = frozenset(("batch", "match"))


SUBMITTERS: dict[str, SchedulerName] = {"pjsub": "pjm", "sbatch": "slurm", "qsub": "pbs"}
"""The commands that submit a script, and whose they are."""


def read_job(source: Source, submit: str = "") -> JobScript:
    """Read a batch script; `submit` is the command line that submits it, as `pjsub -L node=1 job.sh`.

    Never raises: what is wrong with it is part of the model.
    """
    job = JobScript(source)
    job.submitted = _submitted(job, submit) if submit else ()
    job.beside = bool(submit) and _names_beside(source.path, submit.split()[-1:])
    start = len(BYTE_ORDER_MARK) if source.text.startswith(BYTE_ORDER_MARK) else 0
    if source.text.startswith("#!", start):
        job.shebang = Span(start, line_end(source, 0))
    job.conflicts = tuple(_conflicts(source))
    first_marker = min((conflict.start.start for conflict in job.conflicts), default=len(source.data) + 1)
    job.stop = _first_command(source)
    lines = tuple(_lines(job, first_marker))
    for line in lines:
        line.directives = read_directives(line)
    job.lines = meant_lines(job, lines)
    return job


def _submitted(job: JobScript, submit: str) -> tuple[Directive, ...]:
    """The options of a command line; they have no place in the script."""
    program = submit.split(maxsplit=1)[0] if submit.split() else ""
    scheduler = SUBMITTERS.get(program.rpartition("/")[2])
    if scheduler is None:
        return ()
    command = JobScript(Source("", submit.encode()))
    begin = submit.index(program) + len(program)
    whole = Span(0, len(command.source.data))
    read = read_directives(DirectiveLine(command, scheduler, whole, Span(0, begin), 1, "submitted"))
    nowhere = Span(0, 0)
    line = DirectiveLine(job, scheduler, nowhere, nowhere, 1, "submitted")
    return tuple(
        Directive(
            line,
            one.option,
            one.written,
            one.value,
            nowhere,
            nowhere,
            tuple(part._replace(span=nowhere, value_span=nowhere) for part in one.resources),
        )
        for one in read
    )


def _names_beside(path: str, words: list[str]) -> bool:
    """Whether the last word of a command line is the script's own name, without a folder before it."""
    return [word.removeprefix("./") for word in words] == [path.rpartition("/")[2]]


def _first_command(source: Source, skipped: int = 0) -> int:
    """Where the line of the first command begins: the first that is neither blank nor a comment.

    What fills a placeholder on a line of its own may well be directives: such a line is passed over.  `skipped` is how
    many characters at the beginning are not looked at.
    """
    for start in source.line_starts:
        line = source.text[max(start, skipped) : line_end(source, start)].strip(_BLANKS)
        if line and not line.startswith("#") and not is_only_placeholders(line):
            return start
    return len(source.data)


def _lines(job: JobScript, first_marker: int) -> Iterator[DirectiveLine]:
    source = job.source
    if "#" not in source.text:
        return
    # A byte-order mark makes a command of the first line, and no text of the lines below it.
    marked = job.shebang.start if job.shebang is not None else 0
    program = _first_command(source, marked) if marked else job.stop
    for number, begin in enumerate(source.line_starts, 1):
        end = line_end(source, begin)
        text = source.text[begin:end]
        stripped = text.lstrip(" \t")
        if not stripped.startswith("#"):
            continue
        start = begin + len(text) - len(stripped)
        told = _told(stripped)
        if told is None:
            continue
        scheduler, length, state = told
        if state == "read" and start > begin and scheduler != "pbs":
            # qsub looks behind blanks, the others do not.
            state = "misspelt"
        if state == "read" and begin >= job.stop:
            state = "late"
        if state != "read" and begin >= program and _is_text(job, start):
            continue
        if begin > first_marker and state != "read":
            state = "after-conflict"
        span = Span(start, start + len(stripped.rstrip(_BLANKS)))
        yield DirectiveLine(job, scheduler, span, Span(start, start + length), number, state)


def _is_text(job: JobScript, offset: int) -> bool:
    """Whether a line below the first command is text that a command writes; of another language nobody can tell."""
    return not job.is_shell or job.script.inside_word_or_heredoc(offset)


def _told(text: str) -> tuple[SchedulerName, int, LineState] | None:
    """Whose directive a comment is or was meant to be, the length of what it begins with, and which of the two."""
    exact = _EXACT.match(text)
    if exact is not None:
        return SENTINELS[exact[0]], len(exact[0]), "read"
    meant = _MEANT.match(text)
    if meant is None:
        return None
    name = _meant_name(meant[2])
    return None if name is None else (name, meant.end(2), "misspelt")


def _meant_name(word: str) -> SchedulerName | None:
    """The scheduler whose sentinel a word is or nearly is."""
    upper = word.upper()
    if upper in _NAMES:
        return _NAMES[upper]
    if word.lower() in _NOT_MEANT:
        return None
    for name, scheduler in _NAMES.items():
        # Letters swapped, one left out or doubled; of the short names two letters make another word.
        near = sorted(upper) == sorted(name) or (len(name) > 4 and _one_letter_apart(upper, name))
        if near and upper[0] == name[0]:
            return scheduler
    return None


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return len(long) == len(short) + 1 and any(
        long[:index] + long[index + 1 :] == short for index in range(len(long))
    )


def _conflicts(source: Source) -> Iterator[Conflict]:
    """The merges that were never finished: `<<<<<<<` and what follows of `|||||||`, `=======` and `>>>>>>>`."""
    if "<<<<<<< " not in source.text and ">>>>>>> " not in source.text:
        return
    begin: Span | None = None
    base: Span | None = None
    separator: Span | None = None
    for start in source.line_starts:
        span = Span(start, line_end(source, start))
        text = source.text[span.start : span.end]
        if text.startswith("<<<<<<< "):
            if begin is not None:
                yield Conflict(begin, separator, None, base)
            begin, base, separator = span, None, None
        elif _BASE.match(text) and begin is not None and base is None and separator is None:
            base = span
        elif text.rstrip() == "=======" and begin is not None:
            separator = span
        elif text.startswith(">>>>>>> "):
            yield Conflict(begin, separator, span, base) if begin is not None else Conflict(span, None, None)
            begin = base = separator = None
    if begin is not None:
        yield Conflict(begin, separator, None, base)
