"""What registries say of the base images of a call: asked for all its files at once, and what was not learnt is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from sifcheck.app.outcome import tell
from sifcheck.definition.model import Definition
from sifcheck.registry.asking import RegistryAccess, Wanted, addresses_in, ask_registries
from sifcheck.registry.credentials import read_logins
from sifcheck.registry.mirrors import read_mirrors
from sifcheck.registry.model import BaseImage, Refused, Registry

__all__ = ["RegistryReader", "access_here", "not_learnt"]

_MOST_TOLD = 5
_PATIENCE = 2.0
_TRUE = ("1", "t", "true", "yes", "y")


def access_here(*, building: bool, plain: bool = False) -> RegistryAccess:
    """How registries are asked from here: with this user's logins, and without encryption where the runtime would be.

    `building`: what is asked about is about to be built (see `read_logins`); `plain` is the runtime's --no-https.
    """
    unencrypted = any(
        os.environ.get(f"{prefix}_NOHTTPS", "").lower() in _TRUE for prefix in ("APPTAINER", "SINGULARITY")
    )
    environment = _environment()
    # Of somebody else's files none is to decide by its mere name that a login goes over the wire in the clear.
    return RegistryAccess(
        read_logins(environment, building=building),
        plain=plain or (unencrypted and building),
        mirrors=read_mirrors(environment),
    )


def _environment() -> Mapping[str, str]:
    """The environment; without a home where that does not answer, as on a dead mount: its logins are then left out."""
    from sifcheck.base.asking import silent_among

    home = os.environ.get("HOME") or os.path.expanduser("~")
    if not silent_among([home], _PATIENCE):
        return os.environ
    tell(f"left out: the logins and mirrors in {home}, which did not answer within {_PATIENCE:g} s")
    return {**os.environ, "HOME": os.devnull}


class RegistryReader:
    """Asks for the bases of many definition files at once; each image is asked about once for each processor."""

    def __init__(self, access: RegistryAccess, wanted: Wanted = "image", *, quiet: bool = False) -> None:
        self.access = access
        self.wanted = wanted
        self.quiet = quiet
        self._by_architecture: dict[str | None, Registry] = {}

    def of(self, architecture: str | None) -> Registry:
        """What is known for a processor; it is filled by `prefetch`."""
        return self._by_architecture.setdefault(architecture, Registry())

    def prefetch(self, definitions: Iterable[Definition], architecture: str | None) -> None:
        """Ask about the bases of definition files that were not asked about yet."""
        registry = self.of(architecture)
        new = [at for at in addresses_in(definitions) if at not in registry.answers]
        if new:
            asked = ask_registries(new, architecture, self.wanted, self.access)
            registry.answers.update(asked.answers)

    def tell_not_learnt(self) -> None:
        """Say on standard error what no registry told."""
        if self.quiet:
            return
        lines = [line for registry in self._by_architecture.values() for line in not_learnt(registry)]
        for line in list(dict.fromkeys(lines))[:_MOST_TOLD]:
            tell(line)
        if len(lines) > _MOST_TOLD:
            tell(f"nor {len(lines) - _MOST_TOLD} more images")


def not_learnt(registry: Registry) -> list[str]:
    """A line for each image that nothing was learnt about; what a registry refuses is for the rules."""
    return [
        f"{at} was not looked at: {answer.why}"
        for at, answer in registry.answers.items()
        if not isinstance(answer, (BaseImage, Refused))
    ]
