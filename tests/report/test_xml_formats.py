"""The formats junit and checkstyle: what readers of XML and of test results make of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from diff_cover.git_path import GitPathTool
from diff_cover.violationsreporters.base import Violation
from diff_cover.violationsreporters.java_violations_reporter import CheckstyleXmlDriver
from hypothesis import given
from junitparser import Failure, JUnitXml
from report.samples import any_results, finding, results

from sifcheck.base.findings import Results
from sifcheck.base.source import Source, Span
from sifcheck.report import render

HOST = finding("ENV101", "group", source=None, subject="host", span=Span(0, 0), severity="error")
INFO = finding("DEF401", "cache", severity="info", source=Source("b.def", b"x\n"), span=Span(0, 1))


def test_junit_as_a_reader_of_test_results_sees_it() -> None:
    read = JUnitXml.fromstring(render(results(finding(help="name 9.4"), INFO, HOST), "junit").encode())
    assert [(suite.name, suite.tests, suite.failures) for suite in read] == [
        ("example.def", 1, 1), ("b.def", 1, 0), ("host", 1, 1),
    ]  # fmt: skip
    assert (read.tests, read.failures, read.errors) == (3, 2, 0)
    (case,) = next(iter(read))
    assert (case.name, case.classname) == ("DEF201 moving-base at 2:18", "example.def")
    (result,) = case.result
    assert isinstance(result, Failure)
    assert (result.message, result.type) == ("the tag moves", "warning")
    assert result.text == "example.def:2:18: warning: the tag moves\nname 9.4"


def test_an_info_is_a_passed_test_that_says_it() -> None:
    (suite,) = JUnitXml.fromstring(render(results(INFO), "junit").encode())
    (case,) = suite
    assert case.is_passed
    assert case.system_out == "b.def:1:1: info: the tag moves"


def test_nothing_found_is_one_passed_test() -> None:
    read = JUnitXml.fromstring(render(results(), "junit").encode())
    assert (read.tests, read.failures) == (1, 0)
    assert [case.name for suite in read for case in suite] == ["no findings"]


def test_checkstyle() -> None:
    root = ET.fromstring(render(results(finding(), INFO, HOST), "checkstyle").encode())
    assert (root.tag, list(root.attrib)) == ("checkstyle", ["version"])
    assert [file.attrib for file in root] == [{"name": "example.def"}, {"name": "b.def"}, {"name": "host"}]
    assert next(error.attrib for file in root for error in file) == {
        "line": "2",
        "column": "18",
        "severity": "warning",
        "message": "the tag moves (moving-base)",
        "source": "sifcheck.DEF201",
    }
    assert len(ET.fromstring(render(results(), "checkstyle").encode())) == 0


def test_checkstyle_as_diff_quality_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is read by diff-quality (package diff-cover), as CI jobs do that look at changed lines only."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True, capture_output=True)
    GitPathTool.set_cwd(str(tmp_path))
    read = CheckstyleXmlDriver().parse_reports([render(results(finding(), INFO), "checkstyle")])
    assert read == {
        "example.def": [Violation(2, "warning: the tag moves (moving-base)")],
        "b.def": [Violation(1, "info: the tag moves (cache)")],
    }


@pytest.mark.parametrize("form", ["junit", "checkstyle"])
def test_a_file_is_one_element_though_its_findings_are_apart(form: str) -> None:
    root = ET.fromstring(render(results(finding(), INFO, finding("DEF701")), form).encode())
    assert [len(file) for file in root] == [2, 1]


@pytest.mark.parametrize("form", ["junit", "checkstyle"])
@given(any_results())
def test_any_results_are_well_formed(form: str, found: Results) -> None:
    root = ET.fromstring(render(found, form).encode())
    kind = "testcase" if form == "junit" else "error"
    count = len(list(root.iter(kind)))
    passed = len(found.passed) if form == "junit" else 0
    assert count == (len(found.findings) + passed or (1 if form == "junit" else 0))


def test_junit_counts_agree_with_what_is_there() -> None:
    root = ET.fromstring(render(results(finding(), INFO, HOST, finding()), "junit").encode())
    for element in root.iter():
        if element.tag in ("testsuites", "testsuite"):
            assert int(element.attrib["tests"]) == len(list(element.iter("testcase")))
            assert int(element.attrib["failures"]) == len(list(element.iter("failure")))


@pytest.mark.parametrize("form", ["junit", "checkstyle"])
def test_what_xml_cannot_hold_is_visible(form: str) -> None:
    text = render(results(finding(message="a\x00b\x1bc\ufffe<&>\"'")), form)
    assert r"a\x00b\x1bc\ufffe&lt;&amp;&gt;&quot;'" in text
    ET.fromstring(text.encode())
