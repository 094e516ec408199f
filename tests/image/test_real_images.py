"""Images of the real Apptainer: what is read is what Apptainer says, and altered ones are told as `verify` tells them."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest
from image.real_images import Images, fingerprint, forge, objects, poke

from sifcheck.image.image import Files, Image, Outcome, SignedDifference, Unknown
from sifcheck.image.reading import read_image
from sifcheck.image.sif import DESCRIPTOR, PARTITION, SIGNATURE
from sifcheck.image.verifying import verify

TABLE = 4096


def read(path: str | Path, most_hashed: int = 1 << 30) -> Image:
    image = read_image(str(path), most_hashed)
    assert isinstance(image, Image), image
    return image


def test_an_unsigned_image(images: Images) -> None:
    image = read(images.path("u.sif"))
    assert (image.kind, image.problems, image.left_out) == ("sif", (), ())
    assert (image.architecture, image.header_architecture) == ("x86_64", "x86_64")
    assert (image.filesystem, image.compression, image.signatures) == ("squashfs", "gzip", ())
    assert [group.objects for group in image.groups] == [(1, 2, 3)]
    assert image.origin is None


def test_what_inspect_shows(images: Images) -> None:
    image = read(images.path("u.sif"))
    shown = json.loads(images.run("inspect", "--all", "--json", "u.sif"))["data"]["attributes"]
    assert image.labels == shown["labels"]
    assert image.scripts["runscript"] == shown["runscript"]
    assert image.definition is not None
    assert image.definition.data.decode().rstrip("\n") == shown["deffile"]
    assert list(image.environment) == [name.rpartition("/")[2] for name in shown["environment"]]


def test_objects_as_the_list_shows_them(images: Images) -> None:
    said = images.run("sif", "list", "s.sif")
    rows = re.findall(r"^(\d+)\s*\|(\S+)\s*\|(\S+)(?:\s*\(G\))?\s*\|(\d+)-(\d+)\s*\|(\S+)", said, re.M)
    found = objects(images.path("s.sif"))
    assert [(int(row[0]), int(row[3]), int(row[4])) for row in rows] == [
        (one.id, one.offset, one.offset + one.size) for one in found.values()
    ]


def test_a_sandbox(images: Images) -> None:
    image = read(images.path("box"))
    assert (image.kind, image.architecture, image.problems) == ("sandbox", "x86_64", ())
    assert image.labels["Author"] == "someone"
    assert image.origin == ("localimage", "u.sif")
    assert isinstance(image.files, Files)
    assert image.files.find("/bin/sh") is not None


def test_an_image_of_a_sandbox(images: Images) -> None:
    assert read(images.path("b.sif")).origin == ("localimage", "box")


def test_a_signed_image(images: Images) -> None:
    (one,) = read(images.path("s.sif")).signatures
    assert (one.form, one.group, one.differences, one.unhashed) == ("openpgp", 1, (), ())
    assert one.fingerprint == fingerprint(images)


def test_the_keys_of_a_ring(images: Images) -> None:
    """By them it is told whether a signature could be verified here."""
    from sifcheck.host.probes.keys import count_keys, fingerprints_in

    ring = next((images.folder / "home" / "keys").glob("pgp-public")).read_bytes()
    assert fingerprints_in(ring) == (fingerprint(images),)
    assert count_keys(ring) == 1
    assert fingerprints_in(b"\x98\x01\x05") == ()
    assert fingerprints_in(b"\xc6\xff\x00\x02\x00\x00\x04" + bytes(131071)) == ()


def test_too_much_to_hash(images: Images) -> None:
    image = read(images.path("s.sif"), most_hashed=10_000)
    (one,) = image.signatures
    assert (one.differences, one.unhashed) == ((), (3,))
    assert "compared with the signature" in image.left_out[0]


def descriptor(number: int) -> int:
    return TABLE + (number - 1) * DESCRIPTOR.size


def change_data(path: Path) -> None:
    poke(path, objects(path)[1].offset, b"X")


def change_partition(path: Path) -> None:
    poke(path, objects(path)[3].offset + 500_000, b"changed here")


def change_name(path: Path) -> None:
    poke(path, descriptor(3) + 73, b"evil")


def change_header(path: Path) -> None:
    poke(path, 48, bytes(16))


def change_partition_architecture(path: Path) -> None:
    poke(path, descriptor(3) + 201 + 8, b"04\0")


ALTERED = [
    (change_data, (SignedDifference("object", 1),), "data object integrity compromised: 1"),
    (change_partition, (SignedDifference("object", 3),), "data object integrity compromised: 3"),
    (change_name, (SignedDifference("descriptor", 3),), "data object descriptor integrity compromised: 3"),
    (change_header, (SignedDifference("header"),), "header integrity compromised"),
    (
        change_partition_architecture,
        (SignedDifference("descriptor", 3),),
        "data object descriptor integrity compromised: 3",
    ),
]


@pytest.mark.parametrize(("alter", "differences", "words"), ALTERED, ids=[row[0].__name__ for row in ALTERED])
def test_altered_after_signing(images: Images, alter: object, differences: object, words: str) -> None:
    path = images.copy("s.sif", "altered.sif")
    assert callable(alter)
    alter(path)
    (one,) = read(path).signatures
    assert one.differences == differences
    assert words in images.run("verify", "altered.sif", succeeds=False)


def test_the_header_is_not_signed(images: Images) -> None:
    """Apptainer verifies such an image and runs it: only the two codes that differ tell."""
    path = images.copy("s.sif", "altered.sif")
    poke(path, 45, b"04\0")
    image = read(path)
    assert (image.header_architecture, image.architecture) == ("aarch64", "x86_64")
    assert image.signatures[0].differences == ()
    images.run("verify", "altered.sif")


def test_an_object_added_to_the_group(images: Images) -> None:
    path = images.copy("s.sif", "altered.sif")
    images.run("sif", "add", "--datatype", "7", "--groupid", "1", "altered.sif", "t.def")
    (one,) = read(path).signatures
    assert one.differences == (SignedDifference("added", 5),)
    assert "object not signed" in images.run("verify", "altered.sif", succeeds=False)


def test_a_part_that_was_signed(images: Images) -> None:
    """What `sign --sif-id` leaves: `verify` of the whole fails."""
    path = images.copy("u.sif", "part.sif")
    images.run("sign", "--sif-id", "3", "part.sif")
    (one,) = read(path).signatures
    assert one.differences == (SignedDifference("added", 1), SignedDifference("added", 2))
    assert "object 1: object not signed" in images.run("verify", "part.sif", succeeds=False)


def test_an_object_added_as_a_group(images: Images) -> None:
    path = images.copy("s.sif", "altered.sif")
    images.run("sif", "add", "--datatype", "7", "--groupid", "2", "altered.sif", "t.def")
    image = read(path)
    assert [bool(image.signatures_of(group)) for group in image.groups] == [True, False]
    assert "not found for object group 2" in images.run("verify", "altered.sif", succeeds=False)


def test_an_object_taken_away(images: Images) -> None:
    path = images.copy("s.sif", "altered.sif")
    images.run("sif", "del", "1", "altered.sif")
    (one,) = read(path).signatures
    assert SignedDifference("removed", 4) in one.differences
    assert "signed object not found" in images.run("verify", "altered.sif", succeeds=False)


def test_a_file_that_was_cut(images: Images) -> None:
    path = images.copy("u.sif", "cut.sif")
    with open(path, "r+b") as file:
        file.truncate(600_000)
    image = read(path)
    assert [problem.kind for problem in image.problems] == ["short"]
    assert "FS" in images.run("sif", "list", "cut.sif")


def test_a_dsse_signature(images: Images) -> None:
    """Signed with a key of its own: such a signature names no OpenPGP key."""
    import shutil
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key = images.folder / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True
    )
    key.chmod(0o644)
    images.copy("u.sif", "dsse.sif")
    images.run("sign", "--key", "key.pem", "dsse.sif")
    (one,) = read(images.path("dsse.sif")).signatures
    assert (one.form, one.fingerprint, one.differences) == ("dsse", None, ())
    poke(images.folder / "dsse.sif", 48, bytes(16))
    (one,) = read(images.path("dsse.sif")).signatures
    assert one.differences == (SignedDifference("header"),)


def test_a_legacy_signature(images: Images) -> None:
    """As Singularity before 3.6 made them: the hash of the partition, linked to it; nothing in it can be verified here."""
    import hashlib

    path = images.copy("s.sif", "legacy.sif")
    found = objects(path)
    whole = Path(path).read_bytes()
    system = found[3]
    assert system.kind == PARTITION
    digest = hashlib.sha256(whole[system.offset : system.offset + system.size]).hexdigest()
    text = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSIFHASH:\n{digest}\n-----BEGIN PGP SIGNATURE-----\n"
    assert found[4].kind == SIGNATURE
    poke(path, found[4].offset, text.encode().ljust(found[4].size))
    poke(path, descriptor(4) + 13, struct.pack("<I", 3))
    image = read(path)
    (one,) = image.signatures
    assert (one.form, one.object, one.group, one.differences) == ("legacy", 3, 0, ())
    assert image.signatures_of(image.groups[0]) == (one,)
    change_partition(path)
    assert read(path).signatures[0].differences == (SignedDifference("object", 3),)


def test_a_forged_signature_takes_the_runtime(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    """All hashes fit, and the key never signed that: only `verify` tells."""
    import shutil

    program = shutil.which("apptainer")
    assert program is not None
    monkeypatch.setenv("APPTAINER_KEYSDIR", str(images.folder / "home" / "keys"))
    path = forge(images)
    (one,) = read(path).signatures
    assert one.differences == ()
    refused = verify(program, str(path))
    assert isinstance(refused, Outcome)
    assert not refused.ok
    assert "signature object 4 not valid" in refused.why
    assert verify(program, images.path("s.sif")) == Outcome(True)
    monkeypatch.setenv("APPTAINER_KEYSDIR", str(images.folder / "none"))
    unknown = verify(program, images.path("s.sif"))
    assert isinstance(unknown, Outcome)
    assert "unknown entity" in unknown.why
    assert isinstance(verify("/nowhere/apptainer", images.path("s.sif")), Unknown)


@pytest.mark.parametrize("moved", [True, False])
def test_the_keys_of_the_user_are_looked_up(
    images: Images, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moved: bool
) -> None:
    """They lie in the folder of the settings, where that may be; without one nothing is left behind."""
    import shutil

    program = shutil.which("apptainer")
    assert program is not None
    home = tmp_path / "home"
    settings = home / ("elsewhere" if moved else ".apptainer")
    shutil.copytree(images.folder / "home" / "keys", settings / "keys")
    for name in ("APPTAINER_KEYSDIR", "SINGULARITY_CONFIGDIR", "APPTAINER_CONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    if moved:
        monkeypatch.setenv("APPTAINER_CONFIGDIR", str(settings))
    assert verify(program, images.path("s.sif")) == Outcome(True)
    shutil.rmtree(settings)
    unknown = verify(program, images.path("s.sif"))
    assert isinstance(unknown, Outcome)
    assert not unknown.ok
    assert list(home.iterdir()) == []
