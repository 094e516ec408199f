"""The family of a base that no table knows, from its name, the package manager that the scripts call, and their paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.shell.effects import PACKAGE_MANAGERS

if TYPE_CHECKING:
    from sifcheck.definition.model import Stage
    from sifcheck.shell import Command

_FAMILY_OF = {"apt": "debian", "dnf": "rhel", "apk": "alpine", "zypper": "suse"}
_MANAGERS = tuple(program for program, family in PACKAGE_MANAGERS.items() if family in _FAMILY_OF)
# A word of a name, with a release behind it or not: `rocky8-mpi`, `el9`, `manylinux2014`.
_NAMES = {
    "rhel": r"centos(?:stream)?|rocky(?:linux)?|alma(?:linux)?|rhel|redhat|el(?=[6-9]|10)|fedora|scientificlinux|oraclelinux"
    r"|amazonlinux|manylinux|ubi(?=[7-9]|10)",
    "debian": r"ubuntu|debian",
    "alpine": r"alpine",
    "suse": r"opensuse|suse|sles?|tumbleweed",
}
_NAMED = {
    family: pattern(rf"(?<![a-z])(?:{words})[-_]?(?:[vV]?\d[\w.]*)?(?![a-z])", re.I)
    for family, words in _NAMES.items()
}
_PATHS = {
    "rhel": pattern(r"/opt/rh/|/etc/yum\.repos\.d/|/etc/yum\.conf|/etc/pki/rpm-gpg/"),
    "debian": pattern(r"/etc/apt/|/var/lib/apt/|/usr/lib/(?:x86_64|aarch64)-linux-gnu/"),
    "alpine": pattern(r"/etc/apk/"),
    "suse": pattern(r"/etc/zypp/"),
}


def _is_plain(command: Command) -> bool:
    """Whether a command runs each time, and nothing is there to run in its stead."""
    tried = command.list is not None and "||" in command.list.operators
    return not (command.branch or command.condition or command.handled or tried)


def inferred_family(stage: Stage) -> str | None:
    """The one family that all signs point to; None where there is none, or they disagree."""
    name, text = stage.value("from"), stage.build_text
    called = {
        _FAMILY_OF[PACKAGE_MANAGERS[command.program]]
        for script in stage.build_scripts
        for command in script.commands(*_MANAGERS)
        if command.program is not None and _is_plain(command)
    }
    found = called or {family for family, words in _NAMED.items() if words.search(name)}
    found = found or {family for family, paths in _PATHS.items() if paths.search(text)}
    return next(iter(found)) if len(found) == 1 else None
