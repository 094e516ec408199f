"""What all verbs' argument parsers share: options in any order, exit code 3, suggestions."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NoReturn

from sifcheck.app.outcome import UsageError, near


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """argparse's formatter that is told the width: finding it out by itself imports shutil and all that hangs on it."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns - 2
        except OSError:
            width = 100
        super().__init__(prog, width=width)


class CommandParser(argparse.ArgumentParser):
    """argparse with an exit code of 3 and a suggestion for a misspelt option."""

    def __init__(
        self, prog: str, description: str, epilog: str | None = None, usage: str | None = None
    ) -> None:
        super().__init__(prog, usage, description, epilog, formatter_class=HelpFormatter, allow_abbrev=False)

    def add_configuration(self) -> None:
        """Add the options that say which configuration holds."""
        self.add_argument(
            "--config", metavar="FILE", help="use this configuration file and look for no other"
        )
        self.add_argument("--isolated", action="store_true", help="use no configuration file and no variable")

    def examples(self) -> list[tuple[str, str]]:
        """The examples in the text below the options, as (command line, words about it).

        They stand below `examples:`, one a line, and words about one two blanks behind it: `--help` shows them, the manual
        page lists them, and a test runs them.
        """
        below = (self.epilog or "").partition("examples:\n")[2].partition("\n\n")[0]
        pairs = (line.strip().partition("  ") for line in below.splitlines())
        return [(command, words.strip()) for command, _, words in pairs]

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """As `parse_args`, wherever the options stand: argparse takes `FILE --option FILE` for a file too many."""
        options: list[str] = []
        operands: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                # Behind this a word may look like an option, and is none.
                return self.parse_args([*options, "--", *operands, *rest])
            if word[:1] != "-" or word == "-":
                operands.append(word)
                continue
            options += [word, *islice(rest, self.values_behind(word) or 0)]
        return self.parse_args([*operands, *options])

    def values_behind(self, word: str) -> int | None:
        """How many of the words behind an option are its values; None for a word that is no option of this parser."""
        name, equals, _ = word.partition("=")
        action = self._option_string_actions.get(name)
        if action is None or (equals and action.nargs == 0):
            return None
        if equals:
            return 0
        return action.nargs if isinstance(action.nargs, int) else 1

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in place of leaving."""
        unknown = re.match(r"unrecognized arguments: (-\S+)", message)
        if unknown is not None:
            message = f"unknown option {unknown[1]}{near(unknown[1].partition('=')[0], self._option_string_actions)}"
        raise UsageError(f"{message}\nusage: see `{self.prog} --help`")


def main_parser(words: list[str], verbs: Mapping[str, str]) -> int:
    """Handle what names no verb: --help, --version, nothing at all, or a misspelt verb."""
    from sifcheck import __version__

    if words and not words[0].startswith("-"):
        raise UsageError(
            f"there is no verb {words[0]!r}{near(words[0], verbs)}; `sifcheck --help` lists them"
        )
    lines = "\n".join(f"  {name:10} {what}" for name, what in verbs.items())
    parser = CommandParser(
        prog="sifcheck",
        usage="sifcheck VERB [OPTIONS]",
        description="A linter and pre-flight checker for Singularity and Apptainer images.",
        epilog=f"verbs:\n{lines}\n\nexamples:\n  sifcheck check example.def\n  sifcheck rule DEF701",
    )
    parser.add_argument("--version", action="version", version=f"sifcheck {__version__}")
    parser.parse_args(words)
    parser.print_help()
    return 0 if not words else 3
