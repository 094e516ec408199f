"""What the fixes of the collected files do, each alone and all together (bench/check_fixes.py): nothing but cure their finding."""

from __future__ import annotations

import os
import random
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import check_fixes
from collected import all_said, collected

sys.path.pop(0)

pytestmark = [pytest.mark.integration, pytest.mark.corpus]

# In `make test` a part of the collected files is fixed; in `make integration` all are.
ALL = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200")) > 200
PART = 80


@pytest.mark.parametrize("kind", ["definitions", "scripts"])
def test_a_safe_fix_does_nothing_but_cure_its_finding(kind: str) -> None:
    sources = collected(kind)
    if not sources:
        pytest.skip("the collected files are not there (SIFCHECK_CORPUS)")
    if not ALL:
        sources = random.Random(1).sample(sources, PART)
    checker = all_said(kind, (), "strict").checker
    faults, fixed = [], []
    for source in sources:
        faults += [
            f"{one.place}: {fault}" for one in check_fixes.try_each(source, checker) for fault in one.faults
        ]
        content, said = check_fixes.try_together(source, checker)
        faults += [f"{source.path}: {fault}" for fault in said]
        fixed.append((source, content))
    faults += check_fixes.patch_faults(fixed)
    assert not faults, "\n".join(faults)
    # Few batch scripts have a safe fix.
    assert kind == "scripts" or any(source.data != content for source, content in fixed)
