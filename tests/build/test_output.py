"""What would spoil an image at the end of a build is told before, and the trial leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sifcheck.build.command import read_command
from sifcheck.build.output import beside, faults, is_free, is_partial


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*words: str, asks: bool = False) -> list[str]:
    return [fault.message for fault in faults(read_command(words), asks=asks)]


def test_nothing_is_wrong_and_nothing_is_left(folder: Path) -> None:
    assert told("a.sif", "a.def") == []
    assert os.listdir(folder) == []


def test_a_folder_that_is_not_there() -> None:
    (fault,) = faults(read_command(["my images/a.sif", "a.def"]), asks=False)
    assert fault.message == "the folder my images for the image is not there"
    assert fault.help == "`mkdir -p 'my images'`"


def test_a_folder_that_is_none() -> None:
    Path("images").write_text("")
    (message,) = told("images/a.sif", "a.def")
    assert "cannot be reached" in message or "is no folder" in message


@pytest.mark.skipif(not os.path.exists("/sys/kernel"), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written() -> None:
    (message,) = told("/sys/kernel/a.sif", "a.def")
    assert message.startswith("the folder /sys/kernel for the image cannot be written: ")


def test_an_image_that_is_there() -> None:
    Path("a.sif").write_text("old")
    (message,) = told("a.sif", "a.def")
    assert "a.sif is there already" in message
    assert told("a.sif", "a.def", asks=True) == []
    assert told("-F", "a.sif", "a.def") == []
    assert Path("a.sif").read_text() == "old"
    assert not is_free(read_command(["a.sif", "a.def"]))
    assert is_free(read_command(["--force", "a.sif", "a.def"]))


def test_a_folder_that_is_no_sandbox_is_never_replaced() -> None:
    Path("results").mkdir()
    assert told("-F", "results", "a.def") == []  # it holds nothing
    Path("results/a").write_text("")
    (message,) = told("-F", "results", "a.def")
    assert "would be deleted" in message
    Path("box/.singularity.d").mkdir(parents=True)
    assert told("-sF", "box", "a.def") == []
    assert told("-su", "box", "a.def") == []
    assert len(told("-s", "box", "a.def")) == 1


def test_the_source_itself_is_never_replaced() -> None:
    Path("a.def").write_text("Bootstrap: scratch\n")
    os.link("a.def", "b.def")
    assert "its own source" in told("-F", "b.def", "a.def")[0]


@pytest.mark.parametrize("image", ["a.sif", "x/a.sif", "/x/a b.sif", "-a.sif", "n" * 255, "あ" * 85, ".a"])
def test_the_name_beside(image: str) -> None:
    written = beside(image)
    assert written is not None
    assert os.path.dirname(written) == os.path.dirname(image)
    assert is_partial(os.path.basename(written))
    assert len(os.fsencode(os.path.basename(written))) <= 255
    assert written != beside(image)


def test_what_is_no_name_beside() -> None:
    assert [beside(image) for image in ("x/", ".", "..")] == [None, None, None]
    for name in (
        ".a.sif",
        "a.sifcheck-01234567",
        ".a.sifcheck-0123456",
        ".a.sifcheck-0123456g",
        ".sifcheck-01234567",
    ):
        assert not is_partial(name)
