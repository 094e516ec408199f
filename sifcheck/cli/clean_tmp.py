"""`sifcheck clean-tmp`: list what dead builds left in the temporary folders, and remove it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from sifcheck.app.outcome import EXIT_CLEAN, EXIT_FINDINGS, UsageError, print_text, tell
from sifcheck.base.facts import known
from sifcheck.base.text import escape
from sifcheck.cli.parser import CommandParser
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import add_flags
from sifcheck.host.snapshot import Leftover
from sifcheck.launch.clearing import Seen, find_leftovers, remove, usual_folders

_EPILOG = """examples:
  sifcheck clean-tmp
  sifcheck clean-tmp --yes
  sifcheck clean-tmp --older-than 2h --yes /scratch/me

exit codes: 0 there is nothing (or it was removed), 1 there is something (or it could not be removed), 3 wrong use or
configuration, 4 sifcheck itself failed
"""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck clean-tmp",
        description="List what dead builds left, and what no process holds any more; with --yes it is removed.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "folders",
        nargs="*",
        metavar="FOLDER",
        help="where to look (default: the temporary folders, those of the site and the job, and the current one)",
    )
    parser.add_argument("--yes", action="store_true", help="remove what is listed")
    parser.add_argument(
        "--older-than",
        default="1d",
        metavar="AGE",
        help="leave younger ones alone: a number with s, m, h, d or w (default: 1d)",
    )
    add_flags(parser, ["site", "site_files"])
    parser.add_configuration()
    return parser


def run(words: Sequence[str]) -> int:
    """The verb; gives the exit code."""
    given = make_parser().parse(words)
    oldest = _seconds(given.older_than)
    missing = [folder for folder in given.folders if not os.path.isdir(folder)]
    if missing:
        raise UsageError(f"{missing[0]} is no folder")
    folders = given.folders or usual_folders(os.environ, _candidates(vars(given)))
    seen = find_leftovers(folders)
    for problem in seen.problems:
        tell(problem)
    dead = [one for one in seen.leftovers if one.age >= oldest and one.held is False]
    print_text(_listed(dead, len(seen.leftovers) - len(dead), removing=given.yes), sys.stdout)
    if not given.yes:
        return EXIT_FINDINGS if dead else EXIT_CLEAN
    return _remove_all(dead, seen)


def _remove_all(dead: list[Leftover], seen: Seen) -> int:
    failed = 0
    for one in dead:
        why = remove(one, seen.identity)
        if why:
            failed += 1
            tell(f"{one.path} could not be removed: {why}")
    if dead:
        gone = len(dead) - failed
        tell(f"{gone} of {len(dead)} removed" if failed else f"{gone} removed")
    return EXIT_FINDINGS if failed else EXIT_CLEAN


def _seconds(text: str) -> float:
    unit = _UNITS.get(text[-1:], 0)
    number = text[:-1] if unit else text
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise UsageError(f"--older-than {text}: an age is a number with s, m, h, d or w after it, as 12h")
    return int(number) * (unit or _UNITS["d"])


def _candidates(flags: dict[str, object]) -> list[str]:
    """The folders that the site proposes for builds."""
    from sifcheck.app.context import HERE, Context
    from sifcheck.app.machine import proposed_folders

    configuration = Configuration(
        flags, config=str(flags["config"]) if flags["config"] else None, isolated=bool(flags["isolated"])
    )
    context = Context(configuration, HERE)
    return list(proposed_folders(context.site(context.settings), os.environ))


def _listed(dead: list[Leftover], others: int, *, removing: bool) -> str:
    from sifcheck.base.text import size_text

    lines = []
    for one in dead:
        number = known(one.bytes)
        shown = "?" if number is None else f"{size_text(number)}{'' if one.complete else ' or more'}"
        lines.append(f"{shown:>16}  {_age(one.age):>8}  {escape(one.path)}")
    total = size_text(sum(known(one.bytes, 0) for one in dead))
    if dead:
        count = f"{len(dead)} thing{'s' * (len(dead) != 1)} of dead builds, {total}"
        lines.append(count if removing else f"{count}; `sifcheck clean-tmp --yes` removes what is listed")
    else:
        lines.append("dead builds left nothing")
    if others:
        lines[-1] += f"; {others} more may be in use, or are younger"
    return "".join(f"{line}\n" for line in lines)


def _age(seconds: int) -> str:
    for unit, letter in ((86400, "days"), (3600, "hours"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {letter}"
    return f"{seconds} s"
