"""The lines of a header: what a line that the parsers refuse was meant to be, and which agent reads which key."""

from __future__ import annotations

import re
from functools import lru_cache

from sifcheck.api import (
    AGENTS,
    KEY_SPELLINGS,
    KEYS,
    Definition,
    Edit,
    HeaderField,
    NamedTuple,
    Problem,
    Section,
    Span,
    Stage,
    edit_distance,
    is_conflict_marker,
    is_meant,
    lookalike,
    other_kind,
    pattern,
    within_two_edits,
)

# Words that people use for keys of their own, and what to do with them.  `Exclude`, `Version`, `Image` and `Tag` are two
# letters away from a real key and mean something else.
_LABELS = "author authors maintainer maintainers version name label labels description email license url contact date title org vendor tags"
_OWN_MEANING = {
    **dict.fromkeys(_LABELS.split(), "label"),
    **dict.fromkeys("image base tag baseimage container".split(), "image"),
    **dict.fromkeys("exclude excludes".split(), "none"),
}

_EQUALS = pattern(r"([A-Za-z]+)([ \t]*)([=;])[ \t]*(?=\S)")
_WORD = pattern(r"([A-Za-z]+)(?:[ \t]+(\S.*))?")
_KEY = pattern(r"[ \t]*([A-Za-z]+)[ \t]*:")
_TAIL = pattern(r"^(?:(?:From|Stage)[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*)+\Z", re.I | re.M)
_TAIL_LINE = pattern(r"^(From|Stage)[ \t]*:[^\n]*", re.I | re.M)


class Slip(NamedTuple):
    """A header line that the parsers refuse, and what it was meant to be.

    `kind` is equals, no-colon, near, unknown or text; `key` the key that was meant, None where that is not clear;
    `hint` tells where the text belongs instead, `value` what stands behind the key.
    """

    kind: str
    span: Span
    line: str
    key: str | None
    hint: str
    edits: tuple[Edit, ...]
    safe: bool
    value: str = ""


def unreadable(definition: Definition) -> bool:
    """Whether the file is no text that a header could be read from: another kind of file, UTF-16, or CR line ends."""
    source = definition.source
    if source.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if "\r" in source.text and source.text.count("\r") > 1 and "\n" not in source.text.rstrip("\n"):
        return True
    return other_kind(definition) is not None


@lru_cache(maxsize=8)
def slips(definition: Definition) -> tuple[Slip, ...]:
    """The header lines without a colon or with an unknown key, besides those that other rules explain better."""
    found = []
    explained: set[Stage | None] = set()
    for problem in definition.problems_of("junk-line", "unknown-key", "folded-into-blank"):
        stage = stage_of(problem)
        odd = lookalike(definition.source.slice(problem.span)) is not None
        if odd or problem.kind == "folded-into-blank" or is_conflict_marker(definition, problem.span):
            explained.add(stage)
        elif stage is None or is_meant(stage):
            slip = _slip(definition, problem, stage)
            # Plain text below a line that DEF105, DEF108 or a crash explains is mostly what that line belongs to.
            if slip.kind != "text" or stage not in explained:
                found.append(slip)
    return tuple(found)


def stage_of(problem: Problem) -> Stage | None:
    """The stage that a problem of a header belongs to."""
    at = problem.at
    return at if isinstance(at, Stage) else getattr(at, "stage", None)


def slips_of(stage: Stage) -> tuple[Slip, ...]:
    """The refused header lines of one stage."""
    return tuple(
        slip
        for slip in slips(stage.definition)
        if stage.span.start <= slip.span.start < max(stage.span.end, 1)
    )


def meant_keys(stage: Stage) -> set[str]:
    """The keys that the stage's refused lines were meant to give, besides those that a stray backslash lost."""
    keys = {slip.key for slip in slips_of(stage) if slip.key is not None}
    return (
        keys
        | {field.key for field in stage.lost}
        | {field.key for field in stage.fields if not field.known and field.key in KEYS}
    )


def _slip(definition: Definition, problem: Problem, stage: Stage | None) -> Slip:
    span = problem.span
    line = definition.source.slice(span)
    match = _EQUALS.match(line)
    key = _near(match[1]) if match is not None else None
    if match is not None and key is not None:
        return _with_equals(span, line, match, key, stage)
    if problem.kind == "unknown-key":
        return _unknown_key(span, line, stage)
    word = _WORD.fullmatch(line)
    key = word[1].lower() if word is not None and word[1].lower() in KEYS else None
    if (
        word is not None
        and key is not None
        and (not word[2] or key in ("bootstrap", "from") or " " not in word[2])
    ):
        return _without_colon(span, line, word, key, stage)
    return Slip("text", span, line, None, "", (), False)


def _with_equals(span: Span, line: str, match: re.Match[str], key: str, stage: Stage | None) -> Slip:
    """`From=image:tag`, `Bootstrap; docker`."""
    sign = span.start + match.start(3)
    colon = ":" if line[match.end(3) :][:1].isspace() else ": "
    changes = [Edit(sign, sign + 1, colon)]
    if match[1].lower() != key:
        changes.insert(0, Edit(span.start, span.start + len(match[1]), KEY_SPELLINGS[key]))
    return Slip(
        "equals", span, line, key, match[3], tuple(changes), not _has(stage, key), line[match.end() :]
    )


def _without_colon(span: Span, line: str, word: re.Match[str], key: str, stage: Stage | None) -> Slip:
    """`From ubuntu:24.04`, or `From` alone."""
    end = span.start + len(word[1])
    changes = (Edit(end, end, ":"),) if word[2] and not _has(stage, key) else ()
    return Slip("no-colon", span, line, key, "", changes, False, word[2] or "VALUE")


def _unknown_key(span: Span, line: str, stage: Stage | None) -> Slip:
    word = _WORD.fullmatch(line)
    if word is not None and word[2] and word[1].lower() in ("from", "bootstrap"):
        # `From python:3.9`: the colon of the tag made a key of it.
        return _without_colon(span, line, word, word[1].lower(), stage)
    written = line.lower()
    hint = _OWN_MEANING.get(written)
    if hint is not None:
        return Slip("unknown", span, line, None, hint, (), False)
    key = _near(line)
    if key is None or line.startswith(("//", ";", "--")):
        plain = re.fullmatch(r"[\w-]+(?: [\w-]+)?", line)
        return Slip("unknown" if plain else "text", span, line, None, "", (), False)
    safe = not _has(stage, key) and (len(key) > 5 or edit_distance(written, key) == 1)
    return Slip("near", span, line, key, "", (Edit(span.start, span.end, KEY_SPELLINGS[key]),), safe)


def _near(written: str) -> str | None:
    """The key that a word is, or is at most two edits away from."""
    word = written.lower()
    if word in KEYS:
        return word
    return None if word in _OWN_MEANING else within_two_edits(word, KEY_SPELLINGS)


def _has(stage: Stage | None, key: str) -> bool:
    return stage is not None and stage.field(key) is not None


def whole_value(slip: Slip, definition: Definition) -> str:
    """What stands behind the key of a refused line, with the part that its colon cut off."""
    source = definition.source
    rest = source.line(source.line_of(slip.span.end)).encode()
    tail = rest[slip.span.end - source.line_span(source.line_of(slip.span.end)).start :].decode(
        "utf-8", "replace"
    )
    return f"{slip.value}{tail.partition('#')[0]}".strip()


def shortened(line: str) -> str:
    """A line as it fits into a message."""
    return line if len(line) <= 60 else f"{line[:57]}..."


def moved_up(field: HeaderField, above: int) -> tuple[Edit, ...]:
    """The edits that move the line of a field up to the offset `above`, the start of another line."""
    source = field.stage.definition.source
    line = field.line_span
    text = source.slice(line)
    start = line.start
    if not text.endswith("\n") and start > 0:
        # The last line of a file without a final line end: the one before it takes that part.
        start -= 2 if source.text[:start].endswith("\r\n") else 1
    return Edit(above, above, text.rstrip("\r\n") + "\n"), Edit(start, line.end, "")


def agent_of(stage: Stage) -> str | None:
    """The stage's agent if it is one that some version knows."""
    return stage.agent if stage.agent in AGENTS else None


def swallowed_keys(field: HeaderField) -> list[str]:
    """The keys at the starts of the lines that a backslash joined to a value: lines that were meant for themselves."""
    if not field.folded:
        return []
    lines = field.stage.definition.source.slice(field.value_span).split("\n")[1:]
    return [match[1].lower() for line in lines if (match := _KEY.match(line)) and match[1].lower() in KEYS]


def is_left_alone(stage: Stage) -> bool:
    """Whether nothing but `Bootstrap:` belongs to a stage, because the next line begins another one."""
    stages = stage.definition.stages
    if (
        stage.is_last
        or stage.sections
        or [field.key for field in stage.fields] != ["bootstrap"]
        or stage.lost
    ):
        return False
    return is_meant(stages[stage.index + 1])


def keys_above(stage: Stage) -> list[tuple[str, Span]]:
    """The `From:` and `Stage:` lines right above a stage's `Bootstrap:`, which the stage above has taken, with places."""
    if stage.index == 0:
        return []
    above = stage.definition.stages[stage.index - 1]
    if above.span.end != stage.span.start:
        return []
    if not above.sections:
        return (
            [(field.written, field.span) for field in above.fields]
            if above.field("bootstrap") is None
            else []
        )
    section = above.sections[-1]
    match = _TAIL.search(section.body)
    if match is None:
        return []
    found = []
    for line in _TAIL_LINE.finditer(section.body, match.start()):
        start = section.text_start + line.start()
        found.append((line[1], above.text.place(start, start + len(line[0].rstrip(" \t\r")))))
    return found


def begins(field: HeaderField) -> bool:
    """Whether a `Bootstrap:` is the line that its stage begins with, whole and alone."""
    return field.span.start == field.stage.span.start and not field.folded and not field.stage.lost


def bootstrap_moved_up(stage: Stage, following: Stage) -> tuple[Edit, ...] | None:
    """The edits that put the `Bootstrap:` line of the following stage above the fields that stand before it."""
    field = following.field("bootstrap")
    both = {field.key for field in stage.fields} & {field.key for field in following.fields}
    if field is None or not begins(field) or both or stage.lost or following.span.start != stage.span.end:
        return None
    return moved_up(field, stage.fields[0].line_span.start)


def header_moved_up(section: Section, following: Stage) -> tuple[Edit, ...] | None:
    """The edits that put the header of the following stage above the sections that stand before it."""
    source = section.stage.definition.source
    end = following.sections[0].span.start if following.sections else following.span.end
    text = source.slice(Span(following.span.start, end))
    above = source.line_span(source.line_of(section.span.start)).start
    if (
        section.stage.span.end != following.span.start
        or section.stage.span.start > 0
        or not text.endswith("\n")
        or following.lost
    ):
        return None
    return Edit(above, above, text), Edit(following.span.start, end, "")
