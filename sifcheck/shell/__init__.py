"""A shell text as commands, words, assignments, redirections, lists and here-documents, with their positions.

`parse_script` reads a text; everything else is what it answers with.
"""

from __future__ import annotations

from sifcheck.shell.model import (
    Assignment,
    Command,
    Element,
    Export,
    Heredoc,
    List,
    Loop,
    Redirection,
    Script,
    ShellProblem,
    Word,
)
from sifcheck.shell.reading import parse_script
from sifcheck.shell.text import Part

__all__ = [
    "Assignment",
    "Command",
    "Element",
    "Export",
    "Heredoc",
    "List",
    "Loop",
    "Part",
    "Redirection",
    "Script",
    "ShellProblem",
    "Word",
    "parse_script",
]
