"""What a runtime says of itself: its family and version from the line that `--version` prints."""

from __future__ import annotations

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple, pattern

__all__ = ["RuntimeVersion", "parse_runtime_version", "parse_version"]

_LINE = pattern(r"^\s*(apptainer|singularity(?:-ce|-pro|pro)?)(?:\s+version)?\s+v?(\d\S*)", 2)
_NUMBERS = pattern(r"v?(\d{1,9}(?:\.\d{1,9})*)(?:-(\d{1,9})(?![0-9A-Za-z]))?")


class RuntimeVersion(NamedTuple):
    """The family (apptainer, singularity-ce, singularity-pro, singularity) and the numbers of the version."""

    family: str
    version: tuple[int, ...]


def parse_runtime_version(text: str) -> RuntimeVersion | Unknown:
    """From "apptainer version 1.4.5", "singularity-ce version 4.1.2-bionic", "singularity-pro version 3.11-7.el8".

    A line before it (a warning, a module's greeting) does not matter.
    """
    for line in text.splitlines():
        if found := _LINE.match(line):
            family = found[1].lower().replace("singularitypro", "singularity-pro")
            version = parse_version(found[2], release=family == "singularity-pro")
            if version:
                return RuntimeVersion(family, version)
    return Unknown("its version could not be read")


def parse_version(text: str, *, release: bool = False) -> tuple[int, ...]:
    """The numbers of a version, () without any.  With `release` the one after a dash too: so PRO numbers its patches."""
    found = _NUMBERS.match(text)
    if not found:
        return ()
    numbers = tuple(map(int, found[1].split(".")))
    return (*numbers, int(found[2])) if release and found[2] else numbers
