"""A command that was given word by word, as a script of this one command: nothing in it is expanded any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.base.source import Span
from sifcheck.base.text import quote
from sifcheck.shell.model import Assignment, Command, Script, Surroundings, Word
from sifcheck.shell.text import Lexed
from sifcheck.shell.words import Piece

if TYPE_CHECKING:
    from sifcheck.shell.words import WrittenWord

__all__ = ["given_text", "script_of_words"]


def script_of_words(
    words: Sequence[str], variables: Mapping[str, str] | None = None, section: Any = None
) -> Script:
    """The script whose only command has these words, with variables that are set for it alone.

    Its text is the line that one would type; no shell reads it: what each word stands for is what was given.
    """
    line, places = _line(words, variables or {})
    text = _as_bytes(line)
    script = Script(text, section, Span, (), Lexed(text))
    command = Command(script, 0, Surroundings())
    for (name, value), (start, end) in zip((variables or {}).items(), places, strict=False):
        assignment = Assignment(command, start, end, command, prefix=True)
        assignment.value = _word(script, start + len(name) + 1, end, value)
        command.statement_assignments += (assignment,)
    behind = places[len(variables or {}) :]
    if words:
        command.bare = False
        command.start, command.name_end = behind[0]
        command.end = command.statement_end = behind[-1][1]
        command._spans = behind
        pairs = zip(behind, words, strict=True)
        command._words = tuple([_word(script, start, end, word) for (start, end), word in pairs])
    command._last = True
    script.assignments = command.statement_assignments
    script.take_commands([command])
    return script


def given_text(word: WrittenWord) -> str | None:
    """The word as it was given, bytes that are no text included (as `os.fsdecode` has them); None for an unknown one."""
    values = [piece.value for piece in word.pieces]
    if None in values:
        return None
    return "".join(value or "" for value in values).encode("latin-1").decode("utf-8", "surrogateescape")


def _line(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, list[tuple[int, int]]]:
    """The line, and where each assignment and word begins and ends, in bytes."""
    shown = [*(f"{name}={quote(value)}" for name, value in variables.items()), *map(quote, words)]
    places, at = [], 0
    for one in shown:
        places.append((at, at + len(_as_bytes(one))))
        at = places[-1][1] + 1
    return " ".join(shown), places


def _word(script: Script, start: int, end: int, given: str) -> Word:
    plain = script.text[start:end] == _as_bytes(given)
    inner = (start, end) if plain else (min(start + 1, end), max(end - 1, start))
    return Word(
        script, start, end, [Piece("literal", *inner, _as_bytes(given), "none" if plain else "single")]
    )


def _as_bytes(text: str) -> str:
    """Text with one character a byte, as scripts have theirs."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
