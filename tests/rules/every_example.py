"""All examples of a rule: those of its module, which its page shows, and those of cases/CODE.md."""

from __future__ import annotations

from pathlib import Path

from sifcheck.lint.rule import Example, Rule
from sifcheck.testing import read_cases

CASES = read_cases(Path(__file__).parent / "cases")


def examples_of(rule: Rule) -> list[tuple[str, Example]]:
    """Every example with a name of its own: its number in the module, or its place."""
    own = [(f"{rule.code}-{number}", example) for number, example in enumerate(rule.examples, 1)]
    return own + [(name_of(case.place), case.example) for case in CASES if case.code == rule.code]


def name_of(place: str) -> str:
    """`DEF201.md:12` for a case at that line."""
    return Path(place).name
