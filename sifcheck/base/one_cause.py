"""Tells one cause once: what says the same of several places of a section, and what others say of the same cause."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence

from sifcheck.base.findings import CONFIDENCES, ELSEWHERE, SEVERITIES, Edit, Finding, Fix, Severity, touch

__all__ = ["told_once"]

# Findings of one file by their place in the list of all.
_Numbered = Mapping[int, Finding]


def told_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, one a cause, each at the first of its places, in their order.

    First a finding goes under one that says in its `joins` or `gathers` that it has the same cause, and is no less
    severe; then those with the same code, message and severity in sections of one name become one.  Nothing is lost:
    `singles` of the result are the findings that were given.
    """
    files: dict[int, dict[int, Finding]] = {}
    found = list(findings)
    for number, finding in enumerate(found):
        if _has_place(finding):
            files.setdefault(id(finding.source), {})[number] = finding
    kept: dict[int, Finding | None] = dict(enumerate(found))
    for numbered in files.values():
        kept.update(dict.fromkeys(numbered))
        kept.update(_repeats_merged(_joined(numbered)))
    return tuple(finding for finding in kept.values() if finding is not None)


def _has_place(finding: Finding) -> bool:
    """Whether it stands somewhere in a text, and not for a file, a machine or a plan as a whole."""
    return finding.source is not None and bool(finding.source.data) and finding.subject is None


# -- other findings with the same cause


def _joined(numbered: _Numbered) -> dict[int, Finding]:
    """The findings of a file with those under them that are told with them."""
    leaders = _leaders(numbered)
    under: dict[int, list[int]] = {}
    for number, leader in leaders.items():
        under.setdefault(leader, []).append(number)

    def whole(number: int) -> Finding:
        below = tuple(map(whole, under.get(number, ())))
        return numbered[number]._replace(joined=below) if below else numbered[number]

    return {number: whole(number) for number in numbered if number not in leaders}


def _leaders(numbered: _Numbered) -> dict[int, int]:
    """Of each finding that is told with another one, which that is."""
    wanting: dict[tuple[str, str, int], dict[Severity, int]] = {}
    for number, finding in numbered.items():
        near = (("line", _line(finding)), ("section", finding.part))
        wanted = [(word, *at) for word in (*finding.joins, *finding.gathers) for at in near]
        for place in (*wanted, *((word, "file", 0) for word in finding.gathers)):
            # The first one of each severity will do: to look through all of them would take too long.
            wanting.setdefault(place, {}).setdefault(finding.severity, number)
    leaders: dict[int, int] = {}
    for number, finding in numbered.items() if wanting else ():
        # The nearest one: on the same line, else in the same section, else anywhere.
        at = (("line", _line(finding)), ("section", finding.part), ("file", 0))
        names = dict.fromkeys((finding.word, finding.code))
        able = (one for place in at for name in names for one in wanting.get((name, *place), {}).values())
        leader = next((one for one in able if _may_lead(one, number, numbered, leaders)), None)
        if leader is not None:
            leaders[number] = leader
    return leaders


def _may_lead(leader: int, number: int, numbered: _Numbered, leaders: Mapping[int, int]) -> bool:
    """Whether one finding can be told with another: not with a lesser one, and never with itself by a detour."""
    over, under = numbered[leader], numbered[number]
    if over.word == under.word or SEVERITIES.index(over.severity) < SEVERITIES.index(under.severity):
        return False
    above: int | None = leader
    while above is not None and above != number:
        above = leaders.get(above)
    return above is None


def _line(finding: Finding) -> int:
    return finding.source.line_of(finding.span.start) if finding.source is not None else 0


# -- the same at other places


def _repeats_merged(numbered: _Numbered) -> dict[int, Finding]:
    """The findings of a file, of those that repeat each other one, at the first place."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, finding in numbered.items():
        own = number if finding.each else -1
        # What a script does is the same habit in the next one of that name; each stage has a base of its own.
        of_its_own = {"header": finding.message, None: str(finding.part)}
        key = (finding.word, finding.severity, finding.section, of_its_own.get(finding.section), own)
        groups.setdefault(key, []).append(number)
    return {
        numbers[0]: _merged([numbered[number] for number in numbers])
        if len(numbers) > 1
        else numbered[numbers[0]]
        for numbers in groups.values()
    }


def _merged(group: Sequence[Finding]) -> Finding:
    """One finding of several that say the same, with what is told with each of them."""
    first, *others = group
    below = _repeats_merged(dict(enumerate(other for finding in group for other in finding.joined)))
    surest = max((finding.confidence for finding in group), key=CONFIDENCES.index)
    return first._replace(
        confidence=surest,
        fix=_common_fix(group),
        repeats=tuple(finding._replace(joined=()) for finding in others),
        joined=tuple(below.values()),
    )


def _common_fix(group: Sequence[Finding]) -> Fix | None:
    """The fix of all, as far as their edits can be made together; of safe and unsafe ones the safe ones alone."""
    fixes = [finding.fix for finding in group if finding.fix is not None]
    safe = any(fix.safe for fix in fixes)
    taken: list[Edit] = []
    titles: dict[str, None] = {}
    for fix in fixes:
        if fix.safe != safe:
            continue
        # A line that several put in at one place is put in once; of anything else nobody can say that once is enough.
        new = [edit for edit in fix.edits if not (edit.text.endswith("\n") and _is_in(edit, taken))]
        if any(_meets(edit, taken) for edit in new):
            continue
        for edit in new:
            insort(taken, edit)
        titles[fix.title] = None
    if not titles:
        return None
    first, *more = titles
    return Fix(f"{first}{ELSEWHERE}" if more else first, tuple(taken), safe)


def _is_in(edit: Edit, taken: Sequence[Edit]) -> bool:
    at = bisect_left(taken, edit)
    return at < len(taken) and taken[at] == edit


def _meets(edit: Edit, taken: Sequence[Edit]) -> bool:
    """Whether an edit touches one of others that do not touch each other and stand in their order."""
    at = bisect_left(taken, edit)
    return any(touch(edit, other) for other in taken[max(0, at - 1) : at + 2])
