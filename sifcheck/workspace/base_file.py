"""What the file is that `Bootstrap: localimage` starts from: the processor it is for, and whether a runtime takes it."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple
from sifcheck.image.content import Content
from sifcheck.image.sif import HEADER, architecture_of, is_sif, read_sif
from sifcheck.image.squashfs import MAGIC

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
    EOF", or unsquashfs fails.
    """
    head = content.read(0, max(HEADER.size, 4096))
    if not content.size:
        return BaseFile(None, "it is empty")
    if content.fault:
        return BaseFile(None, "")
    if is_sif(head):
        short = next((problem for problem in read_sif(content).problems if problem.kind == "short"), None)
        return BaseFile(architecture_of(head), f"it was cut off: {short.words}" if short is not None else "")
    start = head.find(b"\n") + 1 if head.startswith(b"#!") else 0
    if head[start : start + len(MAGIC)] == MAGIC and content.size - start >= _SUPER_BLOCK:
        return BaseFile(None, "")
    if head[start + _EXT3_AT : start + _EXT3_AT + 2] == _EXT3_MAGIC:
        return BaseFile(None, "")
    return BaseFile(None, "it is no SIF, squashfs or ext3 image")
