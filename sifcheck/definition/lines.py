"""The bodies of %files, %labels and %arguments, line by line."""

from __future__ import annotations

from sifcheck.base.source import Span, shown
from sifcheck.definition.model import BLANKS, Argument, FileCopy, FileWord, Label, Section
from sifcheck.definition.syntax import SyntaxNode, Token, parse

_WORD_KINDS = frozenset(("FILE_TEMPLATE", "FILE_WORD", "FILE_QUOTED", "FILE_SINGLE"))


def read_copies(section: Section) -> tuple[FileCopy, ...]:
    """The lines of %files, split into words as Apptainer and SingularityCE split them (Singularity 3.7 and later)."""
    copies = []
    for line, start, end, tokens in _lines(section, "files", "copy", "last_copy"):
        words = []
        for token in tokens:
            if token.kind in _WORD_KINDS:
                written = section.body[token.start : token.end]
                # VT is trimmed though it separates no words; double quotes are taken off, single ones are not.
                text = written.strip(BLANKS).strip('"')
                words.append(FileWord(shown(text), shown(written), _place(section, token.start, token.end)))
        if section.name == "appfiles":
            words = _app_words(section, start, end)
        copies.append(
            FileCopy(
                section, shown(line), _place(section, start, end), _line(section, end, tokens), tuple(words)
            )
        )
    return tuple(copies)


def _app_words(section: Section, start: int, end: int) -> list[FileWord]:
    """The words of a line of %appfiles: cut at `#`, split at the first SPACE, no quotes (measured)."""
    text = section.body[start:end].partition("#")[0].rstrip(BLANKS)
    words = []
    source, blank, rest = text.partition(" ")
    for part, offset in ((source, start), (rest, start + len(source) + len(blank))):
        bare = part.strip(BLANKS)
        if bare:
            at = offset + part.index(bare)
            words.append(FileWord(shown(bare), shown(bare), _place(section, at, at + len(bare))))
    return words


def read_labels(section: Section) -> tuple[Label, ...]:
    """The lines of %labels and %applabels."""
    labels = []
    for _, start, end, tokens in _lines(section, "labels", "label"):
        key = next(token for token in tokens if token.kind == "LABEL_KEY")
        key_text = section.body[key.start : min(key.end, end)]
        value_start = key.end
        while value_start < end and section.body[value_start] in BLANKS:
            value_start += 1
        value_start = min(value_start, end)
        labels.append(
            Label(
                section,
                shown(key_text.strip(BLANKS)),
                shown(section.body[value_start:end]),
                _place(section, start, end),
                _place(section, key.start, min(key.end, end)),
                _place(section, value_start, end),
            )
        )
    return tuple(labels)


def read_arguments(section: Section) -> list[Argument]:
    """The lines of %arguments; what has no `=` or no name is there with the value None."""
    arguments = []
    for line, start, end, _ in _lines(section, "arguments", "pair", "junk_line"):
        # Trimmed by the masked text, which has a wide blank as blanks.
        masked = section.stage.text.masked[section.text_start + start : section.text_start + end]
        before, equals, after = masked.partition("=")
        name = line[: len(before.rstrip(BLANKS))]
        usable = bool(equals and name)
        value = line[len(line) - len(after.lstrip(BLANKS)) :] if usable and after.strip(BLANKS) else ""
        arguments.append(Argument(section, name, value if usable else None, _place(section, start, end)))
    return arguments


def _lines(section: Section, start: str, *kinds: str) -> list[tuple[str, int, int, list[Token]]]:
    """Each line of the given kinds: its trimmed text, where that stands in the body, and its tokens."""
    masked = section.stage.text.masked[section.text_start : section.text_end]
    lines = []
    for child in parse(masked, start).children:
        if not isinstance(child, SyntaxNode) or child.kind not in kinds:
            continue
        tokens = [token for token in child.children if isinstance(token, Token)]
        begin, end = tokens[0].start, tokens[-1].end
        whole = masked[begin:end]
        begin += len(whole) - len(whole.lstrip(BLANKS))
        end = begin + len(whole.strip(BLANKS))
        lines.append((section.body[begin:end], begin, end, tokens))
    return lines


def _place(section: Section, start: int, end: int) -> Span:
    return section.stage.text.place(section.text_start + start, section.text_start + end)


def _line(section: Section, end: int, tokens: list[Token]) -> Span:
    """The whole line with its line end, for deleting it."""
    stop = section.body.find("\n", end)
    begin = section.body.rfind("\n", 0, tokens[0].start) + 1
    return _place(section, begin, len(section.body) if stop < 0 else stop + 1)
