"""The nearest of a few words: what somebody meant who mistyped."""

from __future__ import annotations

from collections.abc import Iterable


def within_two_edits(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is nearest to `word` and at most two edits away; None for none or more than one.

    An edit inserts, drops, changes or swaps a letter.  Of short words two edits leave nothing, so there one must do.
    """
    best = nearest(word, known)
    return best[0] if len(best) == 1 else None


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Those of `known` that are nearest to `word`, as `within_two_edits`: several where they are as near."""
    best: list[str] = []
    least = 3
    for candidate in known:
        distance = edits(word, candidate, least + 1)
        if distance < least:
            best, least = [candidate], distance
        elif distance == least < 3:
            best.append(candidate)
    return best if least < 2 or len(word) >= 4 else []


def edits(one: str, other: str, limit: int = 3) -> int:
    """How many letters have to be inserted, dropped, changed or swapped to make one word the other, or `limit` if more."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row = row, [number]
        for column, wanted in enumerate(other, 1):
            cost = min(above[column] + 1, row[-1] + 1, above[column - 1] + (letter != wanted))
            if number > 1 and column > 1 and letter == other[column - 2] and one[number - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            row.append(cost)
        before = above
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)
