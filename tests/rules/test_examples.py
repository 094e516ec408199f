"""Every rule of the packs keeps the form, its examples prove it, and its fixes keep the line ends of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rules.every_example import CASES, examples_of, name_of

import sifcheck_fugaku
import sifcheck_rules
from sifcheck.cli import VERBS
from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.plugins import load
from sifcheck.lint.rule import BrokenRule, Rule
from sifcheck.lint.rule_facts import rule_facts
from sifcheck.testing import Case, apply_edits, check_text, example_text, prove, prove_case
from sifcheck.testing.page import rule_page

PACKS = (sifcheck_rules, sifcheck_fugaku)
PREFIXES = {"sifcheck_rules": "(DEF|ENV|IMG|JOB|BLD)", "sifcheck_fugaku": "FUG"}


def themes() -> list[ModuleType]:
    """The modules that the packs offer."""
    offered: list[ModuleType] = []

    def register(module: ModuleType | str, about: str = "definition") -> None:
        offered.append(import_module(module) if isinstance(module, str) else module)
        assert {about_of(rule) for rule in rules_in(offered[-1])} == {about}

    for pack in PACKS:
        pack.register_rules(register)
    return offered


def about_of(rule: Any) -> str:
    """What the module of a rule is offered as being about."""
    if rule.node in ("Host", "Image", "Plan"):
        return str(rule.node).lower()
    return "job" if rule.about_jobs else "definition"


def module_name(file: Path) -> str:
    """The name by which a file of a pack, or of a folder in it, is imported."""
    inside = next(folder for folder in file.parents if not (folder / "__init__.py").exists())
    return ".".join(file.relative_to(inside).with_suffix("").parts)


def rules_in(module: ModuleType) -> Iterator[Any]:
    for value in vars(module).values():
        if isinstance(value, (Rule, BrokenRule)):
            yield value


OFFERED = [rule for theme in themes() for rule in rules_in(theme)]
RULES = list(dict.fromkeys(rule for rule in OFFERED if isinstance(rule, Rule)))
INTERNAL = [rule for rule in INTERNAL_RULES if rule.examples]
BY_CODE = {rule.code: rule for rule in (*RULES, *INTERNAL)}
EXAMPLES = [
    pytest.param(rule, example, id=name)
    for rule in RULES
    for name, example in examples_of(rule)
    if example.flagged and "\r" not in example.text and rule.node not in ("Host", "Image", "Plan")
]


def code_and_name(rule: Rule) -> str:
    return f"{rule.code} {rule.name}"


def test_no_rule_is_broken() -> None:
    assert [str(rule.error) for rule in OFFERED if isinstance(rule, BrokenRule)] == []


def test_every_rule_is_offered() -> None:
    """Also those of a module that somebody forgot to name in the list of themes."""
    written = {
        rule.code
        for pack in PACKS
        for file in Path(pack.__file__ or "").parent.rglob("[a-z]*.py")
        for rule in rules_in(import_module(module_name(file)))
    }
    assert written == {rule.code for rule in RULES}


def test_every_rule_is_loaded() -> None:
    registry = load().registry
    assert registry.problems == []
    assert {rule.code for rule in RULES} <= set(registry.rules)


def test_codes_and_names_are_given_once() -> None:
    for told in ("code", "name"):
        given = [getattr(rule, told) for rule in (*RULES, *INTERNAL_RULES)]
        assert sorted(given) == sorted(set(given))


@pytest.mark.parametrize("rule", [*RULES, *INTERNAL], ids=code_and_name)
def test_examples(rule: Rule) -> None:
    prove(rule)


@pytest.mark.parametrize("case", CASES, ids=lambda case: name_of(case.place))
def test_cases(case: Case) -> None:
    prove_case(BY_CODE[case.code], case)


def test_a_case_is_there_once() -> None:
    """What its module has is not there again."""
    for rule in BY_CODE.values():
        seen: list[Any] = []
        for name, example in examples_of(rule):
            means = (example.flagged, example_text(example)[0], example.settings)
            assert means not in seen, name
            seen.append(means)


@pytest.mark.parametrize("rule", RULES, ids=code_and_name)
def test_what_a_rule_says_of_itself(rule: Rule) -> None:
    assert rule.function is not None
    package = rule.function.__module__.partition(".")[0]
    assert re.fullmatch(rf"{PREFIXES[package]}[1-9][0-9]{{2}}", rule.code)
    assert any(example.flagged for example in rule.examples)
    assert any(not example.flagged for example in rule.examples)
    first, *others = re.split(r"\n[ \t]*\n", rule.documentation.strip())
    assert first.endswith(".")
    assert others, "it says why it matters"
    assert "Source:" in rule.documentation
    assert all(message[-1] != "." for message in rule.message.values()), "a message ends without a full stop"


@pytest.mark.parametrize("rule", [*RULES, *INTERNAL_RULES], ids=code_and_name)
def test_the_page_of_a_rule(rule: Rule) -> None:
    page = rule_page(rule)
    assert page.startswith(f"# {rule.code} {rule.name}\n")
    assert ("## Wrong" in page) == any(example.flagged for example in rule.examples)
    assert rule_facts(rule)["code"] == rule.code


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_examples_with_other_line_ends(rule: Rule, example: Any) -> None:
    """The same is found in a file whose lines end in CR LF, and its fixes bring no other line ends into it."""
    plain = example_text(example)[0]
    text = plain.replace("\n", "\r\n")
    found = check_text(text, rule, **example.settings)
    assert len(found) == len(check_text(plain, rule, **example.settings))
    for one in found:
        if one.fix is not None:
            assert not re.search(r"(?<!\r)\n", apply_edits(text, one.fix.edits))


def test_no_rule_advises_a_verb_that_is_not_there() -> None:
    told = [
        (rule.code, verb)
        for rule in (*RULES, *INTERNAL_RULES)
        for text in (*rule.message.values(), *rule.help.values(), rule.documentation)
        for verb in re.findall(r"`sifcheck ([a-z][a-z-]*)", text)
    ]
    assert [pair for pair in told if pair[1] not in VERBS] == []
