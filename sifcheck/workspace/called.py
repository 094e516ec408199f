"""What lies where a batch script starts: for each path that its calls of the runtime name, what the runtime would find.

The sibling of Folder for batch scripts and for the call of `sifcheck build`.  Facts only, read before the rules run, and
within a few seconds whatever lies there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.definition.model import Definition
from sifcheck.job.folders import folder_at

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.runtime.call import RuntimeCall
    from sifcheck.shell import Word

__all__ = ["Called", "CalledFolder", "called_paths", "path_of", "read_called"]

PATIENCE = 3.0
"""Seconds after which a file system is taken not to answer."""
MOST_PATHS = 200
LONGEST_TEXT = 256 * 1024
MOST_TEXT = 1 << 20
_ADDRESS = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")


Contents = Mapping[str, bytes | None]
"""What was read of files, by absolute path; None for an image."""


class Called(NamedTuple):
    """A path that calls name, absolute.

    `kind` is file, folder, dangling (a link that leads nowhere), other (a device, a pipe), or "" where nothing is there;
    Unknown where that could not be learnt.  `text` is what a file holds that may be a definition file or a list of build
    arguments, one character a byte; None for all else.
    """

    path: str
    kind: str | Unknown
    text: str | None = None


class CalledFolder(NamedTuple):
    """The folder where the script starts, as an absolute path, and what its calls name."""

    start: str
    entries: tuple[Called, ...]

    def entry(self, call: RuntimeCall, word: Word | None) -> Called | None:
        """What lies at the path that a word of a call names; None where that hangs on something unknown, or is no path."""
        path = path_of(call, word, self.start)
        found = next((entry for entry in self.entries if entry.path == path), None)
        return found if found is not None and not isinstance(found.kind, Unknown) else None

    def at(self, path: str) -> Called | None:
        """What lies at an absolute path that a call names; None where nobody looked, or nobody can tell."""
        found = next((entry for entry in self.entries if entry.path == path), None)
        return found if found is not None and not isinstance(found.kind, Unknown) else None

    def definition(self, call: RuntimeCall) -> Definition | None:
        """The definition file that a call builds, if it is there and can be read."""
        entry = self.entry(call, call.base) if call.subcommand == "build" else None
        return _definition(entry.path, entry.text) if entry is not None and entry.text is not None else None


@lru_cache(maxsize=16)
def _definition(path: str, text: str) -> Definition:
    from sifcheck.base.source import Source
    from sifcheck.definition.reader import read_definition

    return read_definition(Source(path, text.encode("latin-1", "replace")), {})


def path_of(call: RuntimeCall, word: Word | None, start: str) -> str | None:
    """The absolute path that a word of a call names; None where that hangs on something unknown, or is no path."""
    if call.remote:
        return None  # another machine's
    value = call.value_of(word)
    folder = folder_at(call.job, call, start) if call.job is not None else None
    if not value or folder is None or "\0" in value or value[0] == "~" or (word and word.has_glob):
        return None
    return None if _ADDRESS.match(value) else os.path.normpath(os.path.join(folder, value))


def called_paths(job: JobScript, start: str) -> Iterator[tuple[str, bool]]:
    """The paths that the calls of a script name, and whether their text is wanted; one may come more than once."""
    for call in job.calls:
        words = [(call.image, False)]
        if call.subcommand == "build":
            given = call.option("--build-arg-file")
            words += [(call.base, True), (given.value if given is not None else None, True)]
            # What is relative is another matter in a build.
            yield from ((path, False) for path in _bound(call) if path.startswith("/"))
        for word, with_text in words:
            path = path_of(call, word, start)
            if path is not None:
                yield path, with_text


def _bound(call: RuntimeCall) -> Iterator[str]:
    for value in call.option_values("--bind"):
        yield value.partition(":")[0]


def read_called(job: JobScript, start: str, contents: Contents | None = None) -> CalledFolder:
    """What lies at the paths that the calls of a script name, seen from an absolute folder.  Never raises.

    `contents` is what was read of files already, by absolute path: they are not opened again.
    """
    from sifcheck.base.asking import Question, ask

    wanted: dict[str, bool] = {}
    for path, with_text in called_paths(job, start):
        wanted[path] = wanted.get(path, False) or with_text
    chosen = list(wanted.items())[:MOST_PATHS]
    if not chosen:
        return CalledFolder(start, ())
    question = Question(tuple[Called, ...], lambda: _look(chosen, contents or {}))
    answer = ask({"all": question}, PATIENCE)["all"]
    if isinstance(answer, Unknown):
        return CalledFolder(start, tuple(Called(path, answer) for path, _ in chosen))
    return CalledFolder(start, tuple(answer))


def _look(wanted: Sequence[tuple[str, bool]], contents: Contents) -> tuple[Called, ...]:
    found = []
    left = MOST_TEXT
    for path, with_text in wanted:
        entry = _at(path)
        if with_text and entry.kind == "file":
            entry = entry._replace(text=_text(path, left, contents))
            left -= len(entry.text or "")
        found.append(entry)
    return tuple(found)


def _at(path: str) -> Called:
    from sifcheck.base.asking import reason

    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Called(path, "dangling" if os.path.islink(path) else "")
    except (OSError, ValueError) as error:
        return Called(path, Unknown(reason(error)))
    return Called(path, "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other")


def _text(path: str, left: int, contents: Contents) -> str | None:
    """What a file holds; None for an image and the like, and for what is too long."""
    data = contents.get(path)
    if data is None and path not in contents:
        try:
            with open(path, "rb") as stream:
                data = stream.read(LONGEST_TEXT + 1)
        except OSError:
            return None
    if data is None:
        return None
    return None if len(data) > min(LONGEST_TEXT, left) or b"\0" in data else data.decode("latin-1")
