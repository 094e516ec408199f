"""What a check asked of a machine and got no answer to: a snapshot that notes which of its unknown facts are read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sifcheck.base.facts import Unknown
from sifcheck.base.records import saved_as
from sifcheck.host.snapshot import Host

__all__ = ["ON_PURPOSE", "UnansweredFacts", "watched", "why_not_known"]

ON_PURPOSE = "not asked: no --online"
"""Why nothing is known of registries that nobody was to ask."""

# What has no meaning on this machine, such as id maps of root: whoever finds nothing without it has looked.
_WITHOUT_MEANING = "not tried: "
_LEAVES = frozenset((str, int, bool, float, type(None)))
_NOT_TO_WRITE = ("not tried", "not tried: not asked for")


class UnansweredFacts:
    """The unknown facts that were read since the last `clear`, by where they stand, and why each is unknown."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def clear(self) -> None:
        """Begin anew."""
        self.found.clear()

    def note(self, where: str, fact: Unknown) -> None:
        """A fact was read; what has no meaning here is none that a check could miss."""
        if fact.why in _NOT_TO_WRITE or not fact.why.startswith(_WITHOUT_MEANING):
            self.found.setdefault(where, fact.why)


def why_not_known(reading: UnansweredFacts) -> tuple[str, str]:
    """Of a check that found nothing: why that says nothing, and else which option would let it look; both may be ""."""
    missed = {where: why for where, why in reading.found.items() if not _by_option(why)}
    if missed:
        where, why = next(iter(missed.items()))
        more = f", and {len(missed) - 1} more" if len(missed) > 1 else ""
        return f"{where}: {why}{more}", ""
    return "", next((_by_option(why) for why in reading.found.values()), "")


def _by_option(why: str) -> str:
    """Which option a fact would have taken, "" where nobody can have it by an option."""
    if why == ON_PURPOSE:
        return "needs --online"
    return "nothing was tried out (--no-write)" if why in _NOT_TO_WRITE else ""


def watched(host: Host, reading: UnansweredFacts) -> Host:
    """The same snapshot, which tells `reading` when one of its unknown facts is read by its name."""
    # What stands for a machine in a test may be anything.
    seen: Host = _watched(host, "", reading) if isinstance(host, tuple) else host  # type: ignore[redundant-expr]
    return seen


def _watched(value: Any, where: str, reading: UnansweredFacts) -> Any:
    """A value of several parts; most hold nothing unknown, and are returned as they are."""
    names = getattr(value, "_fields", None)
    parts, unknown, changed = [], [], False
    for at, part in enumerate(value):
        kind = type(part)
        if kind is Unknown:
            if names:
                unknown.append(names[at])
        elif kind not in _LEAVES and isinstance(part, tuple):
            seen = _watched(part, f"{where}.{names[at] if names else _label(part, at)}".lstrip("."), reading)
            changed = changed or seen is not part
            part = seen
        parts.append(part)
    if not unknown:
        if not changed:
            return value
        return type(value)._make(parts) if names else tuple(parts)
    shape: Any = type(value)
    made = _noting(shape, tuple(unknown))._make(parts)
    made.noted = (where, reading)
    return made


def _label(one: Any, at: int) -> str:
    name = getattr(one, "purpose", None) or getattr(one, "name", None)
    return name if isinstance(name, str) else str(at)


@lru_cache(maxsize=256)
def _noting(kind: Any, unknown: tuple[str, ...]) -> Any:
    """The value class with a look at each of the named fields that is told on."""

    def look_at(name: str) -> property:
        field = getattr(kind, name)

        def look(self: Any) -> Any:
            fact = field.__get__(self, kind)
            noted = getattr(self, "noted", None)
            if noted is not None:  # a changed copy (_replace) is the rule's own
                noted[1].note(f"{noted[0]}.{saved_as(kind, name)}".lstrip("."), fact)
            return fact

        return property(look)

    # With a `noted` of its own, hence without the __slots__ of value classes; equal to what it stands for.
    return type(kind.__name__, (kind,), {name: look_at(name) for name in unknown})
