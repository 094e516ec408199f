"""What an image is and holds: the model that readers of SIF files, squashfs files and sandbox folders fill.

Facts only.  What is wrong with the file is a `Problem` of the model, what was not read is in `left_out`; a fact that could
not be learnt is `Unknown`, None is a fact: there is no such thing.  Architectures are the kernel's names (x86_64,
aarch64).  Everything here comes from files of others: text is to be shown with care, and nothing is ever run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.source import Source, Span, decode
from sifcheck.base.startup import NamedTuple, pattern

__all__ = [
    "Files",
    "Image",
    "ImageEntry",
    "ImageKind",
    "ImageProblem",
    "Outcome",
    "Signature",
    "SignedDifference",
    "SignedGroup",
    "Unknown",
    "known",
]

ImageKind = Literal["sif", "oci-sif", "squashfs", "sandbox"]
EntryKind = Literal["file", "folder", "link", "device", "other"]

DEFINITION_MARK = "!definition"
"""What follows an image's path in the name of the definition file that it holds: `tool.sif!definition`."""


class ImageProblem(NamedTuple):
    """Something in the file that makes no sense.

    `kind` is "short" (the file ends too early), "layout" (header, table or object contradict the format), "content" (the
    file system cannot be read), "empty" (no file system to run from) or "fault" (the disk).  `words` say what.
    """

    kind: str
    words: str


class SignedDifference(NamedTuple):
    """Where an image is not what was signed.

    `what` is "header", "descriptor" or "object" (changed), "added" (not among what was signed), "removed" (signed, and not
    there any more) or "unreadable" (the signature itself).  `id` is the object's number, 0 for the header.
    """

    what: str
    id: int = 0


class Signature(NamedTuple):
    """A signature in the file, as far as it can be judged without keys.

    It stands for the group or the object of that number (the other is 0).  `form` is openpgp, dsse, legacy (before
    Singularity 3.6: the data alone are covered) or unreadable.  `fingerprint` is the primary key's, 40 capitals, as the
    file claims; None where it names no key.  `differences` are empty where all hashes fit; objects in `unhashed` were not
    compared.
    """

    id: int
    group: int
    object: int
    form: str
    fingerprint: str | None = None
    differences: tuple[SignedDifference, ...] = ()
    unhashed: tuple[int, ...] = ()


class SignedGroup(NamedTuple):
    """A group of objects, which is what a signature covers; signed or not."""

    id: int
    objects: tuple[int, ...]


class ImageEntry(NamedTuple):
    """A file in the image.  `path` begins with a slash; `mode` as chmod has it; `target` is a link's, else "".

    `size` is in bytes, 0 for what is no file.
    """

    path: str
    kind: EntryKind
    mode: int
    size: int = 0
    target: str = ""


class Files:
    """What lies in the image.  `complete` is false where there is more than was read."""

    __slots__ = ("_by_path", "complete", "entries")

    def __init__(self, entries: Iterable[ImageEntry], complete: bool = True) -> None:
        self.entries = tuple(entries)
        self.complete = complete
        self._by_path: dict[str, ImageEntry] | None = None

    def __repr__(self) -> str:
        return f"<Files {len(self.entries)}{'' if self.complete else ' and more'}>"

    def at(self, path: str) -> ImageEntry | None:
        """The entry of just that path, links not followed."""
        if self._by_path is None:
            self._by_path = {entry.path: entry for entry in self.entries}
        return self._by_path.get(path)

    def find(self, path: str) -> ImageEntry | None:
        """What a program in the container finds at a path, links followed; None where there is nothing."""
        waiting = path.split("/")[::-1]
        done: list[str] = []
        links = 0
        found: ImageEntry | None = ImageEntry("/", "folder", 0o755)
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                found = self.at("/" + "/".join(done)) if done else ImageEntry("/", "folder", 0o755)
                continue
            found = self.at("/" + "/".join([*done, part]))
            if found is None:
                return None
            if found.kind == "link":
                links += 1
                if links > 40:
                    return None
                done = [] if found.target.startswith("/") else done
                waiting += found.target.split("/")[::-1]
            else:
                done.append(part)
        return found


class Image(NamedTuple):
    """An image: what its file says, what it holds, and what is wrong with it.

    `bytes` is the size of the file, None for a sandbox; `mode` the permissions of the file or folder.  `architecture`
    is what the runtime goes by: that of the system partition, of an OCI-SIF's configuration, of programs in a sandbox or
    a bare squashfs.  `header_architecture` is what the head of a SIF claims (None where it says nothing or is none).

    `filesystem` is squashfs, ext3, archive, raw, "encrypted squashfs" (dm-crypt) or "gocryptfs squashfs"; None where there
    is no system partition, and for a sandbox.  `compression` is squashfs's (gzip, xz, zstd, ...).  `compressed_bytes` is
    what the file system takes in the file, `unpacked_bytes` what its files take unpacked, hard links counted once;
    `unpacked_files` are inodes.  `overlay` is whether the file holds a writable layer.

    `definition` is the definition file inside, with a path of its own.  `labels`, `environment` (by file name) and
    `scripts` (runscript, startscript, test, helpfile) as `inspect` shows them.  `verified` is what the runtime's `verify`
    said where it was asked.  `programs` are the architectures of programs and libraries of a sample of the folders where
    such lie.  `left_out` says in words what was not read, and why.
    """

    path: str
    kind: ImageKind
    bytes: int | None = None
    mode: int | None = None
    architecture: str | None = None
    header_architecture: str | None = None
    filesystem: str | None = None
    compression: str | None = None
    compressed_bytes: int | None = None
    unpacked_bytes: int | Unknown = Unknown("not read")
    unpacked_files: int | Unknown = Unknown("not read")
    overlay: bool = False
    definition: Source | None = None
    labels: Mapping[str, str] = {}
    environment: Mapping[str, str] = {}
    scripts: Mapping[str, str] = {}
    groups: tuple[SignedGroup, ...] = ()
    signatures: tuple[Signature, ...] = ()
    verified: Outcome | Unknown = Unknown("the runtime was not asked")
    files: Files | Unknown = Unknown("not read")
    programs: Mapping[str, str] = {}
    problems: tuple[ImageProblem, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """Where findings about the image stand: at its beginning, it is no text."""
        return Span(0, 0)

    @property
    def origin(self) -> tuple[str, str] | None:
        """Agent and source of a conversion: what the runtime wrote in place of a definition file; None for a real one."""
        return origin_of(self.definition) if self.definition is not None else None

    def signatures_of(self, group: SignedGroup) -> tuple[Signature, ...]:
        """The signatures that cover a group or one of its objects."""
        return tuple(
            one
            for one in self.signatures
            if one.group == group.id or (one.object and one.object in group.objects)
        )


_GENERATED = pattern(rb"\s*bootstrap:[ \t]*([^\s]+)[ \t]*\nfrom:[ \t]*([^\n]*?)[ \t]*\n*")


def origin_of(definition: Source) -> tuple[str, str] | None:
    """What the two-line definition that a conversion leaves says: the runtimes write its keys in small letters."""
    if len(definition.data) > 10_000:
        return None
    match = _GENERATED.fullmatch(definition.data)
    return (decode(match[1]), decode(match[2])) if match else None
