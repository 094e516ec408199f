"""One run over a file: what rules are handed, what becomes of what they find, and of those that fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lint.made_up import HEADER, after_fix, checker, codes, definition, flagged, flags, made, whole

from sifcheck.api import (
    NOWHERE,
    Assignment,
    Command,
    Definition,
    Edit,
    FileCopy,
    Findings,
    HeaderField,
    Rule,
    Script,
    Section,
    Span,
    Stage,
    Target,
    finding,
    insert_after,
    related,
    replace,
)
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.lint.completing import internal
from sifcheck.lint.run import RuleContext, RuleRunner, is_shell_script
from sifcheck.runtime.versions import parse_target

EVERYTHING = """\
Bootstrap: docker
From: rockylinux:9.4
Stage: build

%files
    a /a
    b /b

%post
    A=1
    dnf install -y gcc
    if true; then make; fi

%environment
    export B=2

%help
    true is no command here

Bootstrap: docker
From: rockylinux:9.4

%appfiles x
    c /c

%apprun x
    exec prog
"""


def run(text: str | bytes, *rules: Rule, context: RuleContext | None = None) -> list[Finding]:
    """What rules find in a text, without suppressions and selection."""
    return RuleRunner(rules, context or RuleContext()).check_definition(definition(text))


# -- what rules are handed


def at_definition(definition: Definition) -> Findings:
    """Look."""
    yield finding(definition)


def at_stage(stage: Stage) -> Findings:
    """Look."""
    yield finding(stage.place)


def at_field(field: HeaderField) -> Findings:
    """Look."""
    yield finding(field)


def at_section(section: Section) -> Findings:
    """Look."""
    yield finding(section.name_span)


def at_copy(copy: FileCopy) -> Findings:
    """Look."""
    yield finding(copy)


def at_script(script: Script) -> Findings:
    """Look."""
    yield finding(script.section.name_span)


def at_command(command: Command) -> Findings:
    """Look."""
    yield finding(command)


def at_assignment(assignment: Assignment) -> Findings:
    """Look."""
    yield finding(assignment)


HANDED: dict[Any, Any] = {
    at_definition: [""],
    at_stage: ["Bootstrap: docker", "Bootstrap: docker"],
    at_field: [
        "Bootstrap: docker",
        "From: rockylinux:9.4",
        "Stage: build",
        "Bootstrap: docker",
        "From: rockylinux:9.4",
    ],
    at_section: ["%files", "%post", "%environment", "%help", "%appfiles", "%apprun"],
    at_copy: ["a /a", "b /b", "c /c"],
    at_script: ["%post", "%environment", "%apprun"],
    at_command: ["dnf install -y gcc", "true", "make", "export B=2", "exec prog"],
    at_assignment: ["A=1", "B=2"],
}


@pytest.mark.parametrize("function", HANDED, ids=lambda function: function.__name__)
def test_a_rule_is_handed_every_node_of_its_kind_once(function: Any) -> None:
    assert flagged(run(EVERYTHING, made("OUR001", function))) == HANDED[function]


def test_a_rule_is_handed_nothing_twice_when_others_look_too() -> None:
    rules = [made(f"OUR{number:03}", function) for number, function in enumerate(HANDED)]
    assert len(run(EVERYTHING, *rules)) == sum(map(len, HANDED.values()))


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (None, ["dnf install -y gcc", "true", "make", "export B=2", "exec prog"]),
        ("post", ["dnf install -y gcc", "true", "make"]),
        ("environment apprun", ["export B=2", "exec prog"]),
        ("job", []),
    ],
)
def test_sections_narrow_a_rule(sections: str | None, expected: list[str]) -> None:
    assert flagged(run(EVERYTHING, made("OUR001", at_command, sections=sections))) == expected


def test_sections_narrow_rules_about_scripts_and_assignments() -> None:
    for function, expected in ((at_script, ["%environment"]), (at_assignment, ["B=2"])):
        assert flagged(run(EVERYTHING, made("OUR001", function, sections="environment"))) == expected


@pytest.mark.parametrize(
    ("line", "shell"),
    [
        ("%post", True),
        ("%post -c /bin/bash", True),
        ("%post -c /usr/bin/env bash", True),
        ("%post -c /usr/bin/python3", False),
        ("%runscript\n#!/bin/sh -e", True),
        ("%runscript\n#!/usr/bin/env -S FOO=1 bash", True),
        ("%runscript\n#!/usr/bin/env python3", False),
        ("%runscript\n#!/usr/bin/perl -w", False),
        ("%help", False),
        ("%files", False),
    ],
)
def test_what_another_program_runs_is_no_shell_script(line: str, shell: bool) -> None:
    text = f"{HEADER}{line}\nimport os\n"
    (section,) = definition(text).sections()
    assert is_shell_script(section) is shell
    assert flagged(run(text, made("OUR001", at_command))) == (["import os"] if shell else [])
    # Nor is it called a script that cannot be read.
    broken = f"{HEADER}{line}\nif (\n"
    found = checker().check_definition(Source("x.def", broken.encode()))
    assert ("SIF003" in codes(found)) is shell


def test_unknown_sections_are_no_scripts() -> None:
    assert run("%pots\n    dnf install gcc\n", made("OUR001", at_command)) == []


def test_the_order_of_the_file() -> None:
    found = run(EVERYTHING, made("OUR002", at_section), made("OUR001", at_field))
    assert [item.span for item in found] == sorted(item.span for item in found)


def test_a_finding_knows_its_section() -> None:
    found = run(EVERYTHING, made("OUR001", at_command), made("OUR002", at_field), made("OUR003", at_section))
    by_text = {text: item.section for text, item in zip(flagged(found), found, strict=True)}
    assert by_text["dnf install -y gcc"] == "post"
    assert by_text["exec prog"] == "apprun"
    assert by_text["From: rockylinux:9.4"] == "header"
    assert by_text["%help"] == "help"
    (unknown,) = run("%pots\n", made("OUR003", at_section))
    assert unknown.section is None


# -- what becomes of what they find


def test_a_finding_has_the_rules_words_unless_it_brings_its_own() -> None:
    def two(command: Command) -> Findings:
        """Two."""
        if command.program == "a":
            yield finding(command, name="A")
        elif command.program == "b":
            yield finding(
                command, name="B", severity="error", confidence="low", profile="strict", secret=True
            )

    rule = made(
        "OUR001",
        two,
        message="`{name}` is run",
        help="leave {name} out",
        confidence="medium",
        profile="minimal",
    )
    first, second = run("%post\n    a\n    b\n", rule)
    assert (first.code, first.name, first.message, first.help) == (
        "OUR001",
        "two",
        "`A` is run",
        "leave A out",
    )
    assert (first.severity, first.confidence, first.profile, first.secret) == (
        "warning",
        "medium",
        "minimal",
        False,
    )
    assert (second.severity, second.confidence, second.profile, second.secret) == (
        "error",
        "low",
        "strict",
        True,
    )
    assert second.message == "`B` is run"


def test_tables_of_messages() -> None:
    def several(command: Command) -> Findings:
        """Several."""
        yield finding(command, command.program or "", what=command.program)

    rule = made(
        "OUR001", several,
        message={"glued": "{what} is glued", "loose": "{what} is loose", "": "{what} is odd"},
        help={"glued": "cut {what}", "": "look at {what}"},
    )  # fmt: skip
    found = run("%post\n    glued\n    loose\n", rule)
    assert [(item.message, item.help) for item in found] == [
        ("glued is glued", "cut glued"),
        ("loose is loose", "look at loose"),
    ]


def test_related_places() -> None:
    other = Source("other.def", b"text")

    def pair(section: Section) -> Findings:
        """Pair."""
        yield finding(
            section, related=[related(section.name_span, "here"), related(Span(0, 4), "there", other)]
        )

    (found,) = run("%post\n    true\n", made("OUR001", pair))
    assert [place.message for place in found.related] == ["here", "there"]
    assert found.related[0].source is None
    assert found.related[1].source is other


def returned(command: Command) -> Any:
    """Returns where others yield."""
    if command.program == "one":
        return finding(command)
    if command.program == "two":
        return [finding(command), finding(command)]
    return None


def test_findings_may_be_returned() -> None:
    assert flagged(run("%post\n    one\n    two\n    three\n", made("OUR001", returned))) == [
        "one",
        "two",
        "two",
    ]


# -- rules that fail


def test_a_rule_that_fails_is_named_and_the_others_go_on() -> None:
    def fails(command: Command) -> Findings:
        """Fails."""
        yield finding(command, text="before")
        raise KeyError("no such\n  thing")

    rules = flags("OUR001", "telnet"), made("OUR002", fails, message="{text}"), flags("OUR003", "ftp")
    found = run("%post\n    telnet a\n    ftp b\n", *rules)
    assert sorted(codes(found)) == ["OUR001", "OUR002", "OUR002", "OUR003", "SIF900"]
    (crash,) = (item for item in found if item.code == "SIF900")
    assert crash.source is not None
    assert crash.source.slice(crash.span) == "telnet a"
    line = Path(__file__).read_text().split("\n").index('        raise KeyError("no such\\n  thing")') + 1
    for word in ("OUR002", "a Command", "KeyError", f"{__file__}:{line}"):
        assert word in crash.message
    assert "\n" not in crash.message
    assert crash.severity == "warning"


@pytest.mark.parametrize(
    ("drafts", "words"),
    [
        (lambda node: [finding(node, "gleud")], "no message is called 'gleud'; there is 'glued', 'odd'"),
        (lambda node: [finding(node, "glued", severity="eror")], "'eror' is none of info, warning, error"),  # type: ignore[arg-type]
        (lambda node: [finding(node, "glued", confidence="sure")], "'sure' is none of"),  # type: ignore[arg-type]
        (lambda node: [finding(node, "glued", profile="all")], "'all' is none of"),  # type: ignore[arg-type]
        (lambda node: [finding(node, "glued")], "{name} has no value: finding() was given none"),
        (lambda node: [finding(node, "glued", nme=1)], "{name} has no value: finding() was given nme"),
        (lambda node: [finding(node, "odd", name="x")], "'{name:d}' cannot be filled: Unknown format code"),
        (lambda node: [finding("here", "glued")], "AttributeError"),  # type: ignore[arg-type]
        (lambda node: [node], "AttributeError"),
        (lambda node: 3, "TypeError"),
        (lambda node: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_what_no_finding_can_be_made_of_is_a_failure_of_the_rule(drafts: Any, words: str) -> None:
    def wrong(section: Section) -> Any:
        """Wrong."""
        return drafts(section)

    messages = {"glued": "{name}", "odd": "{name:d}"}
    (crash,) = run("%post\n    true\n", made("OUR001", wrong, message=messages))
    assert crash.code == "SIF900"
    assert words in crash.message
    # The line is the author's, not the engine's.
    assert re.search(rf"\({re.escape(__file__)}:[0-9]+\)$", crash.message)


def test_a_value_that_a_message_lacks_is_told_with_the_line_of_the_message() -> None:
    def wrong(section: Section) -> Findings:
        """Wrong."""
        yield finding(section, nmae="x")

    (crash,) = run("%post\n    true\n", made("OUR001", wrong, message="a {name}"))
    line = (
        Path(__file__)
        .read_text()
        .split("\n")
        .index("""    (crash,) = run("%post\\n    true\\n", made("OUR001", wrong, message="a {name}"))""")
    )
    assert (
        f"OUR001 failed on a Section: {{name}} has no value: finding() was given nmae ({__file__}:{line + 1})"
        in crash.message
    )


def test_a_rule_that_is_run_for_the_strict_profile_only_has_no_wider_finding() -> None:
    def wider(section: Section) -> Findings:
        """Wider."""
        yield finding(section, profile="minimal")

    (crash,) = run("%post\n    true\n", made("OUR001", wider, profile="strict"))
    assert crash.code == "SIF900"
    assert "a rule of the strict profile has no finding of a wider one" in crash.message


def test_a_rule_that_fails_everywhere_is_named_once_a_file() -> None:
    def fails(command: Command) -> Findings:
        """Fails."""
        raise RecursionError("deep")

    ours = checker(made("OUR001", fails))
    for _ in range(2):
        source = Source("x.def", whole("%post\n    a\n    b\n    c\n").encode())
        assert codes(ours.check_definition(source)) == ["SIF900"]


def test_a_rule_that_is_interrupted_is_not_called_wrong() -> None:
    def interrupted(command: Command) -> Findings:
        """The user has had enough."""
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("%post\n    true\n", made("OUR001", interrupted))


# -- runtimes


def for_runtimes(runtimes: str) -> Rule:
    return made("OUR001", at_field, severity="error", runtimes=runtimes, message="found")


def only(text: str, runtimes: str, target: str | None) -> list[Any]:
    context = RuleContext(target=parse_target(target) if target else Target())
    return [(item.severity, item.message) for item in run(text, for_runtimes(runtimes), context=context)][:1]


NOTHING: list[tuple[str, str]] = []


@pytest.mark.parametrize(
    ("runtimes", "target", "expected"),
    [
        # Nobody named a target: what concerns some only is an info that names the family.
        ("apptainer", None, [("info", "found (Apptainer)")]),
        (
            "singularity-ce<4.2 singularity-pro<4.2",
            None,
            [("info", "found (SingularityCE and SingularityPRO)")],
        ),
        ("apptainer singularity-ce singularity-pro", None, [("error", "found")]),
        ("singularity<3.5", None, NOTHING),
        # A named one is held against the file.
        ("apptainer>=1.1", "apptainer-1.4", [("error", "found")]),
        ("apptainer>=1.1", "apptainer-1.0", NOTHING),
        ("apptainer<1.1", "apptainer-1.0", [("error", "found")]),
        ("apptainer", "singularity-ce-4.1", NOTHING),
        ("apptainer", "apptainer-1.4,singularity-ce-4.1", [("error", "found (Apptainer)")]),
        ("singularity<3.5 apptainer<1.2", "singularity-3.4", [("error", "found")]),
        # A target of fewer digits is the newest of its line.
        ("apptainer>=1.2.4", "apptainer-1.2", [("error", "found")]),
        ("apptainer>=1.2.4", "apptainer-1.2.3", NOTHING),
        ("apptainer<1.2.4", "apptainer-1.2", NOTHING),
        ("apptainer<1.2.4", "apptainer-1.2.3", [("error", "found")]),
        ("apptainer>=1", "apptainer-1.4", [("error", "found")]),
    ],
)
def test_runtimes(runtimes: str, target: str | None, expected: list[tuple[str, str]]) -> None:
    assert only("%post\n    true\n", runtimes, target) == expected


def test_a_finding_that_is_an_info_already_names_the_family_too() -> None:
    rule = made("OUR001", at_definition, severity="info", runtimes="apptainer", message="found")
    (found,) = run("%post\n    true\n", rule)
    assert (found.severity, found.message) == ("info", "found (Apptainer)")


def test_a_rule_can_ask_for_the_target() -> None:
    seen: list[Target] = []

    def asks(definition: Definition, target: Target) -> Findings:
        """Asks."""
        seen.append(target)
        return ()

    run("%post\n", made("OUR001", asks))
    run("%post\n", made("OUR001", asks), context=RuleContext(target=parse_target("apptainer-1.4")))
    assert [target.named for target in seen] == [False, True]


# -- which rules can be said to have found nothing


def test_rules_that_another_run_may_find_more_with_are_not_sure() -> None:
    def asks(definition: Definition, target: Target) -> Findings:
        """Asks."""
        return ()

    def may_have(definition: Definition, host: Any = None) -> Findings:
        """May have."""
        return ()

    def of_the_host(host: Any) -> Findings:
        """Looks at the machine."""
        return ()

    of_the_host.__annotations__["host"] = "Host"
    rules = [
        made("OUR001", at_field),
        made("OUR002", asks),
        made("OUR003", may_have),
        made("OUR004", of_the_host),
        made("OUR005", at_section, runtimes="apptainer"),
    ]
    program = RuleRunner(rules, RuleContext())
    assert program.active == {f"OUR00{number}" for number in range(1, 6)}
    assert program.sure == {"OUR001", "OUR002", "OUR005"}
    program = RuleRunner(rules, RuleContext(target=parse_target("apptainer-1.4"), host="a machine"))
    assert program.sure == {"OUR001", "OUR003"}
    program = RuleRunner(rules, RuleContext(target=parse_target("singularity-ce-4.1")))
    assert "OUR005" not in program.active
    assert program.skipped == []


# -- rules that look at a machine and at files


def of_both(node: Any, host: Any, site: Any = None) -> Findings:
    """Looks at both."""
    yield finding(node, name=getattr(host, "name", host))


of_both.__annotations__["node"] = "Host | Section"


class Machine:
    """Stands for a machine."""

    span = Span(0, 0)
    name = "looked at"


def test_a_rule_is_handed_each_kind_that_it_looks_at() -> None:
    rule = made("OUR001", of_both, message="{name}")
    program = RuleRunner([rule], RuleContext(host="a machine", site="a site"))
    found = program.check_definition(definition("%post\n    true\n%test\n    true\n"))
    assert [(one.subject, one.message) for one in found] == [(None, "a machine")] * 2
    (found_here,) = program.check_host(Machine())  # type: ignore[arg-type]
    assert (found_here.subject, found_here.source) == ("host", None)
    # The machine that is looked at is the one that it is told of.
    assert found_here.message == "looked at"
    assert program.sure == {"OUR001"}


def test_without_a_machine_such_a_rule_looks_into_no_file() -> None:
    program = RuleRunner([made("OUR001", of_both, message="{name}")], RuleContext(site="a site"))
    assert program.check_definition(definition("%post\n    true\n")) == []
    assert [one.message for one in program.check_host(Machine())] == ["looked at"]  # type: ignore[arg-type]
    assert [entry.code for entry in program.skipped] == ["OUR001"]
    assert program.sure == set()


# -- fixes


def fixing(make: Any, **stated: Any) -> Rule:
    """A rule about `X` whose fix is made by a function."""

    def fixes(command: Command) -> Findings:
        """Mends."""
        if command.program == "X":
            yield finding(command, fix=make(command))

    return made("OUR001", fixes, **{"fix": "safe", **stated})


@pytest.mark.parametrize(
    ("stated", "own", "safe"),
    [("safe", None, True), ("unsafe", None, False), ("safe", False, False), ("unsafe", True, True)],
)
def test_a_fix_is_as_safe_as_the_rule_says_unless_the_finding_says_it(
    stated: str, own: bool | None, safe: bool
) -> None:
    def fixes(command: Command) -> Findings:
        """Mends."""
        yield finding(command, fix=replace(command, "Y"), safe=own)

    (found,) = run("%post\n    X\n", made("OUR001", fixes, fix=stated))
    assert found.fix is not None
    assert found.fix.safe is safe


def test_the_title_of_a_fix_is_the_help() -> None:
    (found,) = run("%post\n    X\n", fixing(lambda command: replace(command, "Y"), help="write Y"))
    assert found.fix is not None
    assert found.fix.title == "write Y"
    (found,) = run("%post\n    X\n", fixing(lambda command: replace(command, "Y"), message="X is old"))
    assert found.fix is not None
    assert found.fix.title == "X is old"


ARGUMENTS = "%arguments\n    V=1\n"
VARIABLES = {
    "replaced": ("X {{ V }}", lambda command: replace(command, "Y"), False),
    "a word of it": ("X {{ V }}", lambda command: replace(command.words[1], "2"), False),
    "another word": ("X a {{ V }}", lambda command: replace(command.words[1], "b"), True),
    "the word before it": ("X a{{ V }}", lambda command: replace(command.words[1], "b"), False),
    "in another line": ("X a\n    Y {{ V }}", lambda command: replace(command, "Y"), True),
    "put right before": ("X {{ V }}", lambda command: Edit(command.span.start, command.span.start, "sudo "), True),
    "put right behind": ("X {{ V }}", lambda command: Edit(command.span.end, command.span.end, " b"), True),
    "put below": ("X {{ V }}", lambda command: insert_after(command, "Y"), True),
    "put into it": ("X {{ V }}", lambda command: Edit(command.span.start + 5, command.span.start + 5, "b"), False),
    "one edit of two": (
        "X a {{ V }}",
        lambda command: [replace(command.words[1], "b"), replace(command.words[2], "2")],
        False,
    ),
    "undefined": ("X {{ W }}", lambda command: replace(command, "Y"), False),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIABLES)
def test_a_fix_that_touches_a_build_variable_is_left_out(name: str) -> None:
    body, make, kept = VARIABLES[name]
    (found,) = run(f"{HEADER}%post\n    {body}\n{ARGUMENTS}", fixing(make))
    assert (found.fix is not None) is kept
    if kept:
        assert "{{ V }}" in after_fix(found)


def test_a_fix_that_cannot_be_made_is_left_out() -> None:
    for fix in (NOWHERE, [replace(Span(0, 1), "x"), NOWHERE], []):
        (found,) = run("%post\n    X\n", fixing(lambda command, fix=fix: fix))
        assert found.fix is None


def test_edits_have_the_line_ends_of_the_file() -> None:
    text = whole("%post\n    X\n    Y\n").replace("\n", "\r\n").encode()
    (found,) = run(text, fixing(lambda command: insert_after(command, "A\nB")))
    assert after_fix(found).encode() == text.replace(b"X\r\n", b"X\r\n    A\r\n    B\r\n")
    (found,) = run(text, fixing(lambda command: replace(command, "A\r\nB")))
    assert after_fix(found).encode() == text.replace(b"X\r\n", b"A\r\nB\r\n")


def test_edits_have_the_line_ends_of_their_place_where_a_file_has_both() -> None:
    text = b"Bootstrap: docker\r\nFrom: a:1\r\n%post\r\n    X\r\n%test\n    X\n    Y\n"
    above, below = run(text, fixing(lambda command: insert_after(command, "A")))
    assert after_fix(above).encode() == text.replace(b"X\r\n", b"X\r\n    A\r\n")
    assert after_fix(below).encode() == text.replace(b"    X\n", b"    X\n    A\n")


def test_edits_behind_a_last_line_without_its_end() -> None:
    text = whole("%post\n    X").encode()
    (found,) = run(text, fixing(lambda command: insert_after(command, "A")))
    assert after_fix(found).encode() == text + b"\n    A\n"
    crlf = text.replace(b"\n", b"\r\n")
    (found,) = run(crlf, fixing(lambda command: insert_after(command, "A")))
    assert after_fix(found).encode() == crlf + b"\r\n    A\r\n"


def test_bytes_that_are_no_text_stay() -> None:
    text = whole("%post\n").encode() + b"    echo \xff\xfe \xe3\x81\x82\n    X\n    # \x83\n"
    (found,) = run(text, fixing(lambda command: replace(command, "\u3042")))
    assert found.fix is not None
    (edit,) = found.fix.edits
    after = text[: edit.start] + edit.text.encode() + text[edit.end :]
    assert after == text.replace(b"X", "\u3042".encode())


# -- sifcheck's own findings


def test_internal_findings() -> None:
    source = Source("x.def", b"text")
    found = internal("SIF103", source, Span(0, 4), (Edit(0, 4, "x"),), why="so")
    assert (found.code, found.name, found.severity) == ("SIF103", "malformed-suppression", "warning")
    assert "so" in found.message
    assert found.fix is not None
    assert found.fix.safe
    assert internal("SIF103", source, Span(0, 4), why="so").fix is None


def test_scripts_that_cannot_be_read_are_told_once_a_section() -> None:
    text = f"{HEADER}%post\n    if true; then )\n    )\n%runscript\n    true\n%test\n    echo 'a\n"
    found = checker().check_definition(Source("x.def", text.encode()))
    assert codes(found) == ["SIF003", "SIF003"]
    assert [item.section for item in found] == ["post", "test"]
    assert [re.search(r"%\w+", item.message)[0] for item in found] == ["%post", "%test"]  # type: ignore[index]
    assert codes(checker(ignore=["SIF003"]).check_definition(Source("x.def", text.encode()))) == []


def test_a_script_that_is_cut_by_a_line_of_its_own_is_told_by_the_rules_on_sections() -> None:
    text = f"{HEADER}%post\n    cat <<EOF\n%wheel\nEOF\n"
    assert codes(checker().check_definition(Source("x.def", text.encode()))) == []


def test_a_long_value_is_shortened_in_the_words_and_whole_in_the_fix() -> None:
    long = "x" * 5000

    def check(section: Section) -> Findings:
        """Too long."""
        yield finding(section, name=long, lines="a\n" * 500, fix=replace(section, long))

    (found,) = run(
        "%post\n    true\n",
        made("OUR001", check, message="`{name}` is odd", help="`{name}` {lines}", fix="safe"),
    )
    assert found.message.startswith("`xxx")
    assert "xxx...xxx" in found.message
    assert len(found.message) == 100 + len("`` is odd")
    assert found.help.count("\n") < 12
    assert len(found.help.split("\n")[0]) < 210
    assert found.fix is not None
    assert found.fix.edits[0].text == long
