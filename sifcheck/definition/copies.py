"""A line of %files: which path of the image it writes to, who uses that in %post, and how the line was meant."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.effects import (
    Copied,
    Linked,
    MadeFolder,
    Moved,
    Removed,
    Written,
    effects_of,
    effects_of_command,
    lies_in,
    words_of_text,
)

if TYPE_CHECKING:
    from sifcheck.definition.model import FileCopy, Section
    from sifcheck.runtime.versions import Target
    from sifcheck.shell import Command, Word

HOST_TMP = ("/tmp", "/var/tmp")  # noqa: S108
"""Folders of an image that are the host's own while it is built, and while it is run."""

# The first five are covered as soon as %post starts, a home when the image runs.
_COVERED = tuple("/var/tmp /tmp /dev /proc /sys /home /root".split())  # noqa: S108
_HOME = pattern(r"(?:~|\$HOME|\$\{HOME\})(?=/|$)")
_GLOB = pattern(r"[*?]|\[[^\]]+\]")

USUAL_FOLDERS = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin "
    "/usr/include "
    "/usr/lib /usr/lib64 /usr/libexec /usr/local /usr/local/bin /usr/local/etc /usr/local/include /usr/local/lib "
    "/usr/local/sbin /usr/local/share /usr/local/src /usr/sbin /usr/share /usr/src /var /var/cache /var/lib /var/log "
    "/var/opt "
    "/var/spool /var/tmp".split()
)
"""Folders that are there in every distribution's image: several files go into them without a final slash."""

_OUTPUT_OPTIONS = ("-O", "-o", "--output", "--output-document")


def has_glob(text: str) -> bool:
    """Whether a name of %files stands for several."""
    return _GLOB.search(text) is not None


def tmp_folder(path: str) -> str:
    """The one of HOST_TMP that a path lies in."""
    return HOST_TMP[1] if path.startswith("/var") else HOST_TMP[0]


def is_copied(copy: FileCopy, target: Target) -> bool:
    """Whether every runtime of the target copies the line: Apptainer passes over a list with stray words behind its name."""
    section = copy.section
    stray = section.name == "files" and section.words.partition("#")[0] != ""
    return not stray or not target.lacking("stray files words copy")


def base_name(path: str) -> str:
    """The last part of a path, whatever slashes follow it."""
    return posixpath.basename(path.rstrip("/"))


def image_path(text: str) -> str:
    """A destination as an absolute path of the image: a relative one counts from `/`, and `..` does not leave it."""
    return posixpath.normpath("/" + text.lstrip("/")) if text else ""


def host_mount(copy: FileCopy) -> str | None:
    """The folder of the host, or that of its user, that covers what the line writes; None if nothing does."""
    text = copy.target_path
    if copy.destination is None and _HOME.match(text):
        return "/home"
    path = image_path(text)
    return next((mount for mount in _COVERED if lies_in(path, mount)), None)


def written_path(copy: FileCopy) -> str:
    """Where the first match of the line's source lands in the image; it may end in a pattern."""
    text = copy.target_path
    path = image_path(text)
    if copy.source is None or copy.destination is None:
        return path
    if text.endswith("/") or path in USUAL_FOLDERS:
        return posixpath.join(path, base_name(copy.source.text))
    return path


class CopyUse(NamedTuple):
    """A word of a script that names a copied file; `absolute`: by its whole path."""

    command: Command | None
    word: Word
    absolute: bool


def hidden_uses(copy: FileCopy, mount: str) -> list[CopyUse]:
    """The words of %post that read what the line wrote below a folder that the host's covers by then.

    None if the same path of the host holds the file as well: it is the source, or %setup puts it there.
    """
    path = written_path(copy)
    source = copy.source.text if copy.source is not None else ""
    if copy.section.from_stage is None and source.startswith("/") and image_path(source) == path:
        return []
    if any(
        mount in setup.body and base_name(path) in setup.body
        for setup in copy.section.stage.named("setup", "pre")
    ):
        return []
    return uses_in_post(copy, path)


def is_for_build_only(copy: FileCopy) -> bool:
    """Whether %post takes the copied file away, or reads it and no other script names it."""
    if taken_away(copy, Moved, Removed):
        return True
    path = written_path(copy)
    scripts = [section for section in copy.section.stage.sections if section.is_script]
    elsewhere = [section for section in scripts if section.name not in ("post", "setup", "pre")]
    return bool(uses_in_post(copy, path)) and not any(
        path.rstrip("*") in section.body for section in elsewhere
    )


def taken_away(copy: FileCopy, *by: type[Moved | Removed]) -> bool:
    """Whether %post moves or removes what the line copied."""
    path = written_path(copy)
    for section in copy.section.stage.named("post"):
        for effect in effects_of(section.script, *by):
            if isinstance(effect, Removed):
                if effect.empties(path):
                    return True
                continue
            for word in (*effect.sources, effect.target):
                value = word.value if word is not None else None
                if value is not None and value.startswith("/") and _takes(value, path):
                    return True
    return False


def _takes(pattern: str, path: str) -> bool:
    taken = image_path(pattern)
    return fnmatchcase(path, taken) or path.startswith(taken + "/")


def uses_in_post(copy: FileCopy, path: str) -> list[CopyUse]:
    """The words of the stage's %post that read what the line wrote to `path`; none if %post writes there itself."""
    uses: list[CopyUse] = []
    for section in copy.section.stage.named("post"):
        if base_name(path).strip("*?[]") not in section.body:
            continue
        for use in _mentions(section, path):
            if use.command is not None:
                if not uses and _creates(use.command, use.word):
                    return []
                if use.command.handled or _forgives(use.command):
                    continue
            uses.append(use)
    return uses


def _mentions(section: Section, path: str) -> Iterator[CopyUse]:
    folder: str | None = "/"
    script = section.script
    read = [redirection for redirection in script.redirections if redirection.operator == "<"]
    for command in script.commands():
        texts = words_of_text(command)
        for word in command.words:
            if word in texts:
                continue
            value = word.prefix
            if value.startswith("/"):
                named, absolute = value, True
            elif folder is not None and value == word.value and value[:1] != "-":
                named, absolute = posixpath.normpath(posixpath.join(folder, value)), False
            else:
                continue
            if _is_below(named, path):
                yield CopyUse(command, word, absolute)
        if command.program == "cd":
            operands = command.operands()
            place = operands[0].value if operands else None
            folder = posixpath.normpath(posixpath.join(folder or "/", place)) if place is not None else None
    for redirection in read:
        if redirection.target is not None and _is_below(redirection.target.prefix, path):
            yield CopyUse(redirection.command, redirection.target, True)


def _is_below(value: str, path: str) -> bool:
    if has_glob(path):
        depth = path.count("/") + 1
        return fnmatchcase("/".join(value.split("/")[:depth]), path)
    return value.rstrip("/") == path or value.startswith(path + "/")


def _creates(command: Command, word: Word) -> bool:
    """Whether the command makes what the word names rather than read it."""
    for effect in effects_of_command(command):
        if isinstance(effect, Copied | Moved | Linked) and effect.target is word:
            return True
        if isinstance(effect, MadeFolder) or (isinstance(effect, Written) and effect.path is word):
            return True
    output = command.option_value(*_OUTPUT_OPTIONS)
    return output is not None and output.span == word.span


def _forgives(command: Command) -> bool:
    return command.program in ("[", "[[", "test") or (
        command.program == "rm" and command.option("-f", "--force") is not None
    )
