"""Asks ShellCheck about many scripts at once, each as a file in which every other line is blank, so that its lines count.

ShellCheck is a program of its own (extra `shellcheck`, or one on PATH).  Nothing of a checked file is executed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sifcheck.base.startup import NamedTuple

if TYPE_CHECKING:
    import subprocess

OLDEST = (0, 9)
"""The first version that is asked: older ones know neither `json1` with fixes nor the checks the docs name."""


# Seconds that ShellCheck may take, and a second more for each script: a thousand of them take it a minute.
_PATIENCE = 60


class Snippet(NamedTuple):
    """A script to be looked at: the whole text of its file with all other lines blanked, and the shell that runs it."""

    text: str
    shell: str


class Replacement(NamedTuple):
    """One part of a fix: lines and columns count from 1, columns in characters; `precedence` orders equal places."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    precedence: int
    before: bool


class Comment(NamedTuple):
    """What ShellCheck says about a place."""

    code: int
    level: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    fix: tuple[Replacement, ...]


def find_shellcheck() -> str | None:
    """The path of a ShellCheck: the one installed beside this Python, else one on PATH that is not too old."""
    beside = os.path.join(os.path.dirname(sys.executable), "shellcheck")
    if os.access(beside, os.X_OK):
        return beside
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, "shellcheck")
        # A relative entry of PATH would run what lies in the checkout.
        if os.path.isabs(folder) and os.access(path, os.X_OK) and _version(path) >= OLDEST:
            return path
    return None


def _version(path: str) -> tuple[int, ...]:
    import re
    import subprocess

    try:
        said = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False
        ).stdout.decode("ascii", "replace")
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    match = re.search(r"version: ([0-9]+(?:\.[0-9]+)*)", said)
    return tuple(map(int, match[1].split("."))) if match else (0,)


class Inquiry:
    """ShellCheck at work on some scripts; it runs beside the caller until the answers are asked for."""

    def __init__(self, program: str, snippets: Sequence[Snippet], processes: int = 1) -> None:
        import subprocess
        import tempfile

        self._count = len(snippets)
        self._folder = tempfile.TemporaryDirectory(prefix="sifcheck-")
        self._running: list[tuple[subprocess.Popen[bytes], str]] = []
        names = [self._write(number, snippet) for number, snippet in enumerate(snippets)]
        environment = {name: value for name, value in os.environ.items() if name != "SHELLCHECK_OPTS"}
        for part in range(max(1, min(processes, len(names)))):
            chosen = names[part :: max(1, min(processes, len(names)))]
            if chosen:
                # The answer goes to a file: two pipes that fill up would make each other wait.
                answer = os.path.join(self._folder.name, f"answer-{part}")
                with open(answer, "wb") as out:
                    command = [program, "--norc", "--format=json1", "--severity=style", "--", *chosen]
                    process = subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                        cwd=self._folder.name, env=environment,
                    )  # fmt: skip
                self._running.append((process, answer))

    def _write(self, number: int, snippet: Snippet) -> str:
        name = f"{number}.sh"
        text = snippet.text
        # A section begins in line 2 at the earliest, so the first line is free to say which shell it is.
        first, newline, rest = text.partition("\n")
        assert not first.strip()
        with open(os.path.join(self._folder.name, name), "w", encoding="utf-8", newline="") as file:
            file.write(f"# shellcheck shell={snippet.shell}{newline}{rest}")
        return name

    def wait(self) -> None:
        """Wait until ShellCheck has ended or its time is over, so that `answers` need not.  Any thread may do so."""
        for process, _ in self._running:
            try:
                self._complaint(process)
            except OSError:  # `answers` will say so
                return

    def answers(self) -> list[list[Comment]]:
        """What was said about each script, in their order.  Raises OSError where ShellCheck failed or gave no answer."""
        import json

        said: list[list[Comment]] = [[] for _ in range(self._count)]
        try:
            for process, answer in self._running:
                complaint = self._complaint(process)
                if process.returncode not in (0, 1):
                    raise OSError(
                        f"ShellCheck ended with {process.returncode}: {complaint.decode('utf-8', 'replace').strip()[:200]}"
                    )
                with open(answer, encoding="utf-8", errors="replace") as file:
                    for entry in json.load(file)["comments"]:
                        said[int(entry["file"].removesuffix(".sh"))].append(_comment(entry))
        finally:
            for process, _ in self._running:
                process.kill()
            self._folder.cleanup()
        return said

    def _complaint(self, process: subprocess.Popen[bytes]) -> bytes:
        """What a process has said on its standard error when it has ended.  Raises OSError if it does not end."""
        from subprocess import TimeoutExpired

        try:
            return process.communicate(timeout=_PATIENCE + self._count)[1]
        except TimeoutExpired:
            raise OSError(f"ShellCheck gave no answer in {_PATIENCE + self._count} s") from None


def _comment(entry: dict[str, Any]) -> Comment:
    fix = entry.get("fix") or {}
    parts = tuple(
        Replacement(
            part["line"], part["column"], part["endLine"], part["endColumn"],
            part["replacement"], part["precedence"], part["insertionPoint"] == "beforeStart",
        )
        for part in fix.get("replacements", ())
    )  # fmt: skip
    return Comment(
        entry["code"], entry["level"], entry["message"],
        entry["line"], entry["column"], entry["endLine"], entry["endColumn"], parts,
    )  # fmt: skip


def known_shell(program: str) -> str | None:
    """ShellCheck's name for the shell of a section, as `/bin/bash -e`; None for an interpreter that it does not know."""
    words = program.split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if words and os.path.basename(words[0]) == "busybox":
        words = words[1:]
    name = os.path.basename(words[0]) if words else ""
    return {"sh": "sh", "bash": "bash", "dash": "dash", "ash": "dash", "ksh": "ksh", "ksh93": "ksh"}.get(name)


def blanked(lines: Iterable[str], keep: range) -> str:
    """Lines (with their ends) as one text in which those outside `keep`, counted from 1, are empty."""
    return "".join(line if number in keep else "\n" for number, line in enumerate(lines, 1))
