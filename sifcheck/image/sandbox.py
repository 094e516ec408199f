"""Reads a sandbox: a folder that holds an unpacked image.

It is somebody else's tree.  Links are followed as they are in the container, never out of it; nothing but regular files
is opened; and it is looked at no longer than a limit of entries and of time allows.
"""

from __future__ import annotations

import os
import stat
import time

from sifcheck.base.source import Source
from sifcheck.base.text import error_text
from sifcheck.image.image import Files, Image, ImageEntry, ImageProblem, Unknown
from sifcheck.image.metadata import from_files
from sifcheck.image.programs import programs_of, usual_architecture

MOST_ENTRIES = 100_000
MOST_SECONDS = 5.0
MOST_LINKS = 40
_MOUNTED = ("/proc", "/sys", "/dev")
# Any unpacked tree is run and built from, as debootstrap or umoci make it; the runtime adds its own folder where it builds
# (Apptainer 1.4.5, measured; an empty folder is built from too, and then nothing can be run).
_OF_A_TREE = (".singularity.d", "bin", "usr", "sbin", "opt", "lib", "lib64", "nix")


def read_sandbox(path: str, definition_path: str) -> Image | str:
    """The image in a folder, or in words why it cannot be read."""
    try:
        about = os.stat(path)
        with os.scandir(path):
            pass
    except OSError as error:
        return error_text(error)
    tree = _Tree(path)
    files = tree.files(stat.S_IMODE(about.st_mode))
    metadata = from_files(files, tree.read)
    programs = programs_of(files, tree.read)
    problems = []
    if not any(os.path.isdir(os.path.join(path, folder)) for folder in _OF_A_TREE):
        problems.append(ImageProblem("empty", "there are no programs in it"))
    return Image(
        path,
        "sandbox",
        mode=stat.S_IMODE(about.st_mode),
        architecture=usual_architecture(files, programs),
        unpacked_bytes=tree.bytes if files.complete else Unknown(tree.why_incomplete),
        unpacked_files=len(tree.inodes) + 1 if files.complete else Unknown(tree.why_incomplete),
        definition=Source(definition_path, metadata.definition) if metadata.definition is not None else None,
        labels=metadata.labels,
        environment=metadata.environment,
        scripts=metadata.scripts,
        files=files,
        programs=programs,
        problems=tuple(problems),
        left_out=tuple(tree.refused[:3]) or (() if files.complete else (tree.why_incomplete,)),
    )


class _Tree:
    """The folder, and what was learnt on the way through it; hard links are counted once."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.bytes = 0
        self.inodes: set[tuple[int, int]] = set()
        self.refused: list[str] = []
        self.why_incomplete = ""

    def files(self, mode: int) -> Files:
        """What lies in it, as far as the limits allow."""
        entries = [ImageEntry("/", "folder", mode)]
        waiting = [""]
        end = time.monotonic() + MOST_SECONDS
        while waiting:
            folder = waiting.pop()
            if len(entries) >= MOST_ENTRIES or time.monotonic() > end:
                self.why_incomplete = f"only {len(entries)} of its files were looked at: there are more"
                return Files(entries, False)
            try:
                with os.scandir(self.root + folder) as listing:
                    inside = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                self.refused.append(
                    f"the folder {folder or '/'} cannot be read: {(error.strerror or '').lower()}"
                )
                self.why_incomplete = "some of its folders cannot be read"
                continue
            for found in inside:
                entry = self._entry(found, f"{folder}/{found.name}")
                if entry is None:
                    continue
                entries.append(entry)
                if entry.kind == "folder" and entry.path not in _MOUNTED:
                    waiting.append(entry.path)
        return Files(entries, not self.why_incomplete)

    def _entry(self, found: os.DirEntry[str], path: str) -> ImageEntry | None:
        try:
            about = found.stat(follow_symlinks=False)
            mode = about.st_mode
            target = os.readlink(self.root + path) if stat.S_ISLNK(mode) else ""
        except OSError:
            return None
        first = (about.st_dev, about.st_ino) not in self.inodes
        self.inodes.add((about.st_dev, about.st_ino))
        if stat.S_ISREG(mode):
            self.bytes += about.st_size if first else 0
            return ImageEntry(path, "file", stat.S_IMODE(mode), about.st_size)
        if stat.S_ISDIR(mode):
            return ImageEntry(path, "folder", stat.S_IMODE(mode))
        if stat.S_ISLNK(mode):
            return ImageEntry(path, "link", stat.S_IMODE(mode), 0, target)
        device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
        return ImageEntry(path, "device" if device else "other", stat.S_IMODE(mode))

    def read(self, path: str, most: int) -> bytes | None:
        """The first bytes of a regular file, found as a program in the container would find it."""
        place = self._place(path)
        if place is None:
            return None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NOCTTY
        try:
            file = os.open(place, flags)
        except OSError:
            return None
        try:
            return os.read(file, most) if stat.S_ISREG(os.fstat(file).st_mode) else None
        except OSError:
            return None
        finally:
            os.close(file)

    def _place(self, path: str) -> str | None:
        """Where a path of the container lies here, its links followed inside of the sandbox."""
        waiting = path.split("/")[::-1]
        done: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            try:
                target = os.readlink(os.path.join(self.root, *done, part))
            except OSError:  # no link, or not there
                done.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                return None
            done = [] if target.startswith("/") else done
            waiting += target.split("/")[::-1]
        return os.path.join(self.root, *done)
