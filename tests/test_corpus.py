"""No rule crashes on a real definition file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sifcheck.engine.check import make_checker
from sifcheck.engine.plugins import load
from sifcheck.engine.run import Context
from sifcheck.engine.selection import select
from sifcheck.source import Source

CORPUS = Path(os.environ.get("SIFCHECK_CORPUS") or "/nonexistent") / "definitions"


@pytest.mark.corpus
@pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the collected definition files are not there (SIFCHECK_CORPUS)"
)
def test_no_rule_crashes() -> None:
    registry = load().registry
    checker = make_checker(registry, select(registry, profile="strict"), Context())
    crashes = [
        f"{path.name}: {finding.message}"
        for path in sorted(CORPUS.iterdir())
        for finding in checker.check_definition(Source(path.name, path.read_bytes()))
        if finding.code == "SIF900"
    ]
    assert not crashes, "\n".join(crashes[:10])
