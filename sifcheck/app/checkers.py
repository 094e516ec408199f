"""What the settings of a file make of the rules: which are run, on what target, with which options."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sifcheck.app.outcome import UsageError
from sifcheck.base.findings import Related
from sifcheck.base.source import Source
from sifcheck.base.startup import NamedTuple
from sifcheck.config.settings import Settings, SettingsError
from sifcheck.lint.check import Checker, make_checker
from sifcheck.lint.known_rules import RuleRegistry
from sifcheck.lint.plugins import Loaded
from sifcheck.lint.run import RuleContext
from sifcheck.lint.selection import select
from sifcheck.runtime.versions import Target, parse_target

if TYPE_CHECKING:
    from sifcheck.app.registries import RegistryReader
    from sifcheck.config.settings import SettingsProblem
    from sifcheck.host.snapshot import Host
    from sifcheck.plan.model import Plan
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.site.model import Site
    from sifcheck.workspace.folder import FolderReader


class Input(NamedTuple):
    """A file that was read, and how it is to be checked.

    `named_by` is where a script names it that was asked for, `call` the call in a script that builds it.
    """

    source: Source
    checker: Checker
    ignored: frozenset[str]
    from_stdin: bool = False
    named_by: tuple[Related, ...] = ()
    call: RuntimeCall | None = None


def checker_of(
    settings: Settings,
    loaded: Loaded,
    site: Site | None,
    host: Host | None = None,
    read_folder: FolderReader | None = None,
    plan: Plan | None = None,
    registries: RegistryReader | None = None,
) -> Checker:
    """The checker that settings make, with what lies outside of the files.  Raises SettingsError and UsageError."""
    registry = loaded.registry
    _check_codes(settings, registry)
    selection = select(
        registry,
        select=settings.select,
        ignore=settings.ignore,
        extend_select=settings.extend_select,
        profile=settings.profile,
        min_confidence=settings.min_confidence,
        severities=settings.severity,
    )
    target = _target(settings, site)
    return make_checker(
        registry,
        selection,
        RuleContext(
            target=target,
            site=site,
            host=host,
            registry=registries.of(target.architecture) if registries is not None else None,
            plan=plan,
            options=_rule_options(settings, registry),
            read_folder=read_folder,
        ),
        build_arguments=settings.build_args,
        require_reason=settings.require_reason,
        no_ignores=frozenset(code for word in settings.no_ignores for code in registry.codes(word)),
    )


def _target(settings: Settings, site: Site | None) -> Target:
    """The target that was named; what nobody named is the site's, without one every supported runtime."""
    try:
        target = parse_target(settings.target) if settings.target else Target()
    except ValueError as error:
        raise UsageError(str(error)) from None
    architecture = _ARCHITECTURES.get(settings.arch, settings.arch) or None
    if site is None:
        return target._replace(architecture=architecture)
    from sifcheck.site.target import site_target

    return site_target(site, target, architecture)


def _rule_options(settings: Settings, registry: RuleRegistry) -> dict[str, Any]:
    if not settings.rules:
        return {}
    from sifcheck.config.rule_options import rule_options

    return rule_options(settings, registry)


_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def _check_codes(settings: Settings, registry: RuleRegistry) -> None:
    """Refuse a word that means no rule, wherever it was given."""
    if not settings.names_rules:
        return
    from sifcheck.lint.codes import check_codes

    def problems_now() -> list[SettingsProblem]:
        known = [(rule.code, rule.name, tuple(rule.tags), rule.keys) for rule in registry]
        return check_codes(settings, known, {code: rule.code for code, rule in registry.former.items()})

    problems = problems_now()
    if problems:
        # A rule about machines, batch scripts or images may be meant, which are not taken before they are needed.
        registry.complete()
        problems = problems_now()
    if problems:
        raise SettingsError(problems)


def ignored_in(settings: Settings, path: str, loaded: Loaded) -> frozenset[str]:
    """The codes that `per-file-ignores` leaves out in a file."""
    if not settings.per_file_ignores:
        return frozenset()
    from sifcheck.config.globs import absolute, matches

    place, name = absolute(path), os.path.basename(path)
    words = [
        word
        for glob, listed in settings.per_file_ignores.items()
        if matches([glob], place, name)
        for word in listed
    ]
    every = {"SC"} if "ALL" in words or "all" in words else set()
    return frozenset(code for word in words for code in loaded.registry.codes(word)) | every
