"""What bash expects inside `[[ ]]`: the grammar of its conditional expressions, over the words that stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sifcheck.base.startup import pattern

Fault = tuple[int, int, str]
"""What is wrong: from where to where, and the words for it."""

_UNARY = frozenset(f"-{letter}" for letter in "abcdefghknoprstuvwxzGLNORS")
_BINARY = frozenset(
    ("=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef")
)
_OPERATORS = frozenset(("&&", "||", "(", ")", "<", ">"))
_ALONE = frozenset((";", "&", "|", "|&"))
_META = pattern(r"[&|();<>]")
_LINE_END = "\n"
_GLUED = "\0"


class _NotSureError(Exception):
    """Something stands there that is read otherwise than word by word."""


class _FaultyError(Exception):
    """What bash does not take."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault[2])
        self.fault = fault


def fault_of_test(work: str, words: Sequence[tuple[int, int]], closers: Mapping[int, int]) -> Fault | None:
    """What bash refuses in a test, whose words are given from `[[` through `]]`; None where it takes it.

    None, too, where signs stand glued to words, which are not cut.  `closers` are the ends of quotations and expansions.
    """
    try:
        reader = _Reader(work, words, closers)
        reader.either()
        reader.over_lines()
        if reader.token != "]]":
            reader.refuse("`]]` is expected here")
    except _FaultyError as error:
        return error.fault
    except (_NotSureError, RecursionError):
        return None
    return None


class _Reader:
    """A place among the tokens of a test."""

    def __init__(self, work: str, words: Sequence[tuple[int, int]], closers: Mapping[int, int]) -> None:
        self._tokens = list(_tokens(work, words, closers))
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> str:
        """The token that stands here: an operator, a word as it is written, or a line end."""
        token = self._tokens[self._at][2] if self._at < len(self._tokens) else "]]"
        if token == _GLUED:
            raise _NotSureError
        return token

    def refuse(self, message: str) -> None:
        """Say what is wrong with the token that stands here."""
        start, end, _ = self._tokens[min(self._at, len(self._tokens) - 1)]
        raise _FaultyError((start, end, message))

    def over_lines(self) -> None:
        """Go over line ends."""
        while self.token == _LINE_END:
            self._at += 1

    def either(self) -> None:
        """Read terms joined by `||` and `&&`."""
        self._term()
        while self.token in ("||", "&&"):
            self._at += 1
            self._term()

    def _term(self) -> None:
        self._depth += 1
        if self._depth > 100:
            raise _NotSureError
        self._one_term()
        self._depth -= 1

    def _one_term(self) -> None:
        self.over_lines()
        token = self.token
        if token == "]]":  # bash passes it when it only reads
            raise _NotSureError
        if token == "!":
            self._at += 1
            self._term()
        elif token == "(":
            self._at += 1
            self.either()
            self.over_lines()
            if self.token != ")":
                self.refuse("`)` is expected here")
            self._at += 1
            self.over_lines()
        elif token in _OPERATORS or token in _ALONE:
            self.refuse(f"`{token}` is not expected here")
        elif token in _UNARY:
            self._at += 1
            self._operand(token)
        else:
            self._at += 1
            self._behind_word()

    def _behind_word(self) -> None:
        """Read the operator and the second operand behind a word, if there are any."""
        token = self.token
        if token in ("]]", "&&", "||", ")"):
            return
        if token not in _BINARY:
            self.refuse("an operator such as `==` or `-lt` is expected here")
        self._at += 1
        self._operand(token)

    def _operand(self, operator: str) -> None:
        """Read the word that an operator needs."""
        token = self.token
        if token in _OPERATORS or token in _ALONE or token in ("]]", _LINE_END):
            if operator in ("=~", "=", "==", "!=") and token not in ("]]", _LINE_END, "&&", "||"):
                raise _NotSureError
            self.refuse(f"`{operator}` needs a word behind it")
        self._at += 1
        self.over_lines()


def _tokens(
    work: str, words: Sequence[tuple[int, int]], closers: Mapping[int, int]
) -> Iterator[tuple[int, int, str]]:
    reached = words[0][1]
    for start, end in words[1:]:
        if _ends_line(work[reached:start]):
            yield reached, reached, _LINE_END
        written = work[start:end]
        if (
            written not in _OPERATORS
            and written not in _ALONE
            and _META.search(_bare(work, start, end, closers))
        ):
            written = _GLUED
        yield start, end, written
        reached = end


def _ends_line(between: str) -> bool:
    return "\n" in between.replace("\\\r\n", "").replace("\\\n", "")


def _bare(work: str, start: int, end: int, closers: Mapping[int, int]) -> str:
    """A word without what is quoted, escaped or expanded in it."""
    kept, at = [], start
    while at < end:
        if work[at] == "\\":
            at += 2
        elif at in closers:
            at = max(closers[at], at + 1)
        else:
            kept.append(work[at])
            at += 1
    return "".join(kept)
