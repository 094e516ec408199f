"""Finds the calls of the container runtime in a shell text: behind launchers, in strings, here-documents, variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.runtime.arguments import Arguments, CallOption
from sifcheck.runtime.call import LAUNCHERS, RUNTIMES, SIFCHECK, RuntimeCall
from sifcheck.runtime.options import (
    COMMAND_GROUPS,
    GLOBAL_VALUES,
    OTHER_NAMES,
    SIFCHECK_FLAGS,
    SIFCHECK_VALUES,
)
from sifcheck.shell import Command, Script, Word, parse_script

_PASSING_ON = LAUNCHERS | {
    "parallel",
    "xargs",
    "watch",
    "strace",
    "perf",
    "likwid-mpirun",
    "likwid-pin",
    "flock",
    "find",
    "ssh",
}
_SHELLS = frozenset("sh bash dash ksh zsh ash".split())
_TAKES_TEXT = _SHELLS | {"sg", "newgrp", "su", "ssh"}
_STARTING = frozenset(
    "sudo doas env exec command nice time nohup setsid timeout stdbuf ionice chrt taskset numactl setarch fakeroot".split()
)
_MOST_DEPTH = 4


class _Argument(NamedTuple):
    """A word of a command line, and the word of the command that it comes from."""

    word: Word
    place: Word


class _Search:
    """The search in one text; `lists` are the words that variables stand for."""

    def __init__(self, script: Script, job: Any) -> None:
        self.job = job
        self.lists = _word_lists(script)
        self.found: list[RuntimeCall] = []

    def look(self, script: Script, outer: tuple[Command, ...], values: Mapping[str, str]) -> None:
        for command in script.commands():
            arguments = self.arguments(command)
            position = _program_at(command, arguments)
            if position is not None:
                call = self.call(command, arguments, position, outer)
                call.values = values
                _read_words(call)
                self.found.append(call)
            elif len(outer) < _MOST_DEPTH:
                for inner, verbatim in _texts(command):
                    # In a text that the outer shell expands, what it sets itself is not put in.
                    known = {**values, **inner.constants} if verbatim else values
                    self.look(inner, (*outer, command), known)

    def arguments(self, command: Command) -> list[_Argument]:
        """The command's words, with those put in that a variable stands for."""
        found = []
        for word in command.words:
            name, quoted = _variable(word) if self.lists else ("", False)
            inner = self.lists.get(name)
            if inner is None or (quoted and len(inner) > 1):
                found.append(_Argument(word, word))
            else:
                found.extend(_Argument(one, word) for one in inner)
        return found

    def call(
        self, command: Command, arguments: list[_Argument], position: int, outer: tuple[Command, ...]
    ) -> RuntimeCall:
        before = [_base_name(argument.word) for argument in arguments[:position]]
        wrappers = tuple(name for name in before if name in _PASSING_ON or name in _STARTING)
        if before and before[0] == "find":
            arguments = arguments[: _end_of_exec(arguments, position)]
        words = tuple(argument.word for argument in arguments[position:])
        call = RuntimeCall(self.job, command, arguments[position].place, words, wrappers, outer)
        call.program = _base_name(words[0]) or ""
        return call


def calls_in(script: Script, job: Any = None) -> tuple[RuntimeCall, ...]:
    """Every call of singularity or apptainer in a script, in order; `job` is the batch script that it is of."""
    if not any(name in script.text for name in (*RUNTIMES, SIFCHECK)):
        return ()
    search = _Search(script, job)
    search.look(script, (), script.constants)
    return tuple(sorted(search.found, key=lambda call: call.span))


# -- where a call is


def _base_name(word: Word) -> str | None:
    text = word.value if word.value is not None else word.suffix
    return text.rpartition("/")[2] if word.value is not None or "/" in text else None


def _program_at(command: Command, arguments: list[_Argument]) -> int | None:
    """The index of the word that names the runtime; None where the command calls none."""
    if not arguments:
        return None
    expanded = len(arguments) != len(command.words) or any(one.word is not one.place for one in arguments)
    index = command.run.position if not expanded else 0
    name = _base_name(arguments[index].word)
    if name in RUNTIMES or _hands_over(arguments, index):
        return index
    if not expanded and name not in _PASSING_ON:
        return None
    if not expanded and name in ("find", "ssh"):
        return _behind_exec(arguments) if name == "find" else _behind_host(arguments, index)
    passed = {_base_name(argument.word) for argument in arguments[: index + 1]}
    if expanded and not passed & (_PASSING_ON | {"sudo", "env", "time", "exec"}):
        return None
    for number in range(index + 1, len(arguments)):
        if _base_name(arguments[number].word) in RUNTIMES or _hands_over(arguments, number):
            return number
        if _base_name(arguments[number].word) in _SHELLS:
            return None
    return None


_EXECS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))
_SSH_VALUES = frozenset("-" + letter for letter in "BbcDEeFIiJLlmOoPpQRSWw")


def _behind_exec(arguments: list[_Argument]) -> int | None:
    """The index of the runtime's name behind `-exec` of find."""
    for number, argument in enumerate(arguments[1:], 1):
        if _base_name(argument.word) in RUNTIMES and arguments[number - 1].word.value in _EXECS:
            return number
    return None


def _end_of_exec(arguments: list[_Argument], position: int) -> int:
    """Where the words end that find runs: at `;`, or at the `+` behind the braces."""
    for number in range(position, len(arguments)):
        value = arguments[number].word.value
        if value == ";" or (value == "+" and arguments[number - 1].word.value == "{}"):
            return number
    return len(arguments)


def _behind_host(arguments: list[_Argument], index: int) -> int | None:
    """The index of the runtime's name if it is what ssh runs on another machine: the first word behind the host."""
    number = index + 1
    while number < len(arguments) and arguments[number].word.prefix.startswith("-"):
        number += 2 if arguments[number].word.value in _SSH_VALUES else 1
    number += 1
    found = number < len(arguments) and _base_name(arguments[number].word) in RUNTIMES
    return number if found else None


def _hands_over(arguments: list[_Argument], index: int) -> bool:
    """Whether a word begins `sifcheck build`, which hands its arguments over to the runtime."""
    following = arguments[index + 1].word.value if index + 1 < len(arguments) else None
    return following == "build" and _base_name(arguments[index].word) == SIFCHECK


def _texts(command: Command) -> Iterator[tuple[Script, bool]]:
    """The texts that a command has a shell run, and whether it gets them as they stand: strings of `-c`, here-documents."""
    words = command.words
    index = next((i for i, word in enumerate(words) if _base_name(word) in _TAKES_TEXT), None)
    if index is None or (index and command.program not in (_PASSING_ON | _TAKES_TEXT)):
        return
    program = _base_name(words[index])
    behind = words[index + 1 :]
    for number, word in enumerate(behind):
        value = word.value or ""
        is_flag = value.startswith("-") and value.endswith("c") and not value.startswith("--")
        if (is_flag or value == "--command") and number + 1 < len(behind):
            yield from _quoted_text(behind[number + 1])
            break
        if program in _SHELLS and not value.startswith("-"):
            break
    else:
        if program in ("sg", "ssh") and len(behind) > 1:
            yield from _quoted_text(behind[-1])
    given = command.redirections
    from_cat = command.piped_from
    if program in _SHELLS and from_cat is not None and from_cat.program == "cat" and not from_cat.arguments:
        given = (*from_cat.redirections, *given) if len(words) == index + 1 else given
    for redirection in given:
        if redirection.heredoc is not None:
            heredoc = redirection.heredoc
            yield _inner(command.script, heredoc.start, heredoc.end), heredoc.quoted
        elif redirection.operator == "<<<" and redirection.target is not None:
            yield from _quoted_text(redirection.target)


def _quoted_text(word: Word) -> Iterator[tuple[Script, bool]]:
    """A word in quotation marks as a script, as `_texts`; none where a backslash makes it something else than it looks."""
    text = word.script.text[word.start : word.end]
    marked = len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]
    if marked and "\\" not in text.replace("\\\n", ""):
        yield _inner(word.script, word.start + 1, word.end - 1), text[0] == "'"


def _inner(script: Script, start: int, end: int) -> Script:
    return parse_script(
        script.text[start:end],
        section=script.section,
        place=lambda begin, until: script.place(start + begin, start + until),
        unknown=[
            (begin - start, until - start)
            for kind, begin, until in script.known_ranges(start, end)
            if kind == "unknown"
        ],
    )


# -- what variables stand for


def _word_lists(script: Script) -> dict[str, tuple[Word, ...]]:
    """The variables that are set once and stand for several words: arrays, and a call or options in one string."""
    lists: dict[str, tuple[Word, ...]] = {}
    seen: set[str] = set()
    for assignment in script.assignments:
        name, word = assignment.name, assignment.value
        if name in seen or assignment.append or not assignment.top_level or assignment.prefix:
            lists.pop(name, None)
        elif word is not None:
            inner = word.elements if assignment.array else _words_of(word)
            if _base_name(word) in RUNTIMES:
                inner = (word,)
            if inner:
                lists[name] = inner
        seen.add(name)
    for loop in script.loops:
        lists.pop(loop.name, None)
    return lists


def _words_of(word: Word) -> tuple[Word, ...]:
    """The words in a quoted value such as "singularity exec --nv"; none where it is one word or something else."""
    text = word.script.text[word.start : word.end]
    if " " not in text.strip("\"' "):
        return ()
    for inner, _ in _quoted_text(word):
        commands = inner.commands()
        if len(commands) == 1 and not inner.problems and not commands[0].redirections:
            return commands[0].words
    return ()


def _variable(word: Word) -> tuple[str, bool]:
    """The variable that a word is and nothing else, and whether its value stays one word; "" for any other word."""
    if word.value is not None or "$" not in word.text:
        return "", False
    parts = word.parts
    if len(parts) != 1 or parts[0].kind != "variable" or parts[0].expansion not in ("", "[@]", "[*]"):
        return "", False
    return parts[0].name or "", parts[0].quoted and not parts[0].expansion


# -- what a call says


def _read_words(call: RuntimeCall) -> None:
    """Take the words behind the program apart: global options, command, options, operands."""
    words = list(call.words[1:])
    given = []
    while words and words[0].prefix.startswith("-"):
        word = words.pop(0)
        text = word.value or word.prefix
        option = text.partition("=")[0]
        value = None
        if option in GLOBAL_VALUES and "=" not in text and words:
            value = words.pop(0)
        given.append(CallOption(GLOBAL_VALUES.get(option, option), word, value))
    call.global_options = tuple(given)
    if not words:
        return
    call.subcommand_word = words.pop(0)
    name = call.value_of(call.subcommand_word)
    call.subcommand = OTHER_NAMES.get(name, name) if name is not None else None
    if call.program == SIFCHECK:
        words = _handed_over(words)
    if call.subcommand is None:
        call.unsure = True
        return
    if call.subcommand in COMMAND_GROUPS:
        while words and words[0].prefix.startswith("-"):
            words.pop(0)
        call.action = call.value_of(words.pop(0)) if words else None
    read = Arguments(words, call.subcommand, call.action)
    call.options, call.operands, call.late = tuple(read.options), tuple(read.operands), tuple(read.late)
    call.unsure = read.unsure


def _handed_over(words: list[Word]) -> list[Word]:
    """The words of `sifcheck build` behind its own options: those of the runtime."""
    left = list(words)
    while left:
        name, equals, _ = (left[0].value or left[0].prefix).partition("=")
        if name == "--":
            return left[1:]
        if name not in SIFCHECK_VALUES and name not in SIFCHECK_FLAGS:
            break
        del left[: 1 if equals or name in SIFCHECK_FLAGS else 2]
    return left
