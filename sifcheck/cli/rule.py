"""`sifcheck rule`: a rule's page, all rules, a new rule's file, the test of a rule file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from sifcheck.app.outcome import UsageError, near
from sifcheck.cli.parser import CommandParser
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import Loaded, load
from sifcheck.lint.rule import BrokenRule, Rule

if TYPE_CHECKING:
    from sifcheck.testing import Case

TEMPLATE = '''"""Rules of our own: say in one sentence what they look at."""

from __future__ import annotations

from sifcheck.api import Command, Findings, bad, finding, good, rule


@rule(
    "OUR001",
    severity="warning",
    message="`{program}` is not to be used in images",
    help="use the command that replaces it",
)
@bad("""
    %post
        telnet example.org
        ^^^^^^
    """)
@good("""
    %post
        curl -fsSL https://example.org
    """)
def no_telnet(command: Command) -> Findings:
    """Say what is wrong in one sentence.

    Say why it matters.  Source: say how you know.
    """
    if command.program == "telnet":
        yield finding(command.name_span, program=command.program)
'''


_EPILOG = """examples:
  sifcheck rule DEF701
  sifcheck rule unquoted-arguments
  sifcheck rule --all
  sifcheck rule --new ours.py
  sifcheck rule --test ours.py
  sifcheck rule --test ours.py --cases cases

exit codes: 0 shown, written or proved, 1 an example was not proved, 3 wrong use, or no such rule or file of rules,
4 sifcheck itself failed
"""


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck rule",
        description="Show what a rule is about; list all rules; write and test rules of your own.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "rules", nargs="*", metavar="CODE", help="codes or names of rules, or beginnings of codes"
    )
    parser.add_argument("--all", action="store_true", help="list all rules, one a line")
    parser.add_argument("--new", metavar="FILE", help="write a file with a rule to start from")
    parser.add_argument("--test", metavar="FILE", help="prove the examples of the rules in a file")
    parser.add_argument(
        "--cases", metavar="FOLDER", help="with --test: prove the cases in FOLDER/CODE.md as well"
    )
    parser.add_argument(
        "--rule-file", action="append", default=[], metavar="FILE", help="load this file of rules too"
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    return parser


def run(words: Sequence[str]) -> int:
    """The verb: print pages, or write or test a file of rules."""
    given = make_parser().parse(words)
    if given.new:
        return _write_new(given.new)
    if given.test:
        return _test(given.test, given.cases)
    if given.cases:
        raise UsageError("--cases FOLDER goes with --test FILE")
    loaded = load(rule_files=given.rule_file)
    _tell_problems(loaded)
    chosen = _chosen(loaded.registry, given.rules, given.all)
    if given.output_format == "json":
        _print_json(chosen)
    elif given.all or len(chosen) > 3:
        _print_list(chosen)
    else:
        from sifcheck.testing.page import rule_page

        print("\n\n".join(rule_page(rule).rstrip("\n") for rule in chosen))
    return 0


def _chosen(registry: RuleRegistry, words: Sequence[str], everything: bool) -> list[Rule]:
    if not words:
        if not everything:
            raise UsageError("name a rule, as in `sifcheck rule DEF701`; `sifcheck rule --all` lists them")
        return list(registry)
    chosen: list[Rule] = []
    for word in words:
        found = registry.matching(word) or registry.matching(word.upper())
        if not found:
            raise UsageError(f"no rule is called {word!r}{near(word, [*registry.rules, *registry.names])}")
        chosen.extend(rule for rule in found if rule not in chosen)
    return chosen


def _print_list(rules: Sequence[Rule]) -> None:
    from sifcheck.lint.rule_facts import first_sentence

    fixes = {"safe": "fix", "unsafe": "(fix)", "none": ""}
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        facts = f"{rule.severity:8}{rule.profile:9}{fixes[rule.fix]:6}"
        print(f"{rule.code}  {rule.name:{width}}  {facts}{first_sentence(rule)}".rstrip())


def _print_json(rules: Sequence[Rule]) -> None:
    from sifcheck.app.outcome import print_text
    from sifcheck.lint.rule_facts import rule_facts
    from sifcheck.report.json_document import json_text

    print_text(json_text({"version": 1, "rules": [rule_facts(rule) for rule in rules]}), sys.stdout)


def _write_new(path: str) -> int:
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    print(f"{path} holds a rule to start from; `sifcheck rule --test {path}` proves its examples,")
    print(f"`sifcheck check --rule-file {path} FILE` runs it")
    return 0


def _test(path: str, folder: str | None) -> int:
    """Prove every rule of a file: 0 all proved, 1 some not, 3 the file holds no rule or cannot be loaded."""
    from sifcheck.testing import prove, prove_case

    if not os.path.exists(path):
        raise UsageError(f"{path}: there is no such file")
    cases = _cases(folder) if folder else []
    registry = load().registry
    known = len(registry.problems)
    registry.register(_rule_file(path), path)
    problems = registry.problems[known:]
    for problem in problems:
        print(f"FAILED  {problem.why}\n", file=sys.stderr)
    rules = [rule for rule in registry if rule.plugin == path]
    failed = len(problems)
    for rule in rules:
        own = [case for case in cases if case.code == rule.code]
        try:
            prove(rule)
            for case in own:
                prove_case(rule, case)
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {error}\n", file=sys.stderr)
        else:
            print(f"proved  {rule.code} {rule.name} ({len(rule.examples) + len(own)} examples)")
    print(f"{len(rules) + len(problems) - failed} proved, {failed} failed")
    return 1 if failed else 0


def _rule_file(path: str) -> ModuleType:
    """The module in a file of rules; UsageError if it cannot be loaded, or holds no rule."""
    from sifcheck.lint.plugins import load_rule_file, say

    try:
        module = load_rule_file(path)
    except (Exception, SystemExit) as error:  # whatever a file of rules raises is told to its author
        raise UsageError(f"{path} cannot be loaded: {say(error)}") from error
    if not any(isinstance(value, (Rule, BrokenRule)) for value in vars(module).values()):
        raise UsageError(f"{path} holds no rule; `sifcheck rule --new FILE` writes one to start from")
    return module


def _cases(folder: str) -> list[Case]:
    """The cases in a folder; UsageError, with file and line, for what cannot be read as such."""
    from sifcheck.testing import CaseError, read_cases

    try:
        return read_cases(folder)
    except CaseError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None


def _tell_problems(loaded: Loaded) -> None:
    for problem in loaded.registry.problems:
        print(f"sifcheck: {problem.plugin} was left out: {problem.why}", file=sys.stderr)
