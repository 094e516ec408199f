"""The runtime that is found, and what the environment tells it: programs, versions, variables, the machine that it builds for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Draft,
    Findings,
    Host,
    NamedTuple,
    Plan,
    Severity,
    Unknown,
    UnsetVariable,
    bad,
    edit_distance,
    finding,
    flag_variable,
    good,
    known,
    quote,
    route,
    rule,
    setuid_works,
    within_two_edits,
)
from sifcheck_rules._machine import command, hidden_by_groups, is_apptainer, listed, refused, version

if TYPE_CHECKING:
    from sifcheck.api import Host, Plan, Site


# -- ENV105

# What every base image has, or the runtime makes itself, and which the base's programs do not lie in.
_IN_EVERY_BASE = frozenset("/dev /home /proc /root /sys /tmp /var/tmp".split())
# What a build cannot do without: the runtime itself puts folders into /var.
_NEEDED = frozenset("/ /bin /etc /lib /lib64 /sbin /usr /usr/bin /usr/lib /usr/lib64 /var /var/lib".split())
_FUGAKU_BIND = {"variable": "APPTAINER_BIND", "source": "/vol0004", "target": "/vol0004"}


@rule(
    "ENV105",
    severity="warning",
    tags="definition-build",
    message={
        "missing": "{variable} binds {paths}, not on this machine: %post will not start",
        "target": "{variable} binds to {paths} in the build as well: a base without that folder stops it",
        "covers": "{variable} binds to {paths} in the build as well, which hides what the base has there",
        "common": "{variable} binds to {paths} in the build as well",
    },
    help="build without it: {line}{where}",
)
@bad("", host={"environment": {"APPTAINER_BIND": "/vol0004"}, "binds": [{**_FUGAKU_BIND, "exists": False}]})
@bad("", host={"environment": {"APPTAINER_BIND": "/vol0004"}, "binds": [{**_FUGAKU_BIND, "exists": True}]})
@good("")
def bind_variable_set(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """A variable that binds folders into containers is set, and it holds for %post too.

    A source that does not exist stops the build when %post begins ("mount source /vol0004 doesn't exist"), and so does a target
    that the base image lacks ("destination ... doesn't exist in container"), or a bind over /var ("hook function for tag sessiondir
    returns error", all measured).  An info where all targets are
    folders that every base has.  Source: guides of NeSI and OLCF; issues of both runtimes; measured.
    """
    if plan is not None and not _runs_scripts(plan):
        return
    by_variable: dict[str, list[Any]] = {}
    asked: list[Any] = [*host.binds, *_not_looked_at(host)]
    for bind in asked:
        by_variable.setdefault(bind.variable, []).append(bind)
    unset = " ".join(f"-u {quote(name)}" for name in by_variable)
    line = f"`env {unset} {command(host, site)} build IMAGE FILE`"
    names = dict.fromkeys(bind.variable for bind in host.binds)
    remedies = [UnsetVariable(name, "it holds for %post, too") for name in names]
    for variable, binds in by_variable.items():
        missing = [bind.source for bind in binds if bind.exists is False]
        targets = [bind.target.rstrip("/") or "/" for bind in binds]
        own = [target for target in targets if target not in _IN_EVERY_BASE]
        covered = [target for target in own if target in _NEEDED]
        set_by_site = site is not None and variable in site.runtime.variables
        where = f"; {site.name} sets it by itself" if site is not None and set_by_site else ""
        if missing:
            key, paths, level = "missing", missing, "error"
        elif covered:
            key, paths, level = "covers", covered, "warning"
        elif own:
            key, paths, level = "target", own, "warning"
        else:
            key, paths, level = "common", targets, "info"
        severity: Severity = level  # type: ignore[assignment]
        yield finding(
            host,
            key,
            severity=severity,
            remedies=remedies,
            variable=variable,
            paths=listed(paths),
            line=line,
            where=where,
        )


def _runs_scripts(plan: Plan) -> bool:
    """Whether a build starts a container for a script: what only converts an image, or copies files, binds nothing (measured)."""
    definition = None if plan.converts else plan.definition
    return definition is not None and any(
        section.body.strip()
        for stage in definition.stages
        for section in stage.named("post", "test", "appinstall", "apptest")
    )


class AskedBind(NamedTuple):
    """A bind as a variable has it."""

    variable: str
    target: str
    exists: bool | None


def _not_looked_at(host: Host) -> Iterator[AskedBind]:
    """The binds of variables that the snapshot has a value of, and nothing else."""
    looked_at = {bind.variable for bind in host.binds}
    for prefix in ("SINGULARITY",) if is_apptainer(host) is False else ("APPTAINER", "SINGULARITY"):
        for stem in ("BIND", "BINDPATH"):
            variable = host.variable(f"{prefix}_{stem}")
            if variable is not None and variable.value and variable.name not in looked_at:
                for word in variable.value.split(","):
                    source, _, rest = word.partition(":")
                    if source.startswith(("/", "$")):
                        yield AskedBind(variable.name, rest.partition(":")[0] or source, None)


# -- ENV106


@rule(
    "ENV106",
    severity="error",
    tags="definition-build",
    profile="minimal",
    message={
        "none": "neither singularity nor apptainer is on PATH",
        "configuration": "{runtime} cannot take its configuration {path} ({why}): every build fails at once",
        "variable": "{runtime} cannot take the configuration {path} ({why}): every build fails at once",
        "mksquashfs": "mksquashfs is missing: every build to a SIF fails at once",
        "unsquashfs": "unsquashfs is missing: a build on top of a SIF fails",
        "proot": "Apptainer 1.5.0 with proot ({path}) can write a damaged SIF",
        "option": "{runtime} {version} has no --no-setgroups, which a fakeroot build needs here (ENV101)",
    },
    help={
        "none": "load or install one: {line}",
        "configuration": "ask the administrator to fix it; what it says to it: `{runtime} buildcfg`",
        "variable": "{name} names that file; build without it: `unset {name}`",
        "mksquashfs": "have it installed: {line}",
        "unsquashfs": "have it installed: {line}",
        "proot": "use Apptainer 1.5.1 or later, or `export APPTAINER_IGNORE_PROOT=1`",
        "option": "use SingularityCE 3.11.4 or PRO 3.11-4, or later",
    },
)
@bad("", host={"runtimes": []})
@bad("", host={"runtimes": {"apptainer": {"configuration": {"readable": "permission denied"}}}})
@good("")
def runtime_missing(host: Host, site: Site | None = None, plan: Plan | None = None) -> Findings:
    """There is no runtime, a program that it needs is missing, or its version has a defect that bears on builds here.

    Without mksquashfs the build ends at once ("while searching for mksquashfs: ... executable file not found in $PATH"), without
    unsquashfs one from a SIF does once it is fetched ("could not extract squashfs data, unsquashfs not found", both
    measured); a sandbox is made without mksquashfs (measured).  A configuration that cannot be read, or holds a value that
    is none, ends every command ("couldn't parse configuration file", measured).  What is about to be built decides whether the second is
    needed.  Source: change logs of SingularityCE 3.11.4 and Apptainer 1.5.1; measured.
    """
    if host.runtimes == ():
        yield finding(host, "none", line=_module_line(host, site))
        return
    yield from _configuration(host, site)
    for name in ("mksquashfs", "unsquashfs"):
        program = host.program(name)
        level = _missed(name, plan)
        if level and program is not None and program.path is None and not _configured(host, f"{name} path"):
            yield finding(host, name, severity=level, line=_package_line(host))
    proot = host.program("proot")
    told = version(host)
    if host.identity.is_root or told is None or host.runtime is None:
        return
    if is_apptainer(host) and told == (1, 5, 0) and proot is not None and isinstance(proot.path, str):
        yield finding(host, "proot", severity="warning", path=proot.path)
    ce = host.runtime.family in ("singularity-ce", "singularity-pro")
    if ce and told < (3, 11, 4) and route(host).mode == "subordinate" and hidden_by_groups(host):
        shown = ".".join(map(str, told))
        yield finding(host, "option", severity="warning", runtime=command(host, site), version=shown)


def _configuration(host: Host, site: Site | None) -> Iterator[Draft]:
    """A configuration that the runtime does not take, and the variable that named it where one did."""
    configuration = known(host.runtime.configuration) if host.runtime is not None else None
    if configuration is None or (why := refused(configuration.readable)) is None:
        return
    variable = flag_variable(host, "CONFIG_FILE")
    named = variable is not None and variable.value == configuration.path
    yield finding(
        host,
        "variable" if named else "configuration",
        runtime=command(host, site),
        path=configuration.path,
        why=why,
        name=variable.name if variable is not None else "",
    )


def _missed(name: str, plan: Plan | None) -> Severity | None:
    """How much a program is missed in the build that is planned; without a plan, in any."""
    if name == "mksquashfs":
        return None if plan is not None and plan.sandbox else "error"
    if plan is None:
        return "info"
    # Of an image file there is a copy to be unpacked, of a folder none.
    local = [base for base in plan.bases if base.agent == "localimage"]
    if any(base.agent in ("library", "oras", "shub") for base in plan.bases) or any(
        base.copy.high for base in local
    ):
        return "error"
    return "info" if any(base.unpacked is None for base in local) else None


def _configured(host: Host, name: str) -> bool:
    """Whether the runtime's configuration names a program of its own, or may do so."""
    configuration = host.runtime.configuration if host.runtime is not None else None
    return (
        configuration is not None
        and not isinstance(configuration, Unknown)
        and bool(configuration.value(name))
    )


def _module_line(host: Host, site: Site | None) -> str:
    if site is not None and isinstance(site.runtime.module, str):
        return f"`{site.runtime.module}`"
    if site is not None and isinstance(site.runtime.command, str):
        return f"it is called `{site.runtime.command}`"
    cluster = host.scheduler.kind is not None or host.platform.role in ("login", "compute")
    found = "`module avail apptainer singularity` lists what there is to load, as `module load apptainer`"
    return found if cluster else "the package `apptainer`, or SingularityCE"


def _package_line(host: Host) -> str:
    distribution = known(host.platform.distribution) or ""
    if distribution in ("debian", "ubuntu"):
        return "`apt-get install squashfs-tools`"
    if distribution.startswith(("opensuse", "sle")):
        return "`zypper install squashfs`"
    if distribution in ("rocky", "almalinux", "rhel", "centos", "fedora", "ol"):
        return "`dnf install squashfs-tools`"
    return "the package `squashfs-tools`"


# -- ENV107


class Allowed(NamedTuple):
    """Variables that plugins of the runtime or a site know.

    `allow`: their names, as SINGULARITY_TMPDIRS; a `*` at the end stands for any letters.
    """

    allow: tuple[str, ...] = ()


# Of the flags and the code of Apptainer 1.0-1.5 and SingularityCE 3.8-4.5.
_KNOWN = frozenset(
    "ADD_CAPS ADD_INSECURE ALL ALLOW_SETUID ALLOW_UNAUTHENTICATED ALLOW_UNSIGNED APP APPLY_CGROUPS APPNAME ARCH AUTHFILE "
    "AUTH_FILE BIND BINDPATH BLKIO_WEIGHT BLKIO_WEIGHT_DEVICE BOOT BUILDER BUILDKIT_HOST BUILD_ARCH BUILD_ARCH_VARIANT "
    "BUNDLE CACHEDIR CAP_GROUP CAP_USER CLEANENV COMMAND COMPAT CONFDIR CONFIGDIR CONFIG_FILE CONF_FILE CONTAIN CONTAINALL "
    "CONTAINER CONTAINLIBS CPUS CPUSET_CPUS CPUSET_MEMS CPU_SHARES CWD DATA DEBUG DETACHED DISABLE_CACHE DMTCP_LAUNCH "
    "DMTCP_RESTART DNS DOCKER_HOST DOCKER_LOGIN DOCKER_PASSWORD DOCKER_USERNAME DOWNLOAD_BUFFER_SIZE DOWNLOAD_CONCURRENCY "
    "DOWNLOAD_PART_SIZE DROP_CAPS EMPTY_PROCESS ENCRYPTION_PASSPHRASE ENCRYPTION_PEM_DATA ENCRYPTION_PEM_PATH ENVIRONMENT "
    "ENV_FILE FAKEROOT FIXPERMS FORCE FROM_FILE FUSESPEC HOME HOSTNAME IGNORE_FAKEROOT_COMMAND IGNORE_PROOT IGNORE_SUBUID "
    "IGNORE_USERNS INIT INSTANCE INTEL_HPU IPC JSON KEEP_LAYERS KEEP_PRIVS KEYSDIR LABELS LAYER_FORMAT LIBRARY LIBRARY_PATH "
    "LOCAL_VERIFY LOGIN_INSECURE LOGIN_PASSWORD LOGIN_USERNAME LOGS LOG_FORMAT LOG_PATH MEMORY MEMORY_RESERVATION "
    "MEMORY_SWAP MESSAGELEVEL MKSQUASHFS_ARGS MOUNT NAME NET NETNS_PATH NETWORK NETWORK_ARGS NOCOLOR NOENV NOHTTPS "
    "NOSHIMINIT NOTEST NO_CLEANUP NO_COMPAT NO_EVAL NO_HOME NO_HTTPS NO_MOUNT NO_NV NO_OCI NO_PID NO_PRIVS NO_ROCM "
    "NO_SETGROUPS NO_TMP_SANDBOX NO_UMASK NV NVCCLI NV_OFF NV_PATH OCI OOM_KILL_DISABLE OVERLAY OVERLAYIMAGE PID PIDS_LIMIT "
    "PID_FILE PLATFORM PROOT PULLDIR PULLFOLDER PULL_ARCH PULL_ARCH_VARIANT PULL_NAME PWD QUIET REMOTE REPRODUCIBLE ROCM "
    "ROCM_OFF ROOTFS RUNSCRIPT_TIMEOUT SANDBOX SCRATCH SCRATCHDIR SEARCH_ARCH SEARCH_SIGNED SECRET SECTION SECURITY SHARENS "
    "SHELL SIF_FUSE SIGNAL SIGN_KEY SILENT SPARSE SYNC_SOCKET SYPGPDIR TARGET_CWD TARGET_PWD TIMEOUT TMPDIR TMP_SANDBOX "
    "UNDERLAY UNSHARE_IPC UNSHARE_NET UNSHARE_PID UNSHARE_USERNS UNSHARE_UTS UNSQUASH UPDATE URL USER USERNS UTS VERBOSE "
    "VERIFY_CERTIFICATE VERIFY_INTERMEDIATES VERIFY_KEY VERIFY_OCSP VERIFY_ROOTS WITH_COSIGN WORKDIR WRITABLE "
    "WRITABLE_TMPFS".split()
)
# What is more than two letters away and often meant.
_MEANT = {
    "LOCALCACHEDIR": "CACHEDIR",
    "CACHE": "CACHEDIR",
    "CACHEPATH": "CACHEDIR",
    "TMP": "TMPDIR",
    "TEMP": "TMPDIR",
    "TMPPATH": "TMPDIR",
    "TEMPORARY_DIR": "TMPDIR",
    "BIND_PATHS": "BINDPATH",
}


@rule(
    "ENV107",
    severity="warning",
    tags="definition-build",
    message={
        "near": "no runtime knows {name}: what it says has no effect",
        "other": "{name} is Apptainer's, and {runtime} reads names with SINGULARITY_ only",
        "stops": "{name}={value} acts as {flag}: {what}",
        "value": "{name}={value} acts as {flag}, which takes true or false: every build fails at once",
        "changes": "{name}={value} acts as {flag}: {what}",
    },
    help={
        "": 'did you mean {meant}? `export {meant}="${name}"; unset {name}`',
        "stops": "build without it: `unset {name}`",
        "value": "build without it: `unset {name}`",
        "changes": "build without it: `unset {name}`",
    },
)
@bad("", host={"environment": {"SINGULARITY_TEMPDIR": "/scratch"}})
@bad("", host={"environment": {"APPTAINER_FAKEROOT": "1"}})
@good("")
def unknown_runtime_variable(
    host: Host, options: Allowed, site: Site | None = None, plan: Plan | None = None
) -> Findings:
    """A variable for the runtime is mistyped, is for the other runtime, or acts as a flag that nobody gave.

    It is passed over silently, so the build goes to a temporary folder or a cache that nobody meant.  The older prefix
    SINGULARITY_ is honoured by Apptainer (measured), the newer one by Apptainer only.  Others stand for a flag of the runtime,
    and hold for the containers that a build starts too: with APPTAINER_FAKEROOT=1 it ends at once ("newuidmap must be owned by the
    root user"), with APPTAINER_OVERLAY before %post ("cannot use --overlay in conjunction with --writable", all measured).
    Source: issues of Singularity and SingularityCE; the flags and the code of both runtimes; measured.
    """
    yield from _flag_findings(host, plan)
    all_known = host.runtimes if not isinstance(host.runtimes, Unknown) else ()
    only_ce = bool(all_known) and all(known(one.family, "apptainer") != "apptainer" for one in all_known)
    own = site.runtime.variables if site is not None else ()
    for name in (variable.name for variable in host.environment):
        prefix, _, stem = name.partition("_")
        if (
            prefix not in ("APPTAINER", "SINGULARITY")
            or not name.isidentifier()
            or name in own
            or _allowed(name, options)
        ):
            continue
        if stem not in _KNOWN:
            meant = _MEANT.get(stem) or _near(stem)
            if meant is not None:
                right = "APPTAINER" if prefix == "APPTAINER" and not only_ce else "SINGULARITY"
                yield finding(host, "near", name=name, meant=f"{right}_{meant}")
        elif prefix == "APPTAINER" and only_ce and stem not in _IN_CONTAINERS:
            yield finding(host, "other", name=name, runtime=command(host, site), meant=f"SINGULARITY_{stem}")


# What the runtime itself sets in a container.
_IN_CONTAINERS = frozenset("APPNAME COMMAND CONTAINER ENVIRONMENT INIT INSTANCE NAME ROOTFS".split())


def _near(stem: str) -> str | None:
    """The setting that was meant: of a short word one letter may differ, of a longer one two."""
    meant = within_two_edits(stem, _KNOWN - _IN_CONTAINERS) if len(stem) > 4 else None
    return meant if meant is not None and edit_distance(stem, meant) <= (1 if len(stem) < 9 else 2) else None


def _allowed(name: str, options: Allowed) -> bool:
    return any(name == word or (word[-1:] == "*" and name.startswith(word[:-1])) for word in options.allow)


# -- ENV108


@rule(
    "ENV108",
    severity="warning",
    tags="definition-build",
    message="an image built here is for {own}, and the compute nodes of {site} are {wanted}",
    help="here, only convert and sign; build in a job on a compute node: {line}",
)
@bad("", site="fugaku:login")
@good("")
def other_architecture(host: Host, site: Site) -> Findings:
    """This node has another architecture than the compute nodes, where the image is to run.

    A build fetches and installs for the machine that it runs on.  The image then fails at its first start, after a wait in
    the queue ("the image's architecture (amd64) could not run on the host's (arm64)", measured the other way round).
    Source: Fugaku Singularity guide, appendix on the system.
    """
    if not isinstance(site.arch.compute, str):
        return
    role = site.role or ("login" if host.platform.role == "login" else "")
    if role in ("login", "prepost") and host.platform.architecture != site.arch.compute:
        yield finding(
            host,
            own=host.platform.architecture,
            site=site.name,
            wanted=site.arch.compute,
            line=f"`sifcheck job new --site {quote(site.name)}:compute FILE`",
        )


# -- variables that act as flags of the runtime, and what each does to a build from a definition file


class _Flag(NamedTuple):
    """A flag: the names of its variables behind APPTAINER_, its own, the message's key and level, what comes of it.

    `converts`: whether it also bears on what only converts an image; `value`: whether it takes more than true or false.
    """

    stems: tuple[str, ...]
    name: str
    key: str
    severity: Severity
    what: str
    converts: bool = False
    value: bool = False


# All measured with Apptainer 1.4.5 without setuid, for a user with and without subordinate ids.
_FLAGS = (
    _Flag(
        ("FAKEROOT",),
        "--fakeroot",
        "stops",
        "error",
        "the build starts itself anew as root and then fails to do so once more",
        converts=True,
    ),
    _Flag(("UPDATE",), "--update", "stops", "error", "only a sandbox can be updated", converts=True),
    _Flag(("OVERLAY", "OVERLAYIMAGE"), "--overlay", "stops", "error", "%post will not start", value=True),
    _Flag(("NET", "UNSHARE_NET"), "--net", "stops", "error", "%post will not start without root's rights"),
    _Flag(
        ("USERNS", "UNSHARE_USERNS"),
        "--userns",
        "changes",
        "warning",
        "%post runs with root as its only id, and chown fails there",
    ),
    _Flag(
        ("CWD", "TARGET_CWD"),
        "--cwd",
        "changes",
        "warning",
        "%post will not start on a base without that folder",
        value=True,
    ),
    _Flag(
        ("IGNORE_SUBUID",),
        "--ignore-subuid",
        "changes",
        "warning",
        "the build does without the subordinate ids that you have",
    ),
    _Flag(
        ("IGNORE_FAKEROOT_COMMAND",),
        "--ignore-fakeroot-command",
        "changes",
        "info",
        "the build does without the fakeroot command, and chown fails in %post",
    ),
    _Flag(("IGNORE_USERNS",), "--ignore-userns", "changes", "info", "the build does without user namespaces"),
)


def _flag_findings(host: Host, plan: Plan | None) -> Iterator[Draft]:
    """What variables do as flags to a build of Apptainer's by a user; the other runtimes were not measured."""
    runtime = host.runtime
    if host.identity.is_root or runtime is None or known(runtime.family) != "apptainer":
        return
    if (known(runtime.version) or (0,)) < (1, 1):
        return
    for flag in _FLAGS:
        variable = flag_variable(host, *flag.stems)
        if variable is None or not variable.value:
            continue
        values: dict[str, Any] = {"name": variable.name, "value": quote(variable.value), "flag": flag.name}
        state = True if flag.value else variable.flag
        if state is None:
            yield finding(host, "value", severity="error", **values)
        elif state and _bears(flag, host, plan):
            yield finding(host, flag.key, severity=flag.severity, what=flag.what, **values)


def _bears(flag: _Flag, host: Host, plan: Plan | None) -> bool:
    """Whether the flag changes this build, by this user, with this installation."""
    if plan is not None and plan.converts and not flag.converts:
        return False
    if flag.name == "--update":
        return plan is None or not plan.sandbox
    if flag.name in ("--fakeroot", "--net"):
        # With a setuid installation it was not measured.
        setuid = setuid_works(host)
        return not isinstance(setuid, Unknown) and not setuid
    listed = bool(known(host.identity.subuids, ()))
    if flag.name == "--ignore-subuid":
        return listed
    if flag.name == "--ignore-fakeroot-command":
        program = host.program("fakeroot")
        return not listed and program is not None and isinstance(program.path, str)
    return True
