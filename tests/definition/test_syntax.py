"""The grammar: its tables are fresh, give the trees that lark gives, and lose no byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.strategies import definition_files, one_of

from sifcheck.base.source import mask_wide_blanks
from sifcheck.definition import compile_grammar, tables
from sifcheck.definition.syntax import SyntaxNode, Token, parse

LARK = compile_grammar.lark_parser()

# Texts that mean something to one or the other of the grammar's four languages.
PIECES = one_of(
    '%|%%|%post|bootstrap:|Bootstrap: x|key:|:|#|\\|a\\|{{|}}|{{ V }}|"|\'|"a b"|a|b=c|=| ',
    *("\n", "\n", "\n", "\t", "\v", "\r", "\r\n", "\\\n", "\x00", "\xe3\x80\x80", "\xff"),
)
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.binary(max_size=60).map(mask_wide_blanks)


def automaton(parts: dict[str, Any]) -> Any:
    """The tables with their states numbered in the order in which a walk from the starts meets them.

    lark numbers states in the order of its sets, which is another in each run.
    """
    symbols, rules = parts["SYMBOLS"], parts["RULES"]
    rows = [bytes.fromhex(row) for row in parts["STATES"]]
    halves = [(row[: len(row) // 2], row[len(row) // 2 :]) for row in rows]
    states = [
        {
            symbols[index]: action if action < 128 else action - 256
            for index, action in zip(*half, strict=True)
        }
        for half in halves
    ]
    numbers: dict[int, int] = {}
    waiting = [parts["STARTS"][name] for name in sorted(parts["STARTS"])]
    while waiting:
        state = waiting.pop(0)
        if state not in numbers:
            numbers[state] = len(numbers)
            waiting += [target for _, target in sorted(states[state].items()) if target >= 0]
    walked = [
        {
            symbol: numbers[action]
            if action >= 0
            else (symbols[rules[-2 - 2 * action]], rules[-1 - 2 * action])
            for symbol, action in states[state].items()
        }
        for state in numbers
    ]
    ends = {name: numbers[state] for name, state in parts["ENDS"].items()}
    return list(parts["TERMINALS"].items()), len(states), walked, ends


def test_tables_are_fresh() -> None:
    fresh: dict[str, Any] = {}
    exec(compile_grammar.tables_text(), fresh)
    names = ("TERMINALS", "SYMBOLS", "RULES", "STATES", "STARTS", "ENDS")
    written = {name: getattr(tables, name) for name in names}
    assert automaton(written) == automaton(fresh), "tables.py is not what grammar.lark says: make grammar"


def joined(node: SyntaxNode, text: str) -> str:
    """The text of all tokens below a node, in their order; none of them may leave a gap."""
    parts = []
    waiting: list[SyntaxNode | Token] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Token):
            parts.append(text[item.start : item.end])
        else:
            waiting.extend(reversed(item.children))
    return "".join(parts)


def ours(item: SyntaxNode | Token) -> Any:
    if isinstance(item, Token):
        return (item.kind, item.start, item.end)
    return (item.kind, [ours(child) for child in item.children])


def larks(item: Any) -> Any:
    if hasattr(item, "children"):
        return (str(item.data), [larks(child) for child in item.children])
    return (item.type, item.start_pos, item.end_pos)


@pytest.mark.parametrize("start", compile_grammar.STARTS)
@settings(max_examples=settings().max_examples * 5 // 2)
@given(text=TEXTS)
def test_same_tree_as_lark(start: str, text: str) -> None:
    tree = parse(text, start)
    assert ours(tree) == larks(LARK.parse(text, start=start))
    assert joined(tree, text) == text


@pytest.mark.parametrize("start", compile_grammar.STARTS)
@given(text=st.binary(max_size=300).map(mask_wide_blanks))
def test_any_bytes_have_a_tree(start: str, text: str) -> None:
    assert joined(parse(text, start), text) == text


@given(data=definition_files())
def test_random_definition_files(data: bytes) -> None:
    text = mask_wide_blanks(data)
    tree = parse(text, "definition")
    assert joined(tree, text) == text
    assert ours(tree) == larks(LARK.parse(text, start="definition"))


@pytest.mark.corpus
def test_same_tree_as_lark_for_the_cases(case_files: list[Path]) -> None:
    assert case_files
    for file in case_files:
        text = mask_wide_blanks(file.read_bytes())
        assert ours(parse(text, "definition")) == larks(LARK.parse(text, start="definition")), file.name


@pytest.mark.corpus
def test_same_tree_as_lark_for_the_corpus(corpus_files: list[Path]) -> None:
    assert corpus_files
    for file in corpus_files:
        text = mask_wide_blanks(file.read_bytes())
        assert ours(parse(text, "definition")) == larks(LARK.parse(text, start="definition")), file.name


@pytest.mark.corpus
def test_no_byte_is_lost(corpus_files: list[Path], case_files: list[Path]) -> None:
    for file in corpus_files + case_files:
        data = file.read_bytes()
        tree = parse(mask_wide_blanks(data), "definition")
        assert joined(tree, data.decode("latin-1")).encode("latin-1") == data, file.name
