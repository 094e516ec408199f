"""What the file is that `Bootstrap: localimage` starts from: the processor it is for, and whether a runtime takes it."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple
from sifcheck.image.content import Content
from sifcheck.image.sif import HEADER, SQUASHFS, architecture_of, is_sif, part_of, read_sif
from sifcheck.image.squashfs import MAGIC, read_super_block

__all__ = ["BaseFile", "look_at_base"]

_SUPER_BLOCK = 96
_EXT3_MAGIC, _EXT3_AT = b"\x53\xef", 1080


class BaseFile(NamedTuple):
    """`fault` says why it is no image, or not a whole one; "" where nothing speaks against it."""

    architecture: str | None
    fault: str


def look_at_base(content: Content) -> BaseFile:
    """What the beginning of a file says.  SIF, squashfs and ext3 are taken, the last two behind a line with `#!` too.

    Measured with Apptainer 1.4.5: "image format not recognized"; of a SIF that was cut off "reading descriptors: unexpected
    EOF", or unsquashfs fails.  The last partition is padded: without some of the padding it builds.
    """
    head = content.read(0, max(HEADER.size, 4096))
    if not content.size:
        return BaseFile(None, "it is empty")
    if content.fault:
        return BaseFile(None, "")
    if is_sif(head):
        missing = _missing_of_sif(content)
        return BaseFile(architecture_of(head), f"it was cut off: {missing}" if missing else "")
    start = head.find(b"\n") + 1 if head.startswith(b"#!") else 0
    if head[start : start + len(MAGIC)] == MAGIC and content.size - start >= _SUPER_BLOCK:
        return BaseFile(None, "")
    if head[start + _EXT3_AT : start + _EXT3_AT + 2] == _EXT3_MAGIC:
        return BaseFile(None, "")
    return BaseFile(None, "it is no SIF, squashfs or ext3 image")


def _missing_of_sif(content: Content) -> str:
    """What a SIF lacks of that which a build reads, in words; "" where nothing is missing."""
    sif = read_sif(content)
    short = next((problem for problem in sif.problems if problem.kind == "short"), None)
    primary = sif.primary
    if short is None or primary is None or primary.filesystem != SQUASHFS:
        return short.words if short is not None else ""
    return short.words if isinstance(read_super_block(part_of(content, primary)), str) else ""
