"""Prove what a rule says of itself: its examples, and the cases that its page need not show."""

from __future__ import annotations

from collections.abc import Iterable

from sifcheck.base.findings import SEVERITIES, Edit, Finding
from sifcheck.lint.fixes import apply_edits as edited
from sifcheck.lint.rule import BrokenRule, Example, Rule, RuleError
from sifcheck.lint.rule_form import check_form
from sifcheck.testing.cases import Case
from sifcheck.testing.examples import example_text, findings_of


def prove(rule: Rule) -> None:
    """Prove a rule's examples: the bad ones are found where the carets stand and fixed by the fix, the good ones are not.

    There is at least one of each, and what the rule says of its fixes is so.  AssertionError says which example failed
    and how.
    """
    broken: object = rule
    assert not isinstance(broken, BrokenRule), str(broken.error)
    assert isinstance(broken, Rule), f"{broken!r} is no rule: is `@rule` missing above it?"
    try:
        check_form(rule)
    except RuleError as error:
        raise AssertionError(str(error)) from error
    for flagged, word in ((True, "bad"), (False, "good")):
        assert any(example.flagged is flagged for example in rule.examples), (
            f"{rule.code} has no {word} example"
        )
    found = [
        finding
        for number, example in enumerate(rule.examples, 1)
        for finding in _prove_example(rule, example, f"{rule.code}, example {number}")
    ]
    fixes = any(finding.fix is not None for finding in found)
    assert fixes or rule.fix == "none" or rule.function is None, (
        f"{rule.code} says that it has a fix, and no bad example shows one"
    )


def prove_case(rule: Rule, case: Case) -> None:
    """Prove a case of the rule as `prove` proves its examples; AssertionError names the file and line of the case."""
    assert case.code == rule.code, f"{case.place}: a case of {case.code}, not of {rule.code}"
    _prove_example(rule, case.example, f"{case.place}: {case.code}")


def _prove_example(rule: Rule, example: Example, what: str) -> list[Finding]:
    """What is found in an example that is as its rule says."""
    where = f"{what} ({'bad' if example.flagged else 'good'}):\n{example_text(example)[0]}\n"
    found = findings_of(rule, example)
    if example.flagged:
        assert found, f"{where}found nothing"
        _prove_places(example, found, where)
        _prove_fix(rule, example, found, where)
    else:
        assert not found, f"{where}flagged a good example: {[finding.message for finding in found]}"
    return found


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits put in; their offsets are bytes of its UTF-8 form.

    AssertionError for edits that overlap or stand outside of the text.
    """
    data, ordered, end = text.encode(), sorted(edits), 0
    for edit in ordered:
        inside = end <= edit.start <= edit.end <= len(data)
        assert inside, f"{edit} overlaps another edit, or is outside of the text"
        end = edit.end
    return edited(data, ordered).decode()


def _prove_places(example: Example, found: list[Finding], where: str) -> None:
    marks = example_text(example)[1]
    if not marks:
        return
    places = sorted(_mark(finding) for finding in found)
    assert places == sorted(marks), f"{where}expected at {sorted(marks)}, found at {places}"


def _mark(finding: Finding) -> tuple[int, int, int]:
    """A finding's place as carets show it: on its first line only."""
    assert finding.source is not None
    start = finding.source.position(finding.span.start)
    end = finding.source.position(finding.span.end)
    if end.line != start.line:
        width = len(finding.source.line(start.line))
        return start.line, start.column, width + 1
    return start.line, start.column, max(end.column, start.column + 1)


def _prove_fix(rule: Rule, example: Example, found: list[Finding], where: str) -> None:
    text = example_text(example)[0]
    fixed, left = text, found
    if rule.fix == "none":
        assert not any(finding.fix for finding in found), f"{where}has a fix, and the rule does not say fix="
    for _ in range(20):
        fixes = [finding.fix for finding in left if finding.fix is not None]
        if not fixes:
            break
        try:
            fixed = apply_edits(fixed, fixes[0].edits)
        except AssertionError as error:
            raise AssertionError(f"{where}{error}") from None
        left = findings_of(rule, example, fixed)
    else:
        raise AssertionError(f"{where}the fix does not come to an end:\n{fixed}")
    if fixed != text:
        # A fix may leave something milder behind: the archive's packages are there, and still without updates.
        mildest = min(SEVERITIES.index(finding.severity) for finding in found if finding.fix is not None)
        as_bad = [finding for finding in left if SEVERITIES.index(finding.severity) >= mildest]
        hopeless = [finding for finding in found if finding.fix is None]
        assert len(as_bad) <= len(hopeless), f"{where}still found after the fix:\n{fixed}"
    if example.fixed is not None:
        expected, _ = example_text(example._replace(text=example.fixed))
        assert fixed == expected, f"{where}the fix gives:\n{fixed}\nand not:\n{expected}"
