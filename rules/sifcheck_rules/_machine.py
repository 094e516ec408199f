"""Words that the rules about a machine share: sizes, lines to type, and which folder to take instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Host,
    NamedTuple,
    Site,
    Storage,
    TemporaryFolder,
    Unknown,
    known,
    pattern,
    quote,
    temporary_folders,
)

if TYPE_CHECKING:
    from sifcheck.api import Definition, Folder

GIB = 1 << 30

_ACCOUNT = pattern(r"[\w.@+-]+")
_PLAIN = pattern(r"[A-Za-z0-9_@%+=:,./${}-]+")


def site_word(path: str) -> str:
    """A path of a site file, in which variables may stand, as one word of a shell line."""
    if not _PLAIN.fullmatch(path):
        return quote(path)
    return f'"{path}"' if "$" in path else path


def listed(words: Iterable[str]) -> str:
    """Words with commas and an "and"."""
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def at_most(count: int, words: Sequence[str]) -> list[str]:
    """The first words, and how many there are besides."""
    return [*words[:count], f"{len(words) - count} more"] if len(words) > count else list(words)


def command(host: Host, site: Site | None = None) -> str:
    """What the runtime is called here, for a shell line: by the site, else by the name it was found under."""
    if site is not None and isinstance(site.runtime.command, str):
        return site.runtime.command
    return quote(host.runtime.name) if host.runtime is not None else "apptainer"


def is_apptainer(host: Host) -> bool | None:
    """Whether the first runtime is Apptainer, which has variables and folders of its own; None where that is unknown."""
    family = known(host.runtime.family) if host.runtime is not None else None
    return None if family is None else family == "apptainer"


def version(host: Host) -> tuple[int, ...] | None:
    """The version of the first runtime, None where it is not known."""
    return known(host.runtime.version) if host.runtime is not None else None


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
    path = storage.path if storage.path.isprintable() else quote(storage.path)
    return path if storage.origin == "default" else f"{path} ({storage.origin})"


def silent(storage: Storage) -> str:
    """How long a folder was waited for in vain ("2 s"), "" where it answered or something else is the matter."""
    return waited(storage.real_path, storage.exists, storage.mode, storage.available_bytes)


def waited(first: Any, *others: Any) -> str:
    """How long some facts were waited for in vain, all of them; "" where one was learnt, or something else is the matter."""
    return first.waited if isinstance(first, Unknown) and all(one == first for one in others) else ""


def better_folder(
    host: Host, site: Site | None = None, *, disk: bool = False, lasting: bool = False
) -> str | None:
    """The best folder for temporary files that is not the one in use, as a word of a shell line; None without one.

    The site's folders go first, then what was tried here and works.  A folder in memory is the last resort, and with `disk`
    none; with `lasting` the site's folders that end with the job are left out.
    """
    found = temporary_folders(host, site, disk=disk, lasting=lasting)
    return _word(found[0]) if found else None


def _word(folder: TemporaryFolder) -> str:
    return site_word(folder.candidate.path) if folder.candidate is not None else quote(folder.path or "")


def export_line(host: Host, site: Site | None = None, *, disk: bool = False) -> str:
    """What to type for another temporary folder, in back quotes; a placeholder where none is known."""
    found = temporary_folders(host, site, disk=disk)
    line = f"`export {host.own_variable('TMPDIR')}={_word(found[0]) if found else 'DIR'}`"
    if not found:
        return f"with DIR a folder of this machine itself: {line}"
    if found[0].path is None and (directive := found[0].directive()):
        return f"in a job submitted with {directive}: {line}"
    return line


def memory_limit(host: Host) -> int | None:
    """The least memory that limits this process below the node's: of the cgroup, or what the job asked for."""
    limits = (known(host.memory.cgroup_limit_bytes), known(host.scheduler.memory_bytes))
    return min((limit for limit in limits if limit is not None), default=None)


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


def hidden_sources(definition: Definition, folder: Folder, host: Host) -> list[tuple[Any, Hidden]]:
    """What a definition file names on the machine and only a supplementary group opens, by group; each with the first place."""
    named = {group.id: group for group in host.identity.groups}
    first: dict[Any, Any] = {}
    found: dict[Any, list[str]] = {}
    for at, matches in _named_paths(definition, folder):
        for match in matches:
            for needed in known(match.needs_groups, ()):
                group = named.get(needed.id, needed)
                first.setdefault(group, at)
                if match.path not in found.setdefault(group, []):
                    found[group].append(match.path)
    return [(first[group], Hidden(group, tuple(paths))) for group, paths in found.items()]


def _named_paths(definition: Definition, folder: Folder) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """What a definition file names on the machine: where it does, and what lies there."""
    for stage in definition.stages:
        base, field = folder.base(stage), stage.field("from")
        if base is not None and field is not None:
            yield field.value_span, base.found
        for section in stage.named("files", "appfiles"):
            for copy in section.copies:
                if copy.source is not None:
                    yield copy.source, folder.matches(copy)
