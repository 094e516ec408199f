"""What an OCI-SIF holds: a registry's image in a SIF file, which SingularityCE 4 can write and run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.image.architecture import of_go
from sifcheck.image.content import Content
from sifcheck.image.metadata import parsed
from sifcheck.image.sif import OCI_BLOB, OCI_INDEX, Object, Sif, part_of

LARGEST_JSON = 4 << 20
MOST_LAYERS = 500


class OciImage(NamedTuple):
    """The first image of the index: the processor it is for, its labels, and the objects that are its layers."""

    architecture: str | None = None
    labels: dict[str, str] = {}  # noqa: RUF012 - never written to
    layers: tuple[Object, ...] = ()


def read_oci(sif: Sif, content: Content) -> OciImage:
    """What the index of an OCI-SIF leads to, as far as it can be followed."""
    blobs = {one.extra.split(b"\0", 1)[0].decode("latin-1"): one for one in sif.of_kind(OCI_BLOB)}
    index = next((_json(content, one) for one in sif.of_kind(OCI_INDEX)), {})
    manifest = next(
        (_json(content, blobs[name]) for name in _digests(index, "manifests") if name in blobs), {}
    )
    about = manifest.get("config")
    name = about.get("digest") if isinstance(about, dict) else None
    config = _json(content, blobs[name]) if isinstance(name, str) and name in blobs else {}
    architecture = config.get("architecture")
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    layers = [blobs[name] for name in _digests(manifest, "layers") if name in blobs]
    return OciImage(
        of_go(architecture) if isinstance(architecture, str) else None,
        {key: value for key, value in labels.items() if isinstance(value, str)}
        if isinstance(labels, dict)
        else {},
        tuple(layers[:MOST_LAYERS]),
    )


def _digests(said: dict[str, Any], key: str) -> Iterator[str]:
    listed = said.get(key)
    for one in listed if isinstance(listed, list) else ():
        digest = one.get("digest") if isinstance(one, dict) else None
        if isinstance(digest, str):
            yield digest


def _json(content: Content, one: Object) -> dict[str, Any]:
    said = parsed(part_of(content, one).read(0, LARGEST_JSON))
    return said if isinstance(said, dict) else {}
