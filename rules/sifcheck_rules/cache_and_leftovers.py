"""The image cache of the runtimes, and what builds that died left in the temporary folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Findings,
    Unknown,
    bad,
    bytes_left,
    finding,
    good,
    known,
    quote,
    rule,
    size_text,
)
from sifcheck_rules._machine import (
    GIB,
    better_folder,
    command,
    is_apptainer,
    listed,
    own_variable,
    refused,
    shown_place,
    silent,
    site_word,
    version,
)

if TYPE_CHECKING:
    from sifcheck.api import Host, Site


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
        "silent": "the image cache {path} did not answer within {time}: a build waits there for ever",
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
    line = f"`export {own_variable(host, 'CACHEDIR')}={folder}`"
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
