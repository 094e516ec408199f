"""Suppressions: comments that say which finding is known and why it stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.findings import Edit, Finding
from sifcheck.base.source import Source, Span, shown
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import Definition, Section, Stage
from sifcheck.lint.completing import internal
from sifcheck.lint.internal import NOT_IGNORABLE
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.run import is_shell_script

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.shell import Script

_COMMENT = pattern(r"#[ \t]*sifcheck:[ \t]*((?:(?!#[ \t]*sifcheck:)[^\r\n])*)")
_FORM = pattern(r"(ignore|ignore-section|ignore-file)\[([^\]\r\n]*)\](.*)", re.S)
_WORD = r"[A-Za-z]+[0-9]{2,4}(?:\.[a-z][a-z0-9-]*)?"
_CODES = rf"{_WORD}(?:[ \t]*,[ \t]*{_WORD})*"
_BARE = pattern(rf"(ignore(?:-section|-file)?)[ \t]+({_CODES})(?=[ \t]|$)")
_APART = pattern(r"(ignore(?:-section|-file)?)[ \t]+(\[[^\]\r\n]*\])")
_UNTIL = pattern(r"(?:^|[ \t])until=([^ \t]*)")
_SHELLCHECK = pattern(r"SC(?:[0-9]{4})?")
# For the scheduler these lines say something, so a comment behind them speaks of them and not of the line below.
_DIRECTIVE = pattern(r"#(?:PJM|SBATCH|PBS)[ \t]")


class SuppressedWord(NamedTuple):
    """One code or name in the brackets; `key` where it names one message of the rule."""

    text: str
    span: Span
    code: str | None
    key: str = ""


class Suppression(NamedTuple):
    """One comment: for what it holds, and what is wrong with it (`fault`, None for a good one).

    `own_line`: nothing but comments stands on its line, so it speaks of the line below.  `repair` is the edit that
    makes a good one of it, where that is sure.
    """

    scope: str
    words: tuple[SuppressedWord, ...]
    reason: str
    until: str | None
    span: Span
    own_line: bool
    fault: str | None
    repair: Edit | None


class SuppressionPolicy(NamedTuple):
    """What the configuration asks of suppressions; `today` is a date as 2027-03-31."""

    today: str
    require_reason: bool = False
    no_ignores: frozenset[str] = frozenset()


def read_suppressions(
    source: Source, registry: RuleRegistry, read: Definition | JobScript | None = None
) -> list[Suppression]:
    """All suppressions of a file, malformed ones included.

    What stands in a string or here-document of a script is no comment.
    """
    if "sifcheck:" not in source.text:
        return []
    found = _COMMENT.finditer(source.text)
    return [_read(match, source, registry) for match in found if _is_comment(read, match.start())]


def _is_comment(read: Definition | JobScript | None, offset: int) -> bool:
    """Whether a `#` begins or continues a comment; outside of scripts there is nothing else that it could be."""
    if read is not None and not isinstance(read, Definition):
        return not read.is_shell or any(span.start <= offset < span.end for span in read.script.comments)
    for section in read.sections() if read is not None else ():
        if section.body_span.start <= offset < section.body_span.end:
            if not is_shell_script(section):
                return True
            return any(span.start <= offset < span.end for span in section.script.comments)
    return True


def _read(match: re.Match[str], source: Source, registry: RuleRegistry) -> Suppression:
    line = source.line_span(source.line_of(match.start()))
    before = source.text[line.start : match.start()].strip(" \t\v\f")
    own_line = not before or (before.startswith("#") and not _DIRECTIVE.match(before))
    text = match[1].rstrip(" \t")
    span = Span(match.start(), match.start() + len(match[0].rstrip(" \t")))
    form = _FORM.match(text)
    if form is None:
        fault, repair = _fault(text)
        edit = Edit(match.start(1), span.end, shown(repair)) if repair else None
        return Suppression("", (), "", None, span, own_line, fault, edit)
    words = tuple(_words(form[2], match.start(1) + form.start(2), registry))
    until = _UNTIL.search(form[3])
    wrong = None
    if not words:
        wrong = "the brackets are empty"
    elif until is not None and not _is_date(until[1]):
        wrong = f"{shown(until[1])!r} is no date"
    reason = _UNTIL.sub("", form[3]).strip(" \t-:,.")
    return Suppression(form[1], words, reason, until[1] if until else None, span, own_line, wrong, None)


def _fault(text: str) -> tuple[str, str | None]:
    """What is wrong with a comment that has not the form, and how it was surely meant."""
    bare, apart = _BARE.match(text), _APART.match(text)
    if bare:
        return "the codes stand in brackets", f"{bare[1]}[{bare[2]}]{text[bare.end() :]}"
    if apart:
        return "no blank stands before the bracket", f"{apart[1]}{apart[2]}{text[apart.end() :]}"
    if text.startswith("ignore") and "[" in text and "]" not in text:
        return "the bracket is not closed", None
    return "it is no `ignore[...]`", None


def _words(listed: str, at: int, registry: RuleRegistry) -> Iterator[SuppressedWord]:
    """The codes and names in the brackets, whose text begins at an offset of the file."""
    for part in listed.split(","):
        text = part.strip(" \t")
        if text:
            start = at + part.index(text)
            rule, key = registry.find_message(text) or (registry.find(text), "")
            code = rule.code if rule is not None else text if _SHELLCHECK.fullmatch(text) else None
            yield SuppressedWord(text, Span(start, start + len(text)), code, key)
        at += len(part) + 1


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def apply_suppressions(
    findings: Iterable[Finding],
    source: Source,
    read: Definition | JobScript | None,
    registry: RuleRegistry,
    active: Iterable[str],
    policy: SuppressionPolicy,
    sure: Iterable[str] | None = None,
) -> list[Finding]:
    """The findings that no suppression hides, and those about the suppressions themselves.

    `active` are the codes of the rules that were run, `sure` (all of them if it is not given) those of them of which
    it can be said that a suppression is of no use where they found nothing.
    """
    found = list(findings)
    suppressions = read_suppressions(source, registry, read)
    if not suppressions:
        return found
    used: set[tuple[int, str, str]] = set()
    kept = []
    for finding in found:
        hiding = _hiding(suppressions, finding, source, read, policy)
        used.update((number, finding.code, finding.key) for number in hiding)
        if not hiding or finding.is_in(policy.no_ignores):
            kept.append(finding)
    running = set(active)
    tried = running if sure is None else set(sure)
    for number, suppression in enumerate(suppressions):
        spent = {(code, key) for which, code, key in used if which == number}
        kept.extend(
            finding
            for finding in _judge(suppression, spent, source, registry, tried, policy)
            if finding.code in running
        )
    return sorted(kept, key=lambda finding: (finding.span, finding.code))


def _hiding(
    suppressions: list[Suppression],
    finding: Finding,
    source: Source,
    read: Definition | JobScript | None,
    policy: SuppressionPolicy,
) -> list[int]:
    """The numbers of the suppressions that hide a finding."""
    if finding.code in NOT_IGNORABLE:
        return []
    first = last = 0
    hiding = []
    for number, suppression in enumerate(suppressions):
        if suppression.fault or _is_over(suppression, policy):
            continue
        if not any(_means(word, finding.code, finding.key) for word in suppression.words):
            continue
        if not first:
            first, last = lines_of(finding.span.start, source, read)
        if _reaches(suppression, finding, source, read, first, last):
            hiding.append(number)
    return hiding


def _means(word: SuppressedWord, code: str, key: str) -> bool:
    if word.key:
        return (word.code, word.key) == (code, key)
    return word.code == code or (word.code == "SC" and _SHELLCHECK.fullmatch(code) is not None)


def _reaches(
    suppression: Suppression,
    finding: Finding,
    source: Source,
    read: Definition | JobScript | None,
    first: int,
    last: int,
) -> bool:
    """Whether a finding, whose statement or header field takes the lines from `first` to `last`, stands in its scope."""
    if suppression.scope == "ignore-file":
        return True
    at = suppression.span.start
    if suppression.scope == "ignore-section":
        # A batch script has no sections.
        return isinstance(read, Definition) and _part_at(read, at) is _part_at(read, finding.span.start)
    own = source.line_of(at)
    if not suppression.own_line:
        return first <= own <= last
    # A comment of its own speaks of the next line that is none.
    below = own + 1
    while below < first and source.line(below).lstrip().startswith("#"):
        below += 1
    return below == first


def lines_of(offset: int, source: Source, read: Definition | JobScript | None) -> tuple[int, int]:
    """The first and last line of what stands at an offset and cannot hold a comment inside: a statement with its
    here-documents and continued lines, a header field; elsewhere one line.
    """
    spans = [Span(offset, offset)]
    if read is not None and not isinstance(read, Definition):
        spans.extend(_statements(read.script))
    for stage in read.stages if isinstance(read, Definition) else ():
        spans.extend(field.span for field in (*stage.fields, *stage.lost))
        for section in stage.sections:
            if section.body_span.start <= offset < section.body_span.end and is_shell_script(section):
                spans.extend(_statements(section.script))
    around = [span for span in spans if span.start <= offset < span.end or span.start == offset == span.end]
    whole = max(around, key=lambda span: span.end - span.start)
    return source.line_of(whole.start), source.line_of(max(whole.start, whole.end - 1))


def _statements(script: Script) -> Iterator[Span]:
    """The statements of a script that hold no others, with their here-documents: what a comment can stand above."""
    for listed in script.lists:
        if not any(element.compound for element in listed.elements):
            yield listed.span
    statements = [*script.commands(), *(assignment.statement for assignment in script.assignments)]
    for statement in statements:
        while statement.within is not None:
            statement = statement.within
        start, end = statement.statement_span
        for redirection in statement.redirections:
            if redirection.heredoc is not None:
                end = max(end, redirection.heredoc.span.end)
        yield Span(start, end)


def _part_at(definition: Definition, offset: int) -> Section | Stage | None:
    """The section at an offset, or the stage whose header is there."""
    return definition.section_at(offset) or definition.stage_at(offset)


def _is_over(suppression: Suppression, policy: SuppressionPolicy) -> bool:
    return suppression.until is not None and suppression.until < policy.today


def _judge(
    suppression: Suppression,
    spent: set[tuple[str, str]],
    source: Source,
    registry: RuleRegistry,
    tried: set[str],
    policy: SuppressionPolicy,
) -> Iterator[Finding]:
    """What is to be said about one suppression, which hid findings of the codes and keys in `spent`."""
    span = suppression.span
    if suppression.fault is not None:
        edits = (suppression.repair,) if suppression.repair is not None else ()
        yield internal("SIF103", source, span, edits, why=suppression.fault)
        return
    if _is_over(suppression, policy):
        codes = ", ".join(word.text for word in suppression.words)
        edits = (_removal(suppression, list(suppression.words), source),)
        yield internal("SIF104", source, span, edits, codes=shown(codes), until=suppression.until)
        return
    for word in suppression.words:
        unknown = _unknown(word, source, registry)
        if unknown is not None:
            yield unknown
    unused = [word for word in suppression.words if _is_unused(word, spent, tried)]
    if unused:
        codes = ", ".join(word.text for word in unused)
        yield internal("SIF101", source, span, (_removal(suppression, unused, source),), codes=shown(codes))
    if policy.require_reason and not suppression.reason:
        why = "this suppression gives no reason"
        yield internal("SIF105", source, span, why=why)._replace(profile="minimal")
    for code in sorted({word for found in spent for word in _called(*found) if word in policy.no_ignores}):
        why = f"{code} may not be ignored here, and is reported all the same"
        yield internal("SIF105", source, span, why=why)._replace(severity="warning", profile="minimal")


def _called(code: str, key: str) -> tuple[str, ...]:
    """The words that mean a message of a rule: its code, and where it has a key that too."""
    return (code, f"{code}.{key}") if key else (code,)


def _is_unused(word: SuppressedWord, spent: set[tuple[str, str]], tried: set[str]) -> bool:
    if word.code is None or any(_means(word, *found) for found in spent):
        return False
    return word.code in tried or ("SC" in tried and _SHELLCHECK.fullmatch(word.code) is not None)


def _unknown(word: SuppressedWord, source: Source, registry: RuleRegistry) -> Finding | None:
    """The finding about a word that no rule is called, or no longer."""
    if word.code is None:
        from sifcheck.base.text import nearest

        known = registry.messages_like(word.text) or (*registry.names, *registry.rules)
        near = nearest(word.text, known)
        hint = f"; did you mean {near}?" if near else ""
        if registry.matching(word.text):
            hint = "; a comment names its rules one by one"
        return internal("SIF102", source, word.span, code=shown(word.text), hint=hint)
    if word.text in registry.former:
        hint = f"; it is {word.code} now"
        edit = Edit(word.span.start, word.span.end, word.code)
        return internal("SIF102", source, word.span, (edit,), code=word.text, hint=hint)
    return None


def _removal(suppression: Suppression, unused: list[SuppressedWord], source: Source) -> Edit:
    """Take the unused words out; the whole comment, and its line if it stands alone, where none is left."""
    left = [word for word in suppression.words if word not in unused]
    if left:
        first, last = suppression.words[0].span.start, suppression.words[-1].span.end
        return Edit(first, last, ", ".join(shown(word.text) for word in left))
    line = source.line_span(source.line_of(suppression.span.start))
    before = source.text[line.start : suppression.span.start]
    if not before.strip(" \t\v\f"):
        return Edit(line.start, line.end, "")
    return Edit(line.start + len(before.rstrip(" \t")), suppression.span.end, "")
