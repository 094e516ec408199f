"""How each rule stands: how often it speaks over the collected files, what it costs, and how a reader judged it.

The table is `bench/standing.toml`, a line a rule, to be read and edited by people too.  `bench/quality.py` measures and
records; the rule pages and a test read it.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("standing.toml")

KINDS = {"definitions": "definition files", "scripts": "batch scripts"}
"""What is collected, and how a page calls it."""

ENOUGH = 0.95
"""The share of right findings below which a rule is not in the standard profile."""

VERDICTS = ("right", "doubtful", "wrong")

_ABOUT = """\
# How each rule stands.  `make quality` counts anew, `bench/quality.py --record` keeps what a reader said.
# findings, files: over how much of the collected files it speaks, strict profile, no site; cost: microseconds of CPU a file.
# read: when, by whom (a role), and how many findings of the sample were right, doubtful and wrong.
"""


class Reading(NamedTuple):
    """What a person said who read a sample of a rule's findings: when, in which role, how many are what."""

    on: dt.date
    by: str
    right: int
    doubtful: int
    wrong: int

    @property
    def sample(self) -> int:
        """How many findings were read."""
        return self.right + self.doubtful + self.wrong

    @property
    def is_enough(self) -> bool:
        """Whether so many are right that everybody may hear the rule."""
        return self.right >= ENOUGH * self.sample


class Standing(NamedTuple):
    """One rule over the files of one kind; `cost` is in microseconds of CPU a file.  None: not counted, not read."""

    findings: int | None = None
    files: int = 0
    cost: int = 0
    read: Reading | None = None


class Measured(NamedTuple):
    """All rules over the files of one kind: how many files there were, and when they were counted (None: never)."""

    files: int = 0
    on: dt.date | None = None
    rules: Mapping[str, Standing] = {}


Table = dict[str, Measured]
"""What was measured, by kind of file."""


def read_table(path: Path = FILE) -> Table:
    """The table of a file; an empty one where there is no file."""
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    unknown = found.keys() - KINDS.keys()
    if unknown:
        raise ValueError(f"{path}: unknown table {', '.join(sorted(unknown))}")
    return {kind: _measured(found.get(kind, {})) for kind in KINDS}


def _measured(entry: dict[str, Any]) -> Measured:
    rules = {code: _standing(row) for code, row in entry.get("rules", {}).items()}
    return Measured(entry.get("files", 0), entry.get("measured"), rules)


def _standing(row: dict[str, Any]) -> Standing:
    row = dict(row)
    read = row.pop("read", None)
    return Standing(**row, read=Reading(**read) if read is not None else None)


def write_table(table: Table, path: Path = FILE) -> None:
    """Write a table, in the order of the codes, so that a difference shows what changed."""
    parts = [_ABOUT]
    for kind, measured in table.items():
        head = f"[{kind}]\nfiles = {measured.files}\n"
        if measured.on is not None:
            head += f"measured = {measured.on}\n"
        rows = "".join(f"{code} = {_row(row)}\n" for code, row in sorted(measured.rules.items()))
        parts.append(f"{head}\n[{kind}.rules]\n{rows}")
    path.write_text("\n".join(parts), encoding="utf-8")


def _row(standing: Standing) -> str:
    cells = []
    if standing.findings is not None:
        cells.append(f"findings = {standing.findings}, files = {standing.files}, cost = {standing.cost}")
    if standing.read is not None:
        on, by, *counts = standing.read
        said = ", ".join(f"{word} = {count}" for word, count in zip(VERDICTS, counts, strict=True))
        cells.append(f"read = {{on = {on}, by = {json.dumps(by, ensure_ascii=False)}, {said}}}")
    return f"{{{', '.join(cells)}}}"


def with_counts(before: Measured, files: int, on: dt.date, counted: Mapping[str, Standing]) -> Measured:
    """What was measured with new counts; what was read stays known, and a cost that is much the same."""
    rules = {}
    for code, row in counted.items():
        old = before.rules.get(code, Standing())
        # A machine is never equally busy twice; only what doubled or halved is news.
        same = old.cost <= 2 * row.cost and row.cost <= 2 * old.cost
        rules[code] = row._replace(read=old.read, cost=old.cost if same else row.cost)
    silent = {code: Standing(read=row.read) for code, row in before.rules.items() if row.read is not None}
    return Measured(files, on, {**silent, **rules})


def with_readings(before: Measured, readings: Mapping[str, Reading]) -> Measured:
    """What was measured with new readings, each in place of the one before."""
    new = {code: before.rules.get(code, Standing())._replace(read=read) for code, read in readings.items()}
    return before._replace(rules={**before.rules, **new})


def wanting(table: Table) -> dict[str, Reading]:
    """The last reading of each rule of which too few findings were right."""
    return {
        code: row.read
        for measured in table.values()
        for code, row in measured.rules.items()
        if row.read is not None and not row.read.is_enough
    }


def standing_line(table: Table, code: str) -> str:
    """How a rule stands, for its page, in one line for each kind of file; "" where nothing is known."""
    said = [
        _said(kind, measured, measured.rules[code])
        for kind, measured in table.items()
        if code in measured.rules
    ]
    # That it is silent over files that it does not look at says nothing.
    return "  \n".join(filter(None, said))


def _said(kind: str, measured: Measured, row: Standing) -> str:
    words = []
    if row.findings:
        words.append(f"{_count(row.findings, 'finding')} in {_count(row.files, 'file')}")
    elif row.findings == 0:
        words.append("no finding")
    if row.read is not None:
        words.append(f"last read {row.read.on:%Y-%m}: {_verdict(row.read)}")
    if row.findings is None:
        return f"{KINDS[kind].capitalize()}: {'; '.join(words)}."
    return f"Over {measured.files} collected {KINDS[kind]}: {'; '.join(words)}."


def _verdict(read: Reading) -> str:
    doubts = [
        f"{count} {word}" for word, count in (("doubtful", read.doubtful), ("wrong", read.wrong)) if count
    ]
    return ", ".join([f"{read.right} of {read.sample} right", *doubts])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
