"""Uncompresses the blocks of a squashfs file system, each to no more than it may hold.

gzip, xz and lzma are in the standard library; zstd (before Python 3.14) and lz4 take a package, and are left out without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sifcheck.base.facts import Unknown

Uncompress = Callable[[bytes, int], bytes]


def uncompressor(name: str) -> Uncompress | Unknown:
    """A function that uncompresses one block to no more than so many bytes; Unknown where nothing here can."""
    if name == "gzip":
        import zlib

        return lambda stored, most: zlib.decompressobj().decompress(stored, most)
    if name in ("xz", "lzma"):
        import lzma

        form = lzma.FORMAT_XZ if name == "xz" else lzma.FORMAT_ALONE

        def unpack(stored: bytes, most: int) -> bytes:
            return lzma.LZMADecompressor(form, memlimit=64 << 20).decompress(stored, most)

        return unpack
    found = {"zstd": _zstd, "lz4": _lz4}.get(name, lambda: None)()
    return found or Unknown(f"nothing here uncompresses {name}")


# Packages that nobody need install: where one is there, it is used.
_ZSTD = ("compression.zstd", "backports.zstd", "pyzstd", "zstandard")
_LZ4 = ("lz4.block",)


def _zstd() -> Uncompress | None:
    found = _first(_ZSTD)
    if found is None:
        return None
    if hasattr(
        found, "ZstdCompressionDict"
    ):  # zstandard, whose plain call trusts the size that the block claims
        return lambda stored, most: bytes(found.ZstdDecompressor().stream_reader(stored).read(most))
    return lambda stored, most: bytes(found.ZstdDecompressor().decompress(stored, most))


def _lz4() -> Uncompress | None:
    found = _first(_LZ4)
    if found is None:
        return None
    return lambda stored, most: bytes(found.decompress(stored, uncompressed_size=most))


def _first(names: tuple[str, ...]) -> Any:
    """The first of some modules that is installed, None without any."""
    from importlib import import_module

    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None
