"""The cases and the collected files: the model refuses what the real parser refused and loses no byte."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from integration.verdict import refusals

from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.definition.syntax import SyntaxNode, Token

pytestmark = pytest.mark.corpus

CASES_REFUSED = frozenset(("parse-error", "plan-error", "panic"))
CASES_ACCEPTED = frozenset(("accepted", "warning"))
CORPUS_REFUSED = frozenset(("parse-error", "other"))


def rows(file: Path) -> list[dict[str, str]]:
    """The rows of one of the tables, whose quotes mean nothing."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_cases(case_folder: Path) -> None:
    """All cases without options; what ended the build only later is left out."""
    wrong, count = [], 0
    for row in rows(case_folder / "cases.tsv"):
        if row["cli"] or row["verdict"] not in CASES_REFUSED | CASES_ACCEPTED:
            continue
        count += 1
        reasons = refusals((case_folder / "files" / row["file"]).read_bytes())
        if bool(reasons) != (row["verdict"] in CASES_REFUSED):
            wrong.append(
                f"{row['file']}: {row['verdict']} {row['message']}; sifcheck: {reasons or 'accepts it'}"
            )
    assert count > 250
    assert not wrong, "\n".join(wrong)


def test_corpus(corpus_folder: Path) -> None:
    """At least 99.5 % of the files that got a verdict get the same one here."""
    wrong, count = [], 0
    for row in rows(corpus_folder / "oracle.tsv"):
        if row["verdict"] == "timeout":
            continue
        count += 1
        reasons = refusals((corpus_folder / "definitions" / row["file"]).read_bytes())
        if bool(reasons) != (row["verdict"] in CORPUS_REFUSED):
            wrong.append(
                f"{row['file']}: {row['verdict']} {row['message']}; sifcheck: {reasons or 'accepts it'}"
            )
    assert count > 800
    assert len(wrong) <= count * 0.005, "\n".join(wrong)


def test_the_tree_of_the_model_gives_the_file_back(case_files: list[Path]) -> None:
    for file in case_files:
        data = file.read_bytes()
        source = Source(file.name, data)
        tokens: list[Token] = []
        waiting: list[SyntaxNode | Token] = [read_definition(source).tree]
        while waiting:
            item = waiting.pop()
            if isinstance(item, Token):
                tokens.append(item)
            else:
                waiting.extend(reversed(item.children))
        assert "".join(source.text[token.start : token.end] for token in tokens).encode("latin-1") == data, (
            file.name
        )
