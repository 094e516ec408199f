"""A word taken apart: literal text, expansions and substitutions, with what each stands for."""

from __future__ import annotations

import re
from typing import Literal

from sifcheck.shell.text import Part, PartKind, Text, shown, variable_part
from sifcheck.startup import NamedTuple, pattern

_Style = Literal["none", "single", "double"]
_ESCAPE = r"\\(?:\r?\n|.)?"
_DOLLAR = r"\$(?:[A-Za-z_]\w*|[0-9*@#?!$-]|\(\(|[({])"
_BRACKETS = r"\$\[(?=[^\]\n'\"]{0,200}\])"
_UNQUOTED = pattern(rf"{_ESCAPE}|'[^']*'?|\"|`|{_DOLLAR}|\$['\"]|{_BRACKETS}|<\(|>\(", re.ASCII | re.DOTALL)
_DOUBLE = pattern(rf"{_ESCAPE}|`|{_DOLLAR}", re.ASCII | re.DOTALL)
_ANSI_ESCAPE = pattern(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_ANSI_LETTERS = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_LISTED_WORD = pattern(r"[ \t\r\n]+|#(?<![^ \t\n(]#)[^\n]*")


class Piece(NamedTuple):
    """A part in offsets of the script's text, its value still one character a byte."""

    kind: PartKind
    start: int
    end: int
    value: str | None
    style: _Style


def split_pieces(script: Text, start: int, end: int) -> list[Piece]:
    """The pieces of the word between two offsets."""
    work, closers = script.lexed.work, script.lexed.closers
    pieces: list[Piece] = []
    position = start
    while position < end:
        match = _UNQUOTED.search(work, position, end)
        upto = match.start() if match else end
        if upto > position:
            _add_literal(script, pieces, position, upto, "none")
        if match is None:
            break
        position = upto
        sign, token = work[upto], match.group()
        if sign == "\\":
            position = match.end()
            _add_literal(script, pieces, upto, position, "none")
        elif sign == "'":
            position = match.end()
            closed = position - upto > 1 and work[position - 1] == "'"
            _add_literal(script, pieces, upto + 1, position - 1 if closed else position, "single", raw=True)
        elif sign == '"' or token == '$"':
            position = min(closers.get(upto, end), end)
            _split_double(script, pieces, upto + len(token), position)
        elif token == "$'":
            position = min(closers.get(upto, end), end)
            _add_ansi(script, pieces, upto, position)
        else:
            position = _add_expansion(script, pieces, upto, match.end(), end, "none")
    return pieces


def _split_double(script: Text, pieces: list[Piece], start: int, end: int) -> None:
    """The pieces between double quotation marks; `end` is behind the closing one."""
    work = script.lexed.work
    inner_end = end - 1 if end > start and work[end - 1] == '"' else end
    if inner_end <= start:
        pieces.append(Piece("literal", start, start, "", "double"))
        return
    position = start
    while position < inner_end:
        match = _DOUBLE.search(work, position, inner_end)
        upto = match.start() if match else inner_end
        if upto > position:
            _add_literal(script, pieces, position, upto, "double")
        if match is None:
            break
        if work[upto] == "\\":
            position = match.end()
            _add_literal(script, pieces, upto, position, "double")
        else:
            position = _add_expansion(script, pieces, upto, match.end(), inner_end, "double")


def _add_expansion(script: Text, pieces: list[Piece], start: int, end: int, limit: int, style: _Style) -> int:
    work, closers = script.lexed.work, script.lexed.closers
    token = work[start:end]
    if token.startswith("$") and token[1] not in "({[":
        kind: PartKind = "variable"
    else:
        end = max(end, min(closers.get(start, limit), limit))
        if token == "${":
            kind = "variable"
        elif token == "$[" or (token == "$((" and start not in script.lexed.substitutions):
            kind = "arithmetic"
        else:
            kind = "process" if token[0] in "<>" else "substitution"
    pieces.append(Piece(kind, start, end, None, style))
    return end


def _add_ansi(script: Text, pieces: list[Piece], start: int, end: int) -> None:
    inner_end = end - 1 if end - start > 2 and script.lexed.work[end - 1] == "'" else end
    value = _ANSI_ESCAPE.sub(_ansi_value, script.text[start + 2 : inner_end])
    pieces.append(Piece("ansi", start + 2, inner_end, value, "single"))


def _ansi_value(match: re.Match[str]) -> str:
    byte, short, long, octal, control, letter = match.groups()
    if short or long:
        code = int(short or long, 16)
        return chr(code).encode("utf-8", "replace").decode("latin-1") if code < 0x110000 else "?"
    if byte or octal:
        return chr((int(byte, 16) if byte else int(octal, 8)) & 0xFF)
    if control:
        return chr(ord(control) & 0x1F)
    known = _ANSI_LETTERS.get(letter)
    return known if known is not None else letter if letter in "\\'\"?" else "\\" + letter


def _add_literal(
    script: Text, pieces: list[Piece], start: int, end: int, style: _Style, raw: bool = False
) -> None:
    """Add static text, cut at the ranges that are unknown, joined to the literal before it."""
    for kind, from_, upto in script.known_ranges(start, end):
        if kind == "unknown":
            pieces.append(Piece("unknown", from_, upto, None, style))
            continue
        text = script.text[from_:upto]
        if not raw and text.startswith("\\"):
            text = _unescaped(text, style)
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        before = pieces[-1] if pieces else None
        if (
            before
            and before.kind == "literal"
            and before.style == style
            and before.end == from_
            and not raw
            and before.value is not None
        ):
            pieces[-1] = Piece("literal", before.start, upto, before.value + text, style)
        else:
            pieces.append(Piece("literal", from_, upto, text, style))


def _unescaped(token: str, style: _Style) -> str:
    """What a backslash and the character after it stand for."""
    character = token[1:]
    if character.endswith("\n"):
        return ""
    if style == "double" and character not in ("$", "`", '"', "\\"):
        return token
    return character or "\\"


def part_of(script: Text, piece: Piece) -> Part:
    """What rules see of a piece."""
    if piece.kind == "variable":
        return variable_part(script, piece.start, piece.end, piece.style != "none")
    value = None if piece.value is None else shown(piece.value)
    return Part(
        piece.kind,
        shown(script.text[piece.start : piece.end]),
        script.place(piece.start, piece.end),
        piece.style != "none",
        value,
    )


def split_list(script: Text, start: int, end: int) -> list[tuple[int, int]]:
    """The words of a list in parentheses, from behind the opening one, as start and end."""
    work, closers = script.lexed.work, script.lexed.closers
    if end > start and work[end - 1] == ")":
        end -= 1
    words: list[tuple[int, int]] = []
    word_start: int | None = None
    position = start
    while position < end:
        blank = _LISTED_WORD.match(work, position, end)
        if blank is not None and (word_start is None or work[position] != "#"):
            if word_start is not None:
                words.append((word_start, position))
                word_start = None
            position = blank.end()
            continue
        word_start = position if word_start is None else word_start
        token = _UNQUOTED.match(work, position, end)
        position = max(position + 1, min(closers.get(position, token.end()), end)) if token else position + 1
    if word_start is not None:
        words.append((word_start, end))
    return words
