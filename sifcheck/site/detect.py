"""Tells from the signs that site files document which site a machine belongs to, and what for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from sifcheck.base.startup import NamedTuple
from sifcheck.site.model import Sign, Site, Unknown


class Detected(NamedTuple):
    """The site that a machine belongs to, what the node is for, and the signs that say so."""

    name: str
    role: str
    signs: tuple[str, ...]


def detect(
    sites: Iterable[Site], *, hostname: str, environ: Mapping[str, str], exists: Callable[[str], bool]
) -> Detected | None:
    """The site whose signs hold on a machine; None where none does, or two equally well.

    Of a sign all parts must hold; of a site's signs the first that does gives the role.  A site with more parts of a sign
    goes before one with fewer, any before a generic one.  `exists` is asked last, and only where all else holds: a
    look at a path can take long on a dead file system.
    """
    found: list[tuple[tuple[bool, int], Detected]] = []
    for site in sites:
        for sign in site.site.detect:
            parts = _holding(sign, hostname, environ, exists)
            if parts:
                rank = (site.site.generic is not True, len(parts))
                found.append((rank, Detected(site.name, sign.role, tuple(parts))))
                break
    found.sort(key=lambda entry: entry[0], reverse=True)
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return None
    return found[0][1]


def _holding(
    sign: Sign, hostname: str, environ: Mapping[str, str], exists: Callable[[str], bool]
) -> list[str]:
    """The parts of a sign, in words, if all of them hold; none of what is unknown."""
    parts = []
    if not isinstance(sign.hostname, Unknown):
        if re.search(sign.hostname, hostname) is None:
            return []
        parts.append(f"host name {hostname}")
    for variable in sign.env:
        name, equals, value = variable.partition("=")
        if name not in environ or (equals and environ[name] != value):
            return []
        parts.append(f"variable {variable}")
    for path in sign.paths:
        if not exists(path):
            return []
        parts.append(f"path {path}")
    return parts
