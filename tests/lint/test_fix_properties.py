"""Whatever a file holds, its safe fixes make nothing of it that the runtime or a shell refuses, and a second run changes nothing."""

from __future__ import annotations

import subprocess
from functools import cache
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.strategies import definition_files
from integration.verdict import TARGET, refusals
from rules.every_example import examples_of

from sifcheck.base.source import Source
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.fixes import fix_file
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext, is_shell_script
from sifcheck.lint.selection import select

HEADERS = [f"Bootstrap: docker\nFrom: {base}\n\n" for base in ("debian:12", "rockylinux:9.4", "alpine:3.20")]


@cache
def all_rules() -> Checker:
    registry = load().registry
    return make_checker(registry, select(registry, profile="strict"), RuleContext(target=TARGET))


@cache
def sections() -> list[str]:
    """The examples of all rules that begin with a section, without their carets."""
    found = []
    for rule in load().registry:
        for _, example in examples_of(rule) if rule.code.startswith("DEF") else ():
            text = dedent(example.text).strip("\n")
            if text.startswith("%"):
                lines = [line for line in text.split("\n") if not line.strip() or line.strip(" ^")]
                found.append("\n".join(lines) + "\n")
    assert len(found) > 100
    return found


def hold(data: bytes) -> None:
    """What must hold of every file, with its safe fixes and with all of them."""
    source = Source("random.def", data)
    for unsafe in (False, True):
        fixed = fix_file(source, all_rules(), unsafe=unsafe)
        if not refusals(data):
            assert not refusals(fixed.content)
        again = fix_file(Source("random.def", fixed.content), all_rules(), unsafe=unsafe)
        assert again.content == fixed.content
        before, after = all_rules().read(source), all_rules().read(Source("random.def", fixed.content))
        assert len(after.problems) <= len(before.problems)
        if b"\r" not in data:
            assert b"\r" not in fixed.content
        if data.count(b"\r\n") == data.count(b"\n"):
            assert fixed.content.count(b"\r\n") == fixed.content.count(b"\n")


@settings(max_examples=60)
@given(definition_files())
def test_a_random_file(data: bytes) -> None:
    hold(data)


@settings(max_examples=60)
@given(st.sampled_from(HEADERS), st.data(), st.sampled_from(["\n", "\r\n"]))
def test_examples_that_meet_in_one_file(header: str, data: st.DataObject, ending: str) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sections()), min_size=1, max_size=4))
    hold((header + "\n".join(chosen)).replace("\n", ending).encode())


@pytest.mark.process
@settings(max_examples=30)
@given(st.sampled_from(HEADERS), st.data())
def test_a_shell_takes_what_it_took_before(header: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sections()), min_size=1, max_size=3))
    source = Source("random.def", (header + "\n".join(chosen)).encode())
    if all(takes(body) for body in scripts(source)):
        fixed = fix_file(source, all_rules())
        assert all(takes(body) for body in scripts(Source("random.def", fixed.content))), (
            fixed.content.decode()
        )


def scripts(source: Source) -> list[str]:
    return [section.body for section in all_rules().read(source).sections() if is_shell_script(section)]  # type: ignore[union-attr]


@cache
def takes(script: str) -> bool:
    return not subprocess.run(["bash", "-n"], input=script.encode("latin-1"), capture_output=True).returncode
