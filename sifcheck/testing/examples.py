"""What an example is to be checked as, and what a rule finds in it."""

from __future__ import annotations

from textwrap import dedent

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.lint.rule import Example, Rule
from sifcheck.testing.checks import (
    all_rules,
    check_host,
    check_image,
    check_plan,
    check_text,
    checker_of,
)

DEFAULT_BASE = "rockylinux:9.4"


def example_text(example: Example) -> tuple[str, list[tuple[int, int, int]]]:
    """An example as a whole definition file, and the places its carets mark: line from 1, first and last column.

    An example that starts with `%` stands below a header; lines of carets are taken out.  An example of a rule about
    batch scripts is a whole one.
    """
    lines: list[str] = []
    marks: list[tuple[int, int, int]] = []
    for line in dedent(example.text).lstrip("\n").split("\n"):
        if line.strip() and not line.strip(" ^") and lines:
            at = 0
            while (start := line.find("^", at)) >= 0:
                at = start
                while at < len(line) and line[at] == "^":
                    at += 1
                marks.append((len(lines), start + 1, at + 1))
        else:
            lines.append(line)
    text = "\n".join(lines).rstrip(" ")
    if text.startswith("%"):
        text = f"Bootstrap: docker\nFrom: {example.base or DEFAULT_BASE}\n\n{text}"
        marks = [(line + 3, start, end) for line, start, end in marks]
    return text, marks


def findings_of(rule: Rule, example: Example, text: str | None = None) -> list[Finding]:
    """What the rule finds in its example, or in another text under the example's settings."""
    checked = example_text(example)[0] if text is None else text
    try:
        found = _checked(rule, example, checked)
    except ValueError as error:
        raise AssertionError(f"{rule.code}: {error}") from error
    crashes = [finding.message for finding in found if finding.code == "SIF900" and rule.code != "SIF900"]
    assert not crashes, f"{rule.code}: {crashes[0]}"
    return [finding for finding in found if finding.code == rule.code]


def _checked(rule: Rule, example: Example, text: str) -> list[Finding]:
    if rule.judges_text(example):
        return check_text(text, rule, **example.settings)
    if rule.node == "Host":
        settings = dict(example.settings)
        return check_host(settings.pop("host", {}), rule, text=text, **settings)
    if rule.node == "Image":
        settings = dict(example.settings)
        return check_image(settings.pop("image", {}), rule, **settings)
    if rule.node == "Plan":
        settings = dict(example.settings)
        return check_plan(settings.pop("plan", {}), rule, text=text, **settings)
    # The engine itself yields the findings of these; what they are about needs rules that find something.
    checker = checker_of(all_rules(), example.settings, internal=True)
    return checker.check_definition(Source("example.def", text.encode()))
