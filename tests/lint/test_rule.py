"""The form of a rule: what does not keep it is named with file and line, and left out; the others stay."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lint.made_up import checker, codes, definition, good_rule, made, rule_file, whole

from sifcheck.api import (
    Command,
    Findings,
    HeaderField,
    Host,
    Rule,
    RuntimeCall,
    Section,
    Target,
    bad,
    finding,
    good,
    rule,
)
from sifcheck.base.source import Source
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import load_rule_file
from sifcheck.lint.rule import (
    NODES,
    OUTSIDE,
    BrokenRule,
    Example,
    RuleError,
    Statement,
    read_runtimes,
)
from sifcheck.lint.rule_form import check_form
from sifcheck.lint.run import RuleContext

# What is wrong: what `@rule` is given besides a right code, severity and message; the parameters of the function;
# words of the problem.
STATED = {
    "severity": ('severity="eror"', "command: Command", ["severity='eror'", "did you mean 'error'?"]),
    "keyword": ('helpp="x"', "command: Command", ["'helpp'", "did you mean 'help'?"]),
    "confidence": ('confidence="hgh"', "command: Command", ["confidence='hgh'", "did you mean 'high'?"]),
    "profile": ('profile="strickt"', "command: Command", ["did you mean 'strict'?"]),
    "fix": ('fix="save"', "command: Command", ["fix='save'", "did you mean 'safe'?"]),
    "annotation": ("", 'command: "Comand"', ["looks at 'Comand'", "did you mean 'Command'?"]),
    "no annotation": ("", "command", ["does not say what 'command' is", "Definition"]),
    "no parameter": ("", "", ["the first says what it looks at"]),
    "parameter": ("", "section: Section, tagret", ["asks for 'tagret'", "did you mean 'target'?"]),
    "keyword-only": ("", "section: Section, *, hst=None", ["asks for 'hst'", "did you mean 'host'?"]),
    "further": ("", "section: Section, **more", ["names each of its parameters"]),
    "default": ("", "section: Section, site=1", ["the only default of 'site' is None"]),
    "name in capitals": ('name="X"', "section: Section", ["'name'"]),
    "empty message": ('message={"one": "x", "two": ""}', "section: Section", ["an empty message"]),
    "no messages": ("message={}", "section: Section", ["an empty message"]),
    "help for no message": (
        'message={"glued": "x"}, help={"gleud": "y"}',
        "section: Section",
        ["help for 'gleud'", "did you mean 'glued'?"],
    ),
    "template": ('message="{name is missing"', "section: Section", ["no template"]),
    "template without a name": ('help="use {}"', "section: Section", ["no template"]),
    "taken name": ('message="{secret}"', "section: Section", ["{secret} has another meaning"]),
    "sections": ('sections="pots"', "command: Command", ["sections='pots'", "did you mean 'post'?"]),
    "sections of a field": (
        'sections="post"',
        "field: HeaderField",
        ["for rules that look at Script, Command"],
    ),
    "runtimes": ('runtimes="apptainer=1.1"', "command: Command", ["write it as apptainer>=1.1"]),
    "version": ('runtimes="apptainer>=1..1"', "command: Command", ["write it as apptainer>=1.1"]),
    "family": ('runtimes="aptainer>=1.1"', "command: Command", ["did you mean 'apptainer'?"]),
    "no runtimes": ('runtimes=" "', "command: Command", ["names no runtime"]),
    "tags": ('tags="Packages"', "command: Command", ["'Packages' is no tag"]),
    "tags as a list": ('tags=["packages"]', "command: Command", ["AttributeError"]),
    "formerly": ('formerly="old-name"', "command: Command", ["formerly='old-name' is no code"]),
    "options nowhere": (
        "",
        "command: Command, options: Wishes",
        ["`options` is annotated with a NamedTuple that stands above"],
    ),
    "options of a wrong kind": ("", "command: Command, options: Section", ["options:", "is no NamedTuple"]),
}


def stated(name: str) -> tuple[str, list[str]]:
    """The text of a broken rule, and what is to be said about it."""
    given, parameters, words = STATED[name]
    defaults = [part for part in ('severity="info"', 'message="x"') if part[:4] not in given]
    decorator = ", ".join(['"OUR002"', *defaults, *([given] if given else [])])
    return f'@rule({decorator})\ndef broken({parameters}):\n    "About."', ["OUR002", *words]


BROKEN = {name: stated(name) for name in STATED} | {
    "no severity": (
        '@rule("OUR002", message="x")\ndef broken(command: Command):\n    "A."',
        ["states its severity"],
    ),
    "no message": (
        '@rule("OUR002", severity="info")\ndef broken(script: Script):\n    "A."',
        ["states its message"],
    ),
    "docstring": (
        '@rule("OUR002", severity="info", message="x")\ndef broken(script: Script):\n    " "\n    return []',
        ["OUR002", "docstring"],
    ),
    "code": (
        '@rule("our2", severity="info", message="x")\ndef broken(script: Script):\n    "A."',
        ["'our2' is no code"],
    ),
    "number": (
        '@rule(2, severity="info", message="x")\ndef broken(script: Script):\n    "A."',
        ["2 is no code"],
    ),
    "no parentheses": ('@rule\ndef broken(script: Script):\n    "A."', ['write `@rule("CODE"']),
    "name": (
        '@rule("OUR002", severity="info", message="x")\ndef Broken(script: Script):\n    "A."',
        ["'Broken' is no name"],
    ),
    "name without a value": (
        (
            '@rule("OUR002", severity="info", message="x", help="use {progrm}")\n'
            'def broken(script: Script):\n    "A."\n    yield finding(script, program=1)'
        ),
        ["{progrm} in 'use {progrm}' has no value", "did you mean 'program'?"],
    ),
    "name of no value at all": (
        '@rule("OUR002", severity="info", message="{x}")\ndef broken(script: Script):\n    "A."\n    return finding(script)',
        ["{x} in '{x}' has no value"],
    ),
    "key of a message": (
        '@rule("OUR002", severity="info", message={"two words": "x"})\ndef broken(script: Script):\n    "A."',
        ["'two words' is no key of a message"],
    ),
    "superseded": (
        '@rule("OUR002", severity="info", message="x", supersedes=("2086",))\ndef broken(script: Script):\n    "A."',
        ["'2086' is no code"],
    ),
    "example's setting": (
        '@rule("OUR002", severity="info", message="x")\n@bad("%post", tagret="x")\ndef broken(script: Script):\n  "A."',
        ["an example sets 'tagret'", "did you mean 'target'?"],
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_rule_is_named_and_left_out_and_the_others_stay(broken: str, tmp_path: Path) -> None:
    text, words = BROKEN[broken]
    path = rule_file(tmp_path, good_rule("OUR001", "telnet"), text, good_rule("OUR003", "ftp"))
    registry = RuleRegistry()
    registry.register(load_rule_file(str(path)), "ours")
    assert [rule.code for rule in registry if rule.code.startswith("OUR")] == ["OUR001", "OUR003"]
    (problem,) = registry.problems
    assert problem.plugin == "ours"
    line = path.read_text().split("\n").index(text.split("\n")[0]) + 1
    assert problem.why.startswith(f"{path}:{line}: "), problem.why
    for word in words:
        assert word in problem.why, problem.why


OPTIONS = {
    "required": ("class Wishes(NamedTuple):\n    'What is wished.'\n    words: list[str]", "has no default"),
    "kind": ("class Wishes(NamedTuple):\n    'What is wished.'\n    words: complex = 1j", "complex"),
    "docstring": (
        "class Wishes(NamedTuple):\n    words: list[str] = []",
        "the docstring of Wishes says what",
    ),
}


@pytest.mark.parametrize("wrong", OPTIONS)
def test_options_that_no_configuration_can_hold(wrong: str, tmp_path: Path) -> None:
    options, words = OPTIONS[wrong]
    rule_text = '@rule("OUR002", severity="info", message="x")\n'
    rule_text += 'def broken(command: Command, options: Wishes):\n    "A."'
    path = rule_file(tmp_path, options, rule_text)
    registry = RuleRegistry()
    registry.register(load_rule_file(str(path)), "ours")
    (problem,) = registry.problems
    assert problem.why.startswith(f"{path}:")
    assert words in problem.why


def test_an_example_above_the_rule_is_named(tmp_path: Path) -> None:
    text = '@bad("%post")\n@rule("OUR002", severity="info", message="x")\n'
    text += 'def misplaced(script: Script):\n    "A."'
    registry = RuleRegistry()
    path = rule_file(tmp_path, text, good_rule("OUR003", "ftp"))
    registry.register(load_rule_file(str(path)), "ours")
    (problem,) = registry.problems
    assert "OUR002: its examples stand below `@rule`" in problem.why
    assert str(path) in problem.why
    assert registry.find("OUR003") is not None


VALUES_ELSEWHERE = (
    "    values = {'name': 1}\n    yield finding(script, **values)",
    "    yield from found(script)",
    "    yield from (finding(script, name=one) for one in script.assignments)",
    "    for one in [1]:\n        yield finding(script, 'other', name=one)",
)


@pytest.mark.parametrize("body", VALUES_ELSEWHERE)
def test_values_that_may_come_from_elsewhere_are_left_to_the_run(body: str, tmp_path: Path) -> None:
    rule_text = '@rule("OUR002", severity="info", message={"": "{name}", "other": "{name}"})\n'
    rule_text += f'def fine(script: Script):\n    "A."\n{body}'
    path = rule_file(tmp_path, "def found(script):\n    yield finding(script, name=1)", rule_text)
    registry = RuleRegistry()
    registry.register(load_rule_file(str(path)), "ours")
    assert registry.problems == []


def test_every_word_of_a_rule_that_is_misspelt_is_met(tmp_path: Path) -> None:
    """No keyword is taken in silence: one letter too many in any of them breaks a rule."""
    for name in Statement.__annotations__:
        stated: dict[str, Any] = {"severity": "info", "message": "x", f"{name}s": "x"}
        wrong = rule("OUR001", **stated)(lambda section: ())
        assert isinstance(wrong, BrokenRule)
        assert f"{name}s" in str(wrong.error)


def test_the_name_is_the_functions() -> None:
    def no_root_login(command: Command) -> Findings:
        """Root logs in.

        It should not.
        """
        yield finding(command)

    new = made("OUR001", no_root_login)
    assert (new.code, new.name, new.node) == ("OUR001", "no-root-login", "Command")
    assert new.documentation.startswith("Root logs in.")
    assert new.file == __file__
    assert Path(__file__).read_text().split("\n")[new.line - 1].strip().startswith("def no_root_login")


def test_defaults() -> None:
    new = made("OUR001", lambda_rule())
    assert (new.confidence, new.profile, new.fix, new.preview) == ("high", "standard", "none", False)
    assert (new.runtimes, new.sections, new.tags, new.formerly, new.deprecated) == (
        None,
        None,
        frozenset(),
        (),
        None,
    )


def lambda_rule() -> Any:
    def plain(section: Section) -> Findings:
        """Plain."""
        yield finding(section)

    return plain


def test_lists_are_words() -> None:
    new = made(
        "OUR001",
        annotated("Script"),
        sections="post appinstall",
        tags="packages size",
        formerly="OUR010 OUR011",
    )
    assert new.sections == {"post", "appinstall"}
    assert new.tags == {"packages", "size"}
    assert new.formerly == ("OUR010", "OUR011")


def annotated(node: Any) -> Any:
    def look(node: Any) -> Findings:
        """Look."""
        return ()

    look.__annotations__["node"] = node
    return look


@pytest.mark.parametrize("node", NODES)
def test_the_annotation_says_what_a_rule_looks_at(node: str) -> None:
    """As text, as text in quotes, with its module before it, and as a class."""
    for written in (node, f"'{node}'", f"sifcheck.api.{node}", type(node, (), {})):
        assert made("OUR001", annotated(written)).node == node


def test_a_rule_may_look_at_more_than_one_kind() -> None:
    for written in ("Host | RuntimeCall", "'Host|api.RuntimeCall'", Host | RuntimeCall):
        new = made("OUR001", annotated(written), sections="job")
        assert new.nodes == ("Host", "RuntimeCall")
        assert (new.node, new.in_files, new.about_jobs) == ("Host", True, True)
    both = made("OUR001", annotated("Host | Definition"))
    assert (both.in_files, both.about_jobs) == (True, False)
    of_jobs = made("OUR001", annotated("JobScript | Directive"))
    assert (of_jobs.in_files, of_jobs.about_jobs) == (True, True)
    of_machines = made("OUR001", annotated("Host | Plan"))
    assert (of_machines.in_files, of_machines.about_jobs) == (False, False)
    with pytest.raises(AssertionError, match=r"looks at 'Hots'; did you mean 'Host'"):
        made("OUR001", annotated("RuntimeCall | Hots"))
    with pytest.raises(RuleError, match="sections= is for rules"):
        check_form(made("OUR001", annotated("Host | Definition"), sections="job"))


def test_what_an_example_of_such_a_rule_is() -> None:
    examples = (
        Example(True, "", None, None, {"host": {}}),
        Example(True, "#!/bin/bash\n", None, None, {}),
        Example(True, "%post\n", None, None, {"plan": {}}),
    )
    expected = {
        "Host | RuntimeCall": [False, True, False],
        "Host": [False] * 3,
        "Command": [True] * 3,
    }
    for written, texts in expected.items():
        assert [made("OUR001", annotated(written)).judges_text(one) for one in examples] == texts


def test_annotations_as_classes_work() -> None:
    def look(field: Any) -> Findings:
        """Look."""
        yield finding(field)

    look.__annotations__["field"] = HeaderField
    assert len(checker(made("OUR001", look)).runner.check_definition(definition("%post\n  true\n"))) == 2


def test_parameters_and_whether_they_are_required() -> None:
    def everything(
        section: Section, target: Target, site: Any, host: Any = None, *, folder: Any, registry: Any = None
    ) -> Findings:
        """Asks for everything."""
        return ()

    expected = (("target", True), ("site", True), ("host", False), ("folder", True), ("registry", False))
    assert made("OUR001", everything).parameters == expected
    assert {name for name, _ in expected} | {"options", "plan"} == set(OUTSIDE)


def test_what_is_missing_skips_a_rule_that_needs_it_and_no_other() -> None:
    asked: list[Any] = []

    def needs(section: Section, host: Any) -> Findings:
        """Needs a machine."""
        yield finding(section)

    def can_do_without(section: Section, host: Any = None) -> Findings:
        """Can do without a machine."""
        asked.append(host)
        yield finding(section)

    rules = made("OUR001", needs), made("OUR002", can_do_without)
    without = checker(*rules)
    assert codes(without.runner.check_definition(definition("%post\n  true\n"))) == ["OUR002"]
    ((code, why),) = without.runner.skipped
    assert code == "OUR001"
    assert "machine" in why
    assert asked == [None]

    having = checker(*rules, context=RuleContext(host="a machine"))
    assert codes(having.runner.check_definition(definition("%post\n  true\n"))) == ["OUR001", "OUR002"]
    assert having.runner.skipped == []
    assert asked == [None, "a machine"]


class Wishes(NamedTuple):
    """What is wished."""

    programs: list[str] = ["telnet"]  # noqa: RUF012


def unwished(command: Command, options: Wishes) -> Findings:
    """A program that is not wished."""
    if command.program in options.programs:
        yield finding(command)


def test_options_have_their_defaults_unless_they_are_set() -> None:
    new = made("OUR001", unwished)
    assert new.options is Wishes
    text = "%post\n  telnet a\n  ftp b\n"
    found = checker(new).runner.check_definition(definition(text))
    assert [finding.source.slice(finding.span) for finding in found if finding.source] == ["telnet a"]
    context = RuleContext(options={"OUR001": Wishes(programs=["ftp"])})
    found = checker(new, context=context).runner.check_definition(definition(text))
    assert [finding.source.slice(finding.span) for finding in found if finding.source] == ["ftp b"]


def test_examples_keep_their_order() -> None:
    @rule("OUR001", severity="info", message="x")
    @bad("first")
    @good("second")
    @bad("third", base="debian:12", fixed="fixed", target="apptainer-1.4")
    def examples(section: Section) -> Findings:
        """Examples."""
        return ()

    assert isinstance(examples, Rule)
    assert [(example.flagged, example.text) for example in examples.examples] == [
        (True, "first"),
        (False, "second"),
        (True, "third"),
    ]
    assert examples.examples[2].base == "debian:12"
    assert examples.examples[2].fixed == "fixed"
    assert examples.examples[2].settings == {"target": "apptainer-1.4"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("apptainer", [("apptainer", ">=", ())]),
        ("apptainer>=1.1", [("apptainer", ">=", (1, 1))]),
        (
            "singularity-ce<4.0 singularity-pro<4",
            [("singularity-ce", "<", (4, 0)), ("singularity-pro", "<", (4,))],
        ),
    ],
)
def test_read_runtimes(words: str, parts: list[Any]) -> None:
    assert read_runtimes(words) == parts


@pytest.mark.parametrize(
    "words", ["", "apptainer==1", "Apptainer", "apptainer>=", "apptainer>=x", "docker>=20"]
)
def test_runtimes_that_are_none(words: str) -> None:
    with pytest.raises(RuleError):
        read_runtimes(words)


def test_a_template_may_hold_braces_attributes_and_formats() -> None:
    def braces(section: Section) -> Findings:
        """Braces."""
        yield finding(section, section=section, size=12)

    new = made("OUR001", braces, message="`{{{{ V }}}}` in %{section.name}: {size:>4} bytes")
    (found,) = checker(new).runner.check_definition(definition("%post\n  true\n"))
    assert found.message == "`{{ V }}` in %post:   12 bytes"


def test_no_rule_of_a_module_is_left_out_unnamed(tmp_path: Path) -> None:
    """All broken rules of a file are named, not the first alone."""
    path = rule_file(tmp_path, *(text for text, _ in BROKEN.values()))
    registry = RuleRegistry()
    registry.register(load_rule_file(str(path)), "ours")
    # Rules of one file that are called the same hide each other; every name is met once.
    names = set(re.findall(r"^def (\w+)\(", path.read_text(), re.M))
    assert len(registry.problems) == len(names)


def test_check_text_and_definition_agree() -> None:
    """The made-up header of the tests is one that the reader takes."""
    assert not list(definition("%post\n  true\n").problems)
    assert Source("x", whole("%post\n").encode()).line(1) == "Bootstrap: docker"
