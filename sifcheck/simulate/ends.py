"""How something that is followed ends: with status zero, with another, or in ways that nobody knows."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple
from sifcheck.simulate.state import NONZERO, State, joined


class Ends(NamedTuple):
    """The states in which something ends: with status zero, and with another.  Both may be the same one."""

    ok: State | None
    failed: State | None


NOWHERE = Ends(None, None)


def by_status(state: State | None) -> Ends:
    """A state as two ends, by its status."""
    if state is None:
        return NOWHERE
    if state.status is None:
        return Ends(state, state)
    return Ends(None, state) if state.status else Ends(state, None)


def met(ends: Ends) -> State | None:
    """The state behind it, however it ended."""
    if ends.ok is ends.failed and ends.ok is not None:
        ends.ok.status = None
    return joined(ends.ok, ends.failed)


def split(ends: Ends) -> Ends:
    """Two states of their own."""
    if ends.ok is not ends.failed or ends.ok is None:
        return ends
    failed = ends.ok.copy().with_status(NONZERO)
    return Ends(ends.ok.with_status(0), failed)


def inverted(ends: Ends) -> Ends:
    """The other way round, as `!` says."""
    ok, failed = split(ends)
    return Ends(
        failed.with_status(0) if failed is not None else None,
        ok.with_status(1) if ok is not None else None,
    )


def both(first: Ends, second: Ends) -> Ends:
    """The ends of two branches."""
    if first is NOWHERE:
        return second
    if second is NOWHERE:
        return first
    first, second = split(first), split(second)
    return Ends(joined(first.ok, second.ok), joined(first.failed, second.failed))


def lost(state: State) -> Ends:
    """Something runs that is not followed: of the shell nothing is known behind it, and the image may have got anything."""
    shell = state.shell
    shell.variables.clear()
    shell.places.clear()
    shell.options = dict.fromkeys(shell.options)
    shell.folder = None
    state.world.files.clear()
    state.world.anything_may_have_been_made()
    state.certain = False
    return Ends(state.with_status(None), state)
