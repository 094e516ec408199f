"""What `test` and `[` say of words that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sifcheck.simulate.expansion import Expanded

_NUMBERS = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def status_of_test(given: list[Expanded]) -> int | None:
    """The exit status of `test` and `[`, given the words behind it without the closing one; None for unknown."""
    texts = [one.text for one in given]
    if any(one.glob for one in given):
        return None
    negated = False
    while texts[:1] == ["!"] and len(texts) > 1:
        negated, texts = not negated, texts[1:]
    answer = _answer(texts)
    return None if answer is None else int(answer is negated)


def _answer(texts: list[str | None]) -> bool | None:
    if not texts:
        return False
    if len(texts) == 1:
        return None if texts[0] is None else bool(texts[0])
    if len(texts) == 2:
        return _unary(texts[0], texts[1])
    if len(texts) == 3:
        return _binary(texts[0], texts[1], texts[2])
    return None


def _unary(operator: str | None, text: str | None) -> bool | None:
    if text is None:
        return None
    if operator == "-n":
        return bool(text)
    if operator == "-z":
        return not text
    return None


def _binary(left: str | None, operator: str | None, right: str | None) -> bool | None:
    if left is None or right is None:
        return None
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    compare = _NUMBERS.get(operator or "")
    if compare is not None and left.lstrip("-").isdigit() and right.lstrip("-").isdigit():
        return bool(compare(int(left), int(right)))
    return None
