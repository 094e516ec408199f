"""What programs do to the files of the image, as far as the words of a call say it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.shell.effects.model import (
    Copied,
    Downloaded,
    Linked,
    MadeFolder,
    Moved,
    Removed,
    Unpacked,
    Written,
    effects_of_command,
)
from sifcheck.simulate.builtins import BUILTINS
from sifcheck.simulate.ends import Ends
from sifcheck.simulate.expansion import Expander
from sifcheck.simulate.flow import Follower
from sifcheck.simulate.paths import is_mounted, resolved
from sifcheck.simulate.world import File

if TYPE_CHECKING:
    from sifcheck.shell import Command, Word
    from sifcheck.shell.effects.model import Effect
    from sifcheck.simulate.expansion import Expanded
    from sifcheck.simulate.state import State

# Programs that look and make no files, so that what was missing is missing still.
_LOOKING = frozenset(
    "ls cat grep egrep fgrep head tail wc sort uniq cut tr id whoami uname date env printenv which file stat du df sleep "
    "basename dirname realpath readlink pwd hostname nproc seq expr yes chmod chown chgrp ldd".split()
)


def run_command(
    follower: Follower, command: Command, given: list[Expanded], state: State, tested: bool
) -> Ends:
    """What a command that is no function does, and how it ends."""
    name = given[0].text
    builtin = BUILTINS.get(name) if name is not None else None
    if builtin is not None:
        return builtin(follower, command, given, state, tested)
    if name in (".", "source"):
        _forget_shell(state)
    effects = list(effects_of_command(command))
    for effect in effects:
        _apply(effect, follower, state)
    if name == "chmod":
        _change_mode(given, state)
    if not effects and (command.program or "") not in _LOOKING:
        state.world.anything_may_have_been_made()
    return Ends(state, state)


def _forget_shell(state: State) -> None:
    """A file that is sourced may set anything."""
    state.shell.variables.clear()
    state.shell.places.clear()


def _apply(effect: Effect, follower: Follower, state: State) -> None:
    """Put what an effect does into the table; what it names in a way that is not known makes unknown what it may touch."""
    if isinstance(effect, Removed):
        for word in effect.paths:
            _remove(word, effect, follower, state)
        return
    if isinstance(effect, Unpacked):
        state.world.anything_may_have_been_made()
        return
    kind = "folder" if isinstance(effect, MadeFolder) else "link" if isinstance(effect, Linked) else "file"
    for path in _made(effect, follower, state):
        if path is None:
            state.world.anything_may_have_been_made()
        elif not is_mounted(path):
            executable = False if isinstance(effect, Downloaded) else None
            state.world.put(path, File(kind, effect_span(effect), executable))  # type: ignore[arg-type]


def effect_span(effect: Effect) -> object:
    """Where the command of an effect stands."""
    return effect.command.span if effect.command is not None else None


def _made(effect: Effect, follower: Follower, state: State) -> Iterator[str | None]:
    expander = Expander(follower, state)
    folder = state.shell.folder
    if isinstance(effect, MadeFolder):
        for word in effect.paths:
            yield _path(word, expander, folder)
    elif isinstance(effect, Written):
        yield _path(effect.path, expander, folder)
    elif isinstance(effect, Downloaded):
        yield _path(effect.target, expander, folder) if effect.target is not None else None
    elif isinstance(effect, Copied | Moved | Linked):
        yield from _copies(effect, expander, state)


def _copies(effect: Copied | Moved | Linked, expander: Expander, state: State) -> Iterator[str | None]:
    """Where copies go: into a folder by their own names, or to the name that is given."""
    if effect.target is None:
        yield None
        return
    text = expander.text(effect.target)
    target = resolved(text, state.shell.folder)
    known = state.world.at(target) if target is not None else None
    is_folder = (known is not None and known.kind == "folder") or (text or "").endswith("/")
    if target is None or not (is_folder or (known is not None and known.kind in ("file", "none"))):
        yield None  # a folder, or the name of the copy: nobody knows
        return
    if not is_folder:
        yield target
        return
    for word in effect.sources:
        name = expander.text(word)
        yield (
            None
            if name is None or word.has_glob
            else posixpath.join(target, posixpath.basename(name.rstrip("/")))
        )


def _path(word: Word | None, expander: Expander, folder: str | None) -> str | None:
    if word is None or word.has_glob or word.has_braces:
        return None
    return resolved(expander.text(word), folder)


def _remove(word: Word, effect: Removed, follower: Follower, state: State) -> None:
    path = _path(word, Expander(follower, state), state.shell.folder)
    files = state.world.files
    if path is None or effect.chosen:
        prefix = resolved(word.prefix.rpartition("/")[0] or None, state.shell.folder) if word.prefix else None
        for one in [one for one in files if prefix is None or one.startswith(prefix + "/")]:
            del files[one]
        return
    for one in [one for one in files if one == path or one.startswith(path + "/")]:
        del files[one]
    files[path] = File("none", effect.command.span, epoch=state.world.epoch)


def _change_mode(given: list[Expanded], state: State) -> None:
    """`chmod`: whether the files that are named can be executed."""
    words = [one for one in given[1:] if one.text is None or not one.text.startswith("--")]
    recursive = any((one.text or "").startswith("-") and "R" in (one.text or "") for one in words)
    words = [one for one in words if (one.text or "-")[0] != "-" or (one.text or "")[1:2] in "rwx"]
    mode = words[0].text if words else None
    answer = _executable(mode)
    for one in words[1:]:
        path = resolved(one.text, state.shell.folder) if not one.glob else None
        for known in [
            name
            for name in state.world.files
            if path is None or name == path or (recursive and name.startswith(path + "/"))
        ]:
            found = state.world.files[known]
            state.world.files[known] = found._replace(executable=answer if path is not None else None)


def _executable(mode: str | None) -> bool | None:
    """What a mode says of execution by its owner; None where it says nothing."""
    if mode is None:
        return None
    if mode.isdigit():
        return bool(int(mode[-3:-2] or "0") & 1) if mode.strip("01234567") == "" and len(mode) >= 3 else None
    who, sign, rights = mode.partition("+")
    given = sign and "x" in rights and not who.strip("ugoa") and who not in ("g", "o", "go")
    return True if given else None
