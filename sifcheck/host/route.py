"""The way to root that a build from a definition file would take on a machine, as the runtime works it out.

Sources: Apptainer 1.4.5 (measured, but for setuid installations), the code of Apptainer 1.1-1.5 and of SingularityCE 4.5.
"""

from __future__ import annotations

from typing import Literal

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.host.flags import is_on
from sifcheck.host.snapshot import Host, IdRange, Installation

__all__ = ["NEEDED_IDS", "Mode", "Route", "enough_ids", "namespaces_work", "route", "setuid_works"]

Mode = Literal[
    "root",
    "subordinate",
    "single",
    "fakeroot-in-namespace",
    "fakeroot-alone",
    "proot",
    "none",
    "unknown",
]
"""root: no way is needed.  subordinate: the id maps of /etc/subuid (Apptainer's mode 1, --fakeroot of the others).
single: only root is mapped (mode 2).  fakeroot-in-namespace: the same and the host's fakeroot command (mode 3).
fakeroot-alone: that command and a setuid installation (mode 4).  proot: SingularityCE and PRO without --fakeroot.
none: the runtime refuses.  unknown: a fact that decides it could not be learnt.
"""

NEEDED_IDS = 65536
"""The runtimes take a range of subordinate ids only if it is at least this long."""


class Route(NamedTuple):
    """The way that the runtime takes, and why that one.

    It is what the runtime sets out on: with ranges that are too short, or without newuidmap, Apptainer goes the way of
    subordinate ids too, and fails there.
    """

    mode: Mode
    why: str


def route(host: Host) -> Route:
    """The way to root of a build from a definition file by this user; a fact that is not known is never guessed."""
    if host.identity.is_root:
        return Route("root", "the user is root")
    if isinstance(host.runtimes, Unknown):
        return Route("unknown", f"which runtime there is: {host.runtimes.why}")
    runtime = host.runtime
    if runtime is None:
        return Route("unknown", "there is no runtime")
    if isinstance(runtime.family, Unknown):
        return Route("unknown", f"the kind of runtime: {runtime.family.why}")
    forbidden = _forbidden(host, runtime)
    if forbidden:
        return Route("none", forbidden)
    if runtime.family != "apptainer":
        return _of_singularity(host, runtime)
    if name := is_on(host, "IGNORE_USERNS"):
        return _without_namespaces(host, name)
    if is_on(host, "IGNORE_SUBUID") and (known(runtime.version) or (0,)) >= (1, 1):
        return _unlisted(host)
    if isinstance(host.identity.subuids, Unknown):
        return Route("unknown", f"subordinate ids: {host.identity.subuids.why}")
    if host.identity.subuids:
        return _listed(host, runtime)
    if isinstance(runtime.version, Unknown):
        return Route("unknown", f"the runtime's version: {runtime.version.why}")
    # Before 1.1 it knew the one way only, as the Singularity that it came from.
    return _unlisted(host) if runtime.version >= (1, 1) else _of_singularity(host, runtime)


def _forbidden(host: Host, runtime: Installation) -> str:
    """Why an installation without setuid makes no container at all: its configuration keeps it from the one way it has."""
    configuration = known(runtime.configuration)
    if configuration is None or configuration.value("allow user ns") != "no":
        return ""
    setuid = setuid_works(host)
    # "Unprivileged installation found, user namepace needed but not allowed by configuration", measured.
    if isinstance(setuid, Unknown) or setuid:
        return ""
    return f"`allow user ns = no` in {configuration.path}, and no setuid installation"


def _without_namespaces(host: Host, name: str) -> Route:
    """Apptainer, told by a variable to do as if there were no user namespaces."""
    if isinstance(host.identity.subuids, Unknown):
        return Route("unknown", f"subordinate ids: {host.identity.subuids.why}")
    if host.identity.subuids and not is_on(host, "IGNORE_SUBUID"):
        return Route("none", f"the user has subordinate ids, and {name} is set")
    setuid, command = setuid_works(host), _fakeroot_command(host)
    for what, fact in (("the setuid starter", setuid), ("the fakeroot command", command)):
        if isinstance(fact, Unknown):
            return Route("unknown", f"{what}: {fact.why}")
    if setuid and command:
        return Route("fakeroot-alone", f"{name} is set, the fakeroot command and a setuid starter")
    return Route("none", f"{name} is set, and there is no setuid installation with a fakeroot command")


def _fakeroot_command(host: Host) -> bool | Unknown:
    return False if is_on(host, "IGNORE_FAKEROOT_COMMAND") else _found(host, "fakeroot")


def _listed(host: Host, runtime: Installation) -> Route:
    """Apptainer, of a user who has subordinate ids: that way or none."""
    works = _maps_can_be_made(host)
    if not _maps_by_setuid(runtime):
        # "/etc/subuid mapping found but no user namespace available for fakeroot", also with a setuid starter.
        works = namespaces_work(host)
    if isinstance(works, Unknown):
        return Route("unknown", f"user namespaces: {works.why}")
    if works:
        return Route("subordinate", f"the user has subordinate ids, {_shown(host.identity.subuids)}")
    return Route("none", "the user has subordinate ids, and no user namespace can be made")


def _maps_by_setuid(runtime: Installation) -> bool:
    """Whether a setuid starter does without the user's right to make user namespaces: not in Apptainer from 1.3.4 on."""
    return not isinstance(runtime.version, Unknown) and runtime.version < (1, 3, 4)


def _unlisted(host: Host) -> Route:
    """Apptainer from 1.1 on, of a user without subordinate ids."""
    command = _fakeroot_command(host)
    works = namespaces_work(host)
    if isinstance(works, Unknown):
        return Route("unknown", f"user namespaces: {works.why}")
    if works:
        if isinstance(command, Unknown):
            return Route("unknown", f"the fakeroot command: {command.why}")
        if command:
            return Route(
                "fakeroot-in-namespace", "no subordinate ids, a user namespace, the fakeroot command"
            )
        return Route("single", "no subordinate ids and no fakeroot command, only a user namespace")
    setuid = setuid_works(host)
    if isinstance(setuid, Unknown):
        return Route("unknown", f"the setuid starter: {setuid.why}")
    if not setuid:
        return Route("none", "no subordinate ids, no user namespace, no setuid installation")
    if isinstance(command, Unknown):
        return Route("unknown", f"the fakeroot command: {command.why}")
    if command:
        return Route(
            "fakeroot-alone",
            "no subordinate ids, no user namespace, the fakeroot command and a setuid starter",
        )
    return Route("none", "no subordinate ids, no user namespace, no fakeroot command")


def _of_singularity(host: Host, runtime: Installation) -> Route:
    """SingularityCE, PRO, Singularity 3 (and Apptainer 1.0): --fakeroot where that works, else proot."""
    works = _fakeroot_option_works(host)
    if not isinstance(works, Unknown) and works:
        return Route("subordinate", f"--fakeroot, by subordinate ids {_shown(host.identity.subuids)}")
    proot = _proot(host, runtime)
    for fact in (works, proot):
        if isinstance(fact, Unknown):
            return Route("unknown", fact.why)
    if proot:
        return Route("proot", "--fakeroot would not work, and proot is there")
    if known(host.identity.subuids, ()) or known(host.identity.subgids, ()):
        works = _maps_can_be_made(host)
        if not isinstance(works, Unknown) and works:
            return Route("subordinate", "--fakeroot, by subordinate ids that cannot be used as they are")
        return Route("none", "no user namespace can be made, and there is no proot")
    return Route("none", "no subordinate ids, and no proot")


def _fakeroot_option_works(host: Host) -> bool | Unknown:
    """Whether --fakeroot would: ranges long enough in both files, and something that may write the maps."""
    for ranges in (host.identity.subuids, host.identity.subgids):
        if isinstance(ranges, Unknown):
            return Unknown(f"subordinate ids: {ranges.why}")
        if not enough_ids(ranges):
            return False
    can_be_made = _maps_can_be_made(host)
    if isinstance(can_be_made, Unknown) or not can_be_made:
        return can_be_made
    setuid = setuid_works(host)
    if not isinstance(setuid, Unknown) and setuid:
        return True
    for name in ("newuidmap", "newgidmap"):
        program = host.program(name)
        privileged = Unknown(f"{name} was not looked for") if program is None else program.privileged
        if isinstance(privileged, Unknown):
            return Unknown(f"{name}: {privileged.why}")
        if not privileged:
            return setuid
    # The programs serve an installation without setuid; of one with it nothing more was asked.
    return True


def _maps_can_be_made(host: Host) -> bool | Unknown:
    """Whether there can be a user namespace for maps: made by the user, or by the setuid starter in his place."""
    works = namespaces_work(host)
    if not isinstance(works, Unknown) and works:
        return True
    setuid = setuid_works(host)
    if isinstance(setuid, Unknown):
        return setuid
    if not setuid:
        return works
    # The limits hold for root as well; what else may forbid it is for those without rights only.
    for limit in (host.namespaces.max_user, host.namespaces.max_mount):
        if isinstance(limit, Unknown):
            return Unknown(f"how many namespaces there may be: {limit.why}")
        if limit == 0:
            return False
    if host.namespaces.unprivileged_clone == 0 or host.namespaces.apparmor_restricts == 1:
        return True
    return Unknown("whether the setuid starter can make the user namespace that the user cannot")


def namespaces_work(host: Host) -> bool | Unknown:
    """Whether the runtime can make a user namespace and a mount namespace in it without a setuid starter.

    By what was really tried.  Where AppArmor restricts all programs but those that have a profile, and the runtime has one,
    the attempt of another program says nothing: then its profile counts.
    """
    kernel = host.namespaces
    limits = (kernel.max_user, kernel.max_mount, kernel.unprivileged_clone)
    if 0 in limits:
        return False
    unknown = None
    for tried in (kernel.user, kernel.mount):
        if isinstance(tried, Unknown):
            unknown = tried
        elif not tried:
            return _has_profile(host)
    return True if unknown is None else unknown


def _has_profile(host: Host) -> bool | Unknown:
    """Whether AppArmor forbids others what the runtime may do."""
    kernel = host.namespaces
    if isinstance(kernel.apparmor_restricts, Unknown):
        return kernel.apparmor_restricts
    if kernel.apparmor_restricts != 1:
        return False
    profiles = kernel.apparmor_profiles
    return profiles if isinstance(profiles, Unknown) else bool(profiles)


def setuid_works(host: Host) -> bool | Unknown:
    """Whether the first runtime gets rights from a setuid starter: there, allowed, and not under no_new_privs."""
    runtime = host.runtime
    if runtime is None:
        return Unknown("there is no runtime") if not isinstance(host.runtimes, Unknown) else host.runtimes
    uses = runtime.uses_setuid
    if isinstance(uses, Unknown) or not uses:
        return uses
    kept_down = host.namespaces.no_new_privs
    return kept_down if isinstance(kept_down, Unknown) else not kept_down


def enough_ids(ranges: tuple[IdRange, ...]) -> bool:
    """Whether one of the ranges is long enough for the runtimes."""
    return any(one.size >= NEEDED_IDS for one in ranges)


def _proot(host: Host, runtime: Installation) -> bool | Unknown:
    """Whether the runtime would build with proot: SingularityCE and PRO from 3.11 on, if it is there."""
    if runtime.family not in ("singularity-ce", "singularity-pro"):
        return False
    found = _found(host, "proot")
    if isinstance(found, Unknown):
        return Unknown(f"proot: {found.why}")
    if isinstance(runtime.version, Unknown):
        return Unknown(f"the runtime's version: {runtime.version.why}") if found else False
    return found and runtime.version >= (3, 11)


def _found(host: Host, name: str) -> bool | Unknown:
    program = host.program(name)
    return Unknown("not looked for") if program is None else program.found


def _shown(ranges: tuple[IdRange, ...] | Unknown) -> str:
    if isinstance(ranges, Unknown) or not ranges:
        return "of an unknown range"
    first = next((one for one in ranges if one.size >= NEEDED_IDS), ranges[0])
    return f"{first.first}-{first.first + first.size - 1}"
