"""Which lines of a file have changed since a revision of a git repository.

Only git's objects are read, by their names, and compared here.  So nothing runs that a repository could configure: no
filter, no text conversion, no external or file system program; and nothing is fetched.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from sifcheck.base.findings import Finding
from sifcheck.base.source import Source

_TIMEOUT = 60.0
# Under a name of its own a file is taken for a renamed one where this part of its lines is the same.
_SAME = 0.5
_MOST_CANDIDATES = 50
# Comparing takes as long as one number of lines times the other; beyond this all that differs counts as changed.
_MOST_PAIRS = 20_000_000


class ChangesError(Exception):
    """What has changed cannot be found out; the text says why, in words for the user."""


class Changes:
    """The files as they were where the current branch left a revision.  Raises ChangesError where there is none."""

    def __init__(self, revision: str) -> None:
        self._top = os.fsdecode(_git("rev-parse", "--show-toplevel").removesuffix(b"\n"))
        if not self._top:
            raise ChangesError("the current folder is in no working tree of a git repository")
        self._blobs = _tree(_start(revision))
        self._old: dict[str, list[bytes] | None] = {}

    def changed(self, source: Source) -> list[bool]:
        """For each line of a file whether it has changed; a file that was not there has changed as a whole."""
        new = _lines(source.data)
        old = self._old_lines(source.path, new)
        if old is None:
            return [True] * len(new)
        return _changed(old, new)

    def on_changed_lines(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings of one file that touch a changed line; one about the whole file where any has changed."""
        source = next((finding.source for finding in findings if finding.source is not None), None)
        if source is None:
            return list(findings)
        changed = self.changed(source)
        same = not any(changed) and len(changed) == len(self._old_lines(source.path, []) or ())
        kept = []
        for finding in findings:
            if finding.source is not source:
                kept.append(finding)
            elif finding.span == (0, 0):
                if not same:
                    kept.append(finding)
            else:
                first = source.line_of(finding.span.start)
                last = source.line_of(max(finding.span.start, finding.span.end - 1))
                if any(changed[first - 1 : last]):
                    kept.append(finding)
        return kept

    def name(self, path: str) -> str:
        """The name of a file in the repository.  Raises ChangesError for one that lies elsewhere."""
        place = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
        name = os.path.relpath(place, os.path.realpath(self._top))
        if name == ".." or name.startswith("../"):
            raise ChangesError(f"{path} is not in the git repository of the current folder")
        return name

    def _old_lines(self, path: str, new: list[bytes]) -> list[bytes] | None:
        """The lines that a file had, also under a former name; None where it was not there."""
        if path not in self._old:
            name = self.name(path)
            blob = self._blobs.get(os.fsencode(name))
            self._old[path] = _lines(_object(blob)) if blob is not None else self._renamed(name, new)
        return self._old[path]

    def _renamed(self, name: str, new: list[bytes]) -> list[bytes] | None:
        """The lines of the file that is no more and is most like a new one."""
        from sifcheck.base.text import compared

        ending = os.fsencode(os.path.splitext(name)[1])
        gone = [
            blob
            for path, blob in self._blobs.items()
            if (path.endswith(ending) if ending else b"." not in os.path.basename(path))
            and not os.path.lexists(os.path.join(os.fsencode(self._top), path))
        ]
        best, found = _SAME, None
        for blob in gone[:_MOST_CANDIDATES]:
            lines = _lines(_object(blob))
            if len(lines) * len(new) > _MOST_PAIRS:
                continue
            matcher = compared(lines, new)
            if matcher.quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
                best, found = ratio, lines
        return found


def _lines(content: bytes) -> list[bytes]:
    """As many lines as a Source counts; whether one ends with CR, which git may change, does not matter."""
    return [line.removesuffix(b"\r") for line in content.split(b"\n")]


def _changed(old: list[bytes], new: list[bytes]) -> list[bool]:
    from sifcheck.base.text import compared

    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    changed = [head <= index < len(new) - tail for index in range(len(new))]
    if (len(old) - head - tail) * (len(new) - head - tail) > _MOST_PAIRS:
        return changed
    middle = compared(old[head : len(old) - tail], new[head : len(new) - tail])
    for block in middle.get_matching_blocks():
        changed[head + block.b : head + block.b + block.size] = [False] * block.size
    return changed


def _start(revision: str) -> str:
    """The commit where the current branch left a revision."""
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", fails=True)
    commit = found.decode("ascii", "replace").strip()
    if not commit:
        raise ChangesError(f"{revision!r} is no revision of this repository; is it fetched?")
    base = _git("merge-base", "HEAD", commit, fails=True).decode("ascii", "replace").strip()
    if not base:
        why = "a shallow clone has to fetch more history"
        raise ChangesError(f"{revision!r} and the current branch have no commit in common; {why}")
    return base


def _tree(commit: str) -> dict[bytes, str]:
    """The names of all files of a commit and of their content; links and submodules are none."""
    blobs = {}
    for row in _git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        facts, _, path = row.partition(b"\t")
        mode, _, rest = facts.partition(b" ")
        if mode.startswith(b"100"):
            blobs[path] = rest.split(b" ")[1].decode("ascii")
    return blobs


def _object(name: str) -> bytes:
    return _git("cat-file", "blob", name)


def _git(*words: str, fails: bool = False) -> bytes:
    """What git says; "" where it ends with an error that is allowed to (`fails`)."""
    settings = ["core.quotepath=off", "core.fsmonitor=false", "core.hooksPath=/dev/null"]
    options = [part for setting in settings for part in ("-c", setting)]
    # Objects that are missing (a partial clone) are not fetched, nobody is asked for a password, nothing is written.
    environment = os.environ | {
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
    }
    try:
        ran = subprocess.run(
            ["git", "--no-pager", *options, *words],  # noqa: S607 - the user's own git
            capture_output=True, stdin=subprocess.DEVNULL, env=environment, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise ChangesError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise ChangesError(f"git did not answer within {_TIMEOUT:.0f} seconds") from None
    except (OSError, ValueError) as error:
        raise ChangesError(f"git cannot be run: {error}") from None
    if ran.returncode:
        if fails:
            return b""
        said = ran.stderr.decode("utf-8", "replace").strip().split("\n")[0].removeprefix("fatal: ")
        raise ChangesError(f"git says: {said or f'exit code {ran.returncode}'}")
    return ran.stdout
