"""How a run script hands the user's arguments on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import Command, Part, Word, pattern

_MESSAGES = frozenset("echo printf print logger log tee usage die warn error info msg message debug".split())
_NO_ARGUMENTS = frozenset(
    "[ [[ test eval export local declare typeset readonly return exit shift : true false".split()
)
_CODE_OPTION = pattern(r"-[a-z]{0,2}[ce]|--(?:command|eval|execute)")
ALL_ARGUMENTS = pattern(r"\$\{?[*@]")
_SLICE = pattern(r"(?::[^-+=?].*)?", re.S)


def handed_on(command: Command) -> Iterator[Word]:
    """The words of a command but those that are code, as in `sh -c "$*"`."""
    before = ""
    for word in command.words:
        if not _CODE_OPTION.fullmatch(before):
            yield word
        before = word.value or ""


def all_arguments(word: Word) -> Iterator[Part]:
    """The parts of a word that stand for all arguments: `$*`, `$@`, or all from one on."""
    for part in word.parts:
        if part.kind == "variable" and part.name in ("*", "@") and _SLICE.fullmatch(part.expansion):
            yield part


def takes_arguments(command: Command) -> bool:
    """Whether a command is a program that may be handed arguments: no message, no builtin that looks at them."""
    return command.program not in _MESSAGES and command.program not in _NO_ARGUMENTS


def gets_arguments(command: Command) -> bool:
    """Whether a program gets the user's arguments, besides to print or to look at them."""
    if not takes_arguments(command) or command.program == "set":
        return False
    return any(part.name in ("@", "*") for word in command.words for part in word.parts)
