"""Counts findings: the line a report ends with, and the table of `--statistics`."""

from __future__ import annotations

from itertools import chain

from sifcheck.base.findings import SEVERITIES, Finding, Results, Severity
from sifcheck.base.text import cells, escape
from sifcheck.report.color import painter
from sifcheck.report.place import path_of

_HEADINGS = ("count", "code", "name", "severity", "files")
_NUMBERS = (0, 4)
_SEVERITY = 3


def by_severity(findings: tuple[Finding, ...]) -> dict[Severity, int]:
    """How many findings there are of each severity, the worst first."""
    counts = dict.fromkeys(reversed(SEVERITIES), 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def summary(results: Results, *, color: bool = False) -> str:
    """One line: how many findings of each severity in how many files, and how many of them can be fixed."""
    files = f" in {_number(results.files, 'file')}" if results.files else ""
    if not results.findings:
        return f"no findings{files}{_left_out(results)}"
    paint = painter(color)
    counted = ", ".join(
        paint(_number(count, severity), severity)
        for severity, count in by_severity(results.findings).items()
        if count
    )
    return f"{counted}{files}{_left_out(results)}{_fixable(results.findings)}"


def statistics(results: Results, *, color: bool = False) -> str:
    """The table of `--statistics`: how often each message of a rule was given, every place counted,
    and in how many files.
    """
    lines = _table(_rows(results.findings), color) if results.findings else []
    return "\n".join([*lines, summary(results, color=color), ""])


def _rows(findings: tuple[Finding, ...]) -> list[tuple[str, ...]]:
    counts: dict[tuple[str, str, str], int] = {}
    files: dict[tuple[str, str, str], set[str]] = {}
    for finding in chain.from_iterable(finding.singles() for finding in findings):
        # One rule can have several messages, and findings of two severities; each is a row of its own.
        key = (finding.word, finding.name, finding.severity)
        counts[key] = counts.get(key, 0) + 1
        path = path_of(finding)
        if path is not None:
            files.setdefault(key, set()).add(path)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    return [
        (str(counts[key]), escape(key[0]), escape(key[1]), key[2], str(len(files.get(key, ()))))
        for key in ordered
    ]


def _table(rows: list[tuple[str, ...]], color: bool) -> list[str]:
    paint = painter(color)
    widths = [max(cells(row[column]) for row in [_HEADINGS, *rows]) for column in range(len(_HEADINGS))]
    lines = [paint("  ".join(_fields(_HEADINGS, widths)), "quiet")]
    for row in rows:
        fields = _fields(row, widths)
        fields[_SEVERITY] = paint(fields[_SEVERITY], row[_SEVERITY])
        lines.append("  ".join(fields))
    return [*lines, ""]


def _fields(row: tuple[str, ...], widths: list[int]) -> list[str]:
    padded = []
    for column, (text, width) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (width - cells(text))
        padded.append(gap + text if column in _NUMBERS else text + gap)
    return padded


def _left_out(results: Results) -> str:
    """How many findings the baseline holds, and how many stand on lines that did not change."""
    if results.left_out is None:
        return ""
    known = f"; {results.left_out.baseline} in the baseline" if results.left_out.baseline else ""
    return known + (
        f"; {results.left_out.unchanged} on unchanged lines" if results.left_out.unchanged else ""
    )


def _fixable(findings: tuple[Finding, ...]) -> str:
    ways = [{one.fix.safe for one in finding.singles() if one.fix is not None} for finding in findings]
    safe, unsafe = sum(True in way for way in ways), sum(way == {False} for way in ways)
    if safe and unsafe:
        return f"; {safe} can be fixed by --fix, {unsafe} more with --unsafe-fixes"
    if safe or unsafe:
        return f"; {safe or unsafe} can be fixed by {'--fix' if safe else '--fix --unsafe-fixes'}"
    return ""


def _number(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 or name == "info" else f"{count} {name}s"
