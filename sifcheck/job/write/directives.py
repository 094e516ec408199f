"""The directives of a new build job: the site's own example first, then what it requires, then what every job says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.job.model import SENTINELS

if TYPE_CHECKING:
    from sifcheck.site.model import Site

__all__ = [
    "PLACEHOLDER",
    "SENTINEL_OF",
    "JobRequest",
    "NewJobError",
    "directives_of",
    "missing_in",
    "volumes_of",
]

SENTINEL_OF = {scheduler: sentinel for sentinel, scheduler in SENTINELS.items()}
"""What the directives of a scheduler begin with."""

PLACEHOLDER = pattern(r"(?<![\w$-])[A-Z]{4,}(?![\w-])")
"""A word in capitals that stands for a name which only the user knows, as site files have it."""

_PLAIN = pattern(r"[\w.+:@%/,-]{1,100}")
_NAMES = {"GROUP", "PROJECT"}
_ELAPSE = pattern(r"(?:(\d{1,3})-)?(\d{1,4}):([0-5]\d):([0-5]\d)")
_GIB = 1 << 30

# What a job says that nobody said otherwise of: one node, an hour, the name.
_TIME = {"pjm": "-L elapse=", "slurm": "--time=", "pbs": "-l walltime="}
_NODES = {"pjm": "-L node=1", "slurm": "--nodes=1", "pbs": "-l select=1"}
_GROUPS = {"pjm": ("-g ",), "slurm": ("--account=",), "pbs": ("-A ", "-P ")}
_QUEUES = {"pjm": "-L rscgrp=", "slurm": "--partition=", "pbs": "-q "}
_TITLES = {"pjm": "-N ", "slurm": "--job-name=", "pbs": "-N "}
_SLURM_SHORT = {
    "-A": "--account=",
    "-t": "--time=",
    "-N": "--nodes=",
    "-p": "--partition=",
    "-n": "--ntasks=",
}


class NewJobError(Exception):
    """A job that cannot be written; the text says why, for the user."""


class JobRequest(NamedTuple):
    """What the user wants of the job's directives; "" and None leave it to the site's example.

    `elapse` is H:MM:SS, `memory` a number of bytes, `volumes` name what the job needs besides where its files lie.
    """

    name: str = ""
    group: str = ""
    queue: str = ""
    elapse: str = ""
    memory: int | None = None
    volumes: tuple[str, ...] = ()


def directives_of(site: Site, wish: JobRequest, paths: Iterable[str] = (), needed: str = "") -> list[str]:
    """The options for the scheduler, one a line, without `#PJM` and the like.

    `paths` are absolute ones that the job uses, `needed` is the option that asks for the scratch folder.  Raises
    NewJobError for a value that no directive can hold, and for what the scheduler lacks.
    """
    scheduler = scheduler_of(site)
    found = [_in_full(one, scheduler) for one in site.scheduler.build_example]
    facts = site.scheduler
    for wanted in (*facts.required, *facts.required_for_builds, *facts.required_for_containers):
        _add(found, _completed(_in_full(wanted, scheduler)))
    _add(found, _NODES[scheduler])
    _add(found, f"{_TIME[scheduler]}01:00:00" if scheduler != "pjm" else "-L elapse=1:00:00")
    _wishes(found, scheduler, wish, site)
    if wish.memory is not None:
        _memory(found, scheduler, wish.memory)
    if needed:
        found.append(needed)
    _volumes(found, site, wish.volumes, volumes_of(site, paths))
    found += {"pjm": ["-j"], "pbs": ["-j oe"], "slurm": []}[scheduler]
    return found


def scheduler_of(site: Site) -> str:
    """The scheduler of a site's jobs.  Raises NewJobError where there is none, or none that is known here."""
    kind = site.scheduler.type
    if not isinstance(kind, str):
        raise NewJobError(f"the site file of {site.name} names no scheduler: there is no job to write")
    if kind not in SENTINEL_OF:
        known = ", ".join(sorted(SENTINEL_OF))
        raise NewJobError(
            f"jobs of {site.name} go through {kind}, and none but those of {known} can be written"
        )
    return kind


def volumes_of(site: Site, paths: Iterable[str]) -> list[str]:
    """The volumes that absolute paths lie on and that a job has to name, each once."""
    found = []
    for path in paths:
        for written, name in site.scheduler.volume_of.items():
            found.append(_volume(written, name, path))
    there = site.scheduler.always_there
    return [one for one in dict.fromkeys(found) if one and not (there and one.startswith(there))]


def _volume(written: str, name: str, path: str) -> str:
    """The volume of a path by one line of the site's file, "" for none; a line that is no pattern says nothing."""
    try:
        match = re.match(written, path)
        return match.expand(name) if match is not None else ""
    except (re.error, IndexError):
        return ""


def missing_in(directives: Iterable[str]) -> list[str]:
    """The words in capitals that the user has to put names for, each once."""
    return list(dict.fromkeys(word for one in directives for word in PLACEHOLDER.findall(_value(one))))


# -- one option


def _key(option: str) -> str:
    """What an option sets: `-L elapse=` of `-L elapse=1:00:00`, `--time=` of `--time=30`, `-g ` of `-g GROUP`."""
    head, equals, _ = option.partition("=")
    name, blank, _ = option.partition(" ")
    return f"{head}=" if equals else f"{name}{blank}"


def _value(option: str) -> str:
    return option[len(_key(option)) :]


def _in_full(option: str, scheduler: str) -> str:
    """An option of Slurm by its long name, so that one is not given twice under two."""
    name, blank, value = option.partition(" ")
    return (
        f"{_SLURM_SHORT[name]}{value}" if scheduler == "slurm" and blank and name in _SLURM_SHORT else option
    )


def _completed(wanted: str) -> str:
    """A required option, with a word in capitals where it has no value."""
    if _value(wanted):
        return wanted
    key = _key(wanted)
    name = (
        "QUEUE"
        if key in _QUEUES.values()
        else "GROUP"
        if key in ("-g ", "-A ", "-P ", "--account=")
        else "VALUE"
    )
    return f"{wanted}{_DEFAULTS.get(key, name)}"


_DEFAULTS = {
    "-L elapse=": "1:00:00",
    "-L node=": "1",
    "-l select=": "1",
    "-l walltime=": "01:00:00",
    "--time=": "01:00:00",
    "--nodes=": "1",
}


def _add(found: list[str], option: str) -> None:
    """Add an option where none of its key is there yet; `-l` of PBS and `-L` of PJM are one key for each resource."""
    key = _key(option)
    same = {"-L node=": ("-L node=", "-L vnode=")}.get(key, (key,))
    if not any(_key(one) in same for one in found):
        found.append(option)


def _put(found: list[str], option: str) -> None:
    """Add an option in the place of the one of its key."""
    key = _key(option)
    at = next((index for index, one in enumerate(found) if _key(one) == key), None)
    if at is None:
        found.append(option)
    else:
        found[at] = option


# -- what the user wants


def _wishes(found: list[str], scheduler: str, wish: JobRequest, site: Site) -> None:
    if wish.elapse:
        _put(found, f"{_TIME[scheduler]}{_elapse(wish.elapse, scheduler)}")
    if wish.queue:
        _put(found, f"{_QUEUES[scheduler]}{_plain('--queue', wish.queue)}")
    if wish.group:
        if wish.group in site.group.job_group_forbidden:
            raise NewJobError(f"--group: no job can be submitted with the group {wish.group} at {site.name}")
        _group(found, scheduler, _plain("--group", wish.group))
    if wish.name:
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", wish.name).strip("-.") or "image"
        # The shortest limit of a PBS still in use is 15.
        found.insert(0, f"{_TITLES[scheduler]}{f'build-{name}'[:15].rstrip('-.')}")


def _group(found: list[str], scheduler: str, group: str) -> None:
    keys = _GROUPS[scheduler]
    key = next((key for key in keys if any(_key(one) == key for one in found)), keys[0])
    _put(found, f"{key}{group}")
    for index, one in enumerate(found):
        head = _key(one)
        found[index] = head + PLACEHOLDER.sub(lambda m: group if m[0] in _NAMES else m[0], _value(one))


def _plain(option: str, value: str) -> str:
    """A value as a directive can hold it: no blank, no comment sign, nothing that a shell or scheduler reads."""
    if _PLAIN.fullmatch(value) is None or value.startswith("-"):
        raise NewJobError(f"{option}: {value!r} is no name that a directive can hold")
    return value


def _elapse(value: str, scheduler: str) -> str:
    match = _ELAPSE.fullmatch(value)
    if match is None:
        raise NewJobError(f"--elapse: {value!r} is no time; write H:MM:SS, as 1:30:00")
    days, hours, minutes, seconds = match.groups()
    if not days:
        return value if scheduler == "pjm" else f"{int(hours):02}:{minutes}:{seconds}"
    return value if scheduler == "slurm" else f"{int(days) * 24 + int(hours)}:{minutes}:{seconds}"


def _memory(found: list[str], scheduler: str, size: int) -> None:
    gib = max(1, -(-size // _GIB))
    if scheduler == "pjm":
        raise NewJobError("--memory: a job of PJM has the memory of its nodes; leave the option out")
    if scheduler == "slurm":
        _put(found, f"--mem={gib}G")
        return
    at = next(index for index, one in enumerate(found) if _key(one) == "-l select=")
    found[at] = f"{re.sub(r':mem=[^:]*', '', found[at])}:mem={gib}gb"


def _volumes(found: list[str], site: Site, asked: Iterable[str], own: Iterable[str]) -> None:
    """Name the volumes that were asked for besides those of the files; where none of these is known, the example's stand."""
    wanted = [*asked, *own]
    variable = site.scheduler.volume_env
    if not isinstance(variable, str):
        if wanted:
            raise NewJobError(f"--volume: jobs of {site.name} name no volumes")
        return
    relative = next((volume for volume in wanted if not volume.startswith("/")), None)
    if relative is not None:
        raise NewJobError(f"--volume: {relative!r} is no path; write it as /vol0005")
    option = f"-x {variable}="
    if not own:
        standing = next((_value(one) for one in found if _key(one) == option), "")
        wanted += filter(None, standing.split(":"))
    if wanted:
        _put(found, option + ":".join(dict.fromkeys(_plain("--volume", volume) for volume in wanted)))


def lines_of(directives: Iterable[str], sentinel: str) -> Iterator[str]:
    """The directives as lines of the script."""
    for one in directives:
        yield f"{sentinel} {one}"
