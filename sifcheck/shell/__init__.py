"""A shell text as commands, words, assignments, redirections, lists and here-documents, with their positions.

`parse_script` reads a text, `script_of_words` takes a command that was given word by word; everything else is what they
answer with.
"""

from __future__ import annotations

from sifcheck.shell.given import given_text, script_of_words
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
    "given_text",
    "parse_script",
    "script_of_words",
]
