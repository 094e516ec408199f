"""`make quality`: what each rule says over the collected files, what it costs, and how readers judged it.

    bench/quality.py [--kind KIND] [--excerpts]           count over the files and keep it in standing.toml
    bench/quality.py --draw N --kind KIND FOLDER          draw findings for a reader: FOLDER/sample.tsv and excerpts
    bench/quality.py --record FILE ... --by ROLE          keep what a reader wrote into sample.tsv in standing.toml

It measures and never judges; whether a finding is right is for a person to say, who reads the excerpts and writes right,
doubtful or wrong into the column `verdict` of the sample, and into `pattern` why.  The sample is drawn by a seed, so that
two people read the same.  A rule of which a reader finds less than 95 % right is not in the standard profile (a test).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from collected import Said, all_said, collected
from standing import (
    ENOUGH,
    FILE,
    KINDS,
    VERDICTS,
    Reading,
    Standing,
    read_table,
    with_counts,
    with_readings,
    write_table,
)

from sifcheck.base.findings import Finding, Results
from sifcheck.report import render

EXCERPTS = 5
LEAST = 2
# A reader of an excerpt sees the file around the finding.
AROUND = 150
COLUMNS = ("code", "path", "line", "message", "verdict", "pattern", "excerpt")


def main(words: list[str] | None = None) -> int:
    """Do what the options say; 2 where there are no files to look at or a sample cannot be taken back."""
    given = _parser().parse_args(words)
    if given.record:
        return record([Path(name) for name in given.paths], given)
    if given.draw is not None:
        if len(given.paths) != 1 or given.kind is None:
            print("--draw wants one folder to write to, and --kind", file=sys.stderr)
            return 2
        return draw(given)
    kinds = [given.kind] if given.kind else list(KINDS)
    return max([count(kind, given) for kind in kinds])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="the folder of --draw, the files of --record"
    )
    parser.add_argument("--kind", choices=KINDS, help="definition files or batch scripts (default: both)")
    parser.add_argument(
        "--profile", default=None, help="minimal, standard or strict (--draw: standard; else: strict)"
    )
    parser.add_argument("--only", default="", metavar="CODES", help="codes or beginnings of codes, by commas")
    parser.add_argument("--seed", default="1", help="what the sample is drawn by")
    parser.add_argument("--shellcheck", action="store_true", help="with ShellCheck's findings")
    parser.add_argument(
        "--excerpts", action="store_true", help=f"print up to {EXCERPTS} findings a code, too"
    )
    parser.add_argument(
        "--draw", type=int, metavar="N", help=f"draw N findings, of each code {LEAST} at least"
    )
    parser.add_argument(
        "--record", action="store_true", help="take samples back; each code's last reading is kept"
    )
    parser.add_argument("--by", default="reader", metavar="ROLE", help="who read: a role, no name")
    parser.add_argument(
        "--on", type=dt.date.fromisoformat, default=dt.datetime.now(dt.UTC).date(), metavar="DATE"
    )
    parser.add_argument("--standing", type=Path, default=FILE, metavar="FILE", help="the file that is kept")
    return parser


def _said(kind: str, given: argparse.Namespace, profile: str) -> tuple[Said, int] | None:
    sources = collected(kind)
    if not sources:
        where = "SIFCHECK_CORPUS" if kind == "definitions" else "SIFCHECK_SCRIPTS or beside SIFCHECK_CORPUS"
        print(f"the collected {KINDS[kind]} are not there ({where}): nothing to report on", file=sys.stderr)
        return None
    said = all_said(kind, sources, profile, shellcheck=given.shellcheck)
    chosen = tuple(filter(None, given.only.split(",")))
    findings = [finding for finding in said.findings if not chosen or finding.code.startswith(chosen)]
    return said._replace(findings=findings), len(sources)


# -- counting


def count(kind: str, given: argparse.Namespace) -> int:
    """Print how often each rule speaks and what it costs; keep it where all rules were asked."""
    answer = _said(kind, given, given.profile or "strict")
    if answer is None:
        return 2
    said, files = answer
    print(f"{files} {KINDS[kind]}, {len(said.findings)} findings, ", end="")
    print(f"{sum(said.spent.values()) * 1e3 / files:.2f} ms of CPU a file in the rules\n")
    _print_table(said, files)
    if given.excerpts:
        _print_excerpts(said.findings, given.seed)
    if (given.profile or "strict") == "strict" and not given.only and not given.shellcheck:
        table = read_table(given.standing)
        measured = with_counts(table[kind], files, given.on, _standings(said, files))
        # A rule that was given up is forgotten.
        rules = {
            code: row for code, row in measured.rules.items() if said.checker.registry.find(code) is not None
        }
        table[kind] = measured._replace(rules=rules)
        write_table(table, given.standing)
        print(f"\nkept in {given.standing.name}\n")
    return 0


def _standings(said: Said, files: int) -> dict[str, Standing]:
    """How each rule stands that was asked, or that spoke."""
    counts = Counter(finding.code for finding in said.findings)
    named = _files_by_code(said.findings)
    codes = {code for code in counts if said.checker.registry.find(code) is not None} | said.spent.keys()
    return {
        code: Standing(
            counts[code], len(named.get(code, ())), _rounded(said.spent.get(code, 0.0) * 1e6 / files)
        )
        for code in codes
    }


def _files_by_code(findings: Iterable[Finding]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.source is not None:
            named[finding.code].add(finding.source.path)
    return named


def _rounded(cost: float) -> int:
    """To one digit: what is kept is not to change with the weather."""
    return int(float(f"{cost:.0e}")) if cost >= 1 else 0


def _print_table(said: Said, files: int) -> None:
    counts = Counter(finding.code for finding in said.findings)
    named = _files_by_code(said.findings)
    print(f"{'code':8} {'name':32} {'findings':>8} {'files':>6} {'share':>7} {'us/file':>8}  severities")
    for code in sorted({*counts, *said.spent}):
        rule = said.checker.registry.find(code)
        severities = Counter(finding.severity for finding in said.findings if finding.code == code)
        words = ", ".join(f"{number} {severity}" for severity, number in severities.most_common())
        share = len(named.get(code, ())) / files
        cost = said.spent.get(code, 0.0) * 1e6 / files
        name = rule.name if rule is not None else ""
        print(
            f"{code:8} {name:32} {counts[code]:8} {len(named.get(code, ())):6} {share:7.1%} {cost:8.1f}  {words}"
        )


def _print_excerpts(findings: list[Finding], seed: str) -> None:
    for code, found in sorted(_by_code(findings).items()):
        chosen = random.Random(f"{seed} {code}").sample(found, min(EXCERPTS, len(found)))
        print(f"\n{'=' * 100}\n{code}: {len(chosen)} of {len(found)}\n")
        print(_shown(chosen))


def _by_code(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    return by_code


def _shown(findings: list[Finding]) -> str:
    """Findings as a user sees them."""
    text = render(Results(tuple(findings), (), len(findings)), "full", width=120)
    return text.rpartition("\n\n")[0]


# -- drawing


def draw(given: argparse.Namespace) -> int:
    """Write a sample for a reader to judge, and for each finding of it an excerpt."""
    answer = _said(given.kind, given, given.profile or "standard")
    if answer is None:
        return 2
    chosen = sample(answer[0].findings, given.draw, given.seed)
    folder = Path(given.paths[0])
    (folder / "excerpts").mkdir(parents=True, exist_ok=True)
    rows = [COLUMNS]
    for number, finding in enumerate(chosen, 1):
        name = f"excerpts/{number:03}-{finding.code}.txt"
        (folder / name).write_text(excerpt(finding), encoding="utf-8", errors="replace")
        words = " ".join(finding.message.split())
        rows.append((finding.code, _path(finding), str(_line(finding)), words, "", "", name))
    written = folder / "sample.tsv"
    text = "".join("\t".join(row) + "\n" for row in rows)
    written.write_text(text, encoding="utf-8", errors="replace")
    print(f"{len(chosen)} of {len(answer[0].findings)} findings in {written}")
    print(
        f"write {', '.join(VERDICTS)} into `verdict`, then {Path(__file__).name} --record {written} --by ROLE"
    )
    return 0


def sample(findings: list[Finding], number: int, seed: str) -> list[Finding]:
    """So many of the findings, of each code two at least where there are two, in the order of codes and files."""
    shuffled = random.Random(seed).sample(findings, len(findings))
    first = [one for _, found in sorted(_by_code(shuffled).items()) for one in _apart(found)[:LEAST]]
    taken = {id(finding) for finding in first}
    rest = [finding for finding in shuffled if id(finding) not in taken][: max(number - len(first), 0)]
    return sorted([*first, *rest], key=lambda one: (one.code, _path(one), one.span))


def _apart(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in an order in which those of other files come first: a second place in a file says little new."""
    met: Counter[str] = Counter()
    rounds: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        rounds[met[_path(finding)]].append(finding)
        met[_path(finding)] += 1
    return [finding for _, found in sorted(rounds.items()) for finding in found]


def excerpt(finding: Finding) -> str:
    """A finding as a user sees it, and the file around it with its lines numbered."""
    source = finding.source
    if source is None:
        return _shown([finding])
    first, lines = _line(finding), source.text.encode("latin-1").decode("utf-8", "replace").split("\n")
    start, end = max(first - AROUND, 1), first + AROUND
    shown = [
        f"{'>' if number == first else ' '}{number:5} {line}".rstrip()
        for number, line in enumerate(lines, 1)
        if start <= number <= end
    ]
    about = f"{source.path}, line {start} to {min(end, len(lines))} of {len(lines)}"
    return f"{_shown([finding])}\n\n{'-' * 100}\n{about}\n\n" + "\n".join(shown) + "\n"


def _line(finding: Finding) -> int:
    return finding.source.line_of(finding.span.start) if finding.source is not None else 0


def _path(finding: Finding) -> str:
    return finding.source.path if finding.source is not None else ""


# -- recording


class SampleError(Exception):
    """A sample that cannot be taken back; the text says why."""


class Judged(NamedTuple):
    """One row that a reader judged."""

    kind: str
    code: str
    verdict: str


def record(paths: list[Path], given: argparse.Namespace) -> int:
    """Keep what readers wrote, all files as one reading; say which rules may not be in the standard profile."""
    try:
        judged = [row for path in paths for row in judged_in(path, given.kind)]
    except (SampleError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if not judged:
        print("no row has a verdict: nothing is kept", file=sys.stderr)
        return 2
    table = read_table(given.standing)
    for kind in KINDS:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in judged:
            if row.kind == kind:
                counts[row.code][row.verdict] += 1
        readings = {
            code: Reading(given.on, given.by, *(said[word] for word in VERDICTS))
            for code, said in counts.items()
        }
        table[kind] = with_readings(table[kind], readings)
        for code, read in sorted(readings.items()):
            note = "" if read.is_enough else f"  below {ENOUGH:.0%}"
            print(
                f"{code:8} {kind:12} {read.right:4} right {read.doubtful:4} doubtful {read.wrong:4} wrong{note}"
            )
    write_table(table, given.standing)
    return 0


def judged_in(path: Path, kind: str | None) -> list[Judged]:
    """The rows of a sample that bear a verdict; raises SampleError for one that is none, or of no known kind of file."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or not {"code", "verdict"} <= rows[0].keys():
        raise SampleError(f"{path}: the columns code and verdict are not there")
    judged = []
    for number, row in enumerate(rows, 2):
        verdict = (row["verdict"] or "").strip().lower()
        if not verdict:
            continue
        own = kind or (row.get("path") or "").partition("/")[0]
        if verdict not in VERDICTS:
            raise SampleError(f"{path}, line {number}: the verdict is {', '.join(VERDICTS)}, not {verdict!r}")
        if own not in KINDS:
            raise SampleError(f"{path}, line {number}: of which kind of file it is, --kind says")
        judged.append(Judged(own, row["code"], verdict))
    left = len(rows) - len(judged)
    if left:
        print(f"{path}: {left} rows have no verdict and are left out", file=sys.stderr)
    return judged


if __name__ == "__main__":
    raise SystemExit(main())
