"""What the signatures of a SIF file cover, and whether that is still what the file holds: hashes compared, no key needed.

A hash that fits says that nothing was changed by mistake or by hand; who signed only a key can tell (`verify`).

Source: pkg/integrity of sylabs/sif and apptainer/sif 2.24; measured with altered images (docs of the format).
"""

from __future__ import annotations

import struct
from typing import Any

from sifcheck.base.startup import NamedTuple
from sifcheck.image.content import Content
from sifcheck.image.image import Signature, SignedDifference, SignedGroup
from sifcheck.image.sif import SIGNATURE, Object, Sif, part_of

LARGEST_SIGNATURE = 4 << 20
HASHED_AT_ONCE = 1 << 20
MOST_SIGNATURES = 64
"""How many are looked at: nobody signs more often, and each costs reading what it says."""

_CLEAR = b"-----BEGIN PGP SIGNED MESSAGE-----"
_ARMOR = b"-----BEGIN PGP SIGNATURE-----"
_COVERED = struct.Struct("<i?IIqqqq128s384s")
_LEGACY_HASHES = {1: "sha256", 2: "sha384", 3: "sha512", 4: "blake2s", 5: "blake2b"}
_HASHES = frozenset("sha224 sha256 sha384 sha512 sha512_224 sha512_256".split())


def groups_of(sif: Sif) -> tuple[SignedGroup, ...]:
    """The groups of objects that signatures are asked for."""
    groups: dict[int, list[int]] = {}
    for one in sif.objects:
        if one.group and one.kind != SIGNATURE:
            groups.setdefault(one.group, []).append(one.id)
    return tuple(SignedGroup(group, tuple(groups[group])) for group in sorted(groups))


def signatures_of(sif: Sif, content: Content, most_bytes: int) -> tuple[Signature, ...]:
    """The signatures, each compared with what it stands for.

    No more than `most_bytes` are read for hashes; objects that would go beyond are named as not compared.
    """
    hashing = _Hashing(content, most_bytes)
    return tuple(_signature(sif, one, hashing) for one in sif.of_kind(SIGNATURE)[:MOST_SIGNATURES])


class _Hashing:
    """Hashes of objects, each made once, as long as there are bytes left to be read for it."""

    def __init__(self, content: Content, most_bytes: int) -> None:
        self.content = content
        self.left = most_bytes
        self.made: dict[tuple[str, int], bytes | None] = {}

    def of(self, one: Object, algorithm: str) -> bytes | None:
        """The hash of an object's bytes; None where that would be too much to read."""
        key = (algorithm, one.id)
        if key not in self.made:
            self.made[key] = self.of_all((one,), algorithm)
        return self.made[key]

    def of_all(self, objects: tuple[Object, ...], algorithm: str) -> bytes | None:
        """The hash of the bytes of several objects, one after the other."""
        parts = [part_of(self.content, one) for one in objects]
        size = sum(part.size for part in parts)
        if size > self.left:
            return None
        self.left -= size
        hashed = _new(algorithm)
        for part in parts:
            for at in range(0, part.size, HASHED_AT_ONCE):
                hashed.update(part.read(at, HASHED_AT_ONCE))
        made: bytes = hashed.digest()
        return made


class _Signed(NamedTuple):
    """What a signature says that it was made over."""

    header: Any
    objects: list[Any]


def _new(algorithm: str) -> Any:
    import hashlib

    return hashlib.new(algorithm)


def _signature(sif: Sif, one: Object, hashing: _Hashing) -> Signature:
    group, single = one.linked_group, one.linked_object
    fingerprint = one.extra[4:24].hex().upper()
    blank = Signature(one.id, group, single, "unreadable", fingerprint if fingerprint.strip("0") else None)
    data = part_of(hashing.content, one).read(0, LARGEST_SIGNATURE)
    payload, form = _payload(data)
    if payload is None:
        return blank._replace(differences=(SignedDifference("unreadable", one.id),))
    if payload.startswith(b"SIFHASH:"):
        return _legacy(sif, one, payload, hashing, blank._replace(form="legacy"))
    signed = _read_signed(payload)
    if signed is None or not group:
        return blank._replace(form=form, differences=(SignedDifference("unreadable", one.id),))
    differences, unhashed = _compared(sif, group, signed, hashing)
    return blank._replace(form=form, differences=differences, unhashed=unhashed)


def _payload(data: bytes) -> tuple[bytes | None, str]:
    """The text that was signed, and the form of the signature; None for what is none."""
    start = data.find(_CLEAR, 0, 200)
    if start >= 0:
        text = data[start:].replace(b"\r\n", b"\n")
        _, _, rest = text.partition(b"\n\n")
        signed, found, _ = rest.partition(b"\n" + _ARMOR)
        if not found:
            return None, "openpgp"
        lines = [line.removeprefix(b"- ") for line in signed.split(b"\n")]
        return b"\n".join(lines).strip(), "openpgp"
    envelope = _json(data)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("payload"), str):
        return None, "unreadable"
    import base64

    try:
        return base64.b64decode(envelope["payload"], validate=True), "dsse"
    except ValueError:
        return None, "dsse"


def _json(data: bytes) -> Any:
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _read_signed(payload: bytes) -> _Signed | None:
    said = _json(payload)
    if not isinstance(said, dict) or not isinstance(said.get("objects"), list):
        return None
    objects = said["objects"]
    if not all(isinstance(one, dict) and type(one.get("relativeId")) is int for one in objects):
        return None
    header = said.get("header")
    return _Signed(header.get("digest") if isinstance(header, dict) else None, objects)


def _compared(
    sif: Sif, group: int, signed: _Signed, hashing: _Hashing
) -> tuple[tuple[SignedDifference, ...], tuple[int, ...]]:
    members = {one.id: one for one in sif.objects if one.group == group and one.kind != SIGNATURE}
    first = min(members, default=0)
    differences: list[SignedDifference] = []
    unhashed: list[int] = []
    fits = _fits(signed.header, lambda algorithm: _hash_of(sif.head, algorithm))
    if fits is False:
        differences.append(SignedDifference("header"))
    said = {first + one["relativeId"]: one for one in signed.objects}
    differences += [SignedDifference("added", number) for number in sorted(members.keys() - said.keys())]
    differences += [SignedDifference("removed", number) for number in sorted(said.keys() - members.keys())]
    for number in sorted(members.keys() & said.keys()):
        one, digests = members[number], said[number]
        covered = _covered(one, number - first)
        described = _fits(
            digests.get("descriptorDigest"), lambda algorithm, text=covered: _hash_of(text, algorithm)
        )
        same = _fits(digests.get("objectDigest"), lambda algorithm, member=one: hashing.of(member, algorithm))
        if described is False:
            differences.append(SignedDifference("descriptor", number))
        if same is False:
            differences.append(SignedDifference("object", number))
        if described is None or same is None:
            unhashed.append(number)
    return tuple(differences), tuple(unhashed)


def _covered(one: Object, relative: int) -> bytes:
    """The bytes of a descriptor that are signed: neither its group nor where its data lie."""
    return _COVERED.pack(
        one.kind, True, relative, one.link, one.size, one.created, one.uid, one.gid, one.raw_name, one.extra
    )


def _hash_of(text: bytes, algorithm: str) -> bytes | None:
    hashed = _new(algorithm)
    hashed.update(text)
    made: bytes = hashed.digest()
    return made


def _fits(said: Any, make: Any) -> bool | None:
    """Whether a digest as `sha256:HEX` is the one that `make` gives.

    None where it cannot be told: a hash that nothing here knows, or too much to read.
    """
    if not isinstance(said, str):
        return False
    algorithm, _, digits = said.partition(":")
    if algorithm not in _HASHES:
        return None
    try:
        made = make(algorithm)
    except ValueError:  # the cryptographic library of this machine knows no such hash
        return None
    return None if made is None else bool(made.hex() == digits)


def _legacy(sif: Sif, one: Object, payload: bytes, hashing: _Hashing, blank: Signature) -> Signature:
    """A signature of before Singularity 3.6: one hash over the data of an object, or of a group's objects."""
    digits = payload.removeprefix(b"SIFHASH:").strip().decode("latin-1").lower()
    algorithm = _LEGACY_HASHES.get(int.from_bytes(one.extra[:4], "little", signed=True))
    meant = tuple(
        each
        for each in sif.objects
        if each.kind != SIGNATURE and (each.group == blank.group if blank.group else each.id == blank.object)
    )
    if algorithm is None or not meant:
        return blank._replace(differences=(SignedDifference("unreadable", one.id),))
    made = hashing.of_all(meant, algorithm)
    if made is None:
        return blank._replace(unhashed=tuple(each.id for each in meant))
    changed = tuple(SignedDifference("object", each.id) for each in meant) if made.hex() != digits else ()
    return blank._replace(differences=changed)
