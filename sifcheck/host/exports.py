"""The lines that make a shell fit for a build on this machine: `sifcheck doctor --shell`, to be evaluated."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.base.facts import known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.snapshot import Host, Storage
from sifcheck.host.temporary_folders import temporary_folders

if TYPE_CHECKING:
    from sifcheck.base.findings import Finding
    from sifcheck.site.model import Site

__all__ = ["Remedy", "best_temporary_place", "export_lines", "remedies", "to_be_cured"]


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


def to_be_cured(findings: Iterable[Finding]) -> list[str]:
    """The codes of what is wrong with a machine; with what is only told, such as an info, a build works as it is."""
    return [finding.code for finding in findings if finding.severity != "info"]


def export_lines(host: Host, codes: Iterable[str], site: Site | None = None) -> list[str]:
    """Shell lines, each with a comment that says why; `codes` are those of the rules that found something wrong."""
    return [remedy.line for remedy in remedies(host, codes, site)]


def remedies(host: Host, codes: Iterable[str], site: Site | None = None) -> list[Remedy]:
    """What to change in the environment of a build; `codes` are those of the rules that found something wrong.

    Nothing is set for what is as it should be, and nothing that could not be tried out.
    """
    found = set(codes)
    runtime = host.runtime
    prefix = (
        "SINGULARITY"
        if runtime is not None and known(runtime.family) not in (None, "apptainer")
        else "APPTAINER"
    )
    chosen = []
    places = sorted(found & {"ENV201", "ENV202", "ENV204"})
    if places:
        best = best_temporary_place(host, site, disk="ENV204" in places)
        now = host.place("tmpdir")
        if best is not None:
            why = (
                f"the temporary folder was {now.path}" if now is not None else "a temporary folder for builds"
            )
            chosen.append(Remedy(f"{prefix}_TMPDIR", best.path, why, places[0]))
    if "ENV105" in found:
        names = dict.fromkeys(bind.variable for bind in host.binds)
        chosen += [Remedy(name, None, "it holds for %post, too", "ENV105") for name in names]
    return chosen


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
