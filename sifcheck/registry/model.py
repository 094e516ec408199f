"""What registries say about base images: the model that asking fills, and that rules and the plan read.

Facts only, asked before the rules run.  What could not be learnt is `Unknown`, with the reason in plain words ("no answer
within 3 s", "401: private, or it does not exist"); sizes are bytes, architectures the kernel's names (x86_64, aarch64).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Self

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.definition.model import Stage, reference_of

if TYPE_CHECKING:
    from sifcheck.image.reference import Reference

__all__ = [
    "BaseImage",
    "ImageLayer",
    "Manifest",
    "Refused",
    "Registry",
    "Unknown",
    "address",
    "known",
    "written_out",
]

Refusal = Literal["missing", "denied", "unfit"]


class Refused(Unknown):
    """The registry answered, and there is no base to be had: `kind` is how.

    "missing": there is no such image (404); "denied": it is private, or not there (401, 403); "unfit": what is there is no
    container image.  `near` are tags that are there, spelt nearly as the one that is not.
    """

    kind: Refusal
    near: tuple[str, ...]

    def __new__(cls, why: str, kind: Refusal, near: tuple[str, ...] = ()) -> Self:
        """Make one: `why` as an Unknown has it."""
        made = super().__new__(cls, why)
        made.kind, made.near = kind, near
        return made


class ImageLayer(NamedTuple):
    """A layer as the manifest lists it.

    `size` is what is fetched, `unpacked` the length of the tar archive in it: exact where the blob's own trailer told it,
    Unknown where that was not asked or the compression does not tell.
    """

    digest: str
    media_type: str
    size: int
    unpacked: int | Unknown = Unknown("not asked")


class Manifest(NamedTuple):
    """The image for one processor: `architecture` is None where neither list nor configuration names one.

    `labels` and `environment` (NAME=VALUE lines) are those of the image's configuration, Unknown where it was not read.
    """

    digest: str
    architecture: str | None
    layers: tuple[ImageLayer, ...]
    labels: Mapping[str, str] | Unknown = Unknown("not asked")
    environment: tuple[str, ...] | Unknown = Unknown("not asked")

    @property
    def size(self) -> int:
        """What is fetched, all layers together."""
        return sum(layer.size for layer in self.layers)

    @property
    def unpacked(self) -> int | Unknown:
        """The tar archives of all layers together; Unknown as soon as one of them is."""
        total = 0
        for layer in self.layers:
            if isinstance(layer.unpacked, Unknown):
                return layer.unpacked
            total += layer.unpacked
        return total


class BaseImage(NamedTuple):
    """What a tag or digest stands for in its registry.

    `digest` is what the registry itself calls the tag: that of the list where there is one (`is_list`), which holds for
    all processors.  `architectures` are those that there is an image for, empty where that was not asked or not told;
    `manifest` is the one that a build for `asked_for` (None: for this machine) would take, Unknown where there is none for
    it or it could not be read.
    """

    name: str
    digest: str
    is_list: bool
    architectures: tuple[str, ...]
    asked_for: str | None
    manifest: Manifest | Unknown


class Registry:
    """What the registries said, by the image's address as `address()` writes it; filled ahead, looked up by rules."""

    def __init__(self, answers: Mapping[str, BaseImage | Unknown] | None = None) -> None:
        self.answers: dict[str, BaseImage | Unknown] = dict(answers or {})

    def base(self, stage: Stage) -> BaseImage | Unknown | None:
        """What the base of a stage is; None where it names no image of a container registry, or hangs on variables."""
        at = address(stage)
        return None if at is None else self.answers.get(at, Unknown("not asked"))


def address(stage: Stage) -> str | None:
    """The registry, repository and tag or digest of a stage's base, written in full: `docker.io/library/debian:12`."""
    base = reference_of(stage)
    if base is None or stage.agent != "docker" or base.unknown or not base.repository:
        return None
    return written_out(base)


def written_out(base: Reference) -> str:
    """An image reference in full, as `address` gives it."""
    registry = "docker.io" if base.on_hub else base.registry
    repository = base.repository
    if registry == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    if base.digest:
        return f"{registry}/{repository}@{base.digest}"
    return f"{registry}/{repository}:{base.tag or 'latest'}"
