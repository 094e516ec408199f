"""How the difference of two saved machines is shown: as text, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sifcheck.base.findings import Finding

if TYPE_CHECKING:
    from sifcheck.app.doctor import Comparison

_WIDEST = 60


def comparison_text(comparison: Comparison) -> str:
    """What was found on one machine only, on both, and the facts that differ, side by side."""
    from sifcheck.base.text import escape

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
    widths = [min(_WIDEST, max(len(escape(row[column])) for row in rows)) for column in range(2)]
    for row in rows if facts else ():
        lines.append(f"{escape(row[0]):{widths[0]}}  {escape(row[1]):{widths[1]}}  {escape(row[2])}".rstrip())
    lines.append(
        f"{len(facts)} fact{'s differ' if len(facts) > 1 else ' differs'}" if facts else "no fact differs"
    )
    return "".join(f"{escape(line)}\n" for line in lines)


def comparison_document(comparison: Comparison) -> str:
    """The same as JSON."""
    from sifcheck.lint.fingerprint import with_fingerprints
    from sifcheck.report.json_document import finding_object, json_text

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
