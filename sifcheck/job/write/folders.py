"""Where a new build job puts its temporary files: one of the site's folders, by the size that they will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import size_text
from sifcheck.host.temporary_folders import GIB, directive_for, temporary_folders
from sifcheck.job.write.directives import NewJobError

if TYPE_CHECKING:
    from sifcheck.site.model import Site, TmpCandidate

__all__ = ["Scratch", "scratch_of", "shell_word"]

# What a build's own processes take beside files in memory (mksquashfs and package managers).
_BESIDE = 2 * GIB

# What a site file's text may be made of where it stands for the shell to put variables in.
_SHELL_TEXT = pattern(r"(?:[\w ./:@%+=,~-]|\$\w+|\$\{\w+\})+")


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
    usable = [
        (one.candidate, _room(one.candidate, site))
        for one in temporary_folders(None, site)
        if one.candidate is not None and shell_word(one.candidate.path)
    ]
    if not usable:
        return None
    fitting = next(
        ((one, room) for one, room in usable if size is None or room is None or room >= size), None
    )
    if fitting is None:
        most = max(room or 0 for _, room in usable)
        raise NewJobError(
            f"none of the folders for temporary files at {site.name} holds {size_text(size or 0)}; "
            f"the largest holds {size_text(most)}"
        )
    chosen, room = fitting
    return Scratch(
        shell_word(chosen.path),
        _words(chosen, room, size),
        # A quarter more than what will lie there.
        directive_for(chosen, 5 * (size or 0) // 4),
        site.role == "login" or chosen.ends_with_job is not True,
        chosen.counts_as_memory is True,
    )


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


def _words(place: TmpCandidate, room: int | None, size: int | None) -> str:
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
    if _SHELL_TEXT.fullmatch(text) is None:
        return ""
    text = f"$HOME{text[1:]}" if text.startswith("~/") else text
    return f'"{text}"' if "$" in text or " " in text or "~" in text else text
