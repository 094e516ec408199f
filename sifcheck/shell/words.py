"""Words of a shell text: their parts and what they stand for, worked out when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.lexer import DOLLAR, OLD_ARITHMETIC
from sifcheck.shell.text import Part, PartKind, ShellText, shown, variable_part

if TYPE_CHECKING:
    from typing import Self

    from sifcheck.base.source import Span

Quoting = Literal["none", "single", "double", "mixed"]
_PLAIN = pattern(r"[\w./:=+,@%^-]+\Z", re.ASCII)
_GLOB = pattern(r"(?<!\\)(?:[*?]|\[[^\]]+\])")
_BRACES = pattern(r"(?<![\\$])\{[^{}]*(?:,|\.\.)[^{}]*\}")

_Style = Literal["none", "single", "double"]
_ESCAPE = r"\\(?:\r?\n|.)?"
_UNQUOTED = pattern(
    rf"{_ESCAPE}|'[^']*'?|\"|`|{DOLLAR}|\$['\"]|{OLD_ARITHMETIC}|<\(|>\(", re.ASCII | re.DOTALL
)
_DOUBLE = pattern(rf"{_ESCAPE}|`|{DOLLAR}", re.ASCII | re.DOTALL)
_ANSI_ESCAPE = pattern(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_ANSI_LETTERS = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True))
_LISTED_WORD = pattern(r"[ \t\r\n]+|#(?<![^ \t\n(]#)[^\n]*")

_NOT_ASKED = "\0"  # a word that really is a NUL is worked out each time it is asked for


class Piece(NamedTuple):
    """A part in offsets of the script's text, its value still one character a byte."""

    kind: PartKind
    start: int
    end: int
    value: str | None
    style: _Style


class WrittenWord:
    """One word as it is written, and what can be said of its value without running anything."""

    __slots__ = ("_pieces", "_value", "end", "script", "start")

    def __init__(self, script: ShellText, start: int, end: int, pieces: list[Piece] | None = None) -> None:
        self.script = script
        self.start = start
        self.end = end
        self._pieces = pieces
        self._value: str | None = _NOT_ASKED

    def __repr__(self) -> str:
        return f"Word({self.text!r})"

    @property
    def span(self) -> Span:
        """The whole word with its quotation marks."""
        return self.script.place(self.start, self.end)

    @property
    def text(self) -> str:
        """The word as it is written."""
        return shown(self.script.text[self.start : self.end])

    @property
    def pieces(self) -> list[Piece]:
        """The word taken apart."""
        if self._pieces is None:
            self._pieces = _split_pieces(self.script, self.start, self.end)
        return self._pieces

    @property
    def value(self) -> str | None:
        """What the word stands for once its quotation is removed; None if that hangs on an expansion or is unknown.

        Globs, braces and a tilde are left as they are written.
        """
        value = self._value
        if value == _NOT_ASKED:
            value = self._value = self._find_value()
        return value

    def _find_value(self) -> str | None:
        if self._pieces is None and not self.script.unknown:
            text = self.script.text[self.start : self.end]
            if _PLAIN.match(text):
                return text
        if self.is_array:
            return None
        values = [piece.value for piece in self.pieces]
        if None in values:
            return None
        return shown("".join(value for value in values if value is not None))

    @property
    def prefix(self) -> str:
        """The static text before the first expansion; all of it where there is none."""
        return shown(self._static(self.pieces)) if self.value is None else self.value

    @property
    def suffix(self) -> str:
        """The static text behind the last expansion; all of it where there is none."""
        if self.value is not None:
            return self.value
        behind: list[Piece] = []
        for piece in reversed(self.pieces):
            if piece.value is None:
                break
            behind.insert(0, piece)
        return shown(self._static(behind))

    def _static(self, pieces: list[Piece]) -> str:
        values: list[str] = []
        for piece in pieces:
            if piece.value is None:
                break
            values.append(piece.value)
        return "".join(values)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Literal text, expansions and substitutions in order."""
        return tuple(_part_of(self.script, piece) for piece in self.pieces)

    @property
    def quoted(self) -> Quoting:
        """How the word is quoted: not at all, in single or in double marks as a whole, or partly."""
        if (
            self._pieces is None
            and self.script.lexed.work[self.start : self.start + 1].isalnum()
            and self.value == self.text
        ):
            return "none"
        styles = {piece.style for piece in self.pieces}
        if len(styles) > 1:
            return "mixed"
        return styles.pop() if styles else "none"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables it expands, those in the defaults of others included, once each."""
        names: dict[str, None] = {}
        for piece in self.pieces:
            if piece.kind in ("variable", "arithmetic"):
                for part in self.script.variables_between(piece.start, piece.end):
                    names[part.name or ""] = None
        return tuple(names)

    def substituted(self, values: Mapping[str, str]) -> str | None:
        """What it stands for with these values of variables; None where it hangs on something else."""
        if self.value is not None or "$" not in self.text:
            return self.value
        found = []
        for part in self.parts:
            text = part.value
            if part.kind == "variable" and not part.expansion and part.name:
                text = values.get(part.name)
            if text is None:
                return None
            found.append(text)
        return "".join(found)

    @property
    def has_glob(self) -> bool:
        """Whether an unquoted `*`, `?` or `[...]` stands in it."""
        return self._unquoted_matches(_GLOB)

    @property
    def has_braces(self) -> bool:
        """Whether it holds a brace expansion, which bash knows and sh does not."""
        return self._unquoted_matches(_BRACES)

    def _unquoted_matches(self, pattern: re.Pattern[str]) -> bool:
        text = self.script.text
        return any(
            piece.kind == "literal"
            and piece.style == "none"
            and pattern.search(text[piece.start : piece.end]) is not None
            for piece in self.pieces
        )

    @property
    def starts_with_tilde(self) -> bool:
        """Whether it begins with an unquoted tilde."""
        return self.start < self.end and self.script.lexed.work[self.start] == "~"

    @property
    def is_array(self) -> bool:
        """Whether it is the list in parentheses of an array assignment."""
        return (
            self._pieces is None
            and self.script.lexed.work[self.start : self.start + 1] == "("
            and self.end - self.start > 1
        )

    @property
    def elements(self) -> tuple[Self, ...]:
        """The words of an array assignment."""
        if not self.is_array:
            return ()
        spans = _split_list(self.script, self.start + 1, self.end)
        return tuple(type(self)(self.script, start, end) for start, end in spans)

    def after(self, length: int) -> Self:
        """The word without the first `length` characters of its static text: the value in `--opt=value`.

        It has a span of its own, and the quotation marks round the whole word do not belong to it.
        """
        left = length
        pieces: list[Piece] = []
        for piece in self.pieces:
            if pieces or piece.value is None or left <= 0:
                pieces.append(piece)
            elif len(piece.value) > left:
                start = min(piece.start + left, piece.end)
                pieces.append(piece._replace(start=start, value=piece.value[left:]))
                left = 0
            else:
                left -= len(piece.value)
        if not pieces:
            end = self.pieces[-1].end if self.pieces else self.end
            return type(self)(self.script, end, end, [])
        end = pieces[-1].end
        return type(self)(
            self.script, pieces[0].start, self.end if pieces[-1].style == "none" else end, pieces
        )


def _split_pieces(script: ShellText, start: int, end: int) -> list[Piece]:
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


def _split_double(script: ShellText, pieces: list[Piece], start: int, end: int) -> None:
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


def _add_expansion(
    script: ShellText, pieces: list[Piece], start: int, end: int, limit: int, style: _Style
) -> int:
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


def _add_ansi(script: ShellText, pieces: list[Piece], start: int, end: int) -> None:
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
    script: ShellText, pieces: list[Piece], start: int, end: int, style: _Style, raw: bool = False
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


def _part_of(script: ShellText, piece: Piece) -> Part:
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


def _split_list(script: ShellText, start: int, end: int) -> list[tuple[int, int]]:
    """The words of a list in parentheses, from behind the opening one, as start and end."""
    work, closers = script.lexed.work, script.lexed.closers
    if end > start and work[end - 1] == ")":
        end -= 1
    words: list[tuple[int, int]] = []
    word_start: int | None = None
    position = start
    while position < end:
        space = _LISTED_WORD.match(work, position, end)
        if space is not None and (word_start is None or work[position] != "#"):
            if word_start is not None:
                words.append((word_start, position))
                word_start = None
            position = space.end()
            continue
        word_start = position if word_start is None else word_start
        token = _UNQUOTED.match(work, position, end)
        position = max(position + 1, min(closers.get(position, token.end()), end)) if token else position + 1
    if word_start is not None:
        words.append((word_start, end))
    return words
