"""All rules about a machine: silent where nothing is wrong and where nothing is known, the same on a saved machine."""

from __future__ import annotations

import re
import subprocess

import pytest
from rules.every_example import examples_of
from rules.host_findings import MODES, RULES, found, of_example, program

from sifcheck.base.facts import Unknown
from sifcheck.base.records import fields_of, parts_of
from sifcheck.host.route import route
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host
from sifcheck.lint.rule import Rule
from sifcheck.testing import findings_of
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

EXAMPLES = [
    pytest.param(rule, example, id=name)
    for rule in RULES
    for name, example in examples_of(rule)
    if example.flagged and not rule.judges_text(example)
]
CODES = (
    "ENV101 ENV102 ENV103 ENV104 ENV105 ENV106 ENV107 ENV108 ENV201 ENV202 ENV203 ENV204 ENV205 ENV206 "
    "ENV301 ENV302 ENV303 ENV401 ENV402 ENV403 ENV404"
).split()


def test_every_row_has_its_rule():
    assert sorted(rule.code for rule in RULES) == CODES


def test_nothing_is_wrong_with_a_healthy_machine():
    assert found({}) == []


@pytest.mark.parametrize("mode", MODES)
def test_each_machine_takes_the_way_that_it_is_named_for(mode):
    assert route(lay(healthy_host(), MODES[mode])).mode == mode


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "none"])
def test_a_way_to_root_that_works_is_no_finding(mode):
    """What is blocked, where another way is left, is an info."""
    assert {one.severity for one in found(MODES[mode])} <= {"info"}


@pytest.mark.parametrize(
    "site", ["lumi:compute", "abci:compute", "slurm", "pjm", "rikyu:compute", "fugaku:compute"]
)
def test_a_healthy_compute_node_has_no_error_at_any_site(site):
    assert [one for one in found({}, site=site) if one.severity == "error"] == []


def hidden(value, kind, path=()):
    """Every copy of a snapshot in which one fact is unknown that may be."""
    for name, type_of_field in fields_of(kind).items():
        (main, *_), _, may_be_unknown = parts_of(type_of_field)
        old = getattr(value, name)
        if may_be_unknown:
            yield (*path, name), value._replace(**{name: Unknown("hidden")})
        if hasattr(main, "_fields") and isinstance(old, main):
            for where, changed in hidden(old, main, (*path, name)):
                yield where, value._replace(**{name: changed})
        elif isinstance(old, tuple) and not hasattr(old, "_fields"):
            for at, part in enumerate(old):
                if hasattr(part, "_fields"):
                    for where, changed in hidden(part, type(part), (*path, name, str(at))):
                        yield where, value._replace(**{name: (*old[:at], changed, *old[at + 1 :])})


def test_a_fact_that_is_not_known_is_no_finding():
    count = 0
    ready = program(*RULES)
    for where, host in hidden(healthy_host(), Host):
        assert ready.check_host(host) == [], where
        count += 1
    assert count > 100


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_no_rule_stumbles_over_a_fact_that_is_not_known(rule: Rule, example):
    """Also where something else is wrong.  What is found then is nothing worse."""
    worst = {"info": 0, "warning": 1, "error": 2}
    host, ready = of_example(example, rule)
    before = max(worst[one.severity] for one in ready.check_host(host))
    for where, changed in hidden(host, Host):
        after = ready.check_host(changed)
        assert "SIF900" not in {one.code for one in after}, (where, after)
        assert all(worst[one.severity] <= before for one in after), where


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_saved_machine_has_the_same_findings(rule: Rule, example):
    host, ready = of_example(example, *RULES)
    there = ready.check_host(from_json(to_json(host)))
    assert there == ready.check_host(host)
    assert rule.code in {one.code for one in there}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_finding_about_a_machine_stands_in_no_file(rule: Rule, example):
    for one in findings_of(rule, example):
        assert one.source is None
        assert one.subject == "host"
        assert one.help, "it says what to do"
        assert one.help.count("`") % 2 == 0, "a line to type stands in back quotes"
        assert "\n" not in one.message + one.help


# For a place without quotes or in double ones, and for one in single ones.
HOSTILE = ("$(echo pwned >&2)", "';echo pwned >&2;'")


def spoilt(value, hostile):
    """Every copy of a snapshot with one hostile text in it."""
    if isinstance(value, str):
        yield value + hostile
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            for changed in spoilt(part, hostile):
                parts = [*value[:at], changed, *value[at + 1 :]]
                yield value._make(parts) if hasattr(value, "_make") else tuple(parts)


@pytest.mark.process
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_line_to_type_holds_nothing_that_a_snapshot_smuggled_in(hostile):
    """A snapshot comes from somebody else, and what is told of it is copied into a shell."""
    lines: set[str] = set()
    for rule in RULES:
        for _, example in examples_of(rule):
            if rule.judges_text(example):
                continue
            host, ready = of_example(example, rule)
            for changed in spoilt(host, hostile):
                for one in ready.check_host(changed):
                    assert one.code == rule.code, one.message
                    lines.update(line for line in re.findall(r"`([^`]+)`", one.help) if "pwned" in line)
    assert len(lines) > 20
    for line in sorted(lines):
        # Nothing but the shell's own commands can be run, which is enough for a hostile echo.
        done = subprocess.run(
            ["/bin/bash", "-c", line], env={"PATH": "/nowhere"}, capture_output=True, text=True, timeout=10
        )
        assert "pwned" not in done.stderr.splitlines(), line
