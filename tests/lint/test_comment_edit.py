"""A comment that hides one finding: where it is put, and where none is offered."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.fixes import apply_edits
from sifcheck.lint.ignoring import Scope, comment_edit
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n\n"


@pytest.fixture(scope="module")
def checker() -> Checker:
    registry = load(whole=False).registry
    return make_checker(registry, select(registry, profile="strict"), RuleContext())


def with_comment(checker: Checker, text: str, code: str, scope: Scope) -> str | None:
    """The text with the comment for the first finding of a code; None where none is offered."""
    source = Source("a.def", text.encode())
    read = checker.read(source)
    finding = next(finding for finding in checker.check(read) if finding.code == code)
    edit = comment_edit(read, checker, finding, scope, "known")
    return None if edit is None else apply_edits(source.data, [edit]).decode()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("line", f"{HEAD}%runscript\n    # sifcheck: ignore[DEF701] known\n    python $*\n"),
        ("section", f"{HEAD}%runscript\n    # sifcheck: ignore-section[DEF701] known\n    python $*\n"),
        ("file", f"# sifcheck: ignore-file[DEF701] known\n{HEAD}%runscript\n    python $*\n"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_where_it_is_put(checker: Checker, scope: Scope, expected: str, ending: str) -> None:
    text = f"{HEAD}%runscript\n    python $*\n".replace("\n", ending)
    after = with_comment(checker, text, "DEF701", scope)
    assert after == expected.replace("\n", ending)
    found = checker.check_definition(Source("a.def", after.encode()))
    assert "DEF701" not in [finding.code for finding in found]


def test_the_line_that_names_the_interpreter_stays_the_first(checker: Checker) -> None:
    text = f"{HEAD}%runscript\n#!/bin/bash\npython $*\n"
    after = with_comment(checker, text, "DEF701", "section")
    assert after == f"{HEAD}%runscript\n#!/bin/bash\n# sifcheck: ignore-section[DEF701] known\npython $*\n"


def test_a_line_inside_of_a_chain_is_left_alone(checker: Checker) -> None:
    """A comment between continued lines would end the command, and one above them does not reach the last one."""
    text = f"{HEAD}%runscript\n    date ;\\\n    cd /data ;\\\n    python $*\n"
    assert with_comment(checker, text, "DEF701", "line") is None
    assert with_comment(checker, text, "DEF701", "section") is not None


def test_a_header_has_no_section(checker: Checker) -> None:
    text = "Bootstrap: docker\nFrom: debian\n%test\n    true\n"
    assert with_comment(checker, text, "DEF201", "section") is None
    after = with_comment(checker, text, "DEF201", "line")
    assert after == "Bootstrap: docker\n# sifcheck: ignore[DEF201] known\nFrom: debian\n%test\n    true\n"


def test_what_cannot_be_ignored_is_offered_no_comment(checker: Checker) -> None:
    text = f"{HEAD}# sifcheck: ignore[DEF999] nothing\n%test\n    true\n"
    for scope in ("line", "section", "file"):
        assert with_comment(checker, text, "SIF102", scope) is None
