"""The table of formats: built-in ones, further ones, and what each of them costs to load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from report.samples import finding, results

from sifcheck.base.findings import Results
from sifcheck.report import BUILT_IN, TEXT_FORMATS, find_format, format_names, render

ROOT = Path(__file__).resolve().parents[2]


def codes(results: Results, *, color: bool, width: int) -> str:
    return "".join(f"{one.code} {color} {width}\n" for one in results.findings)


def test_the_built_in_formats() -> None:
    assert format_names() == tuple(BUILT_IN)
    assert set(BUILT_IN) == {
        "full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "azure", "junit",
        "checkstyle", "gcc", "rdjson", "sonarqube", "markdown", "html",
    }  # fmt: skip
    assert set(TEXT_FORMATS) <= set(BUILT_IN)
    for name in BUILT_IN:
        assert render(results(finding()), name).endswith("\n")


def test_a_format_is_a_name_and_a_function() -> None:
    further = {"codes": codes}
    assert format_names(further) == (*BUILT_IN, "codes")
    assert render(results(finding()), "codes", width=99, formats=further) == "DEF201 False 99\n"
    assert (
        render(results(finding()), "codes", color=True, statistics=True, formats=further)
        == "DEF201 True 80\n"
    )


def test_a_built_in_name_cannot_be_taken() -> None:
    assert find_format("json", {"json": codes}) is not codes
    assert format_names({"json": codes}) == format_names()


@pytest.mark.parametrize("statistics", [False, True])
def test_an_unknown_format_names_the_known_ones(statistics: bool) -> None:
    with pytest.raises(
        ValueError, match=r"no output format 'ful'; there are full, concise, .*json, .*, codes"
    ):
        render(results(), "ful", formats={"codes": codes}, statistics=statistics)


@pytest.mark.parametrize(
    ("text", "loaded"),
    [("plain", []), ("日本", ["unicodedata"])],
)
def test_text_formats_load_nothing_heavy(text: str, loaded: list[str]) -> None:
    program = f"""
import sys
from sifcheck.base.findings import Finding, Results
from sifcheck.report import render
from sifcheck.base.source import Source, Span
source = Source("a.def", {text!r}.encode())
found = Finding("DEF201", "n", "info", "high", "standard", "m", "h", source, Span(0, 5))
before = set(sys.modules)
for name in ("full", "concise", "grouped"):
    render(Results((found,), (), 1), name, color=True)
    render(Results((found,), (), 1), name, statistics=True)
heavy = "json rich unicodedata re pathlib dataclasses logging importlib.metadata textwrap shutil".split()
print(*[name for name in heavy if name in sys.modules and name not in before])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.split() == loaded
