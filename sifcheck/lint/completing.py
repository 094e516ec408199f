"""Makes findings of what rules yield: words put to the place, severity by the target, the fix with the file's line ends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sifcheck.base.findings import CONFIDENCES, PROFILES, SEVERITIES, Edit, Finding, Fix, Severity
from sifcheck.base.source import Source, Span
from sifcheck.base.startup import pattern
from sifcheck.base.text import CUT, shortened
from sifcheck.definition.model import Definition
from sifcheck.lint.draft import NOWHERE, Draft
from sifcheck.lint.internal import INTERNAL_RULES
from sifcheck.lint.rule import Rule, read_runtimes
from sifcheck.runtime.versions import Runtime, Target, families

_INTERNAL = {rule.code: rule for rule in INTERNAL_RULES}

# A message names a thing, which is known by its beginning and end.  What a help says to write is of no use cut, so that
# it may take two lines of a screen; a fix writes it whole.
_LONGEST_IN_MESSAGE = 100
_LONGEST_IN_HELP = 200
# What went wrong inside is told with its place at the end, and a sentence that a rule put together is read whole.
_LONGEST_OF_OURS = 600
_MOST_LINES = 12
_QUOTED = pattern(r"`\{(\w+)\}`")


def complete(
    rule: Rule, draft: Draft, source: Source | None, definition: Definition | None, target: Target
) -> Finding | None:
    """The finding that a draft of a rule becomes; None where the rule does not hold for the target."""
    severity: Severity = draft.severity or rule.severity
    _check_form(rule, draft)
    message = _filled(rule.message[draft.key], rule, draft, _LONGEST_IN_MESSAGE)
    if rule.runtimes is not None:
        concerned = concerned_by(rule.runtimes, target)
        level = target.severity(concerned, severity)
        if level is None:
            return None
        if len(concerned) < len(target.runtimes):
            message = f"{message} ({families(concerned)})"
        severity = level
    words = _filled(rule.help.get(draft.key, rule.help.get("", "")), rule, draft, _LONGEST_IN_HELP)
    section, part = place_in(definition, draft.span.start) if definition is not None else (None, 0)
    return Finding(
        rule.code,
        rule.name,
        severity,
        draft.confidence or rule.confidence,
        draft.profile or rule.profile,
        message,
        words,
        source,
        draft.span,
        section=section,
        related=draft.related,
        fix=_fix(rule, draft, words or message, source, definition),
        secret=draft.secret,
        key=draft.key if len(rule.message) > 1 else "",
        tags=rule.tags,
        remedies=draft.remedies,
        supersedes=rule.supersedes + draft.supersedes,
        within=draft.within,
        joins=rule.joins,
        gathers=rule.gathers,
        part=part,
        each=rule.each,
    )


class AuthorError(Exception):
    """A finding that a rule can only have yielded by mistake; the text names the rule's file and line."""


def _filled(template: str, rule: Rule, draft: Draft, longest: int) -> str:
    """A message or a help with its values, each of `longest` cells at most; AuthorError where it names one that `finding()`
    was not given.
    """
    if "{" not in template and "}" not in template:
        return template
    try:
        return _formatted(template, draft.values, longest)
    except KeyError as error:
        name = str(error.args[0])
        given = ", ".join(draft.values) or "none"
        why = f"{{{name}}} has no value: finding() was given {given}"
        raise AuthorError(f"{why} ({_place(rule, '{' + name)})") from None
    except (AttributeError, IndexError, LookupError, TypeError, ValueError) as error:
        why = f"{template!r} cannot be filled: {error}"
        raise AuthorError(f"{why} ({_place(rule, template[:20])})") from None


def _formatted(template: str, values: Mapping[str, Any], longest: int) -> str:
    quoted = _quoted_names(template)
    return template.format(
        **{
            name: _shown(value, longest if name in quoted else _LONGEST_OF_OURS)
            for name, value in values.items()
        }
    )


@lru_cache(maxsize=512)
def _quoted_names(template: str) -> frozenset[str]:
    """The values that stand in back quotes as a whole: words of the file.  Others are sentences that a rule has made."""
    return frozenset(_QUOTED.findall(template))


def _shown(value: Any, longest: int) -> Any:
    """A value as a text shows it: of a long one its beginning and end, of one with several lines those of each."""
    if not isinstance(value, str) or len(value) <= longest:
        return value
    lines = value.split("\n")
    shown = [shortened(line, longest) for line in lines[:_MOST_LINES]]
    return "\n".join(shown if len(lines) <= _MOST_LINES else [*shown[:-1], CUT])


def _check_form(rule: Rule, draft: Draft) -> None:
    """Raise AuthorError for what a rule can only have yielded by mistake."""
    for value, known in (
        (draft.severity, SEVERITIES),
        (draft.confidence, CONFIDENCES),
        (draft.profile, PROFILES),
    ):
        if value is not None and value not in known:
            raise AuthorError(f"{value!r} is none of {', '.join(known)} ({_place(rule, repr(value))})")
    if rule.profile == "strict" and draft.profile not in (None, "strict"):
        # Such a rule is run for the strict profile only (see Selection.runs).
        why = "a rule of the strict profile has no finding of a wider one"
        raise AuthorError(f"{why} ({_place(rule, 'profile=')})")
    if draft.key not in rule.message:
        there = ", ".join(map(repr, rule.message))
        raise AuthorError(f"no message is called {draft.key!r}; there is {there} ({_place(rule, draft.key)})")


def _place(rule: Rule, words: str) -> str:
    """The file of a rule, and the first line from its decorator on that holds some words; else the decorator's."""
    import linecache

    lines = linecache.getlines(rule.file)[rule.line - 1 :]
    line = next((number for number, text in enumerate(lines, rule.line) if words in text), rule.line)
    return f"{rule.file}:{line}"


def internal(
    code: str, source: Source | None, span: Span, edits: tuple[Edit, ...] = (), /, **values: Any
) -> Finding:
    """A finding about sifcheck's own matters."""
    rule = _INTERNAL[code]
    words = _formatted(rule.help[""], values, _LONGEST_OF_OURS)
    fix = Fix(words, edits, rule.fix == "safe") if edits else None
    return Finding(
        code,
        rule.name,
        rule.severity,
        rule.confidence,
        rule.profile,
        _formatted(rule.message[""], values, _LONGEST_OF_OURS),
        words,
        source,
        span,
        fix=fix,
        each=True,
    )


def concerned_by(runtimes: str, target: Target) -> tuple[Runtime, ...]:
    """The runtimes of a target that a rule with such a `runtimes=` holds for."""
    parts = read_runtimes(runtimes)

    def meant(runtime: Runtime) -> bool:
        # A target of fewer digits means the newest of its line: 1.2 is not older than 1.2.4.
        return any(
            runtime.family == family
            and (runtime.version >= version[: len(runtime.version)]) == (comparison == ">=")
            for family, comparison, version in parts
        )

    return tuple(runtime for runtime in target.runtimes if meant(runtime))


def _fix(
    rule: Rule, draft: Draft, title: str, source: Source | None, definition: Definition | None
) -> Fix | None:
    if not draft.edits or source is None or NOWHERE in draft.edits:
        return None
    edits = draft.edits
    # An edit that touches a build variable would write its value into the file.
    for use in definition.uses if definition is not None else ():
        if any(edit.start < use.span.end and use.span.start < edit.end for edit in edits) or any(
            use.span.start < edit.start < use.span.end for edit in edits
        ):
            return None
    if b"\r\n" in source.data:
        edits = tuple(edit._replace(text=_line_ends(edit, source)) for edit in edits)
    return Fix(title, edits, (rule.fix == "safe") if draft.safe is None else draft.safe)


def _line_ends(edit: Edit, source: Source) -> str:
    """The text of an edit with the line ends that the file has at its place."""
    if "\n" not in edit.text:
        return edit.text
    at = source.data.rfind(b"\n", 0, edit.start)
    at = source.data.find(b"\n", edit.start) if at < 0 else at
    text = edit.text.replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if at > 0 and source.data[at - 1] == 0x0D else text


def place_in(definition: Definition, offset: int) -> tuple[str | None, int]:
    """What a place of a definition file lies in: "header" or the name of a section as the runtime compares it; and where
    that begins, of a header its stage.
    """
    section = definition.section_at(offset)
    if section is None:
        stage = definition.stage_at(offset)
        return "header", 0 if stage is None else stage.span.start
    return section.name if section.known else None, section.span.start
