"""All rules over real batch scripts: none fails, places lie in the file, fixes end and change nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sifcheck.base.source import Source
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.fixes import fix_file
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.site.lookup import find_site, load_sites

SITES = (None, "fugaku", "pjm", "polaris", "abci", "lumi")

# Without a site, by the number that a file's name begins with: each was looked at and is so.
EXPECTED = {
    2: {"JOB101": 1, "FUG301": 0},
    4: {"JOB104": 1},
    5: {"JOB301": 1},
    17: {"JOB302": 1},
    21: {"JOB104": 2},
}


def checker(site: str | None) -> Checker:
    loaded = load()
    found = find_site(site, load_sites(loaded.sites)) if site else None
    registry = loaded.registry
    return make_checker(registry, select(registry, profile="strict"), RuleContext(site=found))._replace(
        kind="job"
    )


@pytest.fixture(scope="module")
def job_files(corpus_folder: Path) -> list[Path]:
    return sorted((corpus_folder / "jobs").iterdir())


@pytest.mark.corpus
@pytest.mark.parametrize("site", SITES)
def test_no_rule_fails_and_every_fix_ends(job_files: list[Path], site: str | None) -> None:
    checking = checker(site)
    for file in job_files:
        source = Source(file.name, file.read_bytes())
        found = checking.check_definition(source)
        for finding in found:
            assert finding.code != "SIF900", f"{file.name}: {finding.message}"
            assert 0 <= finding.span.start <= finding.span.end <= len(source.data), f"{file.name}: {finding}"
        fixed = fix_file(source, checking, unsafe=True)
        assert fixed.refused == (), file.name
        assert not [one for one in fixed.left if one.fix is not None], file.name
        assert Counter(one.code for one in fixed.left) <= Counter(one.code for one in found), file.name


@pytest.mark.corpus
def test_what_is_said_without_a_site(job_files: list[Path]) -> None:
    checking = checker(None)
    for file in job_files:
        found = checking.check_definition(Source(file.name, file.read_bytes()))
        told = Counter(one.code for one in found if one.severity != "info")
        expected = EXPECTED.get(int(file.name[:2]), {})
        assert told == Counter({code: count for code, count in expected.items() if count}), file.name
