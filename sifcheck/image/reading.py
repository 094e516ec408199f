"""Reads an image, whatever kind it is of."""

from __future__ import annotations

import os
import stat
from typing import Any

from sifcheck.base.source import Source
from sifcheck.base.text import error_text, size_text
from sifcheck.image.content import Content
from sifcheck.image.image import DEFINITION_MARK, Image, ImageProblem, Unknown
from sifcheck.image.metadata import Metadata, from_files, from_inspection
from sifcheck.image.oci import read_oci
from sifcheck.image.programs import programs_of, usual_architecture
from sifcheck.image.sif import (
    DEFINITION,
    FILESYSTEMS,
    JSON,
    OCI_INDEX,
    OVERLAY,
    PARTITION,
    SIGNATURE,
    SQUASHFS,
    Object,
    Sif,
    is_sif,
    part_of,
    read_sif,
)
from sifcheck.image.signing import MOST_SIGNATURES, groups_of, signatures_of
from sifcheck.image.squashfs import MAGIC, Squashfs, read_super_block

MOST_HASHED = 2 << 30
"""How many bytes of a signed image are read to compare them with the signature, if nobody says otherwise."""

LARGEST_DEFINITION = 4 << 20
LARGEST_INSPECTION = 32 << 20
# The runtimes look for squashfs behind a `#!` line, too.
_LONGEST_FIRST_LINE = 2048


def read_image(path: str, most_hashed: int = MOST_HASHED) -> Image | str:
    """The image in a file or folder, or in plain words why it cannot be read.  Nothing is raised."""
    try:
        if os.path.isdir(path):
            from sifcheck.image.sandbox import read_sandbox

            return read_sandbox(path, path + DEFINITION_MARK)
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        return error_text(error)
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            return "it is neither a file nor a folder"
        return image_in(path, Content(file), stat.S_IMODE(about.st_mode), most_hashed)
    finally:
        os.close(file)


def image_in(path: str, content: Content, mode: int | None = None, most_hashed: int = MOST_HASHED) -> Image:
    """The image in the bytes of a file."""
    blank = Image(path, "squashfs", bytes=content.size, mode=mode)
    head = content.read(0, _LONGEST_FIRST_LINE)
    if is_sif(head):
        image = _sif_image(blank, content, most_hashed)
    else:
        start = head.find(b"\n") + 1 if head.startswith(b"#!") else 0
        image = _squashfs_image(blank, content.part(start, content.size))
        image = _with_metadata(image, Metadata())
    if content.fault:
        fault = ImageProblem("fault", f"the disk does not give all of it: {content.fault}")
        image = image._replace(problems=(*image.problems, fault))
    return image


def _sif_image(blank: Image, content: Content, most_hashed: int) -> Image:
    sif = read_sif(content)
    image = blank._replace(
        kind="oci-sif" if sif.of_kind(OCI_INDEX) else "sif",
        header_architecture=sif.architecture,
        overlay=any(one.role == OVERLAY for one in sif.of_kind(PARTITION)),
        groups=groups_of(sif),
        signatures=signatures_of(sif, content, most_hashed),
        problems=sif.problems,
    )
    if any(one.unhashed for one in image.signatures):
        size = size_text(most_hashed)
        words = (
            f"not all of its data were compared with the signature: more than {size}, or a hash unknown here"
        )
        image = image._replace(left_out=(*image.left_out, words))
    if len(sif.of_kind(SIGNATURE)) > MOST_SIGNATURES:
        words = f"only the first {MOST_SIGNATURES} signatures were looked at"
        image = image._replace(left_out=(*image.left_out, words))
    if image.kind == "oci-sif":
        return _oci_image(image, sif, content)
    return _with_metadata(_system_image(image, sif, content), _said(sif, content))


def _system_image(image: Image, sif: Sif, content: Content) -> Image:
    """What the primary system partition says."""
    primary = sif.primary
    if primary is None:
        empty = () if sif.problems else (ImageProblem("empty", "there is no system partition to run from"),)
        return image._replace(problems=(*image.problems, *empty))
    image = image._replace(
        architecture=primary.architecture,
        filesystem=FILESYSTEMS.get(primary.filesystem, f"file system {primary.filesystem}"),
        compressed_bytes=primary.size,
    )
    if primary.filesystem == SQUASHFS:
        return _squashfs_image(image, part_of(content, primary))
    unread = Unknown(f"its file system ({image.filesystem}) was not read")
    return image._replace(
        unpacked_bytes=unread, unpacked_files=unread, files=unread, left_out=(*image.left_out, unread.why)
    )


def _oci_image(image: Image, sif: Sif, content: Content) -> Image:
    oci = read_oci(sif, content)
    unread = Unknown("the layers of an OCI-SIF are not put together")
    sums = []
    # Layers that lie over each other could be made to be read a thousand times.
    for layer in () if sif.problems else oci.layers:
        part = part_of(content, layer)
        block = read_super_block(part)
        sums.append(Unknown(block) if isinstance(block, str) else Squashfs(part, block).sums())
    total: dict[str, Any] = {"unpacked_bytes": unread, "unpacked_files": unread}
    known = [one for one in sums if not isinstance(one, Unknown)]
    if known and len(known) == len(sums):
        total = {
            "unpacked_bytes": sum(one.bytes for one in known),
            "unpacked_files": sum(one.inodes for one in known),
        }
    return image._replace(
        architecture=oci.architecture,
        filesystem="squashfs" if oci.layers else None,
        compressed_bytes=sum(layer.size for layer in oci.layers),
        labels=oci.labels,
        files=unread,
        left_out=(*image.left_out, unread.why),
        **total,
    )


def _squashfs_image(image: Image, content: Content) -> Image:
    """What the file system in some content says, its names and sizes as far as they can be read."""
    if image.filesystem is None and content.read(0, 4) != MAGIC:
        neither = ImageProblem("layout", "it is neither a SIF file nor squashfs")
        return image._replace(problems=(*image.problems, neither))
    block = read_super_block(content)
    if isinstance(block, str):
        told = any(problem.kind == "short" for problem in image.problems)
        found = () if told else (ImageProblem("content", block),)
        return image._replace(filesystem="squashfs", problems=(*image.problems, *found))
    system = Squashfs(content, block)
    image = image._replace(filesystem="squashfs", compression=block.compression, compressed_bytes=block.bytes)
    if system.unreadable:
        why = Unknown(system.unreadable)
        words = f"the names and sizes of its files were not read: {system.unreadable}"
        return image._replace(
            unpacked_bytes=why,
            unpacked_files=block.inodes,
            files=why,
            left_out=(*image.left_out, words),
        )
    return _with_metadata(_with_files(image, system), from_files(system.files(), system.read))


def _with_files(image: Image, system: Squashfs) -> Image:
    """The image with what lies in its file system."""
    sums, files = system.sums(), system.files()
    programs = programs_of(files, system.read)
    faults = [sums.why] if isinstance(sums, Unknown) else []
    faults += [system.fault] if system.fault else []
    told = any(problem.kind == "short" for problem in image.problems)
    problems = () if told else tuple(ImageProblem("content", words) for words in dict.fromkeys(faults))
    cut = not isinstance(files, Unknown) and not files.complete and not system.fault
    return image._replace(
        architecture=image.architecture or usual_architecture(files, programs),
        unpacked_bytes=sums if isinstance(sums, Unknown) else sums.bytes,
        unpacked_files=sums if isinstance(sums, Unknown) else sums.inodes,
        files=files,
        programs=programs,
        problems=(*image.problems, *problems),
        left_out=(*image.left_out, *(["not all of its files were looked at"] if cut else [])),
    )


def _said(sif: Sif, content: Content) -> Metadata:
    """What the objects of a SIF say of it: the definition file, and since Singularity 3.7 all that `inspect` shows."""
    said = None
    for one in sif.of_kind(JSON):
        if one.name == "inspect-metadata.json":
            said = from_inspection(part_of(content, one).read(0, LARGEST_INSPECTION))
            break
    definition = _definition(sif.of_kind(DEFINITION), content)
    said = said or Metadata()
    return said._replace(definition=definition or said.definition)


def _definition(objects: tuple[Object, ...], content: Content) -> bytes | None:
    for one in objects:
        text = part_of(content, one).read(0, LARGEST_DEFINITION)
        # Not every writer fills it: some leave zeros.
        if text.strip(b"\0 \t\r\n"):
            return text.rstrip(b"\0")
    return None


def _with_metadata(image: Image, metadata: Metadata) -> Image:
    """The image with what was said of it put over what is known already."""
    definition = image.definition
    if metadata.definition is not None:
        definition = Source(image.path + DEFINITION_MARK, metadata.definition)
    return image._replace(
        definition=definition,
        labels=metadata.labels or image.labels,
        environment=metadata.environment or image.environment,
        scripts=metadata.scripts or image.scripts,
    )
