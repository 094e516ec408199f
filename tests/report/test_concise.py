"""The format `concise`: one line a finding, and each line can be taken apart again."""

from __future__ import annotations

import re

from hypothesis import given
from report.samples import any_results, finding, results, unsafe_characters

from sifcheck.base.findings import Results
from sifcheck.report import render


def test_one_line_a_finding() -> None:
    found = results(
        finding(message="the tag `latest` moves"),
        finding(
            "SIF001",
            "unreadable-input",
            severity="error",
            message="no such file",
            source=None,
            path="gone.def",
        ),
        finding("ENV101", "required-group-not-primary", message="wrong group", source=None, subject="host"),
        finding("SIF901", "broken-plugin", severity="info", message="does not load", source=None),
    )
    assert (
        render(found, "concise")
        == """\
example.def:2:18: DEF201 moving-base: warning: the tag `latest` moves
gone.def:1:1: SIF001 unreadable-input: error: no such file
host: ENV101 required-group-not-primary: warning: wrong group
sifcheck: SIF901 broken-plugin: info: does not load
"""
    )


def test_nothing_found_is_nothing_said() -> None:
    assert render(results(), "concise") == ""


def test_a_line_end_in_a_message_or_path_does_not_make_a_line() -> None:
    found = results(finding(message="a\nb.def:1:1: forged", path="x\ny.def"))
    assert render(found, "concise") == "x\\ny.def:2:18: DEF201 moving-base: warning: a\\nb.def:1:1: forged\n"


def test_a_byte_of_a_path_that_is_no_text_is_shown_as_a_byte() -> None:
    assert render(results(finding(path="caf\udce9.def")), "concise").startswith("caf\\xe9.def:2:18: ")


def test_colour_adds_nothing_but_colour() -> None:
    found = results(finding())
    colored = render(found, "concise", color=True)
    assert "\x1b[1;33mwarning\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]+m", "", colored) == render(found, "concise")


@given(any_results())
def test_no_file_can_steer_the_terminal_or_add_a_line(found: Results) -> None:
    text = render(found, "concise")
    assert unsafe_characters(text) == set()
    assert text.count("\n") == len(found.findings)
    assert text == "" or text.endswith("\n")
