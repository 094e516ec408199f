"""Paths as site files have them, with the variables of a machine put in."""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.base.facts import known
from sifcheck.host.snapshot import Host

__all__ = ["expanded", "expanded_there", "variables_of"]


def expanded(path: str, environment: Mapping[str, str]) -> str | None:
    """A path of a site file with its `$NAME` and `${NAME}` put in; None where one of them is not set.  Nothing else is."""
    from string import Template

    try:
        return Template(path).substitute(environment)
    except (KeyError, ValueError):
        return None


def expanded_there(path: str, host: Host) -> str | None:
    """A path of a site file with the variables of the snapshot put in; None where one is not in it."""
    return expanded(path, variables_of(host))


def variables_of(host: Host) -> Mapping[str, str]:
    """The variables of a snapshot that may stand in a site's paths, by name; an empty one is none."""
    return _Variables(host)


class _Variables(dict[str, str]):
    """Each is looked up when it is asked for: what no path names need not be known of the machine."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    def __missing__(self, name: str) -> str:
        value = self._own(name)
        if not value:
            local = (one for one in self.host.scheduler.node_local if one.name == name)
            found = self.host.variable(name) or next(local, None)
            value = found.value if found is not None else None
        if not value:
            raise KeyError(name)
        return value

    def _own(self, name: str) -> str | None:
        """What the account says itself, whatever the environment does."""
        if name == "HOME":
            return known(self.host.identity.home)
        return self.host.identity.user_name if name == "USER" else None
