"""Reads a definition file: bytes to a Definition.  Never raises; what is wrong is a Problem of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from sifcheck.base.source import Source, Span, mask_wide_blanks, shown
from sifcheck.base.startup import pattern
from sifcheck.definition.json_values import breaks_json, is_alike, uses_in_json
from sifcheck.definition.lines import BLANKS
from sifcheck.definition.model import Definition, HeaderField, Problem, Section, Stage
from sifcheck.definition.syntax import SyntaxNode, Token, parse
from sifcheck.definition.variables import ReplacedText, find_uses, replace_uses
from sifcheck.runtime.versions import KEYS, USUAL_READER, Runtime

SECTION_LIMIT = 65_536
"""The most bytes that a section and the name line after it may hold together, and the header and the first name line.

The last section, and a file without sections, may hold one less.  Source: the buffer of the parsers' scanner, measured.
"""

READING = (
    "header continuation",
    "build arguments",
    "comments not substituted",
    "empty build arguments",
    "build arguments with equals signs",
    "nested build arguments",
    "build arguments put into JSON",
    "files quotes",
    "comment behind files",
    "files stage NAME copies from host",
)
"""The features that decide what a definition file holds: versions that agree in them read it alike."""


@lru_cache(maxsize=256)
def reading_of(runtime: Runtime) -> tuple[bool, ...]:
    """Which of READING a runtime has: of two with the same ones a file is read once."""
    return tuple(map(runtime.has, READING))


# What the parsers before 3.4 do not look for at the end of a header line.
_CONTINUATION = pattern(r"\\(?=[ \t\r\f\v]*(?:#|\n|\Z))")
_NUMBER = pattern(r"\d+$", re.A)


def read_definition(
    source: Source, build_arguments: Mapping[str, str] | None = None, runtime: Runtime = USUAL_READER
) -> Definition:
    """Read a definition file as a runtime does: cut it into stages, put the build variables in, and read each again.

    `build_arguments` are what `--build-arg` gives; they win over the defaults in %arguments.
    """
    masked = source.masked
    if not runtime.has("header continuation"):
        masked = _CONTINUATION.sub("/", masked)
    tree = parse(masked, "definition")
    definition = Definition(source, tree, dict(build_arguments or {}), runtime)
    file_text = ReplacedText(source.text, masked)
    stages = []
    for index, (nodes, start, end) in enumerate(_chunks(tree, len(source.text))):
        stage = Stage(definition, index, file_text, Span(start, end))
        _fill(stage, nodes, start)
        stages.append(stage)
    # What holds nothing is dropped before the variables are put in: an undefined one in it is never met.
    definition.dropped = tuple(stage for stage in stages if _is_empty(stage))
    definition.stages = tuple(stage for stage in stages if not _is_empty(stage))
    for number, stage in enumerate(definition.stages):
        stage.index = number
    if runtime.has("build arguments"):
        for stage in definition.stages:
            _put_variables_in(stage)
        if runtime.has("unused defaults refused"):
            _check_defaults(definition)
    _check_stages(definition)
    definition.problems.sort(key=lambda problem: problem.span)
    return definition


def _chunks(tree: SyntaxNode, length: int) -> list[tuple[list[SyntaxNode], int, int]]:
    """The parts of the file that the runtimes read as a stage each: what stands before the first, and the stages."""
    before: list[SyntaxNode] = []
    chunks: list[tuple[list[SyntaxNode], int, int]] = []
    for child in tree.children:
        assert isinstance(child, SyntaxNode)
        if child.kind == "stage":
            parts = [part for part in child.children if isinstance(part, SyntaxNode)]
            chunks.append((parts, _start(child), 0))
        else:
            before.append(child)
    if before:
        chunks.insert(0, (before, 0, 0))
    if not chunks:
        return []
    ends = [start for _, start, _ in chunks[1:]] + [length]
    return [(nodes, start, end) for (nodes, start, _), end in zip(chunks, ends, strict=True)]


def _start(node: SyntaxNode | Token) -> int:
    while isinstance(node, SyntaxNode):
        node = node.children[0]
    return node.start


def _put_variables_in(stage: Stage) -> None:
    """Replace the stage's build variables and, where that changed the text, read the stage again."""
    source = stage.definition.source
    start, end = stage.span
    if "{{" not in source.text[start:end]:
        return
    given = {
        name: value.encode().decode("latin-1") for name, value in stage.definition.build_arguments.items()
    }
    defaults = {name: pair.value for name, pair in stage.pairs.items() if pair.value is not None}
    runtime = stage.definition.runtime
    uses = find_uses(
        source.text,
        start,
        end,
        {**defaults, **given},
        comments=runtime.has("comments not substituted"),
        nested=runtime.has("nested build arguments"),
    )
    if runtime.has("build arguments put into JSON"):
        uses = uses_in_json(stage, uses)
        for use in uses:
            if use.value is not None and breaks_json(stage, use):
                stage.definition.problems.append(Problem("broken-value", use.span, stage, use.name))
    stage.definition.uses.extend(uses)
    for use in uses:
        if use.value is None and not use.hidden:
            stage.definition.problems.append(Problem("undefined-variable", use.span, stage, use.name))
    text, pieces = replace_uses(source.text, start, end, uses)
    # The first error of the first reading ends the build, so what it refused is not read again.
    problems = stage.definition.problems
    own = ("undefined-variable", "broken-value")
    first = [p for p in problems if p.kind not in own and start <= p.span.start < end]
    if any(p.kind not in _LATER for p in first) or text == source.text[start:end]:
        return
    if runtime.has("build arguments put into JSON") and not is_alike(stage, text):
        return
    # No parser speaks of a lost key, and the second reading finds anew which are.
    problems[:] = [p for p in problems if p not in first]
    masked = mask_wide_blanks(text.encode("latin-1"))
    stage.text = ReplacedText(text, masked, pieces)
    again = parse(masked, "definition")
    inner = [part for part in again.children if isinstance(part, SyntaxNode)]
    if inner and inner[0].kind == "stage":
        inner[0:1] = [part for part in inner[0].children if isinstance(part, SyntaxNode)]
    _fill(stage, inner, 0)


# What keeps no parser from reading a stage for the second time: nobody speaks of a lost key, and apps are made later.
_LATER = frozenset(("lost-key", "empty-app-name"))


def _fill(stage: Stage, nodes: list[SyntaxNode], start: int) -> None:
    """Header fields, sections and problems of one stage from its syntax nodes."""
    stage.pairs = {}
    fields: list[HeaderField] = []
    lost: list[HeaderField] = []
    sections: list[Section] = []
    heads = [node for node in nodes if node.kind in ("head", "stage_head")]
    for head in heads:
        _read_head(stage, head, fields, lost)
    for node in nodes:
        if node.kind == "section":
            first = not sections and not heads and start == 0
            sections.append(_read_section(stage, node, first))
    stage.hold(fields, lost, sections)
    for section in sections:
        for pair in section.arguments:
            if pair.value is not None:
                stage.pairs[pair.name] = pair
        for copy in section.copies if section.name == "files" else ():
            if not copy.words:
                stage.definition.problems.append(Problem("lone-quote", copy.span, section, copy.line))
    _check_sizes(stage, heads, nodes)


def _read_head(stage: Stage, head: SyntaxNode, fields: list[HeaderField], lost: list[HeaderField]) -> None:
    """Add the fields of a header, with the continuation rules of the parsers since 3.4."""
    lines = head.children
    last_text = max((n for n, line in enumerate(lines) if not _is_blank_line(line)), default=-1)
    pending: HeaderField | None = None
    for number, line in enumerate(lines):
        if isinstance(line, Token):
            # The parsers crash where a continued value meets a blank or comment line; blank lines at the end of
            # the header are trimmed away before, and then the key is lost silently.
            if pending is not None and number < last_text + (line.kind == "COMMENT_LINE"):
                _problem(stage, "folded-into-blank", pending.span, pending, pending.written)
                lost.remove(pending)
                pending = None
            continue
        if line.kind == "junk":
            token = line.children[0]
            assert isinstance(token, Token)
            text = stage.text.masked[token.start : token.end]
            bare = text.strip(BLANKS)
            begin = token.start + text.index(bare) if bare else token.start
            _problem(stage, "junk-line", stage.text.place(begin, begin + len(bare)), stage, shown(bare))
            continue
        field, complete = _read_field(stage, line)
        if complete:
            fields.append(field)
        else:
            pending = field
            lost.append(field)
    for field in fields:
        if not field.known:
            _problem(stage, "unknown-key", field.key_span, field, field.written)
    for field in lost:
        _problem(stage, "lost-key", field.span, field, field.written)


def _is_blank_line(line: SyntaxNode | Token) -> bool:
    return isinstance(line, Token) and line.kind == "BLANK_LINE"


def _read_field(stage: Stage, node: SyntaxNode) -> tuple[HeaderField, bool]:
    """One field, and whether it is complete: a value that ends in a backslash waits for a line that never comes."""
    masked, text = stage.text.masked, stage.text.text
    tokens = [child for child in node.children if isinstance(child, Token)]
    key = tokens[0]
    value, complete, folded = "", True, 0
    value_spans, comment = [], None
    for token in tokens[1:]:
        if token.kind == "COMMENT":
            comment = comment or stage.text.place(token.start, token.end)
        elif token.kind != "NEWLINE":
            begin, end = _trimmed(masked, token.start, token.end)
            value_spans.append((begin, end))
            value += text[begin:end]
            complete = token.kind not in ("FOLDED", "MORE_FOLDED")
            folded += token.kind.startswith("MORE")
            if not complete:
                value = value[:-1]
                if value.endswith("\\n"):
                    value = value[:-2] + "\n"
    if value == "\\" and tokens[1].kind == "VALUE" and not folded:
        complete = False
    begin, end = _trimmed(masked, key.start, key.end - 1)
    value_begin, value_end = (value_spans[0][0], value_spans[-1][1]) if value_spans else (key.end, key.end)
    field = HeaderField(
        stage,
        shown(text[begin:end]),
        shown(value),
        stage.text.place(begin, max(value_end, key.end)),
        stage.text.place(begin, end),
        stage.text.place(value_begin, value_end),
        comment,
    )
    field.folded = folded
    field.known = _is_known_key(field.key)
    return field, complete


def _trimmed(masked: str, start: int, end: int) -> tuple[int, int]:
    part = masked[start:end]
    start += len(part) - len(part.lstrip(BLANKS))
    return start, start + len(part.strip(BLANKS))


def _is_known_key(key: str) -> bool:
    return key in KEYS or key == "otherurl&n" or (_NUMBER.sub("&n", key) == "otherurl&n")


def _read_section(stage: Stage, node: SyntaxNode, first_of_file: bool) -> Section:
    text = stage.text
    parts = {token.kind: token for token in node.children if isinstance(token, Token)}
    percent = parts["PERCENT"]
    line_end = max(token.end for kind, token in parts.items() if kind not in ("NEWLINE", "BODY"))
    line_start = percent.start
    if first_of_file:
        # A file that begins with a section has no header, and this first section is trimmed as a whole.
        line_start += len(text.masked[percent.start : percent.end]) - len(
            text.masked[percent.start : percent.end].lstrip(BLANKS)
        )
    section = Section(stage, text.text[line_start:line_end], text.place(line_start, line_end))
    section.start = percent.start
    name = parts.get("NAME")
    section.name_span = text.place(percent.start, name.end if name else percent.end)
    words = parts.get("WORDS")
    section.words_span = text.place(words.start + 1, words.end) if words else text.place(line_end, line_end)
    body = parts.get("BODY")
    newline = parts.get("NEWLINE")
    after = body.start if body else newline.end if newline else line_end
    section.text_start, section.text_end = after, body.end if body else after
    section.body = text.text[section.text_start : section.text_end]
    section.body_span = text.place(section.text_start, section.text_end)
    section.span = text.place(percent.start, section.text_end)
    _check_section(section, first_of_file)
    return section


def _check_section(section: Section, first_of_file: bool) -> None:
    stage = section.stage
    if first_of_file and not section.body.strip(BLANKS):
        _problem(stage, "first-section-empty", section.name_span, section, section.written)
    elif not section.known:
        _problem(stage, "unknown-section", section.name_span, section, shown(section.written))
    elif section.app is not None and " " not in section.line.lstrip("%"):
        _problem(stage, "app-without-name", section.name_span, section, section.written)
    elif section.app == "":
        _problem(stage, "empty-app-name", section.line_span, section, section.written)


def _check_sizes(stage: Stage, heads: list[SyntaxNode], nodes: list[SyntaxNode]) -> None:
    """What is longer than the parsers' buffer ends the build with `token too long`."""
    parts: list[tuple[int, int, int, object]] = []  # start, end of its name line, end, node
    for head in heads:
        start = _start(head)
        parts.append((start, start, start, stage))
    for node, section in zip((n for n in nodes if n.kind == "section"), stage.sections, strict=True):
        start = _start(node)
        parts.append((start, section.text_start, section.text_end, section))
    total = parts[-1][2] if len(parts) > len(heads) else len(stage.text.text) if stage.text.text else 0
    if len(parts) == len(heads):
        total = max((_end(head) for head in heads), default=0)
    for number, (start, _, _, at) in enumerate(parts):
        end, limit = (
            (parts[number + 1][1], SECTION_LIMIT) if number + 1 < len(parts) else (total, SECTION_LIMIT - 1)
        )
        if end - start > limit:
            _problem(stage, "too-long", stage.text.place(start, start), at, str(end - start))


def _end(node: SyntaxNode | Token) -> int:
    while isinstance(node, SyntaxNode):
        node = node.children[-1]
    return node.end


def _is_empty(stage: Stage) -> bool:
    """Whether the parsers drop the stage silently: no header, and no section that holds anything."""
    if stage.fields:
        return False
    for section in stage.sections:
        if not section.known or section.app is not None or section.name == "files":
            return False
        if section.name == "labels":
            if section.labels:
                return False
        elif section.body or section.words:
            return False
    return True


def _check_defaults(definition: Definition) -> None:
    """The defaults that nothing uses, in whatever stage: they end the build in Apptainer 1.2."""
    used = {use.name for use in definition.uses}
    for section in definition.sections("arguments"):
        for pair in section.arguments:
            if pair.value is not None and pair.name not in used:
                definition.problems.append(Problem("unused-default", pair.span, section, shown(pair.name)))


def _check_stages(definition: Definition) -> None:
    problems = definition.problems
    if not definition.stages and all(problem.kind == "lost-key" for problem in problems):
        problems.append(Problem("no-stages", definition.span, definition))
    for stage in definition.stages:
        if not stage.fields:
            problems.append(Problem("no-header", stage.place, stage))
        elif stage.field("bootstrap") is None:
            problems.append(Problem("no-bootstrap", stage.place, stage))


def _problem(stage: Stage, kind: str, span: Span, at: object, text: str) -> None:
    stage.definition.problems.append(Problem(kind, span, at, text))
