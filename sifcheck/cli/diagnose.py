"""`sifcheck diagnose`: read the log of a failed build, and tell which line says why, what it means and what to do."""

from __future__ import annotations

import os
import sys
from bisect import bisect_left
from collections.abc import Sequence

from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.app.told import SpokenRules, told_by
from sifcheck.base.source import Source, Span
from sifcheck.base.text import escape, size_text
from sifcheck.cli.parser import CommandParser
from sifcheck.diagnose.diagnosis import Diagnosis, LogFindings, examine
from sifcheck.diagnose.log import Log, PassedOver, UnreadableLogError, read_log, without_noise
from sifcheck.diagnose.message import PHASES
from sifcheck.report.color import Paint, painter, use_color
from sifcheck.report.excerpt import Excerpt, Mark, draw, lay_out
from sifcheck.report.place import at

_EPILOG = """examples:
  sifcheck diagnose build.log
  sifcheck diagnose job.out job.err
  sifcheck diagnose build.log --with example.def
  singularity build a.sif a.def 2>&1 | tee build.log | sifcheck diagnose

exit codes: 0 no failure was recognised, 1 one was, 2 a log could not be read, 3 wrong use, 4 sifcheck itself failed
"""

_DOUBT = {
    "high": "",
    "medium": "likely, since the log does not show which command failed",
    "low": "no line of the log names the cause for certain; this is the nearest",
}


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck diagnose",
        description="Read the log of a failed build: which line tells why, what it means and what to do.",
        epilog=_EPILOG,
    )
    parser.add_argument("logs", nargs="*", metavar="FILE", help="logs; - or nothing is standard input")
    parser.add_argument(
        "--with",
        dest="inputs",
        action="append",
        default=[],
        metavar="FILE",
        help="check this definition file, batch script or image, and say which rules tell of the cause (repeatable)",
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    paths = given.logs or ["-"]
    if not given.logs and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("name a log, or pass it on standard input: `sifcheck diagnose build.log`")
    if paths.count("-") > 1:
        raise UsageError("standard input can be read only once")
    read: list[tuple[Log, LogFindings]] = []
    unreadable: list[tuple[str, str]] = []
    for path in paths:
        try:
            log = _opened(path)
            read.append((log, examine(log)))
        except UnreadableLogError as error:
            unreadable.append((path, str(error)))
    told, missing = _told(given.inputs)
    if given.output_format == "json":
        from sifcheck.diagnose.document import document
        from sifcheck.report.json_document import json_text

        print_text(json_text(document(read, unreadable, told.of)), sys.stdout)
    else:
        color = use_color(given.color, sys.stdout.isatty(), os.environ)
        for log, reading in read:
            print_text(render(log, reading, told, painter(color), _width()), sys.stdout)
    for _, why in unreadable:
        tell(why)
    if unreadable or missing:
        return EXIT_UNREADABLE
    return EXIT_FINDINGS if any(reading.diagnoses for _, reading in read) else EXIT_CLEAN


def _told(paths: Sequence[str]) -> tuple[SpokenRules, bool]:
    """What the rules say of the inputs that the user names, and whether one of them could not be read."""
    if not paths:
        return SpokenRules("", {}), False
    from sifcheck.app.check import check_inputs
    from sifcheck.app.context import Context
    from sifcheck.app.discover import find_inputs
    from sifcheck.config.layers import Configuration

    context = Context(Configuration({"no_shellcheck": True}))
    done = check_inputs(context, find_inputs(paths, contents=context.sources.contents))
    if done.unreadable:
        tell(f"of {', '.join(paths)} something could not be read: `sifcheck check` says what")
    return told_by(done.results.findings, "`sifcheck check` tells of it:"), done.unreadable


def _opened(path: str) -> Log:
    """The log at a path, - for standard input.  Raises UnreadableLogError."""
    try:
        if path == "-":
            if sys.stdin is None:
                raise UnreadableLogError("standard input is closed")
            return read_log("standard input", sys.stdin.buffer)
        with open(path, "rb") as stream:
            return read_log(path, stream)
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableLogError(f"{path} cannot be read: {why.lower()}") from None


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 120


def render(log: Log, reading: LogFindings, told: SpokenRules, paint: Paint, width: int) -> str:
    """All that is said of one log, for a person; what the log holds does not steer the terminal."""
    lines: list[str] = []
    for one in reading.diagnoses:
        lines += [*_failure_lines(log, one, told, paint, width), ""]
    lines.append(_summary(log, reading))
    return "\n".join([*lines, ""])


def _failure_lines(log: Log, one: Diagnosis, told: SpokenRules, paint: Paint, width: int) -> list[str]:
    excerpt = _excerpt(log.source, one)
    gutter = len(str(excerpt.numbers[-1]))
    name = paint(f"error[{one.message.name}]", "error")
    lines = [f"{name} {PHASES[one.phase]}: {paint(escape(one.meaning), 'strong')}"]
    lines.append(f"{' ' * gutter}{paint('-->', 'frame')} {at(log.source.path, log.source, one.span)}")
    lines += draw(excerpt, gutter, width, paint)
    lines.append(paint(f"{' ' * gutter} |", "frame"))
    for word, style, texts in _advice(one, told):
        lead = f"{' ' * gutter} {paint('=', 'frame')} {paint(word, style)} "
        indent = " " * (gutter + len(" = ") + len(word) + len(" "))
        lines += [(lead if number == 0 else indent) + escape(text) for number, text in enumerate(texts)]
    return lines


def _excerpt(source: Source, one: Diagnosis) -> Excerpt:
    """The lines to show as a person saw them: without control sequences, and without what a progress bar wrote over."""
    spans = [one.span, *(related.span for related in one.related)]
    content, kept = bytearray(), {}
    for number in sorted({source.line_of(span.start) + more for span in spans for more in (0, 1)}):
        content += b"\n" * (number - 1 - content.count(b"\n"))
        places = _seen_places(source, number, spans)
        kept[number] = (len(content), places)
        content += bytes(source.data[place] for place in places)
    marks = []
    for index, span in enumerate(spans):
        begin, places = kept[source.line_of(span.start)]
        shown = Span(*(begin + bisect_left(places, place) for place in span))
        label = escape(one.related[index - 1].message) if index else ""
        marks.append(Mark(shown, *(("related", "-", label) if index else ("error",))))
    return lay_out(Source(source.path, bytes(content)), marks)


def _seen_places(source: Source, number: int, spans: Sequence[Span]) -> list[int]:
    """Where the characters of a line stand that are to be seen; of parts between carriage returns those that are marked."""
    first, last = source.line_span(number)
    last = first + len(source.text[first:last].rstrip("\r\n"))
    marked = [span for span in spans if first <= span.start < last]
    begin = min((span.start for span in marked), default=last)
    first = source.text.rfind("\r", first, begin) + 1 or first
    if marked:
        end = source.text.find("\r", max(span.end for span in marked), last)
        last = end if end >= 0 else last
    return [first + place for place in without_noise(source.text[first:last])]


def _advice(one: Diagnosis, told: SpokenRules) -> list[tuple[str, str, list[str]]]:
    advice = [("note:", "related", [_DOUBT[one.confidence]])] if _DOUBT[one.confidence] else []
    if one.last_command and not any(
        related.message.startswith("the last command") for related in one.related
    ):
        advice.append(("note:", "related", [f"the last command of the script was `{one.last_command}`"]))
    if one.remedy:
        advice.append(("help:", "help", [one.remedy]))
    if one.commands:
        advice.append(("try:", "fix", list(one.commands)))
    spoken = told.of(one.message.rules)
    if spoken:
        texts = [f"{code}{f' at {place}' if place else ''}" for code, place in spoken]
        advice.append((told.lead, "help", texts))
    return advice


def _summary(log: Log, reading: LogFindings) -> str:
    """One line: how many failures, and what the log says of the circumstances."""
    count = len(reading.diagnoses)
    said = f"{count} failure{'s' * (count != 1)} recognised" if count else "no failure recognised"
    facts = [fact for fact in (reading.context.runtime, reading.context.call) if fact]
    about = f" ({'; '.join(facts)})" if facts and count else ""
    left = f"; {_passed_over(log.passed_over)}" if log.passed_over is not None else ""
    return escape(f"{log.source.path}: {said}{about}{left}")


def _passed_over(passed_over: PassedOver) -> str:
    return f"{size_text(passed_over.size)} in its middle ({passed_over.lines:,} lines) were passed over"
