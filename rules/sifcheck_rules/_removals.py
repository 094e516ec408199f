"""What a script deletes: whether a folder, or what lies in it, is taken away again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sifcheck.api import Command, Script, pattern

_BRACES = pattern(r"\{([^{}]*,[^{}]*)\}")


def removals(scripts: Iterable[Script], folders: tuple[str, ...] | re.Pattern[str]) -> Iterator[Command]:
    """The commands that delete one of the folders, or what lies in it."""
    for script in scripts:
        for command in script.commands("rm", "find"):
            words = command.arguments
            if command.program == "find" and not any(
                word.value in ("-delete", "rm", "/bin/rm") for word in words
            ):
                continue
            for word in words:
                text = word.text if word.value is None else word.value
                # By the tuple: a compiled pattern is of no one type.
                found = (
                    covers(text, folders) if isinstance(folders, tuple) else folders.search(text.strip("\"'"))
                )
                if found:
                    yield command
                    break


def covers(text: str, folders: tuple[str, ...]) -> bool:
    """Whether deleting `text` deletes one of the folders, what lies in it, or a folder above."""
    braces = _BRACES.search(text)
    if braces is not None:
        return any(
            covers(text[: braces.start()] + part + text[braces.end() :], folders)
            for part in braces[1].split(",")
        )
    if not text.startswith("/"):
        return False
    path = text.rstrip("/*")
    if len(path) < 2:
        return False
    if any(
        path == folder or path.startswith(folder + "/") or folder.startswith(path + "/") for folder in folders
    ):
        return True
    if "*" not in text:
        return False
    wanted = re.escape(text.rstrip("/")).replace(r"\*", "[^/]*") + "(?:/.*)?"
    return any(re.fullmatch(wanted, folder) for folder in folders)
