"""Lists: and-or lists, pipelines, and what parts and joins their commands."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sifcheck.shell.lexer import KEYWORD, OPERATOR, TIMED
from sifcheck.shell.model import Command, Dialect, Element, Heredoc, List, Script, Surroundings
from sifcheck.shell.statements import RefusedBy, Statements
from sifcheck.shell.tree import AndOr, CompoundList, Item, Pipeline

if TYPE_CHECKING:
    from sifcheck.shell.tree import Node

CLOSING = frozenset(("then", "do", "elif", "else", "fi", "done", "esac", "}"))
"""The reserved words that end a list: where a command should begin, they close or continue what was opened before."""

MORE_FOLLOWS = "the text ends where more should follow"
PARENTHESIS = frozenset((")",))
_CLOSED_BY = {
    "if": "fi", "while": "done", "until": "done", "for": "done", "select": "done", "case": "esac", "{": "}", "(": ")",
}  # fmt: skip
_GOES_ON_WITH = {
    "then": ("if",), "elif": ("if",), "else": ("if",), "fi": ("if",), "do": ("while", "until", "for", "select"),
    "done": ("while", "until", "for", "select"), "esac": ("case",), "}": ("{",), ";;": ("case",), ";&": ("case",),
    ";;&": ("case",),
}  # fmt: skip

DEPTH = 126
"""How deep blocks and substitutions are followed: 63 blocks, or 42 substitutions, or less of both.

A block counts two and a substitution three, so that all of it takes Python at most 515 frames (measured), of 1,000 that it
has.  What is nested deeper ends the reading, and that is reported.
"""

_Ended = tuple[int, int, List | None]  # the statements from and to an index, and the list they form


class Lists(Statements):
    """The reading of lists down to their commands."""

    __slots__ = ("_joint", "blocks", "dangling", "depth", "parentheses", "stopped")

    def __init__(self, script: Script, dialect: Dialect | None) -> None:
        super().__init__(script, dialect)
        self.depth = 0
        self._joint = ""  # the operator behind the pipeline read last
        self.stopped = False  # the stretch is nested too deep
        self.parentheses = 0  # open ones round this place, in the substitution
        self.blocks: list[
            tuple[str, int]
        ] = []  # open ones round this place, in the substitution: words and places
        self.dangling = False  # the text ends behind an operator

    def command(self) -> bool:
        """Read a command, simple or compound; whether it is compound."""
        raise NotImplementedError

    def read_list(self, closers: frozenset[str]) -> bool:
        """Read and-or lists up to a token that closes the block; whether there was one at all."""
        statements, begun = self.statements, len(self.statements)
        ended: _Ended | None = None
        items: list[Item] = []
        while self._to_statement(closers):
            first = len(statements)
            listed = self._and_or()
            node = self.node
            ended = first, len(statements), listed
            items.append(Item(node, self._separator(ended)))
        _mark_last(statements, begun, ended)
        self.node = CompoundList(tuple(items))
        return bool(items)

    def some_list(self, closers: frozenset[str], word: str, at: int) -> None:
        """Read the list behind a reserved word, which must not be empty."""
        if not self.read_list(closers) and self.position < self.limit:
            self.refuse(at, at + len(word), f"no command follows `{word}`", by="both")

    def _to_statement(self, closers: frozenset[str]) -> bool:
        """Go on to where a statement begins, over what belongs to nothing; False where the block ends."""
        while True:
            self.newlines()
            at = self.position
            if not self.depth and self.main:
                self.outermost = at
            if at >= self.limit:
                return False
            sign = self.work[at]
            if sign in ";&|)" and not self._is_redirection(at):
                operator = self.operator(at)
                if operator in closers or (operator == ")" and self.parentheses):
                    return False
                if operator == ")" or operator.startswith((";;", ";&")):
                    self._skip_closer(operator)
                else:
                    self._skip(operator, f"no command stands before `{operator}`")
                continue
            word = self.keyword()
            if word not in CLOSING:
                return True
            if word in closers:
                return False
            self._skip_closer(word)

    def _skip_closer(self, token: str) -> None:
        """Go over what closes or continues a block that is not the innermost one, or none at all."""
        wanted, blocks = _GOES_ON_WITH.get(token, ()), self.blocks
        if blocks and blocks[-1][0] not in wanted and any(word in wanted for word, _at in blocks):
            self.never_closed(*blocks[-1])
            self.position += len(token)
        else:
            self._skip(token, f"`{token}` belongs to nothing that was opened before")

    def never_closed(self, opener: str, at: int) -> None:
        """The block that was opened at an offset is not closed where it should be: here."""
        message = f"`{opener}` is never closed with `{_CLOSED_BY[opener]}`"
        self.refuse(at, at + len(opener), message, kind="block", stops=self.position)

    def _skip(self, token: str, message: str) -> None:
        end = self.position + len(token)
        self.refuse(self.position, end, message)
        self.position = end

    def _is_redirection(self, at: int) -> bool:
        return self.bash and self.work.startswith("&>", at)

    def keyword(self) -> str:
        """The reserved word that stands here, or nothing."""
        match = KEYWORD.match(self.work, self.position, self.limit)
        return match.group() if match else ""

    def keyword_closes(self) -> bool:
        """Whether a reserved word stands here that closes or continues a block."""
        return self.keyword() in CLOSING

    def operator(self, at: int) -> str:
        """The operator that stands at an offset, or nothing."""
        match = OPERATOR.match(self.work, at, self.limit)
        return match.group() if match else ""

    def _separator(self, ended: _Ended) -> bool:
        """Read what parts an and-or list from the next; whether it is `&`."""
        at = self.position
        if at >= self.limit:
            return False
        sign = self.work[at]
        if sign == ";":
            if self.operator(at) == ";":
                self.position = at + 1
        elif sign == "&":
            self.position = at + 1
            for command in self.statements[ended[0] : ended[1]]:
                command.background = True
            if ended[2] is not None:
                ended[2].background = True
            return True
        elif sign not in "\n)#" and self.keyword() not in CLOSING:
            self.refuse(at, at + 1, "this does not belong here: a `;` or a line end is missing before it")
        return False

    # -- and-or lists and pipelines

    def _and_or(self) -> List | None:
        """Read an and-or list; None where it is a single pipeline."""
        ranges: list[tuple[int, int]] = []
        operators: list[str] = []
        elements: list[Element] = []
        nodes: list[Node] = []
        start = end = -1
        while True:
            first = len(self.statements)
            compound = self._pipeline()
            nodes.append(self.node)
            start, end = (start if ranges else self.began), self.ended
            operator = self._joint
            joins = operator in ("&&", "||") and self._more_follows(operator)
            if not joins and not ranges:
                return None
            ranges.append((first, len(self.statements)))
            commands = tuple([command for command in self.statements[first:] if not command.bare])
            elements.append(Element(self.script.place(self.began, end), commands, compound))
            if not joins:
                break
            operators.append(operator)
        self.node = AndOr(tuple(operators), tuple(nodes))
        listed = List(self.script, start, end, tuple(operators), tuple(elements), self.around.is_top_level)
        self.lists.append(listed)
        _mark_handled(self.statements, listed, ranges)
        return listed

    def _pipeline(self) -> bool:
        """Read a pipeline up to the operator behind it; whether a compound command belongs to it."""
        around, first = self.around, len(self.statements)
        negated = self.work[self.position] in "!tc" and self._negations(first=True)
        compound = self.command()
        self._joint = self.operator(self.position)
        if self._joint in ("|", "|&"):
            compound = self._pipe(first, compound, negated)
        elif negated:
            self.node = Pipeline(negated, (self.node,))
        self.around = around
        return compound

    def _pipe(self, first: int, grouped: bool, negated: bool) -> bool:
        """Read on behind the first command of a pipeline; whether a compound command belongs to it."""
        statements, around, began, compound = self.statements, self.around, self.began, grouped
        stages: list[tuple[int, int]] = []
        simple: list[Command] = []
        nodes: list[Node] = []
        while True:
            nodes.append(self.node)
            if len(statements) > first:
                stages.append((first, len(statements)))
                if not grouped:
                    simple.extend([one for one in statements[first:] if not one.bare])
            if self._joint == "|&":
                self.refuse(self.position, self.position + 2, "only bash knows `|&`", by="sh")
            if self._joint not in ("|", "|&") or not self._more_follows(self._joint):
                break
            first = len(statements)
            if self.work[self.position] in "!tc":
                self._negations(first=False)
            grouped = self.command()
            self.around = around
            compound = compound or grouped
            self._joint = self.operator(self.position)
        self.began = began
        self.node = Pipeline(negated, tuple(nodes))
        if len(stages) > 1:
            _join_stages(statements, stages, tuple(simple))
        return compound

    def _negations(self, first: bool) -> bool:
        """Read `!` and, before something compound, `time`; whether there is a `!`."""
        negated = False
        while True:
            at, word = self.position, self.keyword()
            if word == "!":
                if negated or not first:
                    by: RefusedBy = "sh" if first else "both"
                    self.refuse(at, at + 1, "`!` does not stand at the beginning of the pipeline", by)
                negated = True
                self.position += 1
                self.around = self.around._replace(condition=True)
            else:
                timed = TIMED.match(self.work, at, self.limit) if not self.posix else None
                if timed is None:
                    break
                self.position = timed.end()
            self.position = self.skip_space(self.position)
        if negated and (at >= self.limit or self.work[at] in "\n;&|)#"):
            self.refuse(at - 1, at, "no command follows `!`", by="sh")
        return negated

    def _more_follows(self, operator: str) -> bool:
        """Go over an operator to the command behind it; False where there is none."""
        end = self.ended
        self.position += len(operator)
        while True:
            self.newlines()
            if self.position >= self.limit:
                if self.main and not self.dangling:
                    self.dangling = True
                    self.refuse(self.limit - 1, self.limit, MORE_FOLLOWS, kind="continuation")
                return False
            another = self.operator(self.position)
            if another not in ("&&", "||", "|", "|&"):
                break
            self._skip(another, f"no command stands before `{another}`")
        if (another and not self._is_redirection(self.position)) or self.keyword() in CLOSING:
            self.refuse(max(end - 1, 0), end, f"no command follows `{operator}`")
            return False
        return True

    def too_deep(self, at: int) -> bool:
        """Whether blocks and substitutions are nested too deep here; the reading of the stretch ends then."""
        if self.depth < DEPTH:
            return False
        if not self.stopped:
            self.refuse(at, at + 1, "this is nested too deep to be followed", kind="depth")
        self.stopped = True
        self.position = self.began = self.ended = self.limit
        return True

    # -- parts that are read on their own

    def substitution(self, opener: int, start: int) -> int:
        """Read the commands from `start` through the parenthesis that closes them; where they end."""
        if self.too_deep(opener):
            return self.limit
        level = self._enter(self.around, self.owner)
        self.parentheses = 1
        self.position = start
        self.read_list(PARENTHESIS)
        self.substituted[opener] = self.node
        end = self.position
        if end < self.limit:
            end += 1
        elif not self.stopped:
            self.unclosed("block", opener)
        self.lexed.closers[opener] = end
        self._leave(level)
        return end

    def commands_between(self, opener: int, start: int, end: int) -> None:
        """Read the commands between backticks."""
        if self.too_deep(opener):
            return
        level, stretch = self._enter(self.around, self.owner), self._begin(start, end)
        self.parentheses = int(self.posix)  # for dash and ash a `)` ends them, whatever follows
        self.read_list(frozenset())
        self.substituted[opener] = self.node
        self._end(stretch)
        self._leave(level)

    def body(self, heredoc: Heredoc, around: Surroundings, owner: Command | None) -> None:
        """Read the expansions in the body of a here-document."""
        outer, stretch = (self.around, self.owner), self._begin(heredoc.start, heredoc.end)
        self.around, self.owner = around, owner
        self.expansions_from(heredoc.start)
        self._end(stretch)
        self.around, self.owner = outer

    def _enter(self, around: Surroundings, owner: Command | None) -> tuple[object, ...]:
        """Begin a substitution; what to go back to."""
        level = (
            self.statements, self.around, self.owner, self.parentheses, self.began, self.ended, self.node, self.blocks
        )  # fmt: skip
        around = owner.around if owner is not None else around
        self.around = around._replace(substitution=True, within=owner or around.within)
        self.statements, self.owner, self.parentheses, self.blocks = [], None, 0, []
        self.depth += 3
        return level

    def _leave(self, level: tuple[object, ...]) -> None:
        (
            self.statements, self.around, self.owner, self.parentheses, self.began, self.ended, self.node, self.blocks
        ) = level  # type: ignore[assignment]  # fmt: skip
        self.depth -= 3

    def _begin(self, start: int, end: int) -> tuple[object, ...]:
        """Begin a stretch that ends where it ends, whatever is open in it; what to go back to."""
        stretch = self.position, self.limit, self.main, self.pending, self.stopped
        self.position, self.limit, self.main, self.pending = start, end, False, []
        return stretch

    def _end(self, stretch: tuple[object, ...]) -> None:
        self.leave_pending()
        self.position, self.limit, self.main, self.pending, self.stopped = stretch  # type: ignore[assignment]


def _mark_last(statements: list[Command], begun: int, ended: _Ended | None) -> None:
    """Say which statement is the last of a block; what stands in blocks inside of it has been told by these."""
    if ended is None:
        return
    for command in statements[begun : ended[0]]:
        command._last = False
    for command in statements[ended[0] : ended[1]]:
        if command._last is None:
            command._last = True
    if ended[2] is not None:
        ended[2].last = True


def _mark_handled(statements: list[Command], listed: List, ranges: list[tuple[int, int]]) -> None:
    """Say of each command of a list whether a `||` behind it takes up its failure, and what that leads to."""
    taker: Command | None = None
    taken = False
    for index in range(len(ranges) - 1, -1, -1):
        first, last = ranges[index]
        for command in statements[first:last]:
            if taken:
                command.handled = True
                if command.or_else is None:
                    command.or_else = taker
            if command.list is None:
                command.list = listed
        if index and listed.operators[index - 1] == "||":
            taken = True
            taker = statements[first] if first < last else taker


def _join_stages(
    statements: list[Command], stages: list[tuple[int, int]], simple: tuple[Command, ...]
) -> None:
    """Tell the commands of a pipeline of each other; all of a block read from and write to the pipes round it."""
    for command in simple:
        command._pipeline = simple
    for (first, last), (next_first, next_last) in pairwise(stages):
        for command in statements[first:last]:
            if command.piped_into is None:
                command.piped_into = statements[next_first]
        for command in statements[next_first:next_last]:
            if command.piped_from is None:
                command.piped_from = statements[last - 1]
