"""Applies fixes to the text of a definition file until none is left, and refuses those that change more than they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sifcheck.definition.reader import read_definition
from sifcheck.engine.check import Checker
from sifcheck.findings import Edit, Finding, Fix
from sifcheck.source import Source
from sifcheck.startup import NamedTuple

# Fixes lead on to other fixes a few times at most; what goes on for longer undoes itself.
ROUNDS = 30


class Mended(NamedTuple):
    """A file's text after its fixes: what was applied how often by code, what was refused, what is still found."""

    content: bytes
    applied: Counter[str]
    refused: tuple[str, ...]
    left: tuple[Finding, ...]


def mend(
    source: Source, checker: Checker, ignored: frozenset[str] = frozenset(), *, unsafe: bool = False
) -> Mended:
    """Apply the fixes of all findings, overlapping ones in turn, until a check finds nothing more to fix.

    Only safe fixes are applied unless `unsafe` is true.  After each round the text is read again: a fix that changed a
    section it has nothing to do with is taken back and named in `refused`.
    """
    applied: Counter[str] = Counter()
    refused: dict[tuple[str, Fix], str] = {}
    seen = {source.data}
    for _ in range(ROUNDS):
        found = checker.check_definition(source, ignored)
        usable = [
            finding for finding in found if finding.fix is not None and (finding.fix.safe or unsafe)
            and (finding.code, finding.fix) not in refused
        ]  # fmt: skip
        chosen = _apart(usable)
        if not chosen:
            return Mended(source.data, applied, tuple(dict.fromkeys(refused.values())), tuple(found))
        content = _together(source, chosen, checker)
        if content is None:
            content, chosen = _one_by_one(source, chosen, checker, refused)
        if content in seen:
            for finding in chosen:
                _refuse(refused, finding, "it undoes another fix")
            continue
        seen.add(content)
        applied.update(finding.code for finding in chosen)
        source = Source(source.path, content)
    found = checker.check_definition(source, ignored)
    return Mended(source.data, applied, ("the fixes did not come to an end",), tuple(found))


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
        if any(_touch(edit, other) for edit in edits for other in taken) or inserted.intersection(edits):
            continue
        chosen.append(finding)
        taken.extend(edits)
        inserted.update(edits)
    return chosen


def _touch(one: Edit, other: Edit) -> bool:
    if one.start == one.end or other.start == other.end:
        return other.start <= one.start <= other.end or one.start <= other.start <= one.end
    return one.start < other.end and other.start < one.end


def _together(source: Source, findings: list[Finding], checker: Checker) -> bytes | None:
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    content = apply_edits(source.data, edits)
    return content if keeps_meaning(source, Source(source.path, content), edits, checker) else None


def _one_by_one(
    source: Source, findings: list[Finding], checker: Checker, refused: dict[tuple[str, Fix], str]
) -> tuple[bytes, list[Finding]]:
    """Apply the first fix that changes nothing else; those before it are refused."""
    for finding in findings:
        content = _together(source, [finding], checker)
        if content is not None:
            return content, [finding]
        _refuse(refused, finding, "it would change another section")
    return source.data, findings[:0]


def _refuse(refused: dict[tuple[str, Fix], str], finding: Finding, why: str) -> None:
    assert finding.fix is not None
    assert finding.source is not None
    line = finding.source.line_of(finding.span.start)
    refused[finding.code, finding.fix] = f"{finding.code} in line {line}: {why}"


def keeps_meaning(before: Source, after: Source, edits: list[Edit], checker: Checker) -> bool:
    """Whether everything that the edits did not touch reads as before: each section's name, words and body, each field."""
    old, touched = _outline(before, edits, checker)
    new, _ = _outline(after, [], checker)
    kept = [entry for entry, is_touched in zip(old, touched, strict=True) if not is_touched]
    rest = iter(new)
    if not all(entry in rest for entry in kept):
        return False
    opened = sum(
        line.lstrip().startswith(("%", "bootstrap:"))
        for edit in edits
        for line in edit.text.lower().split("\n")
    )
    return len(new) <= len(old) + opened


def _outline(source: Source, edits: list[Edit], checker: Checker) -> tuple[list[tuple[str, ...]], list[bool]]:
    definition = read_definition(source, checker.build_arguments)
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
            touched.append(
                any(edit.start <= section.span.end and section.span.start <= edit.end for edit in edits)
            )
    return entries, touched
