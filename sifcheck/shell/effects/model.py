"""What a script does to files, in order: what it writes, copies, moves, links, removes, fetches, unpacks, and where it goes.

Nothing is run, and no variable is followed: an effect names the words.  What a program does stands in commands.py.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.shell.effects.commands import COMMANDS, Row
from sifcheck.shell.effects.paths import unquoted

if TYPE_CHECKING:
    from sifcheck.shell import Command, Script, Word


class Written(NamedTuple):
    """A file that is written or changed in place; `by` is the redirection's operator or the program.

    `command` is None where the redirection is that of a loop, a branch or a group.
    """

    command: Command | None
    path: Word
    by: str


class Copied(NamedTuple):
    """Files that are copied; `target` is a file or a folder, None where the command does not say."""

    command: Command
    sources: tuple[Word, ...]
    target: Word | None


class Moved(NamedTuple):
    """As Copied, of files that are no longer at their sources."""

    command: Command
    sources: tuple[Word, ...]
    target: Word | None


class Linked(NamedTuple):
    """As Copied, of links that are made: the sources are what they lead to."""

    command: Command
    sources: tuple[Word, ...]
    target: Word | None


class Removed(NamedTuple):
    """What is taken away; `chosen`: only some of what lies below the paths, as find picks it."""

    command: Command
    paths: tuple[Word, ...]
    chosen: bool = False

    def takes_away(self, *folders: str) -> bool:
        """Whether one of the folders goes, or something that lies in it."""
        return any(_covers(unquoted(word), folders) for word in self.paths)

    def empties(self, path: str) -> bool:
        """Whether the file or folder goes, or all that lies in the folder: `rm -r DIR`, `rm DIR/*`."""
        return not self.chosen and any(_takes(unquoted(word), path) for word in self.paths)


class MadeFolder(NamedTuple):
    """Folders that are made."""

    command: Command
    paths: tuple[Word, ...]


class Unpacked(NamedTuple):
    """An archive that is unpacked into a folder, None for the one that the script stands in.

    `members` are asked for by name.
    """

    command: Command
    archive: Word | None
    folder: Word | None
    members: tuple[Word, ...]


class Downloaded(NamedTuple):
    """What is fetched: `address` is the word, `url` what it holds without quotes, variables as they are written.

    `target` is the file that it is written to (of git the folder), None where the command does not say.
    """

    command: Command
    address: Word
    url: str
    target: Word | None

    @property
    def name(self) -> str:
        """The last part of the address, without query and fragment."""
        return _QUERY.split(self.url, maxsplit=1)[0].rstrip("/").rpartition("/")[2]

    @property
    def saved_as(self) -> str:
        """The name of the file that it makes, as far as it can be told."""
        target = unquoted(self.target) if self.target is not None else "-"
        return self.name if target == "-" or "://" in target else target.rpartition("/")[2]


class ChangedFolder(NamedTuple):
    """Where the script goes; None: home, or back."""

    command: Command
    folder: Word | None


Effect = Written | Copied | Moved | Linked | Removed | MadeFolder | Unpacked | Downloaded | ChangedFolder
"""What a command does to files and folders, or to the folder it is in."""

_URL = pattern(r"(?:https?|ftp)://[^\s\"'`|<>]+", 2)
_QUERY = pattern(r"[?#]")
_TAR_MODE = pattern(r"-?[A-Za-z]+")
# What makes find pick, rather than take all that lies below.
_PICKING = frozenset(
    "-name -iname -path -ipath -regex -iregex -user -group -uid -gid -mtime -mmin -ctime -cmin -atime -amin -newer "
    "-size -empty "
    "-perm -links -samefile -inum -nouser -nogroup".split()
)


def effects_of(script: Script, *kinds: type) -> Iterator[Any]:
    """The effects of a script in order; only those of the kinds, as `Removed`, if any are given."""
    found = [one for one in _of_commands(script, kinds) if not kinds or isinstance(one, kinds)]
    if not kinds or Written in kinds:
        found += [
            Written(one.command, one.target, one.operator)
            for one in script.redirections
            if one.writes and one.target is not None
        ]
        found.sort(key=_start)
    return iter(found)


def _of_commands(script: Script, kinds: tuple[type, ...]) -> Iterator[Effect]:
    wanted = [name for name, made in READERS.items() if not kinds or set(made.makes) & set(kinds)]
    programs = [program for program, row in COMMANDS.items() if row.effect in wanted]
    for command in script.commands(*programs):
        yield from effects_of_command(command)


def effects_of_command(command: Command) -> Iterator[Effect]:
    """What one command does to files, its redirections aside."""
    row = COMMANDS.get(command.program or "")
    return READERS[row.effect].read(command, row) if row is not None else iter(())


def _start(effect: Effect) -> int:
    # A redirection of a loop stands where its path does.
    command = effect.command
    return (
        effect.path.start
        if isinstance(effect, Written) and effect.by[0] in "><&"
        else command.start
        if command
        else 0
    )


def is_sure(effect: Effect) -> bool:
    """Whether it comes about each time that the script runs, and its failure is not passed over."""
    command = effect.command
    return command is not None and command.top_level and not command.handled and command.or_else is None


_SHELLS = frozenset("sh bash dash ash ksh mksh busybox source .".split())


def may_do_anything(command: Command) -> bool:
    """Whether a command runs a script whose content is not known here: `bash FILE`, `. FILE`, `./FILE`, `curl ... | sh`."""
    program, word = command.program, command.program_word
    if program is None or program in _SHELLS or program.endswith((".sh", ".py")):
        return True
    return word is not None and word.value is not None and word.value.startswith(("./", "../"))


_TEXT_ONLY = frozenset("echo printf export readonly local declare typeset".split())
# What these look for, or do, is their first operand, unless an option gives it.
_TEXT_FIRST = {
    "grep": ("-e", "--regexp", "-f", "--file"),
    "egrep": ("-e", "--regexp", "-f", "--file"),
    "fgrep": ("-e", "--regexp", "-f", "--file"),
    "sed": ("-e", "--expression", "-f", "--file"),
    "awk": ("-f", "--file"),
    "gawk": ("-f", "--file"),
    "mawk": ("-f", "--file"),
}
_TEXT_VALUES = ("-e", "--regexp", "--expression", "-m", "--max-count", "-A", "-B", "-C", "-v", "-F")


def words_of_text(command: Command) -> tuple[Word, ...]:
    """The words of a command that name no file even if they look like a path: what is printed, a pattern, a program."""
    program = command.program or ""
    if program in _TEXT_ONLY:
        return command.arguments
    giving = _TEXT_FIRST.get(program)
    if giving is None:
        return ()
    if any(word.prefix.startswith(giving) for word in command.arguments):
        given = command.option_value(*giving[:2], takes_value=_TEXT_VALUES)
        return (given,) if given is not None else ()
    return command.operands(_TEXT_VALUES if "grep" in program else giving)[:1]


def sets_errexit(command: Command) -> bool | None:
    """Whether a `set` turns errexit on (True) or off (False); None for one that leaves it alone."""
    found: bool | None = None
    words = [word.value or "" for word in command.arguments]
    for index, word in enumerate(words):
        if word == "--" or word[:1] not in ("-", "+") or len(word) < 2:
            if index and words[index - 1][-1:] == "o" and words[index - 1][:1] in ("-", "+"):
                if word == "errexit":
                    found = words[index - 1][0] == "-"
                continue
            break
        if "e" in word[1:]:
            found = word[0] == "-"
    return found


@lru_cache(maxsize=16)
def first_unknown(script: Script) -> int:
    """Where the first command begins that may do anything, as an offset of the text; its end where there is none."""
    found = (command.start for command in script.commands() if may_do_anything(command))
    return next(found, len(script.text))


def names_made(effect: Effect) -> Iterator[str]:
    """The names of the files that an effect may make, without folders; what is copied may go into a folder by its own."""
    if isinstance(effect, Written):
        words: tuple[Word | None, ...] = (effect.path,)
    elif isinstance(effect, Copied | Moved | Linked):
        words = (*effect.sources, effect.target)
    elif isinstance(effect, Downloaded):
        yield effect.name
        words = (effect.target,)
    elif isinstance(effect, Unpacked):
        words = effect.members
    elif isinstance(effect, MadeFolder):
        words = effect.paths
    else:
        words = ()
    for word in words:
        if word is not None:
            text = word.value if word.value is not None else word.suffix
            yield text.rstrip("/").rpartition("/")[2]


_BRACES = pattern(r"\{([^{}]*,[^{}]*)\}")


def _covers(text: str, folders: tuple[str, ...]) -> bool:
    """Whether removing `text`, a path that may hold globs and braces, removes a folder, what lies in it, or one above."""
    braces = _BRACES.search(text)
    if braces is not None:
        before, after = text[: braces.start()], text[braces.end() :]
        return any(_covers(f"{before}{part}{after}", folders) for part in braces[1].split(","))
    path = text.rstrip("/*")
    if not text.startswith("/") or len(path) < 2:
        return False
    if any(f"{folder}/".startswith(f"{path}/") or path.startswith(f"{folder}/") for folder in folders):
        return True
    if "*" not in text:
        return False
    wanted = re.compile(re.escape(text.rstrip("/")).replace(r"\*", "[^/]*") + "(?:/.*)?")
    return any(wanted.fullmatch(folder) for folder in folders)


def _takes(text: str, path: str) -> bool:
    """Whether removing `text` removes a path, one above it, or by a final `*` all that lies in it."""
    if not text.startswith("/"):
        return False
    taken = posixpath.normpath(text)
    inside = taken.removesuffix("*").rstrip("*")
    return fnmatchcase(path, taken) or path.startswith(taken + "/") or inside == f"{path}/"


# -- what each kind of program does


def _transfer(kind: type[Copied | Moved | Linked]) -> Callable[[Command, Row], Iterator[Effect]]:
    def read(command: Command, row: Row) -> Iterator[Effect]:
        operands = command.operands(row.values)
        folder = command.option_value(*row.target) if row.target else None
        if command.program == "install" and command.option("-d", "--directory") is not None:
            yield MadeFolder(command, operands)
        elif folder is not None:
            yield kind(command, operands, folder)
        elif len(operands) > 1:
            yield kind(command, operands[:-1], operands[-1])
        elif operands:
            yield kind(command, operands, None)

    return read


def _removal(command: Command, row: Row) -> Iterator[Effect]:
    yield Removed(command, command.operands(row.values))


def _folders(command: Command, row: Row) -> Iterator[Effect]:
    yield MadeFolder(command, command.operands(row.values))


def _writing(command: Command, row: Row) -> Iterator[Effect]:
    for word in command.operands(row.values):
        yield Written(command, word, command.program or "")


def _found(command: Command, _row: Row) -> Iterator[Effect]:
    """`find FOLDER -delete`, `find FOLDER -exec rm ...`."""
    words = command.arguments
    values = [word.value for word in words]
    if "-delete" in values or any(value in ("rm", "/bin/rm") for value in values):
        end = next((number for number, word in enumerate(words) if word.text[:1] in "-(!\\"), 0)
        yield Removed(command, words[:end], any(value in _PICKING for value in values))


def _block_copy(command: Command, _row: Row) -> Iterator[Effect]:
    for word in command.arguments:
        if word.prefix.startswith("of="):
            yield Written(command, word.after(3), "dd")


def _edit(command: Command, row: Row) -> Iterator[Effect]:
    """`sed -i`: the first operand is the program, if no option gives it."""
    if command.option("-i", "--in-place") is not None:
        given = command.option("-e", "--expression", "-f", "--file", takes_value=row.values) is not None
        for word in command.operands(row.values)[0 if given else 1 :]:
            yield Written(command, word, "sed -i")


def _tar(command: Command, row: Row) -> Iterator[Effect]:
    if not command.arguments:
        return
    first = command.arguments[0].prefix
    letters = first if _TAR_MODE.fullmatch(first) else ""
    bundled = bool(letters) and letters[0] != "-"  # `tar xf FILE`: the next word is the value
    archive = command.option_value("-f", "--file", takes_value=row.values)
    operands = command.operands(row.values)[1 if bundled else 0 :]
    if archive is None and bundled and "f" in letters:
        archive, operands = (operands[0] if operands else None), operands[1:]
    folder = command.option_value("-C", "--directory")
    if "x" in letters or command.option("--extract", "--get", "-x", takes_value=row.values) is not None:
        yield Unpacked(command, archive, folder, operands)
    elif archive is not None and (
        "c" in letters or command.option("--create", "-c", takes_value=row.values) is not None
    ):
        yield Written(command, archive, command.program or "")


def _unzip(command: Command, row: Row) -> Iterator[Effect]:
    operands = command.operands(row.values)
    if operands:
        yield Unpacked(command, operands[0], command.option_value("-d"), operands[1:])


def _download(command: Command, row: Row) -> Iterator[Effect]:
    target = command.option_value(*row.target, takes_value=row.values)
    others = set(row.values) - set(row.target)
    before = ""
    for word in command.arguments:
        text = unquoted(word)
        match = _URL.match(text) if "://" in text and before not in others else None
        if match is not None:
            yield Downloaded(command, word, match[0], target)
        before = text


def _git(command: Command, row: Row) -> Iterator[Effect]:
    operands = command.operands(row.values)
    if len(operands) > 1 and operands[0].value == "clone":
        folder = operands[2] if len(operands) > 2 else None
        yield Downloaded(command, operands[1], unquoted(operands[1]), folder)


def _change(command: Command, _row: Row) -> Iterator[Effect]:
    yield ChangedFolder(command, next(iter(command.operands()), None))


class Reader(NamedTuple):
    """How the words of a kind of program are read, and the effects that come of it."""

    read: Callable[[Command, Row], Iterator[Effect]]
    makes: tuple[type, ...]


READERS = {
    "copy": Reader(_transfer(Copied), (Copied, MadeFolder)),
    "move": Reader(_transfer(Moved), (Moved,)),
    "link": Reader(_transfer(Linked), (Linked,)),
    "remove": Reader(_removal, (Removed,)),
    "find": Reader(_found, (Removed,)),
    "make folder": Reader(_folders, (MadeFolder,)),
    "write": Reader(_writing, (Written,)),
    "dd": Reader(_block_copy, (Written,)),
    "edit": Reader(_edit, (Written,)),
    "tar": Reader(_tar, (Unpacked, Written)),
    "unzip": Reader(_unzip, (Unpacked,)),
    "download": Reader(_download, (Downloaded,)),
    "git": Reader(_git, (Downloaded,)),
    "change folder": Reader(_change, (ChangedFolder,)),
}
"""How each effect of COMMANDS is read."""
