"""Scripts of definition files, as they are and with slips, are taken and refused by whom dash, bash and busybox say.

`make test` asks about 200 changed scripts, the same ones each time; `make integration` about 2,000, others in each run
(SIFCHECK_RANDOM_FILES, SIFCHECK_RANDOM_SEED).  A shell that is not installed is left out, and that is said.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from conftest import corpus
from shell.changed_scripts import changed, scripts
from shell.shells import SHELLS, taken, taken_by_shell

from sifcheck.shell.model import Dialect

TEXTS = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200"))
SEED = int(os.environ.get("SIFCHECK_RANDOM_SEED", "1"))


def _definitions(most: int) -> list[Path]:
    folder = corpus()
    return sorted(folder.glob("definitions/*"))[:most] if folder is not None else []


def _otherwise(texts: list[str], dialect: Dialect, program: str) -> tuple[list[str], list[str]]:
    """The texts that we refuse and the shell takes, and the other way round."""
    wrong: tuple[list[str], list[str]] = [], []
    for text in texts:
        ours, theirs = taken(text, dialect), taken_by_shell(text, program)
        if ours is not theirs:
            wrong[ours].append(text)
    return wrong


@pytest.mark.integration
@pytest.mark.parametrize(("dialect", "program"), SHELLS)
def test_scripts_as_they_are(dialect: Dialect, program: str) -> None:
    texts = scripts(_definitions(TEXTS))
    assert _otherwise(texts, dialect, program) == ([], [])


@pytest.mark.integration
@pytest.mark.parametrize(("dialect", "program"), SHELLS)
def test_scripts_with_slips(dialect: Dialect, program: str) -> None:
    """At most one of 200 is told otherwise (measured: 99.9 % and more of 2,000 for each of the three)."""
    source = random.Random(SEED)
    bodies = scripts(_definitions(1000))
    texts = [changed(source.choice(bodies), source) for _ in range(TEXTS)]
    false, missed = _otherwise(texts, dialect, program)
    assert len(false) + len(missed) <= TEXTS // 200, (SEED, false, missed)
    assert TEXTS // 20 < sum(not taken(text, dialect) for text in texts) < TEXTS // 2
