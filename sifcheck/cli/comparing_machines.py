"""`sifcheck doctor --compare A B`: what fails on one of two saved machines and not on the other, then what differs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.app.hosting import read_snapshot
from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, UsageError, print_text
from sifcheck.app.session import Session
from sifcheck.base.findings import SEVERITIES, Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host

if TYPE_CHECKING:
    from sifcheck.config.layers import Configuration
    from sifcheck.config.settings import Settings
    from sifcheck.host.comparing import Difference
    from sifcheck.lint.plugins import Loaded

_WIDEST = 60


class Judged(NamedTuple):
    """A saved machine, and what the rules find about it."""

    path: str
    host: Host
    findings: list[Finding]

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return f"{self.path} ({self.host.platform.host_name})"


class Comparison(NamedTuple):
    """What was found on one of two machines only, what on both, and the facts that differ."""

    first: Judged
    second: Judged
    only_first: list[Finding]
    only_second: list[Finding]
    both: list[Finding]
    facts: list[Difference]


def compare(paths: Sequence[str], settings: Settings, configuration: Configuration, loaded: Loaded) -> int:
    """Print how two saved machines differ; 0 if they do not, 1 if they do."""
    from sifcheck.host.comparing import differences

    if settings.outputs or settings.output_format not in ("full", "json"):
        raise UsageError("--compare: there is text (`full`) and `json`, on standard output")
    first, second = (_judged(path, settings, configuration, loaded) for path in paths)
    there, here = set(map(_key, second.findings)), set(map(_key, first.findings))
    comparison = Comparison(
        first,
        second,
        [one for one in first.findings if _key(one) not in there],
        [one for one in second.findings if _key(one) not in here],
        [one for one in first.findings if _key(one) in there],
        differences(first.host, second.host),
    )
    text = _document(comparison) if settings.output_format == "json" else _text(comparison)
    print_text(text, sys.stdout)
    same = not (comparison.only_first or comparison.only_second or comparison.facts)
    return EXIT_CLEAN if same else EXIT_FINDINGS


def _judged(path: str, settings: Settings, configuration: Configuration, loaded: Loaded) -> Judged:
    # Each has a site of its own: the signs of a machine tell it, or what kind of node it is.
    session = Session(configuration, loaded)
    host = read_snapshot(path)
    session.use_saved(host)
    findings = session.checker_of_machine(settings, host).check_host(host)
    return Judged(path, host, sorted(findings, key=lambda one: -SEVERITIES.index(one.severity)))


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.severity, finding.message


def _text(comparison: Comparison) -> str:
    from sifcheck.report.harmless import harmless

    first, second = comparison.first, comparison.second
    lines = []
    for heading, findings in (
        (f"only in {first.name}", comparison.only_first),
        (f"only in {second.name}", comparison.only_second),
        ("in both", comparison.both),
    ):
        if findings:
            lines += [
                heading,
                *(f"  {one.severity:7}  {one.code} {one.name}: {one.message}" for one in findings),
                "",
            ]
    facts = comparison.facts
    rows = [("", first.name, second.name), *facts]
    widths = [min(_WIDEST, max(len(harmless(row[column])) for row in rows)) for column in range(2)]
    for row in rows if facts else ():
        lines.append(
            f"{harmless(row[0]):{widths[0]}}  {harmless(row[1]):{widths[1]}}  {harmless(row[2])}".rstrip()
        )
    lines.append(
        f"{len(facts)} fact{'s differ' if len(facts) > 1 else ' differs'}" if facts else "no fact differs"
    )
    return "".join(f"{harmless(line)}\n" for line in lines)


def _document(comparison: Comparison) -> str:
    from sifcheck.lint.fingerprint import with_fingerprints
    from sifcheck.report.json_document import finding_object
    from sifcheck.report.json_text import json_text

    def objects(findings: list[Finding]) -> list[dict[str, Any]]:
        return [finding_object(one) for one in with_fingerprints(findings)]

    machines = (comparison.first, comparison.second)
    return json_text(
        {
            "machines": [{"path": one.path, "host_name": one.host.platform.host_name} for one in machines],
            "findings": {
                "only_first": objects(comparison.only_first),
                "only_second": objects(comparison.only_second),
                "both": objects(comparison.both),
            },
            "facts": [fact._asdict() for fact in comparison.facts],
        }
    )
