"""The options in directive lines: words, short and long options, lists of resources, their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sifcheck.base.source import Source
from sifcheck.job import JobScript, read_job


def job(text: str) -> JobScript:
    return read_job(Source("job.sh", text.encode()))


def options(text: str) -> list[tuple[str, str | None]]:
    return [(directive.option, directive.value) for directive in job(f"#!/bin/bash\n{text}\n").directives]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#SBATCH --time=1:00:00", [("--time", "1:00:00")]),
        ("#SBATCH --time 1:00:00", [("--time", "1:00:00")]),
        ("#SBATCH -t 1:00:00", [("--time", "1:00:00")]),
        ("#SBATCH -t1:00:00 -N2", [("--time", "1:00:00"), ("--nodes", "2")]),
        ("#SBATCH -A group -c4 --mem=64000", [("--account", "group"), ("--cpus-per-task", "4"), ("--mem", "64000")]),
        ("#SBATCH --exclusive --nodes=2", [("--exclusive", None), ("--nodes", "2")]),
        ("#SBATCH --part=small", [("--partition", "small")]),
        ("#SBATCH --job-name=\"a b\" -n 4", [("--job-name", "a b"), ("--ntasks", "4")]),
        ("#SBATCH -o out.log # the log --time=1", [("--output", "out.log")]),
        ("#SBATCH -HQ", [("--hold", None), ("--quiet", None)]),
        ("#SBATCH --nodes", [("--nodes", None)]),
        ("#SBATCH--time=1:00:00", [("--time", "1:00:00")]),
        ("#SBATCH", []),
        ("#PJM -L \"node=2x3,elapse=0:15:00\"", [("-L", "node=2x3,elapse=0:15:00")]),
        ("#PJM --rsc-list node=1", [("-L", "node=1")]),
        ("#PJM --mpi \"shape=1\"", [("--mpi", "shape=1")]),
        ("#PJM -S # statistics", [("-S", None)]),
        ("#PJM --no-check-directory", [("--no-check-directory", None)]),
        ("#PJM -g hp000000 -j", [("-g", "hp000000"), ("-j", None)]),
        ("#PBS -l select=2:ncpus=8 -q main", [("-l", "select=2:ncpus=8"), ("-q", "main")]),
        ("#PBS -l walltime=0:30:00", [("-l", "walltime=0:30:00")]),
    ],
)  # fmt: skip
def test_options(line: str, expected: list[tuple[str, str | None]]) -> None:
    assert options(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "#PJM -L \"rscunit=rscunit_ft01,node=1,elapse=0:15:00\"",
            {"rscunit": "rscunit_ft01", "node": "1", "elapse": "0:15:00"},
        ),
        ("#PJM -x PJM_LLIO_GFSCACHE=/vol0004:/vol0005", {"PJM_LLIO_GFSCACHE": "/vol0004:/vol0005"}),
        ("#PJM --llio localtmp-size=40Gi,sharedtmp-size=1Gi", {"localtmp-size": "40Gi", "sharedtmp-size": "1Gi"}),
        ("#PBS -l select=2:ncpus=8+1:ngpus=4", {"select": "2", "ncpus": "8", "1": "", "ngpus": "4"}),
        ("#PBS -l walltime=1:00:00,filesystems=home:eagle", {"walltime": "1:00:00", "filesystems": "home:eagle"}),
        ("#PBS -l ngpus=1", {"ngpus": "1"}),
    ],
)  # fmt: skip
def test_resources_know_their_places(line: str, expected: dict[str, str]) -> None:
    script = job(f"#!/bin/bash\n{line}\n")
    parts = [part for directive in script.directives for part in directive.resources]
    assert {part.name: part.value for part in parts} == expected
    for part in parts:
        assert script.source.slice(part.value_span) == part.value
        assert script.source.slice(part.span) == (f"{part.name}={part.value}" if part.value else part.name)


def test_the_span_of_an_option_holds_its_value() -> None:
    script = job("#!/bin/bash\n#SBATCH -N 2 --time=1:00 -c4\n")
    assert [script.source.slice(one.span) for one in script.directives] == ["-N 2", "--time=1:00", "-c4"]
    assert [script.source.slice(one.value_span) for one in script.directives] == ["2", "1:00", "4"]


_PIECES = some.sampled_from(
    ["#PJM", "#SBATCH", "#PBS", " ", "\t", "-L", "--time", "=", ",", ":", "+", '"', "'", "#", "node", "1", "\n", "\r", "é", "\0", "-"]
)  # fmt: skip


@given(some.lists(_PIECES, max_size=40).map("".join))
def test_nothing_makes_the_reader_raise(text: str) -> None:
    data = f"#!/bin/bash\n{text}".encode()
    script = read_job(Source("job.sh", data))
    for line in script.lines:
        assert 0 <= line.span.start < line.span.end <= len(data)
        for directive in line.directives:
            assert line.span.start <= directive.span.start <= directive.span.end <= line.span.end
            for part in directive.resources:
                assert directive.span.start <= part.span.start <= part.value_span.end <= directive.span.end
    assert script.calls == ()
