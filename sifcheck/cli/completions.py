"""`sifcheck completions`: what a shell needs to complete verbs, options, rules, sites and files on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module

from sifcheck.cli import VERBS
from sifcheck.cli.parser import CommandParser

SHELLS = ("bash", "zsh", "fish")

_EPILOG = """examples:
  sifcheck completions bash > ~/.local/share/bash-completion/completions/sifcheck
  sifcheck completions zsh > ~/.zfunc/_sifcheck        with `fpath+=~/.zfunc` before `compinit`
  sifcheck completions fish > ~/.config/fish/completions/sifcheck.fish

exit codes: 0 printed, 3 wrong use, 4 sifcheck itself failed
"""

# Options whose values are files, whatever they are called.
_FILES = ("PATH", "FILE", "FORMAT:FILE", "NAME[:ROLE]|FILE", "DIR")


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck completions",
        description="Print the completion of the command line for a shell.",
        epilog=_EPILOG,
    )
    parser.add_argument("shell", choices=SHELLS)
    return parser


def run(words: Sequence[str]) -> int:
    """The verb: print the script."""
    given = make_parser().parse(words)
    from shtab import complete

    print(complete(whole_parser(), given.shell))
    return 0


def whole_parser() -> argparse.ArgumentParser:
    """One parser with a subparser for each verb, as those who describe a command line want it."""
    whole = argparse.ArgumentParser(
        "sifcheck", description="A linter and pre-flight checker for container images."
    )
    whole.add_argument("--version", action="store_true", help="print the version")
    verbs = whole.add_subparsers(dest="verb", metavar="VERB")
    for verb, about in VERBS.items():
        parser: argparse.ArgumentParser = import_module(
            f"sifcheck.cli.{verb.replace('-', '_')}"
        ).make_parser()
        below = verbs.add_parser(
            verb, help=about, description=parser.description, parents=[parser], add_help=False
        )
        for action in below._actions:
            _complete_values(action)
    return whole


def _complete_values(action: argparse.Action) -> None:
    """Say how the values of an option are completed: names of rules, formats and sites, or files."""
    from shtab import FILE

    known = _known_values(action)
    if known and action.choices is None:
        action.choices = known
    elif isinstance(action.metavar, str) and action.metavar in _FILES:
        action.complete = FILE  # type: ignore[attr-defined]


def _known_values(action: argparse.Action) -> tuple[str, ...]:
    if action.dest in ("select", "extend_select", "ignore", "rules"):
        from sifcheck.lint.plugins import load

        return tuple(rule.code for rule in load().registry)
    if action.dest == "output_format":
        from sifcheck.report import BUILT_IN

        return tuple(BUILT_IN)
    if action.dest == "site" and action.option_strings:
        from sifcheck.lint.plugins import load
        from sifcheck.site.lookup import load_sites

        return ("auto", "none", *sorted(load_sites(load().sites)))
    if action.metavar and "|" in str(action.metavar) and action.option_strings:
        return tuple(str(action.metavar).split("|"))
    return ()
