"""`sifcheck explain`: what is known at a line of a definition file when its commands run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.context import Context, configuration_of
from sifcheck.app.discover import Found
from sifcheck.app.kinds import kind_of
from sifcheck.app.outcome import EXIT_CLEAN, EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.base.source import Source
from sifcheck.base.text import escape, quote, shortened
from sifcheck.bases.model import base_of
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import add_flags
from sifcheck.simulate.following import Followed, Visit, follow_section
from sifcheck.simulate.paths import resolved
from sifcheck.simulate.state import FOLDER, UNSET

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.definition.model import Definition, Section
    from sifcheck.simulate.world import File

_EPILOG = """examples:
  sifcheck explain example.def:12
  sifcheck explain --build-arg VERSION=1.2 example.def:12

The scripts are followed as their shell would run them; nothing is executed.  What cannot be known is left out.

exit codes: 0 it was explained, 2 the file could not be read or is no definition file, 3 wrong use or configuration,
4 sifcheck itself failed
"""
_WIDTH = 90
_MOST_VARIABLES = 20
_PLACE = re.compile(r"(.+):([0-9]{1,7})\Z", re.DOTALL)


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck explain",
        description="Say what is known where a line of a definition file runs: the working folder, variables, files, what a "
        "failure does.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "place", metavar="FILE:LINE", help="a definition file and a line of one of its scripts"
    )
    add_flags(parser, ["build_args"])
    parser.add_configuration()
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    place = _PLACE.match(given.place)
    if place is None:
        raise UsageError(f"name a line: `sifcheck explain {given.place}:12`")
    path, line = place[1], int(place[2])
    context = Context(configuration_of(given))
    source = context.sources.read(Found(path, "definition", named=True, reason=""), path)
    if not isinstance(source, Source):
        tell(f"{path}: {source}")
        return EXIT_UNREADABLE
    if kind_of(path, source.data[:4096]) != "definition":
        tell(f"{path}: it is no definition file")
        return EXIT_UNREADABLE
    arguments = context.checker(context.settings_for(path)).build_arguments
    definition = context.sources.definition(source, arguments)
    lines = source.line_of(len(source.data))
    if not 1 <= line <= lines:
        raise UsageError(f"{path} has {lines} lines")
    print_text(explanation(definition, line), sys.stdout)
    return EXIT_CLEAN


def explanation(definition: Definition, line: int) -> str:
    """The text for one line, which there is in the file."""
    source = definition.source
    span = source.line_span(line)
    section = definition.section_at(span.start)
    head = f"{escape(source.path)}:{line}"
    if section is None:
        return f"{head}  in the header: nothing runs here\n"
    title = f"{head}  %{escape(section.written)}"
    if not section.is_script or not section.is_shell:
        what = "another program than a shell reads it" if section.is_script else "it is no script"
        return f"{title}: {what}\n"
    followed = follow_section(section, span.start, span.end)
    rows = [f"{title}\n    {escape(shortened(source.line(line).strip(), _WIDTH))}\n"]
    if not followed.visits:
        rows.append(_nothing_runs(section, span, followed))
    else:
        rows += ["\n".join(_rows(section, source, visit)) + "\n" for visit in followed.visits]
    return "\n".join(rows)


def _nothing_runs(section: Section, span: Span, followed: Followed) -> str:
    commands = [one for one in section.script.commands() if span.start <= one.statement_span.start < span.end]
    if not commands:
        return "no command begins in this line\n"
    behind = "" if followed.end is not None else ", and the script does not come to its end"
    return f"nothing comes here: a branch that is never taken, or a function that is not called{behind}\n"


def _rows(section: Section, source: Source, visit: Visit) -> Iterator[str]:
    shell = visit.state.shell
    program = visit.command.program
    if len(section.script.commands()) > 1 and program:
        yield f"  before `{escape(program)}`"
    reached = (
        "by every run that comes this far"
        if visit.state.certain
        else "perhaps: it hangs on what is not known"
    )
    times = f", {visit.times} times" if visit.times > 1 else ""
    yield f"  reached         {reached}{times}"
    folder = "not known" if shell.folder is None else escape(shell.folder)
    yield f"  working folder  {folder}{_since(source, shell.places.get(FOLDER))}"
    yield f"  on failure      {_on_failure(visit)}"
    if program is not None and "/" not in program and base_of(section.stage).has(program) is False:
        yield f"  program         {escape(base_of(section.stage).title)} has no `{escape(program)}` of its own"
    named = _values(visit, source)
    for number, text in enumerate(named):
        yield f"  {'variables' if not number else '':16}{text}"
    for number, text in enumerate(_files(visit, source)):
        yield f"  {'files' if not number else '':16}{text}"


def _since(source: Source, place: Span | None) -> str:
    return f"  (line {source.line_of(place.start)})" if place is not None else ""


def _on_failure(visit: Visit) -> str:
    errexit = visit.state.shell.options["errexit"]
    if errexit is None:
        return "not known: errexit may be on or off"
    if not errexit:
        return "the script goes on: errexit is off"
    if visit.command.handled:
        return "it is looked at here, so that the script goes on"
    return "ends the script: errexit is on"


def _values(visit: Visit, source: Source) -> list[str]:
    """The variables of the command's words first, then the others."""
    shell = visit.state.shell
    used = {name for word in visit.command.words for name in word.variables}
    names = sorted(shell.variables, key=lambda name: (name not in used, name))
    rows = [
        f"{escape(name)} {_value(shell.variables[name])}{_since(source, shell.places.get(name))}"
        for name in names[:_MOST_VARIABLES]
    ]
    if len(names) > _MOST_VARIABLES:
        rows.append(f"and {len(names) - _MOST_VARIABLES} more")
    rows += [f"{escape(name)}: not known" for name in sorted(used - set(names)) if name.isidentifier()]
    return rows


def _value(value: str) -> str:
    return "is not set" if value == UNSET else f"= {escape(shortened(quote(value), _WIDTH))}"


def _files(visit: Visit, source: Source) -> Iterator[str]:
    """What is known of the paths that the command names."""
    seen: set[str] = set()
    for word in visit.command.words:
        text = word.substituted(
            {name: value for name, value in visit.state.shell.variables.items() if value != UNSET}
        )
        path = resolved(text, visit.state.shell.folder) if text and not text.startswith("-") else None
        known = visit.state.world.at(path) if path is not None else None
        if path is None or known is None or path in seen:
            continue
        seen.add(path)
        yield f"{escape(shortened(path, _WIDTH))}  {_kind(known)}{_since(source, known.origin)}"


def _kind(file: File) -> str:
    if file.kind == "none":
        return "is missing"
    words = {"file": "a file", "folder": "a folder", "link": "a link"}[file.kind]
    if file.kind == "file" and file.executable is not None:
        words += " that can be executed" if file.executable else " that nothing has made executable"
    return words
