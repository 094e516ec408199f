"""What a script may bring before a call, and the folder that the call is made in."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.job import read_job
from sifcheck.job.brought import may_bring
from sifcheck.job.folders import folder_at

BUILD = "apptainer build a.sif a.def"


def brings(text: str, path: str) -> bool:
    job = read_job(Source("job.sh", f"#!/bin/bash\n{text}\n".encode()))
    return may_bring(job.calls[-1], path)


@pytest.mark.parametrize(
    "text",
    [
        "cp ../in/data.txt .",
        "cp -r ../in .",
        "cp $FROM .",
        "mv /x/data.txt data.txt",
        "tar xzf pack.tgz",
        "dd if=parts of=data.txt",
        "gunzip data.txt.gz",
        "unzip pack.zip",
        "cat part.* > data.txt",
        "cat part.* > $OUT",
        "./prepare",
        "python3 make.py",
        "curl -LO https://example.org/x",
        "wget https://example.org/data.txt",
        "[ -e data.txt ] || exit 1",
        "get() { cp /x/data.txt .; }\nget",
        "apptainer exec tools.sif make",
    ],
)
def test_what_may_make_a_file(text: str) -> None:
    assert brings(f"{text}\n{BUILD}", "data.txt")
    assert not brings(f"module load apptainer\n{BUILD}\n", "data.txt")


@pytest.mark.parametrize(
    "text",
    [
        "module load apptainer; export A=1; cd build; pwd",
        "cp /x/other.txt other.txt",
        "rm -f data.txt; ls data.txt",
        "echo start > job.log",
        "apptainer pull base.sif docker://debian:12",
        f"{BUILD}\n./fetch-data",
    ],
)
def test_what_makes_none(text: str) -> None:
    assert not brings(f"{text}\n{BUILD}" if "fetch" not in text else text, "data.txt")


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        (BUILD, "/s"),
        (f"cd build\n{BUILD}", "/s/build"),
        (f"cd build && {BUILD}", "/s/build"),
        (f"pushd build\n{BUILD}", "/s/build"),
        (f"(cd build; ls)\n{BUILD}", "/s"),
        (f"(cd build; {BUILD})", "/s/build"),
        (f'bash -c "cd build && {BUILD}"', "/s/build"),
        (f"cd one\nsg g -c 'cd two; {BUILD}'", "/s/one/two"),
        (f'cd /x\ncd "$SLURM_SUBMIT_DIR"\n{BUILD}', "/s"),
        (f"x=$(cd /x; pwd)\n{BUILD}", "/s"),
        (f"cd $WHERE\n{BUILD}", None),
        (f"pushd a\npopd\n{BUILD}", None),
        (f"if a; then cd b; fi\n{BUILD}", None),
        (f"if a; then cd b; {BUILD}; fi", "/s/b"),
        (f"if a; then cd b; else {BUILD}; fi", "/s"),
    ],
)
def test_the_folder_of_a_call(text: str, folder: str | None) -> None:
    job = read_job(Source("job.sh", f"#!/bin/bash\n{text}\n".encode()))
    (call,) = job.calls
    assert folder_at(job, call, "/s") == folder
