"""Follows the scripts of a definition file, and says what is known at a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple
from sifcheck.bases.reading_shell import reading_shells
from sifcheck.definition.model import BUILD_SECTIONS, ERREXIT_SECTIONS
from sifcheck.simulate.commands import run_command
from sifcheck.simulate.compound import COMPOUND
from sifcheck.simulate.flow import Follower
from sifcheck.simulate.state import Shell, State, joined
from sifcheck.simulate.world import World

if TYPE_CHECKING:
    from sifcheck.definition.model import Section
    from sifcheck.shell import Command


class Visit(NamedTuple):
    """A command that is come to, and what is known right before it runs.  `times`: how often it was come to."""

    command: Command
    state: State
    times: int


class Followed(NamedTuple):
    """A section that was followed: what was asked for, and the state behind it, None where it never comes to its end."""

    visits: tuple[Visit, ...]
    end: State | None


def follow_section(section: Section, start: int, end: int) -> Followed:
    """Follow the scripts up to a section, and tell of its commands that begin between two places of the file.

    %post and the app installs are one script.  A script that runs in the finished image begins with what %environment sets,
    in a working folder that is the user's own.
    """
    state = _beginning(section)
    before = _run_before(section)
    for one in before:
        if one.body and state is not None:
            state = _follower(one).follow(one.script, state)
    if state is None:
        return Followed((), None)
    if section.name not in ERREXIT_SECTIONS:
        state.shell.options["errexit"] = False
    found: dict[int, Visit] = {}

    def watch(command: Command, here: State) -> None:
        if command.script is section.script and start <= command.statement_span.start < end:
            known = found.get(command.statement_start)
            state = here.copy()
            if known is not None:
                state = joined(known.state, state) or state
            found[command.statement_start] = Visit(command, state, known.times + 1 if known else 1)

    follower = _follower(section)
    follower.watch = watch
    last = follower.follow(section.script, state)
    return Followed(tuple(found[at] for at in sorted(found)), last)


def _run_before(section: Section) -> list[Section]:
    """The sections whose scripts run in the same shell before this one."""
    stage = section.stage
    if section.name in BUILD_SECTIONS:
        together = [one for name in BUILD_SECTIONS for one in stage.named(name)]
        return together[: together.index(section)]
    if section.name in ERREXIT_SECTIONS or section.name == "environment":
        together = stage.named(section.name)
        return together[: together.index(section)]
    return stage.named("environment")


def _beginning(section: Section) -> State | None:
    shell = Shell()
    if section.name in ERREXIT_SECTIONS:
        shell.options["errexit"] = True  # they are run by `sh -ex`
        shell.folder = "/" if section.name in ("post", "appinstall") else None
    return State(shell, World())


def _follower(section: Section) -> Follower:
    shells = reading_shells(section)
    return Follower(shells[0] if len(shells) == 1 else None, run_command, COMPOUND)
