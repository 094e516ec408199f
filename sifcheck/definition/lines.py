"""The bodies of %files, %labels and %arguments, line by line: offsets into a body, of which model.py makes nodes."""

from __future__ import annotations

from collections.abc import Iterator

from sifcheck.base.startup import NamedTuple
from sifcheck.definition.syntax import SyntaxNode, Token, parse

BLANKS = " \t\n\r\f\v"
"""White space as the runtimes trim it, in masked text (see Source.masked)."""

_WORD_KINDS = frozenset(("FILE_TEMPLATE", "FILE_WORD", "FILE_QUOTED", "FILE_SINGLE"))


class Line(NamedTuple):
    """One line of a body without the white space round it, and the stretches of it that are words; offsets of the body."""

    start: int
    end: int
    words: tuple[tuple[int, int], ...] = ()


def file_lines(body: str, masked: str, app: bool = False) -> Iterator[Line]:
    """The lines of %files, split into words as Apptainer and SingularityCE split them (Singularity 3.7 and later).

    Those of %appfiles (`app`) are cut at `#` and split at the first SPACE, without quotes (measured).
    """
    for start, end, tokens in _lines(masked, "files", "copy", "last_copy"):
        words = tuple((token.start, token.end) for token in tokens if token.kind in _WORD_KINDS)
        yield Line(start, end, tuple(_app_words(body, start, end)) if app else words)


def plain_file_lines(masked: str) -> Iterator[Line]:
    """The lines of %files as Singularity before 3.7 split them: at the first SPACE, and what follows is the destination."""
    for start, end, _ in _lines(masked, "files", "copy", "last_copy"):
        yield Line(start, end, tuple(_split_words(masked[start:end], start)))


def _app_words(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    return _split_words(body[start:end].partition("#")[0].rstrip(BLANKS), start)


def _split_words(text: str, start: int) -> Iterator[tuple[int, int]]:
    source, blank, rest = text.partition(" ")
    for part, offset in ((source, start), (rest, start + len(source) + len(blank))):
        bare = part.strip(BLANKS)
        if bare:
            at = offset + part.index(bare)
            yield at, at + len(bare)


def label_lines(body: str, masked: str) -> Iterator[Line]:
    """The lines of %labels and %applabels: the key and the value are the two words."""
    for start, end, tokens in _lines(masked, "labels", "label"):
        key = next(token for token in tokens if token.kind == "LABEL_KEY")
        value = min(key.end, end)
        while value < end and body[value] in BLANKS:
            value += 1
        yield Line(start, end, ((key.start, min(key.end, end)), (value, end)))


def argument_lines(masked: str) -> Iterator[Line]:
    """The lines of %arguments: name and value are the two words, of a line that has both a name and a `=`."""
    for start, end, _ in _lines(masked, "arguments", "pair", "junk_line"):
        before, equals, after = masked[start:end].partition("=")
        name = before.rstrip(BLANKS)
        usable = bool(equals and name)
        value = end - len(after.lstrip(BLANKS))
        yield Line(start, end, ((start, start + len(name)), (value, end)) if usable else ())


def _lines(masked: str, start: str, *kinds: str) -> Iterator[tuple[int, int, list[Token]]]:
    """Each line of the given kinds: where its trimmed text stands in the body, and its tokens."""
    for child in parse(masked, start).children:
        if not isinstance(child, SyntaxNode) or child.kind not in kinds:
            continue
        tokens = [token for token in child.children if isinstance(token, Token)]
        begin, end = tokens[0].start, tokens[-1].end
        whole = masked[begin:end]
        begin += len(whole) - len(whole.lstrip(BLANKS))
        yield begin, begin + len(whole.strip(BLANKS)), tokens
