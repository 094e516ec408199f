"""What `doctor` prints: the machine in a few lines, what was found in groups, and how many checks had nothing to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sifcheck.base.facts import Fact, Gauge
from sifcheck.base.findings import SEVERITIES, Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import escape
from sifcheck.report.color import Paint, painter

GROUPS: Mapping[str, str] = {
    "ENV1": "Identity, namespaces, runtime",
    "ENV2": "Temporary, cache and output storage",
    "ENV3": "Memory and limits",
    "ENV4": "Network and keys",
}
"""The groups of checks in the order they are shown, by the first letters of their codes; a pack's own come behind them."""

MARKS: Mapping[str, str] = {
    "error": "✗",
    "warning": "!",
    "info": "·",
    "passed": "✓",
    "left out": "-",
    "not known": "?",
}
_PLAIN = str.maketrans("✗·✓█░", "x.+#.")

_BAR = 24
_SHORTEST_BAR = 12
_QUOTED = re.compile(r"`[^`]+`")
# A line that a shell takes: variables, a program, and something behind it; no option, no line of a file.
_LINE = r"`(?:\w+=[^\s`]* )*[a-z/~][\w.+/-]* (?![^`=]*\s?=\s)[^`]+`"
_COMMANDS_AT_END = re.compile(
    rf"(.*?)(?:(:)\s+|[,;]?\s+((?:or|and)\s+)?|\A)({_LINE}(?:(?:,?\s+(?:or|and)|,)\s+{_LINE})*)"
)
_JOINED = re.compile(r"(?:(,?\s+(?:or|and)|,)\s+)?`([^`]+)`")


class Check(NamedTuple):
    """A check that had nothing to say: its code and name, why it was left out, or why what it asks is not known."""

    code: str
    name: str
    left_out: str = ""
    not_known: str = ""

    @property
    def passed(self) -> bool:
        """Whether it looked and found nothing."""
        return not (self.left_out or self.not_known)


class Machine(NamedTuple):
    """All that is shown.  `facts` are by group; `unknown` are (fact, why) of what could not be learnt.

    `brief`: only what was found.
    """

    headline: str
    site: str
    facts: Mapping[str, Sequence[Fact]]
    findings: Sequence[Finding]
    quiet: Sequence[Check]
    unknown: Sequence[tuple[str, str]]
    brief: bool = False


def render_machine(
    machine: Machine, *, color: bool, width: int, verbose: bool = False, plain: bool = False
) -> str:
    """The whole text.  `verbose` names each check that passed or was left out, and each fact that could not be learnt.

    `plain`: with marks and bars that ASCII has.
    """
    text = _rendered(machine, color, width, verbose)
    return text.translate(_PLAIN) if plain else text


def _rendered(machine: Machine, color: bool, width: int, verbose: bool) -> str:
    paint = painter(color)
    lines = [paint(escape(machine.headline), "strong")]
    if machine.site:
        lines += map(escape, machine.site.split("\n"))
    codes = [*(finding.code for finding in machine.findings), *(check.code for check in machine.quiet)]
    for group in _groups(codes):
        if machine.brief and not any(finding.code.startswith(group) for finding in machine.findings):
            continue
        lines += ["", *_group(group, machine, paint, width, verbose)]
    lines += ["", *_ending(machine, paint, verbose)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _groups(codes: Iterable[str]) -> list[str]:
    own = {code.rstrip("0123456789") for code in codes if not code.startswith(tuple(GROUPS))}
    return [*GROUPS, *sorted(own)]


def _group(group: str, machine: Machine, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    findings = [finding for finding in machine.findings if finding.code.startswith(group)]
    checks = [check for check in machine.quiet if check.code.startswith(group)]
    passed = [check for check in checks if check.passed]
    # What had no answer did not pass; what nobody asked for is none of the checks.
    total = len({finding.code for finding in findings}) + sum(not check.left_out for check in checks)
    title = GROUPS.get(group, group)
    count = f"{len(passed)} of {total} checks passed" if total else "no check"
    gap = max(2, min(60, width - len(count)) - len(title))
    if len(title) + gap + len(count) <= width:
        yield f"{paint(title, 'strong')}{' ' * gap}{paint(count, 'quiet')}"
    else:
        yield paint(title, "strong")
        yield f"    {paint(count, 'quiet')}"
    if not machine.brief:
        yield from _facts(machine.facts.get(group, ()), paint, width)
    for finding in sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)):
        yield from finding_lines(finding, paint, width)
    if verbose:
        yield from (_quiet(check, paint) for check in checks)


def _quiet(check: Check, paint: Paint) -> str:
    if check.left_out:
        mark, style, why = "left out", "quiet", f": {check.left_out}"
    elif check.not_known:
        mark, style, why = "not known", "warning", f": not known: {check.not_known}"
    else:
        mark, style, why = "passed", "fix", ""
    return f"  {paint(MARKS[mark], style)} {check.code} {check.name}{escape(why)}"


def _facts(facts: Sequence[Fact], paint: Paint, width: int) -> Iterator[str]:
    """The facts of a group, bars side by side; where the lines are too short for that, each below its fact."""
    labels = max((len(fact.label) for fact in facts), default=0)
    texts = max((len(fact.text) for fact in facts if fact.gauge is not None), default=0)
    gauges = max((len(fact.gauge.text) for fact in facts if fact.gauge is not None), default=0)
    left = width - (4 + labels + 2 + texts + 2 + 2 + gauges)
    beside = left >= _SHORTEST_BAR
    length = min(_BAR, left) if beside else _BAR
    for fact in facts:
        line = f"    {paint(f'{fact.label:{labels}}', 'quiet')}  {escape(fact.text)}"
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
    yield from (f"      {escape(line)}" for line in (first, *rest))
    for number, (word, line, style) in enumerate(_advice(finding.help, width - 12)):
        label = paint(f"{word or ('do' if number == 0 else ''):3}", "help")
        yield f"      {label} {paint(escape(line), style) if style else escape(line)}"
    yield f"      {paint('why', 'quiet')} sifcheck rule {finding.code}"


def _advice(help: str, width: int) -> Iterator[tuple[str, str, str]]:
    """The lines of an advice as (label, text, style): the lines to be typed that it ends in stand on lines of their own.

    They are not said twice.  What else is in backquotes is a name, an option, or has more words behind it, and stays there.
    """
    ending = _COMMANDS_AT_END.fullmatch(help)
    words = help if ending is None else f"{ending[1]}{ending[2] or ''}"
    yield from (("", line, "") for line in (_wrapped(words, width) if words else ()))
    if ending is None:
        return
    joined = ending[3] or ""
    for found in _JOINED.finditer(ending[4]):
        joined = found[1] or joined
        # What the words before it already end in ("or") belongs to the first line.
        yield "or" if "or" in joined.split() else "", found[2], "fix"
        joined = ""


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` letters, where spaces let them be; what stands in backquotes is never broken."""
    from textwrap import wrap

    kept = _QUOTED.sub(lambda found: found[0].replace(" ", _UNBROKEN), text)
    lines = [
        part.replace(_UNBROKEN, " ")
        for line in kept.split("\n")
        for part in wrap(line, max(40, width), break_long_words=False, break_on_hyphens=False)
    ]
    return lines or [""]


_UNBROKEN = "\x00"


def _ending(machine: Machine, paint: Paint, verbose: bool) -> Iterator[str]:
    counts = [(sum(f.severity == level for f in machine.findings), level) for level in reversed(SEVERITIES)]
    said = [
        paint(f"{number} {level}{'s' if number > 1 and level != 'info' else ''}", level)
        for number, level in counts
        if number
    ]
    said.append(f"{sum(check.passed for check in machine.quiet)} passed")
    not_known = sum(bool(check.not_known) for check in machine.quiet)
    left_out = sum(bool(check.left_out) for check in machine.quiet)
    if not_known:
        said.append(paint(f"{not_known} not known", "warning"))
    if left_out:
        said.append(f"{left_out} left out")
    more = "" if verbose or not (left_out or not_known or machine.unknown) else " (--verbose tells which)"
    if machine.unknown:
        said.append(f"{len(machine.unknown)} fact{'s' if len(machine.unknown) > 1 else ''} unknown")
    yield ", ".join(said) + more
    if verbose and machine.unknown:
        yield ""
        yield paint("Not learnt", "strong")
        yield from (f"    {escape(fact)}: {escape(why)}" for fact, why in machine.unknown)
