"""The syntax tree of a definition file: runs the LALR tables that lark made from grammar.lark.

lark itself is not needed for this: importing it costs 60 ms and 650 path look-ups at each start of the program, which on
a parallel file system is most of the work of checking one small file (docs/decisions/grammar-tables.md).
"""

from __future__ import annotations

import re
from functools import cache

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.tables import ENDS, RULES, SCANNERS, STARTS, STATES


class Token(NamedTuple):
    """A stretch of the text, from `start` to `end`, and the terminal that it is."""

    kind: str
    start: int
    end: int


class SyntaxNode(NamedTuple):
    """A rule of the grammar with the tokens and nodes that it was made of, in their order in the text."""

    kind: str
    children: list[Token | SyntaxNode]


def parse(text: str, start: str) -> SyntaxNode:
    """The tree of `text`, masked as `Source.masked` is, under the rule `start` of the grammar.

    Every text has a tree, and its tokens joined are the text: what fits no rule of the language is a `junk` line.
    """
    final = ENDS[start]
    states = [STARTS[start]]
    values: list[Token | SyntaxNode] = []
    position, length = 0, len(text)
    while True:
        scanner, actions = STATES[states[-1]]
        if position < length:
            match = _scanner(scanner).match(text, position)
            if match is None or match.lastgroup is None:
                raise AssertionError(
                    f"the grammar has no token at {position}: {text[position : position + 20]!r}"
                )
            kind, end = match.lastgroup, match.end()
        else:
            kind, end = "$END", position
        while (action := actions[kind]) < 0:
            _reduce(RULES[-1 - action], states, values)
            if kind == "$END" and states[-1] == final:
                root = values[-1]
                assert isinstance(root, SyntaxNode)
                return root
            actions = STATES[states[-1]][1]
        values.append(Token(kind, position, end))
        states.append(action)
        position = end


def _reduce(rule: tuple[str, int], states: list[int], values: list[Token | SyntaxNode]) -> None:
    name, size = rule
    children: list[Token | SyntaxNode] = []
    if size:
        taken = values[-size:]
        del values[-size:]
        del states[-size:]
        for value in taken:
            # Rules that start with an underscore are no nodes; what they hold belongs to the rule above.
            if isinstance(value, SyntaxNode) and value.kind[0] == "_":
                if children:
                    children.extend(value.children)
                else:
                    children = value.children
            else:
                children.append(value)
    values.append(SyntaxNode(name, children))
    states.append(STATES[states[-1]][1][name])


@cache
def _scanner(number: int) -> re.Pattern[str]:
    return pattern(SCANNERS[number])
