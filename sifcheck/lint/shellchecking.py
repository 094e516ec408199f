"""ShellCheck's findings as findings of ours: which sections are handed over, and where in the file an answer stands."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.findings import Confidence, Edit, Finding, Fix, Profile, Severity
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import ERREXIT_SECTIONS, Definition, Section
from sifcheck.definition.variables import VARIABLE, Use
from sifcheck.lint.shellchecking_places import is_harmless
from sifcheck.shell.shellcheck import Comment, Inquiry, Snippet, blanked, find_shellcheck, known_shell

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

LEFT_OUT = {
    1008: "the `#!` line of a section is read by the runtime",
    1009: "it only says around what another finding stands",
    1071: "the shell that runs a section is known, whatever a `#!` line says that does not count",
    1090: "a file that is sourced lies in the image, where it cannot be followed",
    1091: "a file that is sourced lies in the image, where it cannot be followed",
    1114: "the runtimes trim what stands before a section's `#!`",
    1128: "a section's `#!` line is the first of the section, not of the file",
    2103: "`cd ..` goes on to the parent as often as back, and a subshell would lose that",
    2148: "a section needs no `#!` line",
    2187: "dash is asked for where the section names ash",
    2239: "the `#!` line of a section is read by the runtime",
}
"""The codes that are never reported, and why they make no sense in a definition file."""

LEFT_OUT_IN_ERREXIT = {
    2164: "`cd` that fails ends the section by itself: it is run by `sh -e`",
}
"""Further codes left out where a failing command ends the section (%pre, %setup, %post, %appinstall)."""

LEFT_OUT_IN_BUILD = {
    2010: "the build has made the files itself, and knows their names",
    2012: "the build has made the files itself, and knows their names",
    2035: "the build has made the files itself, and knows their names",
    2038: "the build has made the files itself, and knows their names",
    2231: "the build has made the files itself, and knows their names",
}
"""Further codes left out in %setup, %post and %appinstall, which work in the build's own tree."""

LEFT_OUT_IN_ENVIRONMENT = {
    2034: "what %environment sets is used by the programs of the image",
    2155: "a failure in %environment goes unseen whether the export stands apart or not",
    2164: "the section is sourced and has nothing to exit from",
}
"""Further codes left out in %environment and %appenv."""

LEFT_OUT_AT_VARIABLES = {
    2034: "the name comes out of a build variable",
    2043: "the one word that is looped over comes out of a build variable",
    2050: "the constant comes out of a build variable",
    2078: "the constant comes out of a build variable",
    2154: "the name comes out of a build variable",
    2157: "the constant comes out of a build variable",
    2158: "the constant comes out of a build variable",
    2159: "the constant comes out of a build variable",
    2160: "the constant comes out of a build variable",
    2161: "the constant comes out of a build variable",
    2170: "the number comes out of a build variable",
    2193: "the constant comes out of a build variable",
    2194: "the constant comes out of a build variable",
    2242: "the exit code comes out of a build variable",
    2309: "the number comes out of a build variable",
}
"""Further codes left out in a line that holds a `{{ variable }}`, of which ShellCheck sees a mask only."""

INFO = {
    1007: "`NAME= program` empties the variable for one program, as it says",
    2010: "names with blanks are rare among an image's own files",
    2038: "names with blanks are rare among an image's own files",
    2044: "names with blanks are rare among an image's own files",
    2045: "names with blanks are rare among an image's own files",
    2046: "as SC2086, which says the same of a variable; that a list is split into words is often meant",
    2139: "an alias is expanded when it is defined on purpose, more often than not",
    1078: "quotes that open and close within one word often give the command that is meant",
    2064: "what is expanded when the trap is set is often final by then",
    2088: "a program may expand `~` by itself, and `$HOME` in a build is root's",
    2034: "a later command may read it, or the author knows: many a `DEBIAN_FRONTEND=...` lacks an `export`",
    2155: "the value is seldom one whose failure matters, and the export itself is right",
    2226: "`ln -s FILE` makes its link in the folder that `cd` has gone to, as it says",
}
"""Codes that ShellCheck calls a warning and that are only told in passing."""

JOINS = {
    1078: (1079,),  # the quote that is open, and the next one, which then ends it
    2086: (2035, 2046, 2231),  # what the shell makes several words of
    2089: (2090,),  # the quotes in a variable, and where they are taken as letters
    2097: (2098,),  # an assignment for one program, and the same line's use of it
}
"""The codes that have the same cause in a section, and are told with another one."""

# "In POSIX sh, X is undefined": whether sh is bash hangs on the base image, which ShellCheck does not know and a rule does.
_POSIX = range(3000, 4000)

# A shell's `#!` behind blank lines and comments, which ShellCheck heeds all the same; the section's shell is known.
_SHEBANG = pattern(r"\A((?:[ \t]*(?:#(?!!)[^\n]*)?\n)*[ \t]*)#!(?=[^\n]*sh\b)")

# Where ShellCheck stopped reading.  What it says of a test expression there (SC1019, SC1020, SC1033, ...) is not among them.
_GAVE_UP = frozenset(
    (1010, 1036, 1046, 1047, *range(1049, 1054), *range(1056, 1066), 1070, 1072, 1073, 1085, 1088, 1089)
)

_BUILD = ("setup", "post", "appinstall")

# Set by the runtimes, or by the image that the script runs in.
_KNOWN_NAMES = (
    "APPTAINER", "SINGULARITY", "SCIF", "PJM", "SLURM", "PBS", "CONDA", "LD_LIBRARY", "PYTHON", "CUDA", "MKL",
    "DEBIAN_FRONTEND", "HOME", "PATH", "USER", "PWD", "LANG", "LC_", "TMPDIR", "SHELL", "HOSTNAME", "TERM", "OMP",
)  # fmt: skip

_LEVELS: dict[str, tuple[Severity, Confidence, Profile]] = {
    "error": ("warning", "medium", "standard"),
    "warning": ("warning", "medium", "standard"),
    "info": ("info", "medium", "standard"),
    "style": ("info", "medium", "strict"),
}


class AskedSection(NamedTuple):
    """One section that was handed over, and its file; a batch script is the one section of its own."""

    source: Source
    definition: Definition | JobScript
    section: Section | JobScript

    @property
    def uses(self) -> Sequence[Use]:
        """The build variables of the file."""
        return self.definition.uses if isinstance(self.definition, Definition) else ()


class ShellChecking:
    """ShellCheck for a run: `program` is None where there is none."""

    def __init__(self, processes: int = 0) -> None:
        self.program = find_shellcheck()
        self.failure: str | None = None
        """Why ShellCheck failed, in words for the user; it is not asked again."""
        self._processes = processes or len(os.sched_getaffinity(0))

    def ask(self, files: Iterable[Definition | JobScript]) -> Answers:
        """Hand over every script section of the definition files, and batch scripts as they are; ShellCheck works on
        while the caller goes on.
        """
        asked: list[AskedSection] = []
        snippets: list[Snippet] = []
        for definition in files:
            if not isinstance(definition, Definition):
                from sifcheck.lint.shellchecking_jobs import text_of_job

                shell, text = known_shell(definition.shell or "bash"), text_of_job(definition)
                if shell is not None and text is not None:
                    asked.append(AskedSection(definition.source, definition, definition))
                    snippets.append(Snippet(text, shell))
                continue
            lines: list[str] | None = None
            for section in definition.sections():
                shell = _shell_of(section)
                if shell is None or not section.body.strip():
                    continue
                if lines is None:
                    lines = _lines(definition)
                first = definition.source.line_of(section.body_span.start)
                last = definition.source.line_of(max(section.body_span.start, section.body_span.end - 1))
                asked.append(AskedSection(definition.source, definition, section))
                text = _SHEBANG.sub(r"\1##", blanked(lines[:last], range(first, last + 1)), count=1)
                snippets.append(Snippet(text, shell))
        if not snippets or self.program is None or self.failure is not None:
            return Answers([], None, self)
        try:
            return Answers(asked, Inquiry(self.program, snippets, self._processes), self)
        except OSError as error:
            self.failure = str(error)
            return Answers([], None, self)


class Answers:
    """What ShellCheck will have said, by file."""

    def __init__(
        self, asked: Sequence[AskedSection], inquiry: Inquiry | None, checking: ShellChecking
    ) -> None:
        self._asked = asked
        self._inquiry = inquiry
        self._checking = checking

    @property
    def failure(self) -> str | None:
        """Why ShellCheck failed, in words for the user; None where it did not."""
        return self._checking.failure

    def wait(self) -> None:
        """Wait until `by_file` can answer at once.  Any thread may do so; all else is for the one that has asked."""
        if self._inquiry is not None:
            self._inquiry.wait()

    def by_file(self) -> dict[int, list[Finding]]:
        """The findings for each file, by the identity of its Source; none where ShellCheck failed."""
        found: dict[int, list[Finding]] = {}
        if self._inquiry is None:
            return found
        try:
            answers = self._inquiry.answers()
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            # A program of that name can answer anything; what it does not say is left out, the rest goes on.
            self._checking.failure = str(error) or type(error).__name__
            return found
        for asked, comments in zip(self._asked, answers, strict=True):
            for comment in _once(comments, asked.section):
                if _makes_sense(comment, asked):
                    found.setdefault(id(asked.source), []).append(_finding(comment, asked))
        return found


def _once(comments: Sequence[Comment], section: Section | JobScript) -> Iterable[Comment]:
    """A script that cannot be read is told once, and where no shell refuses it, ShellCheck's giving up is nobody's fault."""
    codes = {comment.code for comment in comments}
    dropped: frozenset[int] | set[int] = {1072} if 1073 in codes else set()
    if codes & {1072, 1073} and section.script.refusal is None:
        dropped = _GAVE_UP
    if 1020 in codes:  # one space is missing before `]`: the test that cannot be read comes of it
        dropped = dropped | {1019, 1072, 1073}
    return [comment for comment in comments if comment.code not in dropped] if dropped else comments


def _shell_of(section: Section) -> str | None:
    if not section.is_script:
        return None
    # The runtimes source %environment with a bash-like interpreter of their own (Singularity 3.6 and later).
    if section.name in ("environment", "appenv"):
        return "bash"
    return known_shell(section.shell)


def _lines(definition: Definition) -> list[str]:
    """The file's lines with build variables masked at equal length and bytes that are no UTF-8 as question marks."""
    text = definition.source.data.decode("utf-8", "surrogateescape")
    if "{{" in text:
        text = VARIABLE.sub(lambda match: "".join(c if c == "\n" else "v" for c in match[0]), text)
    text = "".join("?" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text) if not text.isascii() else text
    # The runtimes drop a CR before LF.  A blank in its place would part a backslash from its line end.
    return [f"{line}\n" for line in text.replace("\r\n", "\n").split("\n")]


def _makes_sense(comment: Comment, asked: AskedSection) -> bool:
    section = asked.section
    if comment.code in LEFT_OUT or comment.code in _POSIX:
        return False
    if (section.errexit and comment.code in LEFT_OUT_IN_ERREXIT) or (
        section.name in _BUILD and comment.code in LEFT_OUT_IN_BUILD
    ):
        return False
    if section.name in ("environment", "appenv") and comment.code in LEFT_OUT_IN_ENVIRONMENT:
        return False
    if comment.code < 2000 and isinstance(section, Section) and section.is_cut:
        return False  # a `%` line cuts the script in the middle: a rule says so, and ShellCheck only meets the end
    if comment.code == 2164 and not isinstance(section, Section):
        from sifcheck.lint.shellchecking_jobs import goes_to_submit_folder

        return not goes_to_submit_folder(asked.source.slice(_place(comment, asked.source)))
    if comment.code in LEFT_OUT_AT_VARIABLES and _holds_variable(comment, asked):
        return False
    if is_harmless(comment.code, _place(comment, asked.source), asked.source, section):
        return False
    return not (comment.code == 2154 and _is_known_name(comment.message.split()[0], section))


def _holds_variable(comment: Comment, asked: AskedSection) -> bool:
    first, last = asked.source.line_span(comment.line).start, asked.source.line_span(comment.end_line).end
    return any(first <= use.span.start < last for use in asked.uses)


def _is_known_name(name: str, section: Section | JobScript) -> bool:
    """Whether a variable that the script does not set is set by the runtime, or in the stage's %environment."""
    if name.startswith(_KNOWN_NAMES) or not isinstance(section, Section):
        # What a batch script does not set comes from the site's profile, a module or the call of the scheduler.
        return True
    environments = section.stage.named("environment", "appenv") if section.name != "environment" else []
    return any(
        assignment.name == name
        for environment in environments
        for assignment in environment.script.assignments
    )


def _finding(comment: Comment, asked: AskedSection) -> Finding:
    source = asked.source
    severity, confidence, profile = _LEVELS.get(comment.level, _LEVELS["warning"])
    if comment.code in INFO or (comment.code == 2164 and asked.section.name not in ERREXIT_SECTIONS):
        severity = "info"
    if not isinstance(asked.section, Section):
        from sifcheck.lint.shellchecking_jobs import INFO_IN_JOBS

        severity = "info" if comment.code in INFO_IN_JOBS else severity
    start, end = _place(comment, source)
    # What is missing at the end of the section is missing in it, not in the next one.
    inside = max(asked.section.body_span.start, asked.section.body_span.end - 1)
    span = Span(min(start, inside), min(max(start, end), asked.section.body_span.end))
    code = f"SC{comment.code}"
    return Finding(
        code,
        "shellcheck",
        severity,
        confidence,
        profile,
        comment.message.rstrip("."),
        f"ShellCheck explains it under {code}",
        source,
        span,
        section=asked.section.name if isinstance(asked.section, Section) else None,
        part=asked.section.span.start if isinstance(asked.section, Section) else 0,
        fix=_fix(comment, asked),
        joins=tuple(f"SC{other}" for other in JOINS.get(comment.code, ())),
    )


def _place(comment: Comment, source: Source) -> Span:
    return Span(
        _offset(source, comment.line, comment.column), _offset(source, comment.end_line, comment.end_column)
    )


def _fix(comment: Comment, asked: AskedSection) -> Fix | None:
    if not comment.fix:
        return None
    source = asked.source
    edits = []
    for part in sorted(comment.fix, key=lambda part: (part.line, part.column, -part.precedence)):
        start, end = _offset(source, part.line, part.column), _offset(source, part.end_line, part.end_column)
        if any(start < use.span.end and use.span.start < max(end, start + 1) for use in asked.uses):
            return None
        edits.append(Edit(start, end, part.text))
    if len({edit.start for edit in edits}) < len(edits):
        return None
    return Fix(f"as ShellCheck proposes: {comment.message.rstrip('.')}", tuple(edits), False)


def _offset(source: Source, line: int, column: int) -> int:
    """The byte offset of a line and column as ShellCheck counts them: characters, a TAB is one."""
    span = source.line_span(line)
    content = source.data[span.start : span.end]
    if content.isascii():
        return min(span.start + column - 1, span.end)
    before = content.decode("utf-8", "surrogateescape")[: column - 1]
    return span.start + len(before.encode("utf-8", "surrogateescape"))
