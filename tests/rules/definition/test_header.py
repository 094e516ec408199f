"""DEF202, DEF203, DEF211: what the examples of the rules cannot show."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from conftest import definition_cases

from sifcheck.api import Rule
from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import agents, base_image, header
from sifcheck_rules.definition._header import slips
from sifcheck_rules.definition.sources import base_not_found

UNREADABLE = header.header_line_unreadable
NOT_FIRST = header.bootstrap_not_first
MISREAD = header.header_line_misread


def one(text: str, rule: Any, **settings: Any) -> Finding:
    (finding,) = check_text(text, rule, **settings)
    return finding


def after_fix(text: str, finding: Finding) -> str:
    assert finding.fix is not None
    return apply_edits(text, finding.fix.edits)


@pytest.mark.parametrize(
    ("line", "right", "safe"),
    [
        ("Form: a:1", "From: a:1", True),
        ("Fron: a:1", "From: a:1", True),
        ("From=a:1", "From: a:1", True),
        ("From = a:1", "From : a:1", True),
        ("from=a", "from: a", True),
        ("Form=a", "From: a", True),
        ("From; a", "From: a", True),
        ("From a:1", "From: a:1", False),
        ("FROM a", "FROM: a", False),
        ("- From: a", "From: a", False),
    ],
)
def test_a_mistyped_line_is_mended(line: str, right: str, safe: bool) -> None:
    text = f"Bootstrap: docker\n{line}\nStage: x\n"
    finding = one(text, UNREADABLE)
    assert (finding.severity, finding.profile) == ("error", "minimal")
    assert after_fix(text, finding) == f"Bootstrap: docker\n{right}\nStage: x\n"
    assert finding.fix is not None
    assert finding.fix.safe is safe


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Exclude: /opt", "left out"),
        ("Version: 1.2", "not a header key"),
        ("Image: ubuntu:22.04", "not a header key"),
        ("Tag: 1.2", "not a header key"),
        ("OtherURL: http://example.org/", "not a header key"),
        ("//From: old:1", "not a header line"),
        (": value", "not a header line"),
        ("From", "no colon"),
        ("From # x: y", "no colon"),
    ],
)
def test_a_line_that_is_no_slip_of_the_pen_is_not_rewritten(line: str, words: str) -> None:
    finding = one(f"Bootstrap: docker\n{line}\n", UNREADABLE)
    assert words in finding.message
    assert finding.fix is None or not finding.fix.safe


def test_a_fix_does_not_override_a_key_that_is_there() -> None:
    finding = one("Bootstrap: docker\nFrom: a:1\nForm: b:2\n", UNREADABLE)
    assert finding.fix is not None
    assert not finding.fix.safe


def test_lines_of_a_script_in_the_header_are_one_finding() -> None:
    text = "Bootstrap: docker\nFrom: a:1\n\ncd /src && make\n# install\nmake install\n./test all\n"
    finding = one(text, UNREADABLE)
    assert "neither are 2 more" in finding.message
    assert len(finding.related) == 2


def test_the_advice_shows_the_line_as_it_should_be() -> None:
    assert (
        "`From: python:3.9-slim`" in one("Bootstrap: docker\nFROM python:3.9-slim  # old\n", UNREADABLE).help
    )
    assert "`From: a:1`" in one("Bootstrap: docker\nFrom=a:1\n", UNREADABLE).help


@pytest.mark.parametrize(
    ("target", "severity", "profile"),
    [
        ("singularity-ce-4.1", "error", "minimal"),
        ("singularity-pro-4.3", "error", "minimal"),
        ("apptainer-1.4,singularity-ce-4.1", "error", "minimal"),
        (None, "info", "standard"),
    ],
)
def test_a_key_of_one_family_alone(target: str | None, severity: str, profile: str) -> None:
    text = "Bootstrap: arch\nConfURL: http://example.org/pacman.conf\n"
    settings = {} if target is None else {"target": target}
    finding = one(text, UNREADABLE, **settings)
    assert (finding.severity, finding.profile) == (severity, profile)
    assert "Singularity" in finding.message
    assert "Apptainer 1.1" in finding.message
    assert check_text(text, UNREADABLE, target="apptainer-1.4") == []


def test_keys_that_came_with_apptainer_1_5() -> None:
    text = "Bootstrap: buildkit\nFrom: .\nTarget: run\n"
    assert check_text(text, UNREADABLE, target="apptainer-1.5") == []
    assert one(text, UNREADABLE, target="apptainer-1.4").severity == "error"


@pytest.mark.parametrize("below", ["# a remark\nStage: x\n", "\nStage: x\n", "\n\n  Stage: x\n"])
def test_a_backslash_before_a_line_that_crashes_the_parser(below: str) -> None:
    text = f"Bootstrap: docker\nFrom: a:1 \\\n{below}"
    finding = one(text, UNREADABLE)
    assert "crash" in finding.message
    assert ("a comment" in finding.message) is below.startswith("#")
    assert check_text(text, MISREAD) == []


@pytest.mark.parametrize(
    "text",
    [
        "FROM ubuntu:22.04\nRUN make\nCMD bash\n",
        "<!DOCTYPE html>\n<html>\n<body>x: y</body>\n",
        "---\nname: x\nsteps:\n  - y: z\n",
        '{"name": "x"}\n',
        "\ufeffBootstrap: docker\nFrom: a:1\n",
        "Bootstrap\uff1a docker\nFrom: a:1\n",
        "Bootstrap: docker\nFrom: a:1\n\u200b%post\n    echo x\n",
        "<<<<<<< HEAD\nBootstrap: docker\n=======\nBootstrap: localimage\n>>>>>>> x\nFrom: a:1\n",
        "",
        "# nothing\n",
    ],
)
def test_what_other_rules_explain_is_left_to_them(text: str) -> None:
    assert check_text(text, UNREADABLE, NOT_FIRST) == []


def test_a_stage_that_is_none_is_not_judged() -> None:
    inner = "bootstrap: yes\nother: no\nnot a key\n"
    text = f"Bootstrap: docker\nFrom: a:1\n%post\n    cat > x <<EOF\n{inner}EOF\n    make\n"
    assert check_text(text, UNREADABLE, NOT_FIRST, MISREAD) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("From: a:1\nStage: x\nBootstrap: docker\n%post\n    make\n", "stands before `Bootstrap:`"),
        ("# c\nStage: x\n\nBootstrap: docker\nFrom: a:1\n", "stands before `Bootstrap:`"),
        ("From: a:1\n", "has no `Bootstrap:`"),
        ("From: a:1\n%post\n    make\nBootstrap: docker\nFrom: b:1\n", "has no `Bootstrap:`"),
        ("%post\n    make\n", "no header"),
        ("%post\n", "no header"),
        ("%post\n    make\nBootstrap: docker\nFrom: a:1\n", "%post stands before the header"),
        ("Bootstrap: docker \\\n\n%post\n    make\n", "is lost"),
        ("Bootstrap: docker \\\n\n", "is lost"),
    ],
)
def test_a_stage_without_its_beginning(text: str, words: str) -> None:
    finding = one(text, NOT_FIRST)
    assert (finding.severity, finding.profile) == ("error", "minimal")
    assert words in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "Boostrap: docker\nFrom: a:1\n",
        "Bootstrap docker\nFrom: a:1\n",
        "Bootstrap=docker\nFrom: a:1\n",
        "Name: x\nBootstrap: docker\nFrom: a:1\n",
    ],
)
def test_a_mistyped_line_is_not_reported_twice(text: str) -> None:
    assert [finding.code for finding in check_text(text, UNREADABLE, NOT_FIRST)] == ["DEF202"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("From: a:1\nBootstrap: docker\n", "Bootstrap: docker\nFrom: a:1\n"),
        (
            "# c\nFrom: a:1\n# d\n\nBootstrap: docker # e\n%post\n",
            "# c\nBootstrap: docker # e\nFrom: a:1\n# d\n\n%post\n",
        ),
        ("From: a:1\nBootstrap: docker", "Bootstrap: docker\nFrom: a:1"),
        ("From: a:1\r\nBootstrap: docker\r\n%post\r\n", "Bootstrap: docker\r\nFrom: a:1\r\n%post\r\n"),
        ("From: a:1\r\nBootstrap: docker", "Bootstrap: docker\r\nFrom: a:1"),
    ],
)
def test_the_bootstrap_line_is_moved_up(text: str, right: str) -> None:
    finding = one(text, NOT_FIRST)
    assert after_fix(text, finding) == right
    assert check_text(right, NOT_FIRST) == []


@pytest.mark.parametrize(
    "text",
    [
        "From: a:1\nBootstrap: docker\nFrom: b:1\n",
        "From: a:1\nBootstrap: docker \\\n  x\n",
        "From: a:1\nBootstrap:\n Bootstrap: docker\n",
        "From: {{ image }}\nBootstrap: {{ agent }}\n%arguments\n    image=a:1\n    agent=docker\n",
    ],
)
def test_no_move_where_it_would_change_more(text: str) -> None:
    assert one(text, NOT_FIRST).fix is None


@pytest.mark.parametrize(
    ("section", "severity"),
    [
        ("%post\n    make\n", "error"),
        ("%labels\n    version 1\n", "warning"),
        ("%files\n    a /a\n", "warning"),
    ],
)
def test_a_key_above_a_later_stage_belongs_to_the_section(section: str, severity: str) -> None:
    head, tail = f"Bootstrap: docker\nFrom: a:1\n{section}\n", "%post\n    make\n"
    text = f"{head}From: b:1\n# the second\nBootstrap: docker\n{tail}"
    finding = one(text, NOT_FIRST)
    assert (finding.severity, finding.profile) == (severity, "standard")
    assert after_fix(text, finding) == f"{head}Bootstrap: docker\nFrom: b:1\n# the second\n{tail}"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("MirrorURL: http://example.org/debian#main", "http://example.org/debian"),
        ('MirrorURL: "http://example.org/ #x"', '"http://example.org/'),
    ],
)
def test_a_value_that_a_hash_cuts(line: str, value: str) -> None:
    finding = one(f"Bootstrap: debootstrap\nOSVersion: bookworm\n{line}\n", MISREAD)
    assert (finding.severity, finding.profile) == ("warning", "standard")
    assert f"`{value}`" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: docker\nFrom: a:1 # it is the last\n",
        "Bootstrap: docker\nFrom: a:1# it is the last\n",
        "Bootstrap: docker\nFrom: a:1 ## x\n",
        "Bootstrap: docker\nFrom: a:1\nFrom: a:1\n",
        "Bootstrap: docker\nFrom: host/\\\n    a:1\n",
        "Bootstrap: docker\nFrom: a:1\nBootstrap: docker\nFrom: b:1\n",
        "Bootstrap: docker\nFrom: a:1\nBootstrap: library\nLibrary: https://example.org\nFrom: b:1\n",
        "Bootstrap: {{ agent }}\nFrom: a:1\nInclude: x\n",
        "Bootstrap: zypper\nMirrorURL: http://example.org/\nOtherURL3: http://example.org/x\n",
    ],
)
def test_a_header_that_means_what_it_looks_like(text: str) -> None:
    assert check_text(text, MISREAD) == []


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        ("Fingerprints: 0123", "warning"),
        ("UpdateURL: http://example.org/", "warning"),
        ("Include: gcc", "info"),
        ("MirrorURL: http://example.org/", "info"),
        ("OSVersion: 9", "info"),
        ("IncludeCmd: yes", "info"),
    ],
)
def test_a_key_that_docker_does_not_look_at(key: str, severity: str) -> None:
    finding = one(f"Bootstrap: docker\nFrom: a:1\n{key}\n", MISREAD)
    assert (finding.severity, finding.profile) == (severity, "standard")


def test_registry_and_namespace_are_for_docker_and_paths() -> None:
    head = "From: a:1\nRegistry: example.org\nNamespace: tools\n"
    assert check_text(f"Bootstrap: docker\n{head}", MISREAD) == []
    assert len(check_text(f"Bootstrap: oras\n{head}", MISREAD)) == 2


def test_two_bootstrap_lines_in_a_row() -> None:
    # The first stage of docker has no image and fails; scratch needs none.
    assert one("Bootstrap: docker\nBootstrap: docker\nFrom: a:1\n", MISREAD).severity == "error"
    assert one("Bootstrap: scratch\nBootstrap: docker\nFrom: a:1\n", MISREAD).severity == "warning"


def test_a_value_that_took_the_next_line_in() -> None:
    finding = one("Bootstrap: docker\nFrom: a:1 \\\nStage: build\n", MISREAD)
    assert "`a:1 Stage: build`" in finding.message


def test_refused_lines_of_the_small_files() -> None:
    """Whatever the runtime refuses for a header line is named, and nothing else is."""
    cases = definition_cases()
    if cases is None:
        pytest.skip("the small definition files are not here")
    with (cases / "cases.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    checked = 0
    for row in rows:
        if row["cli"]:
            continue
        data = (cases / "files" / row["file"]).read_bytes()
        found = check_text(data, UNREADABLE, NOT_FIRST, target="apptainer-1.4")
        fatal = [finding for finding in found if (finding.severity, finding.profile) == ("error", "minimal")]
        if fatal:
            assert row["verdict"] in ("parse-error", "plan-error", "panic"), row["file"]
        message = row["message"]
        if (
            "no bootstrap specification" in message
            or "all must have headers" in message
            or "nil map" in message
        ):
            assert fatal, row["file"]
            checked += 1
    assert checked >= 8


def test_slips_know_their_keys() -> None:
    definition = read_definition(Source("x", b"Bootsrap: docker\nFrom=x\nhello\n"))
    assert [(slip.kind, slip.key) for slip in slips(definition)] == [
        ("near", "bootstrap"),
        ("equals", "from"),
        ("text", None),
    ]


TWO_STAGES = """Bootstrap: docker
From: golang:1.22
Stage: one
%post
    make
Bootstrap: docker
From: alpine:3.22
Stage: two
%files from one
    /x /x
"""


@pytest.mark.parametrize(
    "text",
    [
        "Bootstrap: docker\nFrom: ubuntu:24.04\nStage: build\n\n%files\n    /file1\n",
        "BootStrap: docker\nFrom: rockylinux:9.4\n\n%post\n    dnf -y install gcc && dnf clean all\n",
        TWO_STAGES,
    ],
)
@pytest.mark.parametrize(
    "target", ["apptainer-1.4", "singularity-ce-4.1", "apptainer-1.5,singularity-pro-4.1"]
)
def test_ordinary_files_are_clean(text: str, target: str) -> None:
    themes = (header, agents, agents, base_image)
    offered = [rule for theme in themes for rule in vars(theme).values() if isinstance(rule, Rule)]
    # What a policy asks of bases (DEF213) has tests of its own.
    rules = [*dict.fromkeys(rule for rule in offered if rule.code != "DEF213"), base_not_found]
    found = check_text(text, *rules, target=target)
    assert {finding.profile for finding in found} <= {"strict"}
    assert len(rules) == 12
