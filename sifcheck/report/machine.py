"""What `doctor` prints: the machine in a few lines, what was found in groups, and how many checks had nothing to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sifcheck.findings import SEVERITIES, Finding
from sifcheck.report.color import Paint, painter
from sifcheck.report.harmless import harmless
from sifcheck.startup import NamedTuple

GROUPS: Mapping[str, str] = {
    "ENV1": "Identity, namespaces, runtime",
    "ENV2": "Temporary, cache and output storage",
    "ENV3": "Memory and limits",
    "ENV4": "Network and keys",
}
"""The groups of checks in the order they are shown, by the first letters of their codes; a pack's own come behind them."""

MARKS: Mapping[str, str] = {"error": "✗", "warning": "!", "info": "·", "passed": "✓", "left out": "-"}

_BAR = 24
_SHORTEST_BAR = 12
_COMMAND = re.compile(r"`([^`]+)`")
_COMMANDS_AT_END = re.compile(r"(?:(.*?):\s+)??(?:`[^`]* [^`]*`(?:,?\s+(?:(?:or|and)\s+)?)?)+")


class Gauge(NamedTuple):
    """How full something is, in bytes, and both as text."""

    used: int
    total: int
    text: str


class Fact(NamedTuple):
    """One line about the machine: what, how it is, and how full."""

    label: str
    text: str
    gauge: Gauge | None = None


class Check(NamedTuple):
    """A check that had nothing to say: its code and name, and why it was left out, if it was."""

    code: str
    name: str
    left_out: str = ""


class Machine(NamedTuple):
    """All that is shown.  `facts` are by group; `unknown` are (fact, why) of what could not be learnt."""

    headline: str
    site: str
    facts: Mapping[str, Sequence[Fact]]
    findings: Sequence[Finding]
    quiet: Sequence[Check]
    unknown: Sequence[tuple[str, str]]


def render_machine(machine: Machine, *, color: bool, width: int, verbose: bool = False) -> str:
    """The whole text.  `verbose` names each check that passed or was left out, and each fact that could not be learnt."""
    paint = painter(color)
    lines = [paint(harmless(machine.headline), "strong")]
    if machine.site:
        lines.append(harmless(machine.site))
    codes = [*(finding.code for finding in machine.findings), *(check.code for check in machine.quiet)]
    for group in _groups(codes):
        lines += ["", *_group(group, machine, paint, width, verbose)]
    lines += ["", *_ending(machine, paint, verbose)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _groups(codes: Iterable[str]) -> list[str]:
    own = {code.rstrip("0123456789") for code in codes if not code.startswith(tuple(GROUPS))}
    return [*GROUPS, *sorted(own)]


def _group(group: str, machine: Machine, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    findings = [finding for finding in machine.findings if finding.code.startswith(group)]
    checks = [check for check in machine.quiet if check.code.startswith(group)]
    passed = [check for check in checks if not check.left_out]
    total = len(passed) + len({finding.code for finding in findings})
    title = GROUPS.get(group, group)
    count = f"{len(passed)} of {total} checks passed" if total else "no check"
    yield f"{paint(title, 'strong')}{' ' * max(2, 60 - len(title))}{paint(count, 'quiet')}"
    yield from _facts(machine.facts.get(group, ()), paint, width)
    for finding in sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)):
        yield from finding_lines(finding, paint, width)
    if verbose:
        for check in checks:
            mark, why = ("left out", f": {check.left_out}") if check.left_out else ("passed", "")
            style = "quiet" if check.left_out else "fix"
            yield f"  {paint(MARKS[mark], style)} {check.code} {check.name}{harmless(why)}"


def _facts(facts: Sequence[Fact], paint: Paint, width: int) -> Iterator[str]:
    """The facts of a group, bars side by side; where the lines are too short for that, each below its fact."""
    labels = max((len(fact.label) for fact in facts), default=0)
    texts = max((len(fact.text) for fact in facts if fact.gauge is not None), default=0)
    gauges = max((len(fact.gauge.text) for fact in facts if fact.gauge is not None), default=0)
    left = width - (4 + labels + 2 + texts + 2 + 2 + gauges)
    beside = left >= _SHORTEST_BAR
    length = min(_BAR, left) if beside else _BAR
    for fact in facts:
        line = f"    {paint(f'{fact.label:{labels}}', 'quiet')}  {harmless(fact.text)}"
        if fact.gauge is not None:
            gap = " " * (texts - len(fact.text) + 2) if beside else f"\n{' ' * (4 + labels + 2)}"
            line += f"{gap}{_bar(fact.gauge, paint, length)}  {fact.gauge.text}"
        yield from line.split("\n")


def _bar(gauge: Gauge, paint: Paint, length: int) -> str:
    share = min(1.0, max(0.0, gauge.used / gauge.total)) if gauge.total > 0 else 1.0
    filled = round(share * length)
    style = "error" if share >= 0.95 else "warning" if share >= 0.8 else "fix"
    return paint("█" * filled, style) + paint("░" * (length - filled), "quiet")


def finding_lines(finding: Finding, paint: Paint, width: int) -> Iterator[str]:
    """A finding about a machine or a plan: what, and what to type."""
    mark = paint(MARKS[finding.severity], finding.severity)
    code = paint(f"{finding.code} {finding.name}", finding.severity)
    first, *rest = _wrapped(finding.message, width - 4)
    yield f"  {mark} {code}"
    yield from (f"      {harmless(line)}" for line in (first, *rest))
    for number, (word, line, style) in enumerate(_advice(finding.help, width - 12)):
        label = paint(f"{word or ('do' if number == 0 else ''):3}", "help")
        yield f"      {label} {paint(harmless(line), style) if style else harmless(line)}"
    yield f"      {paint('why', 'quiet')} sifcheck rule {finding.code}"


def _advice(help: str, width: int) -> Iterator[tuple[str, str, str]]:
    """The lines of an advice as (label, text, style): what is to be typed, in backquotes, stands on lines of its own.

    Where the advice ends in it, it is not said twice; one word in backquotes is a name, and no command.
    """
    ending = _COMMANDS_AT_END.fullmatch(help)
    words = help if ending is None else f"{ending[1]}:" if ending[1] else ""
    commands = dict.fromkeys(command for command in _COMMAND.findall(help) if " " in command.strip())
    yield from (("", line, "") for line in (_wrapped(words, width) if words else ()))
    for number, command in enumerate(commands):
        yield "or" if number and ", or `" in help else "", command, "fix"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` letters, where blanks let them be."""
    from textwrap import wrap

    lines = [part for line in text.split("\n") for part in wrap(line, max(40, width), break_long_words=False)]
    return lines or [""]


def _ending(machine: Machine, paint: Paint, verbose: bool) -> Iterator[str]:
    counts = [(sum(f.severity == level for f in machine.findings), level) for level in reversed(SEVERITIES)]
    said = [
        paint(f"{number} {level}{'s' if number > 1 and level != 'info' else ''}", level)
        for number, level in counts
        if number
    ]
    passed = sum(not check.left_out for check in machine.quiet)
    said.append(f"{passed} passed")
    left_out = len(machine.quiet) - passed
    if left_out:
        said.append(f"{left_out} left out")
    more = "" if verbose or not (left_out or machine.unknown) else " (--verbose tells which)"
    if machine.unknown:
        said.append(f"{len(machine.unknown)} facts unknown")
    yield ", ".join(said) + more
    if verbose and machine.unknown:
        yield ""
        yield paint("Not learnt", "strong")
        yield from (f"    {harmless(fact)}: {harmless(why)}" for fact, why in machine.unknown)
