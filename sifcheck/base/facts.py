"""Facts: those that could not be learnt, what became of a try, and a line about a machine.

Neither true nor false is a value of its own.
"""

from __future__ import annotations

from typing import NoReturn, TypeVar, overload

from sifcheck.base.startup import NamedTuple

__all__ = ["Fact", "Gauge", "Outcome", "Unknown", "known"]

T = TypeVar("T")
D = TypeVar("D")

_TIMED_OUT = "timed out after "


class Unknown(NamedTuple):
    """A fact that could not be learnt, and why ("timed out after 2 s", "permission denied")."""

    why: str

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"unknown ({self.why}) is neither true nor false: use known(fact) or isinstance(fact, Unknown)"
        )

    @property
    def waited(self) -> str:
        """How long the fact was waited for in vain ("2 s"), "" where something else is the matter."""
        return self.why.removeprefix(_TIMED_OUT) if self.why.startswith(_TIMED_OUT) else ""


@overload
def known(fact: T | Unknown) -> T | None: ...
@overload
def known(fact: T | Unknown, default: D) -> T | D: ...
def known(fact: T | Unknown, default: D | None = None) -> T | D | None:
    """The fact where it is known, else `default`."""
    return default if isinstance(fact, Unknown) else fact


class Outcome(NamedTuple):
    """What became of something that was really tried.  As a truth value: whether it worked.

    `why` is the system's own word ("Operation not permitted"), empty where it worked.
    """

    ok: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.ok


class Gauge(NamedTuple):
    """How full something is, in bytes, and both as text."""

    used: int
    total: int
    text: str


class Fact(NamedTuple):
    """One line about the machine: what, how it is, and how full."""

    label: str
    text: str
    gauge: Gauge | None = None
