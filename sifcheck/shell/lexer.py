"""The tokens of a shell text, and its words: where they end, and what is quoted, expanded or opened in them.

What stands in a word is read with a stack of its own, so any depth of quotations, `${ }` and parentheses is fine, and
nothing is looked at twice.  Only commands in a substitution are read by going down: `substitution` does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from sifcheck.base.startup import pattern
from sifcheck.shell.text import Lexed

# The tokens.  Every alternative of a pattern that is searched for begins with a literal character, so that a search can
# leap from one such character to the next; that is why what must stand before a token is asked for behind its first one.

_FLAGS = re.ASCII | re.DOTALL
DOLLAR = r"\$(?:[A-Za-z_]\w*|[0-9*@#?!$-]|\(\(|[({])"
_ESCAPE = r"\\(?:\r?\n(?:\\\r?\n)*|.)?"  # continuations that follow one another are one token
_SHARED = rf"{_ESCAPE}|\"|`|{DOLLAR}"
OLD_ARITHMETIC = r"\$\[(?=[^\]\n'\"]{0,200}\])"  # bash's old way to write `$(( ))`
_QUOTED = rf"{_SHARED}|'[^']*'?|\$['\"]|{OLD_ARITHMETIC}"
_COMMENT = r"#(?<![^ \t\n;&|()<>]#)[^\n]*"
_PLAIN = r"[^ \t\r\n;&|()<>\\'\"`$#][^ \t\r\n;&|()<>\\'\"`$]*+(?=[ \t\r\n;&|)]|\Z)"
_END = r"(?=(?:\\\r?\n)*(?:[ \t\r\n;&|()<>]|\Z))"  # of a reserved word

# Between words: spaces, line ends that a backslash takes away, and a backslash that ends the text.
SPACE = pattern(r"(?:[ \t\r]++|\\(?:\r?\n|\Z))*+")
SPACE_AND_LINES = pattern(r"(?:[ \t\r\n]++|\\(?:\r?\n|\Z))*+")
COMMENT = pattern(r"#[^\n]*")

# Words without any quotation or expansion, side by side; a word that a redirection or a parenthesis follows is none.
PLAIN_WORDS = pattern(rf"{_PLAIN}(?:[ \t]++{_PLAIN})*+")
PLAIN_WORD = pattern(r"[^ \t]+")
END_OF_WORD = pattern(rf"[ \t\r\n;&|()]|[<>]\(?|{_QUOTED}", _FLAGS)
END_OF_WORD_IN_TEST = pattern(rf"[ \t\r\n]|{_QUOTED}", _FLAGS)

OPERATOR = pattern(r"&&|&|\|\||\|&|\||;;&?|;&?|\)")
REDIRECTION = pattern(r"(\d*)(&>>?|<<<|<<-?|<&|<>|>&|>>|>\||<(?!\()|>(?!\())")
KEYWORD = pattern(
    r"(?:if|then|elif|else|fi|in|while|until|for|select|do|done|case|esac|function|time|coproc|\[\[|\]\]|[{}!])"
    + _END
)
# `time` before a compound command is a reserved word; before a simple one it is read as the command that it also is.
TIMED = pattern(
    r"(?:time(?:[ \t]+-p)?|coproc(?:[ \t]+\w+)?)(?=[ \t]+(?:[({]|(?:if|while|until|for|case|select)[ \t\n]))"
)
FUNCTION_HEAD = pattern(r"([^ \t\r\n;&|()<>\\'\"`$]++)(?<!=)[ \t]*\([ \t]*\)")
# bash reads any word as the name of a function, and complains when the function is made.
ODD_FUNCTION_HEAD = pattern(
    r"(?:[^ \t\r\n;&|()<>\\'\"`$#]|\\.|'[^']*'|\"[^\"$`\\]*\"|\$\w+|\$\{\w+\}|`[^`]*`)++(?<!=)[ \t]*\([ \t]*\)"
)
FUNCTION = pattern(
    r"function[ \t]+[^ \t\r\n;&|()<>#]+(?:[ \t]*\([ \t]*\)|(?=(?:[ \t\r\n]|#[^\n]*\n)*+"
    r"(?:\Z|[({]|\[\[|(?:if|while|until|for|select|case)[ \t\r\n(])))"
)
PARENTHESES_OF_FUNCTION = pattern(r"[ \t]*\([ \t]*\)")
END_OF_TEST = pattern(r"\]\](?<=[ \t\n]\]\])")
OPENED = pattern(r"\$\(\(|[$<>][({]|\$['\"\[]|\[\[")  # two signs and more that open something
NAME = pattern(r"[A-Za-z_]\w*\Z", re.ASCII)

# What ends or continues what has been opened, by its kind.
LIST = pattern(rf"{_QUOTED}|[<>]\(|{_COMMENT}|[();&|]", _FLAGS)
DOUBLE = pattern(_SHARED, _FLAGS)
BODY = pattern(rf"{_ESCAPE}|`|{DOLLAR}", _FLAGS)
BRACE = pattern(rf"{_QUOTED}|\}}", _FLAGS)
BRACE_IN_DOUBLE = pattern(rf"{_SHARED}|\}}", _FLAGS)
ARITHMETIC = pattern(rf"{_SHARED}|\(|\)", _FLAGS)
BRACKETS = pattern(rf"{_SHARED}|\[|\]", _FLAGS)

BACKTICKS = pattern(r"`(?:[^`\\]++|\\.)*+`", re.DOTALL)
ANSI = pattern(r"'(?:[^'\\]++|\\.)*+'", re.DOTALL)
DELIMITER = pattern(r"[ \t]*((?:[^ \t\n\r;&|()<>'\"\\`]|'[^'\n]*'|\"[^\"\n]*\"|\\[^\n])+)")
QUOTES = pattern(r"'([^']*)'|\"([^\"]*)\"|\\(.)")
PARENTHESES = pattern(r"[()]")

Opened = Literal["quote", "block"]
_CONTINUATIONS = ("\\", "\\\n", "\\\r\n")
_Kind = Literal["double", "brace", "arithmetic", "list", "body"]


class _Open:
    """Something open inside of a word."""

    __slots__ = ("depth", "kind", "pattern", "quoted", "start")

    def __init__(
        self, kind: _Kind, start: int, pattern: re.Pattern[str], quoted: bool, depth: int = 1
    ) -> None:
        self.kind = kind
        self.start = start
        self.pattern = pattern
        self.quoted = quoted
        self.depth = depth  # of parentheses


class Lexer:
    """A place in a text, and the reading of words from there."""

    __slots__ = ("_pairs", "bash", "brackets", "continued", "lexed", "limit", "main", "position", "work")

    def __init__(self, lexed: Lexed) -> None:
        self.lexed = lexed
        self.work = lexed.work
        self.position = 0
        self.limit = len(self.work)  # of the stretch that is read: the text, or a part read on its own
        self.main = True  # the stretch is the text
        self.bash = True  # `$' '` and `&>` are read as bash reads them
        self.brackets = True  # so is `$[ ]`
        self.continued = -1  # where the last continuation ends
        self._pairs: dict[int, int] | None = None

    def substitution(self, opener: int, start: int) -> int:
        """Read the commands from `start` through the parenthesis that closes them; where they end."""
        raise NotImplementedError

    def unclosed(self, kind: Opened, start: int) -> None:
        """The stretch ends in what was opened at an offset."""
        raise NotImplementedError

    def list_opens(self, start: int, at: int) -> None:
        """A word that begins at `start` goes on with a parenthesis at `at`."""

    def misplaced_in_list(self, at: int) -> None:
        """An operator stands in the list of an array."""

    def bash_only(self, at: int, what: str) -> None:
        """Something is read that dash does not take."""

    def commands_between(self, opener: int, start: int, end: int) -> None:
        """Read the commands of a stretch, as those between backticks."""
        raise NotImplementedError

    # -- between words

    def skip_space(self, position: int, space: re.Pattern[str] = SPACE) -> int:
        """The next offset at which neither a space nor a continuation stands."""
        match = space.match(self.work, position, self.limit)
        end = match.end() if match else position
        if end == self.limit and self.main and self.work.endswith(_CONTINUATIONS, position):
            self.continued = end
        return end

    def comment(self, position: int) -> int:
        """Note a comment; where its line ends."""
        match = COMMENT.match(self.work, position, self.limit)
        end = match.end() if match else position
        self.lexed.comments.append((position, end - 1 if self.work[end - 1] == "\r" else end))
        return end

    # -- words

    def word(self, start: int, ends: re.Pattern[str] = END_OF_WORD) -> int:
        """Read a word; where it ends."""
        position = start
        while True:
            match = ends.search(self.work, position, self.limit)
            if match is None:
                return self.limit
            at, position = match.span()
            sign = self.work[at]
            if sign in " \t\r\n;&|)":
                return at
            if sign == "(":
                if not self._opens_list(start, at):
                    return at
                self.list_opens(start, at)
                position = self.enclosed(_Open("list", at, LIST, quoted=False), position)
            elif sign in "<>":
                if position - at == 1:
                    return at
                self.bash_only(at, "`" + sign + "( )`")
                position = self.substitution(at, position)
            elif sign == "\\":
                if self._ends_before(at, position):
                    return at
            else:
                opened = self._quotation(sign, at, position, quoted=False)
                position = self.enclosed(opened, position) if isinstance(opened, _Open) else opened

    def _ends_before(self, at: int, end: int) -> bool:
        """Whether a backslash is a continuation behind a word, and no part of it."""
        if end - at > 1 and self.work[end - 1] != "\n":
            return False
        if end == len(self.work):
            self.continued = end
        return end >= self.limit or self.work[end] in " \t\r\n;&|()<>"

    def _opens_list(self, start: int, at: int) -> bool:
        """Whether a parenthesis opens the list of an array, or a pattern as `@(a|b)`."""
        work = self.work
        if at - 1 > start:
            return work[at - 1] in "=?*+@!" and work[at - 2] != "$"
        return at > start and work[start] in "?*+@!"

    def enclosed(self, first: _Open, position: int) -> int:
        """Read on from `position` through the end of what was opened; where it ends."""
        stack = [first]
        while stack:
            frame = stack[-1]
            match = frame.pattern.search(self.work, position, self.limit)
            if match is None:
                return self._leave_open(stack)
            at, position = match.span()
            sign = self.work[at]
            if sign == "\\":
                if frame.kind == "list" and position == len(self.work) and self.work[position - 1] in "\n\\":
                    self.continued = position
            elif sign in "([":
                frame.depth += 1
                if frame.kind == "list":
                    self.misplaced_in_list(at)
            elif sign in ";&|":
                self.misplaced_in_list(at)
            elif sign in ")]":
                frame.depth -= 1
                if not frame.depth:
                    self._end_of(stack, position)
            elif sign == "}" or (sign == '"' and frame.kind == "double"):
                self._end_of(stack, position)
            elif sign == "#":
                position = self.comment(at)
            elif sign in "<>":
                position = self.substitution(at, position)
            else:
                opened = self._quotation(sign, at, position, frame.quoted)
                if isinstance(opened, _Open):
                    stack.append(opened)
                else:
                    position = opened
        return position

    def _end_of(self, stack: list[_Open], end: int) -> None:
        frame = stack.pop()
        self.lexed.closers[frame.start] = end
        if frame.kind == "double":
            self.lexed.quotations.append((frame.start, end))

    def _leave_open(self, stack: list[_Open]) -> int:
        """The stretch ends in what is open; its end."""
        while stack:
            frame = stack[-1]
            if frame.kind == "body":
                stack.pop()
                continue
            self.unclosed("quote" if frame.kind in ("double", "brace") else "block", frame.start)
            self._end_of(stack, self.limit)
        return self.limit

    # -- quotations and expansions

    def _quotation(self, sign: str, at: int, end: int, quoted: bool) -> _Open | int:
        """What a quotation mark or a dollar sign opens; where it ends, if it is read already."""
        if sign == "$":
            return self._dollar(at, end, quoted)
        if sign == '"':
            return _Open("double", at, DOUBLE, quoted=True)
        if sign == "`":
            return self._backticks(at, quoted)
        if end - at == 1 or self.work[end - 1] != "'":
            self.unclosed("quote", at)
        self._note_quotation(at, end)
        return end

    def _note_quotation(self, start: int, end: int) -> None:
        self.lexed.closers[start] = end
        self.lexed.quotations.append((start, end))

    def _dollar(self, at: int, end: int, quoted: bool) -> _Open | int:
        second = self.work[at + 1]
        if second == "(":
            if end - at == 3:
                if self.is_arithmetic(at + 1, unknown=True):
                    return _Open("arithmetic", at, ARITHMETIC, quoted=True, depth=2)
                self.lexed.substitutions.add(at)
                self.bash_only(at, "a subshell behind `$(`")
            return self.substitution(at, at + 2)
        if second == "{":
            self.lexed.variables.append((at, quoted))
            return _Open("brace", at, BRACE_IN_DOUBLE if quoted else BRACE, quoted)
        if second == '"':
            return _Open("double", at, DOUBLE, quoted=True)
        if (second == "'" and not self.bash) or (second == "[" and not self.brackets):
            return at + 1
        if second == "[":
            return _Open("arithmetic", at, BRACKETS, quoted=True)
        if second == "'":
            match = ANSI.match(self.work, at + 1, self.limit)
            end = match.end() if match else self.limit
            if match is None:
                self.unclosed("quote", at)
            self._note_quotation(at, end)
        else:
            self.lexed.variables.append((at, quoted))
        return end

    def _backticks(self, at: int, quoted: bool) -> int:
        match = BACKTICKS.match(self.work, at, self.limit)
        end = match.end() if match else self.limit
        if match is None:
            self.unclosed("quote", at)
        self.lexed.closers[at] = end
        inner_end = end - 1 if match else end
        inner = self.work[at + 1 : inner_end]
        if "\\`" in inner or (quoted and '\\"' in inner):
            # Inside backticks a nested backtick is written with a backslash; it is read without.
            inner = inner.replace("\\`", " `")
            inner = inner.replace('\\"', ' "') if quoted else inner
            self.work = self.lexed.work = self.work[: at + 1] + inner + self.work[inner_end:]
        self.commands_between(at, at + 1, inner_end)
        return end

    def arithmetic(self, start: int) -> int:
        """Read `((` through `))`; where it ends."""
        return self.enclosed(_Open("arithmetic", start, ARITHMETIC, quoted=True, depth=2), start + 2)

    def expansions_from(self, start: int) -> None:
        """Read the expansions in the body of a here-document; `limit` is its end."""
        self.enclosed(_Open("body", start, BODY, quoted=True), start)

    def is_arithmetic(self, at: int, unknown: bool) -> bool:
        """Whether two opening parentheses are closed by two that stand side by side."""
        if self._pairs is None:
            self._pairs = _pairs(self.work)
        outer, inner = self._pairs.get(at), self._pairs.get(at + 1)
        return unknown if outer is None or inner is None else outer == inner + 1

    # -- here-documents

    def heredoc_end(self, start: int, delimiter: str, tabs: bool, quoted: bool) -> tuple[int, int] | None:
        """Where the line that ends a here-document begins and ends; None without one."""
        work = self.work
        for line_start, line_end in _candidates(work, delimiter, start, self.limit):
            line = work[line_start:line_end].rstrip("\r")
            if (line.lstrip("\t") if tabs else line) == delimiter and (
                quoted or not _is_continued(work, start, line_start)
            ):
                return line_start, min(line_end + 1, self.limit)
        return None


def _candidates(work: str, delimiter: str, position: int, limit: int) -> Iterator[tuple[int, int]]:
    """The lines in which the delimiter may stand, each with its start and end."""
    while position < limit:
        line_start = position
        if delimiter:
            at = work.find(delimiter, position, limit)
            if at < 0:
                return
            line_start = max(work.rfind("\n", position, at) + 1, position)
        line_end = work.find("\n", line_start, limit)
        line_end = limit if line_end < 0 else line_end
        yield line_start, line_end
        position = line_end + 1


def _is_continued(work: str, start: int, line_start: int) -> bool:
    """Whether the line before `line_start` ends in a backslash that takes its line end away."""
    end = line_start - 2 if work.startswith("\r\n", line_start - 2) else line_start - 1
    before = end
    while before > start and work[before - 1] == "\\":
        before -= 1
    return (end - before) % 2 == 1


def _pairs(work: str) -> dict[int, int]:
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in PARENTHESES.finditer(work):
        if match.group() == "(":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    return pairs
