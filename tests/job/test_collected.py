"""Real batch scripts: each is read, and every call in them is found, held against a table made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.base.source import Source
from sifcheck.job import read_job

# The number a file's name begins with: line and words of each call.
CALLS = {
    2: ["16 singularity exec"],
    3: ["10 singularity exec"],
    4: ["11 singularity build"],
    5: ["61 singularity exec", "64 singularity exec"],
    7: ["44 singularity exec"],
    8: ["22 singularity exec", "26 singularity exec", "29 singularity exec"],
    10: ["7 apptainer run"],
    14: ["29 apptainer exec", "31 apptainer exec", "40 apptainer exec", "49 apptainer exec"],
    17: ["15 singularity exec"],
    18: [f"{line} singularity exec" for line in (31, 37, 43, 51, 57, 63)],
    19: ["58 apptainer exec"],
    21: ["19 apptainer build"],
    23: ["22 apptainer build"],
    24: ["24 apptainer run"],
    25: ["6 apptainer build"],
    26: ["4 singularity build"],
    27: ["5 apptainer run", "6 apptainer run"],
    28: ["33 apptainer run"],
    30: [f"{line} singularity exec" for line in (17, 21, 25, 31, 37)],
    32: ["18 apptainer exec"],
    33: ["19 apptainer build"],
    34: ["33 singularity exec"],
    35: [],  # it writes scripts, and calls nothing itself
    37: ["23 singularity exec"],
    38: ["9 singularity exec"],
    39: ["10 singularity exec"],
}


@pytest.fixture(scope="module")
def job_files(corpus_folder: Path) -> list[Path]:
    return sorted((corpus_folder / "jobs").iterdir())


@pytest.mark.corpus
def test_every_call_is_found(job_files: list[Path]) -> None:
    assert len(job_files) == len(CALLS)
    for file in job_files:
        script = read_job(Source(file.name, file.read_bytes()))
        found = [
            f"{script.source.line_of(call.place.span.start)} {call.program} {call.subcommand}"
            for call in script.calls
        ]
        assert found == CALLS[int(file.name[:2])], file.name
        assert not script.script.problems, file.name


@pytest.mark.corpus
def test_every_directive_line_is_read_or_named(job_files: list[Path]) -> None:
    for file in job_files:
        script = read_job(Source(file.name, file.read_bytes()))
        expected = "late" if file.name.startswith("05") else "read"
        assert {line.state for line in script.lines} <= {expected}, file.name
        assert script.scheduler == (
            name if (name := file.name.split("_")[1]) != "cobalt" and script.lines else None
        )
