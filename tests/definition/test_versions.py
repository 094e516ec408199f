"""The versions of the runtimes: each judges a file as its own parser does, and a target of several says whom it concerns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from definition.version_verdicts import GROUPS, REAL, TOO_OLD, Row, checkers, disagreements, rows

from sifcheck.base.source import Source
from sifcheck.definition import Section, read_definition
from sifcheck.runtime.versions import LINES, Runtime, parse_target
from sifcheck.testing.checks import all_rules, check_text, checker_of

HEAD = "Bootstrap: docker\nFrom: rockylinux:9.4\n"
# All but the one that asks for a digest in any `From:`.
RULES = [rule for rule in all_rules() if rule.code[:4] in GROUPS and rule.code != "DEF212"]


PARTS = 4


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(PARTS))
def test_every_version_judges_as_its_parser(part: int, case_folder: Path, corpus_folder: Path) -> None:
    """All real files and cases under all versions, and 200 random ones; not one may be judged otherwise."""
    count = compare(list(rows(case_folder, corpus_folder, 200, "1"))[part::PARTS])
    assert count > 1200 / PARTS


@pytest.mark.integration
def test_every_version_judges_random_files_as_its_parser(case_folder: Path, corpus_folder: Path) -> None:
    """As many random ones as are asked for."""
    number = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200"))
    seed = os.environ.get("SIFCHECK_RANDOM_SEED", "1")
    made = [
        row
        for row in rows(case_folder, corpus_folder, number, seed)
        if row.file.partition("/")[0] not in REAL
    ]
    assert compare(made) > 100


def compare(chosen: list[Row]) -> int:
    """How many files were judged; AssertionError, with all differences, if one was judged otherwise."""
    judges = checkers([name for name in chosen[0].verdicts if name not in TOO_OLD])
    wrong = [f"{row.file} {name}: {why}" for row in chosen for name, why in disagreements(row, judges)]
    assert len(judges) == 26
    assert not wrong, "\n".join(wrong)
    return len(chosen)


def read(text: str, target: str) -> Any:
    return read_definition(Source("a.def", text.encode()), runtime=parse_target(target).reader)


def found(text: str, **settings: Any) -> list[tuple[str, str, str]]:
    return [(f.code, f.key, f.severity) for f in check_text(text, *RULES, **settings)]


# -- what one version reads


def copies(section: Section) -> list[list[str]]:
    return [[word.text for word in copy.words] for copy in section.copies]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("singularity-3.6", [['"'], ["b\tc"]]),
        ("singularity-3.7", [[], ["b", "c"]]),
        ("apptainer-1.4", [[], ["b", "c"]]),
    ],
)
def test_words_of_files(target: str, words: list[list[str]]) -> None:
    (section,) = read(f'{HEAD}%files\n "\n b\tc\n', target).sections("files")
    assert copies(section) == words


@pytest.mark.parametrize(
    ("words", "target", "stage"),
    [
        ("from one", "apptainer-1.4", "one"),
        ("from \t one  # two", "apptainer-1.4", "one"),
        ("from one#two", "singularity-ce-4.1", "one"),
        ("stage one", "apptainer-1.4", "one"),
        ("stage one", "singularity-ce-3.9", "one"),
        ("stage one", "singularity-ce-3.10", None),
        ("# c", "singularity-3.7", None),
        ("# c", "singularity-3.6", "c"),
        ("from one two", "apptainer-1.4", None),
        (" ", "apptainer-1.4", None),
    ],
)
def test_the_stage_that_files_names(words: str, target: str, stage: str | None) -> None:
    (section,) = read(f"{HEAD}%files {words}\n a b\n", target).sections("files")
    assert section.from_stage == stage


def test_a_header_before_it_could_go_on_in_the_next_line() -> None:
    text = "Bootstrap: docker\nFrom: a\\\nInclude: b\n"
    assert read(text, "singularity-3.4").stages[0].value("from") == "aInclude: b"
    old = read(text, "singularity-3.3").stages[0]
    assert (old.value("from"), old.value("include")) == ("a\\", "b")


VALUE = "Bootstrap: docker\nFrom: {{ V }}\n%arguments\n V=%s\n"


@pytest.mark.parametrize(
    ("value", "target", "image"),
    [
        ("", "apptainer-1.4", ""),
        ("", "apptainer-1.2", ""),
        ("", "apptainer-1.2.3", "{{ V }}"),
        ("", "singularity-ce-4.5", "{{ V }}"),
        ("a=b", "apptainer-1.3", "a=b"),
        ("a=b", "apptainer-1.2", "{{ V }}"),
        ("{{ W }}\n W=x", "apptainer-1.3.5", "x"),
        ("{{ W }}\n W=x", "apptainer-1.3.0", "{{ W }}"),
        ("{{ W }}\n W=x", "singularity-ce-4.5", "{{ W }}"),
    ],
)
def test_the_value_of_an_argument(value: str, target: str, image: str) -> None:
    assert read(VALUE.replace("%s", value), target).stages[0].value("from") == image


def test_a_shebang_of_test() -> None:
    text = f"{HEAD}%test\n#!/bin/bash\ntrue\n"
    shells = {
        name: read(text, name).stages[0].sections[0].shell for name in ("apptainer-1.0", "apptainer-1.1")
    }
    assert shells == {"apptainer-1.0": "/bin/sh", "apptainer-1.1": "/bin/bash"}


# -- values that Apptainer 1.2 puts into JSON


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ("1.2", False),
        ('"1.2"', True),
        ("a\\nb", False),
        ("a\\x", True),
        ("a\\u00e4", False),
        ("a\\", True),
        ("a\tb", True),
        ("ä", False),
    ],
)
def test_a_value_in_json(value: str, broken: bool) -> None:
    kinds = [problem.kind for problem in read(VALUE.replace("%s", value), "apptainer-1.2").problems]
    assert ("broken-value" in kinds) == broken
    assert "broken-value" not in [p.kind for p in read(VALUE.replace("%s", value), "apptainer-1.3").problems]


def test_a_backslash_before_what_follows() -> None:
    text = f"{HEAD}%arguments\n V=a\\\n%post\n echo {{{{ V }}}}n\n"
    assert not list(read(text, "apptainer-1.2").problems_of("broken-value"))
    assert list(read(text.replace("}}n", "}}x"), "apptainer-1.2").problems_of("broken-value"))


def test_what_is_not_in_the_json_is_not_replaced() -> None:
    text = f"{HEAD}# {{{{ A }}}}\n%files\n # {{{{ B }}}}\n a b {{{{ C }}}}\n%labels\n x {{{{ D }}}}\n x 1\n"
    assert read(text, "apptainer-1.2").uses == []
    assert len(read(text, "singularity-ce-4.1").uses) == 4


def test_a_value_begins_no_section_where_nothing_is_read_again() -> None:
    text = f"{HEAD}%arguments\n V=%foo\n%post\n{{{{ V }}}}\n"
    assert found(text, target="apptainer-1.2") == []
    assert found(text, target="apptainer-1.3") == [("DEF101", "unknown", "error")]


# -- what is said


def test_arguments_that_some_versions_refuse() -> None:
    unused = f"{HEAD}%arguments\n V=1\n"
    assert found(unused) == []
    assert found(unused, target="apptainer-1.2") == [("DEF104", "unused", "error")]
    assert ("DEF104", "broken", "error") in found(VALUE.replace("%s", '"a"'), target="apptainer-1.2")
    second = f"{HEAD}%arguments\n V=1=2\n%post\n echo {{{{ V }}}}\n"
    assert found(second, target="apptainer-1.2.0") == [("DEF104", "second", "warning")]
    assert found(second, target="apptainer-1.3.0") == []


def test_an_empty_default() -> None:
    text = f"{HEAD}%arguments\n V=\n%post\n echo {{{{ V }}}}\n"
    assert found(text, target="apptainer-1.4") == []
    assert found(text, target="singularity-ce-4.1") == [("DEF104", "empty", "warning")]
    assert found(text, target="singularity-ce-4.1", args={"V": "x"}) == []
    (finding,) = check_text(text, *RULES)
    assert (finding.severity, finding.key) == ("info", "empty")
    assert "SingularityCE and SingularityPRO" in finding.message


def test_an_empty_default_for_the_header() -> None:
    text = VALUE.replace("%s", "")
    assert found(text, target="apptainer-1.4") == found(text) == [("DEF104", "open", "warning")]
    assert found(text, target="singularity-ce-4.1") == [("DEF104", "empty", "warning")]
    assert found(text, target="apptainer-1.4", args={"V": "debian:12.5"}) == []
    assert found(text, target="apptainer-1.4", args={"V": ""}) == [("DEF206", "from", "error")]
    mirror = "Bootstrap: debootstrap\nOSVersion: bookworm\nMirrorURL: {{ V }}\n%arguments\n V=\n"
    assert ("DEF104", "open", "warning") in found(mirror, target="apptainer-1.4")


def test_a_variable_behind_a_hash() -> None:
    text = f"{HEAD}%post\n echo a#b {{{{ V }}}}\n"
    assert found(text, target="apptainer-1.4") == []
    assert found(text, target="singularity-ce-4.1") == [("DEF104", "undefined", "warning")]
    assert found(text) == [("DEF104", "commented", "info")]


def test_an_agent_in_braces() -> None:
    text = "Bootstrap: {{ V }}\nFrom: a\n"
    assert found(text, target="singularity-ce-3.11") == [("DEF204", "braces", "error")]
    assert found(text, target="apptainer-1.4") == [("DEF104", "undefined", "warning")]
    for written in ("{{ .V }}", "{{ V", "{{ a-b }}"):
        assert ("DEF204", "unknown", "error") in found(text.replace("{{ V }}", written))


def test_a_stage_by_accident_that_is_too_young() -> None:
    text = f"{HEAD}%post\n cat <<EOF\nBootstrap: dnf\nFrom: a\nEOF: x\n%post\nEOF\n"
    text = text.replace("EOF: x\n", "")
    assert ("DEF103", "stage", "error") in found(text, target="apptainer-1.3")


def test_several_targets_that_read_otherwise() -> None:
    text = f"{HEAD}%arguments\n V=%foo\n%post\n{{{{ V }}}}\n"
    for target in ("apptainer-1.2,singularity-ce-4.1", "singularity-ce-4.1,apptainer-1.2"):
        assert [code for code, _, _ in found(text, target=target)] == ["DEF101"]
    quote = f'{HEAD}%files\n "\n'
    assert found(quote, target="singularity-3.6") == []
    assert [code for code, _, _ in found(quote, target="singularity-3.6,singularity-3.7")] == ["DEF305"]


def test_what_one_reading_finds_more_names_the_runtimes() -> None:
    text = "Bootstrap: {{ V }}\nFrom: a\n%arguments\n V={{ W }}\n W=docker\n"
    (finding,) = [one for one in check_text(text, *RULES) if one.code == "DEF204"]
    assert finding.severity == "info"
    assert finding.message.endswith("(SingularityCE and SingularityPRO)")


def given(target: str, **arguments: str) -> list[tuple[str, str]]:
    """What is said of build arguments that are given for a file which uses `{{ V }}` and has a default for it."""
    definition = read(VALUE.replace("%s", "1"), target)
    definition.build_arguments.update(arguments)
    definition.asked_arguments = frozenset(arguments)
    checker = checker_of(RULES, {"target": target})
    return [(found.key, found.severity) for found in checker.check(definition) if found.code == "DEF104"]


def test_build_arguments_that_are_given() -> None:
    assert given("apptainer-1.4", V="2") == given("singularity-ce-4.1", V="2") == []
    assert given("apptainer-1.4", W="2") == [("not-used", "error")]
    assert given("singularity-ce-4.1", W="2") == [("not-used", "warning")]
    assert given("apptainer-1.4", V="") == []
    assert given("singularity-ce-4.1", V="") == [("no-value", "error")]


def test_every_line_is_a_target() -> None:
    for family, lines in LINES.items():
        for line in lines:
            (runtime,) = parse_target(f"{family}-{line}").runtimes
            assert isinstance(runtime, Runtime)
            assert read(HEAD, f"{family}-{line}").stages[0].agent == "docker"
