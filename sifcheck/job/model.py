"""The model of a batch script: what it asks the scheduler for, line by line, and the shell script below."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from sifcheck.base.source import Source, Span, shown
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.job.placeholders import placeholders_in, without_statements

if TYPE_CHECKING:
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Script

SchedulerName = Literal["pjm", "slurm", "pbs"]

SENTINELS: dict[str, SchedulerName] = {"#PJM": "pjm", "#SBATCH": "slurm", "#PBS": "pbs"}
"""What a directive begins with, and whose it is."""

BYTE_ORDER_MARK = "\xef\xbb\xbf"
"""What editors of Windows put before UTF-8, one character a byte; for a kernel and a shell the first line begins with it."""

LineState = Literal["read", "late", "misspelt", "after-conflict", "submitted"]
"""read: the scheduler reads it; late: it stands below the first command; misspelt: it is a comment for the scheduler;
submitted: it is no line of the script but the command line that submits it.
"""

_ERREXIT = pattern(r"^#![^\n]*[ \t]-[a-z]*e|^[ \t]*set[ \t]+(?:-[a-zA-Z]*e|-o[ \t]+errexit)", re.M)
_SHELLS = frozenset("sh ash bash dash ksh ksh93 mksh zsh csh tcsh busybox".split())
_SHELL = pattern(r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*)?(?:\S*/)?([\w.+-]+)")


class Resource(NamedTuple):
    """One part of a value such as `node=1,elapse=0:15:00`; the value is empty where it has none.  Both know their place."""

    name: str
    value: str
    span: Span
    value_span: Span


class Directive:
    """One option that a script gives to the scheduler.

    `option` is the name in full as the scheduler has it (`--time` for `-t`, `-L` for `--rsc-list`), `written` as it
    stands there.  `span` holds option and value.
    """

    __slots__ = ("line", "option", "resources", "span", "value", "value_span", "written")

    def __init__(
        self,
        line: DirectiveLine,
        option: str,
        written: str,
        value: str | None,
        span: Span,
        value_span: Span,
        resources: tuple[Resource, ...],
    ) -> None:
        self.line = line
        self.option = option
        self.written = written
        self.value = value
        self.span = span
        self.value_span = value_span
        self.resources = resources

    def __repr__(self) -> str:
        return f"Directive({self.option!r}, {self.value!r})"

    @property
    def scheduler(self) -> SchedulerName:
        """Whose directive it is."""
        return self.line.scheduler

    @property
    def job(self) -> JobScript:
        """The script it stands in."""
        return self.line.job

    @property
    def submitted(self) -> bool:
        """Whether it is given on the command line; its place is then the beginning of the script."""
        return self.line.state == "submitted"

    def resource(self, *names: str) -> Resource | None:
        """The first part of the value with one of the names."""
        return next((part for part in self.resources if part.name in names), None)


class DirectiveLine:
    """One line that is a directive, or was meant as one.

    `span` is the line without indentation and line end, `sentinel` what it begins with (`#SBATCH`), `number` counts
    from 1.
    """

    __slots__ = ("directives", "job", "number", "scheduler", "sentinel", "span", "state")

    def __init__(
        self,
        job: JobScript,
        scheduler: SchedulerName,
        span: Span,
        sentinel: Span,
        number: int,
        state: LineState,
    ) -> None:
        self.job = job
        self.scheduler = scheduler
        self.span = span
        self.sentinel = sentinel
        self.number = number
        self.state = state
        self.directives: tuple[Directive, ...] = ()

    def __repr__(self) -> str:
        return f"DirectiveLine({self.text!r}, {self.state!r})"

    @property
    def text(self) -> str:
        """The line as it is written."""
        return self.job.source.slice(self.span)

    @property
    def options_text(self) -> str:
        """What stands behind the sentinel."""
        return self.job.source.slice(Span(self.sentinel.end, self.span.end)).strip()


class Conflict(NamedTuple):
    """A merge that was never finished: the marker lines, `separator` None where there is none between.

    `base` is the line above what both versions were made from, which git writes where `merge.conflictStyle` is diff3.
    """

    start: Span
    separator: Span | None
    end: Span | None
    base: Span | None = None

    @property
    def markers(self) -> tuple[Span, ...]:
        """The marker lines that are there, in order."""
        return tuple(span for span in (self.start, self.base, self.separator, self.end) if span is not None)


class JobScript:
    """One batch script.

    `lines` are the directive lines in order, those that the scheduler does not read included; `stop` is where the
    first command's line begins: below it no scheduler looks for directives.  `shebang` is the first line if it begins
    with `#!`, without a byte-order mark before it.  `submitted` are the options of the command line that submits it, as
    far as that is known, and `beside` is whether that command line says that it is given in the folder where the script
    lies.
    """

    __slots__ = (
        "_calls",
        "_script",
        "beside",
        "conflicts",
        "lines",
        "shebang",
        "source",
        "stop",
        "submitted",
    )

    # What stands in the place of a section for the rules of scripts.
    name = "job"

    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines: tuple[DirectiveLine, ...] = ()
        self.conflicts: tuple[Conflict, ...] = ()
        self.submitted: tuple[Directive, ...] = ()
        self.beside = False
        self.shebang: Span | None = None
        self.stop = len(source.data)
        self._script: Script | None = None
        self._calls: tuple[RuntimeCall, ...] | None = None

    def __repr__(self) -> str:
        return f"JobScript({self.source.path!r})"

    # -- the script

    @property
    def span(self) -> Span:
        """The whole file."""
        return Span(0, len(self.source.data))

    body_span = span

    @property
    def script(self) -> Script:
        """The whole file as shell commands; the lines that a merge left behind count as comments.

        Of a template, what is to be filled in is not known.
        Of a script in another language, as Python, it is the empty script.
        """
        if self._script is None:
            from sifcheck.shell import parse_script

            text = self.text if self.is_shell else ""
            self._script = parse_script(text, section=self, place=Span, unknown=placeholders_in(text))
        return self._script

    def take_script(self, script: Script) -> None:
        """Take what was given as commands: nothing has to be read."""
        self._script = script

    @property
    def text(self) -> str:
        """The file one character a byte, with marker lines of a merge and of Jinja made comments of equal length."""
        text = without_statements(self.source.text)
        for conflict in self.conflicts:
            for span in conflict.markers:
                text = f"{text[: span.start]}{'#' * (span.end - span.start)}{text[span.end :]}"
        return text

    @property
    def shell(self) -> str:
        """The program that runs the script by its `#!` line, without its folder; "" without such a line."""
        match = _SHELL.match(self.source.text, self.shebang.start) if self.shebang is not None else None
        return match[1] if match else ""

    @property
    def is_shell(self) -> bool:
        """Whether a shell runs it; where nothing is said, one does."""
        return not self.shell or self.shell in _SHELLS

    @property
    def is_csh(self) -> bool:
        """Whether csh or tcsh runs it, by its `#!` line or the `-S` of PBS: another grammar than that of sh."""
        named = self.value("-S") if self.scheduler == "pbs" else None
        return (named or self.shell).rpartition("/")[2] in ("csh", "tcsh")

    @property
    def errexit(self) -> bool:
        """Whether a failing command ends the script: by its `#!` line, or by `set -e` anywhere."""
        return _ERREXIT.search(self.source.text) is not None

    @property
    def calls(self) -> tuple[RuntimeCall, ...]:
        """Every call of singularity or apptainer, in the order of the file."""
        if self._calls is None:
            from sifcheck.runtime.calls import calls_in

            self._calls = calls_in(self.script, self)
        return self._calls

    # -- the directives

    @property
    def read_lines(self) -> tuple[DirectiveLine, ...]:
        """The lines that a scheduler reads."""
        return tuple(line for line in self.lines if line.state == "read")

    @property
    def directives(self) -> tuple[Directive, ...]:
        """The options in the lines that a scheduler reads."""
        return tuple(directive for line in self.read_lines for directive in line.directives)

    @property
    def asked(self) -> tuple[Directive, ...]:
        """All that the job asks for: in the script, and on the command line, which goes before."""
        return self.directives + self.submitted

    @property
    def is_submitted(self) -> bool:
        """Whether the script is submitted itself, by what is known: a script without any option is called by another."""
        return bool(self.read_lines or self.submitted)

    @property
    def scheduler(self) -> SchedulerName | None:
        """The scheduler that the script is for; None where it names none, or more than one."""
        named = {one.scheduler for one in self.submitted} or {line.scheduler for line in self.read_lines}
        named = named or {line.scheduler for line in self.lines}
        return named.pop() if len(named) == 1 else None

    @property
    def first_line(self) -> Span:
        """Where something about the script as a whole is reported: its first directive, else its first line."""
        if self.read_lines:
            return self.read_lines[0].span
        line = self.source.line_span(1)
        text = self.source.text[line.start : line.end]
        return Span(line.start, line.start + len(text.rstrip("\r\n")))

    def given(self, *options: str) -> tuple[Directive, ...]:
        """The options of these names, those of the command line included, in order; the last one usually counts."""
        return tuple(directive for directive in self.asked if directive.option in options)

    def meant(self, *options: str) -> tuple[Directive, ...]:
        """As `given`, those too in lines that were meant as directives and are not read; without names all of them."""
        lines = (directive for line in self.lines for directive in line.directives)
        return tuple(one for one in (*lines, *self.submitted) if not options or one.option in options)

    def value(self, *options: str) -> str | None:
        """The value of the last directive of the named options; None without one."""
        found = self.given(*options)
        return found[-1].value if found else None

    def resource(self, *names: str) -> Resource | None:
        """The last resource of one of the names in the lists of `-L` (PJM) and `-l` (PBS)."""
        found = [part for one in self.given("-L", "-l") for part in one.resources if part.name in names]
        return found[-1] if found else None


def line_end(source: Source, offset: int) -> int:
    """Where the line of an offset ends, its line end not included."""
    end = source.text.find("\n", offset)
    end = len(source.text) if end < 0 else end
    return end - 1 if end > offset and source.text[end - 1] == "\r" else end


def decoded(text: str) -> str:
    """Text held one character a byte, for showing."""
    return shown(text)
