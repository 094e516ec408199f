"""The format `junit`: a test suite for each file and in it a test case for each finding, for what shows test results.

An error or a warning is a failed test; an info, which is no reason to stop, a passed one whose output says it.
"""

from __future__ import annotations

from sifcheck.base.findings import Finding, Results
from sifcheck.report.companions import in_short
from sifcheck.report.place import path_of, positions, where
from sifcheck.report.xml_text import DECLARATION, escaped, opening


def render(results: Results, *, color: bool, width: int) -> str:
    """One document; without findings one test that passed, since readers take an empty one for a failed run."""
    suites: dict[str, list[Finding]] = {}
    for finding in results.findings:
        path = path_of(finding)
        suites.setdefault(finding.subject or "sifcheck" if path is None else path, []).append(finding)
    if results.passed:
        suites.setdefault("host", [])
    counts = _counts(list(results.findings), len(results.passed))
    lines = [opening("testsuites", {"name": "sifcheck", **counts})]
    for name, findings in suites.items():
        checks = results.passed if name == "host" else ()
        lines.append(f"  {opening('testsuite', {'name': name, **_counts(findings, len(checks))})}")
        for finding in findings:
            lines += _case(finding, name)
        for check in checks:
            lines.append(f"    {opening('testcase', {'name': check, 'classname': name}, close=True)}")
        lines.append("  </testsuite>")
    if not suites:
        passed = opening("testcase", {"name": "no findings", "classname": "sifcheck"}, close=True)
        lines += [f"  {opening('testsuite', {'name': 'sifcheck', **_counts([])})}", f"    {passed}"]
        lines.append("  </testsuite>")
    return DECLARATION + "\n".join([*lines, "</testsuites>", ""])


def _counts(findings: list[Finding], passed: int = 0) -> dict[str, int]:
    failures = sum(1 for finding in findings if _fails(finding))
    return {"tests": len(findings) + passed or 1, "failures": failures, "errors": 0, "skipped": 0}


def _fails(finding: Finding) -> bool:
    return finding.severity != "info"


def _case(finding: Finding, suite: str) -> list[str]:
    start, _ = positions(finding.source, finding.span)
    attributes: dict[str, str | int] = {"name": f"{finding.code} {finding.name}", "classname": suite}
    if path_of(finding) is not None:
        attributes["name"] = f"{finding.code} {finding.name} at {start.line}:{start.column}"
        attributes |= {"file": suite, "line": start.line}
    words = [
        f"{where(finding) or 'sifcheck'}: {finding.severity}: {finding.message}{in_short(finding)}",
        finding.help,
    ]
    text = "\n".join(escaped(line) for line in words if line)
    if _fails(finding):
        failure = opening("failure", {"message": finding.message, "type": finding.severity})
        inner = f"{failure}{text}</failure>"
    else:
        inner = f"<system-out>{text}</system-out>"
    return [f"    {opening('testcase', attributes)}", f"      {inner}", "    </testcase>"]
