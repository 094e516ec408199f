"""Reading a TOML file with the lines of its keys: what is wrong with it is part of the answer."""

from __future__ import annotations

import os
import re
import stat
from typing import Any

from sifcheck.base.startup import NamedTuple, pattern

__all__ = ["TomlFile", "key_lines", "parsed_toml", "read_toml"]

# No honest file comes near; a link to an endless device is not read to its end.
_LARGEST = 1 << 20


class TomlFile(NamedTuple):
    """A file as it was read.  `table` None: it is not there, or there is nothing in it to know.

    `problem` says what is wrong with it, `line` where (0: not known), `place` the same as the TOML reader says it.
    `readable` is false where the system would not give its content; `owner` is the user id, -1 where it is not known.
    """

    path: str
    table: dict[str, Any] | None
    lines: dict[str, int]
    problem: str = ""
    line: int = 0
    owner: int = -1
    readable: bool = True
    place: str = ""


def read_toml(path: str, what: str, holding: bytes = b"", *, optional: bool = True) -> TomlFile:
    """Read a TOML file; what is wrong with it is in the answer, never raised.  `what` the file is, in words.

    One that is `optional` and not there, as far as anybody can know, has no problem.

    One without the bytes `holding` has no table: most files of a common name say nothing of interest, and the import of the
    TOML reader is saved.
    """
    content, owner, why = _read(path, what, optional=optional)
    nothing = TomlFile(path, None, {}, why, owner=owner, readable=content is not None)
    if content is None or holding not in content:
        return nothing
    return parsed_toml(content, nothing)


def parsed_toml(content: bytes, file: TomlFile) -> TomlFile:
    """The file with the table that its content is, or with what is wrong with it."""
    import tomllib

    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return file._replace(problem="this is not UTF-8", line=content[: error.start].count(b"\n") + 1)
    except RecursionError:
        return file._replace(problem="values are nested too deeply")
    except ValueError as error:
        words, line, place = _parted(str(error), content.count(b"\n") + 1)
        return file._replace(problem=f"this is not TOML: {words}", line=line, place=place)
    return file._replace(table=table, lines=key_lines(text))


def _read(path: str, what: str, *, optional: bool) -> tuple[bytes | None, int, str]:
    """The content and the owner of a file, or None and why: no reason if it is simply not there and need not be."""
    try:
        # Not to wait for a writer, should the file be a pipe.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        owner, told = _unreadable(path, error)
        why = f"it cannot be read: {getattr(error, 'strerror', None) or error}".lower()
        return None, owner, why if told or not optional else ""
    try:
        known = os.fstat(number)
        if not stat.S_ISREG(known.st_mode):
            folder = stat.S_ISDIR(known.st_mode) and not optional
            return (
                None,
                known.st_uid,
                "it cannot be read: is a directory" if folder else "it is no plain file",
            )
        if known.st_size > _LARGEST:
            return None, known.st_uid, f"it is too large for a {what}"
        with open(number, "rb", closefd=False) as file:
            return file.read(_LARGEST), known.st_uid, ""
    except OSError as error:
        return None, -1, f"it cannot be read: {error.strerror}".lower()
    finally:
        os.close(number)


def _unreadable(path: str, error: OSError | ValueError) -> tuple[int, bool]:
    """The owner of a file that cannot be read, and whether it is known to be there."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return -1, False
    try:
        return os.lstat(path).st_uid, True
    except (OSError, ValueError):
        # In a folder that may not be looked into nobody can tell whether there is such a file.
        return -1, not isinstance(error, PermissionError)


def _parted(words: str, last: int) -> tuple[str, int, str]:
    """The sentence of the TOML reader, the line that it names at its end, and how it names that."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", words)
    if match is None:
        return words[:200], 0, ""
    return words[: match.start()][:200], int(match[1] or last), match[0]


def key_lines(text: str) -> dict[str, int]:
    """The line of each key of a TOML text, by its path (`severity.CODE`), as far as the lines tell."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _TABLE.match(line)
        if match:
            table = f"{_path(match[1])}."
            lines.setdefault(table[:-1], number)
            continue
        match = _KEY.match(line)
        if match:
            path = f"{table}{_path(match[1])}"
            lines.setdefault(path, number)
    return lines


_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TABLE = pattern(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_KEY = pattern(rf"[ \t]*({_DOTTED})[ \t]*=")


def _path(dotted: str) -> str:
    return ".".join(part.strip("\"'") for part in re.findall(_PART, dotted))
