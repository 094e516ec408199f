"""Which lines count as changed: what is left is in the old text, in its order, and git says no more than that."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.source import Source
from sifcheck.lint.changed_lines import _changed, _lines

TEXTS = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"x\r"]), max_size=12)


@given(TEXTS, TEXTS)
def test_what_has_not_changed_stands_in_the_old_text_in_order(old: list[bytes], new: list[bytes]) -> None:
    changed = _changed(old, new)
    assert len(changed) == len(new)
    rest = iter(old)
    assert all(line in rest for line, is_new in zip(new, changed, strict=True) if not is_new)
    assert all(is_new for line, is_new in zip(new, changed, strict=True) if line not in old)


@given(TEXTS)
def test_the_same_text_has_not_changed(old: list[bytes]) -> None:
    assert not any(_changed(old, old))


@given(TEXTS, st.integers(0, 12), TEXTS)
def test_lines_put_in_are_the_only_ones_that_changed(old: list[bytes], at: int, more: list[bytes]) -> None:
    at = min(at, len(old))
    changed = _changed(old, [*old[:at], *more, *old[at:]])
    assert sum(changed) <= len(more)


def test_a_text_too_large_to_compare_has_changed_where_it_differs() -> None:
    many = [b"%d" % number for number in range(6_000)]
    changed = _changed([b"same", *many, b"end"], [b"same", *reversed(many), b"end"])
    assert (changed[0], changed[-1], sum(changed)) == (False, False, 6_000)


@given(st.binary(max_size=30))
def test_a_text_has_as_many_lines_as_its_source(content: bytes) -> None:
    assert len(_lines(content)) == len(Source("a", content).line_starts)


@pytest.mark.parametrize("number", range(8))
def test_as_git_says(number: int, tmp_path: Path) -> None:
    old = [f"line {index}" for index in range(40)]
    new = [line if index % (number + 2) else f"{line} new" for index, line in enumerate(old)]
    del new[number * 3 : number * 3 + 2]
    new[20:20] = ["more", "lines"]
    for name, lines in (("old", old), ("new", new)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    ran = subprocess.run(
        ["git", "diff", "--no-index", "-U0", "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said: set[int] = set()
    for start, count in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", ran.stdout, re.MULTILINE):
        said.update(range(int(start), int(start) + int(count or 1)))
    changed = _changed(*[_lines((tmp_path / name).read_bytes()) for name in ("old", "new")])
    assert {line for line, is_new in enumerate(changed, 1) if is_new} == said
