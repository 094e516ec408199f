"""What calls in a batch script name: looked up in real folders, without raising or waiting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from host.situation import account, inside, silent_mount, tmpfs

from sifcheck.base.facts import Unknown
from sifcheck.base.source import Source
from sifcheck.job import JobScript, read_job
from sifcheck.testing.folder_facts import START, called_from, check_facts
from sifcheck.workspace.called import LONGEST_TEXT, CalledFolder, read_called
from sifcheck.workspace.folder import FolderReader

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def job(*lines: str, path: str = "job.sh") -> JobScript:
    return read_job(Source(path, "\n".join(["#!/bin/bash", *lines, ""]).encode()))


def read(*lines: str) -> CalledFolder:
    return read_called(job(*lines), os.getcwd())


def kinds(*lines: str) -> dict[str, Any]:
    return {os.path.relpath(entry.path): entry.kind for entry in read(*lines).entries}


def test_what_calls_name() -> None:
    Path("app.def").write_text(HEAD)
    Path("data").mkdir()
    Path("old.sif").symlink_to("gone")
    os.mkfifo("pipe")
    found = kinds(
        f"apptainer build --bind {os.getcwd()}/data:/mnt,relative:/x --build-arg-file values app.sif app.def",
        "apptainer exec old.sif ls",
        "apptainer run pipe",
        "apptainer run docker://debian",
        "apptainer run $IMAGE",
        "apptainer run *.sif",
        "apptainer run ~/a.sif",
    )
    assert found == {
        "data": "folder",
        "app.sif": "",
        "app.def": "file",
        "values": "",
        "old.sif": "dangling",
        "pipe": "other",
    }


def test_the_folder_of_a_call() -> None:
    Path("images").mkdir()
    Path("images/a.sif").write_text("")
    assert kinds("cd images", "apptainer run a.sif", "cd $PBS_O_WORKDIR", "apptainer run b.sif") == {
        "images/a.sif": "file",
        "b.sif": "",
    }
    assert kinds("cd $SOMEWHERE", "apptainer run a.sif") == {}


def test_the_definition_file() -> None:
    Path("a.def").write_text(f"{HEAD}%post\n    echo {{{{ V }}}}\n")
    Path("b.def").write_bytes(b"\0")
    Path("c.def").write_bytes(b"#" * (LONGEST_TEXT + 1))
    script = job(*(f"apptainer build {name}.sif {name}.def" for name in "abcd"))
    folder = read_called(script, os.getcwd())
    first, *others = [folder.definition(call) for call in script.calls]
    assert first is not None
    assert [use.name for use in first.uses] == ["V"]
    assert others == [None, None, None]


def test_one_reader_for_both_kinds_of_files() -> None:
    Path("app.sif").write_text("")
    folder = FolderReader()(job("apptainer run app.sif"))
    assert isinstance(folder, CalledFolder)
    assert [entry.kind for entry in folder.entries] == ["file"]


def test_what_cannot_be_looked_at_is_unknown() -> None:
    name = "x" * 300
    (entry,) = read(f"apptainer run {name}").entries
    assert isinstance(entry.kind, Unknown)
    script = job(f"apptainer run {name}")
    assert read_called(script, os.getcwd()).entry(script.calls[0], script.calls[0].image) is None


def test_a_dead_mount_makes_what_is_named_unknown() -> None:
    account()
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    def prepare() -> None:
        tmpfs("/mnt", "mode=755")
        silent_mount("/mnt/dead")

    def look() -> str:
        entries = read_called(job("apptainer run /mnt/dead/a.sif", "apptainer run /etc/passwd"), "/").entries
        return "; ".join(one.kind.why if isinstance(one.kind, Unknown) else one.kind for one in entries)

    assert inside(prepare, look) == "timed out after 3 s; timed out after 3 s"


def test_facts_of_an_example() -> None:
    facts = {"app.def": {"text": HEAD}, "data": "folder", "far.sif": {"unknown": "timed out"}}
    check_facts(facts)
    script = job("apptainer build app.sif app.def", "apptainer run far.sif", "apptainer run data")
    folder = called_from(facts, script)
    assert {os.path.relpath(one.path, START): one.kind for one in folder.entries} == {
        "app.sif": "",
        "app.def": "file",
        "far.sif": Unknown("timed out"),
        "data": "folder",
    }
    assert folder.definition(script.calls[0]) is not None
