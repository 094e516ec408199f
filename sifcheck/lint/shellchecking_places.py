"""Where an answer of ShellCheck's stands, and whether the place shows that nothing can come of what it warns of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.source import Source, Span
from sifcheck.base.startup import pattern
from sifcheck.definition.model import ERREXIT_SECTIONS, Section

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.shell import Command
    from sifcheck.shell.model import Assignment

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
    2048: "the `sh` of no supported release splits what `export` assigns: dash does not since 0.5.11",
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

LEFT_OUT_FOR_PLAIN_VALUES = {
    2027: "one word without blanks stays one word outside of quotes",
    2086: "one word without blanks stays one word outside of quotes",
    2115: "the variable is never empty",
    2139: "a constant is the same when the alias is defined and when it is used",
    2231: "one word without blanks stays one word outside of quotes",
}
"""Codes left out where every variable at the place is set before, once and always, to one word without blanks and globs."""

_VARIABLE = pattern(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_OTHER = pattern(r"`|\$[({@*#?0-9!$-]")
_PLAIN_TEXT = pattern(r"[\w./:+@%,=-]+")
_PLAIN_PRINT = pattern(
    r"\"?(?:\$!|(?:\$\(|`)[ \t]*(?:nproc(?:[ \t]+--all)?|mktemp(?:[ \t]+-[dqu]+)*"
    r"|date[ \t]+(?:-u[ \t]+)?[+]['\"]?[^ \t|;&<>`\n]+)[ \t]*(?:\)|`))\"?"
)
_PLAIN_PRINT_IN_BUILD = pattern(r"\"?(?:\$\([ \t]*pwd[ \t]*\)|`[ \t]*pwd[ \t]*`)\"?")
# The last program of a pipeline that ends well whatever it was given.
_ENDS_WELL = pattern(r"\|[ \t]*(?:cut|tr|head|awk|sed)\b[^|;&\n]*(?:\)|`)['\"]?\s*")
_EMPTY_FOR_ONE = pattern(r"[ \t]*(?:\\\n\s*)?(?:[A-Za-z_]\w*=|[A-Za-z./][\w./+-]*[ \t]+[^ \t\n;&|])")

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

# A list of packages is to be split: in quotes it were one package with spaces in its name.
_PACKAGE_MANAGERS = frozenset((
    "apt", "apt-get", "aptitude", "yum", "dnf", "microdnf", "tdnf", "apk", "zypper", "pacman", "rpm", "dpkg", "emerge",
    "gem", "npm", "spack", *_REQUIREMENTS,
))  # fmt: skip

_CONTAINER = frozenset(("singularity", "apptainer"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh"))


def is_harmless(code: int, place: Span, source: Source, section: Section | JobScript) -> bool:
    """Whether the place shows that nothing can come of what is warned of."""
    if code not in _PLACED:
        return False
    start, end = place
    if code == 2046 and _PLAIN.fullmatch(source.text, start, end):
        return True
    if code in LEFT_OUT_FOR_PLAIN_VALUES and _holds_plain_values(place, source, section):
        return True
    settled = _by_script(code, place, source, section)
    if settled is not None:
        return settled
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


def _by_script(code: int, place: Span, source: Source, section: Section | JobScript) -> bool | None:
    """Whether the script around shows that nothing can come of it; None where that is not all to be asked."""
    start, end = place
    if code == 1007:
        return _empties_for_a_program(end, source)
    if code == 2028:
        # The `echo` of bash never expands: a `\\r` alone is for the program that reads the text, as expect.
        return _is_bash(section) and "\\r" in source.slice(place) and "\\n" not in source.slice(place)
    if code == 2155:
        return _masks_no_failure(start, section)
    if code == 2226:
        return _follows_cd(start, section)
    return True if code == 2048 and _assigns(start, section) else None


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
    if code == 2046 and program in _PACKAGE_MANAGERS:
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


def _holds_plain_values(place: Span, source: Source, section: Section | JobScript) -> bool:
    """Whether every variable at a place is one word that no shell splits, and there is nothing else to split."""
    text = source.slice(place)
    names = {match[1] or match[2] for match in _VARIABLE.finditer(text)}
    if not names or _OTHER.search(_VARIABLE.sub("", text)):
        return False
    return all(_is_plain(name, place.start, section) for name in names)


def _is_plain(name: str, before: int, section: Section | JobScript) -> bool:
    script = section.script
    set_by = [one for one in script.assignments if one.name == name and not one.prefix]
    if len(set_by) != 1 or set_by[0].span.start >= before or any(loop.name == name for loop in script.loops):
        return False
    (assignment,) = set_by
    if assignment.append or assignment.array or assignment.value is None or not assignment.top_level:
        return False
    known = script.constants.get(name)
    if known is not None:
        return _PLAIN_TEXT.fullmatch(known) is not None
    text = _text_of(assignment)
    if _PLAIN_PRINT.fullmatch(text):
        return True
    # Where a build stands has no blanks in its path; where a user stands may have.
    return section.name in ERREXIT_SECTIONS and _PLAIN_PRINT_IN_BUILD.fullmatch(text) is not None


def _text_of(assignment: Assignment) -> str:
    value = assignment.value
    return "" if value is None else assignment.script.text[value.start : value.end]


def _masks_no_failure(start: int, section: Section | JobScript) -> bool:
    """Whether the value that is exported at a place comes out of a pipeline whose last program does not fail."""
    for assignment in section.script.assignments:
        if assignment.span.start <= start < assignment.span.end:
            return _ENDS_WELL.search(_text_of(assignment)) is not None
    return False


def _assigns(start: int, section: Section | JobScript) -> bool:
    """Whether a place lies in the one word that a variable is set to: nothing is split there."""
    return any(one.span.start <= start < one.span.end and not one.array for one in section.script.assignments)


def _empties_for_a_program(end: int, source: Source) -> bool:
    """Whether behind `NAME=` there stands a program with arguments, or a further assignment: it is empty on purpose."""
    return _EMPTY_FOR_ONE.match(source.text, end) is not None


def _follows_cd(start: int, section: Section | JobScript) -> bool:
    """Whether a script has gone to a folder before a place."""
    return any(one.span.start < start for one in section.script.commands("cd", "pushd"))


_PLACED = frozenset((
    1007, 1083, 1143, 2028, 2102, 2155, 2226, *LEFT_OUT_FOR_PLAIN_VALUES, *LEFT_OUT_IN_ECHO, *LEFT_OUT_IN_EXPORT,
    *LEFT_OUT_AT_TARGETS, *LEFT_OUT_IN_CALLS,
))  # fmt: skip
