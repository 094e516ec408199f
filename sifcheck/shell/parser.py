"""The parser of the shell's language by recursive descent: lists, pipelines, compound commands, functions.

The words are those of the Single UNIX Specification (XCU 2.9, 2.10): a list is and-or lists, these are pipelines joined by
`&&` and `||`, a pipeline is commands joined by `|`, and a command is simple, compound or the definition of a function.
What no shell takes becomes a problem, and reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable

from sifcheck.shell.lexer import FUNCTION, FUNCTION_HEAD, NAME, ODD_FUNCTION_HEAD, PARENTHESES_OF_FUNCTION
from sifcheck.shell.lists import CLOSING, PARENTHESIS, Lists
from sifcheck.shell.model import ASSIGNMENT, Loop, Surroundings, Word
from sifcheck.shell.statements import RefusedBy
from sifcheck.shell.text import shown
from sifcheck.shell.tree import (
    NOTHING,
    Arithmetic,
    CaseArm,
    CaseClause,
    CompoundList,
    ForClause,
    FunctionDefinition,
    Grouping,
    IfClause,
    Redirected,
    WhileClause,
)

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


class Parser(Lists):
    """One script being read."""

    __slots__ = ()

    def command(self) -> bool:
        """Read a command, simple or compound; whether it is compound."""
        at, word = self.position, self.keyword()
        if word in CLOSING:  # behind `!`, or the head of a function
            self.refuse(at, at + len(word), f"no command stands before `{word}`")
            self.began = self.ended = at
            self.node = NOTHING
            return False
        if word in ("in", "]]"):
            self.refuse(at, at + 2, f"`{word}` is no command", by="both" if word == "in" else "bash")
        handler = self._compound(at, word)
        if handler is None:
            self.simple()
            return False
        if self.too_deep(at):
            self.node = NOTHING
            return True
        outer, blocks = self.around, self.blocks
        self.depth += 2
        if handler is Parser._subshell or word not in ("", "function"):
            self.blocks = [*blocks, (word or "(", at)]
        handler(self, at)
        self.depth -= 2
        self.around, self.blocks = outer, blocks
        self.began, self.ended = at, self.position
        node, redirections = self.node, self.redirections_behind()
        self.node = Redirected(node, tuple(redirections)) if redirections else node
        return handler is not Parser._arithmetic

    def _compound(self, at: int, word: str) -> Callable[[Parser, int], None] | None:
        """What reads the compound command or the function that begins here; None for a simple command."""
        if word:
            return _COMPOUND.get(word) if self._is_reserved(word) else None
        if self.work.startswith("(", at, self.limit):
            twice = not self.posix and self.work.startswith("((", at, self.limit)
            return Parser._arithmetic if twice and self.is_arithmetic(at, unknown=False) else Parser._subshell
        if FUNCTION_HEAD.match(self.work, at, self.limit) is None and (
            self.posix or ODD_FUNCTION_HEAD.match(self.work, at, self.limit) is None
        ):
            return None
        if self.dialect == "bash" and ASSIGNMENT.match(self.work, at, self.limit) is not None:
            return None
        return Parser._function

    def _is_reserved(self, word: str) -> bool:
        return not self.posix or not (word in _ONLY_BASH or (word == "function" and self.dialect == "sh"))

    def bash_only(self, at: int, what: str) -> None:
        """Something is read that dash does not take; busybox's ash knows process substitutions."""
        if self.dialect != "ash" or "`" not in what[:1]:
            self.refuse(at, at + 2, f"only bash knows {what}", by="sh")

    def _arithmetic(self, at: int) -> None:
        """`(( ))`, which is no command of the model."""
        self.position = self.arithmetic(at)
        self.node = Arithmetic(at, self.position)

    def _take(self, word: str) -> bool:
        """Go over a reserved word, if it stands here."""
        if self.keyword() != word:
            return False
        self.position += len(word)
        return True

    def _close(self, word: str, opener: str, start: int) -> None:
        """Go over the word that closes a block, or say that it is missing."""
        if word == ")" and self.work.startswith(")", self.position, self.limit):
            self.position += 1
        elif not self._take(word) and not self.stopped:
            if self.main and self.position >= self.limit:
                self.left_open.add("block")
            self.never_closed(opener, start)

    def _in_block(self, at: int) -> Surroundings:
        """What a loop, branch or group stands in, its own place put in where it is the outermost."""
        return self.around if self.around.block is not None else self.around._replace(block=at)

    def _subshell(self, at: int) -> None:
        self.around = self._in_block(at)._replace(subshell=True)
        self.position = at + 1
        self.parentheses += 1
        self.some_list(PARENTHESIS, "(", at)
        self.parentheses -= 1
        self._close(")", "(", at)
        self.node = Grouping(self.listed(), True, at)

    def _group(self, at: int) -> None:
        self.around = self._in_block(at)
        self._braces(at)
        self.node = Grouping(self.listed(), False, at)

    def listed(self) -> CompoundList:
        """The list that was read last; an empty one where something else was, which a shell refuses."""
        return self.node if isinstance(self.node, CompoundList) else NOTHING

    def _braces(self, at: int) -> None:
        self.position = at + 1
        self.some_list(_BRACE, "{", at)
        self._close("}", "{", at)

    def _if(self, at: int) -> None:
        """`if`, and its `elif` and `else` clauses."""
        around = self._in_block(at)
        clause, word = at, "if"
        clauses: list[tuple[CompoundList, CompoundList]] = []
        otherwise, condition = None, NOTHING
        while word:
            self.position += len(word)
            body, ends = clause, _FI
            if word != "else":
                self.around = around._replace(condition=True)
                self.some_list(_THEN, word, clause)
                condition = self.listed()
                body, ends = self.position, _IF_ENDS
                if not self._take("then") and body < self.limit:
                    self.refuse(clause, clause + len(word), f"no `then` follows `{word}`")
            self.around = around._replace(branch=True, sides=(*around.sides, (at, clause)))
            self.some_list(ends, "then" if ends is _IF_ENDS else word, body)
            if word == "else":
                otherwise = self.listed()
            else:
                clauses.append((condition, self.listed()))
            clause, word = self.position, self.keyword()
            word = word if word in ("elif", "else") else ""
        self._close("fi", "if", at)
        self.node = IfClause(tuple(clauses), otherwise, at)

    def _while(self, at: int) -> None:
        """`while` and `until`."""
        opener = self.work[at : at + 5]
        self.position = at + 5
        self.around = inner = self._in_block(at)._replace(loop=True)
        self.around = inner._replace(condition=True)
        self.some_list(_DO, opener, at)
        condition = self.listed()
        self.around = inner
        self._do(opener, at)
        self.node = WhileClause(condition, self.listed(), opener == "until", at)

    def _do(self, opener: str, at: int) -> None:
        """The body of a loop."""
        start = self.position
        self.node = NOTHING
        if self._take("do"):
            self.some_list(_DONE, "do", start)
        elif self.position < self.limit:
            self.refuse(at, at + len(opener), f"no `do` follows `{opener}`")
        self._close("done", opener, at)

    def _for(self, at: int) -> None:
        """`for` and `select`."""
        opener = "for" if self.work.startswith("for", at) else "select"
        self.around = self._in_block(at)
        position = self.skip_space(at + len(opener))
        name, words = "", None
        if self.work.startswith("((", position, self.limit):
            self.refuse(position, position + 2, "only bash knows `for ((`", by="sh")
            self.position = self.arithmetic(position)
        else:
            end = self.word(position) if position < self.limit else position
            name = shown(self.work[position:end])
            if not NAME.match(name):
                self.refuse(position, end, "this is no name of a variable", by="sh")
            self.position = end
            words = self._words_of_loop()
        self.position = self.skip_space(self.position)
        if self.work.startswith(";", self.position, self.limit):
            self.position += 1
        self.newlines()
        self.around = self.around._replace(loop=True)
        if self.keyword() == "{":
            self.refuse(self.position, self.position + 1, "only bash takes `{` for `do`", by="sh")
            self._braces(self.position)
        else:
            self._do(opener, at)
        named = name if opener == "for" and NAME.match(name) else None
        self.node = ForClause(named, words, self.listed(), at)
        if NAME.match(name):
            self.loops.append(Loop(name, words or None, self.script.place(at, self.position)))

    def _words_of_loop(self) -> tuple[Word, ...] | None:
        """The words behind `in`; None without it."""
        self.newlines()
        if not self._take("in"):
            return None
        position = self.skip_space(self.position)
        words: list[Word] = []
        while position < self.limit and self.work[position] not in "\n;&|()#":
            end = self.word(position)
            if end == position:
                break
            words.append(Word(self.script, position, end))
            position = self.skip_space(end)
        self.position = position
        return tuple(words)

    def _case(self, at: int) -> None:
        self.around = around = self._in_block(at)
        everything = len(self.everything)
        self.position = start = self.skip_space(at + 4)
        if self.position < self.limit:
            self.position = self.word(self.position)
        subject = Word(self.script, start, self.position) if start < self.position else None
        self.newlines()
        if not self._take("in") and self.position < self.limit:
            self.refuse(at, at + 4, "no `in` follows `case`")
        falls = False
        items: list[CaseArm] = []
        while True:
            patterns = self._item(at, around)
            if patterns is None:
                break
            start, operator = self.position, self.operator(self.position)
            items.append(CaseArm(patterns, self.listed(), operator if operator.startswith(";") else ""))
            if operator.startswith(";"):
                self.position += len(operator)
                if operator != ";;":
                    falls = True
                    self.refuse(start, self.position, f"only bash knows `{operator}`", by="sh")
            elif self.keyword() != "esac":
                break
        if falls:  # behind `;&` the next body runs too, so that they are no sides
            for command in self.everything[everything:]:
                sides = tuple(side for side in command.around.sides if side[0] != at)
                command.around = command.around._replace(sides=sides)
        self._close("esac", "case", at)
        self.node = CaseClause(subject, tuple(items), at)

    def _item(self, at: int, around: Surroundings) -> tuple[Word, ...] | None:
        """Read the patterns, which it returns, and the list of one item; None where the items end."""
        self.newlines()
        start = self.position
        patterns: list[Word] = []
        if start >= self.limit or self.keyword() == "esac":
            return None
        self.around = around._replace(branch=True, sides=(*around.sides, (at, start)))
        if self.work[start] == "(":
            self.position = self.skip_space(start + 1)
        while self.position < self.limit:
            end = self.word(self.position)
            if end == self.position:
                self.refuse(start, end, "a pattern is missing", by="both")
                break
            patterns.append(Word(self.script, self.position, end))
            self.position = self.skip_space(end)
            if not self.work.startswith("|", self.position, self.limit):
                break
            self.position = self.skip_space(self.position + 1)
        if self.work.startswith(")", self.position, self.limit):
            self.position += 1
        elif self.position < self.limit:
            self.refuse(start, self.position, "no `)` follows this pattern of `case`")
            if self.position == start:
                self.position += 1
        self.read_list(_ITEM_ENDS)
        return tuple(patterns)

    def _function(self, at: int) -> None:
        """`name() ...`, whose body may be a simple command in dash."""
        self._body_of_function(at, at)

    def _function_keyword(self, at: int) -> None:
        """`function name ...`; without a compound command behind it, it is a command of this name."""
        if FUNCTION.match(self.work, at, self.limit) is None:
            by: RefusedBy = "any" if self.dialect == "ash" else "bash"
            self.refuse(at, at + len("function"), "no name and body follow `function`", by=by)
            self.simple()
        else:
            self._body_of_function(at, self.skip_space(at + len("function")))

    def _body_of_function(self, at: int, start: int) -> None:
        """Read the body of the function whose name begins at `start`."""
        end = self.word(start)
        name = shown(self.script.text[start:end])
        if not NAME.match(name) or name in _SPECIAL:
            self.refuse(start, end, "only bash takes this name of a function", by="sh")
        parentheses = PARENTHESES_OF_FUNCTION.match(self.work, end, self.limit)
        self.position = parentheses.end() if parentheses else end
        self.newlines()
        outer = self.around
        self.around = Surroundings(function=name, substitution=outer.substitution, within=outer.within)
        body = self.position
        self.node = NOTHING
        if self.keyword() == "{":
            self.blocks = [*self.blocks, ("{", body)]
            self._braces(body)  # these are no group
            self.ended = self.position
        elif body >= self.limit or (self.operator(body) and not self.work.startswith("&>", body)):
            self.refuse(at, end, f"no body follows the head of the function `{name}`")
            self.ended = end
        else:
            handler = self._compound(body, self.keyword())
            if handler in (None, Parser._function) and not self.work.startswith("[[", body):
                self.refuse(body, body + 1, "only dash takes this for the body of a function", by="bash")
            self.command()
        self.script.functions.setdefault(name, self.script.place(at, self.ended))
        self.node = FunctionDefinition(name, self.node, at)


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
