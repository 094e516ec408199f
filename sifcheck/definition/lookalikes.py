"""Tells what a text really is: another kind of file, an unfinished merge, a character that only looks right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.source import Span
from sifcheck.base.startup import pattern
from sifcheck.definition.model import open_before_stage
from sifcheck.runtime.versions import AGENTS

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition, Stage

_HTML = pattern(r"<(!doctype|html|head|\?xml)", re.I)
_DOCKER_LINE = pattern(r"(FROM|RUN|COPY|ADD|ENV|WORKDIR|CMD|ENTRYPOINT|ARG|EXPOSE|USER|LABEL)[ \t]+\S", re.I)
_YAML_LINE = pattern(r"(- )?[A-Za-z_][\w.-]*:([ \t]|$)")
_SHELL_LINE = pattern(r"#![ \t]*\S*/(?:env[ \t]+)?(?:ba|da|z|k|c|tc)?sh\b")
_STAGE_START = pattern(r"^[ \t]*bootstrap[ \t]*:", re.I | re.M)
_CONFLICT = pattern(r"^(<<<<<<< |\|{7}(?= |[ \t]*\r?$)|=======(?=[ \t]*\r?$)|>>>>>>> )[^\n]*", re.M)

LOOKALIKES = {
    "\ufeff": "a byte-order mark",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width non-joiner",
    "\u200d": "a zero-width joiner",
    "\u2060": "a word joiner",
    "\u00ad": "a soft hyphen",
    "\u00a0": "a no-break space",
    "\u202f": "a narrow no-break space",
    "\u3000": "an ideographic space",
    "\uff1a": "a full-width colon",
}
"""Characters that look like nothing, like a blank or like a colon, and are none of these to the runtimes."""


@lru_cache(maxsize=8)
def other_kind(definition: Definition) -> str | None:
    """What the file is if it is no definition file at all, in words; None if it is one, however faulty.

    Only a file that the runtimes refuse is looked at.
    """
    if not definition.problems:
        return None
    text = definition.source.text.removeprefix("\xef\xbb\xbf")
    if any(problem.kind == "no-stages" for problem in definition.problems):
        return "an empty file" if not text.strip() else "a file of comments only"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith("#")]
    if lines and _HTML.match(lines[0]):
        return "a saved web page"
    if lines and (lines[0].startswith("{") or lines[0].startswith("[")) and not lines[0].startswith("{{"):
        return "JSON"
    if _STAGE_START.search(text) or not code:
        return None
    if _DOCKER_LINE.match(code[0]) and sum(1 for line in code if _DOCKER_LINE.match(line)) > len(code) // 4:
        return "a Dockerfile"
    if _SHELL_LINE.match(lines[0]) and not any(line.startswith("%") for line in code):
        return "a shell script"
    if code[0] == "---" or (
        _YAML_LINE.match(code[0]) and sum(1 for line in code if _YAML_LINE.match(line)) * 3 > len(code) * 2
    ):
        keys = {line.partition(":")[0].lower() for line in code}
        return None if keys & {"from", "stage"} else "YAML"
    return None


@lru_cache(maxsize=8)
def merge_conflicts(definition: Definition) -> tuple[tuple[Span, ...], ...]:
    """The unfinished merges: for each the places of its marker lines, from `<<<<<<<` to `>>>>>>>`.

    One of them is `|||||||` where git's `merge.conflictStyle` is diff3: below it stands what both versions were made from.
    """
    text = definition.source.text
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return ()
    found: list[tuple[Span, ...]] = []
    group: list[Span] = []
    for match in _CONFLICT.finditer(text):
        if match[1].startswith("<") and group:
            found.append(tuple(group))
            group = []
        if match[1][0] in "=|" and not group:
            continue
        group.append(Span(match.start(), match.start() + len(match[0].rstrip("\r"))))
        if match[1].startswith(">"):
            found.append(tuple(group))
            group = []
    if group:
        found.append(tuple(group))
    return tuple(found)


def is_conflict_marker(definition: Definition, span: Span) -> bool:
    """Whether a place is a marker line of an unfinished merge."""
    return any(mark.start <= span.start < mark.end for marks in merge_conflicts(definition) for mark in marks)


def lookalike(text: str) -> tuple[int, str] | None:
    """The first character of `text` that only looks like another: its index and its name; None where there is none."""
    if text.isascii():
        return None
    return next(lookalikes(text), None)


def lookalikes(text: str) -> Iterator[tuple[int, str]]:
    """All characters of `text` that only look like others."""
    return ((at, LOOKALIKES[character]) for at, character in enumerate(text) if character in LOOKALIKES)


@lru_cache(maxsize=32)
def accidental_stage(stage: Stage) -> str | None:
    """Where a stage really lies that was never meant as one: "an open here-document", "%help" ...; None for a real stage.

    Any line that begins with `bootstrap:` in column 1 starts a stage, in YAML or prose as well.
    """
    if stage.index == 0:
        return None
    opened = open_before_stage(stage)
    if opened is not None:
        return f"an open {opened}"
    above = stage.definition.stages[stage.index - 1]
    last = above.sections[-1] if above.sections else None
    if last is not None and last.name in ("help", "labels", "apphelp") and stage.agent.lower() not in AGENTS:
        return f"%{last.name}"
    return None


def is_meant(stage: Stage) -> bool:
    """Whether a stage was meant as one: see `accidental_stage`; what stands above the first stage always is."""
    return stage not in stage.definition.stages or accidental_stage(stage) is None
