"""Where the runtime puts its temporary files and its cache, and what earlier builds left there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Draft,
    Findings,
    Severity,
    Unknown,
    bad,
    bytes_left,
    candidate_of,
    expanded_there,
    files_left,
    finding,
    good,
    known,
    memory_left,
    quote,
    route,
    rule,
    size_text,
    temporary_remedy,
    writable_in_build,
)
from sifcheck_rules._machine import (
    GIB,
    better_folder,
    command,
    export_line,
    group_name,
    is_apptainer,
    listed,
    refused,
    shown_place,
    silent,
    site_word,
    version,
    worked,
)

if TYPE_CHECKING:
    from sifcheck.api import Definition, Host, Plan, Remedy, Section, Site, Storage


# -- ENV201


@rule(
    "ENV201",
    severity="warning",
    confidence="medium",
    profile="minimal",
    message={
        "type": "the temporary folder {path} lies on {filesystem}, which many machines share",
        "probe": "the temporary folder {path} lies on {filesystem}, where a build cannot {what}: {why}",
        "site": "the temporary folder {path} lies on {filesystem}, where no fakeroot build works on {site}",
    },
    help="take a folder of this machine itself: {line}",
)
@bad("", host={"storage": {"tmpdir": {"path": "/scratch/u1", "origin": "TMPDIR", "filesystem": "lustre"}}})
@bad(
    "",
    host={"storage": {"tmpdir": {"filesystem": "wekafs", "rehearsal": {"chown": "Operation not permitted"}}}},
)
@good("")
def tmpdir_on_shared_filesystem(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """The temporary folder of a build lies on a file system that machines share.

    A build with subordinate ids hands files to ids that the server of such a file system does not know, and is refused; the
    runtime then carries on with the folder that it has just deleted and prints "failed to create staging file: ... no such file
    or directory" (measured).  Elsewhere it unpacks a hundred thousand small files there.  Where the refusal was seen, or
    the site says it, this is an error for a build with subordinate ids.  An image that is only converted, as by
    `build IMAGE docker://...`, is unpacked as the user's own, which works there.  Source: RIKEN guide on images; Apptainer
    administrators' guide; guides of ABCI, CSC and NCAR; issues of both runtimes; measured.
    """
    place = host.place("tmpdir")
    if place is None or not place.is_absolute:
        return
    mode = route(host).mode
    if plan is not None and plan.converts and mode != "root":
        return
    folder = candidate_of(place.path, site, host)
    said = _site_says(place, host, site)
    what, why = _refusal(place, host)
    values: dict[str, Any] = {
        "path": shown_place(place),
        "filesystem": known(place.filesystem) or "an unknown file system",
        "line": export_line(host, site),
        "remedies": _remedies(host, site),
    }
    if why is not None and mode in ("subordinate", "unknown"):
        level: Severity = "error" if mode == "subordinate" else "info"
        yield finding(host, "probe", severity=level, confidence="high", what=what, why=why, **values)
    elif said and site is not None and mode == "subordinate":
        yield finding(host, "site", severity="error", site=site.name, **values)
    elif (place.is_shared or said) and not (folder is not None and folder.fakeroot_ok is True):
        level = "info" if mode in ("fakeroot-alone", "proot", "unknown") else "warning"
        yield finding(host, "type", severity=level, **values)


def _refusal(place: Storage, host: Host) -> tuple[str, str | None]:
    """What a build was seen to be refused in the folder, and the system's word; not what ENV202 tells of it."""
    if refused(place.writable) or _foreign_group(place, host) or place.exists is not True:
        return "", None
    for what, tried in (
        ("make folders", place.rehearsal.mkdir),
        ("give files to other ids", place.rehearsal.chown),
    ):
        if why := refused(tried):
            return what, why
    return "", None


def _site_says(place: Storage, host: Host, site: Site | None) -> bool:
    """Whether the site says that a fakeroot build does not work in the folder.

    What is said of a kind of clusters in general counts less than what was tried here.
    """
    if site is None:
        return False
    folder = candidate_of(place.path, site, host)
    if folder is not None and isinstance(folder.fakeroot_ok, bool):
        return not folder.fakeroot_ok
    tried = place.rehearsal
    if site.site.generic is True and tried.maps == "subordinate" and worked(tried.chown):
        return False
    default = expanded_there(known(site.tmp.default_value) or "", host)
    if site.tmp.default_ok is False and place.origin == site.tmp.default_env and place.path == default:
        return True
    kind = known(place.filesystem) or ""
    if any(kind.startswith(shared) for shared in site.filesystems.shared):
        return True
    return _on_volume(known(place.real_path, place.path), site)


def _on_volume(path: str, site: Site) -> bool:
    import re

    volumes = site.filesystems.volumes
    return isinstance(volumes, str) and re.search(volumes, path) is not None


# -- ENV202

# With less not even the runtime's own folders and a base of 1 MB can be unpacked (measured).
_NOTHING_BYTES, _NOTHING_FILES = 1 << 20, 16
_SCARCE_FILES = 10_000


@rule(
    "ENV202",
    severity="error",
    supersedes=("BLD102",),
    profile="minimal",
    message={
        "silent": "the temporary folder {path} did not answer within {time}: a build hangs there",
        "full": "the temporary folder {path} has no room for a build: {left} left{quota}",
        "scarce": "the temporary folder {path} is nearly full: {left} left{quota}",
        "missing": "the temporary folder {path} does not exist",
        "file": "the temporary folder {path} is no folder",
        "relative": "the temporary folder {path} is a relative path, which the runtime does not take",
        "unwritable": "no folder can be made in the temporary folder {path}: {why}",
        "noexec": "the temporary folder {path} lies on a file system mounted noexec",
        "subvolume": "the temporary folder {path} lies in a subvolume that is no mount of its own",
        "characters": "the temporary folder {path} has a {character} in its name, which the runtime takes for its own",
        "group": "what is made in the temporary folder {path} goes to its group {group}, which no build may hand out",
    },
    help={
        "missing": "make it, or take another: {line}",
        "relative": "write it from the root on: {line}",
        "group": "`chmod g-s {word}`, or take another folder: {line}",
        "": "take another folder: {line}",
    },
)
@bad("", host={"storage": {"tmpdir": {"path": "/scratch/u1", "origin": "APPTAINER_TMPDIR", "exists": False}}})
@bad("", host={"storage": {"tmpdir": {"path": "/home/builder/tmp", "is_directory": False}}})
@good("")
def tmpdir_unusable(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """The temporary folder cannot be used by any build, or by none with subordinate ids.

    The runtime says "failed to create build parent dir: stat /x: no such file or directory", "mkdir /x/build-temp-1: permission
    denied" or "read-only file system", "'noexec' mount option set on /x", "no parent mount point found" for a relative
    path and a subvolume, "/image is not a valid bind option" for a colon or comma, and for a set-group-id folder of another
    group "failed to create staging file: ... no such file or directory".  The last does not stop what only converts an image.
    In a full one it is "no space left on device", or a bare "exit status 1" where files run out; on a file system that does not
    answer it hangs silently.  Under 1 GiB or 10,000 files is a warning: most images take more.
    Source: issues of Singularity; all measured.
    """
    for draft in _unusable(host, site, plan):
        yield draft._replace(remedies=tuple(_remedies(host, site)))


def _unusable(host: Host, site: Site | None, plan: Plan | None) -> Iterator[Draft]:
    place = host.place("tmpdir")
    if place is None:
        return
    values: dict[str, Any] = {"path": shown_place(place), "word": quote(place.path)}
    line = export_line(host, site)
    if not place.is_absolute:
        absolute = f"`export {_variable(place, host)}={_from_the_root(place.path)}`"
        yield finding(host, "relative", line=absolute, **values)
        return
    if character := next((one for one in ":," if one in place.path), None):
        name = "colon" if character == ":" else "comma"
        yield finding(host, "characters", character=name, line=line, **values)
    if time := silent(place):
        yield finding(host, "silent", time=time, line=line, **values)
        return
    full = _full(place, plan is not None)
    if full is not None:
        yield finding(host, full[0], severity=full[1], left=full[2], quota=full[3], line=line, **values)
    if place.exists is False:
        can_be_made = refused(place.writable) is None
        yield finding(host, "missing", line=f"`mkdir -p {values['word']}`" if can_be_made else line, **values)
    elif place.is_directory is False:
        yield finding(host, "file", line=line, **values)
    elif (why := refused(place.writable)) and not (full is not None and full[0] == "full"):
        # Whoever only converts an image has no root of a namespace, to whom the modes of his own folders are nothing.
        in_namespace = refused(writable_in_build(place, host, converts=False)) is None
        if plan is None or plan.converts or not in_namespace:
            level: Severity = "warning" if plan is None and in_namespace else "error"
            yield finding(host, "unwritable", severity=level, why=why, line=line, **values)
    yield from _by_mount(place, host, line, values)
    converts = plan is not None and plan.converts
    if not converts and _foreign_group(place, host) and route(host).mode == "subordinate":
        group = group_name(known(place.group))
        yield finding(host, "group", group=group, line=line, **values)


def _full(place: Storage, planned: bool) -> tuple[str, Severity, str, str] | None:
    """Whether a folder has no room, or little: the message's key, its level, what is left, and the quota.

    What is planned is held against its sizes elsewhere (BLD101, BLD102): of it only that nothing is left is told here.
    """
    room, files = bytes_left(place), files_left(place)
    quota = " by the quota" if "quota" in (room.by, files.by) else ""
    for nothing in (True, False):
        least, fewest = (_NOTHING_BYTES, _NOTHING_FILES) if nothing else (GIB, _SCARCE_FILES)
        key, level = ("full", "error") if nothing else ("scarce", "warning")
        if planned and not nothing:
            break
        if room.most is not None and room.most <= least:
            return key, level, f"{room.bound}{size_text(room.most)}", quota  # type: ignore[return-value]
        if files.most is not None and files.most <= fewest:
            return key, level, f"{files.bound}{files.most} files", quota  # type: ignore[return-value]
    return None


def _from_the_root(path: str) -> str:
    """A relative path as a shell says where it lies; a `~` that no shell replaced means the home."""
    start, _, rest = path.partition("/")
    if start == "~":
        return f'"$HOME"/{quote(rest)}' if rest else '"$HOME"'
    return f'"$PWD"/{quote(path)}'


def _by_mount(place: Storage, host: Host, line: str, values: dict[str, Any]) -> Iterator[Draft]:
    if place.has_option("noexec") is True:
        yield finding(host, "noexec", line=line, **values)
    if place.mounted is False:
        yield finding(host, "subvolume", line=line, **values)


def _foreign_group(place: Storage, host: Host) -> bool:
    """Whether what is made in a folder gets a group that has no number behind the id maps of a build."""
    group, gids = known(place.group), known(host.identity.subgids, ())
    if group is None or place.exists is not True or place.setgid is not True:
        return False
    mapped = any(one.first <= group.id < one.first + one.size for one in gids)
    return group.id != host.identity.group.id and not mapped


def _variable(place: Storage, host: Host) -> str:
    """The variable to set anew: the one that set the folder, where one did."""
    return (
        place.origin
        if place.origin.isidentifier() and place.origin.isupper()
        else host.own_variable("TMPDIR")
    )


# -- ENV203


# What these put together begins with device nodes.
_BOOTSTRAPS = frozenset("arch debootstrap dnf yum zypper".split())
_ON_WORKTMP: dict[str, Any] = {
    "storage": {"tmpdir": {"path": "/worktmp", "origin": "TMPDIR", "options": ["rw", "nodev"]}}
}


@rule(
    "ENV203",
    severity="info",
    message={
        "": "the temporary folder {path} is mounted nodev: the runtime warns, and builds on an image work there",
        "devices": "the temporary folder {path} is mounted nodev, and {what}: none of them can be used there",
        "refused": "{what}, which this user may not do in any folder; that {path} is mounted nodev is not why",
    },
    help={
        "": "nothing to do for an image as base; bootstraps that make device nodes (debootstrap, yum, zypper, arch) want another "
        "folder: {line}",
        "devices": "take another folder for this build: {line}",
        "refused": "leave `mknod` out: /dev in a container is the machine's; or build with subordinate ids or as root",
    },
)
@bad("", host=_ON_WORKTMP)
@good("")
def scratch_nodev(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """The temporary folder is on a file system where device nodes do not work.

    The runtime prints "'nodev' mount option set on /x, it could be a source of failure during build process", and with an image
    as base the build succeeds all the same: /dev in it is the machine's (measured).  Bootstraps that make device nodes fail there
    as root; with subordinate ids `mknod` is only pretended, and with one id alone it is refused everywhere ("mknod: Operation
    not permitted", measured).  What is about to be built is looked at for that: `doctor` only tells of the mount.  Source: RIKEN
    guide on images, which shows the message for /worktmp; issues of Singularity; measured.
    """
    place = host.place("tmpdir")
    if place is None or place.has_option("nodev") is not True:
        return
    mode = route(host).mode
    made = _device_nodes(plan.definition if plan is not None else None, bootstraps=mode == "root")
    values: dict[str, Any] = {"path": shown_place(place), "line": export_line(host, site)}
    if made and mode == "root":
        yield finding(host, "devices", severity="warning", what=made, **values)
    elif made and mode in ("single", "fakeroot-in-namespace", "fakeroot-alone"):
        yield finding(host, "refused", severity="error", what=made, **values)
    else:
        yield finding(host, **values)


def _device_nodes(definition: Definition | None, *, bootstraps: bool) -> str:
    """What in a definition file surely makes device nodes, in words; "" where nothing does."""
    for stage in definition.stages if definition is not None else ():
        if bootstraps and stage.agent in _BOOTSTRAPS:
            return f"`Bootstrap: {stage.agent}` makes device nodes"
        for section in stage.named("post"):
            if "mknod" in section.body and section.is_shell and _makes_node(section):
                return "%post makes device nodes with `mknod`"
    return ""


def _makes_node(section: Section) -> bool:
    return any(
        command.top_level
        and not command.handled
        and any(word.value in ("b", "c", "u") for word in command.operands()[1:2])
        for command in section.script.commands("mknod")
    )


# -- ENV204


@rule(
    "ENV204",
    severity="info",
    message={
        "": "the temporary folder {path} is memory: what a build writes there counts against that of this session{free}",
        "job": "the temporary folder {path} is memory: what a build writes there counts against the job's{free}",
    },
    help={
        "": "use a disk: {line}",
        "job": "ask for twice the size of the unpacked image as memory, or use a disk: {line}",
    },
)
@bad("", host={"storage": {"tmpdir": {"filesystem": "tmpfs"}}})
@good("")
def tmpdir_in_memory(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """The temporary folder is in memory.

    A build unpacks the image there and packs it again: both together come off the memory that the job may use, and when it is
    used up the kernel ends the build ("mksquashfs command failed: signal: killed", measured).  A warning if less than 8 GiB
    are free.  Source: RIKEN guide on images; Fugaku users guide; guides of LUMI and CSC; issues of SingularityCE; change
    log of Apptainer 1.6, which takes /var/tmp where /tmp is memory.
    """
    place = host.place("tmpdir")
    if place is None or not _takes_memory(place, host, site):
        return
    if plan is not None and plan.judges_memory:
        return  # what is planned is held against the memory there is elsewhere (BLD101)
    free, bound = _memory_left(place, host)
    shown = "" if free is None else f", of which {bound}{size_text(free)} are free"
    yield finding(
        host,
        "" if host.scheduler.job is None else "job",
        severity="warning" if _is_scarce(free) else "info",
        path=shown_place(place),
        free=shown,
        line=export_line(host, site, disk=True),
        remedies=temporary_remedy(host, site, disk=True),
    )


def _takes_memory(place: Storage, host: Host, site: Site | None) -> bool:
    """Whether a temporary folder is memory, and the runtime takes it all the same."""
    folder = candidate_of(place.path, site, host)
    if not place.is_memory and not (folder is not None and folder.counts_as_memory is True):
        return False
    newer = is_apptainer(host) is True and (version(host) or (0,)) >= (1, 6)
    return not (newer and place.origin == "default" and place.path == "/tmp")  # noqa: S108 - the runtime's default


def _memory_left(place: Storage, host: Host) -> tuple[int | None, str]:
    """The bytes that a temporary folder in memory can hold, None where nobody knows, and "at most " where that is a bound."""
    memory, room = memory_left(host), bytes_left(place)
    free = min((one.most for one in (memory, room) if one.most is not None), default=None)
    return free, memory.bound or room.bound


def _is_scarce(free: int | None) -> bool:
    return free is not None and free < 8 * GIB


def _remedies(host: Host, site: Site | None) -> Iterator[Remedy]:
    """Another temporary folder; a disk, where the one in use is memory and that is scarce."""
    place = host.place("tmpdir")
    scarce = (
        place is not None and _takes_memory(place, host, site) and _is_scarce(_memory_left(place, host)[0])
    )
    yield from temporary_remedy(host, site, disk=scarce)


# -- ENV205

_CACHE_NEEDS = 10 * GIB
_TIMED_OUT: dict[str, Any] = {"unknown": "timed out after 2 s"}
_SILENT = dict.fromkeys(
    "real_path exists is_directory nearest mode writable filesystem options available_bytes available_inodes".split(),
    _TIMED_OUT,
)


@rule(
    "ENV205",
    severity="warning",
    confidence="medium",
    message={
        "silent": "the image cache {path} did not answer within {time}: a build hangs there",
        "room": "the image cache {path} has room for {free} only",
        "quota": "the quota leaves {free} to the image cache {path}",
        "unwritable": "the image cache {path} cannot be written ({why}): layers go to the temporary folder",
        "architectures": "machines of other architectures share the image cache {path}, and {runtime} {version} does not "
        "tell their images apart",
        "several": "the tasks of this array job ({variable}) share the image cache {path} on {filesystem}, and may fill it at once",
    },
    help="give it another folder: {line}, or `{runtime} build --disable-cache IMAGE FILE`",
)
@bad("", host={"storage": {"cache": {"available_bytes": 2147483648}}})
@bad("", host={"storage": {"cache": _SILENT}})
@good("")
def cache_unsuitable(host: Host, site: Site | None = None) -> Findings:
    """The image cache is too small, cannot be written, or is shared by machines that it cannot tell apart.

    The cache lies in the home unless a variable says otherwise, and images fill a home's quota.  One that cannot be written is
    left out with "Cache disabled - cache location /x is not writable", and then the temporary folder holds the layers too
    (measured).  Before SingularityCE 4.0 and Apptainer 1.2 an image of another architecture was taken from it.  Several builds
    at once, as in an array job, fetch the same layers into it, for which a parallel file system is no place.  On a file system
    that does not answer every build waits, also one that fetches nothing (measured).  Source:
    guides of CSC, NeSI, Aalto, LUMI and Polaris; change logs of both; issues of SingularityCE; measured.
    """
    place = host.place("cache")
    if place is None or _cache_disabled(host):
        return
    runtime = command(host, site)
    folder = _cache_folder(host, site)
    line = f"`export {host.own_variable('CACHEDIR')}={folder}`"
    values: dict[str, Any] = {"path": shown_place(place), "runtime": runtime, "line": line}
    if time := silent(place):
        yield finding(host, "silent", severity="error", time=time, supersedes=["BLD102"], **values)
        return
    if why := refused(place.writable):
        yield finding(host, "unwritable", confidence="high", why=why, **values)
        return
    room = bytes_left(place)
    if room.most is not None and room.most < _CACHE_NEEDS:
        key = "quota" if room.by == "quota" else "room"
        yield finding(host, key, free=f"{room.bound}{size_text(room.most)}", **values)
    told = version(host)
    shared = site is not None and site.cache.shared_by_architectures is True
    apptainer = is_apptainer(host)
    mixes = told is not None and apptainer is not None and told < ((1, 2) if apptainer else (4, 0))
    if shared and mixes and place.origin == "default":
        yield finding(host, "architectures", version=".".join(map(str, told or ())), **values)
    task = next((name for name in _OF_ARRAYS if host.variable(name) is not None), None)
    if task is not None and place.is_shared:
        yield finding(host, "several", variable=task, filesystem=known(place.filesystem), **values)


# What Slurm, PJM and PBS set in the tasks of an array or bulk job.
_OF_ARRAYS = ("SLURM_ARRAY_TASK_ID", "PJM_BULKNUM", "PBS_ARRAY_INDEX")


def _cache_disabled(host: Host) -> bool:
    names = ("APPTAINER_DISABLE_CACHE", "SINGULARITY_DISABLE_CACHE")
    found = [host.variable(name) for name in (names if is_apptainer(host) is not False else names[1:])]
    return any(one is not None and (one.value or "").lower() not in ("", "0", "false", "no") for one in found)


def _cache_folder(host: Host, site: Site | None) -> str:
    """Where the cache could go: what the site recommends, else a folder for each architecture in the best scratch."""
    if site is not None and isinstance(site.cache.recommended, str):
        return site_word(site.cache.recommended)
    folder = better_folder(host, site, disk=True, lasting=True) or "SCRATCH"
    # In a folder that everybody uses each user wants one of his own.
    own = "/$USER" if folder in ("/tmp", "/var/tmp") else ""  # noqa: S108 - a folder to begin with
    return f"{folder}{own}/cache/$(uname -m)"


# -- ENV206

_DAY = 86400


@rule(
    "ENV206",
    severity="info",
    message="builds that were killed left {count} in {places}, {bytes}",
    help="`sifcheck clean-tmp`, or {line}",
)
@bad(
    "",
    host={
        "leftovers": [
            {
                "path": "/scratch/build-temp-1234",
                "kind": "build-temp",
                "bytes": 18253611008,
                "complete": True,
                "age": 200000,
                "held": False,
                "subordinate": True,
            }
        ]
    },
)
@good("")
def build_leftovers(host: Host) -> Findings:
    """Folders of dead builds lie in the temporary folders.

    A lost terminal, a kill or a lack of memory leaves all that the build had unpacked; it counts against the quota, and what
    belongs to subordinate ids cannot be removed in the plain way ("rm: cannot remove ...: Permission denied").  Told of are those
    that are a day old and that no process holds.  Source: measured (hang-up, kill, lack of memory).
    """
    dead = [one for one in known(host.leftovers, ()) if one.age >= _DAY and one.held is False]
    if not dead:
        return
    total = sum(known(one.bytes, 0) for one in dead)
    exact = all(one.complete and not isinstance(one.bytes, Unknown) for one in dead)
    places = list(dict.fromkeys(one.path.rpartition("/")[0] or "/" for one in dead))
    words = " ".join(quote(one.path) for one in dead[:5]) + (" ..." if len(dead) > 5 else "")
    foreign = any(one.subordinate is not False for one in dead)
    remove = "unshare -U --map-root-user --map-auto rm -rf" if foreign else "rm -rf"
    count = f"{len(dead)} folders" if len(dead) > 1 else "a folder"
    yield finding(
        host,
        count=count,
        places=listed(places),
        bytes=size_text(total) if exact else f"{size_text(total)} or more",
        line=f"`{remove} {words}`",
    )
