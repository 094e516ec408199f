"""Reading SIF bytes: what is right, everything that can be wrong, and that little is read."""

from __future__ import annotations

import json
import struct

import pytest
from image.sif_bytes import BLOB, DEFINITION, INDEX, JSON, Made, partition, sif, squashfs

from sifcheck.image.architecture import of_code, of_program
from sifcheck.image.content import Content
from sifcheck.image.image import Image, Unknown
from sifcheck.image.reading import image_in, read_image
from sifcheck.image.sif import DESCRIPTOR, HEADER, read_sif

DEFINITION_TEXT = b"Bootstrap: docker\nFrom: rockylinux:9.4\n"


def read(data: bytes) -> Image:
    return image_in("x.sif", Content(data))


def kinds(data: bytes) -> list[str]:
    return [problem.kind for problem in read(data).problems]


def whole() -> bytes:
    said = {
        "data": {
            "attributes": {
                "labels": {"a": "b"},
                "runscript": "#!/bin/sh\n",
                "environment": {"/x/90.sh": "A=1"},
            }
        }
    }
    return sif(
        [
            Made(DEFINITION, DEFINITION_TEXT),
            Made(JSON, json.dumps(said).encode(), name="inspect-metadata.json"),
            partition(squashfs()),
        ]
    )


def test_sizes_of_the_format() -> None:
    assert (HEADER.size, DESCRIPTOR.size) == (128, 585)


def test_a_whole_image() -> None:
    image = read(whole())
    assert image.problems == ()
    assert (image.kind, image.architecture, image.header_architecture) == ("sif", "x86_64", "x86_64")
    assert (image.filesystem, image.compression) == ("squashfs", "gzip")
    assert (image.unpacked_bytes, image.unpacked_files) == (30, 4)
    assert image.definition is not None
    assert (image.definition.data, image.definition.path) == (DEFINITION_TEXT, "x.sif!definition")
    assert image.labels == {"a": "b"}
    assert image.environment == {"90.sh": "A=1"}
    assert image.scripts == {"runscript": "#!/bin/sh\n"}
    assert image.programs == {"/bin/busybox": "x86_64"}
    assert not isinstance(image.files, Unknown)
    assert [entry.path for entry in image.files.entries] == ["/", "/bin", "/bin/busybox", "/bin/sh"]
    found = image.files.find("/bin/sh")
    assert found is not None
    assert found.path == "/bin/busybox"
    assert image.files.find("/bin/bash") is None


@pytest.mark.parametrize("code", [b"\0" * 3, b"00\0", b"99\0"])
def test_an_unknown_architecture(code: bytes) -> None:
    assert read(sif([partition(squashfs(), code)], code=code)).header_architecture is None


def test_architectures() -> None:
    assert [of_code(code) for code in (b"02\0", b"04\0", b"13\0", b"14\0", b"")] == [
        "x86_64",
        "aarch64",
        "loongarch64",
        None,
        None,
    ]
    head = b"\x7fELF\x02\x01\x01" + bytes(11)
    assert of_program(head + b"\xb7\0") == "aarch64"
    assert of_program(head + b"\xf3\0") == "riscv64"
    assert of_program(head[:4] + b"\x01" + head[5:] + b"\x28\0") == "arm"
    assert of_program(head + b"\xff\xff") is None
    assert of_program(head) is None
    assert of_program(b"#!/bin/sh\nexit 0\n          ") is None


def test_the_partition_counts_and_not_the_header() -> None:
    image = read(sif([partition(squashfs(), b"04\0")], code=b"02\0"))
    assert (image.architecture, image.header_architecture) == ("aarch64", "x86_64")


class TestProblems:
    def test_short_header(self) -> None:
        assert kinds(whole()[:100]) == ["short"]

    def test_version(self) -> None:
        image = read(sif([partition(squashfs())], version=b"02\0"))
        assert "'02'" in image.problems[0].words

    def test_magic(self) -> None:
        # Nine letters of the word tell a SIF file, the tenth byte is NUL.
        assert kinds(sif([partition(squashfs())], magic=b"SIF_MAGICX")) == ["layout"]

    def test_no_system_partition(self) -> None:
        assert kinds(sif([Made(DEFINITION, DEFINITION_TEXT)])) == ["empty"]
        assert kinds(sif([partition(squashfs(), role=3)])) == ["empty"]

    def test_deleted_objects_are_passed_over(self) -> None:
        made = sif([Made(DEFINITION, DEFINITION_TEXT, used=False), partition(squashfs())])
        assert kinds(made) == []
        assert read(made).definition is None

    def test_the_file_ends_within_an_object(self) -> None:
        image = read(whole()[:-20])
        assert [problem.kind for problem in image.problems] == ["short"]
        assert "object 3 ends at byte" in image.problems[0].words

    def test_the_file_ends_within_the_table(self) -> None:
        assert "short" in kinds(whole()[:4500])

    def test_an_object_far_beyond_the_end(self) -> None:
        assert kinds(sif([partition(squashfs(), offset=1 << 62, size=1 << 61)])) == ["short"]

    def test_negative_places(self) -> None:
        assert "layout" in kinds(sif([partition(squashfs(), offset=-5)]))
        assert "layout" in kinds(sif([partition(squashfs(), size=-5)]))

    def test_objects_over_each_other(self) -> None:
        image = read(sif([Made(DEFINITION, DEFINITION_TEXT), partition(squashfs(), offset=6440)]))
        assert image.problems[0].words == "objects 1 and 2 lie over each other"

    def test_the_same_number_twice(self) -> None:
        assert kinds(sif([Made(DEFINITION, DEFINITION_TEXT, id=7), partition(squashfs(), id=7)])) == [
            "layout"
        ]

    @pytest.mark.parametrize(("total", "size"), [(-1, -585), (4, 12), (1 << 40, (1 << 40) * 585)])
    def test_a_table_that_makes_no_sense(self, total: int, size: int) -> None:
        assert kinds(sif([partition(squashfs())], total=total, table_size=size))

    def test_no_squashfs_in_the_partition(self) -> None:
        assert kinds(sif([partition(b"x" * 200)])) == ["content"]
        assert kinds(sif([partition(b"")])) == ["content"]

    def test_metadata_that_is_no_json(self) -> None:
        deep = b"[" * 100_000
        image = read(sif([Made(JSON, deep, name="inspect-metadata.json"), partition(squashfs())]))
        assert image.problems == ()
        assert image.labels == {}


@pytest.mark.parametrize(
    ("code", "name"),
    [(2, "ext3"), (5, "encrypted squashfs"), (6, "gocryptfs squashfs"), (99, "file system 99")],
)
def test_other_file_systems(code: int, name: str) -> None:
    image = read(sif([partition(b"x" * 100, filesystem=code)]))
    assert image.filesystem == name
    assert isinstance(image.unpacked_bytes, Unknown)
    assert image.problems == ()
    assert name in image.left_out[0]


def test_an_overlay() -> None:
    assert read(sif([partition(squashfs()), partition(b"x", filesystem=2, role=4)])).overlay
    assert not read(whole()).overlay


def test_a_definition_of_zeros_is_none() -> None:
    assert read(sif([Made(DEFINITION, bytes(300)), partition(squashfs())])).definition is None


def oci(architecture: object) -> bytes:
    config = json.dumps({"architecture": architecture, "config": {"Labels": {"a": "b"}}}).encode()
    manifest = json.dumps({"config": {"digest": "sha256:c"}, "layers": [{"digest": "sha256:l"}]}).encode()
    index = json.dumps({"manifests": [{"digest": "sha256:m"}]}).encode()
    return sif(
        [
            Made(BLOB, squashfs(), extra=b"sha256:l"),
            Made(BLOB, config, extra=b"sha256:c"),
            Made(BLOB, manifest, extra=b"sha256:m"),
            Made(INDEX, index),
        ],
        code=b"00\0",
    )


def test_an_oci_sif() -> None:
    image = read(oci("arm64"))
    assert (image.kind, image.architecture, image.labels) == ("oci-sif", "aarch64", {"a": "b"})
    assert (image.unpacked_bytes, image.unpacked_files) == (30, 4)
    assert image.problems == ()
    assert read(oci(5)).architecture is None


def test_a_bare_squashfs_and_one_behind_a_line() -> None:
    for data in (squashfs(), b"#!/usr/bin/env run-singularity\n" + squashfs()):
        image = read(data)
        assert (image.kind, image.architecture, image.unpacked_bytes) == ("squashfs", "x86_64", 30)
        assert image.problems == ()


def test_what_is_no_image() -> None:
    assert kinds(b"hello") == ["layout"]
    assert kinds(b"") == ["layout"]


class Counting(Content):
    """Counts what is read."""

    reads = 0
    bytes_read = 0

    def read(self, start: int, size: int) -> bytes:
        found = super().read(start, size)
        self.reads += 1
        self.bytes_read += len(found)
        return found


def test_a_table_of_thousands_of_millions_is_not_read() -> None:
    content = Counting(sif([partition(squashfs())], total=1 << 31, table_size=(1 << 31) * 585))
    assert read_sif(content).objects
    assert content.reads <= 3


def test_a_large_file_costs_a_few_reads(tmp_path: object) -> None:
    """The file is 10 GB with a hole in it; what is read is what the image says of itself."""
    path = f"{tmp_path}/large.sif"
    made = sif(
        [
            Made(DEFINITION, DEFINITION_TEXT),
            Made(0x4007, b"", offset=1 << 33, size=1 << 31),
            partition(squashfs()),
        ]
    )
    with open(path, "wb") as file:
        file.write(made)
        file.truncate((1 << 33) + (1 << 31))
    image = read_image(path)
    assert isinstance(image, Image)
    assert image.problems == ()
    assert image.bytes == 10 << 30
    with open(path, "rb") as file:
        content = Counting(file.fileno())
        sum_of = read_sif(content)
        assert len(sum_of.objects) == 3
        assert content.bytes_read < 10_000


def test_what_cannot_be_read(tmp_path: object) -> None:
    assert read_image(f"{tmp_path}/none.sif") == "no such file or directory"
    assert read_image("/dev/null") == "it is neither a file nor a folder"
    assert "embedded null" in str(read_image("a\0b"))


def test_bits_of_the_descriptor_that_are_none() -> None:
    """Booleans other than 0 and 1, numbers at their limits."""
    data = bytearray(whole())
    data[4096 + 4] = 0xFF
    struct.pack_into("<I", data, 4096 + 5, 0xFFFFFFFF)
    assert read(bytes(data)).definition is not None


def signed(algorithm: str) -> bytes:
    payload = {
        "version": 1,
        "header": {"digest": f"{algorithm}:00"},
        "objects": [
            {"relativeId": 0, "descriptorDigest": f"{algorithm}:00", "objectDigest": f"{algorithm}:00"}
        ],
    }
    text = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        f"{json.dumps(payload)}\n-----BEGIN PGP SIGNATURE-----\n"
    )
    return sif([partition(squashfs()), Made(0x4005, text.encode(), group=0, link=0xF0000001)])


def test_a_hash_that_nobody_knows_is_not_held_against_an_image() -> None:
    (one,) = read(signed("sha256")).signatures
    assert [difference.what for difference in one.differences] == ["header", "descriptor", "object"]
    image = read(signed("sha999"))
    (one,) = image.signatures
    assert (one.differences, one.unhashed) == ((), (1,))
    assert "unknown here" in image.left_out[0]


def test_more_signatures_than_anybody_makes() -> None:
    many = [Made(0x4005, b"x", group=0, link=0xF0000001) for _ in range(80)]
    image = read(sif([partition(squashfs()), *many]))
    assert len(image.signatures) == 64
    assert "the first 64 signatures" in image.left_out[0]
