"""Makes the saved machines beside it, from documented facts of the sites: `python tests/host/snapshots/make.py`.

Nobody took them on the machines themselves: what the sites' documents do not say is unknown in them, or as on a healthy one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.saving import to_json
from sifcheck.host.snapshot import Group, Host, Identity, Limit, Storage, Variable
from sifcheck.testing.healthy_host import healthy_host, healthy_storage
from sifcheck.testing.host_overlay import lay

GIB = 1024**3
REFUSED = Outcome(False, "Operation not permitted")


def fugaku_compute(temporary: str = "/vol0004/hp120001/u01234", origin: str = "TMPDIR") -> Host:
    """A job on a compute node of Fugaku whose TMPDIR is as the site sets it, the home on FEFS, in the project's group."""
    host: Host = lay(
        healthy_host(),
        {
            "taken": "2026-11-24T00:00:00Z",
            "platform": {
                "architecture": "aarch64",
                "kernel": "4.18.0-553.el8.aarch64",
                "distribution": "rhel",
                "distribution_version": "8.10",
                "libc": "glibc 2.28",
                "host_name": "a01-0001c",
                "role": "compute",
                "signs": ["PJM_JOBID is set"],
                "page_size": 65536,
            },
            "processors": {"on_node": 48, "usable": 48},
            "namespaces": {"home_mount_without_groups": "Permission denied"},
            "memory": {
                "total_bytes": 32 * GIB,
                "available_bytes": 27 * GIB,
                "cgroup_version": 1,
                "cgroup_limit_bytes": 30739333120,
                "cgroup_used_bytes": 1 * GIB,
            },
        },
    )
    home = "/vol0004/hp120001/u01234"
    group, account = Group(55001, "hp120001"), Group(55000, "fugaku")
    fefs = _fefs("home", home, "password entry", group)
    storage = (
        _fefs("tmpdir", temporary, origin, group)
        if temporary.startswith("/vol")
        else _worktmp("tmpdir", origin),
        _fefs("cache", f"{home}/.singularity/cache", "default", group),
        fefs,
        *(place for place in host.storage if place.purpose in ("tmp", "vartmp")),
        _fefs("cwd", home, "current folder", group),
        _worktmp("scratch", "site"),
    )
    runtime = host.runtimes[0] if not isinstance(host.runtimes, Unknown) else None
    assert runtime is not None
    return host._replace(
        identity=_identity(host.identity, group, account, home),
        storage=storage,
        runtimes=(
            runtime._replace(
                name="singularity",
                path="/usr/bin/singularity",
                real_path="/usr/bin/singularity",
                family="singularity-ce",
                version_text="singularity-ce version 4.1.5-1.el8",
                version=(4, 1, 5),
                setuid_starter=True,
            ),
        ),
        scheduler=host.scheduler._replace(
            kind="pjm", job="12345678", commands=("pjsub",), memory_bytes=30739333120
        ),
        limits=host.limits._replace(processes=Limit(127219, 127219)),
        environment=(Variable("PJM_JOBID", "12345678"), Variable(origin, temporary)),
    )


def _identity(identity: Identity, group: Group, account: Group, home: str) -> Identity:
    return identity._replace(
        user_id=12345, user_name="u01234", group=group, account_group=account, groups=(account,), home=home
    )


def _fefs(purpose: str, path: str, origin: str, group: Group) -> Storage:
    place = healthy_storage(purpose, path, origin)
    return place._replace(
        owner_id=12345,
        group=group,
        mode=0o700,
        mount_point="/vol0004",
        filesystem="fefs",
        device="fefs",
        total_bytes=25_000_000 * GIB,
        available_bytes=9_000_000 * GIB,
        rehearsal=place.rehearsal._replace(chown=REFUSED),
    )


def _worktmp(purpose: str, origin: str) -> Storage:
    place = healthy_storage(purpose, "/worktmp", origin)
    return place._replace(
        mount_point="/worktmp",
        filesystem="tmpfs",
        options=("rw", "nosuid", "nodev", "relatime", "size=20971520k"),
        device="tmpfs",
        total_bytes=20 * GIB,
        available_bytes=20 * GIB,
    )


def fugaku_login() -> Host:
    """A login node of Fugaku: x86_64, the same home, limits of the users guide."""
    host = fugaku_compute()
    not_told = Unknown("the guide does not tell")
    changes: dict[str, Any] = {
        "platform": {
            "architecture": "x86_64",
            "kernel": "4.18.0-553.el8.x86_64",
            "host_name": "login4",
            "role": "login",
            "signs": ["a host name of the site"],
            "page_size": 4096,
        },
        "processors": {"on_node": not_told, "usable": not_told},
        "memory": {
            "total_bytes": not_told,
            "available_bytes": not_told,
            "cgroup_version": None,
            "cgroup_limit_bytes": None,
            "cgroup_used_bytes": None,
        },
        "limits": {
            "address_space": {"soft": 40 * GIB, "hard": 40 * GIB},
            "processes": {"soft": 4096, "hard": 4096},
        },
    }
    changed: Host = lay(host, changes)
    storage = tuple(place for place in changed.storage if place.purpose != "scratch")
    outside = changed.scheduler._replace(job=None, memory_bytes=None)
    environment = tuple(one for one in changed.environment if one.name != "PJM_JOBID")
    return changed._replace(storage=storage, scheduler=outside, environment=environment)


MADE = {
    "fugaku-compute-tmpdir-home": fugaku_compute,
    "fugaku-compute-worktmp": lambda: fugaku_compute("/worktmp", "SINGULARITY_TMPDIR"),
    "fugaku-login": fugaku_login,
}


def main() -> None:
    """Write them all."""
    for name, make in MADE.items():
        Path(__file__).with_name(f"{name}.json").write_text(to_json(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
