"""`sifcheck pin`: write the digest that a tag stands for today into `From:`, or check that there is one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.context import Context, configuration_of
from sifcheck.app.discover import Found, find_inputs
from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, UsageError, print_text, tell
from sifcheck.app.patch import show_patch
from sifcheck.app.told import MOVING
from sifcheck.base.findings import Edit
from sifcheck.base.startup import NamedTuple
from sifcheck.cli.parser import CommandParser
from sifcheck.config.settings import Settings, add_flags
from sifcheck.definition.model import Definition
from sifcheck.lint.fixes import apply_edits
from sifcheck.registry.model import BaseImage, Registry, Unknown
from sifcheck.registry.pinning import FromReference, header_fault, pinned_edit, places_in

if TYPE_CHECKING:
    from sifcheck.base.source import Source
    from sifcheck.lint.check import Checker

_EPILOG = """examples:
  sifcheck pin example.def
  sifcheck pin --diff recipes/
  sifcheck pin --check recipes/            exit code 1 where a tag stands without a digest; asks nobody
  sifcheck pin --update example.def        the digest of today for the tag that stands in the comment
  sifcheck pin --update --check recipes/   exit code 1 where a tag has moved

exit codes: 0 every base image that can be pinned is, 1 one is not (with --check: would be changed), 2 a named input could
not be read or no file matched, 3 wrong use or configuration, 4 sifcheck itself failed
"""


class _PinFile(NamedTuple):
    """A definition file, its base images, and whether its target takes a tag and a digest together."""

    source: Source
    places: list[FromReference]
    takes_both: bool


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck pin",
        description="Write the digest that a tag stands for today into `From:`, and keep the tag as a comment.",
        epilog=_EPILOG,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="definition files and folders (default: .)")
    parser.add_argument(
        "--update", action="store_true", help="ask anew for the tags of what has a digest already"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 where something would be changed"
    )
    parser.add_argument("--diff", action="store_true", help="show what would be changed, and change nothing")
    parser.add_argument("--offline", action="store_true", help="ask no registry: goes with --check")
    add_flags(parser, ["exclude", "target", "site", "site_files", "quiet"])
    parser.add_configuration()
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    if given.offline and (not given.check or given.update or given.diff):
        raise UsageError("--offline: without a registry there is only --check, without --update and --diff")
    return _run(given, Context(configuration_of(given)))


def _run(given: argparse.Namespace, context: Context) -> int:
    settings = context.settings
    if "-" in given.paths:
        raise UsageError("standard input cannot be pinned: name the file")
    contents = context.sources.contents
    inputs = find_inputs(given.paths or ["."], exclude=settings.exclude, contents=contents)
    files, unreadable = _read(inputs, context)
    if not files and not unreadable:
        tell("no definition file was found")
        unreadable = True
    wants = {"open", "pinned"} if given.update else {"open"}
    asking = not given.check or given.update or given.diff
    registry = _ask(files, wants) if asking else None
    quiet = bool(settings.quiet)
    # A difference is to be read by `patch`.
    say = tell if given.diff else _say
    whole = True
    for file in files:
        edits: list[Edit] = []
        for place in file.places:
            done = _judged(file, place, wants, registry, edits, say=say, quiet=quiet)
            whole = whole and done
        if edits:
            whole = _carry_out(given, file.source, edits) and whole
    if unreadable:
        return EXIT_UNREADABLE
    return EXIT_CLEAN if whole else EXIT_FINDINGS


# -- the files


def _read(inputs: Iterable[Found], context: Context) -> tuple[list[_PinFile], bool]:
    """The definition files among the inputs, and whether something that was named is none or cannot be read."""
    files = []
    unreadable = False
    met: set[str] = set()
    for found in inputs:
        # A link beside its file is the same file.
        place = os.path.realpath(found.path)
        if place in met:
            continue
        met.add(place)
        if found.kind == "definition" or (found.kind == "unreadable" and found.named):
            source = context.sources.read(found, found.path)
            if isinstance(source, str):
                tell(f"{found.path} cannot be read: {source}")
                unreadable = unreadable or found.named
                continue
            file, fault = _file(source, context.settings_for(found.path), context)
            files.append(file)
            # What a folder holds may be something else, whatever it is called.
            if fault and found.named:
                tell(f"{found.path} cannot be pinned: {fault}")
                unreadable = True
        elif found.named and found.kind != "empty":
            tell(f"{found.path} is no definition file")
            unreadable = True
    return files, unreadable


def _file(source: Source, settings: Settings, context: Context) -> tuple[_PinFile, str]:
    """A definition file, and what is wrong with its header."""
    chosen = settings._replace(
        select=(MOVING,),
        extend_select=(),
        ignore=(),
        profile="strict",
        min_confidence="low",
        no_shellcheck=True,
        host="none",
    )
    checker = context.checker(chosen)
    definition = checker.read(source)
    assert isinstance(definition, Definition)
    spared = _spared(definition, checker)
    places = [
        place._replace(state="left", why="a comment tells sifcheck to leave it as it is")
        if place.state == "open" and place.field.value_span.start in spared
        else place
        for place in places_in(definition)
    ]
    target = checker.runner.context.target
    takes_both = target.named and not target.lacking("tag with digest")
    return _PinFile(source, places, takes_both), header_fault(definition)


def _spared(definition: Definition, checker: Checker) -> set[int]:
    """Where a comment silences the rules about tags."""
    raw = checker.find(definition)
    told = {finding.span.start for finding in checker.finish(definition, raw) if MOVING in finding.tags}
    return {finding.span.start for finding in raw if MOVING in finding.tags} - told


# -- what registries say


def _ask(files: Iterable[_PinFile], wants: set[str]) -> Registry:
    from sifcheck.app.registries import access_here
    from sifcheck.registry.asking import ask_registries

    asked = [place.at for file in files for place in file.places if place.state in wants and place.at]
    return ask_registries(asked, None, "digest", access_here(building=False))


def _judged(
    file: _PinFile,
    place: FromReference,
    wants: set[str],
    registry: Registry | None,
    edits: list[Edit],
    *,
    say: Callable[[str], None],
    quiet: bool,
) -> bool:
    """Say what becomes of a base image, and add the edit that makes it so; whether nothing is left to do by hand."""
    at = f"{file.source.path}:{file.source.position(place.field.span.start).line}"
    value = place.field.value
    if place.state == "left":
        if not quiet:
            tell(f"{at}: {value} was left as it is: {place.why}")
        return True
    if place.state not in wants or (place.state == "pinned" and not place.at):
        if place.state in wants and not quiet:
            tell(f"{at}: {value} was left as it is: no comment says what tag it was")
        return True
    if registry is None:
        say(f"{at}: {value} has no digest")
        return False
    said = registry.answers.get(place.at, Unknown("not asked"))
    if not isinstance(said, BaseImage):
        tell(f"{at}: {value} was not pinned: {said.why}")
        return False
    if said.digest == place.digest:
        return True
    if place.state == "pinned":
        say(f"{at}: {place.tag} is {said.digest} now, and was {place.digest}")
    else:
        say(f"{at}: {value} is {said.digest}")
    edits.append(pinned_edit(place.field, said.digest, both=file.takes_both))
    return True


def _say(words: str) -> None:
    from sifcheck.base.text import escape

    print_text(f"{escape(words)}\n", sys.stdout)


def _carry_out(given: argparse.Namespace, source: Source, edits: list[Edit]) -> bool:
    """Write the file, or show what would be written; whether it is as it should be."""
    content = apply_edits(source.data, edits)
    if given.diff:
        show_patch(source, content, ())
    if given.check or given.diff:
        return not given.check
    from sifcheck.base.writing import WriteRefusedError, replace_file

    try:
        replace_file(source.path, source.data, content)
    except WriteRefusedError as error:
        tell(f"{source.path} was left as it is: {error}")
        return False
    return True
