"""A command of a batch script as the word that another shell is handed, so that it runs what it ran before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import pattern

if TYPE_CHECKING:
    from sifcheck.api import Command, Part

# What every shell takes as it stands, however often it reads it.
_PLAIN = pattern(r"[\w./:,@%+-]+", 256)
_ESCAPED = pattern(r"[\\$`\"]")
_OPERATORS = ("<", ">", ">>", ">&", "<&", ">|", "<>")
# The system takes these away from what a program that runs as root starts: ld.so(8), secure-execution mode.
_TAKEN = ("TMPDIR", "TZDIR", "LD_", "MALLOC_", "GLIBC_", "LOCPATH", "NLSPATH", "HOSTALIASES", "RES_OPTIONS")
# Set by bash for itself; the inner shell has its own or none.
_OF_BASH = frozenset(
    "UID EUID PPID RANDOM SECONDS LINENO HOSTNAME HOSTTYPE OSTYPE MACHTYPE OPTIND OPTARG REPLY IFS SHLVL GROUPS DIRSTACK "
    "SHELLOPTS FUNCNAME PIPESTATUS EPOCHSECONDS COLUMNS LINES".split()
)
# They set variables in a way that is not followed, or change how words are read.
_SETTING = ("source", ".", "eval", "read", "mapfile", "readarray", "getopts", "shopt", "let", "select", "set")
_NOT_INSIDE = frozenset(("exec", "time", "builtin", "coproc"))


def as_one_word(command: Command) -> str | None:
    """The statement of a command as one word that `sh -c` runs to the same effect; None where that is not sure."""
    script = command.script
    text = script.text[command.statement_start : command.statement_end]
    if not _reads_alike(command):
        return None
    outside: list[Part] = []
    for part in script.variables_between(command.statement_start, command.statement_end):
        where = _expanded(command, part)
        if where is None:
            return None
        outside += [part] if where == "outside" else []
    if not outside and "'" not in text:
        return f"'{_shown(text)}'"
    begin = command.script.place(command.statement_start, command.statement_end).start
    word, at = [], 0
    for part in outside:
        start, end = part.span.start - begin, part.span.end - begin
        word += [_escaped(text[at:start]), text[start:end]]
        at = end
    word.append(_escaped(text[at:]))
    return '"' + _shown("".join(word)) + '"'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\\" + match[0], text)


def _shown(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _reads_alike(command: Command) -> bool:
    """Whether sh reads the statement as the script's own shell does, and nothing is run to make its words."""
    words = [*command.words, *(one.value for one in command.statement_assignments if one.value is not None)]
    for redirection in command.redirections:
        if redirection.heredoc is not None or redirection.operator not in _OPERATORS:
            return False
        if redirection.operator in (">&", "<&") and redirection.target and not redirection.target.value:
            return False
        words += [redirection.target] if redirection.target is not None else []
    names = {word.value for word in command.words[: command.run.position + 1]}
    if names & _NOT_INSIDE or any(word.is_array or word.has_braces for word in words):
        return False
    text = command.script.text[command.statement_start : command.statement_end]
    # `$'...'` and `$"..."` are bash's; a glob hangs on its settings.
    if "$'" in text or '$"' in text or "&>" in text or any("[" in one.text and one.has_glob for one in words):
        return False
    if any(one.append or one.index for one in command.statement_assignments):
        return False
    return all(part.kind in ("literal", "variable") for word in words for part in word.parts)


def _expanded(command: Command, part: Part) -> str | None:
    """Whether the outer shell is to put a variable in ("outside"), the inner one can ("inside"), or neither may."""
    script, name = command.script, part.name or ""
    if part.expansion or not name.isidentifier():
        return None
    if script is not script.section.script or command.function is not None:
        return None
    value = script.settled.get(name)
    assigned = [one for one in script.assignments if one.name == name and not one.prefix]
    if value is not None and assigned[-1].end <= command.start and _PLAIN.fullmatch(value):
        return "outside"
    if name.startswith(_TAKEN) or name in _OF_BASH or name.startswith("BASH"):
        return None
    if any(one.name == "IFS" for one in script.assignments):
        return None
    if assigned:
        sent = any(one.command.top_level and one.command.end <= command.start for one in script.exports(name))
        return "inside" if sent and not any(one.prefix for one in command.statement_assignments) else None
    if any(loop.name == name for loop in script.loops) or any(
        one.start < command.start for one in script.commands(*_SETTING)
    ):
        return None
    # Nothing sets it here: it comes from the environment, or is nowhere.
    return "inside" if not any(one.name == name for one in command.statement_assignments) else None
