"""The options in a directive line: words, quotation marks, short and long options, lists of resources."""

from __future__ import annotations

from collections.abc import Iterator

from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple
from sifcheck.job.model import Directive, DirectiveLine, Resource, decoded
from sifcheck.job.scheduler_options import SAME, TABLES, Options


class _Word(NamedTuple):
    """A word without its quotation marks; `places` is where each character stands, `span` the word as written."""

    text: str
    places: tuple[int, ...]
    span: Span


def read_directives(line: DirectiveLine) -> tuple[Directive, ...]:
    """The options of a directive line, in order; words that belong to none are passed over."""
    words = list(_words(line.job.source.text, line.sentinel.end, line.span.end))
    table = TABLES[line.scheduler]
    found = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else None
        index += 1
        if word.text.startswith("--") and len(word.text) > 2:
            directive, took = _long(line, table, word, following)
            found.append(directive)
        elif word.text.startswith("-") and len(word.text) > 1:
            directives, took = _short(line, table, word, following)
            found.extend(directives)
        else:
            continue
        index += took
    return tuple(found)


def _words(text: str, start: int, end: int) -> Iterator[_Word]:
    """The words between two offsets; a `#` at the beginning of one starts a comment."""
    at = start
    while at < end:
        if text[at] in " \t\r":
            at += 1
            continue
        if text[at] == "#":
            return
        begin, letters, places, mark = at, [], [], ""
        while at < end and (mark or text[at] not in " \t\r"):
            letter = text[at]
            if mark and letter == mark:
                mark = ""
            elif not mark and letter in "\"'":
                mark = letter
            else:
                letters.append(letter)
                places.append(at)
            at += 1
        yield _Word("".join(letters), tuple(places), Span(begin, at))


def _long(
    line: DirectiveLine, table: Options, word: _Word, following: _Word | None
) -> tuple[Directive, bool]:
    """A long option, and whether it took the next word as its value."""
    written, equals, _ = word.text.partition("=")
    name = _in_full(written[2:], table)
    takes = name in table.long or (not equals and name not in table.long_flags and line.scheduler == "pjm")
    option = SAME.get((line.scheduler, f"--{name}"), f"--{name}")
    if equals:
        return _directive(line, table, option, written, word, len(written) + 1, word.span), False
    if takes and following is not None and not following.text.startswith("-"):
        span = Span(word.span.start, following.span.end)
        return _directive(line, table, option, written, following, 0, span), True
    return Directive(line, option, written, None, word.span, Span(word.span.end, word.span.end), ()), False


def _in_full(name: str, table: Options) -> str:
    """A long option's whole name, of which the beginning may be written."""
    if name in table.long or name in table.long_flags:
        return name
    begin = [known for known in (*table.long, *table.long_flags) if known.startswith(name)]
    return begin[0] if len(begin) == 1 else name


def _short(
    line: DirectiveLine, table: Options, word: _Word, following: _Word | None
) -> tuple[list[Directive], bool]:
    """The options of one word of short ones, and whether the last took the next word as its value."""
    found = []
    for index, letter in enumerate(word.text[1:], 1):
        start = word.span.start if index == 1 else word.places[index]
        if letter not in table.short:
            span = Span(start, word.places[index] + 1)
            option = table.flags.get(letter, f"-{letter}")
            found.append(Directive(line, option, f"-{letter}", None, span, Span(span.end, span.end), ()))
            continue
        option, written = table.short[letter], f"-{letter}"
        if index + 1 < len(word.text):
            span = Span(start, word.span.end)
            found.append(_directive(line, table, option, written, word, index + 1, span))
            return found, False
        if following is not None:
            span = Span(start, following.span.end)
            found.append(_directive(line, table, option, written, following, 0, span))
            return found, True
        found.append(
            Directive(
                line,
                option,
                written,
                None,
                Span(start, word.span.end),
                Span(word.span.end, word.span.end),
                (),
            )
        )
    return found, False


def _directive(
    line: DirectiveLine, table: Options, option: str, written: str, word: _Word, skip: int, span: Span
) -> Directive:
    """The directive whose value is a word without its first `skip` characters."""
    text, places = word.text[skip:], word.places[skip:]
    value_span = Span(places[0], places[-1] + 1) if places else Span(word.span.end, word.span.end)
    resources = tuple(_resources(text, places)) if option in table.lists else ()
    return Directive(line, option, written, decoded(text), span, value_span, resources)


def _resources(text: str, places: tuple[int, ...]) -> Iterator[Resource]:
    """The parts of a list of resources: between commas, and in `select=` and `nodes=` between colons and plus signs."""
    at = 0
    for part in text.split(","):
        inner = 0
        signs = ":+" if part.startswith(("select=", "nodes=")) else ""
        for piece in _split(part, signs):
            if piece:
                yield _resource(piece, places[at + inner : at + inner + len(piece)])
            inner += len(piece) + 1
        at += len(part) + 1


def _split(text: str, signs: str) -> list[str]:
    for sign in signs[1:]:
        text = text.replace(sign, signs[0])
    return text.split(signs[0]) if signs else [text]


def _resource(text: str, places: tuple[int, ...]) -> Resource:
    name, equals, value = text.partition("=")
    lead = len(name) - len(name.lstrip())
    start = len(name) + 1
    end = places[-1] + 1
    value_span = Span(places[start], end) if equals and value else Span(end, end)
    return Resource(
        decoded(name.strip()),
        decoded(value.strip()),
        Span(places[min(lead, len(places) - 1)], end),
        value_span,
    )
