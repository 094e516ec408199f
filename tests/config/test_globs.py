"""Globs: what they match, where they are anchored, and that none of them takes ages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.config.globs import anchored, matches


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [
        ("*.def", "*.def"),
        ("./*.def", "*.def"),
        ("sub/*.def", "/base/sub/*.def"),
        ("/abs/x", "/abs/x"),
        ("build/", "/base/**/build/**"),
        ("a/b/", "/base/a/b"),
        ("**/x", "/base/**/x"),
    ],
)
def test_anchored(glob: str, wanted: str) -> None:
    assert anchored(glob, "/base") == wanted
    assert anchored(glob, "/base/") == wanted
    assert anchored(wanted, "/other") == wanted


@pytest.mark.parametrize(
    ("glob", "path", "wanted"),
    [
        ("*.def", "/base/sub/a.def", True),
        ("*.def", "/base/x.def/a.txt", False),
        ("a.???", "/base/a.def", True),
        ("[!a].def", "/base/b.def", True),
        ("sub", "/base/sub/a.def", False),
        ("/base/sub", "/base/sub/deep/a.def", True),
        ("/base/sub", "/base/subway/a.def", False),
        ("/base/*.def", "/base/a.def", True),
        ("/base/*.def", "/base/sub/a.def", False),
        ("/base/*/a.def", "/base/sub/a.def", True),
        ("/base/*/a.def", "/base/x/y/a.def", False),
        ("/base/**/a.def", "/base/a.def", True),
        ("/base/**/a.def", "/base/x/y/a.def", True),
        ("/base/**/y/**/a.def", "/base/x/y/z/y/a.def", True),
        ("/base/**/y/*/a.def", "/base/y/x/y/z/a.def", True),
        ("/base/**/y/*/a.def", "/base/y/x/z/a.def", False),
        ("/base/**", "/base", True),
        ("/base/**", "/bas", False),
        ("/base/**/build/**", "/base/x/build", True),
        ("/base/**/build/**", "/base/build/x/a.def", True),
        ("/base/**/build/**", "/base/rebuild/a.def", False),
        ("/b[[]x]/*.def", "/b[x]/a.def", True),
        ("/", "/a", True),
    ],
)
def test_matches(glob: str, path: str, wanted: bool) -> None:
    assert matches([glob], path, path.rpartition("/")[2]) is wanted


def test_any_of_several() -> None:
    assert matches(["x", "/y", "*.def"], "/a/b.def", "b.def")
    assert not matches([], "/a/b.def", "b.def")


@pytest.mark.parametrize(
    "glob", ["*a" * 40 + "b", "/" + "**/a/" * 40 + "b", "/" + "*a" * 40 + "b", "[" * 1000]
)
def test_no_glob_takes_ages(glob: str) -> None:
    assert not matches([glob], "/a" * 400 + "/" + "a" * 250, "a" * 250)


@given(st.text(alphabet="a*?[]!/.-", max_size=12), st.text(alphabet="ab/.", max_size=12))
def test_any_glob_on_any_path(glob: str, path: str) -> None:
    assert matches([anchored(glob, "/base")], f"/base/{path}", path) in (True, False)


@given(st.lists(st.text(alphabet="ab*?[]", min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_folder_with_odd_marks_is_taken_literally(parts: list[str]) -> None:
    folder = "/" + "/".join(parts)
    assert matches([anchored("x/*.def", folder)], f"{folder}/x/a.def", "a.def")
    assert not matches([anchored("x/*.def", folder)], f"{folder}c/x/a.def", "a.def")
