"""What a batch script may bring before a call: files that the call needs, and that are not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.job.order import NEVER, command_in, reached

if TYPE_CHECKING:
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Command

__all__ = ["may_bring", "may_bring_before"]

# They make no file, as long as what they print goes to none.
_QUIET = frozenset(
    "cd pushd popd echo printf export unset set setenv unsetenv ulimit umask module ml date hostname rm rmdir ls test [ [[ "
    "env pwd sleep uname id whoami which type hash command trap true false : df du free nproc lscpu exit return chmod chown "
    "chgrp read dirname basename readlink realpath grep cat shopt local declare readonly time wait jobs kill source "
    ".".split()
)
_ASKING = ("test", "[", "[[")
# They make the files that they name, and none besides, where all is named and no folder is copied.
_NAMING = frozenset("cp mv ln install touch mkdir tee".split())
_WHOLE = ("-r", "-R", "-a", "--recursive", "--archive", "-t")
_RUNTIMES = frozenset("singularity apptainer sifcheck".split())
_RUNNING = frozenset("exec run shell test instance".split())


def may_bring(call: RuntimeCall, path: str) -> bool:
    """Whether what a script does before a call may make the file of a path.

    It does where another command names it, and it may where nobody can tell which files a command makes.
    """
    return any(
        _may_bring(command_in(call, script), path, {*call.outer, call.command}) for script in call.scripts
    )


def may_bring_before(command: Command, path: str) -> bool:
    """The same for what a script does before any of its commands."""
    return _may_bring(command, path, {command})


def _may_bring(command: Command, path: str, mine: set[Command]) -> bool:
    script, name = command.script, path.rstrip("/").rpartition("/")[2].strip("*?")
    until = reached(command)
    until = command.span.start if until == NEVER else until
    # What stands in a function runs where that is called, which may be above.
    before = [
        one for one in script.commands() if one not in mine and (one.function or one.span.start < until)
    ]
    own = {one.function for one in before}
    if any(_names(one, name) or (one.program not in own and _is_open(one)) for one in before):
        return True
    for redirection in script.redirections:
        target = redirection.target if redirection.writes and redirection.span.start < until else None
        value = target.substituted(script.constants) if target is not None else None
        if target is not None and (value is None or value.rpartition("/")[2] == name):
            return True
    return False


def _names(command: Command, name: str) -> bool:
    # Who asks whether it is there has seen to that.
    if not name or (command.program in _QUIET and command.program not in _ASKING):
        return False
    return any(name in word.text for word in command.arguments)


def _is_open(command: Command) -> bool:
    """Whether nobody can say from a command's words which files it makes."""
    program, words = command.program, command.arguments
    if program in _QUIET or (program is None and not words):
        return False
    if program in _RUNTIMES:
        return any(word.value in _RUNNING for word in words[:2])
    if program not in _NAMING:
        return True
    return any(word.value is None or word.value in _WHOLE or word.has_glob for word in words)
