"""DEF108: what a merge left in a definition file, and which lines are the versions to choose from."""

from __future__ import annotations

import pytest

from sifcheck.testing import check_text
from sifcheck_rules.definition import header, text


@pytest.mark.parametrize(
    ("lines", "count", "choices"),
    [
        ("<<<<<<< HEAD\nFrom: a:1\n=======\nFrom: a:2\n>>>>>>> x", 3, "lines 3-3 or lines 5-5"),
        (
            "<<<<<<< HEAD\nFrom: a:1\n||||||| 0123456\nFrom: a:0\n#\n=======\nFrom: a:2\n>>>>>>> x",
            4,
            "lines 3-3 or lines 8-8",
        ),
        (
            "<<<<<<< HEAD\nFrom: a:1\n|||||||\nFrom: a:0\n=======\nFrom: a:2\n>>>>>>> x",
            4,
            "lines 3-3 or lines 7-7",
        ),
        ("<<<<<<< HEAD\nFrom: a:1", 1, "the right one"),
    ],
)
def test_the_versions_of_an_open_merge(lines: str, count: int, choices: str) -> None:
    definition = f"Bootstrap: docker\n{lines}\n"
    (one,) = check_text(definition, text.conflict_markers_in_definition)
    assert one.message.endswith(f"one of {count} marker lines that it left")
    assert one.help == f"keep one of the two versions: {choices}"
    assert len(one.related) == count - 1


def test_bars_alone_are_no_merge() -> None:
    definition = "Bootstrap: docker\nFrom: a:1\n%help\n    ||||||| x\n"
    assert check_text(definition, text.conflict_markers_in_definition) == []


def test_no_marker_line_is_told_twice() -> None:
    definition = "Bootstrap: docker\nFrom: a:1\n||||||| b\n"
    assert len(check_text(definition, header.header_line_unreadable)) == 1
    merge = definition.replace("|||||||", "<<<<<<< a\n|||||||") + "=======\n>>>>>>> c\n"
    assert check_text(merge, header.header_line_unreadable) == []
