"""What makes a shell fit for a build on this machine: `sifcheck doctor --shell` prints it, `sifcheck build` does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sifcheck.base.facts import known
from sifcheck.base.findings import SetVariable, UnsetVariable
from sifcheck.base.text import quote
from sifcheck.host.snapshot import Host, Storage
from sifcheck.host.temporary_folders import temporary_folders

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.site.model import Site

__all__ = [
    "Change",
    "best_temporary_place",
    "changes",
    "environment_with",
    "export_line",
    "temporary_remedy",
]

Change = SetVariable | UnsetVariable
"""A change to the environment of a build."""


def changes(findings: Iterable[Finding]) -> list[Change]:
    """What to change in the environment so that nothing is wrong any more: first what is set, then what is taken away.

    With what is only told, such as an info, a build works as it is.  Of several values for a variable the last holds.
    """
    remedies = [one for finding in findings if finding.severity != "info" for one in finding.remedies]
    chosen = {one.name: one for one in remedies if isinstance(one, SetVariable)}
    taken_away = {one.name: one for one in remedies if isinstance(one, UnsetVariable)}
    return [*chosen.values(), *taken_away.values()]


def export_line(change: Change) -> str:
    """A change as a line for a shell to evaluate, with a comment that says why."""
    name = quote(change.name)
    command = f"export {name}={quote(change.value)}" if isinstance(change, SetVariable) else f"unset {name}"
    # A line end in a name would end the comment.
    return f"{command}  # {' '.join(change.why.split())}"


def environment_with(environment: Mapping[str, str], made: Iterable[Change]) -> dict[str, str]:
    """An environment with changes made to it."""
    changed = dict(environment)
    for change in made:
        changed.pop(change.name, None)
        if isinstance(change, SetVariable):
            changed[change.name] = change.value
    return changed


def temporary_remedy(host: Host, site: Site | None = None, *, disk: bool = False) -> Iterator[SetVariable]:
    """The variable that has a build take the best temporary folder; nothing where none was tried out and passed.

    With `disk` a folder in memory does not do.
    """
    best = best_temporary_place(host, site, disk=disk)
    if best is not None:
        now = host.place("tmpdir")
        why = f"the temporary folder was {now.path}" if now is not None else "a temporary folder for builds"
        yield SetVariable(host.own_variable("TMPDIR"), best.path, why)


def best_temporary_place(host: Host, site: Site | None = None, *, disk: bool = False) -> Storage | None:
    """The first of the better folders in which everything that a build does was tried out; None where none passed."""
    offered = (folder.storage for folder in temporary_folders(host, site, disk=disk))
    return next((place for place in offered if place is not None and _passed(place)), None)


def _passed(place: Storage) -> bool:
    tried = place.rehearsal
    # With one id mapped no file can be given away, so it is not tried.
    steps = (
        (tried.mkdir, tried.execute)
        if known(tried.maps) == "single"
        else (tried.mkdir, tried.chown, tried.execute)
    )
    outcomes = [known(step) for step in steps]
    return all(outcome is not None and outcome.ok for outcome in outcomes)
