"""The signs of a site that a snapshot holds: what the machine is called, which variables are set, which paths are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sifcheck.base.facts import known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host

__all__ = ["Signs", "signs_of"]


class Signs(NamedTuple):
    """What is asked of a machine to tell its site."""

    hostname: str
    environ: Mapping[str, str]
    exists: Callable[[str], bool]


def signs_of(host: Host) -> Signs:
    """The signs in a snapshot.  A path is there if something that was looked at lies in it, or is mounted on it."""
    there = set()
    for place in host.storage:
        there.add(known(place.mount_point))
        if place.exists is True:
            there.update((place.path, known(place.real_path)))
    paths = [path for path in there if path]

    def exists(path: str) -> bool:
        return any(one == path or one.startswith(f"{path.rstrip('/')}/") for one in paths)

    return Signs(host.platform.host_name, {one.name: one.value or "" for one in host.environment}, exists)
