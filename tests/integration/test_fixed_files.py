"""What a safe fix leaves behind is a file that the real Apptainer starts to build."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from integration.oracle import Oracle
from integration.verdict import TARGET, refusals
from rules.every_example import examples_of

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.lint.check import make_checker
from sifcheck.lint.fixes import fix_file
from sifcheck.lint.plugins import load
from sifcheck.lint.rule import Example, Rule
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.testing import apply_edits, example_text, findings_of

pytestmark = pytest.mark.integration

# In `make test` a part of the collected files is fixed; in `make integration` all are.
ALL = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200")) > 200
PART = 60
MOST_ROUNDS = 10


def fixed_by(rule: Rule, example: Example) -> str | None:
    """An example after all safe fixes of its rule; None where it has none."""
    text, changed = example_text(example)[0], False
    for _ in range(MOST_ROUNDS):
        fix = next((found.fix for found in findings_of(rule, example, text) if _is_safe(found)), None)
        if fix is None:
            return text if changed else None
        text, changed = apply_edits(text, fix.edits), True
    raise AssertionError(f"{rule.code}: its fixes come to no end")


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.safe


def test_a_fixed_example_is_accepted(oracle: Oracle) -> None:
    """Every example with a safe fix, under the runtime that its rule speaks of."""
    fixed: dict[str, bytes] = {}
    for rule in load().registry:
        for name, example in examples_of(rule):
            in_definition = rule.function is not None and rule.code.startswith("DEF")
            after = fixed_by(rule, example) if example.flagged and in_definition else None
            if after is not None:
                fixed[name] = after.encode()
    assert len({name[:6] for name in fixed}) >= 20
    # An example may hold more than its rule fixes (an unknown variable, a key of a later version): the model knows.
    whole = {name: data for name, data in fixed.items() if not refusals(data)}
    assert len(whole) >= 0.9 * len(fixed)
    answers = zip(whole, oracle.ask_all(whole.values()), strict=True)
    wrong = [
        f"{name}: {answer.message}\n{fixed[name].decode()}" for name, answer in answers if answer.refused
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.corpus
def test_a_fixed_file_of_the_collection_is_accepted(oracle: Oracle, corpus_files: list[Path]) -> None:
    """What all safe fixes together make of a file that Apptainer starts to build, it starts to build, too."""
    registry = load().registry
    checker = make_checker(registry, select(registry, profile="strict"), RuleContext(target=TARGET))
    fixed: dict[str, bytes] = {}
    # In any order, so that a part is of all kinds.
    for path in random.Random(1).sample(corpus_files, len(corpus_files)):
        if len(fixed) == PART and not ALL:
            break
        data = path.read_bytes()
        made = fix_file(Source(path.name, data), checker) if not refusals(data) else None
        if made is not None and made.content != data:
            fixed[path.name] = made.content
    assert len(fixed) >= PART
    answers = zip(fixed, oracle.ask_all(fixed.values()), strict=True)
    wrong = [f"{name}: {answer.message}" for name, answer in answers if answer.refused]
    assert not wrong, "\n".join(wrong)
