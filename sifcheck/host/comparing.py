"""How two snapshots differ: fact by fact, in words, and what is there on one of the machines only as one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.records import named_parts
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import size_text
from sifcheck.host.snapshot import Group, Host, Storage

__all__ = ["SnapshotDifference", "differences"]

# What differs between any two snapshots and means nothing.
_MOMENTARY = (
    "taken",
    "memory.available_bytes",
    "memory.cgroup_used_bytes",
    "limits.processes_used",
    "limits.cgroup_processes_used",
)
_MOMENTARY_LAST = ("available_bytes", "available_inodes", "device", "used_bytes", "used_inodes")


class SnapshotDifference(NamedTuple):
    """One fact that differs, by its place in the snapshot, and the two values in words."""

    fact: str
    first: str
    second: str


def differences(first: Host, second: Host) -> list[SnapshotDifference]:
    """The facts that differ, in the order of the first snapshot; what changes from one moment to the next is left out.

    A fact that one of the two does not know is no difference.
    """
    return list(_between(first, second, ""))


def _between(one: Any, other: Any, path: str) -> Iterator[SnapshotDifference]:
    name = path.rpartition(".")[2]
    if (
        path in _MOMENTARY
        or name in _MOMENTARY_LAST
        or isinstance(one, Unknown)
        or isinstance(other, Unknown)
    ):
        return
    if isinstance(one, Storage) and isinstance(other, Storage) and _is_there(one) != _is_there(other):
        # What is told of a folder that is not there is of the one above it.
        yield SnapshotDifference(path, _folder(one), _folder(other))
    elif hasattr(one, "_fields") and type(one) is type(other) and not isinstance(one, (Outcome, Group)):
        for (field, left), right in zip(named_parts(one), other, strict=True):
            yield from _between(left, right, f"{path}.{field}" if path else field)
    elif _is_list(one) and _is_list(other) and (one or other):
        left, right = _labelled(one), _labelled(other)
        for label in dict.fromkeys((*left, *right)):
            yield from _between(left.get(label), right.get(label), f"{path}.{label}")
    elif one != other:
        yield SnapshotDifference(path, _words(path, one), _words(path, other))


def _is_there(storage: Storage) -> bool:
    return known(storage.exists) is not False


def _folder(storage: Storage) -> str:
    return storage.path if _is_there(storage) else f"{storage.path}, which is not there"


def _is_list(value: Any) -> bool:
    """Whether it is a tuple of parts with fields; an empty one may be."""
    return (
        isinstance(value, tuple)
        and not hasattr(value, "_fields")
        and all(hasattr(one, "_fields") for one in value)
    )


def _labelled(parts: tuple[Any, ...]) -> dict[str, Any]:
    """The parts of a list by their purpose or name, else by their number."""
    counts: dict[str, int] = {}
    found = {}
    for number, part in enumerate(parts):
        label = str(getattr(part, "purpose", None) or getattr(part, "name", None) or number)
        counts[label] = counts.get(label, 0) + 1
        found[f"{label}-{counts[label]}" if counts[label] > 1 else label] = part
    return found


def _words(path: str, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        is_size = path.endswith("bytes") or path.startswith("limits.address_space.")
        return f"{value:04o}" if path.endswith(".mode") else size_text(value) if is_size else str(value)
    if isinstance(value, Outcome):
        return "yes" if value else f"no: {value.why}".removesuffix(": ")
    if isinstance(value, Group):
        return value.name or str(value.id)
    if hasattr(value, "_fields"):
        return _named(value)
    if isinstance(value, tuple):
        return ", ".join(_words(path, one) for one in value)
    return str(value)


def _named(part: Any) -> str:
    """A part that is there on one machine only, by what tells most of it."""
    if isinstance(part, Storage):
        return _folder(part)
    for field in ("version_text", "path", "value", "why", "fact", "name"):
        value = getattr(part, field, None)
        if isinstance(value, str) and value:
            return value
    known_values = [
        f"{field} {_words(field, value)}"
        for field, value in named_parts(part)
        if not isinstance(value, Unknown)
    ]
    return ", ".join(known_values) or "there"
