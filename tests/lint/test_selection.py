"""The selection: which rules are run, which of their findings are shown, and how bad they are called."""

from __future__ import annotations

from typing import Any

import pytest
from lint.made_up import checker, codes, flags, made, registry, whole

from sifcheck.api import Command, Findings, Rule, finding
from sifcheck.base.findings import CONFIDENCES, PROFILES, Confidence, Finding, Profile
from sifcheck.base.source import Source, Span
from sifcheck.lint.internal import INTERNAL_RULES, NOT_IGNORABLE
from sifcheck.lint.selection import Selection, select

RULES = (
    flags("DEF401", "telnet", tags="packages"),
    flags("DEF402", "ftp", formerly="DEF499"),
    flags("DEF501", "rsh", tags="packages network"),
    flags("OUR001", "rcp"),
    flags("DEFX001", "rexec"),
    flags("DEF601", "rlogin", preview=True, tags="network"),
)
STABLE = ["DEF401", "DEF402", "DEF501", "DEFX001", "OUR001"]


def chosen(**options: Any) -> list[str]:
    """The codes that are active, without sifcheck's own."""
    return sorted(code for code in select(registry(*RULES), **options).active if not code.startswith("SIF"))


SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, STABLE),
    ({"select": ["ALL"]}, STABLE),
    ({"select": ["DEF4"]}, ["DEF401", "DEF402"]),
    ({"select": ["DEF"]}, ["DEF401", "DEF402", "DEF501"]),
    ({"select": ["DEF401"]}, ["DEF401"]),
    ({"select": ["no-telnet"]}, ["DEF401"]),
    ({"select": ["packages"]}, ["DEF401", "DEF501"]),
    ({"select": ["DEF499"]}, ["DEF402"]),
    ({"select": ["DEF401", "OUR"]}, ["DEF401", "OUR001"]),
    ({"ignore": ["DEF4"]}, ["DEF501", "DEFX001", "OUR001"]),
    ({"ignore": ["packages"]}, ["DEF402", "DEFX001", "OUR001"]),
    ({"ignore": ["no-telnet"]}, ["DEF402", "DEF501", "DEFX001", "OUR001"]),
    ({"ignore": ["ALL"]}, []),
    # The more exact word wins.
    ({"select": ["DEF4"], "ignore": ["DEF401"]}, ["DEF402"]),
    ({"select": ["DEF401"], "ignore": ["DEF4"]}, ["DEF401"]),
    ({"select": ["DEF"], "ignore": ["DEF4"]}, ["DEF501"]),
    ({"select": ["DEF40"], "ignore": ["DEF4"]}, ["DEF401", "DEF402"]),
    ({"select": ["packages"], "ignore": ["ALL"]}, ["DEF401", "DEF501"]),
    ({"select": ["packages"], "ignore": ["DEF"]}, []),
    ({"select": ["no-telnet"], "ignore": ["packages"]}, ["DEF401"]),
    ({"select": ["DEF499"], "ignore": ["DEF4"]}, ["DEF402"]),
    # Of equally exact ones the one that leaves out wins.
    ({"select": ["DEF4"], "ignore": ["DEF4"]}, []),
    ({"select": ["DEF401"], "ignore": ["no-telnet"]}, []),
    # What is selected besides adds to what is selected, and one by one wins over what leaves out.
    ({"select": ["DEF4"], "extend_select": ["OUR"]}, ["DEF401", "DEF402", "OUR001"]),
    ({"extend_select": ["DEF401"]}, STABLE),
    ({"extend_select": ["DEF401"], "ignore": ["DEF401"]}, STABLE),
    ({"extend_select": ["no-telnet"], "ignore": ["DEF401"]}, STABLE),
    ({"extend_select": ["DEF4"], "ignore": ["DEF4"]}, ["DEF501", "DEFX001", "OUR001"]),
    # Rules in preview are run where they are named, not by the way.
    ({"select": ["DEF6"]}, []),
    ({"select": ["network"]}, ["DEF501"]),
    ({"select": ["DEF601"]}, ["DEF601"]),
    ({"extend_select": ["no-rlogin"]}, sorted([*STABLE, "DEF601"])),
    # A word that means nothing selects nothing; telling it is the command line's affair.
    ({"select": ["DEF9"]}, []),
    ({"select": ["D"]}, []),
]


@pytest.mark.parametrize(("options", "expected"), SELECTIONS, ids=[str(options) for options, _ in SELECTIONS])
def test_the_rules_that_are_run(options: dict[str, Any], expected: list[str]) -> None:
    assert chosen(**options) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"select": ["DEF401"]},
        {"ignore": ["SIF"]},
        {"ignore": ["sifcheck"]},
        {"ignore": ["ALL"]},
        {"ignore": ["SIF1"]},
    ],
)
def test_sifchecks_own_rules_stay_on(options: dict[str, Any]) -> None:
    active = select(registry(*RULES), **options).active
    assert {rule.code for rule in INTERNAL_RULES} <= active


def test_sifchecks_own_rules_are_ignored_one_by_one() -> None:
    active = select(registry(*RULES), ignore=["SIF101", "unknown-code", "SIF900", "plugin-not-loaded"]).active
    assert "SIF101" not in active
    assert "SIF102" not in active
    assert active >= NOT_IGNORABLE
    assert "SIF103" in active


def found(code: str, profile: Profile = "standard", confidence: Confidence = "high") -> Finding:
    return Finding(code, "x", "warning", confidence, profile, "x", "", Source("x", b""), Span(0, 0))


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_contains_the_one_before(profile: Profile) -> None:
    selection = select(registry(*RULES), profile=profile)
    shown = [other for other in PROFILES if selection.shows(found("DEF401", other))]
    assert shown == list(PROFILES[: PROFILES.index(profile) + 1])


@pytest.mark.parametrize("least", CONFIDENCES)
def test_min_confidence(least: Confidence) -> None:
    selection = select(registry(*RULES), min_confidence=least)
    shown = [other for other in CONFIDENCES if selection.shows(found("DEF401", confidence=other))]
    assert shown == list(CONFIDENCES[CONFIDENCES.index(least) :])


@pytest.mark.parametrize("word", ["DEF401", "no-telnet"])
@pytest.mark.parametrize("option", ["select", "extend_select"])
def test_a_rule_that_is_named_is_shown_whatever_its_profile(word: str, option: str) -> None:
    selection = select(registry(*RULES), profile="minimal", **{option: [word]})  # type: ignore[arg-type]
    assert selection.named == {"DEF401"}
    assert selection.shows(found("DEF401", "strict"))


@pytest.mark.parametrize("word", ["DEF4", "packages", "ALL"])
def test_a_rule_that_is_selected_with_others_is_not(word: str) -> None:
    assert not select(registry(*RULES), profile="minimal", select=[word]).shows(found("DEF401", "standard"))


def test_naming_a_rule_does_not_make_its_findings_surer() -> None:
    selection = select(registry(*RULES), select=["DEF401"], min_confidence="medium")
    assert not selection.shows(found("DEF401", confidence="low"))
    assert selection.shows(found("DEF401", confidence="medium"))


def test_one_of_sifchecks_own_rules_can_be_named() -> None:
    assert not select(registry(*RULES)).shows(found("SIF105", "strict"))
    assert select(registry(*RULES), extend_select=["SIF105"]).shows(found("SIF105", "strict"))


@pytest.mark.parametrize("code", sorted(NOT_IGNORABLE))
def test_what_cannot_be_ignored_is_always_shown(code: str) -> None:
    selection = select(registry(*RULES), ignore=[code], profile="minimal", min_confidence="high")
    assert selection.shows(found(code, "strict", "low"))


@pytest.mark.parametrize("turn", [1, -1])
def test_the_more_exact_severity_holds_whatever_the_order(turn: int) -> None:
    given = {"no-telnet": "info", "DEF4": "error", "packages": "warning", "ALL": "info"}
    selection = select(registry(*RULES), severities=dict(list(given.items())[::turn]))  # type: ignore[arg-type]
    assert selection.severity_of(found("DEF401")) == "info"
    assert selection.severity_of(found("DEF402")) == "error"
    assert selection.severity_of(found("DEF501")) == "warning"
    assert selection.severity_of(found("OUR001")) == "info"


def test_the_beginning_of_a_code_is_more_exact_than_a_tag() -> None:
    selection = select(registry(*RULES), severities={"DEF4": "error", "packages": "info"})
    assert selection.severity_of(found("DEF401")) == "error"
    assert selection.severity_of(found("DEF501")) == "info"


def test_severities_of_shellcheck() -> None:
    selection = select(registry(*RULES), severities={"SC2": "info", "SC2086": "error", "DEF401": "warning"})
    assert selection.severity_of(found("SC2086")) == "error"
    assert selection.severity_of(found("SC2048")) == "info"
    assert selection.severity_of(found("SC1090")) is None
    assert selection.severity_of(found("SCI001")) is None


def test_which_of_shellchecks_findings_are_taken() -> None:
    def takes(**options: Any) -> bool:
        return select(registry(*RULES), **options).takes("SC2086")

    assert takes()
    assert takes(select=["SC"])
    assert takes(select=["SC2086"], ignore=["SC"])
    assert not takes(ignore=["SC2086"])
    assert not takes(ignore=["SC20"])
    assert not takes(select=["DEF"])
    assert not takes(select=["SC"], ignore=["SC2086"])


# -- whole checks


def weak(command: Command) -> Findings:
    """A program that may not belong in an image."""
    if command.program == "maybe":
        yield finding(command, severity="info", confidence="low", profile="strict")
    elif command.program == "surely":
        yield finding(command)


def check(text: str, *rules: Rule, **options: Any) -> list[Finding]:
    return checker(*rules, **options).check_definition(Source("example.def", whole(text).encode()))


def rule_weak() -> Rule:
    return made("OUR009", weak, confidence="medium")


def test_a_findings_own_profile_and_confidence_count() -> None:
    text = "%post\n    maybe\n    surely\n"
    assert codes(check(text, rule_weak())) == ["OUR009"]
    assert codes(check(text, rule_weak(), profile="strict")) == ["OUR009", "OUR009"]
    assert codes(check(text, rule_weak(), profile="strict", min_confidence="medium")) == ["OUR009"]
    assert codes(check(text, rule_weak(), select=["OUR009"])) == ["OUR009", "OUR009"]
    assert check(text, rule_weak(), min_confidence="high") == []


def test_severities_are_put_on_all_findings_of_a_rule() -> None:
    text = "%post\n    maybe\n    surely\n"
    found = check(text, rule_weak(), profile="strict", severities={"OUR009": "error"})
    assert [finding.severity for finding in found] == ["error", "error"]


def test_severities_are_put_on_findings_about_suppressions() -> None:
    text = "%post\n    # sifcheck: ignore[OUR001] not needed\n    true\n"
    (found,) = check(text, flags("OUR001", "telnet"), severities={"SIF101": "error"})
    assert (found.code, found.severity) == ("SIF101", "error")


def test_per_file_ignores() -> None:
    source = Source("example.def", whole("%post\n    telnet a\n    ftp b\n").encode())
    ours = checker(flags("OUR001", "telnet"), flags("OUR002", "ftp"))
    assert codes(ours.check_definition(source)) == ["OUR001", "OUR002"]
    assert codes(ours.check_definition(source, frozenset(("OUR001",)))) == ["OUR002"]


def test_per_file_ignores_do_not_hide_a_crash() -> None:
    def crashes(command: Command) -> Findings:
        """Crashes."""
        raise RuntimeError("oh")

    source = Source("example.def", whole("%post\n    true\n").encode())
    ours = checker(made("OUR001", crashes))
    assert codes(ours.check_definition(source, frozenset(("SIF900", "OUR001")))) == ["SIF900"]


def test_a_selection_says_what_was_asked() -> None:
    selection = select(registry(*RULES), select=["DEF4"], extend_select=["OUR"], ignore=["DEF402"])
    assert isinstance(selection, Selection)
    assert selection.selected == ("DEF4", "OUR")
    assert selection.dropped == ("DEF402",)
