"""What the rules say of a file for one version of a runtime, and what that version's own parser said: do they agree?"""

from __future__ import annotations

import csv
import random
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source
from sifcheck.definition.model import Definition
from sifcheck.definition.readings import reads_alike
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.runtime import versions
from sifcheck.runtime.versions import Runtime, parse_target

# These have no stages, and `--target` refuses them.
TOO_OLD = ("singularity-3.0", "singularity-3.1")
GROUPS = ("DEF1", "DEF2", "DEF3")
REAL = ("cases", "corpus")


class Row(NamedTuple):
    """A file with what each version's parser said of it: a letter of the table, by the name of the target."""

    file: str
    data: bytes
    verdicts: dict[str, str]


def rows(cases: Path, corpus: Path, count: int, seed: str) -> Iterator[Row]:
    """All real files and cases, and a choice of the random ones."""
    folder = cases / "versions"
    with (folder / "verdicts.tsv").open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    made = [row for row in table if row["file"].partition("/")[0] not in REAL]
    chosen = {row["file"] for row in random.Random(seed).sample(made, min(count, len(made)))}
    with tarfile.open(folder / "random-files.tar.xz") as packed:
        texts = {entry.name.removeprefix("./"): packed.extractfile(entry) for entry in packed}
        contents = {name: file.read() for name, file in texts.items() if file is not None and name in chosen}
    places = {"cases": cases / "files", "corpus": corpus / "definitions"}
    for row in table:
        name = row.pop("file")
        group, _, rest = name.partition("/")
        if group in REAL:
            yield Row(name, (places[group] / rest).read_bytes(), row)
        elif name in chosen:
            yield Row(name, contents[name], row)


def checkers(targets: list[str]) -> dict[str, Checker]:
    """A checker for each target, with the rules that decide."""
    registry = load().registry
    selection = select(registry, select=GROUPS, profile="minimal")
    return {
        name: make_checker(registry, selection, RuleContext(target=parse_target(name))) for name in targets
    }


def disagreements(row: Row, chosen: dict[str, Checker]) -> list[tuple[str, str]]:
    """The targets for which the rules say otherwise than the parser, with both answers."""
    wrong = []
    for name, found in _found(Source(row.file, row.data), chosen):
        errors = [finding for finding in found if finding.severity == "error"]
        letter = row.verdicts[name]
        # An undefined variable may be meant to be given; an empty agent ends the build at once, or a moment later.
        undefined = letter == "v" and any(finding.code == "DEF104" for finding in found)
        if letter != "e" and bool(errors) != (letter != "a") and not undefined:
            said = "; ".join(f"{finding.code} {finding.message}" for finding in errors) or "accepts it"
            wrong.append((name, f"the parser says {letter}, sifcheck: {said}"))
    return wrong


class _Answer(NamedTuple):
    """What was found in one reading, and the features that were asked for, each with its answer."""

    read: Definition
    asked: dict[str, bool]
    found: list[Finding]


def _found(source: Source, chosen: dict[str, Checker]) -> Iterator[tuple[str, list[Finding]]]:
    """What is found for each target.

    A file is read once for all that read it alike, and checked once for those of them that give the same answers to whatever
    the rules ask: a version is nothing but its features.
    """
    readings: list[Definition] = []
    answers: list[_Answer] = []
    for name, checker in chosen.items():
        runtime = checker.runner.context.target.reader
        read = next((one for one in readings if reads_alike(one, runtime)), None)
        if read is None:
            made = checker.read(source)
            assert isinstance(made, Definition)
            read = made
            readings.append(read)
        known = next((one for one in answers if one.read is read and _fits(runtime, one)), None)
        if known is None:
            asked: dict[str, bool] = {}
            with _listening(asked):
                known = _Answer(read, asked, checker.check(read))
            answers.append(known)
        yield name, known.found


def _fits(runtime: Runtime, answer: _Answer) -> bool:
    return all(runtime.has(feature) == had for feature, had in answer.asked.items())


@contextmanager
def _listening(asked: dict[str, bool]) -> Iterator[None]:
    """Put down which features are asked for, and what is answered."""
    has = versions._has

    def heard(runtime: Runtime, feature: str) -> bool:
        asked[feature] = has(runtime, feature)
        return asked[feature]

    versions._has = heard  # type: ignore[assignment]
    try:
        yield
    finally:
        versions._has = has
