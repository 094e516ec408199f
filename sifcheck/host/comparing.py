"""Two snapshots side by side: what differs, as between a login node and a compute node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sifcheck.host.snapshot import Host, Unknown
from sifcheck.startup import NamedTuple

__all__ = ["Difference", "differences"]

# What differs between any two snapshots and means nothing.
_MOMENTARY = (
    "taken",
    "memory.available_bytes",
    "memory.cgroup_used_bytes",
    "limits.processes_used",
    "limits.cgroup_processes_used",
)
_MOMENTARY_LAST = ("available_bytes", "available_inodes", "device", "used_bytes", "used_inodes")


class Difference(NamedTuple):
    """One fact that differs, by its place in the snapshot, and the two values in words."""

    fact: str
    first: str
    second: str


def differences(first: Host, second: Host) -> list[Difference]:
    """The facts that differ, in the order of the first snapshot; what changes from one moment to the next is left out.

    A fact that one of the two does not know is no difference.
    """
    left, right = dict(_leaves(first, "")), dict(_leaves(second, ""))
    found = []
    for fact in dict.fromkeys((*left, *right)):
        if fact in _MOMENTARY or fact.rpartition(".")[2] in _MOMENTARY_LAST:
            continue
        one, other = left.get(fact), right.get(fact)
        if one != other and not isinstance(one, Unknown) and not isinstance(other, Unknown):
            found.append(Difference(fact, _words(one), _words(other)))
    return found


def _leaves(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each fact by its place; parts that carry a name or a purpose stand under it."""
    if isinstance(part, Unknown):
        yield path, part
    elif hasattr(part, "_fields"):
        for name, inner in zip(part._fields, part, strict=True):
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(part, tuple):
        if not part:
            yield path, ()
        names: dict[str, int] = {}
        for inner in part:
            if not hasattr(inner, "_fields"):
                yield path, part
                return
            label = str(getattr(inner, "purpose", None) or getattr(inner, "name", None) or len(names))
            names[label] = names.get(label, 0) + 1
            yield from _leaves(inner, f"{path}.{label}{f'-{names[label]}' if names[label] > 1 else ''}")
    else:
        yield path, part


def _words(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
