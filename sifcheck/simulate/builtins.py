"""What the commands do that the shell itself has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sifcheck.shell import parse_script
from sifcheck.shell.tree import tree_of
from sifcheck.simulate.conditions import status_of_test
from sifcheck.simulate.ends import NOWHERE, Ends, by_status
from sifcheck.simulate.flow import DEPTH, Follower
from sifcheck.simulate.paths import resolved
from sifcheck.simulate.state import UNSET, State

if TYPE_CHECKING:
    from sifcheck.shell import Command
    from sifcheck.simulate.expansion import Expanded

Builtin = Callable[[Follower, "Command", "list[Expanded]", State, bool], Ends]

_OPTIONS = {"e": "errexit", "u": "nounset"}


def _with(status: int | None) -> Builtin:
    def run(
        _follower: Follower, _command: Command, _given: list[Expanded], state: State, _tested: bool
    ) -> Ends:
        return by_status(state.with_status(status))

    return run


def _number(given: list[Expanded], default: int | None) -> int | None:
    if len(given) < 2:
        return default
    text = given[1].text
    return int(text) & 0xFF if text is not None and text.isdigit() else None


def _exit(follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool) -> Ends:
    follower.leave("shell", state.with_status(_number(given, state.status)))
    return NOWHERE


def _return(
    follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool
) -> Ends:
    if follower.dialect == "bash" and not follower.has_frame("function"):
        return by_status(state.with_status(1))
    follower.leave("function", state.with_status(_number(given, state.status)))
    return NOWHERE


def _leave_loop(continues: bool) -> Builtin:
    def run(
        follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool
    ) -> Ends:
        if not follower.has_frame("loop"):
            return Ends(state.with_status(0), None)
        state.status = int(follower.inverted)
        levels = _number(given, 1)
        follower.leave("loop", state, levels if levels is not None else 1, continues)
        return NOWHERE

    return run


def _set(_follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool) -> Ends:
    options = state.shell.options
    before = ""
    for one in given[1:]:
        text = one.text
        if text is None:
            options.update(dict.fromkeys(options))
            break
        if before[1:].endswith("o") and text in options:
            options[text] = before[0] == "-"
            before = ""
            continue
        if text in ("--", "-") or text[:1] not in ("-", "+"):
            break
        for letter in text[1:]:
            if letter in _OPTIONS:
                options[_OPTIONS[letter]] = text[0] == "-"
        before = text
    return Ends(state.with_status(0), None)


def _declare(
    _follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool
) -> Ends:
    """`export`, `local`, `readonly`, `declare`: the status is its own, whatever was substituted in its words."""
    for one in given[1:]:
        if one.text is None:
            name = one.word.prefix.partition("=")[0]
            state.shell.give(name, None)
            continue
        name, sign, value = one.text.partition("=")
        if sign and name.isidentifier():
            state.shell.give(name, value, one.word.span)
        elif sign:
            state.shell.give(name.rstrip("+"), None)
        if given[0].text == "export":
            state.shell.exported |= {name}
    return Ends(state.with_status(0), None)


def _unset(
    _follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool
) -> Ends:
    for one in given[1:]:
        if one.text is None:
            state.shell.variables.clear()
        elif not one.text.startswith("-"):
            state.shell.variables[one.text] = UNSET
    return Ends(state.with_status(0), None)


def _test(_follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool) -> Ends:
    words = given[1:-1] if given[0].text == "[" else given[1:]
    return by_status(state.with_status(status_of_test(words)))


def _eval(follower: Follower, _command: Command, given: list[Expanded], state: State, tested: bool) -> Ends:
    texts = [one.text for one in given[1:]]
    if None in texts or any(one.glob for one in given[1:]) or follower.depth >= DEPTH:
        state.shell.variables.clear()
        state.world.anything_may_have_been_made()
        return Ends(state, state)
    place = given[0].word.span
    text = " ".join(text for text in texts if text is not None)
    script = parse_script(text, place=lambda _start, _end: place, dialect=follower.dialect)
    follower.depth += 1
    ends = follower.run(tree_of(script), state, tested)
    follower.depth -= 1
    return ends


def _trap(_follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool) -> Ends:
    texts = [one.text for one in given[1:] if one.text != "--"]
    if "EXIT" in texts[1:] or "0" in texts[1:]:
        state.shell.trap = "" if texts[0] in ("-", "") else texts[0]
    return Ends(state.with_status(0), None)


def _command_word(
    follower: Follower, command: Command, given: list[Expanded], state: State, tested: bool
) -> Ends:
    """`command NAME`, `builtin NAME`: no function is called."""
    rest = given[1:]
    if not rest:
        return Ends(state.with_status(0), None)
    if (rest[0].text or "-").startswith("-"):
        return Ends(state, state)
    return follower.runs(follower, command, rest, state, tested)


def _change_folder(
    _follower: Follower, _command: Command, given: list[Expanded], state: State, _tested: bool
) -> Ends:
    """`cd`: where it fails the shell stays where it is, and then nobody knows where that is."""
    words = [one for one in given[1:] if one.text is None or one.text in ("-", "") or one.text[:1] != "-"]
    target = words[0].text if len(words) == 1 and not words[0].glob else None
    shell, place = state.shell, given[0].word.script.place(given[0].word.start, given[-1].word.end)
    path = resolved(target, shell.folder) if target not in (None, "-", "") else None
    known = state.world.at(path) if path is not None else None
    if known is not None and known.kind in ("none", "file"):
        return by_status(state.with_status(1))
    if known is not None and known.kind == "folder":
        shell.go(path, place)
        return Ends(state.with_status(0), None)
    if shell.options["errexit"]:
        shell.go(path, place)
        return Ends(state, state)
    failed = state.copy().with_status(1)
    shell.go(path, place)
    return Ends(state.with_status(0), failed)


BUILTINS: dict[str, Builtin] = {
    ":": _with(0),
    "true": _with(0),
    "false": _with(1),
    "echo": _with(0),
    "printf": _with(0),
    "cd": _change_folder,
    "exit": _exit,
    "return": _return,
    "break": _leave_loop(False),
    "continue": _leave_loop(True),
    "set": _set,
    "export": _declare,
    "local": _declare,
    "readonly": _declare,
    "declare": _declare,
    "typeset": _declare,
    "unset": _unset,
    "test": _test,
    "[": _test,
    "eval": _eval,
    "trap": _trap,
    "command": _command_word,
    "wait": _with(None),
}
"""Name -> what it does to the state, and how it ends."""
