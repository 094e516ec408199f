"""The parser of the shell's language by recursive descent: lists, pipelines, compound commands, functions.

The words are those of the Single UNIX Specification (XCU 2.9, 2.10): a list is and-or lists, these are pipelines joined by
`&&` and `||`, a pipeline is commands joined by `|`, and a command is simple, compound or the definition of a function.
What no shell takes becomes a problem, and reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from sifcheck.shell.model import Command, Dialect, Element, Heredoc, List, Loop, Script, Surroundings, Word
from sifcheck.shell.statements import Statements
from sifcheck.shell.text import shown
from sifcheck.shell.tokens import FUNCTION_HEAD, KEYWORD, NAME, OPERATOR, PARENTHESES_OF_FUNCTION, TIMED

DEPTH = 160
"""How deep blocks and substitutions are followed: 80 blocks, or 53 substitutions, or less of both.

Where they are nested deeper, the reading ends, and that is reported.
"""

_Ended = tuple[int, int, List | None]  # the statements from and to an index, and the list they form

_NONE: frozenset[str] = frozenset()
_PARENTHESIS = frozenset((")",))
_BRACE = frozenset(("}",))
_THEN = frozenset(("then", "elif", "else", "fi"))
_IF_ENDS = frozenset(("elif", "else", "fi"))
_FI = frozenset(("fi",))
_DO = frozenset(("do", "done"))
_DONE = frozenset(("done",))
_ITEM_ENDS = frozenset((";;", ";&", ";;&", "esac"))
_ONLY_BASH = frozenset(("select", "time", "coproc", "[["))
_SPECIAL = frozenset(
    ": . break continue eval exec exit export readonly return set shift times trap unset".split()
)
_CLOSING = frozenset(("then", "do", "elif", "else", "fi", "done", "esac", "}"))


class Parser(Statements):
    """One script being read."""

    __slots__ = ("dangling", "depth", "open_block", "parentheses", "stopped")

    def __init__(self, script: Script, dialect: Dialect | None) -> None:
        super().__init__(script, dialect)
        self.depth = 0
        self.parentheses = 0  # open ones round this place, in the substitution
        self.stopped = False  # the stretch is nested too deep
        self.dangling = False  # the text ends behind an operator
        self.open_block = False

    # -- lists

    def read_list(self, closers: frozenset[str]) -> bool:
        """Read and-or lists up to a token that closes the block; whether there was one at all."""
        statements, begun = self.statements, len(self.statements)
        ended: _Ended | None = None
        some = False
        while self._to_statement(closers):
            some = True
            first = len(statements)
            listed = self._and_or()
            ended = first, len(statements), listed
            self._separator(ended)
        _mark_last(statements, begun, ended)
        return some

    def _some(self, closers: frozenset[str], word: str, at: int) -> None:
        """Read the list behind a reserved word, which must not be empty."""
        if not self.read_list(closers) and self.position < self.limit:
            self.refuse("syntax", at, at + len(word), f"no command follows `{word}`", by="both")

    def _to_statement(self, closers: frozenset[str]) -> bool:
        """Go on to where a statement begins, over what belongs to nothing; False where the block ends."""
        while True:
            self.newlines()
            at = self.position
            if at >= self.limit:
                return False
            sign = self.work[at]
            if sign in ";&|)" and not self._is_redirection(at):
                operator = self._operator(at)
                if operator in closers or (operator == ")" and self.parentheses):
                    return False
                if operator == ")" or operator.startswith((";;", ";&")):
                    message = f"`{operator}` belongs to nothing that was opened before"
                else:
                    message = f"no command stands before `{operator}`"
                self._skip(operator, message)
                continue
            keyword = KEYWORD.match(self.work, at, self.limit)
            if keyword is None or keyword.group() not in _CLOSING:
                return True
            if keyword.group() in closers:
                return False
            self._skip(keyword.group(), f"`{keyword.group()}` belongs to nothing that was opened before")

    def _skip(self, token: str, message: str) -> None:
        end = self.position + len(token)
        self.refuse("syntax", self.position, end, message)
        self.position = end

    def _is_redirection(self, at: int) -> bool:
        return self.bash and self.work.startswith("&>", at)

    def _operator(self, at: int) -> str:
        match = OPERATOR.match(self.work, at, self.limit)
        return match.group() if match else ""

    def _separator(self, ended: _Ended) -> None:
        """Read what parts an and-or list from the next."""
        self.position = at = self.skip_space(self.position)
        if at >= self.limit:
            return
        sign = self.work[at]
        if sign == ";":
            if self._operator(at) == ";":
                self.position = at + 1
        elif sign == "&":
            self.position = at + 1
            for command in self.statements[ended[0] : ended[1]]:
                command.background = True
            if ended[2] is not None:
                ended[2].background = True
        elif sign not in "\n)#":
            keyword = KEYWORD.match(self.work, at, self.limit)
            if keyword is None or keyword.group() not in _CLOSING:
                self.refuse(
                    "syntax",
                    at,
                    at + 1,
                    "this does not belong here: a `;` or a line end is missing before it",
                )

    # -- and-or lists and pipelines

    def _and_or(self) -> List | None:
        """Read an and-or list; None where it is a single pipeline."""
        ranges: list[tuple[int, int]] = []
        operators: list[str] = []
        elements: list[Element] = []
        start = end = -1
        while True:
            first = len(self.statements)
            compound = self._pipeline()
            start, end = (start if ranges else self.began), self.ended
            operator = self._operator(self.position) if self.position < self.limit else ""
            joins = operator in ("&&", "||") and self._more_follows(operator)
            if not joins and not ranges:
                return None
            ranges.append((first, len(self.statements)))
            commands = tuple([command for command in self.statements[first:] if not command.bare])
            elements.append(Element(self.script.place(self.began, end), commands, compound))
            if not joins:
                break
            operators.append(operator)
        listed = List(self.script, start, end, tuple(operators), tuple(elements), self.around.is_top_level)
        self.lists.append(listed)
        _mark_handled(self.statements, listed, ranges)
        return listed

    def _pipeline(self) -> bool:
        """Read a pipeline up to the operator behind it; whether a compound command belongs to it."""
        around, statements = self.around, self.statements
        stages: list[tuple[int, int]] = []
        simple: list[Command] = []
        compound = False
        began = -1
        while True:
            first = len(statements)
            inner = self.around
            if (
                began >= 0
                and KEYWORD.match(self.work, self.position, self.limit)
                and self.work[self.position] == "!"
            ):
                self.refuse("syntax", self.position, self.position + 1, "`!` stands behind `|`", by="both")
            self._negations()
            if began < 0:
                inner = self.around
            grouped = self._command()
            self.around = inner
            compound = compound or grouped
            began = self.began if began < 0 else began
            if len(statements) > first:
                stages.append((first, len(statements)))
                if not grouped:
                    simple.extend([one for one in statements[first:] if not one.bare])
            self.position = self.skip_space(self.position)
            operator = self._operator(self.position) if self.position < self.limit else ""
            if operator == "|&":
                self.refuse("syntax", self.position, self.position + 2, "only bash knows `|&`", by="sh")
            if operator not in ("|", "|&") or not self._more_follows(operator):
                break
        self.around = around
        self.began = began
        if len(stages) > 1:
            _join_stages(statements, stages, tuple(simple))
        return compound

    def _negations(self) -> None:
        """Read `!` and, before something compound, `time`."""
        negated = False
        while True:
            keyword = KEYWORD.match(self.work, self.position, self.limit)
            word = keyword.group() if keyword else ""
            if word == "!":
                if negated:
                    self.refuse(
                        "syntax", self.position, self.position + 1, "only bash takes a second `!`", by="sh"
                    )
                negated = True
                self.position += 1
                self.around = self.around._replace(condition=True)
            elif word in ("time", "coproc") and not self.posix:
                timed = TIMED.match(self.work, self.position, self.limit)
                if timed is None:
                    return
                self.position = timed.end()
            else:
                if negated and (self.position >= self.limit or self.work[self.position] in "\n;&|)#"):
                    self.refuse("syntax", self.position - 1, self.position, "no command follows `!`", by="sh")
                return
            self.position = self.skip_space(self.position)

    def _more_follows(self, operator: str) -> bool:
        """Go over an operator to the command behind it; False where there is none."""
        end = self.ended
        self.position += len(operator)
        while True:
            self.newlines()
            if self.position >= self.limit:
                self.dangling = self.dangling or self.main
                return False
            another = self._operator(self.position)
            if another not in ("&&", "||", "|", "|&"):
                break
            self._skip(another, f"no command stands before `{another}`")
        keyword = KEYWORD.match(self.work, self.position, self.limit)
        if (another and not self._is_redirection(self.position)) or (keyword and keyword.group() in _CLOSING):
            self.refuse("syntax", max(end - 1, 0), end, f"no command follows `{operator}`")
            return False
        return True

    # -- commands

    def _command(self) -> bool:
        """Read a command; whether it is compound."""
        at = self.position
        keyword = KEYWORD.match(self.work, at, self.limit)
        if keyword is not None:
            word = keyword.group()
            if word in _CLOSING:  # behind `!`, or the head of a function
                self.refuse("syntax", at, keyword.end(), f"no command stands before `{word}`")
                self.began = self.ended = at
                return False
            if word in ("in", "]]"):
                self.refuse(
                    "syntax",
                    at,
                    keyword.end(),
                    f"`{word}` is no command",
                    by="both" if word == "in" else "bash",
                )
            handler = _COMPOUND.get(word) if self._is_reserved(word) else None
        elif self.work.startswith("(", at, self.limit):
            if (
                not self.posix
                and self.work.startswith("((", at, self.limit)
                and self.is_arithmetic(at, unknown=False)
            ):
                self._arithmetic(at)
                return False
            handler = Parser._subshell
        elif FUNCTION_HEAD.match(self.work, at, self.limit) is not None:
            handler = Parser._function
        else:
            handler = None
        if handler is None:
            self.simple()
            return False
        if self._too_deep(at):
            return True
        outer = self.around
        self.depth += 2
        handler(self, at)
        self.depth -= 2
        self.around = outer
        self.began, self.ended = at, self.position
        self.redirections_behind()
        return True

    def _is_reserved(self, word: str) -> bool:
        return not self.posix or not (word in _ONLY_BASH or (word == "function" and self.dialect == "sh"))

    def bash_only(self, at: int, what: str) -> None:
        """Something is read that dash does not take; busybox's ash knows process substitutions."""
        if self.dialect != "ash" or "`" not in what[:1]:
            self.refuse("syntax", at, at + 2, f"only bash knows {what}", by="sh")

    def _arithmetic(self, at: int) -> None:
        self.position = self.ended = self.arithmetic(at)
        self.began = at
        self.redirections_behind()

    def _too_deep(self, at: int) -> bool:
        if self.depth < DEPTH:
            return False
        if not self.stopped:
            self.refuse("depth", at, at + 1, "this is nested too deep to be followed")
        self.stopped = True
        self.position = self.began = self.ended = self.limit
        return True

    def _take(self, word: str) -> bool:
        """Go over a reserved word, if it stands here."""
        keyword = KEYWORD.match(self.work, self.position, self.limit)
        if keyword is None or keyword.group() != word:
            return False
        self.position = keyword.end()
        return True

    def _close(self, word: str, opener: str, start: int) -> None:
        """Go over the word that closes a block, or say that it is missing."""
        if word == ")":
            if self.work.startswith(")", self.position, self.limit):
                self.position += 1
                return
        elif self._take(word):
            return
        if self.stopped:
            return
        self.open_block = self.open_block or (self.main and self.position >= self.limit)
        self.refuse("block", start, start + len(opener), f"`{opener}` is not closed: no `{word}` follows")

    def _in_block(self, at: int) -> Surroundings:
        """What a loop, branch or group stands in, its own place put in where it is the outermost."""
        return self.around if self.around.block is not None else self.around._replace(block=at)

    def _subshell(self, at: int) -> None:
        self.around = self._in_block(at)._replace(subshell=True)
        self.position = at + 1
        self.parentheses += 1
        self._some(_PARENTHESIS, "(", at)
        self.parentheses -= 1
        self._close(")", "(", at)

    def _group(self, at: int) -> None:
        self.around = self._in_block(at)
        self._braces(at)

    def _braces(self, at: int) -> None:
        self.position = at + 1
        self._some(_BRACE, "{", at)
        self._close("}", "{", at)

    def _if(self, at: int) -> None:
        """`if`, and its `elif` and `else` clauses."""
        around = self._in_block(at)
        clause = clause_body = at
        word = "if"
        while True:
            self.position += len(word)
            if word != "else":
                self.around = around._replace(condition=True)
                self._some(_THEN, word, clause)
                clause_body = self.position
                if not self._take("then") and self.position < self.limit:
                    self.refuse("syntax", clause, clause + len(word), f"no `then` follows `{word}`")
            self.around = around._replace(branch=True, sides=(*around.sides, (at, clause)))
            if word == "else":
                self._some(_FI, word, clause)
            else:
                self._some(_IF_ENDS, "then", clause_body)
            clause = self.position
            keyword = KEYWORD.match(self.work, clause, self.limit)
            if keyword is None or keyword.group() not in ("elif", "else"):
                break
            word = keyword.group()
        self._close("fi", "if", at)

    def _while(self, at: int) -> None:
        """`while` and `until`."""
        opener = self.work[at : at + 5]
        self.position = at + 5
        self.around = inner = self._in_block(at)._replace(loop=True)
        self.around = inner._replace(condition=True)
        self._some(_DO, opener, at)
        self.around = inner
        self._do(opener, at)

    def _do(self, opener: str, at: int) -> None:
        """The body of a loop."""
        start = self.position
        if self._take("do"):
            self._some(_DONE, "do", start)
        elif self.position < self.limit:
            self.refuse("syntax", at, at + len(opener), f"no `do` follows `{opener}`")
        self._close("done", opener, at)

    def _for(self, at: int) -> None:
        """`for` and `select`."""
        opener = "for" if self.work.startswith("for", at) else "select"
        self.around = self._in_block(at)
        position = self.skip_space(at + len(opener))
        name, words = "", None
        if self.work.startswith("((", position, self.limit):
            self.refuse("syntax", position, position + 2, "only bash knows `for ((`", by="sh")
            self.position = self.arithmetic(position)
        else:
            end = self.word(position) if position < self.limit else position
            name = shown(self.work[position:end])
            if not NAME.match(name):
                self.refuse("syntax", position, end, "this is no name of a variable", by="sh")
            self.position = end
            words = self._words_of_loop()
        self.position = self.skip_space(self.position)
        if self.work.startswith(";", self.position, self.limit):
            self.position += 1
        self.newlines()
        self.around = self.around._replace(loop=True)
        if KEYWORD.match(self.work, self.position, self.limit) and self.work[self.position] == "{":
            self.refuse("syntax", self.position, self.position + 1, "only bash takes `{` for `do`", by="sh")
            self._braces(self.position)
        else:
            self._do(opener, at)
        if NAME.match(name):
            self.loops.append(Loop(name, words, self.script.place(at, self.position)))

    def _words_of_loop(self) -> tuple[Word, ...] | None:
        """The words behind `in`; None without it."""
        behind = self.skip_space(self.position)
        self.newlines()
        if (
            not self.work.startswith("in", self.position, self.limit)
            or self.word(self.position) != self.position + 2
        ):
            self.position = behind
            return None
        position = self.skip_space(self.position + 2)
        words: list[Word] = []
        while position < self.limit and self.work[position] not in "\n;&|()#":
            end = self.word(position)
            if end == position:
                break
            words.append(Word(self.script, position, end))
            position = self.skip_space(end)
        self.position = position
        return tuple(words) or None

    def _case(self, at: int) -> None:
        self.around = around = self._in_block(at)
        everything = len(self.everything)
        self.position = self.skip_space(at + 4)
        if self.position < self.limit:
            self.position = self.word(self.position)
        self.newlines()
        if self.work.startswith("in", self.position, self.limit):
            self.position += 2
        elif self.position < self.limit:
            self.refuse("syntax", at, at + 4, "no `in` follows `case`")
        falls = False
        while self._item(at, around):
            operator = self._operator(self.position) if self.position < self.limit else ""
            if operator in (";;", ";&", ";;&"):
                self.position += len(operator)
                if operator != ";;":
                    falls = True
                    at_operator = self.position - len(operator)
                    self.refuse(
                        "syntax", at_operator, self.position, f"only bash knows `{operator}`", by="sh"
                    )
            elif not self._at_esac():
                break
        if falls:  # behind `;&` the next body runs too, so that they are no sides
            for command in self.everything[everything:]:
                sides = tuple(side for side in command.around.sides if side[0] != at)
                command.around = command.around._replace(sides=sides)
        self._close("esac", "case", at)

    def _at_esac(self) -> bool:
        keyword = KEYWORD.match(self.work, self.position, self.limit)
        return keyword is not None and keyword.group() == "esac"

    def _item(self, at: int, around: Surroundings) -> bool:
        """Read the patterns and the list of one item; False where the items end."""
        self.newlines()
        start = self.position
        if start >= self.limit or self._at_esac():
            return False
        self.around = around._replace(branch=True, sides=(*around.sides, (at, start)))
        if self.work[start] == "(":
            self.position = self.skip_space(start + 1)
        while self.position < self.limit:
            end = self.word(self.position)
            if end == self.position:
                self.refuse("syntax", start, end, "a pattern is missing", by="both")
                break
            self.position = self.skip_space(end)
            if not self.work.startswith("|", self.position, self.limit):
                break
            self.position = self.skip_space(self.position + 1)
        if self.work.startswith(")", self.position, self.limit):
            self.position += 1
        elif self.position < self.limit:
            self.refuse("syntax", start, self.position, "no `)` follows this pattern of `case`")
            if self.position == start:
                self.position += 1
        self.read_list(_ITEM_ENDS)
        return True

    def _function(self, at: int) -> None:
        """`name() ...`, whose body may be a simple command, too, in dash."""
        end = self.word(at)
        head = FUNCTION_HEAD.match(self.work, at, self.limit)
        self.position = head.end() if head else end
        self._body_of_function(at, at, end)

    def _function_keyword(self, at: int) -> None:
        """`function name ...`; without a compound command behind it, it is a command of this name."""
        start = self.skip_space(at + len("function"))
        end = self.word(start) if start < self.limit else start
        head = PARENTHESES_OF_FUNCTION.match(self.work, end, self.limit)
        self.position = head.end() if head else end
        self.newlines()
        keyword = KEYWORD.match(self.work, self.position, self.limit)
        if end == start or not (
            head
            or (keyword and (keyword.group() in _COMPOUND or keyword.group() == "[["))
            or self.work.startswith("(", self.position, self.limit)
            or self.position >= self.limit
        ):
            self.position = at
            self.refuse("syntax", at, end, "no body follows `function`", by="bash")
            self.simple()
            return
        self._body_of_function(at, start, end)

    def _body_of_function(self, at: int, start: int, end: int) -> None:
        name = shown(self.script.text[start:end])
        if not NAME.match(name) or name in _SPECIAL:
            self.refuse("syntax", start, end, "only bash takes this name of a function", by="sh")
        self.newlines()
        outer = self.around
        self.around = Surroundings(function=name, substitution=outer.substitution, within=outer.within)
        if KEYWORD.match(self.work, self.position, self.limit) and self.work[self.position] == "{":
            self._braces(self.position)  # these are no group
            self.ended = self.position
        elif self.position < self.limit and not self._operator(self.position):
            start = self.position
            if not self._command() and not self.work.startswith(("[[", "(("), start):
                self.refuse("syntax", start, self.ended, "only dash takes a simple command here", by="bash")
        else:
            self.refuse("syntax", at, end, f"no body follows the head of the function `{name}`")
            self.ended = end
        self.script.functions.setdefault(name, self.script.place(at, self.ended))

    # -- parts that are read on their own

    def substitution(self, opener: int, start: int) -> int:
        """Read the commands from `start` through the parenthesis that closes them; where they end."""
        if self._too_deep(opener):
            return self.limit
        level = self._enter(self.around, self.owner)
        self.parentheses = 1
        self.position = start
        self.read_list(_PARENTHESIS)
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
        if self._too_deep(opener):
            return
        level, stretch = self._enter(self.around, self.owner), self._begin(start, end)
        self.read_list(_NONE)
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
        level = self.statements, self.around, self.owner, self.parentheses, self.began, self.ended
        around = owner.around if owner is not None else around
        self.around = around._replace(substitution=True, within=owner or around.within)
        self.statements, self.owner, self.parentheses = [], None, 0
        self.depth += 3
        return level

    def _leave(self, level: tuple[object, ...]) -> None:
        self.statements, self.around, self.owner, self.parentheses, self.began, self.ended = level  # type: ignore[assignment]
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


_COMPOUND: dict[str, Callable[[Parser, int], None]] = {
    "if": Parser._if,
    "while": Parser._while,
    "until": Parser._while,
    "for": Parser._for,
    "select": Parser._for,
    "case": Parser._case,
    "{": Parser._group,
    "function": Parser._function_keyword,
}
