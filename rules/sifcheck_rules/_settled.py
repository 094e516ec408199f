"""Words with their variables put in, as far as the same script sets these once and to something plain."""

from __future__ import annotations

from functools import lru_cache

from sifcheck.api import Script, Word, pattern

HOST_TMP = ("/tmp", "/var/tmp")  # noqa: S108
"""Folders of an image that are the host's own while it is built, and while it is run."""

_SLASHES = pattern(r"/{2,}")


def known(word: Word) -> str | None:
    """What a word stands for; None where it hangs on something that the script does not settle."""
    return word.put_in(word.script.settled)


def path_start(word: Word, home: str = "/root") -> str:
    """A path as far as it is known from its beginning, `~` and `$HOME` put in; "" where it does not begin in a known way."""
    values = word.script.settled
    if "HOME" in names_set(word.script):
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
def names_set(script: Script) -> frozenset[str]:
    """The variables that a script sets anywhere."""
    return frozenset(assignment.name for assignment in script.assignments)


def lies_in(path: str, *folders: str) -> bool:
    """Whether a path is one of the folders or lies below it."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def tmp_folder(path: str) -> str:
    """The one of HOST_TMP that a path lies in."""
    return HOST_TMP[1] if path.startswith("/var") else HOST_TMP[0]
