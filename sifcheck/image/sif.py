"""Reads the SIF format: its header, its objects, and what contradicts it.

Source: the format as sylabs/sif and apptainer/sif 2.24 write it, both of which are read alike; the one difference is the
code of a file system that only Apptainer knows (gocryptfs).  Sizes and positions are those of a file of somebody else's:
each is held against the file's length before anything is read, and no read is larger than its limit.
"""

from __future__ import annotations

import struct

from sifcheck.base.startup import NamedTuple
from sifcheck.image.architecture import of_code
from sifcheck.image.content import Content
from sifcheck.image.image import ImageProblem

MAGIC = b"SIF_MAGIC\0"
HEADER = struct.Struct("<32s10s3s3s16s8q")
DESCRIPTOR = struct.Struct("<i?IIIqqqqqqq128s384s")
GROUP_BITS = 0xF0000000

DEFINITION, LABELS, PARTITION, SIGNATURE, JSON = 0x4001, 0x4003, 0x4004, 0x4005, 0x4006
OCI_INDEX, OCI_BLOB = 0x400A, 0x400B

PRIMARY, OVERLAY = 2, 4
SQUASHFS = 1
FILESYSTEMS = {
    1: "squashfs",
    2: "ext3",
    3: "archive",
    4: "raw",
    5: "encrypted squashfs",
    6: "gocryptfs squashfs",
}

# A SIF has 48 places for objects unless somebody asked for more.
MOST_OBJECTS = 10_000


class Object(NamedTuple):
    """One object of the file: `kind` as in the format, `group` and `link` 0 for none, `extra` by the kind."""

    kind: int
    id: int
    group: int
    link: int
    offset: int
    size: int
    created: int
    uid: int
    gid: int
    raw_name: bytes
    extra: bytes

    @property
    def name(self) -> str:
        """Its name, as inspect-metadata.json."""
        return self.raw_name.split(b"\0", 1)[0].decode("utf-8", "replace")

    @property
    def filesystem(self) -> int:
        """Of a partition: the code of its file system."""
        return int.from_bytes(self.extra[:4], "little", signed=True)

    @property
    def role(self) -> int:
        """Of a partition: system, primary system, data or overlay."""
        return int.from_bytes(self.extra[4:8], "little", signed=True)

    @property
    def architecture(self) -> str | None:
        """Of a partition: the processor it is for."""
        return of_code(self.extra[8:11])

    @property
    def linked_group(self) -> int:
        """The group it is linked to, 0 where it is linked to none."""
        return self.link & ~GROUP_BITS if self.link & GROUP_BITS == GROUP_BITS else 0

    @property
    def linked_object(self) -> int:
        """The object it is linked to, 0 where it is linked to none."""
        return 0 if self.link & GROUP_BITS == GROUP_BITS else self.link


class Sif(NamedTuple):
    """The parts of a SIF file; `head` are the bytes of its header that signatures cover."""

    architecture: str | None
    head: bytes
    objects: tuple[Object, ...]
    problems: tuple[ImageProblem, ...]

    def of_kind(self, kind: int) -> tuple[Object, ...]:
        """The objects of a kind, in the order of their numbers."""
        return tuple(one for one in self.objects if one.kind == kind)

    @property
    def primary(self) -> Object | None:
        """The partition that a container runs from."""
        return next((one for one in self.of_kind(PARTITION) if one.role == PRIMARY), None)


def is_sif(head: bytes) -> bool:
    """Whether a file that begins so is a SIF image."""
    return head[32:41] == MAGIC[:9]


def architecture_of(head: bytes) -> str | None:
    """The processor that the beginning of a SIF file names; None for another file, and where it names none."""
    return of_code(head[45:48]) if is_sif(head) else None


def read_sif(content: Content) -> Sif:
    """The header and the objects.  What is wrong is among the problems; nothing is raised."""
    head = content.read(0, HEADER.size)
    if len(head) < HEADER.size:
        short = f"the file has {len(head)} bytes, less than the {HEADER.size} of a SIF header"
        return Sif(None, head, (), (ImageProblem("short", short),))
    launch, magic, version, code, uuid, *_, total, offset, size, _, _ = HEADER.unpack(head)
    if magic != MAGIC:
        return Sif(None, head, (), (ImageProblem("layout", "the magic word of the SIF header is damaged"),))
    architecture = of_code(code)
    covered = launch + magic + version + uuid
    if version != b"01\0":
        words = (
            f"the SIF version is {version.rstrip(bytes(1)).decode('latin-1')!r}, and runtimes know only '01'"
        )
        return Sif(architecture, covered, (), (ImageProblem("layout", words),))
    problems: list[ImageProblem] = []
    objects = _objects(content, total, offset, size, problems)
    problems += _misplaced(objects, content.size)
    return Sif(architecture, covered, objects, tuple(problems))


def _objects(
    content: Content, total: int, offset: int, size: int, problems: list[ImageProblem]
) -> tuple[Object, ...]:
    if total < 0 or offset < HEADER.size or size != total * DESCRIPTOR.size:
        words = f"the SIF header describes a table of {total} objects in {size} bytes at byte {offset}"
        problems.append(ImageProblem("layout", words))
        return ()
    if offset + size > content.size:
        words = f"the table of objects ends at byte {offset + size}, and the file at byte {content.size}"
        problems.append(ImageProblem("short", words))
    if total > MOST_OBJECTS:
        words = f"there is room for {total} objects; only the first {MOST_OBJECTS} were looked at"
        problems.append(ImageProblem("layout", words))
    table = content.read(offset, min(total, MOST_OBJECTS) * DESCRIPTOR.size)
    objects, met = [], set()
    whole = len(table) - len(table) % DESCRIPTOR.size
    for row in DESCRIPTOR.iter_unpack(table[:whole]):
        kind, used, number, group, link, start, length, _, created, _, uid, gid, name, extra = row
        if not used:
            continue
        if number in met:
            problems.append(ImageProblem("layout", f"there are two objects with the number {number}"))
            continue
        met.add(number)
        group = group & ~GROUP_BITS if group & GROUP_BITS == GROUP_BITS else group
        objects.append(Object(kind, number, group, link, start, length, created, uid, gid, name, extra))
    return tuple(objects)


def _misplaced(objects: tuple[Object, ...], size: int) -> list[ImageProblem]:
    problems = []
    end, before = 0, 0
    for one in sorted(objects, key=lambda each: (each.offset, each.id)):
        if one.offset < 0 or one.size < 0:
            problems.append(
                ImageProblem("layout", f"object {one.id} is said to have {one.size} bytes at {one.offset}")
            )
            continue
        if one.offset + one.size > size:
            words = f"object {one.id} ends at byte {one.offset + one.size}, and the file at byte {size}"
            problems.append(ImageProblem("short", words))
        if one.size and one.offset < end:
            problems.append(ImageProblem("layout", f"objects {before} and {one.id} lie over each other"))
        if one.size and one.offset + one.size > end:
            end, before = one.offset + one.size, one.id
    return problems


def part_of(content: Content, one: Object) -> Content:
    """The bytes of an object, as far as the file has them."""
    return content.part(one.offset, one.size)
