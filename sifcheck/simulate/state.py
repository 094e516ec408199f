"""What is known at one place of a script: the shell that runs it, and the image it runs in.

Everything has three values: known, known not to be, unknown.  A name that is not in a table is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.simulate.world import World, common

if TYPE_CHECKING:
    from sifcheck.base.source import Span
    from sifcheck.shell.tree import Node

NONZERO = -1
"""An exit status that is not zero, and no more is known of it."""


class Shell:
    """The shell itself: what a subshell has a copy of and cannot give back.

    `variables` has UNSET for a name that has no value; of a name that it lacks nothing is known.  A function that is None
    is one that may be there.  `options` are errexit, nounset and pipefail: on, off, or None for unknown.  `folder` is the
    working folder.
    """

    __slots__ = ("exported", "folder", "functions", "options", "places", "trap", "variables")

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.places: dict[
            str, Span
        ] = {}  # where a variable got its value; FOLDER: where the folder was changed
        self.exported: frozenset[str] = frozenset()
        self.functions: dict[str, Node | None] = {}
        self.options: dict[str, bool | None] = {"errexit": False, "nounset": False, "pipefail": False}
        self.folder: str | None = None
        self.trap: str | None = ""  # what runs when it ends; None: unknown

    def give(self, name: str, value: str | None, place: Span | None = None) -> None:
        """Give a variable a value, None for one that nobody knows."""
        self.places.pop(name, None)
        if value is None:
            self.variables.pop(name, None)
            return
        self.variables[name] = value
        if place is not None:
            self.places[name] = place

    def go(self, folder: str | None, place: Span) -> None:
        """Change the working folder, None for one that nobody knows."""
        self.folder = folder
        self.places[FOLDER] = place

    def copy(self) -> Shell:
        """One that can be changed without this one."""
        made = Shell.__new__(Shell)
        made.variables = self.variables.copy()
        made.places = self.places.copy()
        made.exported = self.exported
        made.functions = self.functions.copy()
        made.options = self.options.copy()
        made.folder = self.folder
        made.trap = self.trap
        return made

    def joined(self, other: Shell) -> Shell:
        """What holds in both."""
        self.variables = common(self.variables, other.variables)
        self.places = common(self.places, other.places)
        if self.functions != other.functions:
            names = self.functions.keys() | other.functions.keys()
            self.functions = {
                name: self.functions.get(name)
                if self.functions.get(name) is other.functions.get(name)
                else None
                for name in names
            }
        self.options = {name: on if on == other.options[name] else None for name, on in self.options.items()}
        self.exported &= other.exported
        self.folder = self.folder if self.folder == other.folder else None
        self.trap = self.trap if self.trap == other.trap else None
        return self


FOLDER = "\0folder"
"""The key of the working folder among places."""

UNSET = "\0unset"
"""The value of a variable that is known to have none."""


class State:
    """All that is known at a place.  `status` is that of the last command: None for unknown, else as it is or NONZERO.

    `certain`: every run that gets this far without failing comes through here.
    """

    __slots__ = ("certain", "shell", "status", "world")

    def __init__(self, shell: Shell, world: World, status: int | None = 0, certain: bool = True) -> None:
        self.shell = shell
        self.world = world
        self.status = status
        self.certain = certain

    def copy(self) -> State:
        """One that can be changed without this one."""
        return State(self.shell.copy(), self.world.copy(), self.status, self.certain)

    def with_status(self, status: int | None) -> State:
        """The same with another status."""
        self.status = status
        return self


def joined(first: State | None, second: State | None) -> State | None:
    """What holds in both of two states that meet; either may be one that nothing gets to."""
    if first is None or first is second:
        return second
    if second is None:
        return first
    first.shell = first.shell.joined(second.shell)
    first.world = first.world.joined(second.world)
    first.certain = first.certain and second.certain
    if first.status != second.status:
        first.status = NONZERO if first.status and second.status else None
    return first
