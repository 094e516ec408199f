"""Who builds, and by which kind of pretended root: groups, id maps, namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    AddOption,
    Definition,
    Draft,
    Findings,
    NamedTuple,
    Severity,
    Unknown,
    bad,
    finding,
    flag_variable,
    good,
    known,
    quote,
    route,
    rule,
)
from sifcheck_rules._machine import (
    account_name,
    at_most,
    command,
    drops_groups,
    group_name,
    hidden_by_groups,
    hidden_sources,
    is_apptainer,
    listed,
    refused,
    version,
)

if TYPE_CHECKING:
    from sifcheck.api import Folder, Host, Plan, Site

# -- ENV101


_CE = {"flavour": "singularity-ce", "version": [4, 1, 2], "setuid_starter": True}
_HOME_HIDDEN = {
    "namespaces": {"home_mount_without_groups": "Permission denied"},
    "identity": {"groups": [{"id": 5000, "name": "fugaku"}]},
    "storage": {"home": {"needs_groups": [{"id": 5000, "name": "fugaku"}]}},
}


@rule(
    "ENV101",
    severity="error",
    tags="definition-build",
    profile="minimal",
    message={
        "newgrp": "newgidmap refuses to map ids: the group here is {group}, and the account's is {account}",
        "hidden": "a fakeroot build by {runtime} loses the group {group}, without which {paths} cannot be reached",
        "required": "a fakeroot build on {site} needs {group} as the group to build with, and it is {effective}",
        "unmountable": "the home {home} cannot be used by a fakeroot build: {why}",
        "homeless": "the home {home} does not exist on this machine",
        "unresolved": "this machine does not know the user id {user}",
    },
    help={
        "newgrp": "leave the `newgrp` shell with `exit`, or build with the account's group: {line}",
        "hidden": "keep the group, or make the build do without it: {line}",
        "required": "build with that group, or make the build do without it: {line}",
        "unmountable": "each folder above must let a build through without a group's help; which one does not: `namei -l {word}`",
        "homeless": "build on a machine where the home of your account is mounted",
        "unresolved": "the directory service (sssd, LDAP) of this machine does not answer: tell its administrator",
    },
)
@bad(
    "",
    host={
        "identity": {"group": {"id": 5000, "name": "hp1"}, "account_group": {"id": 1001, "name": "builder"}}
    },
)
@bad("", host={"runtimes": {"apptainer": "none", "singularity": _CE}, **_HOME_HIDDEN})
@good("")
def required_group_not_primary(
    looked_at: Host | Definition,
    host: Host,
    site: Site | None = None,
    folder: Folder | None = None,
    plan: Plan | None = None,
) -> Findings:
    """A build with subordinate ids is kept out by the group that it runs with.

    newgidmap writes maps for the group of the password entry only ("Target ... is owned by a different user: ... gid:5000
    pw_gid:1001", measured), so a `newgrp` shell breaks an installation without setuid.  SingularityCE and PRO, and Apptainer
    before 1.2, drop the supplementary groups: what only they open is closed to the build ("failed to mount /home/... to
    /root: permission denied"; of what %files copies "cp: cannot stat '...': Permission denied").  Source: RIKEN guide on
    images; issues of Apptainer, Singularity and shadow; change logs of SingularityCE 3.11.4 and Apptainer 1.2.0;
    measured, the dropped groups by the same system calls.
    """
    if not isinstance(looked_at, Definition):
        yield from _about_machine(looked_at, site, keeps_groups=plan is not None and plan.keeps_groups)
    elif folder is not None and _loses_groups(host):
        yield from _copied_without_groups(looked_at, host, site, folder)


def _about_machine(host: Host, site: Site | None, *, keeps_groups: bool) -> Iterator[Draft]:
    identity = host.identity
    if identity.is_root:
        return
    if identity.in_passwd is False:
        yield finding(host, "unresolved", user=identity.user_id)
        return
    if route(host).mode != "subordinate":
        return
    group = _refused_group(host)
    if group is not None:
        line = _with_group(group, f"{command(host, site)} build --fakeroot IMAGE FILE")
        yield finding(host, "newgrp", group=group_name(identity.group), account=group, line=line)
    home = known(identity.home) or "of the account"
    why = refused(host.namespaces.home_mount)
    place = host.place("home")
    if (place is not None and place.exists is False) or why == "No such file or directory":
        yield finding(host, "homeless", home=home)
    elif why is not None:
        yield finding(host, "unmountable", home=home, why=why, word=quote(home))
    elif group is None and drops_groups(host) and not keeps_groups:
        yield from _without_groups(host, site)


def _refused_group(host: Host) -> str | None:
    """The account's group, where newgidmap has to write the maps and insists on it."""
    own = known(host.identity.account_group)
    if own is None or own.id == host.identity.group.id or _by_setuid(host) is not False:
        return None
    said = refused(host.namespaces.subordinate_maps) or ""
    insists = host.identity.grants_group_subids is False or _OTHER_GROUP in said
    return group_name(own) if insists else None


# What newgidmap says of a process whose group is not the account's.
_OTHER_GROUP = "owned by a different user"


def _with_group(group: str, line: str) -> str:
    return f"`sg {quote(group)} -c {quote(line)}`"


def _by_setuid(host: Host) -> bool | None:
    """Whether a setuid starter writes the id maps; None where that is unknown."""
    return known(host.runtime.uses_setuid) if host.runtime is not None else None


def _without_groups(host: Host, site: Site | None) -> Iterator[Draft]:
    required = site.group.fakeroot_requires if site is not None else None
    named = required if isinstance(required, str) else None
    runtime = command(host, site)
    hidden = hidden_by_groups(host)
    for group, paths in hidden:
        name = group_name(group) if group is not None else named or "that opens it"
        line = _cure(host, runtime, name if group is not None or named else "GROUP")
        yield finding(host, "hidden", runtime=runtime, group=name, paths=listed(paths), line=line)
    untried = isinstance(host.namespaces.home_mount_without_groups, Unknown)
    if named and site and not hidden and untried and host.identity.group.name not in (named, None):
        effective, line = group_name(host.identity.group), _cure(host, runtime, named)
        yield finding(
            host, "required", confidence="medium", site=site.name, group=named, effective=effective, line=line
        )


def _loses_groups(host: Host) -> bool:
    """Whether a build gets as far as to run without the supplementary groups."""
    identity = host.identity
    if identity.is_root or identity.in_passwd is False or not drops_groups(host):
        return False
    return route(host).mode == "subordinate" and _refused_group(host) is None


def _copied_without_groups(
    definition: Definition, host: Host, site: Site | None, folder: Folder
) -> Iterator[Draft]:
    """One finding for each group, at the first of what only it opens; none where the call in a script keeps it."""
    runtime, call = command(host, site), definition.call
    for at, (group, paths) in hidden_sources(definition, folder, host):
        name = group_name(group)
        if call is not None and (call.group == name or call.option("--no-setgroups") is not None):
            continue
        line = _cure(host, runtime, name)
        keeping = [AddOption("--no-setgroups")]
        yield finding(
            at,
            "hidden",
            runtime=runtime,
            group=name,
            paths=listed(at_most(4, paths)),
            line=line,
            remedies=keeping,
        )


def has_option(host: Host) -> bool:
    """Whether the runtime has --no-setgroups: SingularityCE and PRO from 3.11.4 on."""
    family = known(host.runtime.family) if host.runtime is not None else None
    return family in ("singularity-ce", "singularity-pro") and (version(host) or (0,)) >= (3, 11, 4)


def _cure(host: Host, runtime: str, group: str) -> str:
    """How to keep, or to do without, a group: `sg` where a setuid starter writes the maps, the option where it exists."""
    ways = []
    if _by_setuid(host) is not False or host.identity.grants_group_subids is True:
        ways.append(_with_group(group, f"{runtime} build --fakeroot IMAGE FILE"))
    if has_option(host):
        ways.append(f"`{runtime} build --fakeroot --no-setgroups IMAGE FILE`")
    if not ways:
        newer = "Apptainer 1.2 or later" if is_apptainer(host) else "SingularityCE 3.11.4 or later"
        ways.append(f"use {newer}: newgidmap refuses another group than the account's here")
    return ", or ".join(ways)


# -- ENV102

_NOT_LISTED: dict[str, Any] = {"subuids": [], "subgids": []}
_NO_NAMESPACE = {"user": "No space left on device", "mount": {"unknown": "not tried"}, "max_user": 0}


@rule(
    "ENV102",
    severity="error",
    tags="definition-build",
    profile="minimal",
    message="no way to root for a build from a definition file: {why}",
    help="other ways, the nearest first: {advice}",
)
@bad("", host={"identity": _NOT_LISTED, "namespaces": _NO_NAMESPACE})
@good("")
def no_fakeroot_route(host: Host, site: Site | None = None) -> Findings:
    """This user cannot build from a definition file here: nothing plays root for the scripts in it.

    Apptainer takes subordinate ids, else a user namespace with root alone, with the fakeroot command if it is there,
    else that command and a setuid starter; SingularityCE and PRO take subordinate ids, else proot.  Here none is left
    ("Building from a definition file unprivileged requires either a suid installation or unprivileged user namespaces",
    "/etc/subuid mapping found but no user namespace available for fakeroot", measured).  Root of a container that lacks a
    capability starts nothing ("Requesting capability set ... while permitted capability set is ...", measured).  Source: fakeroot pages of both
    user guides; issues of both runtimes; code of both.
    """
    if (lacked := _lacked_by_root(host)) is not None:
        yield finding(host, why=lacked, advice=_FOR_ROOT)
    way = route(host)
    if way.mode == "none":
        yield finding(host, why=way.why, advice="; ".join(_other_ways(host, site)))


_SYS_ADMIN = 21
_NAMES = {16: "SYS_MODULE", 17: "SYS_RAWIO", 23: "SYS_NICE", 24: "SYS_RESOURCE", 25: "SYS_TIME"}
_FOR_ROOT = (
    "build as a user of your own; or start the container with all capabilities, `docker run --privileged ...`, "
    "or without SYS_ADMIN: the runtime then takes a user namespace"
)


def _lacked_by_root(host: Host) -> str | None:
    """What root of a container lacks: Apptainer asks for every capability, once it has SYS_ADMIN (1.4.5, measured)."""
    missing = known(host.namespaces.capabilities_missing, ())
    if not host.identity.is_root or not missing or _SYS_ADMIN in missing or is_apptainer(host) is not True:
        return None
    configuration = known(host.runtime.configuration) if host.runtime is not None else None
    if configuration is None or configuration.value("root default capabilities") not in (None, "full"):
        return None
    names = listed(f"CAP_{_NAMES.get(number, number)}" for number in missing)
    return f"root here may not have {names}, and Apptainer asks for all capabilities to start %post"


def _other_ways(host: Host, site: Site | None) -> list[str]:
    """What leads to an image nevertheless, the nearest first."""
    ways, runtime = _ways_to_namespaces(host), command(host, site)
    routes = site.build.routes if site is not None else ()
    if site is not None and isinstance(site.build.module, str):
        ways.append(f"`{site.build.module}`, which brings the way that {site.name} has")
    if "remote" in routes:
        ways.append(f"`{runtime} build --remote IMAGE FILE`")
    if site is not None and site.role and site.build.where and site.role not in site.build.where:
        ways.append(f"build on the {listed(site.build.where)} nodes of {site.name}")
    if is_apptainer(host) is False and not ways:
        ways.append(f"put `proot` on PATH, or `{runtime} build --remote IMAGE FILE`")
    if not known(host.identity.subuids, ()):
        who = quote(account_name(host))
        ways.append(
            f"ask the administrator for subordinate ids, `usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST {who}` "
            "with 65536 ids in each"
        )
    ways.append("build on a machine that has such a way, and copy the image")
    return ways


# -- ENV103


class Block(NamedTuple):
    """What forbids a namespace: in words, and what lifts it."""

    what: str
    remedy: str


@rule(
    "ENV103",
    severity="info",
    tags="definition-build",
    profile="minimal",
    message="{kind} cannot be made: {what}",
    help="what helps: {remedy}",
)
@bad("", host={"namespaces": _NO_NAMESPACE})
@good("")
def user_namespaces_blocked(host: Host) -> Findings:
    """A namespace that a build without root needs cannot be made on this machine.

    The runtimes then say "Failed to create user namespace: maximum number of user namespaces exceeded" or "not allowed to
    create user namespace"; where process namespaces or the last user namespace are missing, "Failed to create container
    process: No space left on device", which has nothing to do with disks; in a container whose /proc is masked "failed to
    mount proc filesystem: operation not permitted" (all measured).  It is an error where no other way to root is left.
    Source: issues of both runtimes on Ubuntu's AppArmor setting and on RHEL 7; measured.
    """
    if host.identity.is_root or _has_profile(host):
        return
    kernel = host.namespaces
    mode = route(host).mode
    in_namespace = mode in ("subordinate", "single", "fakeroot-in-namespace", "none")
    for kind, tried, limit, name in (
        ("a user namespace", kernel.user, kernel.max_user, "user.max_user_namespaces"),
        ("a mount namespace", kernel.mount, kernel.max_mount, "user.max_mnt_namespaces"),
        ("a process namespace", kernel.pid, kernel.max_pid, "user.max_pid_namespaces"),
        ("a user namespace in a user namespace", kernel.nested, kernel.max_user, "user.max_user_namespaces"),
        ("a mount of /proc in a namespace", kernel.proc_mount, None, ""),
    ):
        why = refused(tried)
        if why is None:
            continue
        first = kind in ("a user namespace", "a mount namespace")
        fails = mode == "none" if first else in_namespace and (mode == "subordinate" or name != "")
        block = _what_blocks(host, why, limit, name)
        level: Severity = "error" if fails else "info"
        yield finding(host, severity=level, kind=kind, what=block.what, remedy=block.remedy)
        return


def _has_profile(host: Host) -> bool:
    """Whether AppArmor lets the runtime do what it forbids to others, so that the attempts of another program tell nothing."""
    kernel = host.namespaces
    blocked = 0 in (kernel.max_user, kernel.max_mount, kernel.unprivileged_clone)
    return kernel.apparmor_restricts == 1 and kernel.apparmor_profiles != () and not blocked


def _what_blocks(host: Host, why: str, limit: Any, name: str) -> Block:
    """The setting behind a failure and the line for the administrator; the system's own word where none is known."""
    kernel = host.namespaces
    settings = []
    if limit == 0:
        settings.append((f"{name}=0", f"{name}=15000"))
    if kernel.unprivileged_clone == 0:
        settings.append(("kernel.unprivileged_userns_clone=0", "kernel.unprivileged_userns_clone=1"))
    if settings:
        lines = " && ".join(f"sysctl -w {wanted}" for _, wanted in settings)
        words = listed(found for found, _ in settings)
        return Block(words, f"the administrator lifts it: `{lines}`, and in /etc/sysctl.d for good")
    if "space" in why and isinstance(limit, int):
        return Block(
            f"none of the {limit} of {name} is left ({why})",
            f"the administrator raises it: `sysctl -w {name}=15000`; the message about space is about this number",
        )
    if kernel.apparmor_restricts == 1 and kernel.apparmor_profiles == ():
        path = host.runtime.real_path if host.runtime is not None else "the runtime"
        return Block(
            f"kernel.apparmor_restrict_unprivileged_userns=1, and AppArmor has no profile for {path} ({why})",
            f"the administrator adds a profile with `userns,` for {path} to /etc/apparmor.d, as the runtime's packages do",
        )
    container = known(host.platform.container)
    if container:
        return Block(
            f"the container that this is in ({container}) does not allow it ({why})",
            "build outside of the container, or start it with `--security-opt seccomp=unconfined --security-opt "
            "systempaths=unconfined`",
        )
    if kernel.seccomp is True:
        return Block(f"a seccomp filter does not allow it ({why})", "build in a session without that filter")
    return Block(f"{why}", "ask the administrator what forbids it, or build on another machine")


# -- ENV104


@rule(
    "ENV104",
    severity="error",
    tags="definition-build",
    profile="minimal",
    message={
        "one": "{user} has subordinate ids in {there} and none in {missing}",
        "short": "{user} has {count} subordinate ids at a stretch in {file}, and a build takes 65536",
        "program": "{program} cannot write id maps: {why}",
        "maps": "newuidmap and newgidmap could not write the id maps: {why}",
    },
    help={
        "one": "ask the administrator for a line in each file, in {missing} `{line}`",
        "short": "ask the administrator for a line of 65536 ids in {file}: `{line}`",
        "program": "what helps: {remedy}",
        "maps": "ask the administrator, with the line that the program printed",
    },
)
@bad("", host={"identity": {"subgids": []}})
@bad("", host={"identity": {"subuids": [{"first": 100000, "size": 1000}]}})
@good("")
def subordinate_ids_unusable(host: Host) -> Findings:
    """The user has subordinate ids, and a build cannot use them.

    Both files need a range of at least 65536 ids ("no mapping entry found in /etc/subgid for ...", "... but all with a range
    count lower than 65536"), and without a setuid installation newuidmap and newgidmap need rights of their own ("newuidmap
    was not found in PATH", "newgidmap: write to gid_map failed: Operation not permitted", all measured).  Where the runtime
    takes another way to root it is an info.  Source: issues of both runtimes; measured.
    """
    mode = route(host).mode
    if mode in ("root", "proot"):
        return
    level: Severity = "error" if mode in ("subordinate", "none") else "info"
    uids, gids = host.identity.subuids, host.identity.subgids
    if isinstance(uids, Unknown) or isinstance(gids, Unknown) or not (uids or gids):
        return
    user = account_name(host)
    files = (("/etc/subuid", uids), ("/etc/subgid", gids))
    for file, ranges in files:
        other, others = files[1] if file == "/etc/subuid" else files[0]
        if not ranges:
            line = f"{user}:{others[0].first if others[0].size >= 65536 else 'N'}:65536"
            yield finding(host, "one", severity=level, user=user, there=other, missing=file, line=line)
        elif not any(one.size >= 65536 for one in ranges):
            count = max(one.size for one in ranges)
            yield finding(
                host, "short", severity=level, user=user, count=count, file=file, line=f"{user}:N:65536"
            )
    if all(any(one.size >= 65536 for one in ranges) for _, ranges in files) and _by_setuid(host) is False:
        yield from _programs_for_maps(host, level)


def _programs_for_maps(host: Host, level: Severity) -> Iterator[Draft]:
    problems: dict[Block, list[str]] = {}
    for name in ("newuidmap", "newgidmap"):
        block = _why_powerless(host, name)
        if block is not None:
            problems.setdefault(block, []).append(name)
    for block, names in problems.items():
        words = listed(names)
        yield finding(
            host,
            "program",
            severity=level,
            program=words,
            why=block.what,
            remedy=block.remedy.replace("{}", words),
        )
    why = refused(host.namespaces.subordinate_maps)
    if why is not None and not problems and _OTHER_GROUP not in why and not refused(host.namespaces.user):
        yield finding(host, "maps", severity=level, why=why)


def _why_powerless(host: Host, name: str) -> Block | None:
    """Why a program cannot write id maps: not there, without rights, or where rights do not count."""
    program = host.program(name)
    if program is None or isinstance(program.path, Unknown):
        return None
    if program.path is None:
        return Block(
            "not found", "the administrator installs {}: package `uidmap` (Debian) or `shadow-utils`"
        )
    if program.nosuid is True:
        return Block(
            "on a file system mounted nosuid", "the administrator installs {} on a file system without nosuid"
        )
    if host.namespaces.no_new_privs is True:
        return Block(
            "this session runs under no_new_privs, which takes away all setuid rights",
            "build in a session without it: a login shell, or a unit without NoNewPrivileges=",
        )
    if program.setuid is False and program.capability is False:
        right = "u" if name == "newuidmap" else "g"
        return Block(
            "it has neither the setuid bit nor a capability",
            f"the administrator gives it back: `chmod u+s {quote(program.path)}`, or "
            f"`setcap cap_set{right}id+ep {quote(program.path)}`",
        )
    return None


def _ways_to_namespaces(host: Host) -> list[str]:
    """What gives the runtime back the user namespaces that a variable or its configuration keeps it from."""
    ways = []
    ignored = flag_variable(host, "IGNORE_USERNS")
    if ignored is not None and ignored.flag:
        ways.append(f"`unset {ignored.name}`")
    configuration = known(host.runtime.configuration) if host.runtime is not None else None
    if configuration is not None and configuration.value("allow user ns") == "no":
        ways.append(f"ask the administrator for `allow user ns = yes` in {configuration.path}")
    return ways
