"""How large a layer is unpacked, from the few bytes of it that tell: exact, or not said at all."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.registry.manifest import manifest, telling_part, unpacked
from sifcheck.registry.model import ImageLayer, Unknown

DIGEST = "sha256:" + "0" * 64
GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
GIB = 1 << 30
SEVERAL = Unknown("a layer of several parts does not tell its size")


def layer(size: int, kind: str = GZIP) -> ImageLayer:
    return ImageLayer(DIGEST, kind, size)


def tail(size: int) -> bytes:
    return (size % (4 * GIB)).to_bytes(4, "little")


@given(st.binary(max_size=20_000))
def test_what_was_compressed_is_told_exactly(content: bytes) -> None:
    data = gzip.compress(content)
    part = telling_part(layer(len(data)))
    assert isinstance(part, tuple)
    first, last = part  # type: ignore[misc]
    told = unpacked(layer(len(data)), data[first : last + 1])
    # What does not compress at all is larger packed; below a tenth nobody can tell it from a last part of several.
    assert told == (len(content) if len(content) >= 0.9 * len(data) else SEVERAL)


@pytest.mark.parametrize(
    ("packed", "size", "expected"),
    [
        (100, 10_240, 10_240),
        (500_000_000, 1_948_600_000, 1_948_600_000),
        # The remainder alone is too little for what was packed: it is that and 4 GiB.
        (int(1.2 * GIB), int(4.5 * GIB), int(4.5 * GIB)),
        # Both 3.5 GiB and 7.5 GiB may be packed into 1.5 GiB and a little: nobody can tell.
        (int(1.6 * GIB), int(3.5 * GIB), Unknown("a layer of this size tells the remainder by 4 GiB alone")),
        (2 * GIB, 5 * GIB, Unknown("a layer of this size tells the remainder by 4 GiB alone")),
        (6 * GIB, 20 * GIB, Unknown("a layer of this size tells the remainder by 4 GiB alone")),
        (1_000_000, 500, SEVERAL),
    ],
)
def test_the_remainder_by_4_gib(packed: int, size: int, expected: Any) -> None:
    assert unpacked(layer(packed), tail(size)) == expected


def test_several_members_do_not_tell() -> None:
    data = gzip.compress(bytes(range(256)) * 4000) + gzip.compress(b"the end")
    assert unpacked(layer(len(data)), data[-4:]) == SEVERAL


@pytest.mark.parametrize(
    "name",
    ["containerd.io/snapshot/stargz/toc.digest", "io.github.containers.zstd-chunked.manifest-checksum"],
)
def test_layers_with_a_table_of_contents_are_not_asked(name: str) -> None:
    entry = {"digest": DIGEST, "mediaType": GZIP, "size": 1000, "annotations": {name: "x"}}
    made = manifest({"layers": [entry]}, DIGEST).layers[0]
    assert telling_part(made) == Unknown("a layer of a seekable kind does not tell its size")


def test_what_is_not_packed_needs_no_request() -> None:
    assert telling_part(layer(1234, "application/vnd.oci.image.layer.v1.tar")) == 1234


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("application/vnd.oci.image.layer.v1.tar+encrypted", "the layer is encrypted"),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "the layer is encrypted"),
        ("application/x-unknown", "a compression that tells no size"),
    ],
)
def test_what_tells_nothing(kind: str, why: str) -> None:
    assert telling_part(layer(1234, kind)) == Unknown(why)


# Frame headers by RFC 8878, section 3.1.1: the descriptor, the window where it is no single segment, the size.
MAGIC = b"\x28\xb5\x2f\xfd"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (MAGIC + b"\x20" + bytes([200]), 200),
        (MAGIC + b"\x60" + (1000 - 256).to_bytes(2, "little"), 1000),
        (MAGIC + b"\xa0" + (5000).to_bytes(4, "little"), 5000),
        (MAGIC + b"\xe0" + (6 * GIB).to_bytes(8, "little"), 6 * GIB),
        (MAGIC + b"\x80\x50" + (5000).to_bytes(4, "little"), 5000),
        (MAGIC + b"\x83\x50\1\2\3\4" + (5000).to_bytes(4, "little"), 5000),
        (MAGIC + b"\x00\x50", Unknown("the layer's start tells no size")),
        (MAGIC + b"\x20" + bytes([10]), SEVERAL),
        (b"\x50\x2a\x4d\x18", Unknown("the layer's start tells no size")),
        (b"", Unknown("the layer's start tells no size")),
    ],
)
def test_the_start_of_a_zstd_frame(head: bytes, expected: Any) -> None:
    whole = head.ljust(18, b"\0") if head else b""
    assert telling_part(layer(190, ZSTD)) == (0, 17)
    assert unpacked(layer(190, ZSTD), whole) == expected


@given(st.binary(max_size=20), st.integers(0, 1 << 50), st.sampled_from([GZIP, ZSTD]))
def test_any_bytes_are_judged(part: bytes, size: int, kind: str) -> None:
    told = unpacked(layer(size, kind), part)
    assert isinstance(told, Unknown) or told >= 0.9 * size


@given(st.binary(max_size=20_000), st.booleans())
def test_what_zstd_packed_is_told_exactly_or_not_at_all(content: bytes, knows: bool) -> None:
    """Whoever packs a stream does not know its size when the head of the frame is written."""
    zstandard = pytest.importorskip("zstandard")
    packer = zstandard.ZstdCompressor(write_content_size=knows)
    data = packer.compress(content)
    part = telling_part(layer(len(data), ZSTD))
    if isinstance(part, tuple) and len(part) == 2:
        told = unpacked(layer(len(data), ZSTD), data[part[0] : part[1] + 1])
        assert (
            told == len(content) if knows and len(content) >= 0.9 * len(data) else isinstance(told, Unknown)
        )
