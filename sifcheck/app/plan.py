"""What a build will need: its source read, registries asked, the plan made, what it names and is not there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.findings import Finding
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import error_text, parse_size
from sifcheck.lint.rule import Rule
from sifcheck.lint.run import RuleRunner
from sifcheck.plan.planning import SCHEMES, BuildRequest, definition_of_address, make_plan
from sifcheck.plan.sources import without_tag
from sifcheck.workspace.folder import PATH_AGENTS, base_path

if TYPE_CHECKING:
    from sifcheck.app.context import Context
    from sifcheck.app.registries import RegistryReader
    from sifcheck.app.sources import Sources
    from sifcheck.host.snapshot import Host
    from sifcheck.launch.command import BuildCommand
    from sifcheck.lint.check import Checker
    from sifcheck.plan.model import Plan
    from sifcheck.plan.remembered import BuildKey
    from sifcheck.registry.model import Registry
    from sifcheck.site.model import Site
    from sifcheck.workspace.folder import FolderReader

__all__ = [
    "BuildSource",
    "Planned",
    "ask_for",
    "keep_in_mind",
    "plan_before",
    "plan_of",
    "plan_spec",
    "read_size",
    "read_source",
]

LONGEST = 6.0
"""Seconds that registries are asked at most."""

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_SIZE = pattern(r"(\d{1,12}(?:\.\d{1,6})?)\s*([KMGTP]?)(i?B?)", re.I)


def read_size(text: str) -> int | None:
    """A number of bytes as people write it: 500M and 2GiB by 1024, 2GB by 1000; None for what is no size.

    A small number without a unit is none: who writes 16 means gigabytes.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or not (match[2] or match[3] or not 0 < float(match[1]) < 1 << 20):
        return None
    return parse_size(match[0], decimal=True)


# -- what is built


class BuildSource(NamedTuple):
    """A source of a build that was read as far as the plan wants it; `fault` says in words why it cannot be built from."""

    asked: BuildRequest
    data: bytes = b""
    fault: str = ""


def read_source(
    sources: Sources, asked: BuildRequest, arguments: Mapping[str, str], folders: FolderReader | None
) -> BuildSource:
    """Read what is built; `folders` looks at what `%files` names, None where nobody is to look."""
    source = asked.source
    if _SCHEME.match(source) and not os.path.lexists(source):
        address = definition_of_address(source)
        named = address is not None and address.stages[0].value("from")
        fault = "" if named else _fault_of_address(source)
        if address is not None or fault:
            return BuildSource(asked._replace(address=address), fault=fault)
    try:
        if os.path.isdir(source):
            return BuildSource(asked)
        if not stat.S_ISREG(os.stat(source).st_mode):
            # A pipe can be read once, by the build itself; one that nobody writes to would be waited for for ever.
            return BuildSource(asked, fault="it is no file")
        text = sources.unless_image(source)
    except (OSError, ValueError) as error:
        return BuildSource(asked, fault=error_text(error))
    if text is None:
        return BuildSource(asked)
    definition = sources.definition(text, arguments)
    if not any(stage.agent for stage in definition.stages):
        return BuildSource(asked, fault="it is no definition file, and no image")
    folder = folders.of_definition(definition) if folders is not None else None
    return BuildSource(asked._replace(definition=definition, folder=folder), text.data)


def _fault_of_address(address: str) -> str:
    """Why what looks like an address is none; "" for what may as well be the name of a file.

    Where the scheme is another, of capitals too, the runtime looks for a file of that name (Apptainer 1.4.5, measured:
    `unable to open file dcoker://x/y`).
    """
    match = _SCHEME.match(address)
    if match is None:
        return ""
    scheme = match[1]
    if scheme in SCHEMES:
        return f"what stands behind `{match[0]}` is no image"
    if scheme in ("http", "https"):
        # Measured: `unable to get conveyorpacker: invalid build source https`.
        return f"no build starts from `{scheme}`: fetch the image first, with `apptainer pull IMAGE.sif {address}`"
    from sifcheck.base.text import nearest

    near = nearest(scheme, SCHEMES)
    if near is not None:
        return f"unknown scheme `{scheme}`: did you mean `{near}`?"
    return f"unknown scheme `{scheme}`: it is one of {', '.join(SCHEMES)}" if match[2] else ""


def ask_for(
    asked: BuildRequest, *, plain: bool = False, reader: RegistryReader | None = None
) -> Registry | None:
    """What registries say of the images that a build starts from; None where it starts from none of theirs.

    `plain`: an answer without encryption will do.  `reader` is what asked for the sizes of some of them already.  Starts
    threads: what forks comes before it.
    """
    definition = asked.definition or asked.address
    if definition is None:
        return None
    from sifcheck.app.registries import RegistryReader, access_here
    from sifcheck.registry.asking import addresses_in

    if not addresses_in([definition]):
        return None
    if reader is None or reader.wanted != "sizes":
        reader = RegistryReader(access_here(building=True, plain=plain)._replace(bound=LONGEST), "sizes")
    reader.prefetch([definition], asked.architecture)
    return reader.of(asked.architecture)


def plan_of(
    source: BuildSource,
    host: Host | None,
    site: Site | None,
    registry: Registry | None,
    arguments: Mapping[str, str],
    *,
    recalled: bool = True,
) -> Plan:
    """The plan of a source that was read, if `recalled` with what is remembered of earlier builds of it."""
    asked = source.asked
    if asked.definition is not None and recalled:
        from sifcheck.plan.remembered import key_of, recall, state_file

        key = key_of(asked.source, source.data, arguments, asked.architecture or "")
        asked = asked._replace(earlier=recall(state_file(os.environ), key))
    return make_plan(asked, host, site, registry)


# -- the plan that `sifcheck plan` shows


class SpecPlan(NamedTuple):
    """The plan of what a command line names, and what was found in it; `fault` says why there is none, or no size in it."""

    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    checker: Checker | None = None
    fault: str = ""


def plan_spec(context: Context, asked: BuildRequest, *, offline: bool) -> SpecPlan:
    """Plan what is named, for this machine, another one, or the nodes of a site.  Raises SettingsError."""
    settings = context.settings
    site = context.site(settings)
    source = read_source(context.sources, asked, settings.build_args, context.folders)
    if source.fault:
        return SpecPlan(fault=source.fault)
    host, here = _machine_of_plan(context, asked, site)
    context.plugins.registry.complete("plan")
    checker = context.machine_checker(settings, host)
    target = checker.runner.context.target.architecture
    asked = source.asked._replace(architecture=target, here=here)
    registry = None if offline else ask_for(asked)
    if fault := _refused(asked, checker, registry):
        return SpecPlan(fault=fault)
    plan = plan_of(source._replace(asked=asked), host, site, registry, settings.build_args)
    missing = _missing_in(asked, checker, registry, context.ignored(settings, asked.source))
    unread = asked.definition is None and _is_unreadable(plan)
    return SpecPlan(
        plan,
        (*missing, *checker.check_plan(plan)),
        checker,
        "what is said of it is without its size" if unread else "",
    )


def _machine_of_plan(context: Context, asked: BuildRequest, site: Site | None) -> tuple[Host | None, bool]:
    """The machine to plan for, and whether it is this one.

    Where a site is named that this machine does not belong to, nothing here says anything about it.
    """
    from sifcheck.app.machine import chosen_host, snapshot_here

    settings = context.settings
    spec = settings.host
    if settings.origin("host").layer == "default":
        spec = "auto" if site is None or _is_here(context, site) else "none"
    if spec != "auto":
        return chosen_host(spec, site), False
    folder = os.path.abspath(os.path.dirname(asked.output.rstrip("/")) or ".")
    return snapshot_here(site, output=folder, temporary=asked.temporary), True


def _is_here(context: Context, site: Site) -> bool:
    if context.settings.site == "auto":
        return True
    found = context.site(context.settings._replace(site="auto"))
    return found is not None and found.name == site.name and site.role in ("", found.role)


def _is_unreadable(plan: Plan) -> bool:
    """Whether the image, archive or folder that was named cannot be read."""
    return any(base.how == "unknown" and base.agent in PATH_AGENTS for base in plan.bases)


# -- the plan of a build that is about to start


class Planned(NamedTuple):
    """The plan, what the rules find in it, and what an earlier build of the same file is known by (None: by nothing)."""

    plan: Plan
    findings: tuple[Finding, ...]
    key: BuildKey | None = None


def plan_before(
    context: Context,
    command: BuildCommand,
    host: Host,
    options: Sequence[str],
    *,
    offline: bool,
    signs: bool = False,
) -> Planned | None:
    """The plan of a build on this machine; `options` are put before those of the command.

    `signs`: the image is signed when it is built.  None for a source that cannot be read: the runtime says better why.
    """
    assert command.source is not None
    settings = context.settings_for(command.source)
    held = options.index("--mksquashfs-args") + 1 if "--mksquashfs-args" in options else 0
    asked = BuildRequest(
        command.source,
        command.image or "",
        sandbox=command.has("--sandbox"),
        no_cache=command.has("--disable-cache"),
        temporary=command.value("--tmpdir"),
        squashfs_arguments=command.value("--mksquashfs-args") or (options[held] if held else None),
        here=True,
        fakeroot=command.has("--fakeroot"),
        signs=signs,
        keeps_groups=command.has("--no-setgroups"),
    )
    source = read_source(context.sources, asked, settings.build_args, context.folders)
    if source.fault:
        return None
    context.plugins.registry.complete("plan")
    checker = context.machine_checker(settings, host)
    target = checker.runner.context.target.architecture
    source = source._replace(asked=source.asked._replace(architecture=target))
    plain = command.has("--no-https") or command.has("--nohttps")
    registry = None if offline else ask_for(source.asked, plain=plain, reader=context.registries)
    plan = plan_of(source, host, context.site(settings), registry, settings.build_args)
    key = _key(source.data, plan, settings.build_args, target)
    return Planned(plan, tuple(checker.check_plan(plan)), key)


def _key(data: bytes, plan: Plan, arguments: Mapping[str, str], target: str | None) -> BuildKey | None:
    if not data:
        return None
    from sifcheck.plan.remembered import key_of

    return key_of(plan.source, data, arguments, target or "")


def keep_in_mind(planned: Planned | None, image: str) -> None:
    """Remember the sizes of an image that was built, for the next plan.  Never raises, says nothing."""
    if planned is None or planned.key is None or not os.path.isfile(image):
        return
    from sifcheck.plan.remembered import remember, state_file
    from sifcheck.plan.sources import of_path

    made = of_path(image)
    if made.kept is None:
        return
    base = planned.plan.bases[-1].kept
    size = os.path.getsize(image)
    remember(state_file(os.environ), planned.key, made.kept.likely, size, base.likely if base else 0)


# -- what a source names and is not there

# The tags of rules: on the form of a base's name, and on what is named and not there, without which a build surely fails.
# What else is wrong with a file is for `check` to tell.
_REFERENCE, _MISSING = "reference", "missing"


def _refused(asked: BuildRequest, checker: Checker, registry: Registry | None) -> str:
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
        if not _is_there(place) and not _is_there(without_tag(place)):
            return f"there is no {path}"
    return ""


def _missing_in(
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
