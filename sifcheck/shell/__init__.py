"""A shell text as commands, words, assignments, redirections, lists and here-documents, with their positions.

`parse_script` reads a text; everything else is what it answers with.  Nothing here loads the grammar before a text is parsed.
"""

from __future__ import annotations

from sifcheck.shell.command import Assignment, Command, Heredoc, Redirection
from sifcheck.shell.reading import parse_script
from sifcheck.shell.script import Element, Export, List, Loop, Problem, Script
from sifcheck.shell.words import Part, Word

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
