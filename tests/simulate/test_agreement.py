"""Which commands of a script run, and how it ends: dash and bash are asked themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from simulate.random_scripts import RandomScript

from sifcheck.base.source import Span
from sifcheck.shell import parse_script
from sifcheck.simulate.builtins import BUILTINS
from sifcheck.simulate.compound import COMPOUND
from sifcheck.simulate.ends import Ends, by_status
from sifcheck.simulate.flow import Follower
from sifcheck.simulate.state import UNSET, Shell, State
from sifcheck.simulate.world import World

if TYPE_CHECKING:
    from sifcheck.shell import Command
    from sifcheck.shell.model import Dialect
    from sifcheck.simulate.expansion import Expanded

SEED = os.environ.get("SIFCHECK_RANDOM_SEED", "1")
SCRIPTS = int(os.environ.get("SIFCHECK_RANDOM_FILES", "200"))
SHELLS: tuple[tuple[Dialect, str], ...] = (("sh", "dash"), ("bash", "bash"))

# What the shells do that no page says, each found by a random script.
FOUND = [
    "! T 1\nif exit; then :; fi",
    "set -e\n( ! F 1; T 2 )\nT 3",
    "set -e\n( ! exit 1 )\nT 1",
    "set -e\n( ! { F 1; T 2; } )\nT 3",
    "! if T 1; then set -e; F 2; T 3; fi",
    "set -e\nx=$( F 1; T 2)\nT 3",
    "set -e\nexport x=$( F 1)\nT 2",
    "set -e\nf() { F 1; T 2; }\nf || T 3\nf && T 4\nT 5",
    "set -e\n( F 1; T 2 ) || T 3\n( F 4; T 5 )\nT 6",
    "set -e\nF 1 | T 2\nT 3\nT 4 | F 5\nT 6",
    "set -e\nfor i in a b; do T 1; F 2 && T 3; done\nT 4",
    "for i in a b; do ! break; done\nexit",
    "trap 'F 1' EXIT\nT 2\nexit 3",
    "set -e\ntrap 'F 1' EXIT\nT 2",
    "for i in a; do { continue && T 1; } | T 2; T 3; done",
    "case x in a) F 1 ;; esac && T 2",
    "f() { return 3; }\nf\nexit",
]


def real(program: str, text: str, folder: Path) -> tuple[list[str], int]:
    """The numbers of the commands that run, and the exit status."""
    log = folder / "ran"
    log.write_text("")
    head = 'T() { eval "echo \\${$#}" >>ran; }; F() { echo "$1" >>ran; return 1; }\n'
    done = subprocess.run([program, "-c", head + text], cwd=folder, stderr=subprocess.DEVNULL, timeout=20)
    return log.read_text().split(), done.returncode


def followed(dialect: Dialect, text: str) -> tuple[list[str], set[int | None]]:
    """The same without running anything; the statuses with which it may end."""
    ran: list[str] = []

    def runs(follower: Follower, command: Command, given: list[Expanded], state: State, tested: bool) -> Ends:
        name = given[0].text or ""
        if name in ("T", "F"):
            ran.append(given[-1].text or "")
            return by_status(state.with_status(int(name == "F")))
        if name not in BUILTINS:  # a function that was never defined
            return by_status(state.with_status(127))
        return BUILTINS[name](follower, command, given, state, tested)

    follower = Follower(dialect, runs, COMPOUND)
    state = State(Shell(), World())
    state.shell.variables.update(dict.fromkeys("ivxy", UNSET))
    last = follower.follow(parse_script(text, place=Span, dialect=dialect), state)
    return ran, follower.statuses | ({last.status} if last is not None else set())


def agree(dialect: Dialect, program: str, text: str, racing: bool, folder: Path) -> bool:
    ran, status = real(program, text, folder)
    told, statuses = followed(dialect, text)
    return (sorted(ran) == sorted(told) if racing else ran == told) and statuses == {status}


@pytest.mark.parametrize(("dialect", "program"), SHELLS)
class TestAsTheShell:
    def test_random_scripts(self, dialect: Dialect, program: str, tmp_path: Path) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        for number in range(SCRIPTS):
            made = RandomScript(f"{SEED}-{number}")
            text = made.text()
            assert agree(dialect, program, text, made.racing, tmp_path), text

    @pytest.mark.parametrize("text", FOUND)
    def test_what_was_found(self, dialect: Dialect, program: str, text: str, tmp_path: Path) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        assert agree(dialect, program, text, "|" in text, tmp_path)
