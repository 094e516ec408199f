"""The format `full`: each finding with its place, the lines it is about, help, and what can be fixed."""

from __future__ import annotations

from sifcheck.base.findings import ELSEWHERE, Finding, Related, Results
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import escape
from sifcheck.report.color import Paint, painter
from sifcheck.report.companions import joined_notes, repeats_note
from sifcheck.report.counts import summary
from sifcheck.report.excerpt import Excerpt, Mark, draw, lay_out
from sifcheck.report.place import at, where


class _Shown(NamedTuple):
    """An excerpt and the line that says where it stands."""

    place: str
    excerpt: Excerpt | None


def render(results: Results, *, color: bool, width: int) -> str:
    """The findings, a blank line after each, and one line that sums them up."""
    paint = painter(color)
    lines: list[str] = []
    for finding in results.findings:
        lines += _finding_lines(finding, width, paint)
        lines.append("")
    lines += [summary(results, color=color), ""]
    return "\n".join(lines)


def _finding_lines(finding: Finding, width: int, paint: Paint) -> list[str]:
    shown, notes = _excerpts(finding)
    last = max((one.excerpt.numbers[-1] for one in shown if one.excerpt is not None), default=1)
    gutter = len(str(last))
    lines = [_header(finding, paint)]
    for index, one in enumerate(shown):
        arrow = "-->" if index == 0 else ":::"
        lines.append(f"{' ' * gutter}{paint(arrow, 'frame')} {one.place}")
        if one.excerpt is not None:
            lines += draw(one.excerpt, gutter, width, paint)
    again = [(lead, "related", text) for lead, text in repeats_note(finding, width - gutter - len(" = "))]
    also = [(lead, "related", text) for lead, text in joined_notes(finding)]
    footer = [*notes, *again, *_advice(finding), *also]
    if footer and any(one.excerpt is not None for one in shown):
        lines.append(paint(f"{' ' * gutter} |", "frame"))
    for word, style, text in footer:
        lines += _footer_lines(word, style, text, gutter, paint)
    return lines


def _header(finding: Finding, paint: Paint) -> str:
    severity = paint(f"{finding.severity}[{escape(finding.code)}]", finding.severity)
    return f"{severity} {escape(finding.name)}: {paint(escape(finding.message), 'strong')}"


def _excerpts(finding: Finding) -> tuple[list[_Shown], list[tuple[str, str, str]]]:
    """The excerpts, the finding's own file first, and as notes the related places that cannot be shown."""
    marks: dict[int, tuple[Source, list[Mark]]] = {}
    notes: list[tuple[str, str, str]] = []
    own = finding.source
    if own is not None and _can_be_shown(own, finding.span):
        marks[id(own)] = (own, [Mark(finding.span, finding.severity)])
    for related in finding.related:
        source = related.source or own
        if source is None or not _can_be_shown(source, related.span):
            notes.append(("note:", "related", _note(related)))
        else:
            mark = Mark(related.span, "related", "-", escape(related.message))
            marks.setdefault(id(source), (source, []))[1].append(mark)
    place = where(finding)
    shown = []
    if place is not None:
        own_marks = marks.pop(id(own), None)
        shown.append(_Shown(place, lay_out(*own_marks) if own_marks else None))
    for source, others in marks.values():
        shown.append(_Shown(at(source.path, source, others[0].span), lay_out(source, others)))
    return shown, notes


def _can_be_shown(source: Source, span: Span) -> bool:
    """Not a file without text, nor an empty span at its very beginning, which means the file as a whole."""
    return bool(source.data) and span != (0, 0)


def _note(related: Related) -> str:
    if related.source is None:
        return related.message
    return f"{at(related.source.path, related.source, related.span)}: {related.message}"


def _advice(finding: Finding) -> list[tuple[str, str, str]]:
    advice = []
    if finding.help:
        advice.append(("help:", "help", finding.help))
    if finding.fix is not None:
        option = "(--fix)" if finding.fix.safe else "(--fix --unsafe-fixes)"
        # A fix that does what the help says need not say it again.
        told = finding.fix.title.removesuffix(ELSEWHERE) in ("", finding.help)
        word, text = (
            ("fix available", option) if told else ("fix available:", f"{finding.fix.title} {option}")
        )
        advice.append((word, "fix", text))
    if finding.url:
        advice.append(("see:", "help", finding.url))
    return advice


def _footer_lines(word: str, style: str, text: str, gutter: int, paint: Paint) -> list[str]:
    """A line below the excerpt; a text of several lines goes on below its own beginning."""
    first, *more = text.split("\n")
    lead = f"{' ' * gutter} {paint('=', 'frame')} {paint(word, style)} "
    indent = " " * (gutter + len(" = ") + len(word) + len(" "))
    return [lead + escape(first), *[(indent + escape(line)).rstrip() for line in more]]
