"""Logs of builds and runs, measured and reported: each tells its cause and its place, and none is told wrongly."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sifcheck.diagnose.diagnosis import diagnose

CASES = [
    case
    for file in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_log_tells_its_cause_and_where_it_belongs(case: dict[str, Any]) -> None:
    told = diagnose(case["log"])
    assert [f"{one.message.name} {one.phase}" for one in told] == case["expected"]
    for one in told:
        assert not (one.phase == "run" and "%post" in one.meaning)
