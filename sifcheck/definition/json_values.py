"""Build arguments as Apptainer 1.2 put them in: into a JSON form of the file as it was read, and not into its text.

What the file's reader drops is not in that form (comments, all but the last of equal keys): a variable there is not seen.
A value stands in a JSON string as it is: a quote or a stray backslash in it ends the build.  Nothing is read again: a value
begins no section.  Source: Apptainer 1.2.0 and 1.2.5, read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.base.source import Span, mask_wide_blanks
from sifcheck.base.startup import pattern
from sifcheck.definition.syntax import SyntaxNode, Token, parse

if TYPE_CHECKING:
    from sifcheck.definition.model import Section, Stage
    from sifcheck.definition.variables import Use

# A value as it may stand in a JSON string, up to a backslash at its end.
_STRING = pattern(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*(\\?)')
_ESCAPED = '"\\/bfnrtu'


def uses_in_json(stage: Stage, uses: list[Use]) -> list[Use]:
    """Those of a stage's variables that stand in the JSON form of it; there a line end or a TAB is no white space."""
    source, kept = stage.definition.source, list(_kept(stage))
    return [
        use
        for use in uses
        if not any(character in source.text[use.span.start : use.span.end] for character in "\t\n\r\f")
        and any(span.start <= use.span.start and use.span.end <= span.end for span in kept)
    ]


def breaks_json(stage: Stage, use: Use) -> bool:
    """Whether the value of a variable leaves no JSON string where it is put in."""
    found = _STRING.fullmatch(use.value or "")
    if found is None:
        return True
    if not found[1]:
        return False
    span = next(span for span in _kept(stage) if span.start <= use.span.start and use.span.end <= span.end)
    after = stage.definition.source.text[use.span.end : min(use.span.end + 1, span.end)]
    # The backslash takes the next character with it: a quote there ends the string, as does the end of the text.
    return (json.dumps(after)[1:2] if after else '"') not in _ESCAPED[1:]


def _kept(stage: Stage) -> Iterator[Span]:
    """The stretches of a stage's text that are in its JSON form, each as one string."""
    yield from (field.value_span for field in stage.fields if stage.field(field.key) is field)
    words: dict[str, Section] = {}
    labels: dict[str, Span] = {}
    for section in stage.sections:
        if section.name == "files":
            yield section.words_span
            yield from (word.span for copy in section.copies for word in copy.words[:2])
        elif section.name == "labels":
            for label in section.labels:
                yield label.key_span
                labels[label.key] = label.value_span
        else:
            yield section.body_span
            if section.app is not None:
                start = section.words_span.start
                yield Span(start, start + len(section.app))
            elif " " in section.line:
                words[section.name] = section
    yield from labels.values()
    yield from (section.words_span for section in words.values())


def is_alike(stage: Stage, text: str) -> bool:
    """Whether a text that replaces that of a stage has the same keys, sections and lines: then it may be read for it."""
    old = stage.text.masked[stage.span.start : stage.span.end]
    new = mask_wide_blanks(text.encode("latin-1"))
    return _shape(parse(old, "definition"), old) == _shape(parse(new, "definition"), new)


def _shape(node: SyntaxNode | Token, text: str) -> object:
    """What of a tree a value must not change: the kinds of its nodes, and the names of keys and sections."""
    if isinstance(node, Token):
        named = node.kind in ("KEY", "STAGE_KEY", "NAME")
        return (node.kind, text[node.start : node.end]) if named else node.kind
    return node.kind, [_shape(child, text) for child in node.children]
