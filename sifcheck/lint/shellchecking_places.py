"""Where an answer of ShellCheck's stands, and whether the place shows that nothing can come of what it warns of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.source import Source, Span
from sifcheck.base.startup import pattern
from sifcheck.definition.model import Section

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.shell import Command

LEFT_OUT_IN_ECHO = {
    2016: "text for a file is written with its variables unexpanded on purpose",
    2046: "words that `echo` puts one blank between lose nothing",
    2068: "words that `echo` puts one blank between lose nothing",
    2086: "words that `echo` puts one blank between lose nothing",
    2090: "what is only shown need not keep its quotes",
    2145: "words that `echo` puts one blank between lose nothing",
}
"""Further codes left out in the words of `echo` and `printf`; SC2016 in those of `sed` too, SC2086 in those of `echo` alone.
"""

LEFT_OUT_IN_EXPORT = {
    2046: "the `sh` of no supported release splits what `export` assigns: dash does not since 0.5.11",
    2086: "the `sh` of no supported release splits what `export` assigns: dash does not since 0.5.11",
}
"""Further codes left out in what `export` and `readonly` assign (bash and busybox: measured; dash: shellcheck#2443)."""

LEFT_OUT_AT_TARGETS = {
    2086: "dash, busybox and bash as `sh` take the name behind `>` as it is",
}
"""Further codes left out in the target of a redirection, where the shell is not bash by its name (measured)."""

LEFT_OUT_IN_CALLS = {
    2016: "the variables are for the shell in the container to expand",
}
"""Further codes left out in what is handed to a container, or to a shell."""

# Programs that print one word without blanks when all goes well: nothing is there to be split.
_PLAIN = pattern(
    r"(?:\$\(|`)[ \t]*(?:"
    r"(?:nproc|arch|whoami|logname|hostname|pwd|mktemp|getconf|basename|dirname|realpath|readlink|rpm[ \t]+(?:-E|--eval)"
    r"|git[ \t]+(?:rev-parse|describe)|python[0-9.]*[ \t]+-c|conda[ \t]+info[ \t]+--base|dpkg[ \t]+--print-architecture)"
    r"(?:[ \t][^|;&<>`\n]*)?"
    r"|(?:which|command[ \t]+-v|type[ \t]+-P)[ \t]+[^ \t|;&<>`\n]+"
    r"|uname(?:[ \t]+-[mrsnpio])?|id[ \t]+(?:-[ugn]+|-[ug][ \t]+-n)(?:[ \t]+[^ \t|;&<>`\n]+)?"
    r"|date[ \t]+(?:-u[ \t]+)?[+]['\"]?[^ \t|;&<>`\n]+|lsb_release[ \t]+-[a-z]*s[a-z]*(?:[ \t]+-[a-z]+)*"
    r"|python[0-9.]*[ \t]+(?:--version|-V)"
    # What these print is to be split: quoting it would break the build.
    r"|(?:pkg-config|[a-z0-9.]+-config)[ \t][^|;&<>`\n]*"
    r")[ \t]*(?:2>[ \t]*/dev/null[ \t]*)?(?:\)|`)"
)
_JOINED = pattern(r"(?:&&|\|)[ \t]*\\?$")
_REQUIREMENTS = frozenset(("pip", "pip3", "python", "python3", "pipx", "uv", "conda", "mamba", "micromamba"))

_CONTAINER = frozenset(("singularity", "apptainer"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh"))


def is_harmless(code: int, place: Span, source: Source, section: Section | JobScript) -> bool:
    """Whether the place shows that nothing can come of what is warned of."""
    if code not in _PLACED:
        return False
    start, end = place
    if code == 2046 and _PLAIN.fullmatch(source.text, start, end):
        return True
    if code == 1143:
        # Behind `&&` a comment may stand between; elsewhere the statement ends there.
        line = source.line_of(start) - 1
        while line > 1 and source.line(line).lstrip().startswith("#"):
            line -= 1
        return _JOINED.search(source.line(line).rstrip()) is not None
    if any(one.span.start <= start < one.span.end for one in section.script.redirections):
        return code in LEFT_OUT_AT_TARGETS and not _is_bash(section)
    command = _command_at(section, start)
    return command is not None and _is_harmless_in(code, command, start)


def _is_harmless_in(code: int, command: Command, start: int) -> bool:
    """Whether nothing can come of it among the words of a command."""
    program = command.program or ""
    if code == 2102:
        return program in _REQUIREMENTS
    if code == 1083:
        # `{a,b}` and `[1-9]` in an address are for curl to expand, and `{}` is for find and xargs.
        return program in ("curl", "find", "xargs")
    if program in ("export", "readonly") and code in LEFT_OUT_IN_EXPORT:
        return True
    if code in LEFT_OUT_IN_CALLS and _is_handed_on(command, start):
        return True
    if program == "echo" or (program == "printf" and code != 2086):
        return code in LEFT_OUT_IN_ECHO
    return code == 2016 and program == "sed"


def _is_handed_on(command: Command, start: int) -> bool:
    """Whether a word is for another program to read: a container's, or a shell that stands before it."""
    before = [word.value or "" for word in command.words if word.span.start < start]
    return any(name.rpartition("/")[2] in _CONTAINER | _SHELLS for name in before)


def _command_at(section: Section | JobScript, offset: int) -> Command | None:
    """The innermost command around an offset of the file."""
    around = [
        command for command in section.script.commands() if command.span.start <= offset < command.span.end
    ]
    return max(around, key=lambda command: command.span.start, default=None)


def _is_bash(section: Section | JobScript) -> bool:
    """Whether a script is run by bash under its own name, which splits what other shells do not."""
    words = (section.shell or "bash").split()
    return any(word.rpartition("/")[2] == "bash" for word in words)


_PLACED = frozenset(
    (1083, 1143, 2102, *LEFT_OUT_IN_ECHO, *LEFT_OUT_IN_EXPORT, *LEFT_OUT_AT_TARGETS, *LEFT_OUT_IN_CALLS)
)
