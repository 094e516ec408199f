"""A snapshot in lines for a person: what `doctor` shows beside what the rules find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sifcheck.base.facts import Fact, Gauge, Unknown, known
from sifcheck.base.records import named_parts
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import size_text
from sifcheck.host.route import route
from sifcheck.host.snapshot import Host, Installation, Storage
from sifcheck.host.unanswered import ON_PURPOSE

__all__ = ["Overview", "overview", "unknown_facts"]


class Overview(NamedTuple):
    """One line on the machine, and the groups of facts by the first letters of their rules."""

    headline: str
    facts: dict[str, tuple[Fact, ...]]


def overview(host: Host) -> Overview:
    """The facts of a snapshot that a person looks at first."""
    return Overview(
        _headline(host),
        {
            "ENV1": tuple(Fact(*row) for row in _identity(host)),
            "ENV2": tuple(_storage(host)),
            "ENV3": tuple(_memory(host)),
            "ENV4": tuple(Fact(*row) for row in _network(host)),
        },
    )


def _headline(host: Host) -> str:
    about = host.platform
    system = " ".join(text for text in (known(about.distribution), known(about.distribution_version)) if text)
    role = (
        "" if about.role == "unknown" else f", {about.role} node" if about.role != "laptop" else ", a laptop"
    )
    if about.role == "container":
        role = ", inside a container"
    return f"{about.host_name}: {about.architecture}, {system or 'an unknown system'}{role}"


def _identity(host: Host) -> Iterator[tuple[str, str]]:
    who = host.identity
    yield "user", f"{who.user_name or who.user_id}, group {who.group.name or who.group.id}"
    if isinstance(host.runtimes, Unknown):
        yield "runtime", f"unknown: {host.runtimes.why}"
    elif not host.runtimes:
        yield "runtime", "none on PATH"
    else:
        first, *others = host.runtimes
        apart = [other.path for other in others if other.real_path != first.real_path]
        also = f" (also {', '.join(apart)})" if apart else ""
        yield "runtime", f"{_named(first)}, {first.path}{also}"
    way = route(host)
    yield "way to root", ": ".join(words for words in (_WAYS[way.mode], way.why) if words)


_WAYS = {
    "root": "root itself",
    "subordinate": "",  # the reason names it
    "single": "one id mapped to root",
    "fakeroot-in-namespace": "one id mapped to root, with the host's fakeroot command",
    "fakeroot-alone": "the host's fakeroot command alone",
    "proot": "proot",
    "none": "none",
    "unknown": "unknown",
}


def _named(runtime: Installation) -> str:
    family = known(runtime.family, runtime.name)
    words = known(runtime.version_text, "of unknown version")
    for prefix in (f"{runtime.name} ", f"{family} ", "version "):
        words = words.removeprefix(prefix)
    return f"{family} {words}"


_SHOWN = ("tmpdir", "cache", "home", "output", "scratch")


def _storage(host: Host) -> Iterator[Fact]:
    for purpose in _SHOWN:
        for place in host.places(purpose):
            yield Fact(purpose, _place(place), _gauge(place))


def _place(place: Storage) -> str:
    kind = known(place.filesystem) or "unknown file system"
    if isinstance(place.filesystem, Unknown):
        kind = f"unknown file system: {place.filesystem.why}"
    origin = (
        "" if place.origin in ("default", "site", "output", "password entry") else f", from {place.origin}"
    )
    missing = ", is not there" if known(place.exists) is False else ""
    return f"{place.path} ({kind}{origin}{missing})"


def _gauge(place: Storage) -> Gauge | None:
    total, free = known(place.total_bytes), known(place.available_bytes)
    quota = known(place.quota)
    if quota is not None and quota.limit_bytes:
        return None if quota.used_bytes is None else _filled(quota.used_bytes, quota.limit_bytes)
    return None if total is None or free is None or not total else _filled(max(0, total - free), total)


def _filled(used: int, total: int) -> Gauge:
    return Gauge(used, total, f"{size_text(used)} of {size_text(total)} used")


def _memory(host: Host) -> Iterator[Fact]:
    memory = host.memory
    limit, used = known(memory.cgroup_limit_bytes), known(memory.cgroup_used_bytes)
    total, free = known(memory.total_bytes), known(memory.available_bytes)
    if limit and total and limit < total:
        yield Fact("memory", "what this job may use", None if used is None else _filled(used, limit))
    elif total and free is not None:
        yield Fact("memory", "of the node", _filled(total - free, total))
    else:
        yield Fact("memory", "unknown")
    usable, on_node = known(host.processors.usable), known(host.processors.on_node)
    counted = f"{usable or 'unknown'} of {on_node or 'unknown'}" if usable or on_node else "unknown"
    yield Fact("processors", counted)
    if host.scheduler.kind is not None:
        job = f", job {host.scheduler.job}" if host.scheduler.job else ", outside of a job"
        yield Fact("scheduler", f"{host.scheduler.kind}{job}")


def _network(host: Host) -> Iterator[tuple[str, str]]:
    proxies = ", ".join(f"{proxy.name}={proxy.value}" for proxy in host.network.proxies)
    yield "proxy", proxies or "none set"
    ring = host.keys.keyring("secret")
    if ring is not None and known(ring.exists) is not None:
        count = known(ring.keys)
        yield "secret keys", "no key ring" if not ring.exists else f"{count if count is not None else 'some'}"


def unknown_facts(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every fact of a snapshot that could not be learnt: where it stands and why, in the order of the snapshot.

    What was not tried on purpose (as root, without a network) is none of them.
    """
    if isinstance(part, Unknown):
        if part.why != ON_PURPOSE and not part.why.startswith("not tried"):
            yield path, part.why
    elif hasattr(part, "_fields"):
        for name, inner in named_parts(part):
            yield from unknown_facts(inner, f"{path}.{name}" if path else name)
    elif isinstance(part, tuple):
        for number, inner in enumerate(part):
            label = getattr(inner, "purpose", None) or getattr(inner, "name", None)
            yield from unknown_facts(inner, f"{path}.{label if isinstance(label, str) else number}")
