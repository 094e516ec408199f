"""Makes SIF and squashfs bytes by hand, so that every part of them can be wrong."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

GROUP = 0xF0000000
DEFINITION, PARTITION, SIGNATURE, JSON, INDEX, BLOB = 0x4001, 0x4004, 0x4005, 0x4006, 0x400A, 0x400B


class Made(NamedTuple):
    """An object to be put into a file."""

    kind: int
    data: bytes
    group: int = 1
    link: int = 0
    name: str = ""
    extra: bytes = b""
    id: int = 0
    used: bool = True
    offset: int | None = None
    size: int | None = None


def partition(data: bytes, code: bytes = b"02\0", filesystem: int = 1, role: int = 2, **more: int) -> Made:
    """A partition, by default the primary one for x86_64."""
    return Made(PARTITION, data, extra=struct.pack("<ii", filesystem, role) + code, **more)  # type: ignore[arg-type]


def sif(
    objects: Sequence[Made],
    *,
    code: bytes = b"02\0",
    version: bytes = b"01\0",
    magic: bytes = b"SIF_MAGIC\0",
    total: int | None = None,
    table: int = 4096,
    table_size: int | None = None,
) -> bytes:
    """A file with these objects, one after the other."""
    places = total if total is not None else max(len(objects), 4)
    at = table + 585 * max(len(objects), 4)
    rows, parts = b"", b""
    for number, one in enumerate(objects, 1):
        start = at if one.offset is None else one.offset
        size = len(one.data) if one.size is None else one.size
        group = GROUP | one.group
        rows += struct.pack(
            "<i?IIIqqqqqqq128s384s",
            *(one.kind, one.used, one.id or number, group, one.link, start, size, size, 0, 0, 0, 0),
            *(one.name.encode(), one.extra),
        )
        at += len(one.data)
        parts += one.data
    header = struct.pack(
        "<32s10s3s3s16s8q",
        *(b"#!/usr/bin/env run-singularity\n", magic, version, code, bytes(16), 0, 0),
        *(places - len(objects), places, table, places * 585 if table_size is None else table_size),
        *(table + 585 * max(len(objects), 4), len(parts)),
    )
    return header.ljust(table, b"\0") + rows.ljust(585 * max(len(objects), 4), b"\0") + parts


def metadata(data: bytes, compressed: bool = True) -> bytes:
    """A block of metadata as squashfs stores it."""
    stored = zlib.compress(data) if compressed else data
    return struct.pack("<H", len(stored) | (0 if compressed else 0x8000)) + stored


def squashfs(compressed: bool = True, inodes: int = 3, root_size: int | None = None) -> bytes:
    """A file system with /bin/sh (a link to busybox) and /bin/busybox of 30 bytes: by hand, without any tool.

    The inodes are the file, the link, the folder /bin and the root.
    """
    program = b"\x7fELF\x02\x01\x01" + bytes(11) + (62).to_bytes(2, "little") + bytes(10)
    start = 96
    common = struct.Struct("<HHHHII")
    parts = [
        common.pack(2, 0o755, 0, 0, 0, 1) + struct.pack("<IIIII", start, 0xFFFFFFFF, 0, 30, 30 | 0x1000000),
        common.pack(3, 0o777, 0, 0, 0, 2) + struct.pack("<II", 1, 7) + b"busybox",
    ]
    at = [0, len(parts[0])]
    listing = struct.pack("<III", 1, 0, 1)
    listing += struct.pack("<HhHH", at[0], 0, 2, 6) + b"busybox"
    listing += struct.pack("<HhHH", at[1], 1, 3, 1) + b"sh"
    at.append(at[1] + len(parts[1]))
    parts.append(common.pack(1, 0o755, 0, 0, 0, 3) + struct.pack("<IIHHI", 0, 2, len(listing) + 3, 0, 4))
    at.append(at[2] + len(parts[2]))
    rooted = struct.pack("<III", 0, 0, 3) + struct.pack("<HhHH", at[2], 0, 1, 2) + b"bin"
    size = len(rooted) + 3 if root_size is None else root_size
    parts.append(common.pack(1, 0o755, 0, 0, 0, 4) + struct.pack("<IIHHI", 0, 3, size, len(listing), 5))
    table = metadata(b"".join(parts), compressed)
    folders = metadata(listing + rooted, compressed)
    inode_table = start + len(program)
    folder_table = inode_table + len(table)
    end = folder_table + len(folders)
    ids = metadata(bytes(4), compressed)
    total = end + len(ids) + 8
    none = 0xFFFFFFFFFFFFFFFF
    head = struct.pack(
        "<5I6H8Q",
        *(0x73717368, inodes + 1, 0, 131072, 0, 1, 17, 0, 1, 4, 0),
        *(at[3], total, end + len(ids), none, inode_table, folder_table, none, none),
    )
    return head + program + table + folders + ids + struct.pack("<Q", end)
