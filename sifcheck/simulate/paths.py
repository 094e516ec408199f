"""Paths in the image: where they lead to, and what is written through redirections."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from sifcheck.simulate.world import File

if TYPE_CHECKING:
    from sifcheck.shell import Redirection
    from sifcheck.simulate.state import State

_MOUNTED = ("/proc", "/sys", "/dev")


def resolved(path: str | None, folder: str | None) -> str | None:
    """A path from the root, seen from the working folder; None where that is not known."""
    if path is None or "\0" in path:
        return None
    if not path.startswith("/"):
        if folder is None:
            return None
        path = f"{folder}/{path}"
    return posixpath.normpath(path).replace("//", "/")


def is_mounted(path: str) -> bool:
    """Whether a path lies in what the kernel shows, where writing makes no file."""
    return any(path == folder or path.startswith(folder + "/") for folder in _MOUNTED)


def write_through(redirection: Redirection, target: str | None, state: State) -> None:
    """A redirection opens a file: one that is written is there from now on, and nobody made it executable."""
    path = resolved(target, state.shell.folder)
    if path is None or not redirection.writes or is_mounted(path):
        return
    known = state.world.at(path)
    # A file that is written over keeps its mode; one that nobody knew may have had any.
    executable = known.executable if known is not None and known.kind == "file" else None
    if known is not None and known.kind == "none":
        executable = False
    state.world.files[path] = File("file", redirection.span, executable)
