"""The plan of a build: what it needs where and when, what there is, and what else there would be.

Facts and sums, no judgement.  Sizes are bytes and always ranges: what a build surely needs, what it is expected to need,
and what will certainly do.  What nobody can foretell is said to be unknown, and counts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition

__all__ = [
    "NOTHING",
    "PHASES",
    "Alternative",
    "How",
    "MemoryRoom",
    "Need",
    "Phase",
    "Place",
    "Plan",
    "PlanPart",
    "PlannedBase",
    "Processor",
    "Range",
    "Role",
    "exactly",
    "largest",
    "scaled",
    "total",
]

Role = Literal["temporary", "cache", "output", "memory"]
"""Where something is needed; "memory" is that of the processes."""

How = Literal["exact", "layers", "compressed", "declared", "remembered", "assumed", "unknown"]
"""How a size is known: read off what is to be unpacked; from the trailers of the layers in a registry or archive;
from the compressed size alone; the user said it; an earlier build of the same file was measured; a stated default; not."""

PHASES: Mapping[str, str] = {
    "fetch": "fetching",
    "unpack": "unpacking",
    "post": "the scripts",
    "pack": "packing",
    "write": "writing the image",
}
"""The phases of a build in their order, in words."""


class Range(NamedTuple):
    """A number of bytes or files, as well as it is known: surely so many, probably so many, never more."""

    low: int
    likely: int
    high: int


NOTHING = Range(0, 0, 0)


def exactly(size: int) -> Range:
    """A number that is known."""
    return Range(size, size, size)


def total(ranges: Iterable[Range]) -> Range:
    """The sum."""
    low = likely = high = 0
    for one in ranges:
        low, likely, high = low + one.low, likely + one.likely, high + one.high
    return Range(low, likely, high)


def largest(ranges: Iterable[Range]) -> Range:
    """The largest, end by end."""
    low = likely = high = 0
    for one in ranges:
        low, likely, high = max(low, one.low), max(likely, one.likely), max(high, one.high)
    return Range(low, likely, high)


def scaled(of: Range, low: float, likely: float, high: float) -> Range:
    """A range times a range of factors."""
    return Range(int(of.low * low), int(of.likely * likely), int(of.high * high))


class PlanPart(NamedTuple):
    """One thing that takes room in a phase: where, what in words, how much, and how that is known.

    `size` is None where nobody can tell; the part is then no part of any sum.
    """

    role: Role
    what: str
    size: Range | None
    how: How


class Phase(NamedTuple):
    """A stretch of the build, and all that takes room at its fullest moment.  `name` is one of PHASES."""

    name: str
    parts: tuple[PlanPart, ...]

    def need(self, roles: Collection[str]) -> Range:
        """What is needed for these roles together."""
        return total(part.size for part in self.parts if part.role in roles and part.size is not None)


class Need(NamedTuple):
    """What the build needs for some roles together at its worst, in which phase that is, and what it consists of.

    `complete` is False where something is needed besides of which nobody can tell how much.
    """

    size: Range
    phase: str
    parts: tuple[PlanPart, ...]
    complete: bool


class Place(NamedTuple):
    """A folder that the build writes to, and what is free there.

    `origin` is what set it.  Places of the same `device` share their room.  `free` is what this user may still use,
    by the file system or his quota (`free_by`); where only a site file is known it is the most that the place can hold,
    and `free_by` is "size".  `inodes` is None where none are counted.  `ends_with_job`: what is written there is deleted.
    `shared`: many machines use it.
    """

    role: Role
    path: str
    origin: str
    filesystem: str | Unknown
    device: str
    free: int | Unknown
    free_by: str
    inodes: int | Unknown | None = None
    in_memory: bool = False
    ends_with_job: bool = False
    exists: bool | Unknown = Unknown("not looked at")
    writable: Outcome | Unknown = Unknown("not looked at")
    options: tuple[str, ...] = ()
    shared: bool = False


class MemoryRoom(NamedTuple):
    """The memory that the build may use.

    `limit` is what it is killed at; `comfortable` what can be used without trouble: less, where the site says so or where
    files in memory hold some already.  `by` says in words who limits it.
    """

    limit: int | Unknown
    comfortable: int | Unknown
    by: str


class Alternative(NamedTuple):
    """Another folder for temporary files.  `holds` is what is free there, or the most it can hold; None: not known.

    `word` is the folder for a shell line, `directive` the scheduler's option that asks for it, whole, "" without one.
    `fits` is None where that cannot be told; `in_memory` counts against the job.
    """

    path: str
    word: str
    holds: int | None
    directive: str
    in_memory: bool
    fits: bool | None
    note: str = ""


class PlannedBase(NamedTuple):
    """What a stage starts from.

    `agent` is the bootstrap agent, `name` what `From:` says.  `unpacked` is the tree at its largest while it is unpacked and
    `kept` what of it stays; `compressed` the layers that are fetched, `to_fetch` those of them that are not in the cache
    yet; `image` what the tree takes when it is packed again; `copy` the copy of the source that lies beside it while it
    is unpacked, `fetched` what the temporary folder holds while it is fetched.  None where nobody can tell.
    `architecture` is the processor of its programs; `environment` are its NAME=VALUE lines as far as they are known.
    """

    agent: str
    name: str
    how: How
    unpacked: Range | None
    kept: Range | None
    compressed: Range | None = NOTHING
    to_fetch: Range | None = NOTHING
    image: Range | None = NOTHING
    copy: Range = NOTHING
    fetched: Range = NOTHING
    inodes: Range | None = None
    architecture: str | None = None
    environment: tuple[str, ...] = ()
    why: str = ""


class Processor(NamedTuple):
    """The processors of a build: of the machine that builds, and of those that the image is for; None: not known.

    `emulated`: whether the builder runs programs of the target; `level` is 1 to 4 of x86-64 (None: not known or another
    family); `kernel` is the builder's release.
    """

    builder: str | None = None
    target: str | None = None
    emulated: bool | Unknown = Unknown("not looked at")
    level: int | None = None
    kernel: str | None = None


class Plan(NamedTuple):
    """All that is known ahead of one build.

    `source` is what is built, `output` the image ("" where it is not said).  `definition` is the definition file, or the one
    that an address stands for; None for images and folders.  `bases` are those of the stages, `phases` those of the
    build, both in order.  `left_out` says in words what could not be learnt; `machine` says whose places these are,
    `variable` what sets the temporary folder there.  `converts`: an image is turned into another, which takes no way to
    root.  `signs`: the image is signed when it is built.  `keeps_groups`: the build keeps the user's supplementary groups.
    """

    source: str
    output: str
    sandbox: bool
    definition: Definition | None
    bases: tuple[PlannedBase, ...]
    phases: tuple[Phase, ...]
    inodes: Range | None
    places: tuple[Place, ...]
    memory: MemoryRoom
    alternatives: tuple[Alternative, ...] = ()
    processor: Processor = Processor()
    growth: tuple[How, Range] = ("exact", NOTHING)
    squashfs_memory: int | None = None
    takes_squashfs_option: bool = False
    left_out: tuple[str, ...] = ()
    machine: str = ""
    variable: str = "APPTAINER_TMPDIR"
    converts: bool = False
    signs: bool = False
    keeps_groups: bool = False

    @property
    def span(self) -> Span:
        """Where findings about the plan stand: in no file."""
        return Span(0, 0)

    def place(self, role: str) -> Place | None:
        """The place of a role; None where none is known."""
        return next((place for place in self.places if place.role == role), None)

    def need(self, *roles: str) -> Need:
        """What these roles need together at their worst."""
        worst = max(self.phases, key=lambda phase: phase.need(roles).likely)
        size = largest(phase.need(roles) for phase in self.phases)
        parts = tuple(part for part in worst.parts if part.role in roles)
        complete = all(
            part.size is not None for phase in self.phases for part in phase.parts if part.role in roles
        )
        return Need(size, worst.name, parts, complete)

    @property
    def judges_memory(self) -> bool:
        """Whether it is known what the build needs of memory, and how much there may be."""
        return self.need(*self.roles_in_memory).complete and not isinstance(self.memory.limit, Unknown)

    def fails_in(self, have: int, *roles: str, end: str = "low") -> str:
        """The first phase that needs more for these roles than there is; "" if none does."""
        needs = ((phase.name, getattr(phase.need(roles), end)) for phase in self.phases)
        return next((name for name, need in needs if need > have), "")

    def sharing(self, role: str) -> tuple[str, ...]:
        """The roles whose places lie on the same file system as that of a role, itself included."""
        place = self.place(role)
        if place is None or not place.device:
            return (role,)
        return tuple(other.role for other in self.places if other.device == place.device)

    @property
    def roles_in_memory(self) -> tuple[str, ...]:
        """What comes off the memory: the processes, and what is written to places in memory."""
        return ("memory", *(place.role for place in self.places if place.in_memory))

    def free(self, role: str) -> int | None:
        """What is free for a role; None where that is not known."""
        place = self.place(role)
        return known(place.free) if place is not None else None
