"""What is told with a finding: the same at other places, and what other rules say of the same cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import CUT, cells, shortened

HERE_TOO = "and here"
"""What is said of a place where a finding repeats itself word for word."""

_MOST_PLACES = 5
_MOST_ROWS = 4
_LONGEST_WORDS = 70
_WORD = pattern(r"`[^`]*`|\S+")


class Companion(NamedTuple):
    """A place that has to do with a finding.  `code` is that of the finding there, "" where none is."""

    code: str
    message: str
    source: Source | None
    span: Span
    section: str | None = None


def companions(finding: Finding) -> list[Companion]:
    """All places besides a finding's own: those that its rule names, then those of the findings that are told with it."""
    named = dict.fromkeys(place for one in finding.singles() for place in one.related)
    found = [Companion("", place.message, place.source, place.span) for place in named]
    for one in finding.repeats:
        words = HERE_TOO if one.message == finding.message else one.message
        found.append(Companion(one.code, words, None, one.span, one.section))
    for joined in finding.joined:
        for one in joined.singles():
            words = "\n".join(filter(None, (f"{one.code}: {one.message}", one.help)))
            found.append(Companion(one.code, words, None, one.span, one.section))
    return found


def repeats_note(finding: Finding, room: int) -> Iterator[tuple[str, str]]:
    """Where else a finding is found, as what leads the note and its text, whose lines take `room` cells with the lead."""
    if finding.repeats:
        lead = f"and {len(finding.repeats)} more here:"
        yield lead, "\n".join(_packed(list(_places(finding)), room - len(lead) - 1))


def joined_notes(finding: Finding) -> Iterator[tuple[str, str]]:
    """What other rules say of the cause of a finding, each as what leads the note and its text."""
    for joined in finding.joined:
        at = "" if line_of(joined) == line_of(finding) else f" in line {line_of(joined)}"
        lead = f"also {joined.severity}[{joined.code}] {joined.name}{at}:"
        more = f"and {len(joined.repeats)} more here: {lines_of(joined.repeats)}" if joined.repeats else ""
        yield lead, "\n".join(filter(None, (joined.message, joined.help, more)))
        yield from joined_notes(joined)


def _places(finding: Finding) -> Iterator[str]:
    """The lines where a finding repeats itself, by what differs there."""
    lines: dict[str, list[Finding]] = {}
    for one in finding.repeats:
        lines.setdefault(own_words(one, finding), []).append(one)
    for words, found in lines.items():
        if words:
            yield f"{shortened(words, _LONGEST_WORDS)} in {lines_of(found)}"
        else:
            numbers = dict.fromkeys(map(line_of, found))
            first, *more = map(str, numbers)
            yield f"line{'s' * bool(more)} {first}"
            yield from more


def _packed(items: Sequence[str], room: int) -> list[str]:
    """Items with commas between them in as few lines as they fit into; what needs more than a few is left out."""
    rows = [""]
    for number, item in enumerate(items):
        comma = "," if number < len(items) - 1 else ""
        if rows[-1] and cells(f"{rows[-1]} {item}{comma}") > room:
            if len(rows) == _MOST_ROWS:
                rows[-1] += f" {CUT} (--every tells each)"
                return rows
            rows.append("")
        rows[-1] += f" {item}{comma}" if rows[-1] else f"{item}{comma}"
    return rows


def in_short(finding: Finding) -> str:
    """The end of a line about a finding: how often and where it is found besides; "" where it stands alone."""
    parts = []
    if finding.repeats:
        parts.append(f"and {len(finding.repeats)} more here: {lines_of(finding.repeats)}")
    if finding.joined:
        parts.append(f"also {', '.join(dict.fromkeys(_codes(finding.joined)))}")
    return f" ({'; '.join(parts)})" if parts else ""


def lines_of(findings: Iterable[Finding], most: int = _MOST_PLACES) -> str:
    """The lines of some findings of one file, as `lines 14, 18, 22`, `most` of them at most."""
    numbers = list(dict.fromkeys(line_of(finding) for finding in findings))
    shown = [*map(str, numbers[:most]), *([CUT] if len(numbers) > most else [])]
    return f"line{'s' * (len(numbers) > 1)} {', '.join(shown)}"


def line_of(finding: Finding) -> int:
    """The line at which a finding begins."""
    return finding.source.line_of(finding.span.start) if finding.source is not None else 1


def own_words(finding: Finding, first: Finding) -> str:
    """The words of a message that are not those of another one of the same form; "" where all are the same."""
    own, others = _WORD.findall(finding.message), _WORD.findall(first.message)
    start = _common(own, others)
    end = _common(own[start:][::-1], others[start:][::-1])
    return " ".join(own[start : len(own) - end]).rstrip(",;:")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two lists begin with alike."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _codes(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        yield finding.code
        yield from _codes(finding.joined)
