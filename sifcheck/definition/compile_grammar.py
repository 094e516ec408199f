"""Writes tables.py: the LALR tables that lark makes from grammar.lark.  Run by `make grammar`; needs lark."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

GRAMMAR = os.path.join(os.path.dirname(__file__), "grammar.lark")
STARTS = ("definition", "files", "arguments", "labels")


def lark_parser() -> Lark:
    """lark's own parser for the grammar: what the tables are made from and, in the tests, measured against."""
    from lark import Lark

    with open(GRAMMAR, encoding="utf-8") as file:
        text = file.read()
    return Lark(
        text,
        parser="lalr",
        lexer="contextual",
        keep_all_tokens=True,
        maybe_placeholders=False,
        start=list(STARTS),
    )


def tables_text() -> str:
    """The text of the module `tables.py`.  Raises OverflowError for a grammar of more than 127 states or rules."""
    lark = lark_parser()
    table: Any = lark.parser.parser._parse_table
    order = _order(table)
    numbers = {state: number for number, state in enumerate(order)}
    terminals = _terminals(lark)
    others = {symbol for state in order for symbol in table.states[state]} | _reduced(table)
    symbols = [*terminals, *sorted(others - set(terminals))]
    rules: dict[Any, int] = {}
    states = []
    for state in order:
        row = sorted(table.states[state].items(), key=lambda item: symbols.index(item[0]))
        named = bytes(symbols.index(symbol) for symbol, _ in row)
        actions = [
            numbers[argument] if str(action) == "Shift" else -1 - rules.setdefault(argument, len(rules))
            for _, (action, argument) in row
        ]
        states.append((named + b"".join(action.to_bytes(1, "big", signed=True) for action in actions)).hex())
    made = bytes(n for rule in rules for n in (symbols.index(rule.origin.name), len(rule.expansion)))
    starts = {name: numbers[table.start_states[name]] for name in STARTS}
    ends = {name: numbers[table.end_states[name]] for name in STARTS}
    return "\n".join(
        [
            '"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""\n',
            "# The terminals, in the order in which they are tried.",
            "TERMINALS = {",
            *(f"    {name!r}: {expression!r}," for name, expression in terminals.items()),
            "}",
            f"SYMBOLS = [*TERMINALS, *{_wrapped(' '.join(symbols[len(terminals) :]))}.split()]",
            "# Of each rule the symbol that it makes, and of how many it makes it.",
            f"RULES = bytes.fromhex({_wrapped(made.hex(' ', 2))})",
            "# Of each state what symbols may follow, then for each the next state, or below 0 a rule to reduce by.",
            f"STATES = {_wrapped(', '.join(states))}.split(',')",
            f"STARTS = {starts!r}",
            f"ENDS = {ends!r}",
            "",
        ]
    )


def _wrapped(words: str) -> str:
    """A string that holds words, over several lines."""
    return '"""\n' + textwrap.fill(words, 120, break_long_words=False, break_on_hyphens=False) + '\n"""'


def _reduced(table: Any) -> set[str]:
    """The names of the rules that a state reduces by."""
    return {
        str(argument.origin.name)
        for row in table.states.values()
        for action, argument in row.values()
        if str(action) != "Shift"
    }


def _order(table: Any) -> list[Any]:
    """The states in the order in which a walk from the starts meets them: lark's own order is another in each run."""
    order: dict[Any, None] = {}
    waiting = [table.start_states[name] for name in STARTS]
    while waiting:
        state = waiting.pop(0)
        if state not in order:
            order[state] = None
            waiting += [
                goal for _, (action, goal) in sorted(table.states[state].items()) if str(action) == "Shift"
            ]
    return list(order)


def _terminals(lark: Lark) -> dict[str, str]:
    """The terminals and their expressions, in the order in which lark tries them."""
    terminals = sorted(
        lark.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name)
    )
    return {terminal.name: terminal.pattern.to_regexp() for terminal in terminals}


if __name__ == "__main__":
    print(tables_text(), end="")
