"""Words that the rules about a plan share: how much is needed, of what it is made, and where else there is room."""

from __future__ import annotations

from sifcheck.api import (
    Alternative,
    Place,
    Plan,
    Range,
    quote,
    size_text,
)
from sifcheck_rules._machine import listed

PHASES = {
    "fetch": "while layers are fetched",
    "unpack": "while the base is unpacked",
    "post": "in the scripts",
    "pack": "while the image is packed",
    "write": "while the image is written, at the very end",
}
"""When a build ends that has not enough room."""

_ROLES = {
    "temporary": "the temporary folder",
    "cache": "the cache",
    "output": "the image",
    "memory": "the processes",
}


def span_of(need: Range) -> str:
    """A need in words: one number where both ends are near, else from the one to the other."""
    low, high = size_text(need.low), size_text(need.high)
    if not need.low:
        return f"up to {high}"
    return high if low == high or need.low > 0.9 * need.high else f"{low} to {high}"


def with_others(plan: Plan, role: str) -> str:
    """The other roles that take room in the same place, as words to put behind a need; "" without any."""
    others = [_ROLES[other] for other in plan.sharing(role) if other not in (role, "memory")]
    return f", {listed(others)} included" if others else ""


def shown(place: Place) -> str:
    """A place, and what set it where something did."""
    return (
        f"{place.path} ({place.origin})" if place.origin not in ("default", "output", "site") else place.path
    )


def room(place: Place, free: int) -> str:
    """How much room a place has: free, left by a quota, or at the most."""
    words = {"free": "has {} free", "quota": "has {} left by the quota", "size": "holds {} at the most"}
    return words[place.free_by].format(size_text(free))


def ways_out(plan: Plan, *, disk: bool = False, own: bool = True) -> str:
    """What to type for another temporary folder that has the room, the site's first; "" where none is known.

    `disk`: one in memory is none.  `own`: whether the words begin the advice.
    """
    fitting = [one for one in plan.alternatives if one.fits is True and not (disk and one.in_memory)]
    maybe = [one for one in plan.alternatives if one.fits is None and not (disk and one.in_memory)]
    best = next(iter(fitting or maybe), None)
    if best is None:
        return ""
    doubt = "" if fitting else ", if there is room"
    return f"{'take another temporary folder: ' if own else ''}{_line(plan, best)}{doubt}"


def _line(plan: Plan, one: Alternative) -> str:
    export = f"`export {plan.variable}={one.word}`"
    return f"{export} in a job with {one.directive}" if one.directive else export


def in_folder(path: str) -> str:
    """The command that makes a folder."""
    return f"`mkdir -p {quote(path)}`"
