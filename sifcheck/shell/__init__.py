"""A shell text as commands, words, assignments, redirections, lists and here-documents, with their positions.

`parse_script` reads a text; everything else is what it answers with.  Nothing here loads the grammar before a text is
parsed.
"""

from __future__ import annotations

from sifcheck.shell.assignment import Assignment
from sifcheck.shell.command import Command
from sifcheck.shell.pieces import Part
from sifcheck.shell.reading import parse_script
from sifcheck.shell.redirection import Heredoc, Redirection
from sifcheck.shell.script import Element, Export, List, Loop, Problem, Script
from sifcheck.shell.words import Word

__all__ = [
    "Assignment",
    "Command",
    "Element",
    "Export",
    "Heredoc",
    "List",
    "Loop",
    "Part",
    "Problem",
    "Redirection",
    "Script",
    "Word",
    "parse_script",
]
