"""Made-up rules, files of rules and definition files that the tests of the engine share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

from sifcheck.api import Command, Findings, Rule, finding, rule
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition import Definition, read_definition
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n"

IMPORTS = '''"""Rules of our own."""

from __future__ import annotations

from typing import NamedTuple

from sifcheck.api import *
'''

GOOD_RULE = '''
@rule("{code}", severity="warning", message="`{{program}}` is run")
@bad("""
    %post
        {name}
        {carets}
    """)
@good("""
    %post
        true
    """)
def no_{name}(command: Command) -> Findings:
    """A program that does not belong in an image."""
    if command.program == "{name}":
        yield finding(command, program=command.program)
'''


def good_rule(code: str, name: str) -> str:
    """The text of a rule that keeps the form: it flags one program."""
    return GOOD_RULE.format(code=code, name=name, carets="^" * len(name))


def rule_file(folder: Path, *parts: str, name: str = "ours.py") -> Path:
    """A file of rules made of the given parts, below the imports that it needs."""
    path = folder / name
    path.write_text(IMPORTS + "".join(f"\n{dedent(part).strip()}\n" for part in parts), encoding="utf-8")
    return path


def flags(code: str, program: str, **stated: Any) -> Rule:
    """A rule that flags one program, whatever the section."""

    def check(command: Command) -> Findings:
        """A program that does not belong in an image."""
        if command.program == program:
            yield finding(command)

    check.__name__ = f"no_{program}"
    return made(code, check, **stated)


def made(code: str, function: Callable[..., Any], **stated: Any) -> Rule:
    """A rule of a function; AssertionError if it does not keep the form."""
    new = rule(code, **{"severity": "warning", "message": "found", **stated})(function)
    assert isinstance(new, Rule), str(getattr(new, "error", new))
    return new


def registry(*rules: object, plugin: str = "made up") -> RuleRegistry:
    """A registry of rules that may have any prefix."""
    known = RuleRegistry()
    known.register(rules, plugin, own=True)
    assert not known.problems, known.problems
    return known


def checker(*rules: Rule, context: RuleContext | None = None, **options: Any) -> Checker:
    """A checker of the given rules; `options` are those of select() and make_checker()."""
    known = registry(*rules)
    ours = {
        name: options.pop(name)
        for name in ("build_arguments", "require_reason", "no_ignores", "today")
        if name in options
    }
    return make_checker(known, select(known, **options), context or RuleContext(), **ours)


def definition(text: str | bytes, path: str = "example.def") -> Definition:
    """A definition file of a text; what starts with a section stands below a header."""
    content = text if isinstance(text, bytes) else whole(text).encode()
    return read_definition(Source(path, content))


def whole(text: str) -> str:
    """A text without its common indentation, below a header if it starts with a section."""
    plain = dedent(text).lstrip("\n")
    return HEADER + plain if plain.startswith("%") else plain


def after_fix(found: Finding) -> str:
    """The text of a finding's file with its fix applied."""
    assert found.fix is not None
    assert found.source is not None
    content = found.source.data
    for edit in sorted(found.fix.edits, reverse=True):
        content = content[: edit.start] + edit.text.encode() + content[edit.end :]
    return content.decode()


def codes(findings: Iterable[Finding]) -> list[str]:
    """The codes of findings, in their order."""
    return [finding.code for finding in findings]


def flagged(findings: Iterable[Finding]) -> list[str]:
    """The text that each finding stands at."""
    return [finding.source.slice(finding.span) for finding in findings if finding.source is not None]
