"""Image references as `From:` and a build's argument name them: registry, repository, tag, digest, and where each stands."""

from __future__ import annotations

from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple, pattern

REGISTRY_AGENTS = ("docker", "library", "oras", "shub")
"""The bootstrap agents whose `From:` names an image in a registry."""

HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io")
"""What Docker Hub is called in references; one without a registry means it, too."""

_SCHEME = pattern(r"^[A-Za-z][A-Za-z0-9+.-]*://")


class Reference(NamedTuple):
    """The parts of an image reference, None where it has none.

    `written` is the text of `From:`; `name` the repository with its registry, `repository` without; `span` is where
    the text stands in the file.  `unknown`: a part hangs on a build variable that nothing defines.
    """

    written: str
    scheme: str | None
    registry: str | None
    repository: str
    tag: str | None
    digest: str | None
    span: Span
    unknown: bool

    @property
    def name(self) -> str:
        """Registry and repository, as a person would write them."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def on_hub(self) -> bool:
        """Whether the registry is Docker Hub, for the agents that look there where none is named."""
        return self.registry is None or self.registry in HUB_NAMES

    @property
    def short(self) -> str:
        """The repository without what every one of Docker Hub's official images has in front: `library/`, `docker.io/`."""
        return self.repository.removeprefix("library/") if self.on_hub else self.name


def parse_reference(text: str, span: Span = Span(0, 0)) -> Reference:
    """Take an image reference apart.  What is no reference is taken apart as well as it goes; nothing is raised.

    The colon of `host:5000/name` belongs to a port.  The first part is a registry if it has a dot, a colon or is
    `localhost` (the rule of the reference grammar that all registries' clients share).
    """
    unknown = "{{" in text
    match = _SCHEME.match(text)
    scheme = match[0][:-3] if match else None
    rest = text[match.end() :] if match else text
    rest, at, digest = rest.partition("@")
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    name = f"{head}{slash}{last}"
    first, slash, others = name.partition("/")
    registry = None
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, name = first, others
    return Reference(
        text, scheme, registry, name, tag if colon else None, digest if at else None, span, unknown
    )
