"""Words for rules in the configuration: unknown ones, forbidden ignores, locks got round by another word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings
from sifcheck.lint.codes import check_codes
from sifcheck.lint.known_rules import RuleRegistry

KNOWN = [
    ("DEF101", "unknown-section", ("syntax",), ()),
    ("DEF201", "moving-base", ("base", "reproducible"), ("no-tag", "moving")),
    ("DEF901", "secret-in-definition", (), ()),
    ("JOB101", "newgrp-in-batch", (), ()),
]
RETIRED = {"DEF299": "DEF201"}


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p").mkdir()

    def check(project: str = "", site: str = "", **flags: list[str]) -> list[str]:
        (tmp_path / "p/sifcheck.toml").write_text(project)
        (tmp_path / "site.toml").write_text(site)
        made = Configuration(flags, environment={}, site_file="site.toml")
        return [str(problem) for problem in check_codes(made.for_file("p/x.def"), KNOWN, RETIRED)]

    return check


@pytest.mark.parametrize(
    "word",
    [
        "DEF101",
        "moving-base",
        "DEF",
        "DEF2",
        "JOB1",
        "base",
        "ALL",
        "all",
        "SC",
        "SC2086",
        "DEF299",
        "DEF201.moving",
        "moving-base.no-tag",
        "DEF299.moving",
    ],
)
def test_known_words(told: Any, word: str) -> None:
    assert (
        told(
            f'select = ["{word}"]\nignore = ["{word}"]\n'
            f'severity."{word}" = "info"\nper-file-ignores.x = ["{word}"]'
        )
        == []
    )


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("DEF2O1", "; did you mean 'DEF201'?"),
        ("def201", "; did you mean 'DEF201'?"),
        ("moving_base", "; did you mean 'moving-base'?"),
        ("movingbase", "; did you mean 'moving-base'?"),
        ("reproducable", "; did you mean 'reproducible'?"),
        ("D", "; it is one of DEF101, DEF201, DEF901, JOB101"),
        ("XYZ", "; it is one of DEF101, DEF201, DEF901, JOB101"),
        ("SCX", "; it is one of DEF101, DEF201, DEF901, JOB101"),
        ("DEF201.movng", "; did you mean 'DEF201.moving'?"),
        ("moving-base.notag", "; did you mean 'moving-base.no-tag'?"),
        ("DEF201.n", "; did you mean 'DEF201.no-tag'?"),
        ("DEF101.x", "; did you mean 'DEF101'?"),
        ("XYZ101.x", "; it is one of DEF101, DEF201, DEF901, JOB101"),
    ],
)
def test_unknown_words(told: Any, word: str, near: str) -> None:
    assert told(f'\nselect = ["DEF", "{word}"]') == [
        f"p/sifcheck.toml:2: select: unknown rule '{word}'{near}"
    ]


def test_everywhere(told: Any) -> None:
    problems = told(
        'select=["A1"]\nextend-select=["A2"]\nignore=["A3"]\nhost-ignore=["A4"]\nno-ignores=["A5"]\n'
        '[per-file-ignores]\n"x.def"=["A6"]\n[severity]\nA7="info"\n[rules.A8]\nx=1\n',
        ignore=["A9"],
    )
    assert [problem.partition(";")[0] for problem in problems] == [
        "p/sifcheck.toml:1: select: unknown rule 'A1'",
        "p/sifcheck.toml:2: extend-select: unknown rule 'A2'",
        "p/sifcheck.toml:3: ignore: unknown rule 'A3'",
        "--ignore: unknown rule 'A9'",
        "p/sifcheck.toml:4: host-ignore: unknown rule 'A4'",
        "p/sifcheck.toml:5: no-ignores: unknown rule 'A5'",
        "p/sifcheck.toml:7: per-file-ignores: unknown rule 'A6'",
        "p/sifcheck.toml:9: severity: unknown rule 'A7'",
        "p/sifcheck.toml:10: rules: unknown rule 'A8'",
    ]


def test_a_table_of_options_is_for_one_rule(told: Any) -> None:
    assert told("[rules.DEF2]\nx=1\n")[0].startswith("p/sifcheck.toml:1: rules: unknown rule 'DEF2'")
    assert told("[rules.moving-base]\nx=1\n[rules.DEF299]\ny=1\n") == []


@pytest.mark.parametrize(
    ("project", "forbidden", "words"),
    [
        ('ignore = ["DEF901"]', "DEF901", "ignore: DEF901 is a rule that site.toml:1 forbids to ignore"),
        ('ignore = ["DEF9"]', "DEF901", "ignore: DEF9 takes in DEF901 that site.toml:1 forbids to ignore"),
        ('ignore = ["secret-in-definition"]', "DEF9", "ignore: secret-in-definition takes in DEF901"),
        ('per-file-ignores.x = ["ALL"]', "DEF901", "per-file-ignores: ALL takes in DEF901"),
        ('host-ignore = ["base"]', "DEF201", "host-ignore: base takes in DEF201"),
        ('ignore = ["DEF299"]', "DEF201", "ignore: DEF299 takes in DEF201"),
        ('ignore = ["SC20"]', "SC2086", "ignore: SC20 takes in SC2086"),
        ('ignore = ["SC2086"]', "SC", "ignore: SC2086 is a rule"),
        ('ignore = ["DEF201.moving"]', "DEF201", "ignore: DEF201.moving takes in DEF201"),
        ('ignore = ["moving-base"]', "DEF201.moving", "ignore: moving-base takes in DEF201"),
    ],
)  # fmt: skip
def test_forbidden_ignores(told: Any, project: str, forbidden: str, words: str) -> None:
    problems = told(project, f'no-ignores = ["{forbidden}"]')
    assert len(problems) == 1
    assert problems[0].startswith("p/sifcheck.toml:1: ")
    assert words in problems[0]


def test_allowed_ignores(told: Any) -> None:
    assert told('ignore = ["DEF1", "SC1"]', 'no-ignores = ["DEF901", "SC2"]') == []
    assert told('ignore = ["DEF201.moving"]', 'no-ignores = ["DEF201.no-tag"]') == []
    # The site may leave out what others may not.
    assert told("", 'ignore = ["DEF201"]\nno-ignores = ["DEF201"]') == []


@pytest.mark.parametrize(
    ("locked", "word"),
    [
        ("DEF901", "secret-in-definition"),
        ("secret-in-definition", "DEF901"),
        ("DEF", "DEF9"),
        ("DEF9", "DEF901"),
        ("ALL", "DEF"),
        ("DEF201", "DEF299"),
        ("SC20", "SC2086"),
    ],
)
def test_a_locked_severity_under_another_word(told: Any, locked: str, word: str) -> None:
    site = f'locked = ["severity.{locked}"]\nseverity.{locked} = "error"'
    (problem,) = told(f'severity.{word} = "info"', site)
    assert problem.startswith(f"p/sifcheck.toml:1: severity.{word}: the severity of ")
    assert problem.endswith(" is locked by site.toml:1")
    assert told(f'severity.{word} = "error"', site) == []
    assert told("", f'{site}\nseverity.{word} = "info"') == []


@pytest.mark.parametrize("word", ["DEF1", "DEF9", "ALL", "base"])
def test_a_word_that_does_not_change_the_locked_severity(told: Any, word: str) -> None:
    site = 'locked = ["severity.DEF901"]\nseverity.DEF901 = "error"'
    assert told(f'severity.{word} = "info"', site) == []


def test_a_message_of_a_rule_whose_severity_is_locked(told: Any) -> None:
    site = 'locked = ["severity.moving-base"]\nseverity.moving-base = "error"'
    (problem,) = told('severity."DEF201.moving" = "info"', site)
    assert problem.endswith("the severity of DEF201 is locked by site.toml:1")


def test_locked_options_under_another_word(told: Any) -> None:
    site = 'locked = ["rules.DEF201.allowed"]\n[rules.DEF201]\nallowed = ["a"]'
    assert told('[rules.moving-base]\nallowed = ["b"]\nother = 1\n', site) == [
        "p/sifcheck.toml:2: rules.moving-base.allowed: this option of DEF201 is locked by site.toml:1"
    ]
    assert told('[rules.moving-base]\nallowed = ["a"]\n', site) == []
    assert told("[rules.unknown-section]\nallowed = []\n", site) == []
    whole = 'locked = ["rules.moving-base"]'
    assert len(told("[rules.DEF299]\nx = 1\n", whole)) == 1


def test_the_words_are_those_of_the_registry() -> None:
    """What the selection understands is known here, and the other way round."""
    registry = RuleRegistry()
    known = [(rule.code, rule.name, tuple(rule.tags), rule.keys) for rule in registry]
    tags = {tag for rule in registry for tag in rule.tags}
    words = [*tags, "ALL", "S", "SIF", "SIF1", "SIF10", "SIF101", "unused-suppression"]
    words += ["sif", "SIF9999", "X", "nothing", ""]
    for word in words:
        settings = Settings(**{**_defaults(), "select": (word,)})
        understood = bool(word) and bool(registry.matching(word))
        assert bool(check_codes(settings, known)) != understood, word


def _defaults() -> dict[str, Any]:
    from sifcheck.config.settings import default_settings

    return default_settings()._asdict()
