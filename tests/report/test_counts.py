"""The line a report ends with, and the table of `--statistics`."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from report.samples import any_results, finding, results, unsafe_characters

from sifcheck.base.findings import Finding, Fix, Results
from sifcheck.report import render
from sifcheck.report.counts import by_severity, summary

SAFE = Fix("fix it", (), True)
UNSAFE = Fix("fix it", (), False)
ERROR = finding(severity="error")
WARNING = finding()
INFO = finding(severity="info")


@pytest.mark.parametrize(
    ("findings", "files", "line"),
    [
        ([], 3, "no findings in 3 files"),
        ([], 1, "no findings in 1 file"),
        ([], 0, "no findings"),
        ([WARNING], 1, "1 warning in 1 file"),
        ([INFO, WARNING, ERROR, INFO, ERROR], 4, "2 errors, 1 warning, 2 info in 4 files"),
        ([ERROR], 0, "1 error"),
        (
            [finding(fix=SAFE), ERROR, finding(fix=SAFE)],
            2,
            "1 error, 2 warnings in 2 files; 2 can be fixed by --fix",
        ),
        ([finding(fix=UNSAFE)], 1, "1 warning in 1 file; 1 can be fixed by --fix --unsafe-fixes"),
        (
            [finding(fix=SAFE), finding(fix=UNSAFE), finding(fix=UNSAFE)],
            1,
            "3 warnings in 1 file; 1 can be fixed by --fix, 2 more with --unsafe-fixes",
        ),
    ],
)
def test_summary(findings: list[Finding], files: int, line: str) -> None:
    assert summary(results(*findings, files=files)) == line
    assert render(results(*findings, files=files), "full").endswith(f"{line}\n")


def test_the_table_has_the_most_frequent_first() -> None:
    found = results(
        finding("DEF701", "unquoted-arguments", severity="error"),
        finding(),
        finding(path="other.def"),
        finding(),
        finding("DEF401", "dnf-cache-left", severity="info"),
        finding("DEF401", "dnf-cache-left"),
        finding("ENV101", "required-group-not-primary", source=None, subject="host"),
        files=2,
    )
    table = """\
count  code    name                        severity  files
    3  DEF201  moving-base                 warning       2
    1  DEF401  dnf-cache-left              info          1
    1  DEF401  dnf-cache-left              warning       1
    1  DEF701  unquoted-arguments          error         1
    1  ENV101  required-group-not-primary  warning       0

1 error, 5 warnings, 1 info in 2 files
"""
    assert render(found, "full", statistics=True) == table
    assert render(found, "concise", statistics=True) == table


def test_each_message_of_a_rule_is_a_row_of_its_own() -> None:
    glued = finding("DEF305", "files-line-misread")._replace(key="glued")
    found = results(glued, glued, glued._replace(key="option"), glued._replace(key=""))
    assert [line.split()[:2] for line in render(found, "full", statistics=True).split("\n")[1:4]] == [
        ["2", "DEF305.glued"],
        ["1", "DEF305"],
        ["1", "DEF305.option"],
    ]


def test_the_table_of_nothing_is_the_summary() -> None:
    assert render(results(files=2), "full", statistics=True) == "no findings in 2 files\n"


def test_statistics_leave_json_as_it_is() -> None:
    found = results(finding())
    assert render(found, "json", statistics=True) == render(found, "json")


def test_colour_adds_nothing_but_colour() -> None:
    found = results(finding(), ERROR)
    colored = render(found, "full", statistics=True, color=True)
    assert "\x1b[1;31merror" in colored
    assert re.sub(r"\x1b\[[0-9;]+m", "", colored) == render(found, "full", statistics=True)


@given(any_results())
def test_counts_add_up_and_are_harmless(found: Results) -> None:
    text = render(found, "full", statistics=True)
    assert unsafe_characters(text) == set()
    counted = [int(number) for number in re.findall(r"^ *(\d+)  ", text, re.M)]
    assert sum(counted) == len(found.findings) == sum(by_severity(found.findings).values())
    assert counted == sorted(counted, reverse=True)
