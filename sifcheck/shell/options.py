"""Options and operands of a command, as far as they can be told without knowing the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from typing import TypeVar

    from sifcheck.shell.words import WrittenWord

    Word = TypeVar("Word", bound=WrittenWord)

_CLUSTER = pattern(r"-[A-Za-z0-9]+\Z")


def find_option(words: Sequence[Word], names: Sequence[str], takes_value: Sequence[str] = ()) -> Word | None:
    """The first word that gives one of the options."""
    for word, _following in _option_words(words, takes_value):
        if any(_gives(word, name, takes_value) for name in names):
            return word
    return None


def find_option_value(
    words: Sequence[Word], names: Sequence[str], takes_value: Sequence[str] = ()
) -> Word | None:
    """The value of one of the options, as a word of its own."""
    for word, following in _option_words(words, takes_value):
        for name in names:
            if _gives(word, name, takes_value):
                value = _value_of(word, name, following)
                if value is not None:
                    return value
    return None


def operands(words: Sequence[Word], takes_value: Sequence[str] = ()) -> tuple[Word, ...]:
    """The words that are no options, nor the values of those in `takes_value`."""
    found: list[Word] = []
    skip = only_operands = False
    for word in words:
        text = word.prefix
        if skip:
            skip = False
        elif only_operands or len(text) < 2 or text[0] != "-":
            found.append(word)
        elif word.value == "--":
            only_operands = True
        else:
            skip = any(_wants_next(word, name, takes_value) for name in takes_value)
    return tuple(found)


def _option_words(words: Sequence[Word], takes_value: Sequence[str]) -> Iterator[tuple[Word, Word | None]]:
    """Each word that looks like an option, with the word behind it."""
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
            continue
        text = word.prefix
        if len(text) < 2 or text[0] not in "-+":
            continue
        if word.value == "--":
            return
        yield word, words[index + 1] if index + 1 < len(words) else None
        skip = any(_wants_next(word, name, takes_value) for name in takes_value)


def _gives(word: WrittenWord, name: str, takes_value: Sequence[str]) -> bool:
    text = word.prefix
    if word.value == name:
        return True
    if len(name) != 2 or name[0] != "-":
        return text.startswith(name + "=")
    if text.startswith("--") or text[0] != "-":
        return False
    return text.startswith(name) or (
        _CLUSTER.match(text) is not None and name[1] in _flags(text, takes_value)
    )


def _flags(text: str, takes_value: Sequence[str]) -> str:
    """The letters of combined short options; what follows one that takes a value is the value."""
    for index, letter in enumerate(text[1:], 1):
        if "-" + letter in takes_value:
            return text[1 : index + 1]
    return text[1:]


def _wants_next(word: WrittenWord, name: str, takes_value: Sequence[str]) -> bool:
    text = word.value
    if text is None:
        return False
    if text == name:
        return True
    if len(name) != 2 or text.startswith("--") or not _CLUSTER.match(text):
        return False
    flags = _flags(text, takes_value)
    return len(flags) == len(text) - 1 and flags.endswith(name[1])


def _value_of(word: Word, name: str, following: Word | None) -> Word | None:
    text = word.prefix
    if word.value == name:
        return following
    if len(name) != 2:
        return word.after(len(name) + 1) if text.startswith(name + "=") else None
    if text.startswith(name):
        return word.after(len(name))
    if word.value is not None and text.endswith(name[1]):  # `-bp /opt/x`
        return following
    at = text.find(name[1])
    return word.after(at + 1)
