"""Whatever the bytes are: nothing is raised, nothing beyond the end is read, and the rules can be run over the outcome."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image.sif_bytes import BLOB, DEFINITION, INDEX, JSON, SIGNATURE, Made, partition, sif, squashfs

from sifcheck.image.content import Content
from sifcheck.image.image import Files, Image
from sifcheck.image.reading import image_in
from sifcheck.testing import all_rules, check_image

RULES = [rule for rule in all_rules() if rule.node == "Image"]

SIGNED = json.dumps(
    {
        "version": 1,
        "header": {"digest": "sha256:00"},
        "objects": [{"relativeId": 0, "descriptorDigest": "sha256:00", "objectDigest": "sha256:00"}],
    }
)
CLEAR = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{SIGNED}\n-----BEGIN PGP SIGNATURE-----\n"
SAID = {"data": {"attributes": {"labels": {"a": "b"}, "runscript": "#!/bin/sh\n", "deffile": "x"}}}

WHOLE = sif(
    [
        Made(DEFINITION, b"Bootstrap: docker\nFrom: alpine:3.20\n"),
        Made(JSON, json.dumps(SAID).encode(), name="inspect-metadata.json"),
        partition(squashfs()),
        Made(SIGNATURE, CLEAR.encode(), group=0, link=0xF0000001, extra=b"\1\0\0\0" + bytes(range(20))),
    ]
)
OCI = sif(
    [Made(BLOB, squashfs(), extra=b"sha256:l"), Made(INDEX, b'{"manifests": [{"digest": "sha256:l"}]}')]
)
# What is not zero: a change there is a change of something.
PLACES = [number for number, byte in enumerate(WHOLE) if byte][:4000]


class Watched(Content):
    """Bytes that tell whether more was asked for than they are."""

    def read(self, start: int, size: int) -> bytes:
        found = super().read(start, size)
        assert len(found) <= max(size, 0)
        assert len(found) <= self.size
        return found


def look(data: bytes) -> Image:
    """Read them, and let every rule judge them."""
    image = image_in("x.sif", Watched(data))
    crashes = [finding.message for finding in check_image(image, *RULES) if finding.code == "SIF900"]
    assert crashes == []
    if isinstance(image.files, Files):
        for entry in image.files.entries:
            image.files.find(entry.path)
    return image


def test_the_rules_are_there() -> None:
    assert len(RULES) >= 11


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    look(data)


@given(st.binary(max_size=6000))
def test_any_bytes_behind_the_magic_words(data: bytes) -> None:
    look(WHOLE[:45] + data)
    look(b"hsqs" + data)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, byte in changes:
        data[at] = byte
    look(bytes(data))


@given(
    st.integers(64, 4096 + 585 * 4 - 8),
    st.sampled_from([0, 1, -1, 1 << 31, 1 << 32, 1 << 62, -(1 << 63), 4096]),
)
def test_numbers_at_their_limits(at: int, number: int) -> None:
    data = bytearray(WHOLE)
    data[at : at + 8] = number.to_bytes(8, "little", signed=True)
    look(bytes(data))


@given(st.integers(0, len(WHOLE) - 1))
def test_every_cut_is_told(length: int) -> None:
    """The last object ends where the file does: whatever is cut off is missed."""
    image = look(WHOLE[:length])
    assert image.problems


@given(st.integers(0, len(squashfs()) - 1), st.binary(min_size=1, max_size=16))
def test_changed_file_systems(at: int, new: bytes) -> None:
    for compressed in (True, False):
        whole = squashfs(compressed)
        look(whole[:at] + new + whole[at + len(new) :])
        look(whole[:at])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "data",
                        "attributes",
                        "labels",
                        "runscript",
                        "manifests",
                        "config",
                        "layers",
                        "digest",
                        "objects",
                        "relativeId",
                        "header",
                        "payload",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json(said: object) -> None:
    text = json.dumps(said).encode()
    look(sif([Made(JSON, text, name="inspect-metadata.json"), partition(squashfs())]))
    look(sif([Made(BLOB, text, extra=b"sha256:l"), Made(INDEX, text)]))
    look(sif([partition(squashfs()), Made(SIGNATURE, text, group=0, link=0xF0000001)]))
    clear = CLEAR.replace(SIGNED, text.decode()).encode()
    look(sif([partition(squashfs()), Made(SIGNATURE, clear, group=0, link=0xF0000001)]))


@pytest.mark.parametrize("data", [WHOLE, OCI], ids=["sif", "oci"])
def test_whole_ones_have_no_problem(data: bytes) -> None:
    assert look(data).problems == ()
