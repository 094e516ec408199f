"""Random definition files get the same yes or no from sifcheck's model and from the real Apptainer.

`make test` asks about 200 files, the same ones each time; `make integration` about 2,000, others in each run
(SIFCHECK_RANDOM_FILES, SIFCHECK_RANDOM_SEED).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from integration.oracle import Oracle, smallest
from integration.strategies import definition_files
from integration.verdict import refusals

pytestmark = pytest.mark.integration

FILES = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200"))
SEED = int(os.environ.get("SIFCHECK_RANDOM_SEED", "1"))
SHOWN = 5


def random_files(number: int) -> list[bytes]:
    """So many different random files."""
    files: dict[bytes, None] = {}
    # Some come twice, so a few rounds are needed; each begins with the simplest file of all.
    start = SEED
    while len(files) < number:

        @seed(start)
        @settings(
            max_examples=number - len(files) + 20,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(definition_files())
        def collect(data: bytes) -> None:
            files[data] = None

        collect()
        start += 1
    return list(files)[:number]


def complain(oracle: Oracle, wrong: list[bytes]) -> NoReturn:
    """Fail with the smallest files that still show the disagreements."""
    lines = [f"{len(wrong)} of {FILES} files, seed {SEED}:"]
    for data in wrong[:SHOWN]:
        least = smallest(data, lambda part: oracle.ask(part).refused != bool(refusals(part)))
        answer = oracle.ask(least)
        lines += [
            f"  file     {least!r}",
            f"  sifcheck {refusals(least) or 'accepts it'}",
            f"  real     {answer.message}",
            "",
        ]
    pytest.fail("\n".join(lines), pytrace=False)


def test_same_verdict(oracle: Oracle) -> None:
    files = random_files(FILES)
    assert len(files) == FILES
    answers = list(oracle.ask_all(files))
    refused = sum(answer.refused for answer in answers)
    # Files that are nearly all good, or nearly all bad, would show little.
    assert FILES * 0.15 < refused < FILES * 0.85, f"{refused} of {FILES} are refused"
    wrong = [
        data for data, answer in zip(files, answers, strict=True) if answer.refused != bool(refusals(data))
    ]
    if wrong:
        complain(oracle, wrong)


@pytest.mark.corpus
@pytest.mark.skipif(FILES <= 200, reason="the cases are asked again in `make integration` only")
def test_measured_cases(oracle: Oracle, case_folder: Path) -> None:
    """The installed Apptainer says of the cases what the table says; what ends a build later is a yes."""
    with (case_folder / "cases.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if not row["cli"]
        ]
    files = [(case_folder / "files" / row["file"]).read_bytes() for row in rows]
    refused = ("parse-error", "plan-error", "panic")
    wrong = [
        f"{row['file']}: {row['verdict']}, now {answer.message}"
        for row, answer in zip(rows, oracle.ask_all(files), strict=True)
        if answer.refused != (row["verdict"] in refused)
    ]
    assert not wrong, "\n".join(wrong)
