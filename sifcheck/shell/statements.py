"""Simple commands: words, assignments, redirections and here-documents, and what has been read of a script so far."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from sifcheck.shell.conditional import fault_of_test
from sifcheck.shell.lexer import (
    DELIMITER,
    END_OF_TEST,
    END_OF_WORD_IN_TEST,
    NAME,
    OPENED,
    PLAIN_WORD,
    PLAIN_WORDS,
    QUOTES,
    REDIRECTION,
    SPACE_AND_LINES,
    Lexer,
    Opened,
)
from sifcheck.shell.model import (
    ASSIGNMENT,
    Assignment,
    Command,
    Dialect,
    Export,
    Heredoc,
    List,
    Loop,
    ProblemKind,
    Redirection,
    Script,
    Surroundings,
    Word,
)
from sifcheck.shell.text import shown
from sifcheck.shell.tree import NOTHING

if TYPE_CHECKING:
    from sifcheck.shell.tree import Node

Found = tuple[ProblemKind, int, int, str, int]
"""A problem in offsets of the text: kind, start, end, what is wrong, and where a shell finds out (-1: there)."""
RefusedBy = Literal["any", "both", "sh", "bash"]
"""Who refuses something: any shell; dash and bash, but it is told only where the shell is known; or one of them."""

_DECLARATIONS = frozenset(("export", "declare", "typeset", "local", "readonly"))
_TAKES_LISTS = frozenset(
    ("alias", "eval", "let")
)  # bash reads their arguments as it does those of declarations
_Pending = tuple[Heredoc, str, Surroundings, Command | None]


class Statements(Lexer):
    """The reading of simple commands, and all that has been read."""

    __slots__ = (
        "_arrays", "_test_end", "around", "assignments", "began", "commands", "dialect", "doubted", "ended",
        "everything", "exported", "heredocs", "left_open", "lists", "loops", "node", "outermost", "owner", "pending",
        "posix", "problems", "redirections", "refused_from", "script", "statements", "substituted",
    )  # fmt: skip

    def __init__(self, script: Script, dialect: Dialect | None) -> None:
        super().__init__(script.lexed)
        self.script = script
        self.dialect = dialect
        self.posix = dialect in ("sh", "ash")
        self.bash = dialect != "sh"
        self.brackets = not self.posix
        self.everything: list[Command] = []  # all statements, one before those in its words
        self.statements: list[Command] = []  # those of the substitution, or of the script outside of any
        self.commands: list[Command] = []
        self.assignments: list[Assignment] = []
        self.redirections: list[Redirection] = []
        self.exported: list[Export] = []
        self.heredocs: list[Heredoc] = []
        self.lists: list[List] = []
        self.loops: list[Loop] = []
        self.problems: list[Found] = []  # in the order in which a shell comes upon them
        self.doubted = False  # something was read that not every shell takes
        self.outermost = self.refused_from = (
            0  # where the outermost statement begins: read now, refused first
        )
        self.left_open: set[Opened] = set()  # at the end of the text
        self.around = Surroundings()
        self.owner: Command | None = None  # the simple command whose words are read
        self.pending: list[_Pending] = []  # here-documents whose bodies follow the line
        self.began = self.ended = 0  # where the command read last stands, its redirections left out
        self.node: Node = NOTHING  # what was read last
        self.substituted: dict[int, Node] = {}  # where a substitution opens -> its commands
        self._test_end = -1
        self._arrays: list[int] = []  # where words of the command begin that hold a list in parentheses

    def refuse(
        self,
        start: int,
        end: int,
        message: str,
        by: RefusedBy = "any",
        kind: ProblemKind = "syntax",
        stops: int = -1,
    ) -> None:
        """Note what a shell does not take."""
        self.doubted = True
        if by != "any" and not self._refuses(by):
            return
        if self.main or self.dialect != "bash":  # bash reads what stands in backticks when it runs it
            if not self.problems:
                self.refused_from = self.outermost
            limit = self.limit
            self.problems.append((kind, min(start, limit), min(end, limit), message, min(stops, limit)))

    def unclosed(self, kind: Opened, start: int) -> None:
        """The stretch ends in what was opened at an offset."""
        opened = OPENED.match(self.work, start, self.limit)
        end = opened.end() if opened else start + 1
        if self.main:
            self.left_open.add(kind)
            message = f"`{self.work[start:end]}` is never closed"
            self.refuse(start, end, message, kind=kind, stops=self.limit)
        else:
            message = "this is opened and not closed where it should be"
            self.refuse(start, end, message, kind="quote")

    def _refuses(self, by: RefusedBy) -> bool:
        if by == "both":
            return self.dialect is not None
        return self.posix if by == "sh" else self.dialect == "bash"

    def newlines(self) -> None:
        """Go on to the next token, over line ends and comments; bodies of here-documents are read on the way."""
        position, limit = self.position, self.limit
        while True:
            if self.pending:
                position = self.skip_space(position)
                if position < limit and self.work[position] == "\n":
                    position = self._read_bodies(position + 1)
                    continue
            else:
                position = self.skip_space(position, SPACE_AND_LINES)
            if position >= limit or self.work[position] != "#":
                break
            position = self.comment(position)
        self.position = position

    # -- a simple command

    def simple(self) -> None:
        """Read a simple command from here."""
        command = Command(self.script, self.position, self.around)
        self.statements.append(command)
        self.everything.append(command)
        self.node = self.owner = command
        spans = self._test() if self.work.startswith("[[", self.position) and not self.posix else []
        outer, self._arrays = self._arrays, []
        tested = len(spans)
        if not tested or not self.keyword_closes():  # bash takes `if [[ a ]] then`
            self._words(command, spans)
        if len(spans) > tested > 0:
            self.refuse(*spans[tested], "this stands behind `]]`", by="bash")
        arrays, self._arrays = self._arrays, outer
        self.owner = None
        assignments = self._count_assignments(spans)
        command.take_words(spans, assignments)
        self.began = spans[0][0] if spans else command.start
        self.ended = command.end if spans else command.statement_end
        if assignments:
            target = None if command.bare else command
            command.statement_assignments = tuple(
                [
                    Assignment(command, start, end, target, target is not None)
                    for start, end in spans[:assignments]
                ]
            )
            self.assignments.extend(command.statement_assignments)
        if not command.bare:
            self.commands.append(command)
            if self.work[command.start : command.name_end] in _DECLARATIONS:
                self._declare(command)
            elif (
                arrays
                and arrays[-1] >= command.start
                and self.work[command.start : command.name_end] not in _TAKES_LISTS
            ):
                at = arrays[-1]
                self.refuse(at, at + 1, "a list in parentheses is an argument here", by="both")

    def keyword_closes(self) -> bool:
        """Whether a reserved word stands here that closes or continues a block."""
        raise NotImplementedError

    def _words(self, command: Command, spans: list[tuple[int, int]]) -> None:
        """Read words and redirections up to what ends the command."""
        work, limit, position = self.work, self.limit, self.position
        redirections: list[Redirection] = []
        misplaced = 0  # parentheses that are open in a place for words: what stands in them is read as words
        while position < limit:
            plain = PLAIN_WORDS.match(work, position, limit)
            if plain is not None:
                end = plain.end()
                spans.extend([match.span() for match in PLAIN_WORD.finditer(work, position, end)])
                position = self.skip_space(end)
                continue
            sign = work[position]
            if sign == "&" and not self.bash:
                break
            redirection = REDIRECTION.match(work, position, limit) if sign in "<>&0123456789" else None
            if redirection is not None:
                redirections.append(self.redirection(redirection, command))
                position = redirections[-1].end
            elif sign == "(" or (sign == ")" and misplaced):
                if sign == "(":
                    self.refuse(position, position + 1, "`(` does not belong here")
                misplaced += 1 if sign == "(" else -1
                position += 1
            elif sign in "\n;&|)#":
                break
            else:
                end = self.word(position)
                spans.append((position, end))
                position = end
            position = self.skip_space(position)
        self.position = position
        if redirections:
            command.take_redirections(redirections)

    def _test(self) -> list[tuple[int, int]]:
        """The words of `[[ ]]`, in which operators are words like any other; none where it is not closed."""
        start = position = self.position
        work, limit = self.work, self.limit
        if work[start + 2 : start + 3] not in (" ", "\t", "\n", "\r"):
            return []
        if not self._is_closed_test(start):
            self.refuse(start, start + 1, "this is opened and not closed where it should be", kind="quote")
            return []
        spans = [(start, start + 2)]
        position = start + 2
        while True:
            position = self.skip_space(position, SPACE_AND_LINES)
            if position >= limit:
                self.unclosed("block", start)
                break
            if work[position] == "#":
                position = self.comment(position)
                continue
            end = self.word(position, END_OF_WORD_IN_TEST)
            if work.startswith("]]", position) and (end == position + 2 or work[position + 2] in ";&|()<>"):
                spans.append((position, position + 2))
                position += 2
                break
            spans.append((position, end))
            position = end
        self.position = self.skip_space(position)
        if self.dialect == "bash" and work.startswith("]]", spans[-1][0]):
            fault = fault_of_test(work, spans, self.lexed.closers)
            if fault is not None:
                self.refuse(*fault)
        return spans

    def _is_closed_test(self, start: int) -> bool:
        """Whether `]]` follows within ten lines."""
        if self._test_end <= start:
            match = END_OF_TEST.search(self.work, start)
            self._test_end = match.start() if match else len(self.work)
        end = self._test_end
        return end < self.limit and self.work.count("\n", start, end) < 10

    def _count_assignments(self, spans: list[tuple[int, int]]) -> int:
        """How many words before the name of the command are assignments."""
        count = 0
        for start, end in spans:
            if ASSIGNMENT.match(self.work, start, end) is None:
                break
            count += 1
        return count

    def _declare(self, command: Command) -> None:
        """Read the assignments of `export`, `declare` and their like."""
        work = self.work
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
                self.assignments.append(assignment)
            if exports and work[word.start] not in "-+":
                exported = assignment.name if assignment is not None else word.value
                if exported is not None and NAME.match(exported):
                    self.exported.append(Export(exported, word.span, command, assignment))

    def list_opens(self, start: int, at: int) -> None:
        """A word that begins at `start` goes on with a parenthesis: an array, or a pattern that bash must be told of."""
        self._arrays.append(start)
        match = ASSIGNMENT.match(self.work, start, at)
        if match is not None and match.end() == at:
            self.refuse(at, at + 1, "only bash knows arrays", by="sh")
        else:
            message = "bash takes this pattern only where `shopt -s extglob` was run before"
            self.refuse(at - 1, at + 1, message, by="both", kind="pattern")

    def misplaced_in_list(self, at: int) -> None:
        """An operator stands in the list of an array."""
        self.refuse(at, at + 1, f"`{self.work[at]}` does not belong here", by="both")

    # -- redirections and here-documents

    def redirections_behind(self) -> list[Redirection]:
        """Read the redirections behind a compound command, and the space and comment behind these."""
        found: list[Redirection] = []
        while True:
            self.position = self.skip_space(self.position)
            match = REDIRECTION.match(self.work, self.position, self.limit)
            if match is None or (match.group(2)[0] == "&" and not self.bash):
                return found
            found.append(self.redirection(match, None))
            self.position = found[-1].end

    def redirection(self, match: re.Match[str], command: Command | None) -> Redirection:
        """Read a redirection whose operator was found."""
        start, end = match.span()
        descriptor, operator = match.groups()
        fd = int(descriptor[:9]) if descriptor else None
        position = self.skip_space(end)
        target = delimiter = None
        if operator.startswith("<<") and operator != "<<<":
            delimiter = DELIMITER.match(self.work, position, self.limit)
            if delimiter is not None:
                target = Word(self.script, *delimiter.span(1))
                end = delimiter.end()
        elif position < self.limit and self._begins_word(position):
            end = self.word(position)
            target = Word(self.script, position, end)
        made = Redirection(self.script, start, end, operator, fd, target)
        self.redirections.append(made)
        if target is None:
            self.refuse(*match.span(2), f"no word follows `{operator}`", by="both")
        elif operator == "<<<":
            self.refuse(*match.span(2), "only bash knows `<<<`", by="sh")
        elif operator == "&>>" and self.dialect == "ash":
            self.refuse(*match.span(2), "only bash knows `&>>`")
        made.command = command
        if delimiter is not None:
            self._await_body(made, delimiter.group(1))
        return made

    def _begins_word(self, position: int) -> bool:
        sign = self.work[position]
        if sign in "<>":
            return self.work.startswith("(", position + 1)
        return sign not in "\n;&|()#"

    def _await_body(self, redirection: Redirection, written: str) -> None:
        quoted = any(mark in written for mark in "'\"\\")
        bare = QUOTES.sub(r"\1\2\3", written) if quoted else written
        heredoc = Heredoc(redirection, shown(bare), quoted, redirection.operator == "<<-")
        redirection.heredoc = heredoc
        self.heredocs.append(heredoc)
        self.pending.append((heredoc, bare, self.around, self.owner))

    def _read_bodies(self, position: int) -> int:
        """Read the bodies of the here-documents of the line that ends before `position`; where the last one ends."""
        pending, self.pending = self.pending, []
        for heredoc, delimiter, around, owner in pending:
            end = self.heredoc_end(position, delimiter, heredoc.tabs, heredoc.quoted)
            heredoc.start = position
            heredoc.end, heredoc.through = end or (self.limit, self.limit)
            heredoc.closed = end is not None
            position = heredoc.through
            if not heredoc.quoted and heredoc.end > heredoc.start:
                self.body(heredoc, around, owner)
        return position

    def body(self, heredoc: Heredoc, around: Surroundings, owner: Command | None) -> None:
        """Read the expansions in the body of a here-document."""
        raise NotImplementedError

    def leave_pending(self) -> None:
        """The stretch ends before the bodies of here-documents."""
        for heredoc, _delimiter, _around, _owner in self.pending:
            heredoc.start = heredoc.end = heredoc.through = self.limit
        self.pending = []
