"""The bytes of an image, read where they are wanted and never beyond their end."""

from __future__ import annotations

import os

from sifcheck.base.text import error_text


class Content:
    """An open file or bytes in memory, or a part of one: `size` bytes, read by position.

    What lies beyond the end is not there: a read gives what there is.  A disk that fails gives nothing more, and `fault`
    says why; nothing is raised.
    """

    __slots__ = ("_file", "_memory", "_start", "fault", "size")

    def __init__(self, source: int | bytes, size: int | None = None, start: int = 0) -> None:
        self._file = source if isinstance(source, int) else -1
        self._memory = b"" if isinstance(source, int) else source
        whole = os.fstat(source).st_size if isinstance(source, int) else len(source)
        self._start = min(max(start, 0), whole)
        self.size = max(0, whole - self._start if size is None else min(size, whole - self._start))
        self.fault = ""

    def read(self, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start` on; fewer where the content ends."""
        if start < 0 or size <= 0 or start >= self.size:
            return b""
        size = min(size, self.size - start)
        start += self._start
        if self._file < 0:
            return self._memory[start : start + size]
        parts = []
        while size > 0:
            try:
                part = os.pread(self._file, min(size, 1 << 24), start)
            except OSError as error:
                self.fault = error_text(error)
                break
            if not part:
                break
            parts.append(part)
            start += len(part)
            size -= len(part)
        return b"".join(parts) if len(parts) != 1 else parts[0]

    def part(self, start: int, size: int) -> Content:
        """A stretch as content of its own; it ends where this one does."""
        start = min(max(start, 0), self.size)
        size = min(max(size, 0), self.size - start)
        return Content(self._file if self._file >= 0 else self._memory, size, self._start + start)
