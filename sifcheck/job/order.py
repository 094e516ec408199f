"""When the commands of a batch script run: a function runs where it is called, and of an `if` one body only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Command, Script

__all__ = ["NEVER", "command_in", "first_run", "is_excluded", "reached"]

NEVER = sys.maxsize
"""Behind all that a script does: where a function stands that nothing is seen to call."""


def first_run(command: Command) -> Command | None:
    """What makes a command run first: itself, or what calls its function; None where nothing does."""
    if command.function is None:
        return command
    runs, waiting = [], [command.function]
    met = {*waiting}
    while waiting:
        for caller in command.script.commands(waiting.pop()):
            if caller.function is None:
                runs.append(caller)
            elif caller.function not in met:
                met.add(caller.function)
                waiting.append(caller.function)
    return min(runs, key=lambda one: one.start, default=None)


def reached(command: Command) -> int:
    """Where in the file a command first runs; NEVER where nothing is seen to call its function."""
    first = first_run(command)
    return first.span.start if first is not None else NEVER


def is_excluded(one: Command, other: Command) -> bool:
    """Whether two commands stand in different bodies of one `if` or `case`, so that only one of them runs."""
    if one.script is not other.script:
        return False
    bodies = dict(one.around.sides)
    return any(bodies.get(whole, body) != body for whole, body in other.around.sides)


def command_in(call: RuntimeCall, script: Script) -> Command:
    """The command of one of the texts that a call stands in which the call is, or is part of."""
    return next((one for one in call.outer if one.script is script), call.command)
