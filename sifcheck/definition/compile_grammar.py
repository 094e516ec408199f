"""Writes tables.py: the LALR tables that lark makes from grammar.lark.  Run by `make grammar`; needs lark."""

from __future__ import annotations

import os
from pprint import pformat
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
    """The text of the module `tables.py`."""
    lark = lark_parser()
    table: Any = lark.parser.parser._parse_table
    order = _order(table)
    numbers = {state: number for number, state in enumerate(order)}
    rules: list[tuple[str, int]] = []
    rule_numbers: dict[Any, int] = {}
    scanners: list[str] = []
    states = []
    for state in order:
        actions = table.states[state]
        row: dict[str, int] = {}
        for symbol, (action, argument) in sorted(actions.items()):
            if str(action) == "Shift":
                row[symbol] = numbers[argument]
                continue
            if argument not in rule_numbers:
                rule_numbers[argument] = len(rules)
                rules.append((str(argument.origin.name), len(argument.expansion)))
            row[symbol] = -1 - rule_numbers[argument]
        pattern = _scanner(lark, set(actions))
        if pattern not in scanners:
            scanners.append(pattern)
        states.append((scanners.index(pattern), row))
    starts = {name: numbers[table.start_states[name]] for name in STARTS}
    ends = {name: numbers[table.end_states[name]] for name in STARTS}
    parts = {"SCANNERS": scanners, "RULES": rules, "STATES": states, "STARTS": starts, "ENDS": ends}
    written = (f"{name}: Any = {pformat(value, width=110, compact=True)}\n" for name, value in parts.items())
    return (
        '"""The LALR tables of grammar.lark.  Written by `make grammar`; do not edit."""\n\n'
        "from typing import Any\n\n" + "".join(written)
    )


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


def _scanner(lark: Lark, accepted: set[str]) -> str:
    """One expression for the terminals that a state accepts, tried in the order that lark tries them."""
    terminals = [terminal for terminal in lark.terminals if terminal.name in accepted]
    terminals.sort(
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return "|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals)


if __name__ == "__main__":
    print(tables_text(), end="")
