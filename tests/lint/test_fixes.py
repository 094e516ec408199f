"""Fixes: applied to the end, in turn where they touch, refused where they would change what they are not meant for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lint.made_up import checker
from lint.made_up import made as made_up

from sifcheck.api import Command, Definition, Findings, Rule, Section, delete, finding
from sifcheck.base.findings import Edit
from sifcheck.base.source import Source, Span
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.fixes import FixedFile, apply_edits, fix_file
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n"


def made(code: str, check: Callable[..., Findings]) -> Rule:
    """A rule of a function, under a name of its own; its fixes may be of both kinds."""
    check.__name__ = f"rule_{code.lower()}"
    return made_up(code, check, fix="safe")


def swap(code: str, old: str, new: str, *, safe: bool = True) -> Rule:
    """A rule that replaces one word of any script, wherever it stands."""

    def check(section: Section) -> Findings:
        """A word that should be another one."""
        at = section.body.find(old)
        if section.is_script and at >= 0:
            start = section.body_span.start + at
            edit = Edit(start, start + len(old), new)
            yield finding(Span(edit.start, edit.end), fix=edit, safe=safe)

    return made(code, check)


def at_offset(code: str, *edits: Edit) -> Rule:
    """A rule with one fix of fixed edits, while the file does not hold their text."""

    def check(definition: Definition) -> Findings:
        """Something that is missing."""
        if not all(edit.text in definition.source.text for edit in edits):
            yield finding(definition.stages[0].fields[0], fix=list(edits))

    return made(code, check)


def after_fix(text: str | bytes, *rules: Rule, unsafe: bool = False) -> FixedFile:
    content = text if isinstance(text, bytes) else (HEADER + text).encode()
    return fix_file(Source("a.def", content), checker(*rules), unsafe=unsafe)


def text_of(result: FixedFile) -> str:
    return result.content.decode().removeprefix(HEADER)


def test_a_fix_leads_on_to_the_next_until_none_is_left() -> None:
    result = after_fix("%post\n    a1\n", swap("OUR101", "a1", "b2"), swap("OUR102", "b2", "c3"))
    assert text_of(result) == "%post\n    c3\n"
    assert result.applied == {"OUR101": 1, "OUR102": 1}
    assert not result.left
    assert not result.refused


def test_unsafe_fixes_are_applied_on_demand_only() -> None:
    rule = swap("OUR101", "a1", "b2", safe=False)
    assert after_fix("%post\n    a1\n", rule).content == f"{HEADER}%post\n    a1\n".encode()
    assert text_of(after_fix("%post\n    a1\n", rule, unsafe=True)) == "%post\n    b2\n"


def test_fixes_that_overlap_are_applied_in_turn() -> None:
    result = after_fix("%post\n    abcd\n", swap("OUR101", "abc", "abX"), swap("OUR102", "bcd", "Xcd"))
    # The second fix is not put over the first: after it, what it speaks of is gone.
    assert text_of(result) == "%post\n    abXd\n"
    assert result.applied == {"OUR101": 1}


def test_the_same_line_put_in_by_two_findings_is_put_in_once() -> None:
    line = Edit(len(HEADER), len(HEADER), "%labels\n    a b\n\n")
    result = after_fix("%post\n    true\n", at_offset("OUR101", line), at_offset("OUR102", line))
    assert text_of(result) == "%labels\n    a b\n\n%post\n    true\n"


def test_many_fixes_at_one_place_come_to_an_end() -> None:
    rules = [at_offset(f"OUR{100 + n}", Edit(len(HEADER), len(HEADER), f"# n{n}.\n")) for n in range(45)]
    result = after_fix("%post\n    true\n", *rules)
    assert not result.refused
    assert sum(result.applied.values()) == 45
    assert result.content.count(b"# n") == 45


def test_a_loop_of_fixes_ends_and_is_told() -> None:
    result = after_fix(
        "%post\n    a1\n    c3\n",
        swap("OUR101", "a1", "b2"),
        swap("OUR102", "b2", "a1"),
        swap("OUR103", "c3", "d4"),
    )
    assert b"d4" in result.content
    assert len(result.refused) == 1
    assert "undoes another fix" in result.refused[0]


def test_fixes_without_an_end_leave_the_file_as_it_was() -> None:
    result = after_fix("%post\n    a1\n", swap("OUR101", "a1", "a1 a1"))
    assert text_of(result) == "%post\n    a1\n"
    assert result.refused == ("the fixes do not come to an end",)
    assert not result.applied
    assert len(result.left) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a1\n\n", ""),  # glues the next section's name to this one
        ("    a1\n", "Bootstrap: docker\nFrom: x\n"),  # opens another stage
    ],
)
def test_a_fix_that_changes_another_section_is_refused_and_the_others_are_applied(old: str, new: str) -> None:
    def check(definition: Definition) -> Findings:
        """Something at fault."""
        at = definition.source.text.find(old)
        if at >= 0:
            yield finding(definition.stages[0].fields[0], fix=Edit(at, at + len(old), new))

    text = "%post\n    c3\n    a1\n\n%test\n    true\n"
    result = after_fix(text, made("OUR101", check), swap("OUR102", "c3", "d4"))
    assert text_of(result) == text.replace("c3", "d4")
    assert result.refused == ("OUR101 in line 1: it would change another section",)
    assert result.applied == {"OUR102": 1}


def test_a_fix_whose_own_edits_overlap_is_refused() -> None:
    start = len(HEADER) + len("%post\n    ")
    rule = at_offset("OUR101", Edit(start, start + 4, "one"), Edit(start + 2, start + 6, "two"))
    result = after_fix("%post\n    abcdef\n", rule)
    assert text_of(result) == "%post\n    abcdef\n"
    assert len(result.refused) == 1


@pytest.mark.parametrize(
    "around",
    [
        b"# \x83\x65\x83\x58\x83\x67 in Shift_JIS\n",
        "# \u8a66\u9a13\n".encode(),
        b"# \xff\xfe\0\n",
        b"# {{ V }}\t\v\n",
    ],
)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_no_byte_outside_the_edits_is_changed(around: bytes, ending: bytes, mark: bytes) -> None:
    text = mark + (around + HEADER.encode() + b"%post\n" + around + b"    a1\n" + around).replace(
        b"\n", ending
    )
    result = after_fix(text, swap("OUR101", "a1", "b2"))
    assert result.content == text.replace(b"a1", b"b2")


def test_a_command_can_be_taken_away() -> None:
    def check(command: Command) -> Findings:
        """A command that is not wanted."""
        if command.program == "sync":
            yield finding(command, fix=delete(command))

    result = after_fix("%post\n    sync\n    true\n    sync\n", made("OUR101", check))
    assert text_of(result) == "%post\n    true\n"
    assert result.applied == {"OUR101": 2}


def test_edits_are_put_in_by_place_and_written_as_utf8() -> None:
    edits = [Edit(3, 3, "\u00e9"), Edit(0, 1, ""), Edit(1, 2, "BB")]
    assert apply_edits(b"abc", edits) == b"BBc\xc3\xa9"
    assert apply_edits(b"abc", []) == b"abc"


@pytest.fixture(scope="module")
def all_rules() -> Checker:
    registry = load().registry
    return make_checker(registry, select(registry, profile="strict"), RuleContext())


@pytest.mark.parametrize("unsafe", [False, True])
def test_the_collected_files_can_be_mended(
    corpus_files: list[Path], all_rules: Checker, unsafe: bool
) -> None:
    changed = 0
    for path in corpus_files[int(unsafe) * 2 :: 5]:
        source = Source(path.name, path.read_bytes())
        first = fix_file(source, all_rules, unsafe=unsafe)
        changed += first.content != source.data
        before, after = all_rules.read(source), all_rules.read(Source(path.name, first.content))
        # What the parser makes of it is no worse, and a second run finds nothing to do.
        assert len(after.problems) <= len(before.problems), path.name
        second = fix_file(Source(path.name, first.content), all_rules, unsafe=unsafe)
        assert second.content == first.content, path.name
        assert not second.applied
        _only_edited(source.data, first)
    assert changed > 20


def _only_edited(before: bytes, result: FixedFile) -> None:
    """Lines that no fix touched are the bytes they were: the ones that differ are few, and line ends are of one kind."""
    if not result.applied:
        assert result.content == before
    old, new = before.count(b"\r\n"), result.content.count(b"\r\n")
    if old == before.count(b"\n"):
        assert new == result.content.count(b"\n")
    if not old:
        assert not new
    assert result.content.startswith(b"\xef\xbb\xbf") <= before.startswith(b"\xef\xbb\xbf")
