"""Which of the findings are told: what an option or a remedy cures already is left out.

The rules say by their tags what they are about, and by their remedies what cures what they find.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sifcheck.base.facts import known
from sifcheck.base.findings import AddOption, Finding, Remedy
from sifcheck.base.startup import NamedTuple
from sifcheck.lint.superseding import without_cured

if TYPE_CHECKING:
    from sifcheck.launch.command import BuildCommand
    from sifcheck.plan.model import Plan

# -- after a build that failed


class SpokenRules(NamedTuple):
    """Which rules have spoken of what was built, and where: `lead` says when they did."""

    lead: str
    places: dict[str, str]

    def of(self, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Of some rules those that have spoken, each with the place of its first finding, "" for a machine's."""
        return [(code, self.places[code]) for code in codes if code in self.places]


def told_by(found: Iterable[Finding], lead: str) -> SpokenRules:
    """What findings tell: only a rule that has been run on this very input, and spoke, has told of a failure."""
    from sifcheck.report.place import path_of, positions

    places: dict[str, str] = {}
    for finding in found:
        place = ""
        if (path := path_of(finding)) is not None and finding.source is not None:
            place = f"{path}:{positions(finding.source, finding.span)[0][0]}"
        places.setdefault(finding.code, place)
    return SpokenRules(lead, places)


# -- before a build

MOVING = "moving"
"""The tag of the rules on tags that move: a comment that silences them means that the reference is to stay as it is."""


def about_call(found: Iterable[Finding]) -> list[Finding]:
    """Of the findings about the call that is about to be made what the rules on calls say."""
    return [finding for finding in found if "call" in finding.tags]


def is_wrong_order(found: Iterable[Finding]) -> bool:
    """Whether words stand in the wrong order: the image is then taken for the file, and the file for it."""
    return any("operands" in error.tags for error in found)


def without_answered(found: Iterable[Finding], command: BuildCommand) -> list[Finding]:
    """The findings about the definition file without those that options of the command cure."""

    def is_given(remedy: Remedy) -> bool:
        name = remedy.name
        return isinstance(remedy, AddOption) and command.has(name) and command.value(name) != ""

    return without_cured(found, is_given)


def added_options(about_host: Iterable[Finding], command: BuildCommand) -> list[AddOption]:
    """The options with which a build of a SIF works and its image stays the same, each where the command has none yet."""
    if not command.makes_sif:
        return []
    remedies = [one for finding in about_host for one in finding.remedies if isinstance(one, AddOption)]
    wanted = {one.name: one for one in remedies if one.safe and command.value(one.name) is None}
    return list(wanted.values())


def words_of(added: Iterable[AddOption]) -> list[str]:
    """Options as they are put before the words of a command."""
    return [word for option in added for word in option.words]


def milder(finding: Finding) -> Finding:
    """What stops a build from a definition file need not stop a conversion."""
    if finding.severity == "error" and "definition-build" in finding.tags:
        return finding._replace(severity="warning")
    return finding


# -- the plans of the builds in batch scripts

_SIZE, _MEMORY, _PROCESSOR = "size", "memory", "processor"

TOLD_OF_JOBS = frozenset((_SIZE, _PROCESSOR))
"""Tags of rules on plans: what is too small, and what is for another processor or system.

Whether the output's folder is there, and whether what lies in a folder that ends with the job is copied, the script itself
says: other rules look at that.
"""


def is_expected(finding: Finding, plan: Plan) -> bool:
    """Whether more is expected to be needed than there is, and not only at the most."""
    if finding.severity == "error" or _SIZE not in finding.tags:
        return True
    of_memory = is_about_memory(finding)
    limits = [(plan.roles_in_memory, known(plan.memory.limit))] if of_memory else []
    limits += [
        (plan.sharing(place.role), known(place.free))
        for place in plan.places
        if place.in_memory == of_memory and place.role != "output"
    ]
    return any(limit is not None and plan.need(*roles).size.likely > limit for roles, limit in limits)


def is_about_memory(finding: Finding) -> bool:
    """Whether memory is too small, of which a job script says how much it asks for."""
    return _MEMORY in finding.tags
