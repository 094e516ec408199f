"""The folders that a build writes to: its temporary folder, the cache, and what dead builds left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import Draft, Findings, Severity, Unknown, bad, finding, good, known, route, rule
from sifcheck_rules._machine import (
    GIB,
    better_folder,
    command,
    expanded,
    export_line,
    group_name,
    is_apptainer,
    is_memory,
    is_shared,
    listed,
    memory_free,
    own_variable,
    quoted,
    refused,
    site_folder,
    site_word,
    size,
    version,
    worked,
)

if TYPE_CHECKING:
    from sifcheck.api import Host, Site, Storage

# -- ENV201

_NOT_LISTED: dict[str, Any] = {"subuids": [], "subgids": []}
_CE = {"flavour": "singularity-ce", "version": [4, 1, 2], "setuid_starter": True}
_HOME_ON_FEFS = {
    "environment": {"TMPDIR": "/home/builder"},
    "storage": {
        "tmpdir": {
            "path": "/home/builder",
            "origin": "TMPDIR",
            "filesystem": "fefs",
            "rehearsal": {"chown": "Operation not permitted"},
        }
    },
}


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
@bad("", host={"storage": {"tmpdir": {"filesystem": "nfs4"}}, "identity": _NOT_LISTED})
@bad("", host={"storage": {"tmpdir": {"filesystem": "gpfs"}}, "identity": {"user_id": 0}})
@bad(
    "",
    host={
        "storage": {"tmpdir": {"filesystem": "fuse.sshfs", "rehearsal": {"chown": "Operation not permitted"}}}
    },
)
@bad(
    "",
    host={"storage": {"tmpdir": {"filesystem": "wekafs", "rehearsal": {"chown": "Operation not permitted"}}}},
)
@bad("", host=_HOME_ON_FEFS, site="fugaku:compute")
@bad(
    "",
    host={"storage": {"tmpdir": {"path": "/vol0004/hp1/tmp", "filesystem": "lustre"}}},
    site="fugaku:login",
)
@bad(
    "",
    host={
        "storage": {"tmpdir": {"filesystem": "lustre"}},
        "identity": _NOT_LISTED,
        "runtimes": {"apptainer": "none", "singularity": _CE},
        "programs": {"proot": "/opt/bin/proot"},
    },
)
@good("")
@good("", host={"storage": {"cache": {"filesystem": "lustre"}, "home": {"filesystem": "nfs4"}}})
@good("", host={"storage": {"tmpdir": {"filesystem": {"unknown": "timed out after 2 s"}}}})
@good("", host={"storage": {"tmpdir": {"filesystem": "tmpfs"}}})
@good("", host={"storage": {"tmpdir": {"path": "/worktmp", "filesystem": "tmpfs"}}}, site="fugaku:compute")
def tmpdir_on_shared_filesystem(host: Host, site: Site | None = None) -> Findings:
    """The temporary folder of a build lies on a file system that machines share.

    A build with subordinate ids hands files to ids that the server of such a file system does not know, and is refused; the
    runtime then carries on with the folder that it has just deleted and prints "failed to create staging file: ... no such file
    or directory" (measured).  Elsewhere it unpacks a hundred thousand small files there.  Where the refusal was seen, or
    the site says it, this is an error for a build with subordinate ids.  Source: RIKEN guide on images; Apptainer
    administrators' guide; guides of ABCI, CSC and NCAR; issues of both runtimes; measured.
    """
    place = host.place("tmpdir")
    if place is None or not place.is_absolute:
        return
    mode = route(host).mode
    folder = site_folder(place.path, site, host)
    said = _site_says(place, host, site)
    what, why = _refusal(place, host)
    values: dict[str, Any] = {
        "path": _shown(place),
        "filesystem": known(place.filesystem) or "an unknown file system",
        "line": export_line(host, site),
    }
    if why is not None and mode in ("subordinate", "unknown"):
        level: Severity = "error" if mode == "subordinate" else "info"
        yield finding(host, "probe", severity=level, confidence="high", what=what, why=why, **values)
    elif said and site is not None and mode == "subordinate":
        yield finding(host, "site", severity="error", site=site.name, **values)
    elif (is_shared(place) or said) and not (folder is not None and folder.fakeroot_ok is True):
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
    folder = site_folder(place.path, site, host)
    if folder is not None and isinstance(folder.fakeroot_ok, bool):
        return not folder.fakeroot_ok
    tried = place.rehearsal
    if site.site.generic is True and tried.maps == "subordinate" and worked(tried.chown):
        return False
    default = expanded(known(site.tmp.default_value) or "", host)
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


def _shown(place: Storage) -> str:
    """A folder, and what set it where something did."""
    return place.path if place.origin == "default" else f"{place.path} ({place.origin})"


# -- ENV202


@rule(
    "ENV202",
    severity="error",
    profile="minimal",
    message={
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
@bad("", host={"storage": {"tmpdir": {"path": "tmp/build", "origin": "TMPDIR"}}})
@bad("", host={"storage": {"tmpdir": {"path": "/scratch", "writable": "Permission denied"}}})
@bad(
    "",
    host={"storage": {"tmpdir": {"path": "/cvmfs", "writable": "Read-only file system", "options": ["ro"]}}},
)
@bad(
    "",
    host={
        "storage": {"tmpdir": {"options": ["rw", "noexec"], "rehearsal": {"execute": "Permission denied"}}}
    },
)
@bad("", host={"storage": {"tmpdir": {"path": "/srv/sub/tmp", "filesystem": "btrfs", "mounted": False}}})
@bad("", host={"storage": {"tmpdir": {"path": "/scratch/a:b"}}})
@bad(
    "",
    host={"storage": {"tmpdir": {"path": "/data/hp1", "mode": 0o2770, "group": {"id": 5000, "name": "hp1"}}}},
)
@good("")
@good("", host={"storage": {"tmpdir": {"path": "/scratch/with blank/\u7814\u7a76"}}})
@good("", host={"storage": {"tmpdir": {"options": ["rw", "nodev", "nosuid"]}}})
@good("", host={"storage": {"tmpdir": {"mode": 0o2770, "group": {"id": 1001, "name": "builder"}}}})
@good(
    "",
    host={
        "storage": {"tmpdir": {"mode": 0o2770, "group": {"id": 5000, "name": "hp1"}}},
        "identity": _NOT_LISTED,
    },
)
@good("", host={"storage": {"tmpdir": {"exists": {"unknown": "timed out after 2 s"}}}})
def tmpdir_unusable(host: Host, site: Site | None = None) -> Findings:
    """The temporary folder cannot be used by any build, or by none with subordinate ids.

    The runtime says "failed to create build parent dir: stat /x: no such file or directory", "mkdir /x/build-temp-1: permission
    denied" or "read-only file system", "'noexec' mount option set on /x", "no parent mount point found" for a relative
    path and a subvolume, "/image is not a valid bind option" for a colon or comma, and for a set-group-id folder of another
    group "failed to create staging file: ... no such file or directory".  Source: issues of Singularity; all measured.
    """
    place = host.place("tmpdir")
    if place is None:
        return
    values: dict[str, Any] = {"path": _shown(place), "word": quoted(place.path)}
    line = export_line(host, site)
    if not place.is_absolute:
        absolute = f'`export {_variable(place, host)}="$PWD"/{quoted(place.path)}`'
        yield finding(host, "relative", line=absolute, **values)
        return
    if character := next((one for one in ":," if one in place.path), None):
        name = "colon" if character == ":" else "comma"
        yield finding(host, "characters", character=name, line=line, **values)
    if place.exists is False:
        can_be_made = refused(place.writable) is None
        yield finding(host, "missing", line=f"`mkdir -p {values['word']}`" if can_be_made else line, **values)
    elif place.is_directory is False:
        yield finding(host, "file", line=line, **values)
    elif why := refused(place.writable):
        yield finding(host, "unwritable", why=why, line=line, **values)
    yield from _by_mount(place, host, line, values)


def _by_mount(place: Storage, host: Host, line: str, values: dict[str, Any]) -> Iterator[Draft]:
    if place.has_option("noexec") is True:
        yield finding(host, "noexec", line=line, **values)
    if place.mounted is False:
        yield finding(host, "subvolume", line=line, **values)
    if _foreign_group(place, host) and route(host).mode == "subordinate":
        group = group_name(known(place.group))
        yield finding(host, "group", group=group, line=line, **values)


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
        else own_variable(host, "TMPDIR")
    )


# -- ENV203


@rule(
    "ENV203",
    severity="info",
    message="the temporary folder {path} is mounted nodev: the runtime warns, and builds on an image work there",
    help="nothing to do for an image as base; bootstraps that make device nodes (debootstrap, yum, zypper, arch) want another "
    "folder: {line}",
)
@bad("", host={"storage": {"tmpdir": {"path": "/worktmp", "origin": "TMPDIR", "options": ["rw", "nodev"]}}})
@good("")
@good("", host={"storage": {"tmpdir": {"options": ["rw", "nosuid"]}, "vartmp": {"options": ["rw", "nodev"]}}})
@good("", host={"storage": {"tmpdir": {"options": {"unknown": "its mount is not listed"}}}})
def scratch_nodev(host: Host, site: Site | None = None) -> Findings:
    """The temporary folder is on a file system where device nodes do not work.

    The runtime prints "'nodev' mount option set on /x, it could be a source of failure during build process", and with an image
    as base the build succeeds all the same: /dev in it is the machine's (measured).  Bootstraps that make device nodes fail there.
    Source: RIKEN guide on images, which shows the message for /worktmp; issues of Singularity; measured.
    """
    place = host.place("tmpdir")
    if place is not None and place.has_option("nodev") is True:
        yield finding(host, path=_shown(place), line=export_line(host, site))


# -- ENV204


@rule(
    "ENV204",
    severity="info",
    message="the temporary folder {path} is memory: what a build writes there counts against the job's{free}",
    help="ask for twice the size of the unpacked image as memory, or use a disk: {line}",
)
@bad("", host={"storage": {"tmpdir": {"filesystem": "tmpfs"}}})
@bad("", host={"storage": {"tmpdir": {"filesystem": "tmpfs"}}, "memory": {"available_bytes": 4294967296}})
@bad(
    "",
    host={
        "storage": {"tmpdir": {"path": "/worktmp", "filesystem": "tmpfs"}},
        "memory": {"cgroup_limit_bytes": 30739333120, "cgroup_used_bytes": 25000000000},
    },
    site="fugaku:compute",
)
@bad(
    "",
    host={"storage": {"tmpdir": {"path": "/ram/u1"}}},
    site='[[tmp.candidates]]\npath = "/ram"\ncounts_as_memory = true\n',
)
@good("")
@good("", host={"storage": {"tmpdir": {"path": "/scratch"}, "tmp": {"filesystem": "tmpfs"}}})
@good(
    "",
    host={"storage": {"tmpdir": {"filesystem": "tmpfs"}}, "runtimes": {"apptainer": {"version": [1, 6, 0]}}},
)
def tmpdir_in_memory(host: Host, site: Site | None = None) -> Findings:
    """The temporary folder is in memory.

    A build unpacks the image there and packs it again: both together come off the memory that the job may use, and when it is
    used up the kernel ends the build ("mksquashfs command failed: signal: killed", measured).  A warning if less than 8 GiB
    are free.  Source: RIKEN guide on images; Fugaku users guide; guides of LUMI and CSC; issues of SingularityCE; change
    log of Apptainer 1.6, which takes /var/tmp where /tmp is memory.
    """
    place = host.place("tmpdir")
    if place is None:
        return
    folder = site_folder(place.path, site, host)
    if not is_memory(place) and not (folder is not None and folder.counts_as_memory is True):
        return
    newer = is_apptainer(host) is True and (version(host) or (0,)) >= (1, 6)
    if newer and place.origin == "default" and place.path == "/tmp":  # noqa: S108 - the runtime's default
        return
    free = memory_free(host)
    scarce = free is not None and free < 8 * GIB
    shown = "" if free is None else f", of which {size(free)} are free"
    yield finding(
        host,
        severity="warning" if scarce else "info",
        path=_shown(place),
        free=shown,
        line=export_line(host, site, disk=True),
    )


# -- ENV205

_CACHE_NEEDS = 10 * GIB


@rule(
    "ENV205",
    severity="warning",
    confidence="medium",
    message={
        "room": "the image cache {path} has room for {free} only",
        "quota": "the quota leaves {free} to the image cache {path}",
        "unwritable": "the image cache {path} cannot be written ({why}): layers go to the temporary folder",
        "architectures": "machines of other architectures share the image cache {path}, and {runtime} {version} does not "
        "tell their images apart",
    },
    help="give it another folder: {line}, or `{runtime} build --disable-cache IMAGE FILE`",
)
@bad("", host={"storage": {"cache": {"available_bytes": 2147483648}}})
@bad(
    "",
    host={
        "storage": {
            "cache": {
                "quota": {
                    "used_bytes": 20000000000,
                    "limit_bytes": 21474836480,
                    "used_inodes": None,
                    "limit_inodes": None,
                    "source": "lfs quota",
                }
            }
        }
    },
)
@bad("", host={"storage": {"cache": {"writable": "Permission denied"}}})
@bad(
    "",
    host={"runtimes": {"apptainer": "none", "singularity": {**_CE, "version": [3, 11, 4]}}},
    site="fugaku:compute",
)
@good("")
@good("", host={"storage": {"cache": {"filesystem": "lustre"}}})
@good(
    "",
    host={
        "storage": {"cache": {"available_bytes": 2147483648}},
        "environment": {"APPTAINER_DISABLE_CACHE": "1"},
    },
)
@good("", host={"storage": {"cache": {"available_bytes": {"unknown": "timed out after 2 s"}}}})
@good("", host={"runtimes": {"apptainer": "none", "singularity": _CE}}, site="fugaku:compute")
def cache_unsuitable(host: Host, site: Site | None = None) -> Findings:
    """The image cache is too small, cannot be written, or is shared by machines that it cannot tell apart.

    The cache lies in the home unless a variable says otherwise, and images fill a home's quota.  One that cannot be written is
    left out with "Cache disabled - cache location /x is not writable", and then the temporary folder holds the layers too
    (measured).  Before SingularityCE 4.0 and Apptainer 1.2 an image of another architecture was taken from it.  Source:
    guides of CSC, NeSI, Aalto, LUMI and Polaris; change logs of both; issues of SingularityCE; measured.
    """
    place = host.place("cache")
    if place is None or _cache_disabled(host):
        return
    runtime = command(host, site)
    folder = _cache_folder(host, site)
    line = f"`export {own_variable(host, 'CACHEDIR')}={folder}`"
    values: dict[str, Any] = {"path": _shown(place), "runtime": runtime, "line": line}
    if why := refused(place.writable):
        yield finding(host, "unwritable", confidence="high", why=why, **values)
        return
    free, left = known(place.available_bytes), _quota_left(place)
    if left is not None and left < _CACHE_NEEDS:
        yield finding(host, "quota", free=size(left), **values)
    elif free is not None and free < _CACHE_NEEDS:
        yield finding(host, "room", free=size(free), **values)
    told = version(host)
    shared = site is not None and site.cache.shared_by_architectures is True
    apptainer = is_apptainer(host)
    mixes = told is not None and apptainer is not None and told < ((1, 2) if apptainer else (4, 0))
    if shared and mixes and place.origin == "default":
        yield finding(host, "architectures", version=".".join(map(str, told or ())), **values)


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


def _quota_left(place: Storage) -> int | None:
    quota = known(place.quota)
    if quota is None or quota.limit_bytes is None or quota.used_bytes is None:
        return None
    return max(0, quota.limit_bytes - quota.used_bytes)


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
@bad(
    "",
    host={
        "leftovers": [
            {
                "path": "/scratch/u1/bundle-temp-1",
                "kind": "bundle-temp",
                "bytes": 4096,
                "complete": False,
                "age": 90000,
                "held": False,
                "subordinate": False,
            }
        ]
    },
)
@good("")
@good(
    "",
    host={
        "leftovers": [
            {
                "path": "/scratch/build-temp-1",
                "kind": "build-temp",
                "bytes": 4096,
                "complete": True,
                "age": 3600,
                "held": False,
                "subordinate": False,
            },
            {
                "path": "/scratch/build-temp-2",
                "kind": "build-temp",
                "bytes": 4096,
                "complete": True,
                "age": 200000,
                "held": True,
                "subordinate": False,
            },
            {
                "path": "/scratch/build-temp-3",
                "kind": "build-temp",
                "bytes": 4096,
                "complete": True,
                "age": 200000,
                "held": {"unknown": "a build is running whose files cannot be seen"},
                "subordinate": False,
            },
        ]
    },
)
@good("", host={"leftovers": {"unknown": "timed out after 2 s"}})
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
    words = " ".join(quoted(one.path) for one in dead[:5]) + (" ..." if len(dead) > 5 else "")
    foreign = any(one.subordinate is not False for one in dead)
    remove = "unshare -U --map-root-user --map-auto rm -rf" if foreign else "rm -rf"
    count = f"{len(dead)} folders" if len(dead) > 1 else "a folder"
    yield finding(
        host,
        count=count,
        places=listed(places),
        bytes=size(total) if exact else f"{size(total)} or more",
        line=f"`{remove} {words}`",
    )
