"""The files of a call: each is opened and read once, and parsed once for the same build arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from sifcheck.app.discover import Found
from sifcheck.app.kinds import HEAD_SIZE, SIZE_LIMIT, kind_of
from sifcheck.base.source import Source
from sifcheck.base.text import error_text, size_text
from sifcheck.definition.model import Definition
from sifcheck.definition.reader import read_definition, reading_of
from sifcheck.runtime.versions import USUAL_READER, Runtime

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript
    from sifcheck.lint.check import Checker

_TOO_LARGE = f"it is larger than {size_text(SIZE_LIMIT)}, which no definition file is"


class Sources:
    """What was read and parsed in a call.

    `contents` holds what was read of files whole, by path, as discovery met them; it is taken from there.  `known` is what
    was read, by absolute path; None for an image.
    """

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.known: dict[str, bytes | None] = {}
        self._sources: dict[str, Source] = {}
        self._parsed: dict[tuple[object, ...], Definition | JobScript] = {}

    def read(self, found: Found, name: str) -> Source | str:
        """The file's bytes under a name, or in plain words why they cannot be had."""
        if found.kind == "unreadable":
            return found.reason
        try:
            content = _standard_input() if found.path == "-" else self._whole(found.path)
        except OSError as error:
            return error_text(error)
        if content is None:
            return "it holds nothing that can be read"
        if len(content) > SIZE_LIMIT:
            return _TOO_LARGE
        if found.path == "-" and kind_of(name, content[:HEAD_SIZE]) == "image":
            return "it is an image, of which single places are read: name the file"
        return self._named(name, content)

    def unless_image(self, path: str) -> Source | None:
        """A file that a build may start from; None for an image, of which no more than its beginning is read.

        Raises OSError, and ValueError for a path that no file can have.
        """
        key = os.path.abspath(path)
        if key not in self.known:
            content = self.contents.pop(path, None)
            self.known[key] = _unless_image(path) if content is None else content
        content = self.known[key]
        return None if content is None else self._named(path, content)

    def parse(self, source: Source, checker: Checker) -> Definition | JobScript:
        """A file as its checker reads it; nothing is parsed twice before `forget_parsed`."""
        reader = checker.runner.context.target.reader
        arguments = checker.build_arguments
        key = _key(source, arguments, reader) if checker.kind == "definition" else (source.path,)
        known = self._parsed.get(key)
        if known is None or known.source is not source:
            known = self._parsed[key] = checker.read(source)
        return known

    def definition(self, source: Source, arguments: Mapping[str, str]) -> Definition:
        """A definition file with its build arguments put in, as the newest Apptainer reads it."""
        key = _key(source, arguments, USUAL_READER)
        known = self._parsed.get(key)
        if not isinstance(known, Definition) or known.source is not source:
            known = self._parsed[key] = read_definition(source, arguments)
        return known

    def forget_parsed(self) -> None:
        """Give back what parsed files take: 90 KB each."""
        self._parsed.clear()

    def _named(self, name: str, content: bytes) -> Source:
        source = self._sources.get(name)
        if source is None or source.data is not content:
            source = self._sources[name] = Source(name, content)
        return source

    def _whole(self, path: str) -> bytes | None:
        key = os.path.abspath(path)
        content = self.contents.pop(path, self.known.get(key))
        if content is None:
            with _opened(path) as file:
                content = file.read(SIZE_LIMIT + 1)
        self.known[key] = content
        return content


def _key(source: Source, arguments: Mapping[str, str], reader: Runtime) -> tuple[object, ...]:
    return source.path, reading_of(reader), *sorted(arguments.items())


def _unless_image(path: str) -> bytes | None:
    with _opened(path) as file:
        # Of a pipe that nobody has written to yet nothing is read, not even an end.
        head = file.read(HEAD_SIZE) or b""
        if kind_of(path, head) == "image":
            return None
        return head + (file.read(SIZE_LIMIT + 1 - len(head)) or b"")


def _opened(path: str) -> BinaryIO:
    """A file to read; a pipe or a device named like a definition file must not make the check wait."""
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(SIZE_LIMIT + 1)
