"""The formats of one line a finding: gcc, github, azure, json-lines, and grouped."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from diff_cover.violationsreporters.base import Violation
from diff_cover.violationsreporters.violations_reporter import shellcheck_driver
from report.samples import FILE, finding, results, span_of

from sifcheck.base.findings import Finding, LeftOut
from sifcheck.base.source import Source, Span
from sifcheck.report import render

HOST = finding("ENV101", "group", source=None, subject="host", span=Span(0, 0), severity="error")
LINES = ("gcc", "github", "azure", "json-lines", "concise")


@pytest.mark.parametrize("form", LINES)
def test_nothing_found_is_nothing_said(form: str) -> None:
    assert render(results(), form) == ""


@pytest.mark.parametrize("form", LINES)
def test_one_line_a_finding(form: str) -> None:
    odd = finding(message="a\nb\r::error::c", help="d\n##vso[x]e")
    assert render(results(odd, HOST, odd), form).count("\n") == 3


def test_gcc() -> None:
    info = finding("DEF401", "cache", severity="info", message="left", span=span_of("dnf install"))
    assert render(results(finding(), info, HOST), "gcc").splitlines() == [
        "example.def:2:18: warning: the tag moves [DEF201]",
        "example.def:5:5: note: left [DEF401]",
        "host: error: the tag moves [ENV101]",
    ]


def test_what_vim_makes_of_gcc() -> None:
    """As Vim's default 'errorformat' reads it: `%f:%l:%c:%m`, and the type behind it."""
    line = render(results(finding(severity="error")), "gcc").rstrip("\n")
    found = re.fullmatch(
        r"(?P<f>[^:]+):(?P<l>\d+):(?P<c>\d+):\s*(?P<type>error|warning|note):(?P<m>.+)", line
    )
    assert found is not None
    assert found.groupdict() == {
        "f": "example.def", "l": "2", "c": "18", "type": "error", "m": " the tag moves [DEF201]",
    }  # fmt: skip


def test_gcc_as_diff_quality_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes ShellCheck's lines of this form."""
    monkeypatch.chdir(tmp_path)
    read = shellcheck_driver.parse_reports([render(results(finding()), "gcc")])
    assert read == {"example.def": [Violation(2, "18: warning: the tag moves [DEF201]")]}


def test_gcc_as_the_real_vim_reads_it(tmp_path: Path) -> None:
    vim = shutil.which("vim")
    if vim is None:
        pytest.skip("vim is not installed")
    info = finding("DEF401", "cache", severity="info", message="left", span=span_of("dnf install"))
    (tmp_path / "errors").write_text(render(results(finding(), info), "gcc"), encoding="utf-8")
    rows = "map(getqflist(), '[bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.text]')"
    script = ["cgetfile errors", f"call writefile([json_encode({rows})], 'read')", "qall!"]
    words = [vim, "-u", "NONE", "-i", "NONE", "-es", *(word for line in script for word in ("-c", line))]
    subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    if not (tmp_path / "read").exists():
        pytest.skip("this vim has no quickfix list")
    assert json.loads((tmp_path / "read").read_text()) == [
        ["example.def", 2, 18, " warning: the tag moves [DEF201]"],
        ["example.def", 5, 5, " note: left [DEF401]"],
    ]


def github(one: Finding) -> str:
    return render(results(one), "github").rstrip("\n")


def test_github() -> None:
    assert github(finding(help="name 9.4")) == (
        "::warning file=example.def,line=2,col=18,endLine=2,endColumn=24,title=DEF201 moving-base"
        "::the tag moves%0Aname 9.4"
    )
    assert github(finding(severity="info")).startswith("::notice ")
    assert github(HOST) == "::error title=ENV101 group::the tag moves"


def test_github_names_no_end_column_in_another_line() -> None:
    several = finding(span=Span(FILE.data.index(b"dnf"), FILE.data.index(b"bison")))
    assert ",line=5,col=5,endLine=7,title=" in github(several)


def test_github_escapes() -> None:
    odd = Source("a%:,b.def", b"x\n")
    text = github(finding(source=odd, span=Span(0, 1), message="50% of: a,b"))
    assert "file=a%25%3A%2Cb.def," in text
    assert text.endswith("::50%25 of: a,b")


def test_azure() -> None:
    assert render(results(finding(), HOST), "azure").splitlines() == [
        (
            "##vso[task.logissue type=warning;sourcepath=example.def;linenumber=2;columnnumber=18;code=DEF201;]"
            "moving-base: the tag moves"
        ),
        "##vso[task.logissue type=error;code=ENV101;]group: the tag moves",
    ]
    # There is no third type, and a remark is no error.
    assert "type=warning;" in render(results(finding(severity="info")), "azure")


def test_azure_escapes() -> None:
    odd = Source("a;]%.def", b"x\n")
    assert render(results(finding(source=odd, span=Span(0, 1), message="50%;]")), "azure") == (
        "##vso[task.logissue type=warning;sourcepath=a%3B%5D%AZP25.def;linenumber=1;columnnumber=1;code=DEF201;]"
        "moving-base: 50%AZP25%3B%5D\n"
    )


def test_json_lines_are_the_findings_of_the_document() -> None:
    found = results(finding(fingerprint="0f"), HOST)
    lines = [json.loads(line) for line in render(found, "json-lines").splitlines()]
    assert lines == json.loads(render(found, "json"))["findings"]


def test_grouped() -> None:
    other = finding("DEF701", "unquoted", source=Source("b.def", b"x\n"), span=Span(0, 1), severity="info")
    below = finding("DEF401", "cache", span=span_of("dnf install"))
    assert render(results(finding(), other, below, HOST, files=2), "grouped") == (
        "example.def\n"
        "  2:18  warning  DEF201 moving-base: the tag moves\n"
        "   5:5  warning  DEF401 cache: the tag moves\n"
        "\n"
        "b.def\n"
        "  1:1  info     DEF701 unquoted: the tag moves\n"
        "\n"
        "host\n"
        "    error    ENV101 group: the tag moves\n"
        "\n"
        "1 error, 2 warnings, 1 info in 2 files\n"
    )


def test_grouped_is_coloured_and_counted_like_the_other_texts() -> None:
    assert "\x1b[1;33mwarning\x1b[0m" in render(results(finding()), "grouped", color=True)
    assert render(results(finding()), "grouped", statistics=True) == render(
        results(finding()), "full", statistics=True
    )


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (LeftOut(12, 1, 0), "no findings in 1 file; 12 in the baseline"),
        (LeftOut(2, 0, 3), "no findings in 1 file; 2 in the baseline; 3 on unchanged lines"),
        (LeftOut(0, 0, 0), "no findings in 1 file"),
    ],
)
def test_the_last_line_says_what_is_left_out(left_out: LeftOut, said: str) -> None:
    assert render(results()._replace(left_out=left_out), "grouped") == f"{said}\n"
    assert render(results()._replace(left_out=left_out), "full") == f"{said}\n"
