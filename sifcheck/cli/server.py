"""`sifcheck server`: the language server, which an editor starts and talks to over standard input and output."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from sifcheck.app.outcome import UsageError
from sifcheck.cli.parser import CommandParser
from sifcheck.lsp.rulebook import Rulebook

_EPILOG = """The settings of each file are those of `sifcheck check`: sifcheck.toml or pyproject.toml in its folder or
above, and the variables SIFCHECK_*.

examples:
  sifcheck server
  sifcheck server --no-shellcheck
  SIFCHECK_PROFILE=strict sifcheck server

exit codes: 0 the editor said goodbye, 1 it was gone without, 3 wrong use, or pygls is not installed
"""

_INSTALL = "the language server needs pygls: pip install 'sifcheck[lsp]'"


def make_parser() -> CommandParser:
    """The parser of the verb's arguments."""
    parser = CommandParser(
        prog="sifcheck server",
        description="Serve an editor over standard input and output, as the Language Server Protocol has it.",
        epilog=_EPILOG,
    )
    parser.add_configuration()
    parser.add_argument("--no-shellcheck", action="store_true", help="leave ShellCheck out")
    # Many an editor adds this to whatever it starts.
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output; always so")
    return parser


def run(words: Sequence[str]) -> int:
    """The verb: serve one editor until it leaves."""
    given = make_parser().parse(words)
    try:
        from sifcheck.lsp.server import serve
    except ImportError as error:
        if (error.name or "").split(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise UsageError(_INSTALL) from None
    flags = {"no_shellcheck": "true" if given.no_shellcheck else None}
    rulebook = Rulebook(flags, given.config, given.isolated)
    # A check leaves circles behind; what is there by now stays, and is not looked through each time.
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.stdout.flush()
    # Only the protocol may go to standard output; what a plugin prints goes where complaints go.
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return serve(rulebook, sys.stdin.buffer, outgoing)
