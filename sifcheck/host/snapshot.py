"""The snapshot of a machine: what the ENV rules and `doctor` judge, taken here or elsewhere.

Facts only, no judgement.  A fact that could not be learnt is `Unknown`, with the reason: it is neither true nor false, and
asking whether it is raises.  `known(fact)` turns it into a default; `isinstance(fact, Unknown)` tells.  None is a fact:
there is no such thing (no limit, no such file, no such setting), as each field says.

Sizes are in bytes, times in seconds, modes as chmod has them (without the kind of file).
"""

from __future__ import annotations

from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple
from sifcheck.host.mounts import MEMORY_TYPES, SHARED_TYPES

__all__ = [
    "VERSION",
    "Bind",
    "CredentialFile",
    "Group",
    "Host",
    "IdRange",
    "Identity",
    "Installation",
    "Keyring",
    "Keys",
    "Leftover",
    "Limit",
    "Limits",
    "Memory",
    "Namespaces",
    "Network",
    "Platform",
    "Processors",
    "Program",
    "Quota",
    "RegistryAnswer",
    "Rehearsal",
    "RuntimeConfiguration",
    "Scheduler",
    "Setting",
    "Storage",
    "Variable",
]

VERSION = 1
"""Of the shape of a saved snapshot; it grows when a field changes its meaning or goes, not when one is added."""


class Group(NamedTuple):
    """A group; `name` is None where the machine cannot name it."""

    id: int
    name: str | None = None


class IdRange(NamedTuple):
    """A line of /etc/subuid or /etc/subgid that holds for this user: `size` ids from `first` on."""

    first: int
    size: int


class Identity(NamedTuple):
    """Who would build.

    `group` is the effective group, `account_group` the one of the password entry (None without an entry); they differ
    in a `newgrp` or `sg` shell.  `groups` are the supplementary ones, the effective one left out.  `home` is the password
    entry's, which the runtimes use whatever $HOME says.  `grants_group_subids`: GRANT_AUX_GROUP_SUBIDS of login.defs,
    with which newgidmap does not insist on the account's group.  Ranges are empty where the user has none.
    """

    user_id: int
    user_name: str | None
    in_passwd: bool | Unknown
    group: Group
    account_group: Group | Unknown | None
    groups: tuple[Group, ...]
    home: str | Unknown | None
    subuids: tuple[IdRange, ...] | Unknown
    subgids: tuple[IdRange, ...] | Unknown
    grants_group_subids: bool | Unknown
    umask: int

    @property
    def is_root(self) -> bool:
        """Whether a build here is root's, which needs no route to it."""
        return self.user_id == 0


class Platform(NamedTuple):
    """What kind of machine it is.

    `architecture` and `kernel` as uname has them; `distribution` and `distribution_version` are ID and VERSION_ID of
    os-release; `libc` is like "glibc 2.36" (None: not told, as with musl).  `role` is login, compute, container, laptop or
    unknown, and `signs` why it is thought to be.  `container` names the container that this is in ("docker", "apptainer",
    "unnamed"), None outside.
    """

    architecture: str
    kernel: str
    distribution: str | Unknown | None
    distribution_version: str | Unknown | None
    libc: str | Unknown | None
    host_name: str
    role: str
    signs: tuple[str, ...]
    container: str | Unknown | None
    page_size: int


class Processors(NamedTuple):
    """`on_node` of the whole machine, `usable` by this process (affinity), `quota` in cores from the cgroup (None: none)."""

    on_node: int | Unknown
    usable: int | Unknown
    quota: float | Unknown | None


class Setting(NamedTuple):
    """A line of the runtime's configuration file that bears on a build, as it is written there."""

    name: str
    value: str


class RuntimeConfiguration(NamedTuple):
    """The runtime's configuration file.  `readable` fails with what the runtime would say; settings in file order."""

    path: str
    readable: Outcome
    settings: tuple[Setting, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a setting such as "mksquashfs mem" or "bind path", empty where it is not set."""
        return tuple(setting.value for setting in self.settings if setting.name == name)

    def value(self, name: str) -> str | None:
        """The last value of a setting, None where it is not set."""
        return next(iter(self.values(name)[::-1]), None)


class Installation(NamedTuple):
    """A singularity or apptainer found on PATH.

    `name` is what it was called to be found, `path` where, `real_path` what that leads to.  `family` is apptainer,
    singularity-ce, singularity-pro or singularity.  `version_text` is what the program printed; `version` its numbers:
    SingularityPRO 3.11-7 is (3, 11, 7), CE 4.1.2-bionic (4, 1, 2).  `setuid_starter`: whether a starter with the setuid bit
    is installed where that counts (no nosuid mount); whether it is also allowed says the configuration ("allow setuid").
    """

    name: str
    path: str
    real_path: str
    family: str | Unknown
    version_text: str | Unknown
    version: tuple[int, ...] | Unknown
    setuid_starter: bool | Unknown
    configuration: RuntimeConfiguration | Unknown

    @staticmethod
    def saved_as(field: str) -> str:
        """The key of a field in a saved snapshot, where the family has an older name."""
        return "flavour" if field == "family" else field

    @property
    def uses_setuid(self) -> bool | Unknown:
        """Whether it gets its rights from a setuid starter: installed, not switched off, not on a nosuid mount."""
        if isinstance(self.setuid_starter, Unknown) or not self.setuid_starter:
            return self.setuid_starter
        if isinstance(self.configuration, Unknown):
            return self.configuration
        return self.configuration.value("allow setuid") != "no"


class Program(NamedTuple):
    """A helper program, found as the runtime finds it.  `path` is None where it is not there; the rest is then None too.

    `setuid` is a setuid bit with root as owner; `capability` a file capability; `nosuid` whether it lies on a nosuid
    mount, where neither counts.
    """

    name: str
    path: str | Unknown | None
    version: str | Unknown | None = None
    setuid: bool | Unknown | None = None
    capability: bool | Unknown | None = None
    nosuid: bool | Unknown | None = None

    @property
    def found(self) -> bool | Unknown:
        """Whether it is there."""
        return self.path if isinstance(self.path, Unknown) else self.path is not None

    @property
    def privileged(self) -> bool | Unknown:
        """Whether it runs with more rights than its caller: setuid or a capability, and not on a nosuid mount."""
        for fact in (self.path, self.nosuid, self.setuid, self.capability):
            if isinstance(fact, Unknown):
                return fact
        return self.path is not None and not self.nosuid and bool(self.setuid or self.capability)


class Namespaces(NamedTuple):
    """What the kernel lets this user do.

    The settings are None where this kernel has no such setting.  `user`, `mount`, `pid` and `nested` (a user namespace
    in a user namespace) were really tried.  `subordinate_maps` is what newuidmap and newgidmap said; `home_mount` is the
    mount of the account's home on another folder behind them, as a build does it, `home_mount_without_groups` the same
    after the supplementary groups are dropped (SingularityCE and PRO without --no-setgroups, Apptainer before 1.2).
    `proc_mount` is the mount of a fresh /proc.  `capabilities_missing` are the numbers of the capabilities that the kernel
    has and this process may not have, as root in a container.
    """

    max_user: int | Unknown | None
    max_mount: int | Unknown | None
    max_pid: int | Unknown | None
    unprivileged_clone: int | Unknown | None
    apparmor_restricts: int | Unknown | None
    apparmor_profiles: tuple[str, ...] | Unknown
    no_new_privs: bool | Unknown
    seccomp: bool | Unknown
    identity_maps: bool | Unknown
    user: Outcome | Unknown
    mount: Outcome | Unknown
    pid: Outcome | Unknown
    nested: Outcome | Unknown
    subordinate_maps: Outcome | Unknown
    home_mount: Outcome | Unknown
    home_mount_without_groups: Outcome | Unknown
    proc_mount: Outcome | Unknown
    capabilities_missing: tuple[int, ...] | Unknown = Unknown("not asked")


class Quota(NamedTuple):
    """What a quota leaves; None is no limit of that kind.  `source` is the program that told."""

    used_bytes: int | None
    limit_bytes: int | None
    used_inodes: int | None
    limit_inodes: int | None
    source: str


class Rehearsal(NamedTuple):
    """The first steps of a fakeroot build, tried in one folder behind the same id maps.

    `maps` is "subordinate" (newuidmap, newgidmap) or "single" (only root is mapped); `chown` gives a folder to a mapped
    id that is not root (always refused with single maps, hence then Unknown), `execute` runs a script that lies there.
    """

    maps: str | Unknown
    mkdir: Outcome | Unknown
    chown: Outcome | Unknown
    execute: Outcome | Unknown
    attributes: Outcome | Unknown


class Storage(NamedTuple):
    """A folder that a build uses or could use.

    `purpose` is one of tmpdir (the effective temporary folder), cache, home (of the password entry), tmp (/tmp), vartmp
    (/var/tmp), output, cwd, scratch (a candidate for the temporary folder; there may be several).  `path` is as it was set;
    `origin` says by what: the variable's name, "--tmpdir", "default", "password entry", "site", "output".

    Where the folder does not exist yet, the facts from `owner_id` on are of `nearest`, the nearest folder above it that
    does (None: it has none).  `group` is the folder's group, `needs_groups` the supplementary groups without which
    the path could not be reached.  `writable` is a folder really made; `readable` whether its names can be listed.
    `mounted` is False where the file system's number is no mount of its own (a nested btrfs subvolume), which the runtimes
    refuse.  `filesystem` is the kernel's name for the type, `options` those of the mount and of the file system.
    `available_*` is what this user may still use by statvfs, which knows nothing of most quotas; None where the
    file system counts no inodes.  `quota` is None where there is none.
    """

    purpose: str
    path: str
    origin: str
    real_path: str | Unknown
    exists: bool | Unknown
    is_directory: bool | Unknown
    nearest: str | Unknown | None
    owner_id: int | Unknown
    group: Group | Unknown
    mode: int | Unknown
    needs_groups: tuple[Group, ...] | Unknown
    readable: bool | Unknown
    writable: Outcome | Unknown
    mounted: bool | Unknown
    mount_point: str | Unknown
    filesystem: str | Unknown
    options: tuple[str, ...] | Unknown
    device: str | Unknown
    total_bytes: int | Unknown
    available_bytes: int | Unknown
    total_inodes: int | Unknown | None
    available_inodes: int | Unknown | None
    quota: Quota | Unknown | None
    rehearsal: Rehearsal

    @property
    def is_absolute(self) -> bool:
        """Whether the path begins at the root."""
        return self.path.startswith("/")

    @property
    def is_shared(self) -> bool:
        """Whether it lies on a type of file system that machines share, or on a fuse mount; False where that is unknown."""
        return known(self.filesystem, "").startswith((*SHARED_TYPES, "fuse"))

    @property
    def is_memory(self) -> bool:
        """Whether it lies in memory by the type of its file system; False where that is unknown."""
        return known(self.filesystem, "") in MEMORY_TYPES

    @property
    def setgid(self) -> bool | Unknown:
        """Whether what is made in the folder gets the folder's group."""
        return self.mode if isinstance(self.mode, Unknown) else bool(self.mode & 0o2000)

    def has_option(self, name: str) -> bool | Unknown:
        """Whether it is mounted with an option such as noexec, nodev, nosuid, ro."""
        return self.options if isinstance(self.options, Unknown) else name in self.options


class Leftover(NamedTuple):
    """A folder that a dead build left in a temporary folder: this user's, or of one of the subordinate ids.

    `bytes` may be a lower bound (`complete` is False) where counting took too long or parts could not be read.
    `age` is since the last change.  `held`: a process still has its folder or a file in it.  `subordinate`: something in
    it belongs to a subordinate id, so a plain rm cannot remove it.
    """

    path: str
    kind: str
    bytes: int | Unknown
    complete: bool
    age: int
    held: bool | Unknown
    subordinate: bool | Unknown


class Memory(NamedTuple):
    """Memory of the node, and what the cgroup leaves of it (the tightest of all levels; None: no limit)."""

    total_bytes: int | Unknown
    available_bytes: int | Unknown
    swap_bytes: int | Unknown
    cgroup_version: int | Unknown | None
    cgroup_limit_bytes: int | Unknown | None
    cgroup_used_bytes: int | Unknown | None


class Limit(NamedTuple):
    """A resource limit: what holds now, and how far the user may raise it.  None is unlimited."""

    soft: int | None
    hard: int | None


class Limits(NamedTuple):
    """Resource limits: bytes, processes, seconds, files.  `cgroup_processes` is the pids limit of the cgroup."""

    address_space: Limit | Unknown
    processes: Limit | Unknown
    file_size: Limit | Unknown
    cpu_seconds: Limit | Unknown
    open_files: Limit | Unknown
    processes_used: int | Unknown
    cgroup_processes: int | Unknown | None
    cgroup_processes_used: int | Unknown | None


class Variable(NamedTuple):
    """A variable of the environment.  `value` is None where it is set but holds a secret."""

    name: str
    value: str | None

    @property
    def flag(self) -> bool | None:
        """Whether it switches a flag of the runtime on or off; None for what the runtime takes for neither."""
        return _FLAGS.get(self.value or "")


# What Go's ParseBool takes.
_FLAGS = {
    **dict.fromkeys("1 t T TRUE true True".split(), True),
    **dict.fromkeys("0 f F FALSE false False".split(), False),
}


class Bind(NamedTuple):
    """One bind that a variable asks for in every container, %post included.  `exists`: its source, on this machine."""

    variable: str
    source: str
    target: str
    exists: bool | Unknown


class Scheduler(NamedTuple):
    """The batch scheduler: `kind` is pjm, slurm, pbs, lsf, sge or None; `job` the job's id, None outside of one.

    `commands` are the programs to submit with that were found; `memory_bytes` what the job asked for on this node (None:
    nothing said); `node_local` the variables that name folders of the job on the node.
    """

    kind: str | None
    job: str | None
    commands: tuple[str, ...]
    memory_bytes: int | Unknown | None
    node_local: tuple[Variable, ...]


class RegistryAnswer(NamedTuple):
    """What a registry said when it was asked (only with --online)."""

    registry: str
    reachable: Outcome | Unknown
    pulls_left: int | Unknown | None


class Network(NamedTuple):
    """`proxies` as in the environment, without their user names and passwords.

    `remote_serves_images`: whether the remote endpoint that the runtime uses may have a library of images; Apptainer's own
    has none.
    """

    proxies: tuple[Variable, ...]
    registries: tuple[RegistryAnswer, ...] | Unknown
    remote_serves_images: bool | Unknown = Unknown("not read")


class Keyring(NamedTuple):
    """A key ring of the runtime: `kind` is secret or public.  `keys` counts its primary keys; None where it is missing.

    `fingerprints` are those of the keys in a public one, in capitals; empty where it is missing, and of a secret one.
    `locked` counts the keys of a secret one that a passphrase locks; None where it is missing, and of a public one.
    """

    kind: str
    path: str
    exists: bool | Unknown
    mode: int | Unknown | None
    owner_id: int | Unknown | None
    keys: int | Unknown | None
    fingerprints: tuple[str, ...] | Unknown = Unknown("not read")
    locked: int | Unknown | None = Unknown("not read")


class CredentialFile(NamedTuple):
    """A file that may hold logins of registries.  `logins` counts them; None where the file is missing."""

    path: str
    exists: bool | Unknown
    mode: int | Unknown | None
    owner_id: int | Unknown | None
    logins: int | Unknown | None


class Keys(NamedTuple):
    """Keys and logins: only that they are there and who may read them, never what they are."""

    keyrings: tuple[Keyring, ...]
    credentials: tuple[CredentialFile, ...]
    terminal: bool

    def keyring(self, kind: str) -> Keyring | None:
        """The secret or the public key ring."""
        return next((ring for ring in self.keyrings if ring.kind == kind), None)


class Host(NamedTuple):
    """A machine at one moment, as one user sees it.

    `taken` is when, in UTC (ISO 8601).  `runtimes` in the order of PATH, each name once, the first of its name
    as a shell finds it.  `environment` holds the variables that change a build.
    """

    version: int
    taken: str
    identity: Identity
    platform: Platform
    processors: Processors
    runtimes: tuple[Installation, ...] | Unknown
    programs: tuple[Program, ...]
    namespaces: Namespaces
    storage: tuple[Storage, ...]
    leftovers: tuple[Leftover, ...] | Unknown
    memory: Memory
    limits: Limits
    scheduler: Scheduler
    network: Network
    keys: Keys
    environment: tuple[Variable, ...]
    binds: tuple[Bind, ...]

    @property
    def span(self) -> Span:
        """Where findings about the machine stand: in no file."""
        return Span(0, 0)

    @property
    def runtime(self) -> Installation | None:
        """The runtime that would build: the first on PATH; None without one, or where that is unknown."""
        return None if isinstance(self.runtimes, Unknown) else next(iter(self.runtimes), None)

    def own_variable(self, name: str) -> str:
        """The name of one of the runtime's variables, as APPTAINER_TMPDIR; Apptainer's where the runtime is not known."""
        family = known(self.runtime.family) if self.runtime is not None else None
        return f"{'APPTAINER' if family in (None, 'apptainer') else 'SINGULARITY'}_{name}"

    def program(self, name: str) -> Program | None:
        """The helper program of that name, None where it was never looked for."""
        return next((program for program in self.programs if program.name == name), None)

    def place(self, purpose: str) -> Storage | None:
        """The (first) storage of that purpose, None where it was not looked at."""
        return next((storage for storage in self.storage if storage.purpose == purpose), None)

    def places(self, purpose: str) -> tuple[Storage, ...]:
        """All storage of that purpose, as with scratch."""
        return tuple(storage for storage in self.storage if storage.purpose == purpose)

    def variable(self, name: str) -> Variable | None:
        """The variable of that name if it is set and changes a build."""
        return next((variable for variable in self.environment if variable.name == name), None)
