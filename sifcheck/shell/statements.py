"""What has been read of a script so far, and the reading of one simple statement: words, assignments, exports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.shell.assignment import Assignment
from sifcheck.shell.command import Command, Surroundings
from sifcheck.shell.script import ASSIGNMENT, Export, List, Loop, ProblemKind

if TYPE_CHECKING:
    from sifcheck.shell.lexed import Level
    from sifcheck.shell.redirection import Heredoc, Redirection
    from sifcheck.shell.script import Script
    from sifcheck.shell.skeleton import Skeleton

_WORD = pattern(rb"[^ \t\n;&|()]+")
_SIMPLE = pattern(rb"([^ \t\n;&|()]+)(?:[ \t]+[^ \t\n;&|()]+)*")
_OUT_OF_PLACE = pattern(rb"[;&|()\n]")
_LOOSE_WORDS = frozenset((b"then", b"do", b"else", b"elif", b"fi", b"done", b"esac", b"}"))
_DECLARATIONS = frozenset(("export", "declare", "typeset", "local", "readonly"))
_NAME = pattern(r"[A-Za-z_]\w*\Z", re.ASCII)


Found = tuple[ProblemKind, int, int, str]
"""A problem in offsets of the script's text: kind, start, end, what is wrong."""


class Statements:
    """What has been read so far, and the level that is being read."""

    __slots__ = (
        "alone",
        "assignments",
        "base",
        "blocks",
        "commands",
        "deep",
        "exported",
        "heredocs",
        "length",
        "level_around",
        "lists",
        "loops",
        "negated",
        "operators",
        "plain",
        "problems",
        "redirections",
        "redirects",
        "script",
        "starts",
        "statements",
    )

    def __init__(self, script: Script) -> None:
        self.script = script
        self.commands: list[Command] = []
        self.assignments: list[Assignment] = []
        self.redirections: list[Redirection] = []
        self.exported: list[Export] = []
        self.heredocs: list[Heredoc] = []
        self.lists: list[List] = []
        self.loops: list[Loop] = []
        self.problems: list[Found] = []
        self.deep = False

    def begin(self, level: Level, around: Surroundings, bones: Skeleton) -> None:
        """Turn to another level."""
        self.level_around = around
        self.base = level.start
        self.plain = bones.plain
        self.length = len(bones.plain)
        self.negated = bones.negated
        self.operators = bones.operators
        self.redirects = redirects = bones.redirects
        self.alone = {redirect.start - level.start for redirect in redirects if redirect.alone}
        self.statements: list[Command] = []
        self.starts: list[int] | None = None  # of the statements, redirections before them included
        self.blocks: list[tuple[int, int, Surroundings]] = []

    def problem(self, kind: ProblemKind, start: int, end: int, message: str) -> None:
        """Note a problem at offsets of the level."""
        self.problems.append(
            (kind, self.base + min(start, self.length), self.base + min(end, self.length), message)
        )

    def hand_over(self) -> None:
        """Give the script what was read."""
        script = self.script
        script.fill(self.commands, self.assignments, self.redirections, self.exported)
        script.heredocs = tuple(sorted(self.heredocs, key=lambda heredoc: heredoc.start))
        script.lists = tuple(sorted(self.lists, key=lambda one: (one.start, -one.end)))
        script.loops = tuple(sorted(self.loops, key=lambda loop: loop.span))


def read_command(read: Statements, start: int, end: int, around: Surroundings) -> None:
    """Read one simple statement between two offsets of the level."""
    plain, base = read.plain, read.base
    match = _SIMPLE.match(plain, start, min(end, read.length))
    if match is None:
        return  # among others what was put in to close a block
    if match.end() != end:
        _report_out_of_place(read, match.end(), end)
        end = start + len(plain[start : min(end, read.length)].rstrip(b" \t\n;&|()"))
    word_end = match.end(1)
    if plain[start:word_end] in _LOOSE_WORDS:
        read.problem(
            "syntax",
            start,
            word_end,
            f"`{match.group(1).decode()}` belongs to nothing that was opened before",
        )
        following = _WORD.search(plain, word_end, min(end, read.length))
        if following is not None:
            read_command(read, following.start(), end, around)
        return
    first = base + start
    command = Command(read.script, plain, base, first, base + min(end, read.length), base + word_end, around)
    read.statements.append(command)
    if start in read.alone:
        command.end = command.statement_end = first
        return
    work = read.script.lexed.work
    if ASSIGNMENT.match(work, first, base + word_end):
        _assign(read, command)
    elif work.startswith("((", first) and read.script.lexed.closers.get(first) == base + word_end:
        return  # an arithmetic command is not modelled
    else:
        command.bare = False
        read.commands.append(command)
    if not command.bare and work[command.start : command.name_end] in _DECLARATIONS:
        _declare(read, command)


def _report_out_of_place(read: Statements, start: int, end: int) -> None:
    sign = _OUT_OF_PLACE.search(read.plain, start, min(end, read.length))
    if sign is not None:
        written = "end of line" if sign.group() == b"\n" else f"`{sign.group().decode()}`"
        read.problem("syntax", sign.start(), sign.end(), f"{written} does not belong here")


def _assign(read: Statements, command: Command) -> None:
    """Read the assignments that a statement begins with."""
    plain, base, work = read.plain, read.base, read.script.lexed.work
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(plain, command.start - base, command.end - base):
        start, end = base + match.start(), base + match.end()
        if not ASSIGNMENT.match(work, start, end):
            command.bare = False
            command.start, command.name_end = start, end
            read.commands.append(command)
            break
        spans.append((start, end))
    target = None if command.bare else command
    command.statement_assignments = made = tuple(
        Assignment(command, start, end, target, target is not None) for start, end in spans
    )
    read.assignments.extend(made)


def _declare(read: Statements, command: Command) -> None:
    """Read the assignments of `export`, `declare` and their like."""
    work = read.script.lexed.work
    name = work[command.start : command.name_end]
    flags = "".join(word.value or "" for word in command.words[1:] if work[word.start] in "-+")
    exports = (name == "export" and "n" not in flags) or (
        name in ("declare", "typeset") and "x" in flags and "+" not in flags
    )
    for word in command.words[1:]:
        assignment = None
        if ASSIGNMENT.match(work, word.start, word.end):
            assignment = Assignment(command, word.start, word.end, command, False)
            assignment.exported = exports
            read.assignments.append(assignment)
        if exports and work[word.start] not in "-+":
            exported = assignment.name if assignment is not None else word.value
            if exported is not None and _NAME.match(exported):
                read.exported.append(Export(exported, word.span, command, assignment))
