"""All rules over real definition files: none fails, and what they find lies in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.base.source import Source
from sifcheck.lint.check import make_checker
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select


@pytest.mark.corpus
def test_no_rule_fails_and_every_place_lies_in_its_file(
    corpus_files: list[Path], case_files: list[Path]
) -> None:
    registry = load().registry
    checker = make_checker(registry, select(registry, profile="strict"), RuleContext())
    found = 0
    for file in corpus_files + case_files:
        source = Source(file.name, file.read_bytes())
        end = len(source.data)
        for finding in checker.check_definition(source):
            found += 1
            assert finding.code != "SIF900", f"{file.name}: {finding.message}"
            assert 0 <= finding.span.start <= finding.span.end <= end, f"{file.name}: {finding}"
            edits = sorted(finding.fix.edits) if finding.fix is not None else []
            places = [place for edit in edits for place in (edit.start, edit.end)]
            assert places == sorted(places), f"{file.name}: {finding}"
            assert not places or (places[0] >= 0 and places[-1] <= end), f"{file.name}: {finding}"
    assert found > len(corpus_files)
