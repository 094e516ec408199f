"""ShellCheck's findings as findings of ours: which sections are handed over, and where in the file an answer stands."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from sifcheck.definition.model import Definition, Section
from sifcheck.definition.variables import VARIABLE
from sifcheck.findings import Confidence, Edit, Finding, Fix, Profile, Severity
from sifcheck.shell.shellcheck import Comment, Inquiry, Snippet, blanked, find_shellcheck, known_shell
from sifcheck.source import Source, Span
from sifcheck.startup import NamedTuple

LEFT_OUT = {
    1008: "the `#!` line of a section is read by the runtime",
    1090: "a file that is sourced lies in the image, where it cannot be followed",
    1091: "a file that is sourced lies in the image, where it cannot be followed",
    1128: "a section's `#!` line is the first of the section, not of the file",
    2148: "a section needs no `#!` line",
    2187: "dash is asked for where the section names ash",
    2239: "the `#!` line of a section is read by the runtime",
}
"""The codes that are never reported, and why they make no sense in a definition file."""

LEFT_OUT_IN_ERREXIT = {
    2164: "`cd` that fails ends the section by itself: it is run by `sh -e`",
    2103: "`cd ..` that fails ends the section by itself: it is run by `sh -e`",
}
"""Further codes left out where a failing command ends the section (%pre, %setup, %post, %appinstall)."""

LEFT_OUT_IN_ENVIRONMENT = {
    2034: "what %environment sets is used by the programs of the image",
    2155: "a failure in %environment goes unseen whether the export stands apart or not",
    2164: "the section is sourced and has nothing to exit from",
}
"""Further codes left out in %environment and %appenv."""

OWN_RULES = {
    2048: "DEF701",
    2068: "DEF701",
    2086: "DEF701",
    2145: "DEF701",
    2114: "DEF504",
    2115: "DEF504",
    2215: "DEF506",
}
"""Codes that a rule of ours tells better where it reports the same line: it knows the runtime."""

# "In POSIX sh, X is undefined": whether sh is bash hangs on the base image, which ShellCheck does not know and DEF503 does.
_POSIX = range(3000, 4000)

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


class Asked(NamedTuple):
    """One section that was handed over, and its file."""

    source: Source
    definition: Definition
    section: Section


class ShellChecking:
    """ShellCheck for a run: `program` is None where there is none."""

    def __init__(self, processes: int = 0) -> None:
        self.program = find_shellcheck()
        self._processes = processes or len(os.sched_getaffinity(0))

    def ask(self, definitions: Iterable[Definition]) -> Answers:
        """Hand over every script section of the definition files; ShellCheck works on while the caller goes on."""
        asked: list[Asked] = []
        snippets: list[Snippet] = []
        for definition in definitions:
            lines: list[str] | None = None
            for section in definition.sections():
                shell = _shell_of(section)
                if shell is None or not section.body.strip():
                    continue
                if lines is None:
                    lines = _lines(definition)
                first = definition.source.line_of(section.body_span.start)
                last = definition.source.line_of(max(section.body_span.start, section.body_span.end - 1))
                asked.append(Asked(definition.source, definition, section))
                snippets.append(Snippet(blanked(lines[:last], range(first, last + 1)), shell))
        if not snippets or self.program is None:
            return Answers([], None)
        return Answers(asked, Inquiry(self.program, snippets, self._processes))


class Answers:
    """What ShellCheck will have said, by file."""

    def __init__(self, asked: Sequence[Asked], inquiry: Inquiry | None) -> None:
        self._asked = asked
        self._inquiry = inquiry

    def by_file(self) -> dict[int, list[Finding]]:
        """The findings for each file, by the identity of its Source.  Raises OSError where ShellCheck failed."""
        found: dict[int, list[Finding]] = {}
        if self._inquiry is None:
            return found
        for asked, comments in zip(self._asked, self._inquiry.answers(), strict=True):
            for comment in comments:
                if _makes_sense(comment, asked.section):
                    found.setdefault(id(asked.source), []).append(_finding(comment, asked))
        return found


def without_doubles(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those of ShellCheck that a rule of ours tells in the same line."""
    ours = {
        (finding.code, finding.source.line_of(finding.span.start))
        for finding in findings
        if finding.source is not None and not finding.code.startswith("SC")
    }
    kept = []
    for finding in findings:
        twin = OWN_RULES.get(int(finding.code[2:])) if finding.code.startswith("SC") else None
        if (
            twin is None
            or finding.source is None
            or (twin, finding.source.line_of(finding.span.start)) not in ours
        ):
            kept.append(finding)
    return kept


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
    # The runtimes drop a CR before LF; a blank in its place keeps the columns.
    return [f"{line}\n" for line in text.replace("\r\n", " \n").split("\n")]


def _makes_sense(comment: Comment, section: Section) -> bool:
    if comment.code in LEFT_OUT or comment.code in _POSIX:
        return False
    if section.errexit and comment.code in LEFT_OUT_IN_ERREXIT:
        return False
    if section.name in ("environment", "appenv") and comment.code in LEFT_OUT_IN_ENVIRONMENT:
        return False
    return not (comment.code == 2154 and _is_known_name(comment.message.split()[0], section))


def _is_known_name(name: str, section: Section) -> bool:
    """Whether a variable that the script does not set is set by the runtime, or in the stage's %environment."""
    if name.startswith(_KNOWN_NAMES):
        return True
    environments = section.stage.named("environment", "appenv") if section.name != "environment" else []
    return any(
        assignment.name == name
        for environment in environments
        for assignment in environment.script.assignments
    )


def _finding(comment: Comment, asked: Asked) -> Finding:
    source = asked.source
    severity, confidence, profile = _LEVELS[comment.level]
    span = Span(
        _offset(source, comment.line, comment.column), _offset(source, comment.end_line, comment.end_column)
    )
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
        Span(span.start, max(span.end, span.start)),
        section=asked.section.name,
        fix=_fix(comment, asked),
    )


def _fix(comment: Comment, asked: Asked) -> Fix | None:
    if not comment.fix:
        return None
    source = asked.source
    edits = []
    for part in sorted(comment.fix, key=lambda part: (part.line, part.column, -part.precedence)):
        start, end = _offset(source, part.line, part.column), _offset(source, part.end_line, part.end_column)
        if any(
            start < use.span.end and use.span.start < max(end, start + 1) for use in asked.definition.uses
        ):
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
