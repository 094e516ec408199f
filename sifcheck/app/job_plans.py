"""The builds in batch scripts, planned: what each needs is held against what the job asks for."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from sifcheck.app.checkers import checker_of
from sifcheck.app.named_by_jobs import made_in, path_in
from sifcheck.app.told import TOLD_OF_JOBS, is_about_memory, is_expected
from sifcheck.base.facts import Unknown, known
from sifcheck.base.findings import Finding, Related
from sifcheck.base.startup import NamedTuple
from sifcheck.job.asked_memory import AskedMemory, memory_asked, room_asked
from sifcheck.job.environment import exported, temporary_of
from sifcheck.job.folders import folder_at
from sifcheck.job.order import NEVER, reached
from sifcheck.job.write.arguments import arguments_in
from sifcheck.job.write.directives import NewJobError

if TYPE_CHECKING:
    from sifcheck.app.context import Context
    from sifcheck.app.registries import RegistryReader
    from sifcheck.app.sources import Sources
    from sifcheck.config.settings import Settings
    from sifcheck.host.snapshot import Host
    from sifcheck.job.model import JobScript
    from sifcheck.lint.check import Checker
    from sifcheck.plan.model import Place, Plan
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Word
    from sifcheck.site.model import Site

__all__ = ["JobConditions", "JobPlanner", "plans_findings"]


class JobConditions(NamedTuple):
    """What the builds of a script meet: the machine that it runs on and the site, as far as they are known.

    `arguments` are build arguments that hold for all.  `here`: this machine may be looked at; without it the script means
    the same everywhere.  `registries` asks for sizes, None where nobody is to be asked.
    """

    sources: Sources
    arguments: Mapping[str, str]
    site: Site | None
    host: Host | None
    here: bool
    registries: RegistryReader | None = None


class JobPlanner:
    """Plans the builds of the scripts of one call of `check`."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._registries: RegistryReader | None = None

    def findings(self, job: JobScript) -> list[Finding]:
        """What is too little in a script for its builds; nothing where nothing is known that they could need too much of."""
        context = self.context
        settings = context.settings_for(job.source.path)
        conditions = self._conditions(job, settings)
        if conditions.site is None and conditions.host is None and memory_asked(job) is None:
            return []
        context.plugins.registry.complete("plan")
        checker = checker_of(settings, context.plugins, conditions.site, conditions.host)
        runs = any(rule.code in checker.runner.active for rule in checker.registry.tagged(*TOLD_OF_JOBS))
        return plans_findings(job, checker, conditions) if runs else []

    def _conditions(self, job: JobScript, settings: Settings) -> JobConditions:
        context = self.context
        # Who asks a machine about a script that is submitted means the one that will run it, not the one it lies on.
        elsewhere = settings.host == "auto" and job.is_submitted
        host = None if elsewhere else context.host(settings)
        site = context.site(settings)
        if site is not None and site.role == "login" and job.is_submitted and "compute" in site.roles:
            from sifcheck.site.lookup import with_role

            site = with_role(site, "compute")
        here = settings.host == "auto"
        return JobConditions(context.sources, settings.build_args, site, host, here, self._sizes())

    def _sizes(self) -> RegistryReader | None:
        """What asks for sizes where registries are asked at all: with no more rights than for the rest."""
        if self._registries is None and self.context.registries is not None:
            from sifcheck.app.registries import RegistryReader

            self._registries = RegistryReader(self.context.registries.access, "sizes", quiet=True)
        return self._registries


def plans_findings(job: JobScript, checker: Checker, conditions: JobConditions) -> list[Finding]:
    """What the plans of the builds in a script say of the job, of several at one place the worst.

    Only what is expected to be too much: the upper end of a guess is for `sifcheck plan` to tell.
    """
    memory = memory_asked(job)
    made = set(made_in(job))
    worst: dict[tuple[str, int], tuple[tuple[bool, int], Finding]] = {}
    for call in job.calls:
        word = _source_of(call, made)
        plan = _plan(job, call, word, checker, conditions, memory) if word is not None else None
        if plan is None or word is None:
            continue
        for finding in checker.check_plan(plan):
            if TOLD_OF_JOBS.isdisjoint(finding.tags) or not is_expected(finding, plan):
                continue
            placed = _placed(finding, plan, job, word, memory)
            weight = (placed.severity == "error", plan.need(*plan.roles_in_memory).size.likely)
            known_one = worst.get((placed.code, placed.span.start))
            if known_one is None or weight > known_one[0]:
                worst[placed.code, placed.span.start] = (weight, placed)
    return [finding for _, finding in worst.values()]


def _source_of(call: RuntimeCall, made: Collection[str]) -> Word | None:
    """The word that says what a call builds from on this machine; None where that hangs on something unknown.

    What the script itself makes (`made`) is not what lies there now.
    """
    if call.subcommand not in ("build", "pull") or call.unsure or call.remote:
        return None
    if reached(call.outermost) == NEVER:
        return None
    value = call.value_of(call.base)
    return call.base if value and os.path.basename(value.rstrip("/")) not in made else None


def _plan(
    job: JobScript,
    call: RuntimeCall,
    word: Word,
    checker: Checker,
    conditions: JobConditions,
    memory: AskedMemory | None,
) -> Plan | None:
    """The plan of one build; None where what it is built from is not there, or cannot be read."""
    from sifcheck.app.plan import ask_for, plan_of, read_source
    from sifcheck.plan.planning import BuildRequest
    from sifcheck.workspace.folder import FolderReader

    value = call.value_of(word) or ""
    path = value if "://" in value else path_in(job, call, word)
    start = folder_at(job, call, os.path.dirname(job.source.path) or ".")
    if path is None or start is None:
        return None
    option = call.option("--mksquashfs-args")
    asked = BuildRequest(
        path if "://" in value else os.path.abspath(path),
        call.value_of(call.image) or "",
        sandbox=call.option("--sandbox") is not None,
        no_cache=call.option("--disable-cache") is not None or _is_cache_off(job, call),
        temporary=temporary_of(job, call, conditions.site),
        squashfs_arguments=call.value_of(option.value) if option is not None else None,
        architecture=checker.runner.context.target.architecture,
        job_memory=memory.bytes if memory is not None else None,
        start=os.path.abspath(start),
        fakeroot=call.option("--fakeroot") is not None,
    )
    arguments = {**conditions.arguments, **_arguments(call)}
    folders = FolderReader(asked.start) if conditions.here else None
    source = read_source(conditions.sources, asked, arguments, folders)
    if source.fault:
        return None
    registry = (
        ask_for(source.asked, reader=conditions.registries) if conditions.registries is not None else None
    )
    plan = plan_of(source, conditions.host, conditions.site, registry, arguments, recalled=conditions.here)
    return _with_asked_room(plan, job, conditions.site)


def _is_cache_off(job: JobScript, call: RuntimeCall) -> bool:
    names = ("APPTAINER_DISABLE_CACHE", "SINGULARITY_DISABLE_CACHE")
    return any(one.value in ("1", "true", "yes") for one in exported(job, call, *names))


def _arguments(call: RuntimeCall) -> dict[str, str]:
    """The build arguments of a call, as far as they are known."""
    found: dict[str, str] = {}
    for one in call.options:
        value = call.value_of(one.value) if one.name == "--build-arg" else None
        with suppress(NewJobError):  # the runtime refuses it, which another rule tells
            found.update(arguments_in(value) if value else {})
    return found


def _with_asked_room(plan: Plan, job: JobScript, site: Site | None) -> Plan:
    """The plan with the room in the folder for temporary files that the job itself asks for."""
    from sifcheck.host.temporary_folders import candidate_of

    place = plan.place("temporary")
    said = candidate_of(place.path, site) if place is not None else None
    directive = known(said.needs_directive, "") if said is not None else ""
    room = room_asked(job, directive) if directive else None
    if place is None or room is None:
        return plan

    def with_room(one: Place) -> Place:
        smaller = isinstance(one.free, Unknown) or room < one.free
        return one._replace(free=room) if one.device == place.device and smaller else one

    return plan._replace(places=tuple(map(with_room, plan.places)))


def _placed(finding: Finding, plan: Plan, job: JobScript, word: Word, memory: AskedMemory | None) -> Finding:
    """The finding in the script: at the memory that is asked for if that is too little, else at what is built."""
    at, related = word.span, finding.related
    if is_about_memory(finding) and memory is not None and plan.memory.by == "the job":
        at, related = memory.span, (*related, Related("for what is built here", word.span, job.source))
    return finding._replace(source=job.source, span=at, subject=None, related=related)
