"""The mirrors of registries that this machine's container configuration names, as Apptainer takes them.

Measured with Apptainer 1.4.5: of a whole registry the first mirror alone is asked, without the registry itself as a second
choice; it may stand for a folder of another registry; what is said of parts of a registry, of locations without a
mirror, `blocked` and `pull-from-mirror` changes nothing, and a file that cannot be read is as good as none.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.image.reference import HUB_NAMES

__all__ = ["RegistryMirror", "read_mirrors"]

LONGEST = 1 << 20
SYSTEM = "/etc/containers"


class RegistryMirror(NamedTuple):
    """What stands for a registry: another one, and what is put before the repository there ("" for nothing)."""

    registry: str
    folder: str

    def repository(self, name: str) -> str:
        """Where a repository lies there."""
        return f"{self.folder}/{name}" if self.folder else name


class Mirrors(NamedTuple):
    """The first mirror of each registry; a name may begin with `*.`."""

    by_registry: Mapping[str, RegistryMirror] = {}

    def of(self, registry: str) -> RegistryMirror | None:
        """The mirror of a registry, None where it is asked itself; the longest name that means it counts."""
        names = HUB_NAMES if registry == "docker.io" else (registry,)
        for name in names:
            if name in self.by_registry:
                return self.by_registry[name]
        meant = [name for name in self.by_registry if name[:2] == "*." and registry.endswith(name[1:])]
        return self.by_registry[max(meant, key=len)] if meant else None


def read_mirrors(environment: Mapping[str, str], system: str = SYSTEM) -> Mirrors:
    """The mirrors of this user; the user's own file stands for the system's.  Never raises.

    Source: containers-registries.conf(5) for the places.
    """
    home = environment.get("HOME") or os.path.expanduser("~")
    own = os.path.join(environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "containers")
    main = next(
        (path for folder in (own, system) if os.path.isfile(path := os.path.join(folder, "registries.conf"))),
        "",
    )
    found: dict[str, RegistryMirror] = {}
    for path in [*([main] if main else []), *_more(system), *_more(own)]:
        found.update(_of_file(path))
    return Mirrors(found)


def _more(folder: str) -> Iterator[str]:
    """The files that are read on top, in the order of their names."""
    folder = os.path.join(folder, "registries.conf.d")
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    yield from (os.path.join(folder, name) for name in names if name.endswith(".conf"))


def _of_file(path: str) -> dict[str, RegistryMirror]:
    try:
        with open(path, "rb") as file:
            read = tomllib.loads(file.read(LONGEST).decode())
    except (OSError, ValueError, RecursionError):
        return {}
    entries = read.get("registry")
    found = {}
    for entry in entries if isinstance(entries, list) else ():
        name = _text(entry, "prefix") or _text(entry, "location")
        mirror = _first_mirror(entry)
        if name and "/" not in name and mirror is not None:
            found[name] = mirror
    return found


def _first_mirror(entry: Any) -> RegistryMirror | None:
    mirrors = entry.get("mirror") if isinstance(entry, dict) else None
    location = _text(mirrors[0], "location") if isinstance(mirrors, list) and mirrors else ""
    registry, _, folder = location.partition("/")
    return RegistryMirror(registry, folder.strip("/")) if registry else None


def _text(entry: Any, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
