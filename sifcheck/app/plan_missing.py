"""What a plan's source names and is not there, told before sizes are added up: an image, a base, what %files copies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.lint.run import RuleRunner
from sifcheck.workspace.folder import base_path

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.lint.check import Checker
    from sifcheck.lint.rule import Rule
    from sifcheck.plan.planning import BuildRequest
    from sifcheck.registry.model import Registry

__all__ = ["missing_in", "refused"]

# The tags of rules: on the form of a base's name, and on what is named and not there, without which a build surely fails.
# What else is wrong with a file is for `check` to tell.
_REFERENCE, _MISSING = "reference", "missing"


def refused(asked: BuildRequest, checker: Checker, registry: Registry | None) -> str:
    """Why what an address names cannot be had: it is no name of an image, or it is not there; "" for all else."""
    address = asked.address
    if address is None:
        return ""
    # The rules say it best, whatever is selected: this is no finding, but a source that cannot be read.
    for finding in _with_rules(checker, checker.registry.tagged(_REFERENCE), asked, registry).find(address):
        if _MISSING not in finding.tags and finding.severity == "error":
            return finding.message
        if _MISSING in finding.tags and registry is not None:
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
    asked: BuildRequest, checker: Checker, registry: Registry | None, ignored: frozenset[str]
) -> list[Finding]:
    """The findings about bases and files that a definition file names and that are not there.

    `ignored` are the codes that the configuration ignores for the file.
    """
    if asked.definition is None:
        return []
    rules = [rule for rule in checker.registry.tagged(_MISSING) if rule.code in checker.selection.active]
    found = _with_rules(checker, rules, asked, registry).check(asked.definition, ignored)
    return [finding for finding in found if _MISSING in finding.tags]


def _with_rules(
    checker: Checker, rules: Iterable[Rule], asked: BuildRequest, registry: Registry | None
) -> Checker:
    """The checker with some rules alone, which know what registries said and what lies where the build starts."""
    # What lies here says nothing about a machine elsewhere.
    folder = asked.folder if asked.here else None
    context = checker.runner.context._replace(registry=registry, folder=folder)
    return checker._replace(runner=RuleRunner(rules, context))


def _is_there(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False
