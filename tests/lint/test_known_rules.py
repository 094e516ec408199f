"""The registry: every code and name once, prefixes of packs, retired codes, the words that mean rules."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from lint.made_up import flags, good_rule, registry, rule_file

from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.known_rules import RuleRegistry, begins
from sifcheck.lint.plugins import load_rule_file
from sifcheck.lint.rule import OWN_PREFIXES


def module(*members: object) -> ModuleType:
    made = ModuleType("made_up")
    for number, member in enumerate(members):
        setattr(made, f"member_{number}", member)
    return made


def test_a_module_gives_every_rule_in_it() -> None:
    known = RuleRegistry()
    known.register(module(flags("OUR001", "telnet"), 3, "text", flags("OUR002", "ftp")), "ours")
    assert [rule.code for rule in known if rule.plugin == "ours"] == ["OUR001", "OUR002"]
    assert known.problems == []


def test_sifchecks_own_rules_are_always_there() -> None:
    assert [rule.code for rule in RuleRegistry()] == [rule.code for rule in INTERNAL_RULES]
    assert {rule.plugin for rule in RuleRegistry()} == {"sifcheck"}


def test_of_a_code_claimed_twice_the_later_is_left_out_and_both_are_named() -> None:
    known = RuleRegistry()
    first, second = flags("OUR001", "telnet"), flags("OUR001", "ftp")
    known.register([first], "ours")
    known.register([second, flags("OUR002", "rsh")], "theirs")
    assert known.find("OUR001") is first
    assert known.find("no-ftp") is None
    assert known.find("OUR002") is not None
    (problem,) = known.problems
    assert problem.plugin == "theirs"
    assert problem.why.startswith(f"{second.file}:{second.line}: ")
    for word in ("OUR001", "taken by ours", f"({first.file}:{first.line})", "no-ftp was left out"):
        assert word in problem.why


def test_a_name_claimed_twice() -> None:
    known = RuleRegistry()
    known.register([flags("OUR001", "telnet")], "ours")
    known.register([flags("THEIR001", "telnet")], "theirs")
    assert known.find("THEIR001") is None
    (problem,) = known.problems
    assert "no-telnet is taken by ours" in problem.why


def test_a_rule_that_another_module_imports_is_met_once() -> None:
    shared = flags("OUR001", "telnet")
    known = RuleRegistry()
    known.register(module(shared), "ours")
    known.register(module(shared, flags("OUR002", "ftp")), "ours")
    assert known.problems == []
    known.register(module(shared), "theirs")
    assert known.problems == []
    assert shared.plugin == "ours"


def test_a_problem_is_told_once(tmp_path: Path) -> None:
    path = rule_file(
        tmp_path, '@rule("OUR001", severity="eror", message="x")\ndef broken(command: Command):\n    "A."'
    )
    known = RuleRegistry()
    loaded = load_rule_file(str(path))
    known.register(loaded, "ours")
    known.register(module(loaded.broken, loaded.broken), "ours")
    assert len(known.problems) == 1


def test_what_is_no_rule_is_told_where_it_was_offered_by_hand() -> None:
    def forgotten(command: object) -> None:
        """The decorator is missing."""

    known = RuleRegistry()
    known.register([forgotten, flags("OUR001", "telnet")], "ours")
    (problem,) = known.problems
    assert "forgotten" in problem.why
    assert "@rule" in problem.why
    assert known.find("OUR001") is not None


@pytest.mark.parametrize("code", [*(f"{prefix}777" for prefix in OWN_PREFIXES), "OU001"])
def test_another_ones_pack_has_a_prefix_of_its_own(code: str) -> None:
    known = RuleRegistry()
    known.register([flags(code, "telnet"), flags("OUR001", "ftp")], "ours")
    (problem,) = known.problems
    assert code in problem.why
    assert "a prefix of its own, three to eight capitals" in problem.why
    assert known.find(code) is None
    assert known.find("OUR001") is not None


def test_sifchecks_own_packs_use_its_prefixes() -> None:
    known = RuleRegistry()
    known.register([flags("DEF777", "telnet")], "general", own=True)
    assert known.problems == []


def test_a_retired_code_leads_to_its_successor() -> None:
    new = flags("OUR002", "telnet", formerly="OUR001 OUR003")
    known = registry(new)
    assert known.find("OUR001") is new
    assert known.find("OUR003") is new
    assert known.matching("OUR001") == [new]
    assert known.former == {"OUR001": new, "OUR003": new}
    assert "OUR001" not in known.rules


@pytest.mark.parametrize("backwards", [False, True])
def test_a_retired_code_is_never_used_again(backwards: bool) -> None:
    rules = [flags("OUR001", "ftp"), flags("OUR002", "telnet", formerly="OUR001")]
    if backwards:
        rules.reverse()
    known = RuleRegistry()
    known.register(rules, "ours")
    assert [rule.code for rule in known if rule.plugin == "ours"] == [rules[0].code]
    (problem,) = known.problems
    assert "OUR001 is taken by ours" in problem.why
    assert f"{rules[1].code} {rules[1].name} was left out" in problem.why


def test_another_ones_pack_takes_no_retired_code_of_sifchecks() -> None:
    known = RuleRegistry()
    known.register([flags("OUR001", "telnet", formerly="DEF401")], "ours")
    (problem,) = known.problems
    assert "DEF401: a pack of rules uses a prefix of its own" in problem.why


def test_trying_rules_out_does_not_say_where_they_come_from() -> None:
    """A rule that was registered by a pack still belongs to it after its examples were proved."""
    ours = flags("OUR001", "telnet")
    registry(ours, plugin="ours")
    registry(ours, plugin="")
    assert ours.plugin == "ours"


WORDS = {
    "DEF401": ["DEF401"],
    "no-telnet": ["DEF401"],
    "DEF4": ["DEF401", "DEF402"],
    "DEF": ["DEF401", "DEF402", "DEF501"],
    "DEF400": ["DEF402"],
    "packages": ["DEF401", "DEF501"],
    "DEFX": ["DEFX001"],
    "D": [],
    "DEF9": [],
    "telnet": [],
    "": [],
    "def4": [],
}


@pytest.mark.parametrize("word", WORDS)
def test_the_rules_that_a_word_means(word: str) -> None:
    known = registry(
        flags("DEF401", "telnet", tags="packages"),
        flags("DEF402", "ftp", formerly="DEF400"),
        flags("DEF501", "rsh", tags="packages"),
        flags("DEFX001", "rcp"),
    )
    assert [rule.code for rule in known.matching(word)] == WORDS[word]


@pytest.mark.parametrize("word", ["ALL", "all"])
def test_all(word: str) -> None:
    known = registry(flags("OUR001", "telnet"))
    assert set(known.matching(word)) == set(known)


@pytest.mark.parametrize(
    ("word", "code", "true"),
    [
        ("DEF4", "DEF401", True),
        ("DEF", "DEF401", True),
        ("DEF401", "DEF401", True),
        ("DEF", "DEFX001", False),
        ("DE", "DEF401", False),
        ("DEF5", "DEF401", False),
        ("", "DEF401", False),
        ("4", "DEF401", False),
    ],
)
def test_begins(word: str, code: str, true: bool) -> None:
    assert begins(word, code) is true


@pytest.mark.parametrize(
    ("word", "true"), [("SC", True), ("SC20", True), ("SC2086", True), ("SCI001", False), ("S", False)]
)
def test_words_for_shellcheck(word: str, true: bool) -> None:
    assert RuleRegistry().is_shellcheck(word) is true


def test_a_rule_file_is_somebody_elses_pack(tmp_path: Path) -> None:
    known = RuleRegistry()
    known.register(load_rule_file(str(rule_file(tmp_path, good_rule("DEF777", "telnet")))), "ours.py")
    (problem,) = known.problems
    assert "a prefix of its own" in problem.why
