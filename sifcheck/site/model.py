"""What a site file can say of a cluster: every key, declared once, with its type, its meaning and what it takes.

From this table come the reader, the JSON schema, the explanation that `sifcheck sites NAME` gives and the table of keys
in the documentation.

A single fact that the file does not give, or marks "unknown", is `Unknown`: it is neither true nor false, and asking whether
it is raises.  Test it with `isinstance`, with `known(fact)` or by comparing it with what it should be.  A list of which
nothing is known is empty; `Site.unknown` names the keys that the file marks.

Sizes are in bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.facts import Unknown, known
from sifcheck.base.startup import NamedTuple
from sifcheck.runtime.versions import FAMILY_NAMES

__all__ = ["NOT_SAID", "ROLES", "UNKNOWN", "Site", "SiteKey", "Unknown", "known"]

UNKNOWN = Unknown("the site file marks it as not known")
NOT_SAID = Unknown("the site file does not say")

ROLES = ("login", "compute", "prepost")
"""What a node is for: where users log in, where jobs run, where data are prepared and looked at."""

ARCHITECTURES = ("x86_64", "aarch64", "ppc64le", "riscv64", "loongarch64")
STATUSES = ("documented", "observed", "inferred")


class SiteKey(NamedTuple):
    """What there is to say about one key, besides its name and type, which are those of the field.

    `values` and `pattern` narrow a text, `form` says in words what the pattern asks for.  `one` is whether a list may be
    written as the one text that it holds.  `required`: the file is refused without it, and it cannot be unknown.  `told`:
    it is a fact about the cluster, which has a source; names and addresses of people to ask are none.  `regex` is whether
    it holds regular expressions.
    """

    help: str
    values: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    one: bool = False
    required: bool = False
    told: bool = True
    regex: bool = False


def _key(help: str, **more: Any) -> Any:
    """A field of a table; Any, so that the type of the field is that of its value."""
    return SiteKey(help, **more)


class Sign(NamedTuple):
    """What tells a node of the cluster: all that one sign names must hold."""

    role: str = _key("what a node with this sign is for", values=ROLES, required=True)
    hostname: str | Unknown = _key(
        "what the host name looks like, as a regular expression that is looked for in it", regex=True
    )
    paths: tuple[str, ...] = _key("files or folders that are there", one=True)
    env: tuple[str, ...] = _key("variables that are set, NAME, or have a value, NAME=VALUE", one=True)


class About(NamedTuple):
    """Which cluster it is, and how its nodes are told from others."""

    name: str = _key(
        "the name, which is the file's without .toml too",
        pattern=r"^[a-z0-9][a-z0-9_.-]*$", form="small letters, digits, . _ -", required=True, told=False,
    )  # fmt: skip
    title: str | Unknown = _key("the cluster's full name", told=False)
    generic: bool | Unknown = _key(
        "whether this is a kind of cluster, for any one without a file of its own", told=False
    )
    contact: str | Unknown = _key("whom to ask", told=False)
    documentation: str | Unknown = _key("where the cluster's guide is", told=False)
    detect: tuple[Sign, ...] = _key("what tells a node of it; the first sign that holds gives the role")


class Arch(NamedTuple):
    """The processors."""

    login: str | Unknown = _key("of the login nodes, as `uname -m` says it", values=ARCHITECTURES)
    compute: str | Unknown = _key("of the compute nodes", values=ARCHITECTURES)
    prepost: str | Unknown = _key("of the pre/post-processing nodes", values=ARCHITECTURES)
    cpu: str | Unknown = _key("the compute nodes' processor, as compilers call it")
    login_cpu: str | Unknown = _key("the login nodes' processor, as compilers call it")
    prepost_cpu: str | Unknown = _key("the pre/post-processing nodes' processor")
    flags: str | Unknown = _key("the compiler's option for the compute nodes, in place of -march=native")


class NodeFacts(NamedTuple):
    """One kind of node."""

    memory_bytes: int | Unknown = _key("the memory that a job, or a user, can have on one")
    stable_memory_bytes: int | Unknown = _key("the memory that can be used without trouble")
    cores: int | Unknown = _key("the cores of one")
    max_threads: int | Unknown = _key("the threads that a user may run on one")
    address_space_bytes: int | Unknown = _key("the limit of a process's address space (ulimit -v)")
    max_processes: int | Unknown = _key("the limit of a user's processes (ulimit -u)")
    system: str | Unknown = _key("the operating system")
    builds: str | Unknown = _key(
        "whether images may be built there: `light` is small ones only",
        values=("allowed", "light", "forbidden"),
    )
    fakeroot: bool | Unknown = _key("whether builds with --fakeroot work for users there")
    user_namespaces: bool | Unknown = _key("whether users can make user namespaces")
    subordinate_ids: bool | Unknown = _key("whether users have ranges in /etc/subuid and /etc/subgid")
    network: str | Unknown = _key("the way to the internet", values=("direct", "proxy", "restricted", "none"))
    proxy: str | Unknown = _key(
        "the proxy's address, as it is set in http_proxy; shell variables may stand in it"
    )
    policy: str | Unknown = _key("what the site asks of work there, in its users' words")


class Nodes(NamedTuple):
    """The kinds of nodes; of a kind that is not there the file has no table."""

    login: NodeFacts = _key("where users log in")
    compute: NodeFacts = _key("where jobs run")
    prepost: NodeFacts = _key("where data are prepared and looked at")


class Build(NamedTuple):
    """How images are built there."""

    where: tuple[str, ...] = _key("the kinds of nodes to build on", values=ROLES, one=True)
    routes: tuple[str, ...] = _key(
        "the ways to root in a build that work, the best first",
        values=("subordinate-ids", "user-namespace", "fakeroot-command", "proot", "remote", "elsewhere"),
    )
    module: str | Unknown = _key("the command that makes the way to build usable, as `module load ...`")
    options: tuple[str, ...] = _key("options that the site's guide gives to every build")
    max_jobs: int | Unknown = _key("how many compilers to run at once, as in make -j")
    usual_seconds: int | Unknown = _key("how long a usual build takes there")
    policy: str | Unknown = _key("what the site asks of builds, in its users' words")


class TmpCandidate(NamedTuple):
    """A folder that temporary files could go to."""

    path: str = _key("the folder; shell variables may stand in it", required=True)
    kind: str | Unknown = _key("what it lies on, as tmpfs, local-disk, llio-local, lustre")
    where: tuple[str, ...] = _key("the kinds of nodes that have it", values=ROLES, one=True)
    counts_as_memory: bool | Unknown = _key("whether its content counts against the job's memory")
    max_bytes: int | Unknown = _key("how much it can hold")
    ends_with_job: bool | Unknown = _key("whether its content is deleted when the job ends")
    needs_directive: str | Unknown = _key(
        "the scheduler's option that asks for it, without #PJM and the like"
    )
    options: tuple[str, ...] = _key("mount options that bear on a build, as nodev, noexec")
    fakeroot_ok: bool | Unknown = _key("whether a build with --fakeroot can give files to other ids there")
    note: str | Unknown = _key("what else to know, in one sentence")


class Tmp(NamedTuple):
    """Where temporary files of a build go."""

    default_env: str | Unknown = _key("the variable that the site sets for all users, as TMPDIR")
    default_value: str | Unknown = _key("what it is set to")
    default_ok: bool | Unknown = _key("whether a build with --fakeroot works with that default")
    candidates: tuple[TmpCandidate, ...] = _key("the folders to choose from, the best first")


class Cache(NamedTuple):
    """Where the runtime keeps what it fetched."""

    recommended: str | Unknown = _key(
        "the folder that the site's guide names; shell variables may stand in it"
    )
    shared_by_architectures: bool | Unknown = _key(
        "whether the default, below the home, is seen by nodes of several architectures"
    )


class FileSystems(NamedTuple):
    """The disks."""

    shared: tuple[str, ...] = _key("the types that all nodes share, on which no fakeroot build works")
    volumes: str | Unknown = _key(
        "what a path on a shared volume looks like, as a regular expression", regex=True
    )
    home: str | Unknown = _key("the type of the home's file system")
    home_bytes: int | Unknown = _key("the quota of a home")
    home_files: int | Unknown = _key("the quota of a home in files")
    data: str | Unknown = _key("where a group's data lie; words in capitals stand for names")
    data_bytes: int | Unknown = _key("the quota of a group's data")
    data_files: int | Unknown = _key("the quota of a group's data in files")
    host_only: tuple[str, ...] = _key("paths that are on the cluster's machines and in no image, as globs")


class GroupPolicy(NamedTuple):
    """What groups bear on builds and jobs."""

    fakeroot_requires: str | Unknown = _key("the group that must be the effective one for a fakeroot build")
    option_instead: str | Unknown = _key("the runtime's option that does without changing the group")
    option_since: Mapping[str, str] = _key("the first version of each runtime that has the option")
    output_requires: str | Unknown = _key(
        "the group to change to before an image is written to a group's folder"
    )
    job_group_forbidden: tuple[str, ...] = _key("groups that no job can be submitted with")


class RuntimeFacts(NamedTuple):
    """The container runtime."""

    family: str | Unknown = _key("which one", values=tuple(FAMILY_NAMES))
    version: str | Unknown = _key(
        "its version", pattern=r"^[0-9]+(\.[0-9]+)*([-+~][0-9A-Za-z.+~-]*)?$", form="4.1.4"
    )
    command: str | Unknown = _key("what it is called, if neither singularity nor apptainer alone will do")
    module: str | Unknown = _key("the command that puts it on PATH, as `module load ...`")
    others: tuple[str, ...] = _key("other versions that are installed, as singularity-pro-4.1.2")
    binds: tuple[str, ...] = _key("what is usually bound when an image is run")
    variables: tuple[str, ...] = _key("variables of runtimes that the site sets by itself")


class SiteScheduler(NamedTuple):
    """The batch system."""

    type: str | Unknown = _key("which one", values=("pjm", "slurm", "pbs", "grid-engine"))
    required: tuple[str, ...] = _key("options that every job gives, as they begin")
    required_for_builds: tuple[str, ...] = _key("options that a job gives which builds an image")
    required_for_containers: tuple[str, ...] = _key("options that a job gives which runs an image")
    refuses_without: bool | Unknown = _key("whether a job without them is refused")
    cmdline_only: tuple[str, ...] = _key("options that count on the command line only")
    volume_env: str | Unknown = _key("the variable that names the volumes a job uses")
    volume_of: Mapping[str, str] = _key(
        "the volume that a path lies on: what such paths begin with, as a regular expression, and the volume's name"
    )
    always_there: tuple[str, ...] = _key("volumes that need not be named, as they begin")
    queues: tuple[str, ...] = _key("the queues, partitions or resource groups")
    gpu_queues: tuple[str, ...] = _key("those of them whose nodes have GPUs")
    build_example: tuple[str, ...] = _key("the options of a job that builds an image")


class Repository(NamedTuple):
    """A package repository on the cluster's own disks."""

    path: str = _key("the folder it lies in", required=True)
    bind: str | Unknown = _key("the bind that makes it seen in a build, FROM:TO")
    url: str | Unknown = _key("the URL for a repository file once it is bound")
    format: str | Unknown = _key("the packages' format", values=("rpm", "deb"))
    architecture: str | Unknown = _key("what its packages are for", values=ARCHITECTURES)


class Packages(NamedTuple):
    """Packages from the cluster's own disks."""

    repositories: tuple[Repository, ...] = _key("the repositories")


class Mpi(NamedTuple):
    """How MPI gets into a container there."""

    family: str | Unknown = _key("what an image is to bring", values=("mpich", "openmpi"))
    minimum: str | Unknown = _key(
        "the oldest version that will do", pattern=r"^[0-9]+(\.[0-9]+)*$", form="3.4"
    )
    shared: bool | Unknown = _key(
        "whether its libraries must be shared ones, for the host's to take their place"
    )
    advice: str | Unknown = _key("what the site tells its users, in one sentence")


class Gpu(NamedTuple):
    """The graphics processors."""

    vendor: str | Unknown = _key("whose they are", values=("nvidia", "amd", "intel", "none"))
    cuda_max: str | Unknown = _key(
        "the newest CUDA that the driver runs", pattern=r"^[0-9]+(\.[0-9]+)*$", form="13.0"
    )


class SiteMirror(NamedTuple):
    """A copy of a registry within reach."""

    registry: str = _key("the registry that is copied", required=True)
    mirror: str | Unknown = _key("what to write in its place")


class Registries(NamedTuple):
    """Registries of images."""

    mirrors: tuple[SiteMirror, ...] = _key("the copies within reach")


class ImagePolicy(NamedTuple):
    """What the site asks of images."""

    signatures: bool | Unknown = _key("whether images must be signed")
    signers: tuple[str, ...] = _key("the fingerprints of the keys that count")
    labels: tuple[str, ...] = _key("the labels that an image must have")


class FactSource(NamedTuple):
    """Where facts come from."""

    document: str = _key("the document, or who saw it where", required=True, told=False)
    date: str | Unknown = _key(
        "the day of the copy that was read",
        pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", form="2026-01-16", told=False,
    )  # fmt: skip
    status: str | Unknown = _key(
        "how sure it is: documented (the default), observed in public files, or inferred",
        values=STATUSES, told=False,
    )  # fmt: skip
    facts: tuple[str, ...] = _key(
        "the keys that it stands for; a table's stands for all in it, and [NAME] picks one of a list",
        required=True, told=False,
    )  # fmt: skip


class Site(NamedTuple):
    """All that is known of a cluster.  `role` is the kind of node that was asked for, "" where none was.

    `unknown` are the keys that the file marks as not known; `path` is the file.
    """

    site: About = _key("which cluster it is", required=True)
    arch: Arch = _key("the processors")
    nodes: Nodes = _key("the kinds of nodes")
    build: Build = _key("how images are built there")
    tmp: Tmp = _key("where temporary files go")
    cache: Cache = _key("where the runtime keeps what it fetched")
    filesystems: FileSystems = _key("the disks")
    group: GroupPolicy = _key("what groups bear on builds and jobs")
    runtime: RuntimeFacts = _key("the container runtime")
    scheduler: SiteScheduler = _key("the batch system")
    packages: Packages = _key("packages from the cluster's own disks")
    mpi: Mpi = _key("how MPI gets into a container")
    gpu: Gpu = _key("the graphics processors")
    registries: Registries = _key("registries of images")
    policy: ImagePolicy = _key("what the site asks of images")
    sources: tuple[FactSource, ...] = _key("where the facts come from", told=False)

    roles: tuple[str, ...] = ()
    role: str = ""
    unknown: tuple[str, ...] = ()
    path: str = ""

    @property
    def name(self) -> str:
        """The site's name."""
        return self.site.name

    @property
    def node(self) -> NodeFacts:
        """The kind of node that was asked for; the compute nodes where none was."""
        node: NodeFacts = getattr(self.nodes, self.role or "compute")
        return node

    @property
    def architecture(self) -> str | None:
        """What images are to run on: the pre/post nodes' architecture where these were asked for, else the compute nodes'.

        Also for a login node, where an image may be built but is not meant to run.  None where it is not known.
        """
        found = self.arch.prepost if self.role == "prepost" else self.arch.compute
        return found if isinstance(found, str) else None

    @property
    def builds_elsewhere(self) -> bool:
        """Whether images are built on nodes with another processor than they run on, as far as that is known.

        The nodes that build are those that were asked for; where none were, those that the site names for builds.
        """
        runs = (
            (self.arch.prepost, self.arch.prepost_cpu)
            if self.role == "prepost"
            else (self.arch.compute, self.arch.cpu)
        )
        cpus = {"login": self.arch.login_cpu, "compute": self.arch.cpu, "prepost": self.arch.prepost_cpu}
        for role in (self.role,) if self.role else self.build.where:
            builds = (getattr(self.arch, role), cpus[role])
            for one, other in zip(builds, runs, strict=True):
                if isinstance(one, str) and isinstance(other, str) and one != other:
                    return True
        return False

    @property
    def scratch(self) -> tuple[TmpCandidate, ...]:
        """The folders for temporary files that nodes of the role that was asked for have, the best first."""
        role = self.role or "compute"
        return tuple(place for place in self.tmp.candidates if not place.where or role in place.where)


TABLES = tuple(name for name, default in Site._field_defaults.items() if isinstance(default, SiteKey))
"""The tables of a site file, in the order in which they are explained."""
