"""The lines that make a shell fit for a build on this machine: `sifcheck doctor --shell`, to be evaluated."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from sifcheck.host.mounts import MEMORY_TYPES
from sifcheck.host.snapshot import Host, Storage, known
from sifcheck.startup import NamedTuple

__all__ = ["Remedy", "best_temporary_place", "expanded", "export_lines", "remedies"]

# Folders in memory hold less and count against the job; a disk of the node comes first.
_LEAST_BYTES = 2 << 30


class Remedy(NamedTuple):
    """A variable to set, or to take away (`value` is None), and why; `code` is the rule whose finding it answers."""

    name: str
    value: str | None
    why: str
    code: str

    @property
    def line(self) -> str:
        """The remedy for a shell to evaluate, with a comment that says why."""
        name = shlex.quote(self.name)
        command = f"unset {name}" if self.value is None else f"export {name}={shlex.quote(self.value)}"
        # A line end in a name would end the comment.
        return f"{command}  # {' '.join(self.why.split())}"


def export_lines(host: Host, codes: Iterable[str]) -> list[str]:
    """Shell lines, each with a comment that says why; `codes` are those of the rules that found something."""
    return [remedy.line for remedy in remedies(host, codes)]


def remedies(host: Host, codes: Iterable[str]) -> list[Remedy]:
    """What to change in the environment of a build; `codes` are those of the rules that found something.

    Nothing is set for what is as it should be, and nothing that could not be tried out.
    """
    found = set(codes)
    runtime = host.runtime
    prefix = (
        "SINGULARITY"
        if runtime is not None and known(runtime.flavour) not in (None, "apptainer")
        else "APPTAINER"
    )
    chosen = []
    places = sorted(found & {"ENV201", "ENV202", "ENV204"})
    if places:
        best = best_temporary_place(host)
        now = host.place("tmpdir")
        if best is not None and (now is None or best.path != now.path):
            why = (
                f"the temporary folder was {now.path}" if now is not None else "a temporary folder for builds"
            )
            chosen.append(Remedy(f"{prefix}_TMPDIR", best.path, why, places[0]))
    if "ENV105" in found:
        names = dict.fromkeys(bind.variable for bind in host.binds)
        chosen += [Remedy(name, None, "it holds for %post, too", "ENV105") for name in names]
    return chosen


def best_temporary_place(host: Host) -> Storage | None:
    """The folder to build in: one in which everything that a build does was tried out, a disk before memory, the emptiest.

    None where there is none that passed.
    """
    fit = [
        place
        for place in host.storage
        if place.purpose in ("scratch", "tmpdir", "tmp", "vartmp") and _fits(place)
    ]
    return max(fit, key=_rank, default=None)


def _fits(place: Storage) -> bool:
    tried = place.rehearsal
    # With one id mapped no file can be given away, so it is not tried.
    steps = (
        (tried.mkdir, tried.execute)
        if known(tried.maps) == "single"
        else (tried.mkdir, tried.chown, tried.execute)
    )
    outcomes = [known(step) for step in steps]
    if not all(outcome is not None and outcome.ok for outcome in outcomes):
        return False
    odd = not place.is_absolute or ":" in place.path or "," in place.path
    there = known(place.exists) is True and known(place.mounted) is not False
    return there and not odd and (known(place.available_bytes) or 0) >= _LEAST_BYTES


def _rank(place: Storage) -> tuple[bool, bool, int]:
    free = known(place.available_bytes) or 0
    return known(place.filesystem) not in MEMORY_TYPES, place.purpose == "scratch", free


def expanded(path: str, environment: Mapping[str, str]) -> str | None:
    """A path of a site file with its `$NAME` and `${NAME}` put in; None where one of them is not set.  Nothing else is."""
    from string import Template

    try:
        return Template(path).substitute(environment)
    except (KeyError, ValueError):
        return None
