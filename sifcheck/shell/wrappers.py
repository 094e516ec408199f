"""Commands that run another one: what `sudo`, `env` or `timeout` really start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern

if TYPE_CHECKING:
    from sifcheck.shell.words import WrittenWord

_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=", re.ASCII)
_PLAIN = pattern(r"[\w./:+,@%^-]+\Z", re.ASCII)
_ARCHITECTURE = pattern(r"(?:linux32|linux64|i[3-6]86|x86_64|aarch64|arm.*|ppc.*|s390.*|uname26)\Z")


class _Wrapper(NamedTuple):
    letters: str = ""  # short options that take a value
    long: tuple[str, ...] = ()  # long options that take a value as the next word
    operands: int = 0  # words of its own before the command
    assignments: bool = False  # takes NAME=value before the command
    queries: str = ""  # short options with which it runs nothing


_WRAPPERS = {
    "sudo": _Wrapper(
        "ugChpRrtTUD",
        (
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--role",
            "--type",
            "--chdir",
            "--chroot",
            "--close-from",
            "--other-user",
        ),
        assignments=True,
        queries="lve",
    ),
    "doas": _Wrapper("uC", queries="L"),
    "env": _Wrapper("uC", ("--unset", "--chdir"), assignments=True, queries="S"),
    "exec": _Wrapper("a"),
    "command": _Wrapper(queries="vV"),
    "builtin": _Wrapper(),
    "coproc": _Wrapper(),
    "nice": _Wrapper("n", ("--adjustment",)),
    "time": _Wrapper("fo", ("--format", "--output")),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(),
    "timeout": _Wrapper("ks", ("--kill-after", "--signal"), operands=1),
    "stdbuf": _Wrapper("ioe", ("--input", "--output", "--error")),
    "ionice": _Wrapper("cn", ("--class", "--classdata"), queries="pPu"),
    "chrt": _Wrapper("TPD", operands=1, queries="pm"),
    "taskset": _Wrapper(operands=1, queries="p"),
    "numactl": _Wrapper(
        "CNmip", ("--cpunodebind", "--physcpubind", "--membind", "--interleave", "--preferred"), queries="sH"
    ),
    "setarch": _Wrapper(operands=1),
    "linux32": _Wrapper(),
    "linux64": _Wrapper(),
    "eatmydata": _Wrapper(),
    "fakeroot": _Wrapper("lsib"),
    "gosu": _Wrapper(operands=1),
    "su-exec": _Wrapper(operands=1),
    "xvfb-run": _Wrapper(
        "enfpsw", ("--server-args", "--server-num", "--auth-file", "--error-file", "--wait")
    ),
}


class Run(NamedTuple):
    """What a command really runs."""

    program: str | None
    position: int  # of the program's word
    assignments: tuple[WrittenWord, ...]  # NAME=value words handed to `env` or `sudo`


def look_through(words: tuple[WrittenWord, ...]) -> Run:
    """Follow the commands that run another one."""
    index = 0
    assignments: list[WrittenWord] = []
    program = program_of(words[0]) if words else None
    while program in _WRAPPERS:
        inner = _inner(words, index, _WRAPPERS[program], program, assignments)
        if inner is None:
            break
        index = inner
        program = program_of(words[index])
    return Run(program, index, tuple(assignments))


def plain_program(written: str) -> str | None:
    """The program of a command whose first word is written plainly and runs no other; None where it takes a closer look."""
    if not _PLAIN.match(written):
        return None
    name = written.rsplit("/", 1)[-1]
    return None if name in _WRAPPERS or not name else name


def program_of(word: WrittenWord) -> str | None:
    """The last part of a path; known also where only the folder hangs on a variable (`$PREFIX/bin/pip`)."""
    text = word.value
    if text is None:
        text = word.suffix
        if "/" not in text:
            return None
    return text.rsplit("/", 1)[-1] or (text if word.value is not None else None)


def _inner(
    words: tuple[WrittenWord, ...], index: int, wrapper: _Wrapper, name: str, assignments: list[WrittenWord]
) -> int | None:
    """The index of the word that the wrapper at `index` runs; None if it runs nothing itself."""
    operands = wrapper.operands
    position = index + 1
    options = True
    found: list[WrittenWord] = []
    while position < len(words):
        text = words[position].prefix
        if options and text.startswith("-") and len(text) > 1:
            if text == "--":
                options = False
                position += 1
                continue
            if any(letter in wrapper.queries for letter in _flags(text, wrapper)):
                return None
            position += 2 if _takes_next(words[position], wrapper) else 1
        elif wrapper.assignments and _ASSIGNMENT.match(text):
            found.append(words[position])
            position += 1
        elif operands and (name != "setarch" or _ARCHITECTURE.match(text)):
            operands -= 1
            position += 1
        else:
            assignments.extend(found)
            return position
    return None


def _flags(text: str, wrapper: _Wrapper) -> str:
    """The letters of combined short options, up to the first that takes a value."""
    if text.startswith("--"):
        return ""
    for index, letter in enumerate(text[1:], 1):
        if letter in wrapper.letters:
            return text[1 : index + 1]
    return text[1:]


def _takes_next(word: WrittenWord, wrapper: _Wrapper) -> bool:
    text = word.value
    if text is None:
        return False
    if text.startswith("--"):
        return text in wrapper.long
    if text[1:].isdigit():  # `nice -10`
        return False
    flags = _flags(text, wrapper)
    return len(flags) == len(text) - 1 and flags[-1] in wrapper.letters
