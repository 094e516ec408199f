"""The same machine with one fact unknown, for every fact that may be: what no rule may stumble over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sifcheck.base.facts import Unknown
from sifcheck.base.records import fields_of, parts_of, saved_as
from sifcheck.host.snapshot import Host

__all__ = ["doubted"]

WHY = Unknown("timed out after 2 s")


def doubted(host: Host) -> Iterator[tuple[str, Host]]:
    """Each snapshot that differs from `host` in one fact that is unknown in it, with the place of that fact.

    Such as "storage[0].rehearsal.chown".  A rule that is run on all of them shows whether it takes "could not look" for
    "is so" or "is not so".
    """
    yield from _doubted(host, "")


def _doubted(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    shape: Any = type(value)
    for name, kind in fields_of(shape).items():
        key = saved_as(shape, name)
        place = f"{where}.{key}" if where else key
        part = getattr(value, name)
        if parts_of(kind)[2] and not isinstance(part, Unknown):
            yield place, value._replace(**{name: WHY})
        if isinstance(part, Unknown):
            continue
        if hasattr(part, "_fields"):
            for inner, changed in _doubted(part, place):
                yield inner, value._replace(**{name: changed})
        elif isinstance(part, tuple):
            for at, one in enumerate(part):
                if hasattr(one, "_fields"):
                    for inner, changed in _doubted(one, f"{place}[{at}]"):
                        yield inner, value._replace(**{name: (*part[:at], changed, *part[at + 1 :])})
