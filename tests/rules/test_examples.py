"""Every rule of the packs keeps the form, and its examples prove it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

import sifcheck_rules
from sifcheck.engine.internal import INTERNAL_RULES
from sifcheck.engine.page import rule_page
from sifcheck.engine.rule import BrokenRule, Rule
from sifcheck.testing import prove


def pack_rules() -> Iterator[Rule]:
    modules: list[str] = []
    sifcheck_rules.register_rules(lambda module: modules.append(module.__name__))
    for name in modules:
        for value in vars(import_module(name)).values():
            assert not isinstance(value, BrokenRule), value.error
            if isinstance(value, Rule):
                yield value


RULES = list({rule.code: rule for rule in pack_rules()}.values())
INTERNAL = [rule for rule in INTERNAL_RULES if rule.examples]


@pytest.mark.parametrize("rule", [*RULES, *INTERNAL], ids=lambda rule: f"{rule.code}-{rule.name}")
def test_examples_prove_the_rule(rule: Rule) -> None:
    prove(rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_rests_on_and_has_a_page(rule: Rule) -> None:
    assert re.fullmatch("DEF[1-9][0-9]{2}", rule.code)
    assert "Source:" in rule.documentation
    assert any(example.flagged for example in rule.examples)
    assert any(not example.flagged for example in rule.examples)
    page = rule_page(rule)
    assert page.startswith(f"# {rule.code} {rule.name}")
    assert "## Wrong" in page


def test_codes_and_names_are_given_once() -> None:
    rules = list(pack_rules())
    assert (
        len({rule.code for rule in rules})
        == len({rule.name for rule in rules})
        == len({id(rule) for rule in rules})
    )
