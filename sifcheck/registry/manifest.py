"""Reads what registries hand out about an image: lists, manifests, configurations, and the bytes that tell a layer's size.

All of it is somebody else's: types and sizes are looked at, and nothing is raised for what does not fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.image.architecture import of_go
from sifcheck.registry.http import Answer, AskError
from sifcheck.registry.model import ImageLayer, Manifest, Refused, Unknown

__all__ = [
    "ACCEPT",
    "Child",
    "children",
    "choose",
    "configuration_digest",
    "is_digest",
    "is_list",
    "kind_of",
    "manifest",
    "read",
    "refusal",
    "tags_in",
    "telling_part",
    "unpacked",
    "with_configuration",
]

_LISTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_SINGLE = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join((*_LISTS, *_SINGLE))
"""What is understood here; also what the runtimes ask for."""

_CONFIGURATIONS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_SIF = "application/vnd.sylabs.sif.config.v1+json"

_DIGEST = pattern(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_NAME = pattern(r"[a-z0-9_]{1,20}")
_TAG = pattern(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# Both lay a table of contents behind the files, so that one end or one start says nothing of the whole.
_SEEKABLE = (
    "containerd.io/snapshot/stargz/toc.digest",
    "io.github.containers.zstd-chunked.manifest-checksum",
)
LARGEST_LAYER = 1 << 50
WRAP = 1 << 32
GZIP_TAIL = 4
ZSTD_HEAD = 18
_ZSTD = b"\x28\xb5\x2f\xfd"


class Child(NamedTuple):
    """An entry of a list: the image for one processor."""

    digest: str
    architecture: str


def is_digest(text: str) -> bool:
    """Whether a text is a digest of the two kinds that registries know."""
    return _DIGEST.fullmatch(text) is not None


def kind_of(answer: Answer) -> str:
    """What the header of an answer says it is: "list", "image", "" for something else."""
    told = answer.headers.get("content-type", "").partition(";")[0].strip()
    return "list" if told in _LISTS else "image" if told in _SINGLE else ""


def read(content: bytes) -> Mapping[str, Any]:
    """The object in an answer.  Raises AskError."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise AskError("its answer is no manifest: not JSON") from None
    if not isinstance(found, dict):
        raise AskError("its answer is no manifest")
    return found


def is_list(manifest: Mapping[str, Any]) -> bool:
    """Whether it lists images for several processors."""
    return isinstance(manifest.get("manifests"), list)


def refusal(manifest: Mapping[str, Any]) -> Refused | Unknown | None:
    """Why nothing can be built on what a manifest describes; None where something can."""
    if is_list(manifest):
        return None
    if manifest.get("schemaVersion") == 1:
        return Refused("its manifest is of the old form (schema 1), which runtimes take no more", "unfit")
    if not isinstance(manifest.get("layers"), list) or not isinstance(manifest.get("config"), dict):
        return Unknown("its answer is no manifest")
    kind = manifest["config"].get("mediaType")
    if kind == _SIF:
        return Refused("it is a SIF file, for `Bootstrap: oras`, and no container image", "unfit")
    if manifest.get("mediaType") != _SINGLE[1] and kind not in _CONFIGURATIONS:
        return Refused("it is something else than a container image", "unfit")
    return None


def children(listed: Mapping[str, Any]) -> tuple[Child, ...]:
    """The images for Linux in a list, in its order; attestations and the like are none."""
    found = []
    for entry in listed["manifests"]:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        if not isinstance(platform, dict) or platform.get("os") != "linux":
            continue
        name, digest = platform.get("architecture"), entry.get("digest")
        if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(digest, str) and is_digest(digest):
            found.append(Child(digest, of_go(name)))
    return tuple(found)


def choose(listed: Sequence[Child], architecture: str | None, own: str) -> Child | Unknown:
    """The image that a build for a processor takes; without one named, that for `own`, else the first."""
    if not listed:
        return Unknown("it lists no image for Linux")
    wanted = architecture or own
    for child in listed:
        if child.architecture == wanted:
            return child
    if architecture is None:
        return listed[0]
    names = ", ".join(dict.fromkeys(child.architecture for child in listed))
    return Unknown(f"no image for {architecture}, only for {names}")


def manifest(found: Mapping[str, Any], digest: str) -> Manifest:
    """The layers of a manifest that `refusal` has nothing against.  Raises AskError."""
    layers = []
    for entry in found["layers"]:
        layer = _layer(entry)
        if layer is None:
            raise AskError("its manifest lists what is no layer")
        layers.append(layer)
    return Manifest(digest, None, tuple(layers))


def _layer(entry: Any) -> ImageLayer | None:
    if not isinstance(entry, dict):
        return None
    digest, kind, size = entry.get("digest"), entry.get("mediaType"), entry.get("size")
    if not isinstance(digest, str) or not is_digest(digest) or not isinstance(kind, str):
        return None
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= LARGEST_LAYER:
        return None
    noted = entry.get("annotations")
    if isinstance(noted, dict) and any(name in noted for name in _SEEKABLE):
        return ImageLayer(digest, kind, size, Unknown("a layer of a seekable kind does not tell its size"))
    return ImageLayer(digest, kind, size)


def configuration_digest(found: Mapping[str, Any]) -> str | None:
    """Where the configuration of an image lies, None where the manifest does not say."""
    digest = found["config"].get("digest")
    return digest if isinstance(digest, str) and is_digest(digest) else None


def with_configuration(found: Manifest, content: bytes) -> Manifest:
    """The manifest with what the image's configuration says: processor, labels, environment."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        why = Unknown("the configuration is not JSON")
        return found._replace(labels=why, environment=why)
    name = said.get("architecture")
    inner = said.get("config")
    inner = inner if isinstance(inner, dict) else {}
    labels, environment = inner.get("Labels"), inner.get("Env")
    return found._replace(
        architecture=of_go(name) if isinstance(name, str) and _NAME.fullmatch(name) else None,
        labels={
            key: value
            for key, value in (labels.items() if isinstance(labels, dict) else ())
            if isinstance(value, str)
        },
        environment=tuple(
            line for line in (environment if isinstance(environment, list) else ()) if isinstance(line, str)
        ),
    )


def tags_in(content: bytes) -> list[str]:
    """The tags in the answer to `tags/list`."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return []
    listed = said.get("tags") if isinstance(said, dict) else None
    return (
        [tag for tag in listed if isinstance(tag, str) and _TAG.fullmatch(tag)]
        if isinstance(listed, list)
        else []
    )


# -- sizes


def _compression(layer: ImageLayer) -> str:
    kind = layer.media_type.partition(";")[0]
    if "encrypted" in kind:
        return "encrypted"
    if kind.endswith(("gzip", ".tar.gz")):
        return "gzip"
    return "zstd" if kind.endswith("zstd") else "none" if kind.endswith(".tar") else "unknown"


def telling_part(layer: ImageLayer) -> tuple[int, int] | int | Unknown:
    """The first and last byte that tell how large a layer is unpacked; the size itself where none need be asked."""
    if isinstance(layer.unpacked, Unknown) and layer.unpacked.why != "not asked":
        return layer.unpacked
    compression = _compression(layer)
    if compression == "none":
        return layer.size
    if compression == "gzip" and layer.size >= ZSTD_HEAD:
        return layer.size - GZIP_TAIL, layer.size - 1
    if compression == "zstd" and layer.size >= ZSTD_HEAD:
        return 0, ZSTD_HEAD - 1
    return Unknown(
        "the layer is encrypted" if compression == "encrypted" else "a compression that tells no size"
    )


def unpacked(layer: ImageLayer, part: bytes) -> int | Unknown:
    """The unpacked size of a layer, from the part of it that tells."""
    if _compression(layer) == "gzip":
        return _of_gzip(layer.size, part)
    return _of_zstd(layer.size, part)


def _of_gzip(size: int, tail: bytes) -> int | Unknown:
    """By ISIZE, the unpacked size modulo 4 GiB of the last member (RFC 1952, section 2.3.1).

    A layer can hardly be a tenth larger than what is in it, and more than five times unpacked was never measured for
    large ones: of the sizes that fit the remainder, one alone lies between these, or none is told.
    """
    if len(tail) != GZIP_TAIL:
        return Unknown("the layer's end did not come whole")
    remainder = int.from_bytes(tail, "little")
    fitting = [remainder] if remainder >= 0.9 * size else []
    more = remainder + WRAP
    while more <= 5 * size:
        if more >= 0.9 * size:
            fitting.append(more)
        more += WRAP
    if not fitting:
        return Unknown("a layer of several parts does not tell its size")
    if len(fitting) > 1:
        return Unknown("a layer of this size tells the remainder by 4 GiB alone")
    return fitting[0]


def _of_zstd(size: int, head: bytes) -> int | Unknown:
    """By the content size of the first frame, which need not be there (RFC 8878, section 3.1.1.1)."""
    if len(head) < ZSTD_HEAD or head[:4] != _ZSTD:
        return Unknown("the layer's start tells no size")
    descriptor = head[4]
    single = bool(descriptor & 0x20)
    width = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    if not width:
        return Unknown("the layer's start tells no size")
    at = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    told = int.from_bytes(head[at : at + width], "little") + (256 if width == 2 else 0)
    if told < 0.9 * size or told > LARGEST_LAYER:
        return Unknown("a layer of several parts does not tell its size")
    return told
