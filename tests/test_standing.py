"""How each rule stands (bench/standing.toml), and the samples that readers judge (bench/quality.py)."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import collected
import quality
from standing import (
    FILE,
    Measured,
    Reading,
    Standing,
    read_table,
    standing_line,
    wanting,
    with_counts,
    write_table,
)

sys.path.pop(0)

from sifcheck.lint.plugins import load

DAY = dt.date(2026, 11, 25)


def test_a_rule_that_is_often_wrong_is_not_in_the_standard_profile() -> None:
    """Fix its cause and have it read anew, or put it into the strict profile, or make it a preview."""
    registry = load().registry
    heard = {}
    for code, read in wanting(read_table()).items():
        rule = registry.find(code)
        if rule is not None and rule.profile != "strict" and not rule.preview:
            heard[code] = f"{read.right} of {read.sample} right"
    assert not heard


def test_the_table_is_as_the_program_writes_it(tmp_path: Path) -> None:
    table = read_table()
    write_table(table, tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_text() == FILE.read_text()
    registry = load().registry
    for measured in table.values():
        assert measured.files
        assert not [code for code in measured.rules if registry.find(code) is None], (
            "`make quality` forgets them"
        )
        for code, row in measured.rules.items():
            assert (row.findings or 0) >= row.files <= measured.files, code
            assert row.read is None or (row.read.by and row.read.sample), code


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Standing(12, 9, 3), "Over 885 collected definition files: 12 findings in 9 files."),
        (Standing(1, 1, 3), "Over 885 collected definition files: 1 finding in 1 file."),
        (Standing(0, 0, 3), "Over 885 collected definition files: no finding."),
        (
            Standing(12, 9, 3, Reading(DAY, "fresh reader", 12, 0, 0)),
            "Over 885 collected definition files: 12 findings in 9 files; last read 2026-11: 12 of 12 right.",
        ),
        (
            Standing(read=Reading(DAY, "fresh reader", 7, 2, 1)),
            "Definition files: last read 2026-11: 7 of 10 right, 2 doubtful, 1 wrong.",
        ),
    ],
)
def test_a_page_says_in_one_line_how_a_rule_stands(row: Standing, said: str) -> None:
    table = {"definitions": Measured(885, DAY, {"DEF401": row}), "scripts": Measured()}
    assert standing_line(table, "DEF401") == said
    assert standing_line(table, "DEF402") == ""


def test_less_than_95_in_a_hundred_right_is_not_enough() -> None:
    def read(right: int, doubtful: int, wrong: int) -> bool:
        rows = {"DEF401": Standing(read=Reading(DAY, "reader", right, doubtful, wrong))}
        return not wanting({"definitions": Measured(), "scripts": Measured(rules=rows)})

    assert read(19, 0, 1)
    assert read(2, 0, 0)
    assert not read(18, 1, 1)
    assert not read(1, 1, 0)


def test_counting_keeps_what_was_read_and_a_cost_that_hardly_changed() -> None:
    reading = Reading(DAY, "reader", 2, 0, 0)
    before = Measured(1, DAY, {"DEF1": Standing(3, 1, 20, reading), "DEF2": Standing(3, 1, 20)})
    after = with_counts(before, 2, DAY, {"DEF1": Standing(4, 2, 30), "DEF2": Standing(1, 1, 90)})
    assert after.rules == {"DEF1": Standing(4, 2, 20, reading), "DEF2": Standing(1, 1, 90)}
    # A rule that was not asked this time is known by its reading alone.
    assert with_counts(before, 2, DAY, {}).rules == {"DEF1": Standing(read=reading)}


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three definition files and a batch script in the place of the collected ones."""
    folder = tmp_path / "corpus"
    (folder / "definitions").mkdir(parents=True)
    text = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%runscript\n    exec python $*\n    exec python $*\n"
    for name in ("a.def", "b.def", "c.def"):
        (folder / "definitions" / name).write_text(text)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "job.sh").write_text("#!/bin/bash\n#SBACTH -n 1\nsingularity exec a.sif b\n")
    monkeypatch.setenv("SIFCHECK_CORPUS", str(folder))
    monkeypatch.setenv("SIFCHECK_SCRIPTS", str(tmp_path / "scripts"))
    return tmp_path


def test_a_sample_is_drawn_judged_and_taken_back(
    collection: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, kept = collection / "out", collection / "standing.toml"
    draw = ["--draw", "3", "--kind", "definitions", "--only", "DEF701", "--seed", "7"]
    assert quality.main([*draw, str(out)]) == 0
    rows = [line.split("\t") for line in (out / "sample.tsv").read_text().splitlines()]
    assert tuple(rows[0]) == quality.COLUMNS
    assert len(rows) == 4
    assert {row[1].partition("/")[0] for row in rows[1:]} == {"definitions"}
    excerpt = (out / rows[1][6]).read_text()
    assert "DEF701" in excerpt
    assert f">{rows[1][2]:>5}     exec python $*" in excerpt
    # The same seed draws the same, another one need not.
    again = collection / "again"
    assert quality.main([*draw, str(again)]) == 0
    assert (again / "sample.tsv").read_text() == (out / "sample.tsv").read_text()

    rows[1][4], rows[2][4], rows[2][5] = "right", "Wrong", "a pattern"
    (out / "sample.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    words = ["--record", str(out / "sample.tsv"), "--by", "fresh reader", "--on", "2026-11-25"]
    assert quality.main([*words, "--standing", str(kept)]) == 0
    said = capsys.readouterr()
    assert "1 rows have no verdict" in said.err
    assert "below 95%" in said.out
    assert read_table(kept)["definitions"].rules["DEF701"].read == Reading(DAY, "fresh reader", 1, 0, 1)


def test_every_code_is_drawn_twice_from_different_files(collection: Path) -> None:
    said = collected.all_said("definitions", collected.collected("definitions"), "strict")
    counts: dict[str, set[str]] = {}
    for finding in quality.sample(said.findings, 0, "1"):
        assert finding.source is not None
        counts.setdefault(finding.code, set()).add(finding.source.path)
    assert counts.keys() == {finding.code for finding in said.findings}
    assert {len(paths) for paths in counts.values()} == {2}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("code\tpath\n", "columns"),
        ("code\tpath\tverdict\nDEF401\tdefinitions/a\tmaybe\n", "'maybe'"),
        ("code\tpath\tverdict\nDEF401\ta.def\tright\n", "--kind"),
        ("code\tpath\tverdict\nDEF401\tdefinitions/a\t\n", "nothing is kept"),
    ],
)
def test_a_sample_that_says_nothing_clear_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    (tmp_path / "sample.tsv").write_text(text)
    words = ["--record", str(tmp_path / "sample.tsv"), "--standing", str(tmp_path / "standing.toml")]
    assert quality.main(words) == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "standing.toml").exists()


def test_counts_are_kept(collection: Path) -> None:
    kept = collection / "standing.toml"
    assert quality.main(["--standing", str(kept), "--on", "2026-11-25"]) == 0
    table = read_table(kept)
    assert table["definitions"].files == 3
    assert table["definitions"].rules["DEF701"]._replace(cost=0) == Standing(6, 3, 0)
    assert table["scripts"].rules["JOB301"]._replace(cost=0) == Standing(1, 1, 0)
    # A part of the rules says nothing about how the others stand.
    before = kept.read_text()
    assert quality.main(["--standing", str(kept), "--only", "DEF7", "--kind", "definitions"]) == 0
    assert kept.read_text() == before
