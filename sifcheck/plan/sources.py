"""How large a build's source is: images and folders on disk, archives, what a registry said, or nothing at all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text
from sifcheck.image.content import Content
from sifcheck.plan.archives import read_archive
from sifcheck.plan.model import NOTHING, How, PlannedBase, Range, exactly, scaled
from sifcheck.plan.sizing import MB
from sifcheck.registry.model import BaseImage

__all__ = [
    "FETCHED_AGENTS",
    "Layers",
    "files_size",
    "of_archive",
    "of_bootstrap",
    "of_layers",
    "of_path",
    "of_registry",
    "without_tag",
]

FETCHED_AGENTS = ("docker", "library", "oras", "shub", "docker-daemon", "http", "https")
"""The agents whose source comes over the network."""

MOST_ENTRIES = 200_000
MOST_SECONDS = 1.5
_BLOCK = 4096
_WRAP = 1 << 32
# A layer whose true length may be 4 GiB more than its trailer says would have to shrink to less than a fifth.
_MOST_SHRUNK = 5
_MOUNTED = ("proc", "sys", "dev")
# Trees that distributions' own tools put together: minbase of Debian takes 215 MB (measured), others up to a gigabyte.
_BOOTSTRAPPED = Range(50 * MB, 300 * MB, 1000 * MB)
_BOOTSTRAPS = ("debootstrap", "yum", "dnf", "zypper", "arch", "apk")
_BUSYBOX = Range(1 * MB, 3 * MB, 10 * MB)


class Layers(NamedTuple):
    """Layers of an image: `sizes` as they are fetched, `unpacked` as tar archives (None: not known), in order.

    `packed` is whether they are compressed, `dense` whether by something better than gzip.
    """

    sizes: tuple[int, ...]
    unpacked: tuple[int | None, ...]
    packed: bool = True
    dense: bool = False


def of_layers(agent: str, name: str, layers: Layers, cached: int = 0) -> PlannedBase:
    """The base that layers make; `cached` are the bytes of them that the cache holds already.

    A tree takes 1.006 to 1.14 times its tar archives (seven images, measured on 4 KiB blocks), and what later layers
    delete or replace is there until then: so the largest layer is there for sure, all of them at the most.  By the
    compressed size alone: 1.2 (model weights) to 4.0 times (Python wheels).
    """
    fetched = sum(layers.sizes)
    lengths = [length for length in layers.unpacked if length is not None]
    if len(lengths) == len(layers.sizes):
        all_of_it, unsure = sum(lengths), _unsure(layers)
        top, last = max(lengths, default=0), lengths[-1] if lengths else 0
        sizes = (int(1.03 * all_of_it), int(1.15 * all_of_it) + unsure + MB)
        how: How = "layers" if layers.packed else "exact"
        peak = Range(max(0, int(0.95 * top) - MB), *sizes)
        kept = Range(max(0, int(0.95 * last) - MB), *sizes)
    else:
        how = "compressed"
        sizes = (int(2.3 * fetched), int(4.25 * fetched) + MB)
        peak = Range(max(layers.sizes, default=0), *sizes)
        kept = Range(layers.sizes[-1] if layers.sizes else 0, *sizes)
    return PlannedBase(
        agent,
        name,
        how,
        peak,
        kept,
        compressed=_held(layers, fetched),
        to_fetch=_held(layers, max(0, fetched - cached)),
        image=_packed_again(layers),
    )


def _unsure(layers: Layers) -> int:
    """By how much the lengths may be too small: a gzip trailer counts modulo 2^32."""
    if not layers.packed:
        return 0
    pairs = zip(layers.sizes, layers.unpacked, strict=True)
    return sum(
        _WRAP for size, length in pairs if length is not None and length + _WRAP <= _MOST_SHRUNK * size
    )


def _held(layers: Layers, size: int) -> Range:
    """What the layers take in the cache: what is not compressed may be compressed on the way."""
    if not layers.packed:
        return Range(size // 20, int(0.4 * size), size)
    # Each layer fills whole blocks, and an index and a manifest lie beside them (24 kB, measured).
    return Range(size, size, size + 8192 * len(layers.sizes) + 100_000) if size else NOTHING


def _packed_again(layers: Layers) -> Range:
    """What the tree takes as squashfs: 0.93 to 1.0 times the layers in gzip (measured), less where later layers delete."""
    fetched, last = sum(layers.sizes), layers.sizes[-1] if layers.sizes else 0
    whole = fetched if len(layers.sizes) == 1 else last
    if not layers.packed:
        return Range(whole // 20, int(0.4 * fetched), int(1.02 * fetched) + MB // 4)
    most = 1.4 if layers.dense else 1.02
    return Range(
        int(0.88 * whole), int((1.1 if layers.dense else 0.97) * fetched), int(most * fetched) + MB // 4
    )


# -- images and folders


def of_path(path: str, agent: str = "localimage") -> PlannedBase:
    """The image or sandbox at a path; nothing is raised."""
    try:
        if os.path.isdir(path):
            return _of_sandbox(path, agent)
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        return _unknown(agent, path, f"{path}: {error_text(error)}")
    try:
        return _of_image(path, agent, Content(file))
    except OSError as error:
        return _unknown(agent, path, f"{path}: {error_text(error)}")
    finally:
        os.close(file)


def _of_image(path: str, agent: str, content: Content) -> PlannedBase:
    """A SIF or squashfs file, by its table of inodes."""
    from sifcheck.image.sif import SQUASHFS, is_sif, part_of, read_sif
    from sifcheck.image.squashfs import Squashfs, read_super_block

    architecture = None
    part = content
    head = content.read(0, 2048)
    if is_sif(head):
        primary = read_sif(content).primary
        if primary is None or primary.filesystem != SQUASHFS:
            return _unknown(agent, path, f"{path}: its file system is no squashfs")
        part, architecture = part_of(content, primary), primary.architecture
    elif head.startswith(b"#!"):
        part = content.part(head.find(b"\n") + 1, content.size)
    block = read_super_block(part)
    if isinstance(block, str):
        return _unknown(agent, path, f"{path}: {block}")
    system = Squashfs(part, block)
    unpacked = Unknown(system.unreadable) if system.unreadable else system.bytes_on_disk()
    if isinstance(unpacked, Unknown):
        # The tree itself stays unknown; what is copied does not.
        copy = exactly(part.size)
        return _unknown(agent, path, f"{path}: {unpacked.why}")._replace(copy=copy)
    usual = block.compression == "gzip"
    tree = Range(int(0.97 * unpacked), unpacked, int(1.01 * unpacked) + MB // 4)
    image = scaled(exactly(block.bytes), *((0.95, 1.0, 1.05) if usual else (0.7, 1.1, 1.6)))
    return PlannedBase(
        agent,
        path,
        "exact",
        tree,
        tree,
        image=image,
        copy=exactly(part.size),
        inodes=exactly(block.inodes),
        architecture=architecture,
    )


def _of_sandbox(path: str, agent: str) -> PlannedBase:
    """A folder, walked as far as limits of time and number allow."""
    size, count, why = _walked(path)
    if why and not count:
        return _unknown(agent, path, f"{path}: {why}")
    most = int(1.02 * size) + MB // 4 if not why else 4 * size
    tree = Range(int(0.95 * size), size if not why else 2 * size, most)
    return PlannedBase(
        agent,
        path,
        "exact" if not why else "assumed",
        tree,
        tree,
        image=Range(size // 50, int(0.4 * tree.likely), int(1.01 * most) + MB // 4),
        inodes=Range(count, count, count) if not why else Range(count, 2 * count, 4 * count),
        why=f"{path}: {why}" if why else "",
    )


def _walked(path: str) -> tuple[int, int, str]:
    """What lies in a folder, in whole blocks, hard links once; how many inodes; and why it may be more."""
    size, count, why = _BLOCK, 1, ""
    until = time.monotonic() + MOST_SECONDS
    seen: set[tuple[int, int]] = set()
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if count > MOST_ENTRIES or time.monotonic() > until:
                        return size, count, "there is more in it than could be looked at in time"
                    about = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        size, count = size + _BLOCK, count + 1
                        if folder != path or entry.name not in _MOUNTED:
                            waiting.append(entry.path)
                        continue
                    if about.st_nlink > 1:
                        if (about.st_dev, about.st_ino) in seen:
                            continue
                        seen.add((about.st_dev, about.st_ino))
                    count += 1
                    size += (
                        -(-about.st_size // _BLOCK) * _BLOCK if entry.is_file(follow_symlinks=False) else 0
                    )
        except OSError as error:
            why = f"some of its folders cannot be read: {(error.strerror or '').lower()}"
    return size, count, why


def without_tag(path: str) -> str:
    """The path of an archive or OCI folder without the tag or digest behind it: `DIR:TAG`, `DIR@sha256:...`."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.partition('@')[0].partition(':')[0]}"


def of_archive(path: str, agent: str) -> PlannedBase:
    """What `docker-archive`, `oci-archive` and `oci` name; a tag or digest is cut off a path that is not there."""
    place = path if os.path.lexists(path) else without_tag(path)
    archive = read_archive(place, agent)
    if isinstance(archive, str):
        return _unknown(agent, path, f"{place}: {archive}")
    layers = Layers(
        tuple(layer.size for layer in archive.layers),
        tuple(layer.unpacked for layer in archive.layers),
        packed=any(layer.compressed for layer in archive.layers) or not archive.layers,
    )
    base = of_layers(agent, path, layers)
    # While it is read, the archive lies unpacked in the temporary folder (235 MB of 235, measured).
    fetched = exactly(os.path.getsize(place)) if agent == "oci-archive" and os.path.isfile(place) else NOTHING
    return base._replace(architecture=archive.architecture, environment=archive.environment, fetched=fetched)


# -- what comes over the network, and what is made in place


def of_registry(
    agent: str, name: str, said: BaseImage | Unknown | None, cache: str | None = None
) -> PlannedBase:
    """What a registry said of an image; `cache` is the folder in which the runtime keeps layers, None if nobody can look."""
    if said is None or isinstance(said, Unknown):
        why = said.why if said is not None else "the registry of such an image is not asked"
        return _unknown(agent, name, f"{name}: {why}")
    manifest = said.manifest
    if isinstance(manifest, Unknown):
        return _unknown(agent, name, f"{name}: {manifest.why}")
    layers = Layers(
        tuple(layer.size for layer in manifest.layers),
        tuple(None if isinstance(layer.unpacked, Unknown) else layer.unpacked for layer in manifest.layers),
        packed=not all(layer.media_type.endswith(".tar") for layer in manifest.layers),
        dense=any("zstd" in layer.media_type for layer in manifest.layers),
    )
    held = sum(layer.size for layer in manifest.layers if cache and _is_cached(cache, layer.digest))
    base = of_layers(agent, name, layers, held)
    lines = () if isinstance(manifest.environment, Unknown) else manifest.environment
    return base._replace(architecture=manifest.architecture, environment=lines)


def _is_cached(cache: str, digest: str) -> bool:
    algorithm, _, letters = digest.partition(":")
    if not (algorithm.isalnum() and letters.isalnum()):
        return False
    return os.path.exists(os.path.join(cache, "blob", "blobs", algorithm, letters))


def of_bootstrap(agent: str, name: str) -> PlannedBase:
    """What is made in place: from nothing, or by a distribution's tools."""
    if agent == "scratch":
        return PlannedBase(agent, name, "exact", NOTHING, NOTHING, inodes=exactly(1))
    if agent == "busybox":
        return _made(agent, name, _BUSYBOX)
    if agent in _BOOTSTRAPS:
        return _made(agent, name, _BOOTSTRAPPED)
    return _unknown(agent, name, f"{name or agent}: how large it is")


def _made(agent: str, name: str, tree: Range) -> PlannedBase:
    tree = tree._replace(low=0)
    return PlannedBase(agent, name, "assumed", tree, tree, image=scaled(tree, 0.0, 0.45, 1.0))


def _unknown(agent: str, name: str, why: str) -> PlannedBase:
    return PlannedBase(agent, name, "unknown", None, None, None, None, None, why=why)


def files_size(sizes: Iterable[tuple[int, int, bool]]) -> Range:
    """What copied files take: (bytes, files, whether that is all) of each."""
    low = likely = high = 0
    for size, files, complete in sizes:
        low += size
        likely += (size if complete else 2 * size) + 2048 * files
        high += (size if complete else 10 * size) + 2 * _BLOCK * max(files, 1)
    return Range(low, likely, high)
