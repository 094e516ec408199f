"""A rule's page: everything that the rule says of itself, as Markdown that a browser and a terminal can show."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple

import pytest
from lint.made_up import flags, made

from sifcheck.api import Command, Findings, Rule, Section, bad, finding, good, insert_after, replace, rule
from sifcheck.lint.internal import INTERNAL_RULES, NOT_IGNORABLE
from sifcheck.lint.rule_facts import first_sentence, rule_facts
from sifcheck.testing.page import rule_page


@rule(
    "OUR001",
    severity="warning",
    confidence="medium",
    profile="strict",
    fix="unsafe",
    message={"old": "`{command.name}` is {{old}}", "": "`{name}` is odd"},
    help={"old": "write `{new}`"},
    tags="network size",
    since="0.3.0",
    formerly="OUR900",
    runtimes="apptainer>=1.1",
)
@bad(
    """
    %post
        telnet a
        ^^^^^^^^
    """,
    target="apptainer-1.4",
)
@bad("%post\n\ttelnet b\r\n", args={"V": "1"})
@good("""
    %post
        curl a
    """)
def old_program(command: Command) -> Findings:
    """A program that
    nobody uses any more.

    It sends everything as it is,
    passwords too.

    Nobody answers either.

    Source: RFC 854,
    and common sense.
    """
    if command.program == "telnet":
        yield finding(command, "old", command=command, new="curl", fix=replace(command.words[0], "curl"))


def page_of(rule: Rule) -> str:
    return rule_page(rule)


def part(page: str, title: str) -> str:
    """What stands below a title."""
    return page.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_head() -> None:
    page = page_of(old_program)
    assert page.startswith(
        "# OUR001 old-program\n\nA program that nobody uses any more.\n\n| | |\n|---|---|\n"
    )
    for row in (
        "| severity | warning |",
        "| confidence | medium |",
        "| profile | strict |",
        "| can be fixed | yes, with `--fix --unsafe-fixes` |",
        "| since | 0.3.0 |",
        "| runtimes | apptainer>=1.1 |",
        "| tags | network, size |",
        "| formerly | OUR900 |",
    ):
        assert f"{row}\n" in page


def test_why() -> None:
    why = part(page_of(old_program), "Why")
    assert "It sends everything as it is, passwords too.\n\nNobody answers either.\n" in why
    assert "*Source: RFC 854, and common sense.*" in why
    assert "Source" not in why.replace("*Source: RFC", "")


def test_what_it_says() -> None:
    says = part(page_of(old_program), "What it says")
    assert "- `old`: `COMMAND` is {old}\n  *write `NEW`*\n- `NAME` is odd" in says
    assert "`--ignore OUR001.old`" in says


def test_examples_and_what_the_fix_makes_of_them() -> None:
    page = page_of(old_program)
    wrong, right = part(page, "Wrong"), part(page, "Right")
    assert "With target apptainer-1.4:\n\n```\n%post\n    telnet a\n    ^^^^^^^^\n```\n" in wrong
    assert "```diff\n %post\n-    telnet a\n+    curl a\n```" in wrong
    assert "With args `V=1`:\n\n```\n%post\n<TAB>telnet b<CR>\n```" in wrong
    assert "curl a" in right
    assert "diff" not in right


def test_pages_are_whole_markdown() -> None:
    for shown in (old_program, *INTERNAL_RULES):
        page = page_of(shown)
        assert page.endswith("\n")
        assert not page.endswith("\n\n")
        assert "\n\n\n" not in page
        assert len(re.findall(r"^```", page, re.M)) % 2 == 0
        assert all(character.isprintable() or character == "\n" for character in page)


def test_an_example_may_hold_a_fence() -> None:
    @rule("OUR001", severity="info", message="x")
    @bad("%help\n```\ncode\n```\n")
    @good("%post\n")
    def fenced(section: Section) -> Findings:
        """Fenced."""
        return ()

    assert "````\n%help\n```\ncode\n```\n````\n" in page_of(fenced)


def test_a_long_example_is_cut() -> None:
    @rule("OUR001", severity="info", message="x")
    @bad("%post\n" + "    true\n" * 5_000)
    @good("%post\n")
    def long(section: Section) -> Findings:
        """Long."""
        return ()

    page = page_of(long)
    assert len(page) < 3_000
    assert "\n...\n```" in page


def test_bytes_and_odd_characters_can_be_seen() -> None:
    @rule("OUR001", severity="info", message="x")
    @bad("\ufeffBootstrap: docker\n# \x1b\u200b\u202e \u3042\n")
    @good("%post\n")
    def odd(section: Section) -> Findings:
        """Odd."""
        return ()

    assert "<U+FEFF>Bootstrap: docker\n# <U+001B><U+200B><U+202E> \u3042" in page_of(odd)


class Wishes(NamedTuple):
    """What a centre
    wishes."""

    allowed_hosts: list[str] = ["a"]  # noqa: RUF012
    limit: int = 3
    level: Literal["one", "two"] = "two"
    strict: bool = False


def test_options() -> None:
    def wished(command: Command, options: Wishes) -> Findings:
        """Wished."""
        return ()

    options = part(page_of(made("OUR001", wished)), "Options")
    assert "What a centre wishes." in options
    assert "`[rules.OUR001]`" in options
    assert '- `allowed-hosts`: a list of texts, default `["a"]`\n' in options
    assert "- `limit`: a whole number, default `3`\n" in options
    assert '- `level`: one of "one", "two", default `"two"`\n' in options
    assert "- `strict`: true or false, default `false`" in options


def test_needs_and_deprecation() -> None:
    def needing(command: Command, site: Any, host: Any = None) -> Findings:
        """Needing."""
        return ()

    page = page_of(made("OUR001", needing, deprecated="OUR002 says it better."))
    assert "| needs | site |\n" in page
    assert "**Deprecated.** OUR002 says it better." in page


def test_a_site_that_an_example_writes_out_stands_above_it() -> None:
    def needing(command: Command, site: Any) -> Findings:
        """Needing."""
        return ()

    site = """
        [mpi]
        family = "mpich"
        """
    rule = good("%post\n    true\n", site=site, arch="aarch64")(
        good("%post\n    true\n", site="fugaku")(needing)
    )
    right = part(page_of(made("OUR001", rule)), "Right")
    assert 'With arch aarch64, this site:\n\n```toml\n[mpi]\nfamily = "mpich"\n```\n\n```\n%post\n' in right
    assert "With site fugaku:\n\n```\n%post\n" in right


@pytest.mark.parametrize("rule", [*INTERNAL_RULES, old_program], ids=lambda rule: rule.code)
def test_how_to_leave_it_out_is_something_that_works(rule: Rule) -> None:
    page = page_of(rule)
    if rule.code in NOT_IGNORABLE:
        assert "## Leaving it out" not in page
    elif rule.code in ("OUR001", "SIF003"):
        assert f"`# sifcheck: ignore[{rule.code}] reason`" in part(page, "Leaving it out")
    else:
        assert f"`--ignore {rule.code}`" in part(page, "Leaving it out")


def test_findings_of_a_machine_are_left_out_in_the_configuration() -> None:
    def of_the_host(host: Any) -> Findings:
        """Of the machine."""
        return ()

    of_the_host.__annotations__["host"] = "Host"
    assert '`host-ignore = ["OUR001"]`' in part(page_of(made("OUR001", of_the_host)), "Leaving it out")


def test_a_rule_about_machines_and_files_has_two_ways_and_both_kinds_of_examples() -> None:
    def of_both(node: Any, host: Any) -> Findings:
        """Of both."""
        return ()

    of_both.__annotations__["node"] = "Host | RuntimeCall"
    shown = bad("#!/bin/bash\napptainer sign a.sif\n", host={"keys": {"terminal": False}})(
        bad("", host={"keys": {"terminal": False}})(of_both)
    )
    rule = made("OUR001", shown)
    page = page_of(rule)
    ways = part(page, "Leaving it out")
    assert '`host-ignore = ["OUR001"]`' in ways
    assert "`# sifcheck: ignore[OUR001] reason`" in ways
    wrong = part(page, "Wrong")
    assert "```toml\nkeys.terminal = false\n```" in wrong
    assert "```\n#!/bin/bash\napptainer sign a.sif\n```" in wrong
    assert rule_facts(rule)["looks_at"] == "Host | RuntimeCall"


def test_a_rule_of_one_sentence() -> None:
    page = page_of(flags("OUR001", "telnet"))
    assert "## Why" not in page
    assert "## Wrong" not in page
    assert first_sentence(flags("OUR001", "telnet")) == "A program that does not belong in an image."


def test_facts_for_json() -> None:
    facts = json.loads(json.dumps(rule_facts(old_program)))
    assert facts["code"] == "OUR001"
    assert facts["name"] == "old-program"
    assert facts["summary"] == "A program that nobody uses any more."
    assert facts["messages"] == {"old": "`{command.name}` is {{old}}", "": "`{name}` is odd"}
    assert facts["looks_at"] == "Command"
    assert facts["tags"] == ["network", "size"]
    assert facts["examples"][0] == {"flagged": True, "text": "%post\n    telnet a\n    ^^^^^^^^"}
    assert [example["flagged"] for example in facts["examples"]] == [True, True, False]


def test_a_rule_that_fails_on_its_examples_has_a_page() -> None:
    @rule("OUR001", severity="info", message="x", fix="safe")
    @bad("%post\n    telnet a\n")
    @good("%post\n", target="nothing-1.0")
    def fails(command: Command) -> Findings:
        """Fails."""
        raise RuntimeError("oh")

    page = page_of(fails)
    assert "telnet a" in page
    assert "diff" not in page


def test_the_fix_of_an_example_in_a_diff_is_the_first() -> None:
    @rule("OUR001", severity="info", message="x", fix="safe")
    @bad("%post\n    telnet a\n    telnet b\n")
    @good("%post\n")
    def twice(command: Command) -> Findings:
        """Twice."""
        if command.program == "telnet":
            yield finding(command, fix=insert_after(command, "true"))

    assert "```diff\n     telnet a\n+    true\n     telnet b\n```" in page_of(twice)
