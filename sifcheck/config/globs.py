"""Globs of the configuration and of `.gitignore` files: where they are anchored, and what they match.

In the configuration `*` and `?` stop at a slash, `**` does not, `[ab]` is a choice.  A glob without a slash
means a name, wherever it stands; one with a slash stands below the folder of the configuration file (below
the current folder for a flag or variable).  A glob that matches a folder takes in all that lies in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_LARGEST_IGNORE = 1 << 18


def absolute(path: str) -> str:
    """The absolute path; below `/` where the current folder has been removed."""
    try:
        return os.path.abspath(path)
    except OSError:
        return os.path.normpath(f"/{path}")


def anchored(glob: str, folder: str) -> str:
    """The glob with a slash as an absolute one below `folder`; a mere name stays as it is.

    `build/`, a name with a slash at its end, is a folder of that name anywhere below.
    """
    glob = glob.removeprefix("./")
    bare = glob.rstrip("/")
    if "/" not in bare:
        return f"{_literal(folder)}/**/{bare}/**" if glob.endswith("/") and bare else glob
    return bare if bare.startswith("/") else f"{_literal(folder)}/{bare}"


def _literal(folder: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", folder.rstrip("/"))


def matches(globs: Iterable[str], path: str, name: str) -> bool:
    """Whether one of the anchored globs matches the absolute path, a folder that it lies in, or the name."""
    for glob in globs:
        if "/" in glob:
            if _below(_parts(glob), path.strip("/").split("/")):
                return True
        elif _segment(glob).match(name):
            return True
    return False


@lru_cache(256)
def _parts(glob: str) -> tuple[str, ...]:
    parts: list[str] = []
    for part in [*glob.strip("/").split("/"), "**"]:
        if part not in ("", ".") and not (part == "**" and parts[-1:] == ["**"]):
            parts.append(part)
    return tuple(parts)


def _below(parts: tuple[str, ...], path: list[str]) -> bool:
    """Whether the parts of a glob, the last of which is `**`, match the parts of a path.

    It goes back to the last `**` only, which is enough, so that no glob makes it slow.
    """
    at, here = 0, 0
    back, taken = -1, 0
    while here < len(path):
        if parts[at] == "**":
            if at == len(parts) - 1:
                return True
            back, taken, at = at, here, at + 1
        elif _segment(parts[at]).match(path[here]):
            at, here = at + 1, here + 1
        elif back < 0:
            return False
        else:
            taken += 1
            at, here = back + 1, taken
    return at == len(parts) - 1


@lru_cache(256)
def _segment(glob: str) -> re.Pattern[str]:
    """A pattern for one part of a path."""
    # Python's translation uses atomic groups: its time is bounded whatever the glob.
    from fnmatch import translate

    return pattern(translate(glob))


def first_bytes(path: str, size: int) -> bytes:
    """The first bytes of a file; nobody waits for the writer of a pipe.  Raises OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        return os.read(number, size)
    finally:
        os.close(number)


Ignores = tuple[tuple[str, "GitIgnoreSpec"], ...]
"""The `.gitignore` files that hold for a folder: the folder and the patterns of each, the lowest last."""


def ignores_in(folder: str, names: set[str], above: Ignores | None) -> Ignores:
    """What is ignored in a folder that holds `names`.

    `above` is what is ignored in its parent, None if nobody looked yet.  A repository inside another begins
    anew.
    """
    if ".git" in names:
        ignores: Ignores = ()
    else:
        ignores = _ignores_above(folder) if above is None else above
    spec = _read_ignore(folder) if ".gitignore" in names else None
    return ignores if spec is None else (*ignores, (folder, spec))


def _ignores_above(place: str) -> Ignores:
    """The `.gitignore` files above a named folder, if it lies in a repository.

    Where they ignore the folder itself, which was named all the same, they have nothing more to say about it.
    """
    above = []
    at = place
    while True:
        at, below = os.path.dirname(at), at
        if at == below:
            return ()
        above.append(at)
        if os.path.lexists(os.path.join(at, ".git")):
            break
    ignores = []
    for folder in reversed(above):
        spec = _read_ignore(folder)
        if spec is not None:
            ignores.append((folder, spec))
    ways = [place, *above[:-1]]
    return () if any(is_ignored(tuple(ignores), way, True) for way in ways) else tuple(ignores)


def _read_ignore(folder: str) -> GitIgnoreSpec | None:
    try:
        content = first_bytes(os.path.join(folder, ".gitignore"), _LARGEST_IGNORE)
    except OSError:
        return None
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = [line.removesuffix("\r") for line in text.split("\n") if _is_plain(line)]
    if not lines:
        return None
    # 30 to 50 ms: imported only where there is something to ignore.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


# Each star multiplies the time that a pattern can take; honest ones have two or three in a part, and `**`
# twice.
_MOST_STARS = 4
_MOST_FOLDERS = 3


def _is_plain(line: str) -> bool:
    text = line.strip()
    if not text or text.startswith("#"):
        return False
    parts = text.split("/")
    if parts.count("**") > _MOST_FOLDERS:
        return False
    return all(part == "**" or part.count("*") <= _MOST_STARS for part in parts)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def is_ignored(ignores: Ignores, place: str, is_folder: bool) -> bool:
    """What the last pattern that matches says; the files of the lower folders go first."""
    for base, spec in reversed(ignores):
        inside = os.path.join(base, "")
        if place.startswith(inside):
            said = spec.check_file(place[len(inside) :] + ("/" if is_folder else "")).include
            if said is not None:
                return said
    return False
