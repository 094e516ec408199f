"""The first steps of a fakeroot build, tried in a folder: make, give away, run, mark.

A build makes a folder, hands files in it to subordinate ids, runs programs that lie there, and sets attributes.  Where
the file system or a set-group-id folder refuses one of them, the runtime's own message names a missing file.
"""

from __future__ import annotations

import errno
import os

from sifcheck.base.asking import attempt
from sifcheck.base.attributes import is_append_only
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.probes.id_maps import behind_maps, maps_of
from sifcheck.host.snapshot import Identity, Rehearsal

__all__ = ["NAME", "not_rehearsed", "rehearse", "try_writing"]

NAME = ".sifcheck-rehearsal-"
"""What the names of the folders begin with that are made to see whether that works."""


def not_rehearsed(why: str) -> Rehearsal:
    """A rehearsal that was not held."""
    unknown = Unknown(f"not tried: {why}")
    return Rehearsal(unknown, unknown, unknown, unknown, unknown)


def rehearse(folder: str, identity: Identity) -> Rehearsal:
    """Try the steps in a folder and leave nothing behind.  Forks: for a Question."""
    if identity.is_root:
        return not_rehearsed("root needs no id maps")
    if is_append_only(folder):
        return not_rehearsed("what is made in a folder that is append-only stays there")
    maps = maps_of(identity)
    trial = os.path.join(folder, NAME + os.urandom(6).hex())
    answer = behind_maps(maps, Rehearsal, lambda: _steps(trial, maps.kind)).answer
    _remove(trial)
    if isinstance(answer, Unknown):
        return Rehearsal(Unknown(answer.why), answer, answer, answer, answer)
    made: Rehearsal = answer
    return made


def _steps(trial: str, maps: str) -> Rehearsal:
    made = attempt(lambda: os.mkdir(trial, 0o700))
    if not made:
        why = Unknown(f"not tried: no folder could be made ({made.why})")
        return Rehearsal(maps, made, why, why, why)
    try:
        return Rehearsal(
            maps=maps,
            mkdir=made,
            chown=_give_away(trial) if maps == "subordinate" else Unknown("not tried: only root is mapped"),
            execute=_run(trial),
            attributes=_mark(trial),
        )
    finally:
        _remove(trial)


def _remove(trial: str) -> None:
    if os.path.lexists(trial):
        from shutil import rmtree

        rmtree(trial, ignore_errors=True)


def _give_away(trial: str) -> Outcome:
    """Hand a folder and a file to the first subordinate ids, and use the folder then, as the unpacking of a layer does."""

    def give() -> None:
        root, file = f"{trial}/rootfs", f"{trial}/file"
        os.mkdir(root, 0o755)
        os.chown(root, 0, 0)
        with open(file, "wb"):
            pass
        os.chown(file, 1, 1)
        os.chown(root, 1, 1)
        os.mkdir(f"{root}/inside")

    return attempt(give)


def _run(trial: str) -> Outcome:
    script = f"{trial}/run"

    def write() -> None:
        with open(script, "w", encoding="ascii") as stream:
            stream.write("#!/bin/sh\nexit 0\n")
        os.chmod(script, 0o700)

    written = attempt(write)
    return attempt(lambda: _spawn(script)) if written else written


def _spawn(script: str) -> None:
    pid = os.posix_spawn(script, [script], {})
    os.waitpid(pid, 0)


def _mark(trial: str) -> Outcome:
    def mark() -> None:
        os.setxattr(trial, "user.sifcheck", b"1")

    return attempt(mark)


def try_writing(folder: str) -> Outcome:
    """Make a folder in it, as the user, and take it away again; where that could not be done, ask whether one may."""
    if is_append_only(folder):
        may = os.access(folder, os.W_OK | os.X_OK)
        return Outcome(may, "" if may else os.strerror(errno.EACCES))
    trial = os.path.join(folder, NAME + os.urandom(6).hex())
    made = attempt(lambda: os.mkdir(trial, 0o700))
    if made:
        _remove(trial)
    return made
