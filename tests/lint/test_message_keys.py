"""One message of a rule among several, as CODE.key: selected, ignored, weighed, suppressed by itself."""

from __future__ import annotations

from typing import Any

import pytest
from lint.made_up import checker, made, whole

from sifcheck.api import Command, Findings, finding
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.lint.fingerprint import with_fingerprints

TEXT = "%post\n    telnet a\n    ftp b\n    rsh c\n"


def old_program(command: Command) -> Findings:
    """A program that sends passwords as they are."""
    if command.program in ("telnet", "ftp"):
        yield finding(command, command.program, profile="strict" if command.program == "ftp" else None)
    elif command.program == "rsh":
        yield finding(command)


RULE = made(
    "OUR001", old_program, message={"": "old", "telnet": "old telnet", "ftp": "old ftp"}, formerly="OUR099"
)


def check(text: str = TEXT, ignored: frozenset[str] = frozenset(), **options: Any) -> list[Finding]:
    options.setdefault("profile", "strict")
    made_of = checker(RULE, **options)
    return made_of.check_definition(Source("x.def", whole(text).encode()), ignored)


def keys(found: list[Finding]) -> list[str]:
    return [one.key if one.code == "OUR001" else one.code for one in found]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["telnet", "ftp", ""]),
        ({"ignore": ["OUR001.telnet"]}, ["ftp", ""]),
        ({"ignore": ["old-program.telnet", "OUR001.ftp"]}, [""]),
        ({"ignore": ["OUR099.telnet"]}, ["ftp", ""]),
        ({"select": ["OUR001.telnet"]}, ["telnet"]),
        ({"select": ["OUR001"], "ignore": ["OUR001.telnet"]}, ["ftp", ""]),
        ({"select": ["OUR001.telnet"], "ignore": ["OUR001"]}, ["telnet"]),
        ({"select": ["OUR001.telnet"], "ignore": ["OUR001.telnet"]}, []),
        ({"ignore": ["OUR001"], "extend_select": ["OUR001.ftp"]}, ["ftp"]),
        ({"ignore": ["OUR001.ftp"], "extend_select": ["OUR001.ftp"]}, ["telnet", "ftp", ""]),
        # What is named is shown whatever its profile; its neighbours are not.
        ({"profile": "standard"}, ["telnet", ""]),
        ({"profile": "standard", "extend_select": ["OUR001.ftp"]}, ["telnet", "ftp", ""]),
        ({"profile": "standard", "select": ["OUR001.ftp"]}, ["ftp"]),
        ({"ignored": frozenset(("OUR001.ftp",))}, ["telnet", ""]),
        # No message is called so: it means nothing, and the command line tells it.
        ({"ignore": ["OUR001.rsh"]}, ["telnet", "ftp", ""]),
    ],
)
def test_what_is_shown(options: dict[str, Any], expected: list[str]) -> None:
    assert keys(check(**options)) == expected


def test_the_severity_of_one_message() -> None:
    found = check(severities={"OUR001.telnet": "error", "OUR001": "info"})
    assert [(one.key, one.severity) for one in found] == [("telnet", "error"), ("ftp", "info"), ("", "info")]


def test_a_suppression_of_one_message() -> None:
    text = "%post\n    # sifcheck: ignore[OUR001.telnet] known\n    telnet a; ftp b\n"
    assert keys(check(text)) == ["ftp"]
    assert keys(check(text.replace("OUR001", "old-program"))) == ["ftp"]
    assert keys(check(text, no_ignores=frozenset(("OUR001.telnet",)), require_reason=True)) == [
        "SIF105",
        "telnet",
        "ftp",
    ]


def test_a_suppression_of_a_message_that_was_not_given_is_unused() -> None:
    text = "%post\n    ftp b  # sifcheck: ignore[OUR001.telnet] known\n"
    assert keys(check(text)) == ["ftp", "SIF101"]
    # What the configuration leaves out in the file cannot be asked for.
    assert keys(check(text, frozenset(("OUR001.telnet",)))) == ["ftp"]


def test_an_unknown_key_is_told_with_the_nearest() -> None:
    text = "%post\n    telnet a  # sifcheck: ignore[OUR001.telnte] known\n"
    (found, unknown) = check(text)
    assert (found.key, unknown.code) == ("telnet", "SIF102")
    assert unknown.message == "no rule is called OUR001.telnte; did you mean OUR001.telnet?"


def test_a_suppression_without_brackets_is_mended_with_its_key() -> None:
    (_, wrong) = check("%post\n    telnet a  # sifcheck: ignore OUR001.telnet known\n")
    assert wrong.fix is not None
    assert wrong.fix.edits[0].text == "ignore[OUR001.telnet] known"


def test_a_rule_with_one_message_has_no_key() -> None:
    single = made("OUR002", lambda_for_rsh(), message={"rsh": "old"})
    (found,) = checker(single).check_definition(Source("x.def", whole(TEXT).encode()))
    assert (found.key, found.word) == ("", "OUR002")
    assert single.keys == ()


def lambda_for_rsh() -> Any:
    def remote_shell(command: Command) -> Findings:
        """A shell that sends passwords as they are."""
        if command.program == "rsh":
            yield finding(command, "rsh")

    return remote_shell


def test_the_key_is_not_in_the_fingerprint() -> None:
    found = check()
    bare = [one._replace(key="") for one in found]
    assert [one.fingerprint for one in with_fingerprints(found)] == [
        one.fingerprint for one in with_fingerprints(bare)
    ]
