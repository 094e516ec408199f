"""Asks the real Apptainer whether it would start to build a definition file, without building anything.

Apptainer reads the file, plans the build, and only then looks for mksquashfs.  It is started with a
configuration in which there is none, so it always ends there: nothing is fetched and no script is run.
(A base that cannot be found would not do: a build runs %pre, on the host, before it looks for its base.)
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

USER = "builder"
PLANNED = "while searching for mksquashfs"
# A library that is never asked: without any, Apptainer ends before it plans where a stage comes from one.
NOWHERE = "http://127.0.0.1:1"
AT_ONCE = 2
SECONDS = 60

# Timestamps and the folder names of one run say nothing about the file.
_NOISE = re.compile(r"/\S*?(random\.def)|^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", re.M)


class Answer(NamedTuple):
    """What the real program says: whether it refuses the file, and its words."""

    refused: bool
    message: str


class NotHereError(Exception):
    """There is no Apptainer that can be asked; the text says why."""


class Oracle:
    """An Apptainer that plans and never builds."""

    def __init__(self, folder: Path, identity: dict[str, object], home: str) -> None:
        self.folder = folder
        self.identity = identity
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "LC_ALL": "C.UTF-8"}

    def ask(self, data: bytes) -> Answer:
        """Hand one file to `apptainer build`."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            work = Path(name)
            file = work / "random.def"
            file.write_bytes(data)
            file.chmod(0o644)
            work.chmod(0o777)
            build = ["build", "--library", NOWHERE, "out.sif", "random.def"]
            command = ["apptainer", "--config", str(self.folder / "apptainer.conf"), *build]
            done = subprocess.run(
                command,
                cwd=work,
                env={
                    **self.environment,
                    "TMPDIR": name,
                    "APPTAINER_TMPDIR": name,
                    "APPTAINER_CACHEDIR": name,
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                **self.identity,  # type: ignore[call-overload]
            )
        words = done.stdout.decode("utf-8", "replace")
        if done.returncode == 0:
            raise NotHereError(f"Apptainer built an image, though it should only plan: {words}")
        message = _NOISE.sub(r"\1", words).strip()
        return Answer(PLANNED not in words, message)

    def ask_all(self, files: Iterable[bytes]) -> Iterator[Answer]:
        """The answers for several files, in their order, two asked at a time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self.ask, files)


@contextmanager
def open_oracle() -> Iterator[Oracle]:
    """The oracle of this machine.  Raises NotHereError where none can be asked."""
    if shutil.which("apptainer") is None:
        raise NotHereError(
            "Apptainer is not installed (tests/integration/install-runtime installs it on Debian 12)"
        )
    identity: dict[str, object] = {}
    home = os.path.expanduser("~")
    if os.geteuid() == 0:
        # Root's builds go another way, and what a file might do would be done as root.
        try:
            entry = pwd.getpwnam(USER)
        except KeyError:
            raise NotHereError(f"there is no user {USER!r} to run Apptainer as") from None
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        home = entry.pw_dir
    with tempfile.TemporaryDirectory(prefix="sifcheck-oracle-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _write_configuration(folder)
        oracle = Oracle(folder, identity, home)
        good = oracle.ask(b"Bootstrap: localimage\nFrom: /nonexistent/base\n")
        bad = oracle.ask(b"Bootstrap: localimage\nFrom: /nonexistent/base\n%psot\n:\n")
        if good.refused or not bad.refused:
            raise NotHereError(f"this Apptainer cannot be asked: {(good if good.refused else bad).message}")
        yield oracle


def _write_configuration(folder: Path) -> None:
    """A configuration whose programs are all in a folder that holds only what a user namespace needs."""
    programs = folder / "programs"
    programs.mkdir()
    for program in ("newuidmap", "newgidmap"):
        path = shutil.which(program)
        if path:
            (programs / program).symlink_to(path)
    (folder / "apptainer.conf").write_text(f"binary path = {programs}\n")


def smallest(data: bytes, still: Callable[[bytes], bool]) -> bytes:
    """The smallest file for which `still` holds that is found by leaving out lines, then single bytes."""
    pieces = _without(data.splitlines(keepends=True), still)
    if len(b"".join(pieces)) <= 400:
        whole = b"".join(pieces)
        pieces = _without([whole[n : n + 1] for n in range(len(whole))], still)
    return b"".join(pieces)


def _without(pieces: list[bytes], still: Callable[[bytes], bool]) -> list[bytes]:
    size = max(1, len(pieces) // 2)
    while True:
        at, shrunk = 0, False
        while at < len(pieces):
            rest = pieces[:at] + pieces[at + size :]
            if still(b"".join(rest)):
                pieces, shrunk = rest, True
            else:
                at += size
        if size == 1 and not shrunk:
            return pieces
        size = max(1, size // 2)
