"""Which processors the programs in an image are made for: a sample of the folders where programs lie."""

from __future__ import annotations

from collections.abc import Mapping

from sifcheck.image.architecture import ELF_SIZE, of_program
from sifcheck.image.image import Files, ImageEntry, Unknown
from sifcheck.image.metadata import Read

SAMPLE = 120

# The programs that a system has, whatever else it holds.
_SYSTEM = ("/bin/sh", "/bin/busybox", "/usr/bin/env", "/bin/ls", "/usr/bin/bash", "/usr/sbin/ldconfig")

_FOLDERS = ("/opt/", "/usr/local/", "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")


def programs_of(files: Files | Unknown, read: Read) -> dict[str, str]:
    """The architectures of a sample of the programs and libraries, by path: all of them where they are few.

    Those below /opt and /usr/local, which a build brought, come first.
    """
    if isinstance(files, Unknown):
        return {}
    wanted = [entry for entry in files.entries if _is_program(entry)]
    brought = [entry.path for entry in wanted if entry.path.startswith(_FOLDERS[:2])]
    system = [entry.path for entry in wanted if not entry.path.startswith(_FOLDERS[:2])]
    chosen = [*_spread(brought, SAMPLE * 2 // 3), *_spread(system, SAMPLE // 3)]
    known = (files.find(path) for path in _SYSTEM)
    chosen += [entry.path for entry in known if entry is not None and entry.kind == "file"]
    found = {}
    for path in dict.fromkeys(chosen):
        architecture = of_program(read(path, ELF_SIZE) or b"")
        if architecture is not None:
            found[path] = architecture
    return found


def usual_architecture(files: Files | Unknown, programs: Mapping[str, str]) -> str | None:
    """What the programs of a system are made for: its shell, else most of what was looked at; None without any."""
    if isinstance(files, Files):
        for path in _SYSTEM:
            entry = files.find(path)
            if entry is not None and entry.path in programs:
                return programs[entry.path]
    counts: dict[str, int] = {}
    for architecture in programs.values():
        counts[architecture] = counts.get(architecture, 0) + 1
    return max(counts, key=lambda name: counts[name], default=None)


def _is_program(entry: ImageEntry) -> bool:
    if entry.kind != "file" or entry.size < ELF_SIZE:
        return False
    folder, _, name = entry.path.rpartition("/")
    if not entry.path.startswith(_FOLDERS) and not folder.endswith(("/bin", "/sbin")):
        return False
    return bool(entry.mode & 0o111) or ".so" in name


def _spread(paths: list[str], most: int) -> list[str]:
    """So many of the paths, from all over the list."""
    if len(paths) <= most:
        return paths
    return [paths[number * len(paths) // most] for number in range(most)]
