"""What words stand for in a state: expansions are made where their values are known, substitutions are followed."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.text import variable_part
from sifcheck.shell.tree import substituted_at
from sifcheck.simulate.state import UNSET, State

if TYPE_CHECKING:
    from sifcheck.shell import Redirection, Word
    from sifcheck.shell.model import Dialect
    from sifcheck.shell.tree import Node
    from sifcheck.shell.words import Piece

_GLOB = pattern(r"[*?\[]")
_DEFAULT = pattern(r"(:?)([-=+?])(.*)\Z", 16)
_PLAIN_DEFAULT = pattern(r"[\w./:+,@%^=-]*\Z", 256)


class Expanded(NamedTuple):
    """One word as a command gets it; `text` None: not known.  `glob`: what it matches is not known."""

    text: str | None
    word: Word
    glob: bool = False


class Substituting(Protocol):
    """What follows the commands of a substitution."""

    dialect: Dialect | None
    depth: int

    def subshell(self, node: Node, state: State, tested: bool) -> int | None:
        """Follow them in a copy of the shell; their status, None for unknown."""


class Expander:
    """Expands the words of one command in order.

    `status` is that of the last substitution, None for unknown; `vague`: a word was split nobody knows how, so that there
    may be more or fewer words than were found.
    """

    def __init__(self, follower: Substituting, state: State, tested: bool = False) -> None:
        self.follower = follower
        self.state = state
        self.tested = tested and follower.dialect == "bash"  # dash forgets it in a substitution
        self.status: int | None = 0
        self.vague = False

    def words(self, words: Iterable[Word]) -> list[Expanded]:
        """The words of a command, those that expand to nothing left out."""
        found: list[Expanded] = []
        for word in words:
            value = word.value
            if value is not None:
                found.append(Expanded(self._home(word, value), word, word.has_glob or word.has_braces))
            else:
                found += self._split(word)
        return found

    def text(self, word: Word | None) -> str | None:
        """The value of a word where nothing is split, as in an assignment; None for unknown."""
        if word is None:
            return ""
        if word.value is not None:
            return self._home(word, word.value)
        values = [self._piece(word, piece) for piece in word.pieces]
        return None if None in values else "".join(value for value in values if value is not None)

    def pattern(self, word: Word) -> str | None:
        """A pattern of `case` in the form of fnmatch; None for unknown."""
        found = []
        for piece in word.pieces:
            value = self._piece(word, piece)
            if value is None:
                return None
            quoted = piece.style != "none" or piece.kind == "ansi"
            written = word.script.text[piece.start : piece.end]
            if not quoted and piece.kind == "literal" and "\\" in written:
                return None
            found.append(_GLOB.sub(r"[\g<0>]", value) if quoted else value.replace("[!", "[!"))
        return "".join(found)

    def redirection(self, redirection: Redirection) -> str | None:
        """The file that a redirection opens, None for unknown; what is substituted in its words is followed."""
        heredoc = redirection.heredoc
        if heredoc is not None:
            if not heredoc.quoted:
                self._openers(redirection, heredoc.start, heredoc.end)
            return None
        return self.text(redirection.target)

    def _openers(self, redirection: Redirection, start: int, end: int) -> None:
        script = redirection.script
        for opener in (
            sorted(at for at in script.substituted if start <= at < end) if script.substituted else ()
        ):
            self._substitute(script, opener)

    def _home(self, word: Word, value: str) -> str | None:
        if not word.starts_with_tilde:
            return value
        home = self.state.shell.variables.get("HOME")
        rest = value[1:]
        return home + rest if home is not None and home != UNSET and rest[:1] in ("", "/") else None

    def _split(self, word: Word) -> list[Expanded]:
        """A word with expansions as the words that it is split into."""
        text = ""
        quoted = split = glob = False
        for piece in word.pieces:
            value = self._piece(word, piece)
            bare = piece.style == "none" and piece.kind in ("variable", "substitution", "arithmetic")
            quoted = quoted or piece.style != "none"
            if value is None:
                if bare or piece.kind == "unknown" or "@" in word.script.text[piece.start : piece.end]:
                    self.vague = True
                return [Expanded(None, word)]
            if bare and value.split() != [value]:
                split = True
            glob = glob or (piece.style == "none" and _GLOB.search(value) is not None)
            text += value
        if not split:
            return [Expanded(text, word, glob)] if text or quoted else []
        if quoted:
            self.vague = True
            return [Expanded(None, word)]
        return [Expanded(part, word, glob) for part in text.split()]

    def _piece(self, word: Word, piece: Piece) -> str | None:
        if piece.value is not None:
            return piece.value
        script = word.script
        if piece.kind == "variable":
            return self._variable(word, piece)
        if piece.kind == "substitution":
            return self._substitute(script, piece.start)
        if piece.kind == "process":
            self._substitute(script, piece.start)
            self.status = 0
        return None

    def _substitute(self, script: object, opener: int) -> str | None:
        """Follow the commands of a substitution; what they print is not known, but where they print nothing at all."""
        node = substituted_at(script, opener)  # type: ignore[arg-type]
        if node is None:
            self.status = None
            return None
        follower, state = self.follower, self.state
        inner = State(state.shell.copy(), state.world, state.status, state.certain)
        if follower.dialect == "bash":
            inner.shell.options["errexit"] = False
        elif follower.dialect is None:
            inner.shell.options["errexit"] = inner.shell.options["errexit"] and None
        follower.depth += 1
        self.status = follower.subshell(node, inner, self.tested)
        follower.depth -= 1
        return None

    def _variable(self, word: Word, piece: Piece) -> str | None:
        script = word.script
        part = variable_part(script, piece.start, piece.end, piece.style != "none")
        for opener in (
            sorted(at for at in script.substituted if piece.start < at < piece.end) if part.expansion else ()
        ):
            self._substitute(script, opener)
            self.status = None
        value = self.state.shell.variables.get(part.name or "")
        if not part.name or not (part.name[0].isalpha() or part.name[0] == "_"):
            return (
                str(self.state.status)
                if part.name == "?" and (self.state.status or 0) >= 0 and self.state.status is not None
                else None
            )
        if not part.expansion:
            return "" if value == UNSET else value
        default = _DEFAULT.match(part.expansion)
        if default is None or value is None or not _PLAIN_DEFAULT.match(default[3]):
            if default is not None and default[2] == "=":
                self.state.shell.variables.pop(part.name, None)
            return None
        missing = value == UNSET or (bool(default[1]) and value == "")
        if default[2] == "+":
            return "" if missing else default[3]
        if missing and default[2] == "=":
            self.state.shell.variables[part.name] = default[3]
        if missing:
            return None if default[2] == "?" else default[3]
        return "" if value == UNSET else value


def matches(wanted: str | None, text: str | None) -> bool | None:
    """Whether a pattern of `case` matches; None for unknown."""
    if wanted == "*":
        return True
    if wanted is None or text is None:
        return None
    return fnmatchcase(text, wanted)
