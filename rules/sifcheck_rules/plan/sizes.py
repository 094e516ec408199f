"""The plan of a build against memory and storage: will it fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Alternative,
    Draft,
    Findings,
    Place,
    Plan,
    Range,
    Severity,
    bad,
    finding,
    good,
    known,
    quote,
    rule,
    size_text,
)
from sifcheck_rules._machine import GIB, listed, refused, waited

if TYPE_CHECKING:
    from sifcheck.api import Site


PHASES = {
    "fetch": "while layers are fetched",
    "unpack": "while the base is unpacked",
    "post": "in the scripts",
    "pack": "while the image is packed",
    "write": "while the image is written, at the very end",
}
"""When a build ends that has not enough room."""

_ROLES = {
    "temporary": "the temporary folder",
    "cache": "the cache",
    "output": "the image",
    "memory": "the processes",
}


def span_of(need: Range) -> str:
    """A need in words: one number where both ends are near, else from the one to the other."""
    low, high = size_text(need.low), size_text(need.high)
    if not need.low:
        return f"up to {high}"
    return high if low == high or need.low > 0.9 * need.high else f"{low} to {high}"


def with_others(plan: Plan, role: str) -> str:
    """The other roles that take room in the same place, as words to put behind a need; "" without any."""
    others = [_ROLES[other] for other in plan.sharing(role) if other not in (role, "memory")]
    return f", {listed(others)} included" if others else ""


def shown(place: Place) -> str:
    """A place, and what set it where something did."""
    return (
        f"{place.path} ({place.origin})" if place.origin not in ("default", "output", "site") else place.path
    )


def room(place: Place, free: int) -> str:
    """How much room a place has: free, left by a quota, or at the most."""
    words = {"free": "has {} free", "quota": "has {} left by the quota", "size": "holds {} at the most"}
    return words[place.free_by].format(size_text(free))


def ways_out(plan: Plan, *, disk: bool = False, own: bool = True) -> str:
    """What to type for another temporary folder that has the room, the site's first; "" where none is known.

    `disk`: one in memory is none.  `own`: whether the words begin the advice.
    """
    fitting = [one for one in plan.alternatives if one.fits is True and not (disk and one.in_memory)]
    maybe = [one for one in plan.alternatives if one.fits is None and not (disk and one.in_memory)]
    best = next(iter(fitting or maybe), None)
    if best is None:
        return ""
    doubt = "" if fitting else ", if there is room"
    return f"{'take another temporary folder: ' if own else ''}{_line(plan, best)}{doubt}"


def _line(plan: Plan, one: Alternative) -> str:
    export = f"`export {plan.variable}={one.word}`"
    return f"{export} in a job with {one.directive}" if one.directive else export


def in_folder(path: str) -> str:
    """The command that makes a folder."""
    return f"`mkdir -p {quote(path)}`"


# -- BLD101


@rule(
    "BLD101",
    severity="error",
    supersedes=("ENV204", "ENV301"),
    tags="memory size",
    confidence="medium",
    profile="minimal",
    message={
        "memory": "the build needs {need} of memory{files}, and {have}: it is killed {phase}",
        "place": "the temporary folder {path} is memory and {room}; the build needs {need} there{others}: it fails {phase}",
        "tight": "the build needs {need} of memory{files}, and {have}",
        "unsafe": "the build needs {need} of memory{files}, of which {have} can be used without trouble",
        "tight-place": "the temporary folder {path} is memory and {room}; the build needs {need} there{others}",
    },
    help="{ways}",
)
@bad("", plan={"unpacked": 14 * GIB, "image": 5 * GIB}, site="fugaku:compute")
@bad("", plan={"unpacked": 19 * GIB, "image": 4 * GIB}, site="fugaku:compute")
@good("", plan={"unpacked": 4 * GIB}, site="fugaku:compute")
def image_exceeds_memory(plan: Plan) -> Findings:
    """The build needs more memory than it may use.

    What a build writes to a temporary folder in memory counts against the job: the unpacked tree and the packed image
    together.  Packing takes as much again as the tree is large, or mksquashfs's own limit, and 0.2 GB.  The kernel ends
    the build in the last phase ("mksquashfs command failed: signal: killed"), after nearly all of its time.  A warning if only
    the upper end of what may be needed is too much, or more than the site calls safe.  Source: RIKEN guide on images;
    Fugaku users guide; guides of CSC and LUMI; apptainer/singularity-userdocs#310; measured (24 builds).
    """
    found = [one for one in (_by_place_in_memory(plan), _by_memory(plan)) if one is not None]
    # Both have the same cause: the worse one is told.
    yield from sorted(found, key=lambda one: one.severity != "error")[:1]


def _by_memory(plan: Plan) -> Draft | None:
    limit = known(plan.memory.limit)
    roles = plan.roles_in_memory
    need = plan.need(*roles).size
    if limit is None:
        return None
    comfortable = known(plan.memory.comfortable, limit)
    if need.high <= comfortable:
        return None
    key = "memory" if need.low > limit else "tight" if need.high > limit else "unsafe"
    level: Severity = "error" if key == "memory" else "warning"
    files = " for its processes" if roles == ("memory",) else " for its processes and what it writes there"
    return finding(
        plan,
        key,
        severity=level,
        need=span_of(need),
        files=files,
        have=size_text(comfortable) if key == "unsafe" else _allowed(plan, limit),
        phase=PHASES[plan.fails_in(limit, *roles) or "pack"],
        ways=_less_memory(plan, comfortable if key == "unsafe" else limit),
    )


def _allowed(plan: Plan, limit: int) -> str:
    by = plan.memory.by
    return f"the node has {size_text(limit)} left" if by == "the node" else f"{by} allows {size_text(limit)}"


def _less_memory(plan: Plan, limit: int) -> str:
    """What helps: holding mksquashfs back if that is enough, a folder on disk, more memory."""
    roles = plan.roles_in_memory
    need = plan.need(*roles).size.high
    held, ways = plan.squashfs_memory, []
    if held is None or held > GIB:
        saved = min(plan.need("memory").size.high, held or need) - GIB
        if saved > 0 and need - saved <= limit:
            option = '`--mksquashfs-args "-mem 1G"`'
            since = "" if plan.takes_squashfs_option else " (Apptainer from 1.4, SingularityCE from 4.2)"
            ways.append(f"hold mksquashfs back with {option}{since}")
    if len(roles) > 1 and (folder := ways_out(plan, disk=True, own=not ways)):
        ways.append(folder)
    if plan.memory.by in ("the job", "the control group"):
        ways.append(f"a job with {size_text(need + GIB - 1)} of memory")
    return ", or ".join(ways) or "build on a node with more memory"


def _by_place_in_memory(plan: Plan) -> Draft | None:
    place = plan.place("output" if plan.sandbox else "temporary")
    free = known(place.free) if place is not None and place.in_memory else None
    if place is None or free is None:
        return None
    need = plan.need(*plan.sharing(place.role)).size
    if need.high <= free:
        return None
    surely = need.low > free
    return finding(
        plan,
        "place" if surely else "tight-place",
        severity="error" if surely else "warning",
        path=shown(place),
        room=room(place, free),
        need=span_of(need),
        others=with_others(plan, place.role),
        phase=PHASES[plan.fails_in(free, *plan.sharing(place.role)) or "pack"],
        ways=ways_out(plan, disk=True) or "take a folder on a disk",
    )


# -- BLD102

# A file system that compresses may hold a tree that is larger than it.
_COMPRESSING = ("zfs", "btrfs", "bcachefs")

_SMALL_DISK: dict[str, Any] = {
    "device": "/dev/vdb1",
    "mount_point": "/scratch",
    "path": "/scratch",
    "origin": "TMPDIR",
    "available_bytes": 5 * GIB,
}
_TIMED_OUT: dict[str, Any] = {"unknown": "timed out after 2 s"}
_SILENT = dict.fromkeys(
    "exists writable filesystem device available_bytes available_inodes quota".split(), _TIMED_OUT
)


@rule(
    "BLD102",
    severity="error",
    tags="size storage",
    confidence="medium",
    message={
        "missing": "the temporary folder {path} is not there: the build ends when it begins",
        "silent": "the {what} {path} did not answer within {time}: the build hangs there",
        "room": "the temporary folder {path} {room}, and the build needs {need} there{others}: it fails {phase}",
        "tight": "the temporary folder {path} {room}, and the build may need {need} there{others}",
        "inodes": "the temporary folder {path} has room for {free} more files, and the build makes {need}",
        "cache": "the image cache {path} {room}, and layers of {need} are to be fetched into it",
    },
    help={
        "missing": "{line}; or take another folder",
        "silent": "take a folder of this machine",
        "cache": "give it another folder, or build with `--disable-cache`, with which layers go to the temporary folder",
        "": "{ways}",
    },
)
@bad("", plan={}, host={"storage": {"tmpdir": {**_SMALL_DISK, "exists": False}}})
@bad("", plan={}, host={"storage": {"tmpdir": _SILENT}})
@good("", plan={"unpacked": 6 * GIB})
def tmpdir_too_small(plan: Plan) -> Findings:
    """The temporary folder, or the cache, has too little room for the build.

    The tree of every stage stays there to the end, and the packed image is written beside it; without a cache the layers
    too.  Too little room shows in the last phase: "write failed because No space left on device", or, in %post, as an exit
    status without any word about space.  Only what is surely needed is an error: what scripts add beyond the last build is not.
    What shares the file system is added up.  Source: issues of both runtimes; measured (24 builds; the sum held to 0.1 MB).
    """
    place = plan.place("temporary")
    if place is not None and place.exists is False:
        yield finding(plan, "missing", path=shown(place), line=in_folder(place.path))
    elif place is not None and not place.in_memory:
        yield from _on_disk(plan, place)
    for role, what in (("temporary", "temporary folder"), ("cache", "image cache")):
        silent = plan.place(role)
        if silent is not None and (time := _silent(silent)):
            yield finding(plan, "silent", what=what, path=shown(silent), time=time)
    yield from _in_cache(plan)


def _on_disk(plan: Plan, place: Place) -> Iterator[Draft]:
    roles = plan.sharing("temporary")
    free, need = known(place.free), plan.need(*roles).size
    ways = ways_out(plan) or "make room there, or take another folder"
    # A sandbox grows where it will lie: of that says BLD103.
    told = plan.sandbox and "output" in roles
    if free is not None and need.high > free and not told:
        surely = need.low > free and known(place.filesystem) not in _COMPRESSING
        phase = PHASES[plan.fails_in(free, *roles) or "pack"]
        values: dict[str, Any] = {
            "path": shown(place),
            "room": room(place, free),
            "need": span_of(need),
            "ways": ways,
        }
        yield finding(
            plan,
            "room" if surely else "tight",
            severity="error" if surely else "warning",
            others=with_others(plan, "temporary"),
            phase=phase,
            **values,
        )
    inodes = known(place.inodes)
    if inodes is not None and plan.inodes is not None and not plan.sandbox and plan.inodes.likely > inodes:
        level: Severity = "error" if plan.inodes.low > inodes else "warning"
        words = f"about {plan.inodes.likely}"
        yield finding(plan, "inodes", severity=level, path=shown(place), free=inodes, need=words, ways=ways)


def _in_cache(plan: Plan) -> Iterator[Draft]:
    place = plan.place("cache")
    free = known(place.free) if place is not None else None
    if place is None or free is None or "temporary" in plan.sharing("cache"):
        return
    need = plan.need("cache").size
    if need.low > free:
        yield finding(plan, "cache", path=shown(place), room=room(place, free), need=span_of(need))


# -- BLD103


def _output(**facts: Any) -> dict[str, Any]:
    place = {"path": "/data/images", "origin": "output", "device": "/dev/vdd1", "mount_point": "/data"}
    return {"storage": {"output": {**place, **facts}}}


_THERE = "/data/images/a.sif"


@rule(
    "BLD103",
    severity="error",
    tags="output",
    profile="minimal",
    message={
        "silent": "the folder of the image, {path}, did not answer within {time}: the build hangs there",
        "missing": "the folder {path} for the image is not there",
        "unwritable": "the folder {path} for the image cannot be written: {why}",
        "room": "the folder {path} for the image {room}, and the image needs {need}",
        "tight": "the folder {path} for the image {room}, and the image may need {need}",
        "shared": "the sandbox is made in {path}, on {filesystem}, which many machines share",
        "noexec": "the sandbox is made in {path}, which is mounted noexec",
    },
    help={
        "silent": "write it to a folder of this machine, and copy it",
        "missing": "{line}; the build would find out when the image is done",
        "unwritable": "write it to a folder of yours, and copy it; the build would find out when the image is done",
        "shared": "make it on a disk of this machine, and build an image from it",
        "noexec": "make it on another file system",
        "": "make room, or write it elsewhere; the build would find out when the image is done",
    },
)
@bad("", plan={"output": "/data/nowhere/a.sif"}, host=_output(path="/data/nowhere", exists=False))
@bad("", plan={"output": _THERE}, host=_output(writable="Permission denied"))
@good("", plan={"output": _THERE}, host=_output())
def output_unsuitable(plan: Plan) -> Findings:
    """The image cannot be written where it is to go, or does not fit there.

    The runtime opens the image when the build is done, and then says "while creating container: open /x/a.sif: permission
    denied", "no such file or directory" or "no space left on device": all the work is lost, and with --force the old image
    too.  A sandbox grows in the output's folder from the beginning, and wants a disk of the machine.  On a file system that does
    not answer the build waits for ever, before it begins (measured).  Source: guide of ABCI;
    issues of Singularity; administrators' guide; measured (full, read-only, missing, foreign folder).
    """
    place = plan.place("output")
    if place is None:
        return
    if time := _silent(place):
        yield finding(plan, "silent", path=place.path, time=time)
        return
    if place.exists is False:
        yield finding(plan, "missing", path=place.path, line=in_folder(place.path))
    elif why := refused(place.writable):
        yield finding(plan, "unwritable", path=place.path, why=why.lower())
    yield from _room_for_output(plan, place)
    if plan.sandbox and place.shared:
        kind = known(place.filesystem) or "a file system"
        yield finding(plan, "shared", severity="warning", path=place.path, filesystem=kind)
    if plan.sandbox and "noexec" in place.options:
        yield finding(plan, "noexec", path=place.path)


def _silent(place: Place) -> str:
    """How long a folder was waited for in vain ("2 s"), "" where it answered or something else is the matter."""
    return waited(place.exists, place.filesystem, place.writable, place.free)


def _room_for_output(plan: Plan, place: Place) -> Iterator[Draft]:
    roles = plan.sharing("output")
    free = known(place.free)
    # What shares the temporary folder's file system is BLD102's, and a sandbox in memory BLD101's.
    if free is None or (place.in_memory if plan.sandbox else "temporary" in roles):
        return
    need = plan.need(*roles).size
    if need.high <= free:
        return
    surely = need.low > free
    yield finding(
        plan,
        "room" if surely else "tight",
        severity="error" if surely else "warning",
        path=place.path,
        room=room(place, free),
        need=span_of(need),
    )


# -- BLD104


@rule(
    "BLD104",
    severity="warning",
    message={
        "memory": "the image is written to {path}, which is memory: it takes its room a second time, and is lost with the job",
        "ends": "the image is written to {path}, which is emptied when the job ends",
    },
    help="write it straight to a disk that stays{where}",
)
@bad("", plan={"output": "/worktmp/a.sif"}, site="fugaku:compute")
@bad("", plan={"output": "$PJM_LOCALTMP/a.sif"}, site="fugaku:compute")
@good("", plan={"output": "/vol0004/data/hp1/a.sif"}, site="fugaku:compute")
def output_on_temporary_storage(plan: Plan, site: Site) -> Findings:
    """The image is written to a folder that is emptied when the job ends.

    Beside the temporary folder it takes its room twice, on a node of Fugaku from the same memory; and who forgets to copy it,
    or runs out of time, has nothing.  The runtime writes the image once, at the end: straight to the disk costs nothing.
    Source: public job scripts of Fugaku; Fugaku users guide.
    """
    place = plan.place("output")
    if place is None or not (place.in_memory or place.ends_with_job):
        return
    where = site.filesystems.data
    words = f", as {quote(where) if ' ' in where else where}" if isinstance(where, str) else ""
    yield finding(plan, "memory" if place.in_memory else "ends", path=place.path, where=words)
