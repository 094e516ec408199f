"""Files are opened once and parsed once, whoever asks for them, and by whatever spelling of their path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sifcheck.app.context import Context
from sifcheck.app.discover import Found, find_inputs
from sifcheck.app.kinds import SIZE_LIMIT
from sifcheck.app.sources import Sources
from sifcheck.base.source import Source
from sifcheck.config.layers import Configuration

TEXT = "Bootstrap: docker\nFrom: debian:12\n\n%post\n    echo {{ WORD }}\n"
IMAGE = b"\0" * 32 + b"SIF_MAGIC\0" + b"\0" * 100


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.def").write_text(TEXT)
    Path("recipe").write_text(TEXT)
    Path("empty.def").write_bytes(b"")
    Path("a.sif").write_bytes(IMAGE)


def found(path: str) -> Found:
    return Found(path, "definition", True, "")


def read(sources: Sources, path: str) -> Source:
    source = sources.read(found(path), path)
    assert isinstance(source, Source)
    return source


def test_a_file_is_read_once() -> None:
    sources = Sources()
    first = read(sources, "a.def")
    assert read(sources, "empty.def").data == b""
    Path("a.def").unlink()
    Path("empty.def").unlink()
    assert read(sources, "a.def") is first
    assert sources.unless_image("a.def") is first
    other = read(sources, os.path.abspath("a.def"))
    assert (other.path, other.data) == (os.path.abspath("a.def"), first.data)
    assert read(sources, "empty.def").data == b""


def test_what_discovery_opened_is_not_opened_again() -> None:
    sources = Sources()
    inputs = find_inputs(["."], contents=sources.contents)
    assert [one.path for one in inputs if one.kind == "definition"] == ["a.def", "empty.def", "recipe"]
    # The others are known by their names.
    assert list(sources.contents) == ["recipe"]
    Path("recipe").unlink()
    assert read(sources, "recipe").text == TEXT
    assert not sources.contents


def test_what_is_too_large_is_not_held() -> None:
    Path("large").write_text(TEXT + "#" * 2 * SIZE_LIMIT)
    sources = Sources()
    (one,) = find_inputs(["large"], contents=sources.contents)
    assert one.kind == "definition"
    assert len(sources.contents["large"]) == SIZE_LIMIT + 1
    assert "it is larger than 8 MiB" in str(sources.read(one, "large"))


def test_of_an_image_the_beginning_alone_is_read() -> None:
    sources = Sources()
    assert sources.unless_image("a.sif") is None
    assert sources.known == {os.path.abspath("a.sif"): None}
    with pytest.raises(FileNotFoundError):
        sources.unless_image("nowhere")
    assert sources.read(found("nowhere"), "nowhere") == "no such file or directory"


def test_a_file_is_parsed_once_for_the_same_arguments() -> None:
    sources = Sources()
    source = read(sources, "a.def")
    plain = sources.definition(source, {})
    assert sources.definition(source, {}) is plain
    filled = sources.definition(source, {"WORD": "x"})
    assert filled is not plain
    context = Context(Configuration({"build_args": ["WORD=x"]}, isolated=True), sources=sources)
    assert sources.parse(source, context.checker(context.settings)) is filled
    assert sources.definition(Source("a.def", source.data), {}) is not plain
    sources.forget_parsed()
    assert sources.definition(source, {"WORD": "x"}) is not filled


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({}, ("auto", "")), ({"site": "none"}, ("none", "")), ({"site": "slurm"}, ("slurm", ""))],
)
def test_what_is_assumed_holds_where_nobody_says_anything(
    flags: dict[str, Any], expected: tuple[str, str]
) -> None:
    context = Context(Configuration(flags, isolated=True), {"site": "auto"})
    assert (context.settings.site, context.settings.target) == expected
    assert context.settings_for("a.def") is context.settings
    context.assume(target="apptainer-1.4")
    assert (context.settings.site, context.settings.target) == (expected[0], "apptainer-1.4")
