"""The format `html`: one self-contained page on a collection of files, for those who look after many."""

from __future__ import annotations

import html
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from sifcheck.base.findings import SEVERITIES, Finding, Results, Severity
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import escape
from sifcheck.report.companions import in_short
from sifcheck.report.place import path_of, positions

_MOST_BARS = 20
_MOST_EXCERPT = 400
_LEVELS = tuple(reversed(SEVERITIES))


class _FileFindings(NamedTuple):
    """What was found in a file; `counts` are of the places by severity, `places` is their sum."""

    path: str
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]

    @property
    def places(self) -> int:
        return sum(self.counts.values())


def render(results: Results, *, color: bool, width: int) -> str:
    """The whole page; `color` and `width` are not needed.  It loads nothing, and no text of a checked file acts in it."""
    style, script = _beside("collection.css"), _beside("collection.js")
    files, by_code = _files(results.findings), _by_code(results.findings)
    earlier = results.earlier
    body = [
        *_head(results, files),
        *_rule_chart(by_code),
        *_rules(by_code, results, earlier.codes if earlier is not None else None),
        *_table_of_files(files, earlier.paths if earlier is not None else None),
        *_details(files),
    ]
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>sifcheck: {_counted(results.files, 'file')}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f"\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _beside(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


def _text(text: str) -> str:
    """A text as HTML that shows it, whatever it holds."""
    return html.escape(escape(text))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _files(findings: Iterable[Finding]) -> list[_FileFindings]:
    """The files with findings, the worst first."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(path_of(finding) or finding.subject or "sifcheck", []).append(finding)
    files = [
        _FileFindings(path, tuple(found), Counter(single.severity for single in _singles(found)))
        for path, found in by_path.items()
    ]
    return sorted(files, key=lambda file: ([-file.counts[level] for level in _LEVELS], file.path))


def _singles(findings: Iterable[Finding]) -> Iterator[Finding]:
    """A finding for each place: what is compared and summed up must not hang on how a cause is spread over a file."""
    for finding in findings:
        yield from finding.singles()


def _head(results: Results, files: Sequence[_FileFindings]) -> Iterator[str]:
    singles = tuple(_singles(results.findings))
    counts = Counter(finding.severity for finding in singles)
    clean = max(0, results.files - len(files))
    yield f"<h1>sifcheck: {_counted(results.files, 'file')}</h1>"
    fixable = sum(finding.fix is not None and finding.fix.safe for finding in singles)
    found = f"{_counted(len(results.findings), 'finding')} at {_counted(len(singles), 'place')}"
    told = f"{found}, {fixable:,} of which <code>--fix</code> fixes. All numbers count places."
    yield f'<p class="quiet">{told}</p>'
    tiles: list[tuple[int, str, str]] = [(counts[level], f"{level}s", level) for level in _LEVELS]
    tiles.append((clean, "files without a finding", "clean"))
    yield '<div class="tiles">'
    for number, label, name in tiles:
        yield f'<div class="tile"><b class="{name}">{number:,}</b>{label}</div>'
    yield "</div>"
    yield from _severity_chart(results.files, clean, files)


def _severity_chart(total: int, clean: int, files: Sequence[_FileFindings]) -> Iterator[str]:
    """One bar of all files, parted by the worst finding of each."""
    worst = Counter(next(level for level in _LEVELS if file.counts[level]) for file in files)
    parts = [(level, worst[level]) for level in _LEVELS] + [("clean", clean)]
    whole = max(1, total, sum(number for _, number in parts))
    said = ", ".join(f"{number} {name}" for name, number in parts if number)
    yield f'<h2>Files by their worst finding</h2>\n<svg viewBox="0 0 1000 46" role="img" aria-label="{said}">'
    at = 0.0
    for name, number in parts:
        wide = 1000 * number / whole
        if number:
            yield f'<rect class="fill-{name}" x="{at:.1f}" y="0" width="{max(1.0, wide - 2):.1f}" height="22" rx="3"/>'
            if wide > 60:
                yield f'<text x="{at + 2:.1f}" y="41">{number:,} {name}</text>'
        at += wide
    yield "</svg>"


def _by_code(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings of each rule, those of the rule that found most first."""
    found: dict[str, list[Finding]] = {}
    for finding in _singles(findings):
        found.setdefault(finding.code, []).append(finding)
    return dict(sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0])))


def _worst(findings: Sequence[Finding]) -> Severity:
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default="info")


def _rule_chart(by_code: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    """The rules that found most, a bar each."""
    rows = list(by_code.items())[:_MOST_BARS]
    if not rows:
        return
    most, height = len(rows[0][1]), len(rows) * 24
    yield f'<h2>What is found most</h2>\n<svg viewBox="0 0 1000 {height}" role="img" aria-label="places by rule">'
    for number, (code, found) in enumerate(rows):
        y, wide = number * 24, 560 * len(found) / most
        yield f'<text x="0" y="{y + 16}">{_text(code)} {_text(found[0].name)}</text>'
        yield f'<rect class="fill-{_worst(found)}" x="350" y="{y + 3}" width="{max(1.0, wide):.1f}" height="17" rx="2"/>'
        yield f'<text x="{358 + wide:.1f}" y="{y + 16}">{len(found):,}</text>'
    yield "</svg>"


def _rules(
    by_code: Mapping[str, Sequence[Finding]], results: Results, earlier: Mapping[str, int] | None
) -> Iterator[str]:
    heads = [("rule", ""), ("about", ""), ("severity", ""), ("places", "number"), ("files", "number")]
    yield "<h2>Rules</h2>"
    yield from _table_head(heads, earlier is not None)
    for code in (*by_code, *sorted(set(earlier or ()) - set(by_code))):
        found = by_code.get(code, ())
        name = found[0].name if found else ""
        about = results.rules[code].summary if code in results.rules else ""
        severity = _worst(found)
        files = len({path_of(finding) for finding in found})
        cells = [
            f"<td>{_text(code)} {_text(name)}</td><td>{_text(about)}</td>",
            f'<td class="{severity}" data-value="{SEVERITIES.index(severity)}">{severity}</td>',
            f'<td class="number">{len(found)}</td><td class="number">{files}</td>',
        ]
        if earlier is not None:
            cells.append(_change(len(found) - earlier.get(code, 0)))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _table_of_files(files: Sequence[_FileFindings], earlier: Mapping[str, int] | None) -> Iterator[str]:
    there = {file.path for file in files}
    gone = [_FileFindings(path, (), Counter()) for path in sorted(earlier or ()) if path not in there]
    heads = [("file", ""), *((level, "number") for level in _LEVELS)]
    yield "<h2>Files</h2>"
    yield from _table_head(heads, earlier is not None)
    for file in (*files, *gone):
        cells = [f"<td>{_text(file.path)}</td>"]
        cells += [f'<td class="number">{file.counts[level]}</td>' for level in _LEVELS]
        if earlier is not None:
            cells.append(_change(file.places - earlier.get(file.path, 0)))
        yield f'<tr data-text="{_text(file.path.lower())}">{"".join(cells)}</tr>'
    yield "</tbody></table>"


def _table_head(heads: Sequence[tuple[str, str]], compared: bool) -> Iterator[str]:
    named = [*heads, *([("change", "number")] if compared else [])]
    cells = "".join(
        f'<th class="{kind}"><button type="button">{name}</button></th>'
        if kind
        else f'<th><button type="button">{name}</button></th>'
        for name, kind in named
    )
    yield f"<table><thead><tr>{cells}</tr></thead><tbody>"


def _change(number: int) -> str:
    style = "more" if number > 0 else "less" if number < 0 else "quiet"
    return f'<td class="number {style}" data-value="{number}">{f"{number:+}" if number else "0"}</td>'


def _details(files: Sequence[_FileFindings]) -> Iterator[str]:
    yield "<h2>Findings</h2>"
    yield '<p><input type="search" placeholder="part of a path, a code or a message" aria-label="look for"></p>'
    for file in files:
        words = " ".join([file.path, *(f"{finding.code} {finding.message}" for finding in file.findings)])
        told = ", ".join(f"{file.counts[level]} {level}" for level in _LEVELS if file.counts[level])
        yield f'<details data-text="{_text(words.lower())}"><summary><code>{_text(file.path)}</code> {told}</summary><ul>'
        yield from map(_finding, file.findings)
        yield "</ul></details>"


def _finding(finding: Finding) -> str:
    start, _ = positions(finding.source, finding.span)
    place = f"line {start.line}, column {start.column}: " if path_of(finding) is not None else ""
    advice = f'<br><span class="quiet">{_text(finding.help)}</span>' if finding.help else ""
    rule = f'<b class="{finding.severity}">{_text(finding.code)} {_text(finding.name)}</b>'
    return f"<li>{place}{rule} {_text(finding.message + in_short(finding))}{advice}{_excerpt(finding, start.line)}</li>"


def _excerpt(finding: Finding, line: int) -> str:
    if finding.source is None or not finding.source.data or finding.secret:
        return ""
    text = finding.source.line(line)[:_MOST_EXCERPT]
    return f"<pre>{_text(text)}</pre>" if text.strip() else ""
