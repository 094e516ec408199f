"""Puts the plan of a build together: sizes of its source, what is added, what there is for it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import parse_size
from sifcheck.host.snapshot import Host
from sifcheck.plan.growing import assumed, declared, remembered_growth
from sifcheck.plan.model import NOTHING, Alternative, How, MemoryRoom, Plan, PlannedBase, Range, scaled, total
from sifcheck.plan.processor import processor_of
from sifcheck.plan.rooms import PlaceRequest, alternatives, memory_of, places_of
from sifcheck.plan.sizing import MB, Building, Growth, StageSizes, inodes_of, phases_of
from sifcheck.plan.sources import files_size, of_archive, of_bootstrap, of_path, of_registry
from sifcheck.workspace.folder import PATH_AGENTS, base_path

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition, FileCopy, Stage
    from sifcheck.plan.remembered import EarlierBuild
    from sifcheck.registry.model import Registry
    from sifcheck.site.model import Site
    from sifcheck.workspace.folder import Folder

__all__ = ["SCHEMES", "BuildRequest", "definition_of_address", "make_plan", "squashfs_limit"]

BaseOf = Callable[["Stage"], PlannedBase]


class BuildRequest(NamedTuple):
    """What is to be built, and what was said of it.

    `definition` is the definition file, None for an image, a folder or an address (`address` is then the definition that an
    address stands for).  `architecture` is the processor that the image is for, None where nobody said.  `growth` is what
    the user says that scripts add; `earlier` what an earlier build made.  `here`: the machine is this one, so that more of
    it can be looked at.  `folder` is what `%files` names, None where that was not looked at.  `fakeroot`: asked with
    --fakeroot; `signs`: asked to sign the image, too; `keeps_groups`: asked with --no-setgroups.
    """

    source: str
    output: str = ""
    definition: Definition | None = None
    address: Definition | None = None
    sandbox: bool = False
    no_cache: bool = False
    temporary: str | None = None
    squashfs_arguments: str | None = None
    architecture: str | None = None
    growth: int | None = None
    job_memory: int | None = None
    earlier: EarlierBuild | None = None
    here: bool = False
    folder: Folder | None = None
    start: str = "."
    fakeroot: bool = False
    signs: bool = False
    keeps_groups: bool = False


def make_plan(
    asked: BuildRequest,
    host: Host | None = None,
    site: Site | None = None,
    registry: Registry | None = None,
    base_of: BaseOf | None = None,
    growth: Growth | None = None,
) -> Plan:
    """The plan of a build on a machine that was looked at, or at a site of which the file alone is known.

    `base_of` stands for reading what stages start from, `growth` for guessing what the scripts of the last one add.
    """
    converts = asked.definition is None and not asked.fakeroot
    places = places_of(host, site, PlaceRequest(asked.temporary, asked.output, converts=converts))
    read = base_of or _BaseReader(asked, host, registry).base
    left_out: list[str] = []
    stages = _stages(asked, read, left_out)
    if growth is not None:
        stages[-1] = stages[-1]._replace(growth=growth)
    how = Building(
        asked.sandbox,
        not (asked.no_cache or _cache_is_off(host)),
        squashfs_limit(asked, host, site),
        _finished(asked),
    )
    phases = phases_of(stages, how)
    memory = memory_of(host, site, places, PlaceRequest(asked.temporary, asked.output, asked.job_memory))
    files = sum(_copied_files(asked.folder))
    last = stages[-1]
    plan = Plan(
        source=asked.source,
        output=asked.output,
        sandbox=asked.sandbox,
        definition=asked.definition or asked.address,
        bases=tuple(stage.base for stage in stages),
        phases=phases,
        inodes=inodes_of(stages, files),
        places=places,
        memory=memory,
        processor=processor_of(asked.architecture, host, site, here=asked.here),
        growth=(last.growth.how, last.growth.kept),
        squashfs_memory=how.squashfs_memory,
        takes_squashfs_option=_takes_squashfs_option(host, site),
        left_out=(*left_out, *(stage.base.why for stage in stages if stage.base.why)),
        machine=_machine(host, site, asked),
        variable=_variable(host, site),
        converts=converts,
        signs=asked.signs,
        keeps_groups=asked.keeps_groups,
    )
    return plan._replace(alternatives=_others(plan, host, site, memory))


def _others(plan: Plan, host: Host | None, site: Site | None, memory: MemoryRoom) -> tuple[Alternative, ...]:
    need = plan.need("temporary").size.high
    own = plan.need("memory").size.high
    return alternatives(host, site, plan.place("temporary"), need, own, memory)


def definition_of_address(address: str) -> Definition | None:
    """The definition file that `docker://...` stands for as the source of a build; None for what is no such address."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return None
    from sifcheck.base.source import Source
    from sifcheck.definition.reader import read_definition

    agent, rest = match[1], match[2]
    # Of a path, too: `docker-archive://app.tar` is app.tar here (Apptainer 1.4.5, measured).
    return read_definition(Source(address, f"Bootstrap: {agent}\nFrom: {rest.removeprefix('//')}\n".encode()))


SCHEMES = tuple("docker library oras shub docker-archive oci-archive oci docker-daemon".split())
"""What an address that a build can start from begins with, before the colon: what `apptainer build` of 1.4.5 takes."""

_ADDRESS = pattern(rf"({'|'.join(SCHEMES)}):([^\s#{{}}\"'\\]+)")


# -- the stages


def _stages(asked: BuildRequest, read: BaseOf, left_out: list[str]) -> list[StageSizes]:
    definition = asked.definition or asked.address
    if definition is None or not definition.stages:
        base = of_path(os.path.join(asked.start, asked.source))
        return [StageSizes(base._replace(name=asked.source))]
    stages: list[StageSizes] = []
    for stage in definition.stages:
        base = read(stage)
        missed = len(left_out)
        files, sure = _files(asked, stage, stages, left_out)
        how: How = "exact" if sure else "assumed"
        stages.append(StageSizes(base, files, how, assumed(stage), len(left_out) > missed))
    stages[-1] = _with_growth(asked, stages[-1])
    return stages


def _with_growth(asked: BuildRequest, last: StageSizes) -> StageSizes:
    """The last stage with what its scripts add by what the user says, or by what an earlier build made."""
    if asked.growth is not None:
        return last._replace(growth=declared(asked.growth))
    earlier = asked.earlier
    if earlier is None:
        return last
    if last.base.kept is not None:
        added = max(0, earlier.tree - last.base.kept.likely - last.files.likely)
        return last._replace(growth=remembered_growth(added, same=earlier.same))
    if last.base.agent == "scratch":
        return last
    # The whole tree is known, though not what of it is the base's.
    low, high = (0.9, 1.15) if earlier.same else (0.0, 1.5)
    tree = Range(int(low * earlier.tree), earlier.tree, int(high * earlier.tree) + 2 * MB)
    base = last.base._replace(unpacked=tree, kept=tree, how="remembered", image=_finished(asked), why="")
    return StageSizes(base, growth=Growth(how="remembered"))


def _finished(asked: BuildRequest) -> Range | None:
    """The size of the image by an earlier build."""
    earlier = asked.earlier
    if earlier is None or asked.growth is not None:
        return None
    low, high = (0.9, 1.15) if earlier.same else (0.3, 1.6)
    return Range(int(low * earlier.image), earlier.image, int(high * earlier.image) + MB)


def _files(
    asked: BuildRequest, stage: Stage, earlier: list[StageSizes], left_out: list[str]
) -> tuple[Range, bool]:
    """What %files copies to a stage, and whether that is known."""
    sizes, sure = [], True
    copied: dict[str, int] = {}
    for section in stage.named("files", "appfiles"):
        if section.from_stage is not None:
            copied[section.from_stage] = copied.get(section.from_stage, 0) + len(section.copies)
            continue
        for copy in section.copies:
            size, known_size = _copied(asked, copy)
            if size is not None:
                sizes.append(size)
                sure = sure and known_size
            elif copy.source:
                gone = asked.folder is not None and (entry := asked.folder.entry(copy)) and entry.is_known
                why = ": there is nothing of that name here" if gone else ""
                left_out.append(f"what %files copies as {copy.source.text}{why}")
    names = [one.name for one in stage.definition.stages]
    for name, count in copied.items():
        at = names.index(name) if name in names else -1
        tree = earlier[at].tree if 0 <= at < len(earlier) else NOTHING
        # Parts of another stage's tree: all of it at the most.
        sizes.append(scaled(tree, 0.0, min(1.0, 0.1 * count), 1.0))
        sure = False
    return total(sizes), sure


def _copied(asked: BuildRequest, copy: FileCopy) -> tuple[Range | None, bool]:
    """What a line copies from the machine, None where nobody can tell; and whether that is all."""
    entry = asked.folder.entry(copy) if asked.folder is not None else None
    if entry is None or not entry.found:
        return None, False
    sizes = [
        (one.bytes, one.contents.files if one.contents else 1, one.contents is None or one.contents.complete)
        for one in entry.found
    ]
    return files_size(sizes), all(complete for _, _, complete in sizes)


def _copied_files(folder: Folder | None) -> Iterator[int]:
    for entry in folder.entries if folder is not None else ():
        if entry.purpose in ("files", "appfiles"):
            yield from (one.contents.files if one.contents else 1 for one in entry.found)


class _BaseReader:
    """Reads what stages start from, where the build will start."""

    def __init__(self, asked: BuildRequest, host: Host | None, registry: Registry | None) -> None:
        self.asked, self.registry = asked, registry
        cache = host.place("cache") if host is not None and asked.here else None
        self.cache = cache.path if cache is not None else None

    def base(self, stage: Stage) -> PlannedBase:
        """What a stage starts from."""
        agent, name = stage.agent, stage.value("from")
        if "{{" in name or "{{" in agent:
            return self._unknown(agent, name, f"{name or agent}: hangs on a build variable")
        path = base_path(stage)
        if path is not None:
            place = os.path.join(self.asked.start, path)
            found = of_path(place) if agent == "localimage" else of_archive(place, agent)
            return found._replace(name=name)
        if agent == "docker":
            said = (
                self.registry.base(stage) if self.registry is not None else Unknown("no registry was asked")
            )
            return of_registry(agent, name, said, self.cache)
        if agent in ("library", "oras", "shub", "docker-daemon", "localimage", *PATH_AGENTS):
            return of_registry(agent, name, None)
        return of_bootstrap(agent, name)

    @staticmethod
    def _unknown(agent: str, name: str, why: str) -> PlannedBase:
        return of_registry(agent, name, Unknown(why))._replace(why=why)


# -- the machine


def _cache_is_off(host: Host | None) -> bool:
    """Whether the runtime will do without its cache: switched off by a variable, or not to be written to."""
    if host is None:
        return False
    apptainer = host.runtime is None or known(host.runtime.family) in (None, "apptainer")
    for prefix in ("APPTAINER", "SINGULARITY") if apptainer else ("SINGULARITY",):
        variable = host.variable(f"{prefix}_DISABLE_CACHE")
        if variable is not None and (variable.value or "").lower() not in ("", "0", "false", "no"):
            return True
    place = host.place("cache")
    return place is not None and not isinstance(place.writable, Unknown) and not place.writable


_MEMORY_OPTION = pattern(r"(?:^|\s)-mem\s+(\d+(?:\.\d+)?)([KkMmGg%]?)")


def squashfs_limit(asked: BuildRequest, host: Host | None, site: Site | None) -> int | None:
    """What mksquashfs holds itself to: by its option, the runtime's configuration, else a quarter of the node's memory."""
    memory = known(host.memory.total_bytes) if host is not None else None
    if memory is None and host is None and site is not None:
        # A site says what a job may use, which is a little less than the node has.
        job = known(site.node.memory_bytes)
        memory = int(1.1 * job) if job is not None else None
    option = _MEMORY_OPTION.search(asked.squashfs_arguments or "")
    if option is not None:
        if option[2] == "%":
            return int(memory * float(option[1]) / 100) if memory is not None else None
        return parse_size(option[1] + option[2], "m")
    configuration = host.runtime.configuration if host is not None and host.runtime is not None else None
    if configuration is not None and not isinstance(configuration, Unknown):
        written = parse_size(configuration.value("mksquashfs mem") or "", "m")
        if written:
            return written
    return memory // 4 if memory is not None else None


def _takes_squashfs_option(host: Host | None, site: Site | None) -> bool:
    """Whether the runtime has --mksquashfs-args; False where that is not known."""
    from sifcheck.runtime.options import SINCE

    runtime = host.runtime if host is not None else None
    family = known(runtime.family) if runtime is not None else None
    version = known(runtime.version) if runtime is not None else None
    if runtime is None and host is None and site is not None:
        family = known(site.runtime.family)
        text = known(site.runtime.version)
        version = tuple(map(int, re.findall(r"\d+", text))) if text else None
    since = SINCE["--mksquashfs-args"].get(family or "")
    return since is not None and version is not None and version >= since


def _variable(host: Host | None, site: Site | None) -> str:
    """What the runtime there takes its temporary folder from."""
    runtime = host.runtime if host is not None else None
    family = known(runtime.family) if runtime is not None else None
    if family is None and site is not None:
        family = known(site.runtime.family)
    return f"{'APPTAINER' if family in (None, 'apptainer') else 'SINGULARITY'}_TMPDIR"


def _machine(host: Host | None, site: Site | None, asked: BuildRequest) -> str:
    """Whose places these are, in words."""
    at = f"{site.name}{f', {site.role} nodes' if site.role else ''}" if site is not None else ""
    if host is None:
        return f"{at}, by its site file" if at else "no machine"
    name = "this machine" if asked.here else host.platform.host_name
    return f"{name} ({at})" if at else name
