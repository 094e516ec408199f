"""Archives of container images on disk: which layers they hold, how large, and how large unpacked.

Nothing is unpacked: headers, the manifest, and of each compressed layer the last four bytes are read, which are the
unpacked length modulo 2^32 (RFC 1952).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import IO, Any

from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text
from sifcheck.image.architecture import of_go
from sifcheck.image.metadata import parsed

__all__ = ["Archive", "ArchivedLayer", "read_archive", "unpacked_length"]

MOST_MEMBERS = 20_000
MOST_SECONDS = 2.0
MOST_LAYERS = 500
LARGEST_JSON = 4 << 20

_GZIP = b"\x1f\x8b"


class ArchivedLayer(NamedTuple):
    """A layer: its bytes in the archive, whether it is compressed there, and its length unpacked, None where not known."""

    size: int
    compressed: bool
    unpacked: int | None


class Archive(NamedTuple):
    """The image in an archive: its layers, the processor it is for, and its environment; None and empty where not told."""

    layers: tuple[ArchivedLayer, ...]
    architecture: str | None = None
    environment: tuple[str, ...] = ()


class _Blob(NamedTuple):
    """Some bytes of an open file, or of one below a folder."""

    size: int
    read: Callable[[int, int], bytes]


_Find = Callable[[str], "_Blob | None"]


def read_archive(path: str, kind: str) -> Archive | str:
    """The image in `docker-archive:`, `oci-archive:` or an `oci:` folder, or in plain words why it cannot be told."""
    try:
        if kind == "oci":
            return _of_layout(lambda name: _beside(path, name))
        with open(path, "rb") as file:
            members = _members(file)
            if isinstance(members, str):
                return members
            find: _Find = members.get
            return _of_docker(find) if kind == "docker-archive" else _of_layout(find)
    except (OSError, ValueError) as error:
        return error_text(error)


def unpacked_length(size: int, trailer: int) -> int | None:
    """The unpacked length of a gzip file of some size by its trailer; None where the trailer cannot be that of all of it.

    The trailer counts modulo 2^32, and of a file of several members it is the last one's.
    """
    length = trailer
    while length < 0.9 * size and size > (1 << 32) * 0.9:
        length += 1 << 32
    # Nothing that is worth packing becomes larger by it, but for some bytes of frame.
    return length if length >= 0.9 * size - 1024 else None


def _members(file: IO[bytes]) -> dict[str, _Blob] | str:
    """The files of a tar archive by name, as far as limits allow."""
    import tarfile

    found: dict[str, _Blob] = {}
    until = time.monotonic() + MOST_SECONDS

    def reader(start: int, size: int) -> Callable[[int, int], bytes]:
        def read(at: int, count: int) -> bytes:
            file.seek(start + at)
            return file.read(max(0, min(count, size - at)))

        return read

    try:
        # An archive that is compressed itself would have to be unpacked.
        with tarfile.open(fileobj=file, mode="r:") as archive:
            links: dict[str, str] = {}
            for number, member in enumerate(archive):
                if number > MOST_MEMBERS or time.monotonic() > until:
                    return "there is too much in it"
                name = member.name.removeprefix("./")
                if member.isfile():
                    found[name] = _Blob(member.size, reader(member.offset_data, member.size))
                elif member.issym() or member.islnk():
                    links[name] = os.path.normpath(
                        os.path.join(os.path.dirname(name) if member.issym() else "", member.linkname)
                    )
            found.update({name: found[to] for name, to in links.items() if to in found})
    except tarfile.TarError as error:
        return f"it is no plain tar archive: {' '.join(str(error).split())}"
    return found


def _beside(folder: str, name: str) -> _Blob | None:
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        return None

    def read(at: int, count: int) -> bytes:
        with open(path, "rb") as file:
            file.seek(at)
            return file.read(count)

    return _Blob(os.path.getsize(path), read)


def _of_layout(find: _Find) -> Archive | str:
    """An OCI layout: index, manifest, layers.  Of several images the first is looked at."""
    index = _json(find("index.json"))
    if index is None:
        return "there is no index.json in it"
    manifest = index
    for _ in range(3):
        listed = manifest.get("manifests")
        if not isinstance(listed, list) or not listed:
            break
        manifest = _json(_blob(find, listed[0])) or {}
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return "no manifest can be found in it"
    blobs = [_blob(find, one) for one in layers[:MOST_LAYERS]]
    if any(blob is None for blob in blobs):
        return "some of its layers are not in it"
    config = _json(_blob(find, manifest.get("config"))) or {}
    return _archive([blob for blob in blobs if blob is not None], config)


def _of_docker(find: _Find) -> Archive | str:
    listed = _json(find("manifest.json"), list)
    if not listed or not isinstance(listed[0], dict):
        return "there is no manifest.json in it"
    names = listed[0].get("Layers")
    if not isinstance(names, list):
        return "its manifest names no layers"
    blobs = [find(name) if isinstance(name, str) else None for name in names[:MOST_LAYERS]]
    if any(blob is None for blob in blobs):
        return "some of its layers are not in it"
    name = listed[0].get("Config")
    config = _json(find(name)) if isinstance(name, str) else None
    return _archive([blob for blob in blobs if blob is not None], config or {})


def _archive(blobs: list[_Blob], config: dict[str, Any]) -> Archive:
    architecture = config.get("architecture")
    inner = config.get("config")
    lines = inner.get("Env") if isinstance(inner, dict) else None
    return Archive(
        tuple(map(_layer, blobs)),
        of_go(architecture) if isinstance(architecture, str) else None,
        tuple(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else (),
    )


def _layer(blob: _Blob) -> ArchivedLayer:
    head = blob.read(0, 512)
    if head[257:262] == b"ustar" or not head.strip(b"\0"):
        return ArchivedLayer(blob.size, False, blob.size)
    if head.startswith(_GZIP) and blob.size > 18:
        trailer = int.from_bytes(blob.read(blob.size - 4, 4), "little")
        return ArchivedLayer(blob.size, True, unpacked_length(blob.size, trailer))
    return ArchivedLayer(blob.size, True, None)


def _blob(find: _Find, descriptor: object) -> _Blob | None:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str):
        return None
    algorithm, colon, letters = digest.partition(":")
    # A digest is never a path.
    good = colon and algorithm.isalnum() and letters.isalnum()
    return find(f"blobs/{algorithm}/{letters}") if good else None


def _json(blob: _Blob | None, kind: type = dict) -> Any:
    if blob is None or blob.size > LARGEST_JSON:
        return None
    said = parsed(blob.read(0, blob.size))
    return said if isinstance(said, kind) else None
