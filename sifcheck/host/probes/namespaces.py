"""What the kernel lets this user do: its settings, and what becomes of really trying."""

from __future__ import annotations

import os
import stat

from sifcheck.base.asking import attempt, reason
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.kernel import (
    NEW_MOUNT,
    NEW_PID,
    NEW_USER,
    bind,
    make_private,
    mount_proc,
    unmount,
    unshare,
)
from sifcheck.base.startup import NamedTuple
from sifcheck.host.probes.id_maps import Maps, attempt_in_child, behind_maps, maps_of
from sifcheck.host.snapshot import Identity, Namespaces

__all__ = [
    "Attempts",
    "HomeMounts",
    "KernelSettings",
    "look_at_kernel",
    "mount_home",
    "namespaces_of",
    "try_namespaces",
]

NOT_FOR_ROOT = Unknown("not tried: root needs no id maps")


class KernelSettings(NamedTuple):
    """The settings among the fields of Namespaces."""

    max_user: int | Unknown | None
    max_mount: int | Unknown | None
    max_pid: int | Unknown | None
    unprivileged_clone: int | Unknown | None
    apparmor_restricts: int | Unknown | None
    apparmor_profiles: tuple[str, ...] | Unknown
    no_new_privs: bool | Unknown
    seccomp: bool | Unknown
    identity_maps: bool | Unknown
    capabilities_missing: tuple[int, ...] | Unknown


class Attempts(NamedTuple):
    """The attempts among the fields of Namespaces, that on the home left out."""

    user: Outcome | Unknown
    mount: Outcome | Unknown
    pid: Outcome | Unknown
    nested: Outcome | Unknown
    proc_mount: Outcome | Unknown
    subordinate_maps: Outcome | Unknown


class HomeMounts(NamedTuple):
    """The mount of the home as a build does it, with the supplementary groups and without."""

    with_groups: Outcome | Unknown
    without_groups: Outcome | Unknown


def look_at_kernel() -> KernelSettings:
    """The settings of /proc/sys, AppArmor's profiles for a runtime, and what holds for this process."""
    status = _status()
    return KernelSettings(
        max_user=_setting("user/max_user_namespaces"),
        max_mount=_setting("user/max_mnt_namespaces"),
        max_pid=_setting("user/max_pid_namespaces"),
        unprivileged_clone=_setting("kernel/unprivileged_userns_clone"),
        apparmor_restricts=_setting("kernel/apparmor_restrict_unprivileged_userns"),
        apparmor_profiles=_profiles(),
        no_new_privs=_flag(status, "NoNewPrivs"),
        seccomp=_flag(status, "Seccomp"),
        identity_maps=_identity_maps(),
        capabilities_missing=_capabilities_missing(status),
    )


def _capabilities_missing(status: dict[str, str]) -> tuple[int, ...] | Unknown:
    """The numbers of those capabilities of this kernel that this process may not have."""
    try:
        with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
            last = int(file.read())
        permitted = int(status["CapPrm"], 16)
    except (OSError, ValueError, KeyError):
        return Unknown("the kernel does not say")
    return tuple(number for number in range(last + 1) if not permitted >> number & 1)


def try_namespaces(identity: Identity) -> Attempts:
    """Make each kind of namespace, in processes that end at once."""
    alone = Maps(identity.user_id, identity.group.id, None, None)
    inside = behind_maps(alone, Attempts, _try_inside)
    made = inside.answer
    if isinstance(made, Unknown):
        made = Attempts(inside.namespace, made, made, made, made, made)
    maps = maps_of(identity)
    if identity.is_root:
        subordinate: Outcome | Unknown = NOT_FOR_ROOT
    elif maps.kind == "single":
        subordinate = Unknown("not tried: no range of 65536 subordinate ids for both users and groups")
    else:
        subordinate = behind_maps(maps, Outcome, lambda: Outcome(True)).maps
    tried: Attempts = made._replace(subordinate_maps=subordinate)
    return tried


def _try_inside() -> Attempts:
    nested = attempt_in_child(lambda: unshare(NEW_USER))
    mount = attempt(lambda: unshare(NEW_MOUNT))
    if mount:
        mount = attempt(make_private)
    pid = attempt(lambda: unshare(NEW_PID))
    proc: Outcome | Unknown = Unknown("not tried: no mount or process namespace")
    if pid and mount:
        proc = attempt_in_child(lambda: mount_proc("/proc"))
    elif pid:
        pid = attempt_in_child(lambda: None)
    return Attempts(Outcome(True), mount, pid, nested, proc, Unknown("not tried"))


def mount_home(identity: Identity) -> HomeMounts:
    """Mount the account's home on another folder, behind the maps of a build.  Touches the home: a Question of its own."""
    home = identity.home
    if identity.is_root:
        return HomeMounts(NOT_FOR_ROOT, NOT_FOR_ROOT)
    if isinstance(home, Unknown) or home is None:
        why = home if isinstance(home, Unknown) else Unknown("not tried: the account has no home")
        return HomeMounts(why, why)
    maps = maps_of(identity)
    answer = behind_maps(
        maps, HomeMounts, lambda: _mount_home_inside(home, maps.kind == "subordinate")
    ).answer
    made: HomeMounts = HomeMounts(answer, answer) if isinstance(answer, Unknown) else answer
    return made


def _mount_home_inside(home: str, may_drop: bool) -> HomeMounts:
    unshare(NEW_MOUNT)
    make_private()
    target = "/root" if os.path.isdir("/root") else "/tmp"  # noqa: S108 - nothing is written there
    kept = attempt(lambda: bind(home, target))
    if kept:
        unmount(target)
    if not may_drop:
        return HomeMounts(kept, Unknown("not tried: without subordinate ids no group can be dropped"))
    os.setgroups([0])
    return HomeMounts(kept, attempt(lambda: bind(home, target)))


def namespaces_of(
    settings: KernelSettings | Unknown, attempts: Attempts | Unknown, home: HomeMounts | Unknown
) -> Namespaces:
    """The three parts as one."""
    if isinstance(settings, Unknown):
        settings = KernelSettings(*[settings] * len(KernelSettings._fields))
    if isinstance(attempts, Unknown):
        attempts = Attempts(*[attempts] * len(Attempts._fields))
    if isinstance(home, Unknown):
        home = HomeMounts(home, home)
    return Namespaces(
        **settings._asdict(),
        **attempts._asdict(),
        home_mount=home.with_groups,
        home_mount_without_groups=home.without_groups,
    )


def _setting(name: str) -> int | Unknown | None:
    try:
        with open(f"/proc/sys/{name}", encoding="ascii") as stream:
            return int(stream.read(40))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return Unknown(reason(error))


def _status() -> dict[str, str]:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
            return {name: value.strip() for line in lines for name, _, value in [line.partition(":")]}
    except OSError:
        return {}


def _flag(status: dict[str, str], name: str) -> bool | Unknown:
    return status[name] != "0" if name in status else Unknown("this kernel does not tell")


def _identity_maps() -> bool | Unknown:
    try:
        with open("/proc/self/uid_map", encoding="ascii") as stream:
            return stream.read(200).split() == ["0", "0", "4294967295"]
    except OSError as error:
        return Unknown(reason(error))


def _profiles() -> tuple[str, ...] | Unknown:
    folder = "/etc/apparmor.d"
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return Unknown(reason(error))
    return tuple(
        name
        for name in names
        if ("apptainer" in name or "singularity" in name)
        and stat.S_ISREG(os.stat(f"{folder}/{name}").st_mode)
    )
