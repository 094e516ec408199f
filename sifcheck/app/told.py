"""Which of the findings are told: what another finding, an option or a remedy answers already is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.facts import Unknown, known
from sifcheck.base.findings import Finding
from sifcheck.base.startup import pattern

if TYPE_CHECKING:
    from sifcheck.app.plan import Planned
    from sifcheck.launch.command import BuildCommand
    from sifcheck.plan.model import Plan

ABOUT_TAGS = ("DEF201", "DEF212")
"""A comment that silences these rules means that the reference is to stay as it is (`sifcheck pin`)."""

# -- before a build

# Whether an image is in the way is looked at anyway, with the answer at hand whether anybody can be asked.
_ANSWERED = ("BLD308",)


def about_call(found: Iterable[Finding]) -> list[Finding]:
    """Of the findings about the call that is about to be made what the rules on calls (BLD3) say."""
    return [one for one in found if one.code.startswith("BLD3") and one.code not in _ANSWERED]


def is_wrong_order(found: Iterable[Finding]) -> bool:
    """Whether words stand in the wrong order: the image is then taken for the file, and the file for it."""
    return any(error.code == "BLD303" for error in found)


def without_answered(found: Iterable[Finding], command: BuildCommand) -> list[Finding]:
    """The findings about the definition file without those that options of the command answer.

    A library that the call names is one that the file need not name; with its groups a build can read what is copied.
    """
    answered = {"DEF209"} if command.value("--library") else set()
    if command.has("--no-setgroups"):
        answered.add("ENV101")
    return [finding for finding in found if finding.code not in answered]


_SQUASHFS = pattern(r'`apptainer build (--mksquashfs-args) "([^"`]+)" IMAGE FILE`')


def squashfs_options(about_host: Iterable[Finding], command: BuildCommand) -> list[str]:
    """What holds mksquashfs to the memory and the cores of this session, as the rule says to type it.

    What is in the image stays the same: they are limits only.
    """
    if not command.makes_sif or command.value("--mksquashfs-args") is not None:
        return []
    typed = [_SQUASHFS.search(one.help) for one in about_host if one.code == "ENV301"]
    return next(([found[1], found[2]] for found in typed if found), [])


def without_cured(about_host: Iterable[Finding], options: Sequence[str]) -> list[Finding]:
    """The findings about a machine without those that the options for mksquashfs answer."""
    return [finding for finding in about_host if not (options and finding.code == "ENV301")]


def without_doubles(about_host: Iterable[Finding], planned: Planned | None) -> list[Finding]:
    """The findings about a machine without those that the plan knows better.

    That the temporary folder is memory, and that mksquashfs takes much of it, matters where it is too much: where the plan
    knows what is needed, it says so (BLD101) or it is none.
    """
    kept = list(about_host)
    if planned is None:
        return kept
    plan = planned.plan
    judged = plan.need(*plan.roles_in_memory).complete and not isinstance(plan.memory.limit, Unknown)
    told = any(finding.code == "BLD101" for finding in planned.findings)
    if judged or told:
        kept = [finding for finding in kept if finding.code not in ("ENV204", "ENV301")]
    return kept


def of_plan(
    about_plan: Iterable[Finding], about_host: Iterable[Finding], *, unwritable: bool
) -> list[Finding]:
    """The findings about a plan without what was found already.

    `unwritable`: that the image cannot be written.  What is wrong with the temporary folder itself is told of the machine.
    """
    kept = [finding for finding in about_plan if not (unwritable and finding.code == "BLD103")]
    if any(finding.code in ("ENV202", "ENV205") and finding.severity == "error" for finding in about_host):
        kept = [finding for finding in kept if finding.code != "BLD102"]
    return kept


def milder(finding: Finding) -> Finding:
    """The way to root is a matter of definition files: what stops them need not stop a conversion."""
    if finding.severity == "error" and finding.code.startswith("ENV1"):
        return finding._replace(severity="warning")
    return finding


# -- the plans of the builds in batch scripts

# What is too small, and what is for another processor or system.  Whether the output's folder is there, and whether what
# lies in a folder that ends with the job is copied, the script itself says: other rules look at that.
TOLD_OF_JOBS = ("BLD101", "BLD102", "BLD202", "BLD203", "BLD204")
_SIZES = ("BLD101", "BLD102")


def is_expected(finding: Finding, plan: Plan) -> bool:
    """Whether more is expected to be needed than there is, and not only at the most."""
    if finding.severity == "error" or finding.code not in _SIZES:
        return True
    limits = [(plan.roles_in_memory, known(plan.memory.limit))] if finding.code == "BLD101" else []
    limits += [
        (plan.sharing(place.role), known(place.free))
        for place in plan.places
        if place.in_memory == (finding.code == "BLD101") and place.role != "output"
    ]
    return any(limit is not None and plan.need(*roles).size.likely > limit for roles, limit in limits)


def is_about_memory(finding: Finding) -> bool:
    """Whether memory is too small, of which a job script says how much it asks for."""
    return finding.code == "BLD101"


# -- what a plan's source names and is not there

REFERENCE, BASE = "DEF205", "DEF208"
# Without these a build surely fails; what else is wrong with a file is for `check` to tell.
ABOUT_WHAT_IS_NAMED = (BASE, "DEF301")
