"""A line of %files: which path of the image it writes to, who uses that in %post, and how the line was meant."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from sifcheck.api import Command, FileCopy, NamedTuple, Section, Target, Word, pattern

# The first five are covered as soon as %post starts, a home when the image runs.
_COVERED = tuple("/var/tmp /tmp /dev /proc /sys /home /root".split())  # noqa: S108
_HOME = pattern(r"(?:~|\$HOME|\$\{HOME\})(?=/|$)")
_BACKSLASH = pattern(r"\\(?! )")
_GLOB = pattern(r"[*?]|\[[^\]]+\]")

# Folders that are there in every distribution's image, so that several files go into them without a final slash.
_FOLDERS = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin /usr/include "
    "/usr/lib /usr/lib64 /usr/libexec /usr/local /usr/local/bin /usr/local/etc /usr/local/include /usr/local/lib "
    "/usr/local/sbin /usr/local/share /usr/local/src /usr/sbin /usr/share /usr/src /var /var/cache /var/lib /var/log /var/opt "
    "/var/spool /var/tmp".split()
)
_CREATES = frozenset("mkdir touch".split())
_WRITES_LAST = frozenset("cp mv ln install rsync".split())
_OUTPUT_OPTIONS = ("-O", "-o", "--output", "--output-document")


def has_glob(text: str) -> bool:
    """Whether a name of %files stands for several."""
    return _GLOB.search(text) is not None


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
    return next((mount for mount in _COVERED if path == mount or path.startswith(mount + "/")), None)


def is_known_folder(path: str) -> bool:
    """Whether a path of the image is a folder before anything was copied there."""
    return image_path(path) in _FOLDERS


def files_made_before(copy: FileCopy) -> bool:
    """Whether an earlier line, or %setup, surely makes the destination a folder."""
    wanted = image_path(copy.target_path)
    section = copy.section
    stage = section.stage
    if any(wanted in setup.body for setup in stage.named("setup", "pre")):
        return True
    for other in (line for files in stage.named("files") for line in files.copies):
        if other is copy:
            return False
        path = other.target_path
        if image_path(path).startswith(wanted + "/") or (path.endswith("/") and image_path(path) == wanted):
            return True
    return False


def written_path(copy: FileCopy) -> str:
    """Where the first match of the line's source lands in the image; it may end in a pattern."""
    text = copy.target_path
    path = image_path(text)
    if copy.source is None or copy.destination is None:
        return path
    if text.endswith("/") or path in _FOLDERS:
        return posixpath.join(path, base_name(copy.source.text))
    return path


def new_place(path: str, mount: str) -> str:
    """The path below /opt that stands for one below a folder of the host."""
    rest = path[len(mount) :].strip("/") if path.startswith(mount) else path.strip("~/")
    if mount == "/home":
        rest = rest.partition("/")[2] or rest
    return f"/opt/{rest}"


class Use(NamedTuple):
    """A word of a script that names a copied file; `absolute`: by its whole path."""

    command: Command | None
    word: Word
    absolute: bool


def hidden_uses(copy: FileCopy, mount: str) -> list[Use]:
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
    if taken_away(copy, "mv", "rm"):
        return True
    path = written_path(copy)
    scripts = [section for section in copy.section.stage.sections if section.is_script]
    elsewhere = [section for section in scripts if section.name not in ("post", "setup", "pre")]
    return bool(uses_in_post(copy, path)) and not any(
        path.rstrip("*") in section.body for section in elsewhere
    )


def taken_away(copy: FileCopy, *programs: str) -> bool:
    """Whether %post moves or removes, by one of the programs, what the line copied."""
    path = written_path(copy)
    for section in copy.section.stage.named("post"):
        for command in section.script.commands(*programs):
            for word in command.operands():
                if word.value is not None and word.value.startswith("/") and _takes(word.value, path):
                    return True
    return False


def _takes(pattern: str, path: str) -> bool:
    taken = image_path(pattern)
    return fnmatchcase(path, taken) or path.startswith(taken + "/")


def uses_in_post(copy: FileCopy, path: str) -> list[Use]:
    """The words of the stage's %post that read what the line wrote to `path`; none if %post writes there itself."""
    uses: list[Use] = []
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


def _mentions(section: Section, path: str) -> Iterator[Use]:
    folder: str | None = "/"
    script = section.script
    read = [redirection for redirection in script.redirections if redirection.operator == "<"]
    for command in script.commands():
        for word in command.words:
            value = word.prefix
            if value.startswith("/"):
                named, absolute = value, True
            elif folder is not None and value == word.value and value[:1] != "-":
                named, absolute = posixpath.normpath(posixpath.join(folder, value)), False
            else:
                continue
            if _is_below(named, path):
                yield Use(command, word, absolute)
        if command.program == "cd":
            operands = command.operands()
            place = operands[0].value if operands else None
            folder = posixpath.normpath(posixpath.join(folder or "/", place)) if place is not None else None
    for redirection in read:
        if redirection.target is not None and _is_below(redirection.target.prefix, path):
            yield Use(redirection.command, redirection.target, True)


def _is_below(value: str, path: str) -> bool:
    if has_glob(path):
        depth = path.count("/") + 1
        return fnmatchcase("/".join(value.split("/")[:depth]), path)
    return value.rstrip("/") == path or value.startswith(path + "/")


def _creates(command: Command, word: Word) -> bool:
    """Whether the command makes what the word names rather than read it."""
    if command.program in _CREATES:
        return True
    if command.program in _WRITES_LAST and command.arguments[-1:] == (word,):
        return len(command.operands()) > 1
    output = command.option_value(*_OUTPUT_OPTIONS)
    return output is not None and output.span == word.span


def _forgives(command: Command) -> bool:
    return command.program in ("[", "[[", "test") or (
        command.program == "rm" and command.option("-f", "--force") is not None
    )


def rewritten_line(copy: FileCopy) -> str | None:
    """The line with its names in double quotes where they need them, as a shell would have understood it.

    None where that gives no source and destination, or where a name holds what double quotes do not protect.
    """
    from shlex import split

    if any(mark in copy.line for mark in ("$", "`", "{{")) or _BACKSLASH.search(copy.line):
        return None
    try:
        names = split(copy.line)
    except ValueError:
        return None
    if not 1 <= len(names) <= 2 or not all(names) or any(mark in name for name in names for mark in "\"'\\"):
        return None
    return " ".join(quoted(name) for name in names)


def quoted(name: str) -> str:
    """A name as it stands in %files: in double quotes if it holds a blank."""
    return f'"{name}"' if any(character.isspace() for character in name) else name
