"""What joins statements: which failure a `||` takes up, and what is piped into what."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sifcheck.shell.command import Command
    from sifcheck.shell.script import List


def mark_handled(statements: list[Command], listed: List, ranges: list[tuple[int, int]]) -> None:
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


def join_stages(
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
