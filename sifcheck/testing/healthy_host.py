"""A machine where nothing is wrong: what a rule's example is laid over, and what tests change one fact of."""

from __future__ import annotations

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.probes.programs import PROGRAMS
from sifcheck.host.snapshot import (
    VERSION,
    CredentialFile,
    Group,
    Host,
    Identity,
    IdRange,
    Installation,
    Keyring,
    Keys,
    Limit,
    Limits,
    Memory,
    Namespaces,
    Network,
    Platform,
    Processors,
    Program,
    Rehearsal,
    RuntimeConfiguration,
    Scheduler,
    Setting,
    Storage,
)

__all__ = ["healthy_host", "healthy_storage"]

GIB = 1 << 30
WORKED = Outcome(True)
UNLIMITED = Limit(None, None)


def healthy_host() -> Host:
    """A compute node with Apptainer 1.4.5 without setuid, subordinate ids, a local /tmp on disk, and 64 GiB of memory."""
    return Host(
        version=VERSION,
        taken="2026-01-15T09:00:00Z",
        identity=_identity(),
        platform=_platform(),
        processors=Processors(on_node=16, usable=16, quota=None),
        runtimes=(_installation(),),
        programs=_programs(),
        namespaces=_namespaces(),
        storage=_storage(),
        leftovers=(),
        memory=Memory(
            total_bytes=64 * GIB,
            available_bytes=56 * GIB,
            swap_bytes=0,
            cgroup_version=2,
            cgroup_limit_bytes=None,
            cgroup_used_bytes=None,
        ),
        limits=Limits(
            address_space=UNLIMITED,
            processes=Limit(4096, 4096),
            file_size=UNLIMITED,
            cpu_seconds=UNLIMITED,
            open_files=Limit(1024, 524288),
            processes_used=12,
            cgroup_processes=None,
            cgroup_processes_used=None,
        ),
        scheduler=Scheduler(kind=None, job=None, commands=(), memory_bytes=None, node_local=()),
        network=Network(proxies=(), registries=Unknown("not asked: no --online"), remote_serves_images=False),
        keys=_keys(),
        environment=(),
        binds=(),
    )


def _platform() -> Platform:
    return Platform(
        architecture="x86_64",
        kernel="5.14.0-503.el9",
        distribution="rocky",
        distribution_version="9.5",
        libc="glibc 2.34",
        host_name="node1",
        role="unknown",
        signs=(),
        container=None,
        page_size=4096,
    )


def _identity() -> Identity:
    own = Group(1001, "builder")
    return Identity(
        user_id=1001,
        user_name="builder",
        in_passwd=True,
        group=own,
        account_group=own,
        groups=(),
        home="/home/builder",
        subuids=(IdRange(100000, 65536),),
        subgids=(IdRange(100000, 65536),),
        grants_group_subids=False,
        umask=0o022,
    )


def _installation() -> Installation:
    return Installation(
        name="apptainer",
        path="/usr/bin/apptainer",
        real_path="/usr/bin/apptainer",
        family="apptainer",
        version_text="apptainer version 1.4.5",
        version=(1, 4, 5),
        setuid_starter=False,
        configuration=RuntimeConfiguration(
            path="/etc/apptainer/apptainer.conf", readable=WORKED, settings=(Setting("allow setuid", "yes"),)
        ),
    )


def _programs() -> tuple[Program, ...]:
    versions = {"mksquashfs": "4.6.1", "unsquashfs": "4.6.1", "squashfuse_ll": "0.5.2", "curl": "8.9.1"}
    there = {
        "newuidmap",
        "newgidmap",
        "mksquashfs",
        "unsquashfs",
        "squashfuse_ll",
        "fuse-overlayfs",
        "rpm",
        "dnf",
        "curl",
    }
    return tuple(
        Program(
            name, f"/usr/bin/{name}", versions.get(name), name in ("newuidmap", "newgidmap"), False, False
        )
        if name in there
        else Program(name, None)
        for name in PROGRAMS
    )


def _namespaces() -> Namespaces:
    return Namespaces(
        max_user=256000,
        max_mount=256000,
        max_pid=256000,
        unprivileged_clone=None,
        apparmor_restricts=None,
        apparmor_profiles=(),
        no_new_privs=False,
        seccomp=False,
        identity_maps=True,
        user=WORKED,
        mount=WORKED,
        pid=WORKED,
        nested=WORKED,
        subordinate_maps=WORKED,
        home_mount=WORKED,
        home_mount_without_groups=WORKED,
        proc_mount=WORKED,
        capabilities_missing=(),
    )


def healthy_storage(purpose: str, path: str, origin: str = "default") -> Storage:
    """A folder on a local disk with room enough, where every step of a build works."""
    return Storage(
        purpose=purpose,
        path=path,
        origin=origin,
        real_path=path,
        exists=True,
        is_directory=True,
        nearest=path,
        owner_id=0,
        group=Group(0, "root"),
        mode=0o1777,
        needs_groups=(),
        readable=True,
        writable=WORKED,
        mounted=True,
        mount_point="/",
        filesystem="xfs",
        options=("rw", "relatime"),
        device="/dev/nvme0n1p2",
        total_bytes=900 * GIB,
        available_bytes=500 * GIB,
        total_inodes=400_000_000,
        available_inodes=399_000_000,
        quota=None,
        rehearsal=Rehearsal(
            maps="subordinate", mkdir=WORKED, chown=WORKED, execute=WORKED, attributes=WORKED
        ),
    )


def _own(purpose: str, path: str, origin: str) -> Storage:
    storage = healthy_storage(purpose, path, origin)
    return storage._replace(owner_id=1001, group=Group(1001, "builder"), mode=0o700)


def _storage() -> tuple[Storage, ...]:
    return (
        healthy_storage("tmpdir", "/tmp"),  # noqa: S108 - it is the runtime's default
        _own("cache", "/home/builder/.apptainer/cache", "default"),
        _own("home", "/home/builder", "password entry"),
        healthy_storage("tmp", "/tmp", "/tmp"),  # noqa: S108
        healthy_storage("vartmp", "/var/tmp", "/var/tmp"),  # noqa: S108
        _own("cwd", "/home/builder", "current folder"),
    )


def _keys() -> Keys:
    folder = "/home/builder/.apptainer"
    return Keys(
        keyrings=tuple(
            Keyring(kind, f"{folder}/keys/pgp-{kind}", True, 0o600, 1001, keys=1, locked=locked)
            for kind, locked in (("secret", 1), ("public", None))
        ),
        credentials=(
            CredentialFile(
                f"{folder}/docker-config.json", exists=False, mode=None, owner_id=None, logins=None
            ),
            CredentialFile(
                "/home/builder/.docker/config.json", exists=False, mode=None, owner_id=None, logins=None
            ),
        ),
        terminal=True,
    )
