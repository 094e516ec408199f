"""What earlier builds made: kept, found again, and never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sifcheck.plan import remembered
from sifcheck.plan.remembered import key_of, recall, remember, state_file


def test_the_same_file_is_found_again(tmp_path: Path) -> None:
    file = str(tmp_path / "deep/er/builds.json")
    key = key_of("a.def", b"text", {}, "x86_64")
    assert recall(file, key) is None
    assert remember(file, key, 100, 40, 60)
    found = recall(file, key)
    assert found is not None
    assert found == (100, 40, 60, True)
    # A file that was changed is another one in the same place.
    changed = recall(file, key_of("a.def", b"other", {}, "x86_64"))
    assert changed is not None
    assert changed == (100, 40, 60, False)
    # The same text elsewhere is the same.
    assert recall(file, key_of("b/c.def", b"text", {}, "x86_64")) == (100, 40, 60, True)


@pytest.mark.parametrize(
    ("path", "data", "arguments", "architecture"),
    [
        ("b.def", b"other", {}, "x86_64"),
        ("b.def", b"text", {"A": "1"}, "x86_64"),
        ("a.def", b"text", {}, "aarch64"),
    ],
)
def test_another_build_is_none(
    path: str, data: bytes, arguments: dict[str, str], architecture: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "builds.json")
    assert remember(file, key_of("a.def", b"text", {}, "x86_64"), 100, 40, 60)
    assert recall(file, key_of(path, data, arguments, architecture)) is None


def test_no_more_is_kept_than_is_of_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered.MOST_ENTRIES > 100
    monkeypatch.setattr(remembered, "MOST_ENTRIES", 20)
    file = str(tmp_path / "builds.json")
    for at in range(23):
        remember(file, key_of(f"{at}.def", str(at).encode(), {}, ""), at, at, at)
        # The newest of a place takes the place of the one before.
        remember(file, key_of("same.def", str(at).encode() + b"x", {}, ""), at, at, at)
    builds = json.loads(Path(file).read_text())["builds"]
    assert len(builds) == 20
    assert sum(one["place"] == key_of("same.def", b"", {}, "").place for one in builds) == 1
    assert list(tmp_path.iterdir()) == [Path(file)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"version": 2, "builds": []}',
        b'{"version": 1, "builds": 3}',
        b'{"version": 1, "builds": [1, null, {"content": 3}, {"content": "x", "place": "y", "tree": -1}]}',
        b'{"version": 1, "builds": [{"content": "x", "place": "y", "tree": true, "image": 1, "base": 1}]}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_an_empty_one(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "builds.json"
    file.write_bytes(text)
    key = key_of("a.def", b"text", {}, "")
    assert recall(str(file), key) is None
    assert remember(str(file), key, 1, 2, 3)
    assert recall(str(file), key) == (1, 2, 3, True)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    key = key_of("a.def", b"text", {}, "")
    assert not remember(str(tmp_path / "state/sifcheck/builds.json"), key, 1, 2, 3)
    assert not remember(None, key, 1, 2, 3)
    assert recall(None, key) is None


def test_the_place_of_the_file() -> None:
    assert state_file({"HOME": "/home/u"}) == "/home/u/.local/state/sifcheck/builds.json"
    assert state_file({"HOME": "/home/u", "XDG_STATE_HOME": "/s"}) == "/s/sifcheck/builds.json"
    assert state_file({"XDG_STATE_HOME": "relative"}) is None
