"""What a plan's source names and is not there, told before sizes are added up: an image, a base, what %files copies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.app.told import ABOUT_WHAT_IS_NAMED, BASE, REFERENCE
from sifcheck.lint.run import Program
from sifcheck.workspace.folder import base_path

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.lint.check import Checker
    from sifcheck.plan.planning import Asked
    from sifcheck.registry.model import Registry

__all__ = ["missing_in", "refused"]


def refused(asked: Asked, checker: Checker, registry: Registry | None) -> str:
    """Why what an address names cannot be had: it is no name of an image, or it is not there; "" for all else."""
    address = asked.address
    if address is None:
        return ""
    # The rules say it best, whatever is selected: this is no finding, but a source that cannot be read.
    for finding in _with_rules(checker, (REFERENCE, BASE), asked, registry).find(address):
        if finding.code == REFERENCE and finding.severity == "error":
            return finding.message
        if finding.code == BASE and registry is not None:
            return f"{finding.message}; {finding.help}"
    if registry is not None:
        from sifcheck.registry.model import Refused

        for stage in address.stages:
            said = registry.base(stage)
            if isinstance(said, Refused):
                return said.why
    for path in filter(None, map(base_path, address.stages)):
        place = os.path.join(asked.start, path)
        if not _is_there(place) and not _is_there(place.partition(":")[0]):
            return f"there is no {path}"
    return ""


def missing_in(
    asked: Asked, checker: Checker, registry: Registry | None, ignored: frozenset[str]
) -> list[Finding]:
    """The findings about bases and files that a definition file names and that are not there.

    `ignored` are the codes that the configuration ignores for the file.
    """
    if asked.definition is None:
        return []
    codes = [code for code in ABOUT_WHAT_IS_NAMED if code in checker.selection.active]
    found = _with_rules(checker, codes, asked, registry).check(asked.definition, ignored)
    return [finding for finding in found if finding.code in codes]


def _with_rules(checker: Checker, codes: Iterable[str], asked: Asked, registry: Registry | None) -> Checker:
    """The checker with some rules alone, which know what registries said and what lies where the build starts."""
    # What lies here says nothing about a machine elsewhere.
    folder = asked.folder if asked.here else None
    context = checker.program.context._replace(registry=registry, folder=folder)
    known = checker.registry.rules
    return checker._replace(program=Program([known[code] for code in codes if code in known], context))


def _is_there(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
