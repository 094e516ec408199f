"""The syntax tree of a script, for whoever follows it: sequences, and-or lists, pipelines and compound commands.

The flat model (model.py) answers what stands in a script; this one what runs after what.  Its leaves are the commands of the
flat model.  Terms are those of the Single UNIX Specification (XCU 2.9).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sifcheck.base.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.shell.model import Command, Redirection, Script, Word


class Item(NamedTuple):
    """One and-or list of a sequence; `background`: `&` stands behind it."""

    node: Node
    background: bool


class CompoundList(NamedTuple):
    """A compound list: one and-or list after the other."""

    items: tuple[Item, ...]


class AndOr(NamedTuple):
    """`A && B || C`: `operators` stand between the pipelines."""

    operators: tuple[str, ...]
    parts: tuple[Node, ...]


class Pipeline(NamedTuple):
    """`! A | B`; a single command without `!` is none."""

    negated: bool
    parts: tuple[Node, ...]


class Grouping(NamedTuple):
    """`{ ...; }`, and with `subshell` `( ... )`."""

    body: CompoundList
    subshell: bool
    start: int


class IfClause(NamedTuple):
    """`if`: conditions with their bodies in order; `otherwise` is the body of `else`."""

    clauses: tuple[tuple[CompoundList, CompoundList], ...]
    otherwise: CompoundList | None
    start: int


class WhileClause(NamedTuple):
    """`while`, and with `until` `until`."""

    condition: CompoundList
    body: CompoundList
    until: bool
    start: int


class ForClause(NamedTuple):
    """`for NAME in WORDS`, `words` None where the script's arguments are meant; `name` None for `for ((`, `select`."""

    name: str | None
    words: tuple[Word, ...] | None
    body: CompoundList
    start: int


class CaseArm(NamedTuple):
    """Patterns, what they lead to, and the operator behind it: `;;`, `;&`, `;;&` or nothing."""

    patterns: tuple[Word, ...]
    body: CompoundList
    operator: str


class CaseClause(NamedTuple):
    """`case WORD in ... esac`."""

    word: Word | None
    items: tuple[CaseArm, ...]
    start: int


class FunctionDefinition(NamedTuple):
    """The definition of a function; it runs where the name is called."""

    name: str
    body: Node
    start: int


class Arithmetic(NamedTuple):
    """`(( ... ))`."""

    start: int
    end: int


class Redirected(NamedTuple):
    """A compound command with redirections behind it."""

    node: Node
    redirections: tuple[Redirection, ...]


NOTHING = CompoundList(())
"""A list without a command in it."""

Compound: TypeAlias = (
    Grouping | IfClause | WhileClause | ForClause | CaseClause | FunctionDefinition | Arithmetic
)
Node: TypeAlias = "Command | CompoundList | AndOr | Pipeline | Redirected | Compound"


def tree_of(script: Script) -> CompoundList:
    """The whole script as a list."""
    tree: CompoundList = script.tree
    return tree


def substituted_at(script: Script, opener: int) -> Node | None:
    """The commands of the substitution that opens at an offset of the text; None where none opens."""
    return script.substituted.get(opener)
