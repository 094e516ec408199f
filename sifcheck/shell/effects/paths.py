"""Paths as the words of a script give them, with the variables substituted that the same script sets once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from sifcheck.shell import Script, Word

_SLASHES = pattern(r"/{2,}")


def known_value(word: Word) -> str | None:
    """What a word stands for; None where it hangs on something that its script does not set once to something known."""
    return word.substituted(word.script.constants)


def unquoted(word: Word) -> str:
    """A word without the quotes round it, its variables as they are written."""
    return word.value if word.value is not None else word.text.strip("\"'")


def path_start(word: Word, home: str = "/root") -> str:
    """A path as far as it is known from its beginning, `~` and `$HOME` substituted; "" where that is unknown."""
    values = word.script.constants
    if "HOME" in _names_set(word.script):
        home = values.get("HOME", "")
    found: list[str] = []
    for part in word.parts if word.value is None else ():
        text = part.value
        if part.kind == "variable" and not part.expansion and part.name:
            text = values.get(part.name)
            if part.name == "HOME" and text is None and not found:
                text = home or None
        if text is None:
            break
        found.append(text)
    path = word.value if word.value is not None else "".join(found)
    if path[:1] == "~" and path[1:2] in ("", "/") and home:
        path = home + path[1:]
    return _SLASHES.sub("/", path)


@lru_cache(maxsize=16)
def _names_set(script: Script) -> frozenset[str]:
    """The variables that a script sets anywhere."""
    return frozenset(assignment.name for assignment in script.assignments)


def lies_in(path: str, *folders: str) -> bool:
    """Whether a path is one of the folders or lies below it."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
