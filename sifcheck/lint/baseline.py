"""The baseline: a file of the findings that are known, so that only new ones are reported.

A finding is known by its fingerprint and the path of its file, seen from the folder of the baseline.  It stays known when
lines above it come or go, and when its file is renamed; a changed line makes it a new one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from sifcheck.base.findings import Finding
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import error_text
from sifcheck.lint.internal import NOT_IGNORABLE

VERSION = 1
# A line an entry: 200,000 findings at the most.
_SIZE_LIMIT = 64 * 1024 * 1024

NEVER_KNOWN = NOT_IGNORABLE | {"SIF001", "SIF002"}
"""Codes that no baseline silences: what they are about was not checked."""


class BaselineError(Exception):
    """A baseline that cannot be used or written; the text says why, in words for the user."""


class BaselineEntry(NamedTuple):
    """One known finding; `code` and `message` are for people and for the order of the file."""

    path: str
    code: str
    fingerprint: str
    message: str


class Baseline:
    """The entries of a baseline, which of them were met, and whether ShellCheck had a say in them."""

    def __init__(self, folder: str, entries: Iterable[BaselineEntry], *, shellcheck: bool = False) -> None:
        self.folder = folder
        self.entries = list(entries)
        self.shellcheck = shellcheck
        self._waiting: dict[str, list[BaselineEntry]] = {}
        for entry in self.entries:
            self._waiting.setdefault(entry.fingerprint, []).append(entry)
        self._gone: dict[str, bool] = {}

    def new(self, findings: Iterable[Finding], never: frozenset[str] = frozenset()) -> list[Finding]:
        """Of all findings of one file, which bear their fingerprints, those that are not known.

        Each entry stands for one finding.  One under another path counts where that path is no more: its file was
        renamed.  Findings with a code of `never` are always new.
        """
        # Entries under their own path first: of two equal files one may be renamed.
        left = [finding for finding in findings if not self._take(finding, never, renamed=False)]
        return [finding for finding in left if not self._take(finding, never, renamed=True)]

    def unmet(self) -> list[BaselineEntry]:
        """The entries that no finding was met for."""
        return [entry for entries in self._waiting.values() for entry in entries]

    def is_gone(self, path: str) -> bool:
        """Whether the file of an entry is no more."""
        if path not in self._gone:
            self._gone[path] = not os.path.lexists(os.path.join(self.folder, path))
        return self._gone[path]

    def _take(self, finding: Finding, never: frozenset[str], *, renamed: bool) -> bool:
        waiting = self._waiting.get(finding.fingerprint)
        if not waiting or finding.source is None or finding.is_in(NEVER_KNOWN | never):
            return False
        path = relative(finding.source.path, self.folder)
        for entry in waiting:
            if self.is_gone(entry.path) if renamed else entry.path == path:
                waiting.remove(entry)
                return True
        return False


def relative(path: str, folder: str) -> str:
    """A path as an entry holds it: seen from the folder of the baseline."""
    return os.path.relpath(os.path.abspath(path), folder)


def folder_of(path: str) -> str:
    """The folder that a baseline's paths are seen from."""
    return os.path.dirname(os.path.abspath(path))


def read_baseline(path: str) -> Baseline:
    """Read a baseline.  Raises BaselineError for one that is not there, cannot be read or is none."""
    import json

    try:
        # A pipe must not make the check wait.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            content = file.read(_SIZE_LIMIT + 1) or b""
    except FileNotFoundError:
        raise BaselineError(f"{path} is not there; --write-baseline makes one") from None
    except OSError as error:
        raise BaselineError(f"{path} cannot be read: {error_text(error)}") from None
    if len(content) > _SIZE_LIMIT:
        from sifcheck.base.text import size_text

        raise BaselineError(f"{path} is larger than {size_text(_SIZE_LIMIT)}, which no baseline is")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise BaselineError(f"{path} is no baseline: it is not JSON") from None
    entries = _entries(document, path)
    # One that does not say so was written before this was kept.
    shellcheck = document.get("shellcheck", any(entry.code.startswith("SC") for entry in entries))
    return Baseline(folder_of(path), entries, shellcheck=shellcheck is True)


def _entries(document: object, path: str) -> list[BaselineEntry]:
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise BaselineError(f"{path} is no baseline: it has no list `findings`")
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > VERSION
        why = "a newer sifcheck wrote it" if newer else "that is none that sifcheck wrote"
        raise BaselineError(f"{path} is a baseline of version {version!r:.40}: {why}")
    entries = []
    for number, row in enumerate(document["findings"], 1):
        words = [row.get(key) for key in BaselineEntry._fields] if isinstance(row, dict) else [None]
        texts = [word for word in words if isinstance(word, str)]
        if len(texts) < len(words) or "\0" in texts[0]:
            raise BaselineError(
                f"{path}: entry {number} has not the texts {', '.join(BaselineEntry._fields)}"
            )
        entries.append(BaselineEntry(*texts))
    return entries


def entries_of(
    findings: Iterable[Finding], folder: str, never: frozenset[str] = frozenset()
) -> tuple[list[BaselineEntry], list[Finding]]:
    """The entries for findings that bear their fingerprints, and the findings that no baseline takes."""
    entries, left = [], []
    for finding in findings:
        if finding.source is None or finding.subject is not None or finding.is_in(NEVER_KNOWN | never):
            left.append(finding)
        else:
            path = relative(finding.source.path, folder)
            entries.append(BaselineEntry(path, finding.code, finding.fingerprint, finding.message))
    return entries, left


def baseline_text(entries: Iterable[BaselineEntry], *, shellcheck: bool) -> str:
    """The file, one entry a line and in order, so that a difference of two shows what came and went."""
    import json

    rows = [_visible(json.dumps(entry._asdict(), ensure_ascii=False)) for entry in sorted(entries)]
    listed = "".join(f"\n  {row}{',' * (number < len(rows))}" for number, row in enumerate(rows, 1))
    asked = json.dumps(shellcheck)
    return f'{{\n "version": {VERSION},\n "shellcheck": {asked},\n "findings": [{listed}\n ]\n}}\n'


def _visible(row: str) -> str:
    """JSON in which what is not to be seen, bytes of a path that are no text among it, is an escape."""
    import json

    return "".join([mark if mark.isprintable() else json.dumps(mark)[1:-1] for mark in row])


def heard_of(
    baseline: Baseline, checked: Iterable[str], is_heard: Callable[[str], bool]
) -> Callable[[BaselineEntry], bool]:
    """A function that tells whether a check says anything about an entry.

    It does not where the file is there but was not among the `checked` ones, or where the rule was not run.
    """
    paths = {relative(path, baseline.folder) for path in checked}
    return lambda entry: (entry.path in paths or baseline.is_gone(entry.path)) and is_heard(entry.code)
