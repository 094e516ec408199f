"""Applies fixes to the text of a file until none is left, and refuses those that change more than they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from sifcheck.base.findings import Edit, Finding, Fix, touch
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import Definition
from sifcheck.lint.check import Checker
from sifcheck.lint.exclusion import after_edits, excluded_by, without_excluded
from sifcheck.lint.selection import Reported, report_all

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

# Fixes lead on to other fixes a few times at most, and of those at one place one is applied a round; what goes on for
# longer than that has no end.
ROUNDS = 30
MOST_ROUNDS = 300


class FixedFile(NamedTuple):
    """A file's text after its fixes: what was applied how often by code, what was refused, what is still found."""

    content: bytes
    applied: Counter[str]
    refused: tuple[str, ...]
    left: tuple[Finding, ...]


def fix_file(
    source: Source,
    checker: Checker,
    ignored: frozenset[str] = frozenset(),
    *,
    unsafe: bool = False,
    keep: Reported = report_all,
) -> FixedFile:
    """Apply the fixes of all findings, overlapping ones in turn, until a check finds nothing more to fix.

    Only safe fixes are applied unless `unsafe` is true, and none of a finding that `keep` leaves out.  After each round
    the text is read again: a fix that changed a section it has nothing to do with is taken back and named in `refused`.
    Fixes that do not come to an end leave the text as it was.
    """
    original = source
    found = checker.check_definition(source, ignored)
    kept = keep(found)
    excluded = excluded_by(found, kept)
    applied: Counter[str] = Counter()
    refused: dict[tuple[str, Fix], str] = {}
    seen = {source.data}
    rounds, limit = 0, MOST_ROUNDS
    while rounds < limit:
        found = without_excluded(checker.check_definition(source, ignored), excluded) if rounds else kept
        usable = [
            finding for finding in found if finding.fix is not None and (finding.fix.safe or unsafe)
            and (finding.code, finding.fix) not in refused
        ]  # fmt: skip
        if not rounds:
            limit = min(ROUNDS + len(usable), MOST_ROUNDS)
        rounds += 1
        chosen = _apart(usable)
        if not chosen:
            # Only what stands in the text as it is now: the same fix was refused at other places before.
            why = [refused[f.code, f.fix] for f in found if f.fix is not None and (f.code, f.fix) in refused]
            return FixedFile(source.data, applied, tuple(dict.fromkeys(why)), tuple(found))
        content = _together(source, chosen, checker)
        if content is None:
            content, chosen = _one_by_one(source, chosen, checker, refused)
        if content in seen:
            for finding in chosen:
                _refuse(refused, finding, "it undoes another fix")
            continue
        seen.add(content)
        applied.update(finding.code for finding in chosen)
        excluded = after_edits(excluded, [edit for f in chosen if f.fix is not None for edit in f.fix.edits])
        source = Source(source.path, content)
    return FixedFile(original.data, Counter(), ("the fixes do not come to an end",), tuple(kept))


def apply_edits(content: bytes, edits: Iterable[Edit]) -> bytes:
    """Bytes with edits put in that do not overlap; inserted text is written as UTF-8."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts.append(content[at : edit.start])
        parts.append(edit.text.encode())
        at = max(at, edit.end)
    parts.append(content[at:])
    return b"".join(parts)


def _apart(findings: list[Finding]) -> list[Finding]:
    """As many of the findings, in the order of the file, as have fixes that do not touch each other."""
    chosen: list[Finding] = []
    taken: list[Edit] = []
    inserted: set[Edit] = set()
    for finding in findings:
        assert finding.fix is not None
        edits = finding.fix.edits
        # The same line put in at the same place by two findings is put in once.
        if any(touch(edit, other) for edit in edits for other in taken) or inserted.intersection(edits):
            continue
        chosen.append(finding)
        taken.extend(edits)
        inserted.update(edits)
    return chosen


def _together(source: Source, findings: list[Finding], checker: Checker) -> bytes | None:
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    if any(other.start < one.end for one, other in pairwise(sorted(edits))):
        return None
    content = apply_edits(source.data, edits)
    return content if keeps_meaning(source, Source(source.path, content), edits, checker) else None


def _one_by_one(
    source: Source, findings: list[Finding], checker: Checker, refused: dict[tuple[str, Fix], str]
) -> tuple[bytes, list[Finding]]:
    """Apply the fixes that change nothing else, all if they get on, else the first; the others are refused."""
    good: list[tuple[bytes, Finding]] = []
    for finding in findings:
        alone = _together(source, [finding], checker)
        if alone is not None:
            good.append((alone, finding))
        else:
            _refuse(refused, finding, "it would change another section")
    if not good:
        return source.data, []
    chosen = [finding for _, finding in good]
    content = _together(source, chosen, checker)
    return (content, chosen) if content is not None else (good[0][0], chosen[:1])


def _refuse(refused: dict[tuple[str, Fix], str], finding: Finding, why: str) -> None:
    assert finding.fix is not None
    assert finding.source is not None
    line = finding.source.line_of(finding.span.start)
    refused[finding.code, finding.fix] = f"{finding.code} in line {line}: {why}"


def keeps_meaning(before: Source, after: Source, edits: list[Edit], checker: Checker) -> bool:
    """Whether everything that the edits did not touch reads as before: each section's name, words and body, each field."""
    old_file, new_file = checker.read(before), checker.read(after)
    old, touched = _outline(old_file, edits)
    new, _ = _outline(new_file, [])
    kept = [entry for entry, is_touched in zip(old, touched, strict=True) if not is_touched]
    rest = iter(new)
    if not all(entry in rest for entry in kept):
        return False
    if _problems(new_file) - _problems(old_file):
        return False
    opening = _OPENING if isinstance(old_file, Definition) else _DIRECTIVE
    opened = sum(
        opening.match(line.lstrip()) is not None for edit in edits for line in edit.text.lower().split("\n")
    )
    return len(new) <= len(old) + opened


_OPENING = pattern(r"%|bootstrap:")
_DIRECTIVE = pattern(r"#(?:pjm|sbatch|pbs)\b")


def _problems(read: Definition | JobScript) -> Counter[str]:
    problems = read.problems if isinstance(read, Definition) else read.script.problems
    return Counter(problem.kind for problem in problems)


def _outline(read: Definition | JobScript, edits: list[Edit]) -> tuple[list[tuple[str, ...]], list[bool]]:
    if isinstance(read, Definition):
        return _outline_of_definition(read, edits)
    lines = read.read_lines
    return [("directive", line.options_text) for line in lines], [
        any(edit.start <= line.span.end and line.span.start <= edit.end for edit in edits) for line in lines
    ]


def _outline_of_definition(
    definition: Definition, edits: list[Edit]
) -> tuple[list[tuple[str, ...]], list[bool]]:
    entries: list[tuple[str, ...]] = []
    touched: list[bool] = []
    for stage in definition.stages:
        for field in stage.fields:
            entries.append(("field", field.key, field.value))
            touched.append(
                any(edit.start <= field.span.end and field.span.start <= edit.end for edit in edits)
            )
        for section in stage.sections:
            entries.append(("section", section.name, section.words, section.body))
            touched.append(any(_changes(edit, section.span) for edit in edits))
    return entries, touched


def _changes(edit: Edit, section: Span) -> bool:
    """Whether an edit is meant for a section: lines put in above its name belong to what stands there."""
    if edit.start == edit.end:
        whole_lines = edit.text.endswith("\n")
        return section.start <= edit.start <= section.end and not (
            edit.start == section.start and whole_lines
        )
    return edit.start < section.end and section.start < edit.end
