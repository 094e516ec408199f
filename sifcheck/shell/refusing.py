"""Whether the shell that runs a script stops at its grammar: then nothing from that place on is ever run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.model import Command, Dialect, Script, ShellProblem
from sifcheck.shell.reading import parse_script

if TYPE_CHECKING:
    from sifcheck.base.source import Span

EVERY_SHELL: tuple[Dialect, ...] = ("bash", "sh", "ash")
"""The shells that /bin/sh may be."""

_LOGIN = pattern(r"#![^\n]*[ \t](?:-\w*[li]|--login)\b")
_FILES_READ = ("source", ".")


class Refusal(NamedTuple):
    """Why a script is not run to its end: what is wrong, where, and where the shell finds out (None: at that place).

    `dialect` is the shell that says so; `bash_takes_it`: only bash reads what is written there.
    """

    dialect: Dialect
    span: Span
    message: str
    stops: Span | None
    bash_takes_it: bool = False


def refusal_by_all(
    text: str,
    dialects: Sequence[Dialect],
    place: Callable[[int, int], Span],
    unknown: Sequence[tuple[int, int]] = (),
) -> Refusal | None:
    """Why every one of some shells refuses a text; None where one may take it, or comes to an end before."""
    found: list[tuple[int, Span, Refusal]] = []
    for dialect in dialects:
        script = parse_script(text, place=place, unknown=unknown, dialect=dialect)
        problem = script.refusal
        if problem is None or not _is_certain(script, problem, dialect):
            return None
        refusal = Refusal(dialect, problem.span, problem.message, problem.stops)
        found.append((script.refused_from, problem.span, refusal))
    # What only some refuse stands further up than what all do.
    if not found:
        return None
    refusal = max(found, key=lambda one: one[:2])[2]
    if "bash" in dialects:
        return refusal
    bash = parse_script(text, place=place, unknown=unknown, dialect="bash")
    return refusal._replace(bash_takes_it=bash.refusal is None)


def _is_certain(script: Script, problem: ShellProblem, dialect: Dialect) -> bool:
    """Whether the shell comes to the place, and reads it as it is read here."""
    if problem.kind == "depth" or "\0" in script.text:
        return False
    before = [command for command in script.commands() if command.start < script.refused_from]
    if _ends(before, script):
        return False
    if any(_is_unknown(command, script) for command in before):
        return False
    if dialect == "bash":
        patterns = problem.kind == "pattern" and _may_take_patterns(script, before)
        return not patterns and "expand_aliases" not in script.text
    return all(command.name != "alias" for command in before)


def _ends(before: Sequence[Command], script: Script) -> bool:
    """Whether the script ends in a line above the one from which on the shell cannot read it."""
    return any("\n" in script.text[command.end : script.refused_from] for command in _enders(before))


def _enders(commands: Sequence[Command]) -> Iterator[Command]:
    """The commands behind which nothing of the script is read."""
    for command in commands:
        if command.name not in ("exit", "exec", "return") or (
            command.name == "exec" and len(command.words) < 2
        ):
            continue
        if (
            command.top_level
            and not command.background
            and command.list is None
            and len(command.pipeline) < 2
        ):
            yield command


def _is_unknown(command: Command, script: Script) -> bool:
    """Whether a command begins with a build variable, which may be anything."""
    return any(start <= command.start < end for start, end in script.unknown)


def _may_take_patterns(script: Script, before: Sequence[Command]) -> bool:
    """Whether `shopt -s extglob` may have been run: bash then takes `!(a|b)`."""
    if "extglob" in script.text or _LOGIN.match(script.text):
        return True
    return any(command.name in _FILES_READ for command in before)
