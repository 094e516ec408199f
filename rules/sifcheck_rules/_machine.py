"""Words that the rules about a machine share: sizes, lines to type, and which folder to take instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sifcheck.api import MEMORY_TYPES, SHARED_TYPES, Host, NamedTuple, Site, Storage, Unknown, known, pattern

GIB = 1 << 30

_ACCOUNT = pattern(r"[\w.@+-]+")
_HARMLESS = pattern(r"[A-Za-z0-9_@%+=:,./${}-]+")


def size(number: int) -> str:
    """A number of bytes in words, never more than there are: 512 bytes, 1.5 GiB, 17 GiB."""
    value, unit = float(max(number, 0)), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    tenths = int(value * 10)
    return f"{tenths // 10} {unit}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10} {unit}"


def quoted(path: str) -> str:
    """A path as one word of a shell line."""
    import shlex

    return shlex.quote(path)


def site_word(path: str) -> str:
    """A path of a site file, in which variables may stand, as one word of a shell line."""
    if not _HARMLESS.fullmatch(path):
        return quoted(path)
    return f'"{path}"' if "$" in path else path


def listed(words: Iterable[str]) -> str:
    """Words with commas and an "and"."""
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def command(host: Host, site: Site | None = None) -> str:
    """What the runtime is called here, for a shell line: by the site, else by the name it was found under."""
    if site is not None and isinstance(site.runtime.command, str):
        return site.runtime.command
    return quoted(host.runtime.name) if host.runtime is not None else "apptainer"


def is_apptainer(host: Host) -> bool | None:
    """Whether the first runtime is Apptainer, which has variables and folders of its own; None where that is unknown."""
    flavour = known(host.runtime.flavour) if host.runtime is not None else None
    return None if flavour is None else flavour == "apptainer"


def version(host: Host) -> tuple[int, ...] | None:
    """The version of the first runtime, None where it is not known."""
    return known(host.runtime.version) if host.runtime is not None else None


def own_variable(host: Host, name: str) -> str:
    """The name of one of the runtime's variables, as APPTAINER_TMPDIR."""
    return f"{'SINGULARITY' if is_apptainer(host) is False else 'APPTAINER'}_{name}"


def group_name(group: Any) -> str:
    """A group as a command takes it: its name, else its number."""
    return group.name if group.name is not None else str(group.id)


def account_name(host: Host) -> str:
    """The user as a file of the system names him: by number where there is no name, or one that no file could hold."""
    name = host.identity.user_name or ""
    return name if _ACCOUNT.fullmatch(name) else str(host.identity.user_id)


def refused(outcome: Any) -> str | None:
    """Why something that was tried did not work; None where it worked, or was not tried."""
    return None if isinstance(outcome, Unknown) or outcome else outcome.why or "refused"


def worked(outcome: Any) -> bool:
    """Whether something was tried and worked."""
    return not isinstance(outcome, Unknown) and bool(outcome)


def shown_place(storage: Storage) -> str:
    """A folder, and what set it where something did."""
    return storage.path if storage.origin == "default" else f"{storage.path} ({storage.origin})"


def is_shared(storage: Storage) -> bool:
    """Whether a folder lies on a file system of a type that machines share, or on a fuse mount."""
    kind = known(storage.filesystem, "")
    return kind.startswith((*SHARED_TYPES, "fuse"))


def is_memory(storage: Storage) -> bool:
    """Whether a folder lies in memory by the type of its file system."""
    return known(storage.filesystem, "") in MEMORY_TYPES


def site_folder(path: str, site: Site | None, host: Host) -> Any:
    """What the site says of the folder that a path lies in, on nodes of this kind; None where it says nothing."""
    for place in site.scratch if site is not None else ():
        start = expanded(place.path, host)
        if start and (path == start or path.startswith(f"{start.rstrip('/')}/")):
            return place
    return None


_VARIABLE = pattern(r"\$(?:\{(\w+)\}|(\w+))")


def expanded(path: str, host: Host) -> str | None:
    """A path of a site file with the variables of the snapshot put in; None where one is not in it."""
    missing = False

    def value(match: Any) -> str:
        nonlocal missing
        name = match[1] or match[2]
        if name == "HOME":
            found = known(host.identity.home)
        elif name == "USER":
            found = host.identity.user_name
        else:
            set_here = host.variable(name) or next(
                (one for one in host.scheduler.node_local if one.name == name), None
            )
            found = set_here.value if set_here is not None else None
        missing = missing or not found
        return found or ""

    text = _VARIABLE.sub(value, path)
    return None if missing else text


def works_as_temporary(storage: Storage) -> bool:
    """Whether a folder passed all that was tried in it, and nothing known speaks against it."""
    tried = storage.rehearsal
    return (
        storage.exists is True
        and storage.is_directory is True
        and storage.is_absolute
        and ":" not in storage.path
        and "," not in storage.path
        and storage.mounted is not False
        and storage.has_option("noexec") is not True
        and not is_shared(storage)
        and known(storage.writable) is not None
        and not any(
            refused(outcome) for outcome in (storage.writable, tried.mkdir, tried.chown, tried.execute)
        )
    )


def better_folder(
    host: Host, site: Site | None = None, *, disk: bool = False, lasting: bool = False
) -> str | None:
    """The best folder for temporary files that is not the one in use, as a word of a shell line; None without one.

    The site's folders go first, then what was tried here and works.  A folder in memory is the last resort, and with `disk`
    none; with `lasting` the site's folders that end with the job are left out.
    """
    place = _of_site(host, site, disk=disk, lasting=lasting)
    if place is not None:
        return site_word(place.path)
    found = [
        storage
        for purpose in ("scratch", "tmp", "vartmp")
        for storage in host.places(purpose)
        if storage.path not in _in_use(host)
        and works_as_temporary(storage)
        and not (disk and is_memory(storage))
    ]
    found.sort(key=is_memory)
    return quoted(found[0].path) if found else None


def _in_use(host: Host) -> set[str]:
    used = host.place("tmpdir")
    return {used.path, known(used.real_path, used.path)} if used is not None else set()


def _of_site(host: Host, site: Site | None, *, disk: bool, lasting: bool) -> Any:
    """The site's first folder that fits; those whose variable is not set in this session come last."""
    fitting = []
    for place in site.scratch if site is not None else ():
        path = expanded(place.path, host)
        refused_by_site = place.fakeroot_ok is False or (disk and place.counts_as_memory is True)
        gone = lasting and (place.ends_with_job is True or path is None)
        if not refused_by_site and not gone and path not in _in_use(host) and not _failed(path, host):
            fitting.append((path is None, place))
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _failed(path: str | None, host: Host) -> bool:
    """Whether a folder was looked at and is known to be of no use."""
    looked_at = next((storage for storage in host.places("scratch") if storage.path == path), None)
    return (
        looked_at is not None
        and not isinstance(looked_at.exists, Unknown)
        and not works_as_temporary(looked_at)
    )


def export_line(host: Host, site: Site | None = None, *, disk: bool = False) -> str:
    """What to type for another temporary folder, in back quotes; a placeholder where none is known."""
    folder = better_folder(host, site, disk=disk) or "DIR"
    line = f"`export {own_variable(host, 'TMPDIR')}={folder}`"
    if folder == "DIR":
        return f"with DIR a folder of this machine itself: {line}"
    place = _of_site(host, site, disk=disk, lasting=False)
    if place is not None and expanded(place.path, host) is None and isinstance(place.needs_directive, str):
        return f"in a job submitted with {place.needs_directive}: {line}"
    return line


def memory_limit(host: Host) -> int | None:
    """The least memory that limits this process below the node's: of the cgroup, or what the job asked for."""
    limits = (known(host.memory.cgroup_limit_bytes), known(host.scheduler.memory_bytes))
    return min((limit for limit in limits if limit is not None), default=None)


def memory_free(host: Host) -> int | None:
    """The memory that this job can still have; None where nothing is known of it."""
    memory = host.memory
    limit, used = known(memory.cgroup_limit_bytes), known(memory.cgroup_used_bytes)
    left = max(0, limit - (used or 0)) if limit is not None else None
    bounds = (known(memory.available_bytes), left, known(host.scheduler.memory_bytes))
    return min((bound for bound in bounds if bound is not None), default=None)


class Hidden(NamedTuple):
    """What can be reached only by one supplementary group, of which a build is deprived."""

    group: Any
    paths: tuple[str, ...]


def drops_groups(host: Host) -> bool:
    """Whether the runtime drops the supplementary groups in a fakeroot build; False where that is unknown."""
    apptainer = is_apptainer(host)
    if apptainer is None:
        return False
    return not apptainer or (version(host) or (1, 2)) < (1, 2)


def hidden_by_groups(host: Host) -> list[Hidden]:
    """The folders of a build that only a supplementary group opens, by group."""
    found: dict[Any, list[str]] = {}
    tried = host.namespaces.home_mount_without_groups
    for storage in host.storage:
        if storage.purpose not in ("home", "cwd", "tmpdir", "output"):
            continue
        if storage.purpose == "home" and not isinstance(tried, Unknown) and tried:
            continue
        for group in known(storage.needs_groups, ()):
            if storage.path not in found.setdefault(group, []):
                found[group].append(storage.path)
    home = known(host.identity.home)
    if refused(tried) and home and not any(home in paths for paths in found.values()):
        others = host.identity.groups
        found[others[0] if len(others) == 1 else None] = [home]
    return [Hidden(group, tuple(paths)) for group, paths in found.items()]
