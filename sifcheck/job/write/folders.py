"""Where a new build job puts its temporary files: one of the site's folders, by the size that they will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import size_text
from sifcheck.job.write.directives import NewJobError

if TYPE_CHECKING:
    from sifcheck.site.model import Site, TmpCandidate

__all__ = ["Scratch", "scratch_of", "shell_word"]

_GIB = 1 << 30

# What a build's own processes take beside files in memory (mksquashfs and package managers).
_BESIDE = 2 * _GIB

# What a site file's text may be made of where it stands for the shell to put variables in.
_HARMLESS = pattern(r"(?:[\w ./:@%+=,~-]|\$\w+|\$\{\w+\})+")


class Scratch(NamedTuple):
    """A folder for temporary files.

    `word` is it for the shell, `why` a sentence about it, `needed` the scheduler's option that asks for it.  `own`: the
    job has to make a folder of its own in it, and to remove it.  `in_memory`: what lies there takes the job's memory, and
    the image is better not built there, too.
    """

    word: str
    why: str
    needed: str = ""
    own: bool = True
    in_memory: bool = False


def scratch_of(site: Site, size: int | None) -> Scratch | None:
    """The first of the site's folders that holds `size` bytes, on nodes of the role that was asked for.

    None where no such folder is known.  Raises NewJobError where folders are known, and each is known to be too small.
    """
    usable = [one for one in site.scratch if one.fakeroot_ok is not False and shell_word(one.path)]
    if not usable:
        return None
    fitting = next((one for one in usable if _holds(one, site, size)), None)
    if fitting is None:
        most = max(_room(one, site) or 0 for one in usable)
        raise NewJobError(
            f"none of the folders for temporary files at {site.name} holds {size_text(size or 0)}; "
            f"the largest holds {size_text(most)}"
        )
    needed = _asked_for(fitting, size)
    in_memory = fitting.counts_as_memory is True
    return Scratch(
        shell_word(fitting.path),
        _words(fitting, site, size),
        needed,
        site.role == "login" or fitting.ends_with_job is not True,
        in_memory,
    )


def _holds(place: TmpCandidate, site: Site, size: int | None) -> bool:
    room = _room(place, site)
    return size is None or room is None or room >= size


def _room(place: TmpCandidate, site: Site) -> int | None:
    """The bytes that a folder can hold, as far as that is known: what counts as memory shares it with the build."""
    room = place.max_bytes if isinstance(place.max_bytes, int) else None
    memory = site.node.stable_memory_bytes
    if not isinstance(memory, int):
        memory = site.node.memory_bytes
    if place.counts_as_memory is True and isinstance(memory, int):
        left = max(0, memory - _BESIDE)
        return left if room is None else min(room, left)
    return room


def _asked_for(place: TmpCandidate, size: int | None) -> str:
    """The option that asks for a folder, with room for what will lie there and a quarter more, if there is so much."""
    option = place.needs_directive
    if not isinstance(option, str):
        return ""
    wanted = -(-5 * size // (4 * _GIB)) if size is not None else 0
    if isinstance(place.max_bytes, int):
        wanted = min(wanted, place.max_bytes // _GIB)
    match = _SIZE_IN.search(option)
    if match is None or int(match[0][1:-2]) >= wanted:
        return option
    return f"{option[: match.start()]}={wanted}Gi{option[match.end() :]}"


_SIZE_IN = pattern(r"=\d+Gi\b")


def _words(place: TmpCandidate, site: Site, size: int | None) -> str:
    room = _room(place, site)
    told = f"{place.path}: {_kind(place)}"
    if room is not None:
        told += f", room for {size_text(room)}"
    if place.counts_as_memory is True:
        told += " of the job's memory"
    if size is not None:
        told += f"; the build is taken to need {size_text(size)} at most"
    if isinstance(place.note, str):
        told += f"; {place.note}"
    return told


def _kind(place: TmpCandidate) -> str:
    if not isinstance(place.kind, str):
        return "the node's own"
    return {
        "tmpfs": "files in memory",
        "local-disk": "the node's own disk",
        "llio-local": "the node's own disk",
    }.get(place.kind, place.kind)


def shell_word(text: str) -> str:
    """A path or value of a site file as a word of the shell, which puts its variables in; "" for what may do more."""
    if _HARMLESS.fullmatch(text) is None:
        return ""
    text = f"$HOME{text[1:]}" if text.startswith("~/") else text
    return f'"{text}"' if "$" in text or " " in text or "~" in text else text
