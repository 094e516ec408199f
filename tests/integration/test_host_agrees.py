"""What a snapshot says of a folder and an account, the real Apptainer finds too when it builds there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from host.situation import (
    BIND,
    HERE,
    LIBRARY,
    NO_NEW_PRIVS,
    NODEV,
    NOEXEC,
    NOSUID,
    PATH,
    REMOUNT,
    RO,
    account,
    fresh,
    inside,
    mount,
    moved_home,
    replaced,
    tmpfs,
)
from integration.base_image import base_image

from sifcheck.base.facts import known
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host

pytestmark = pytest.mark.integration

DEFINITION = """\
Bootstrap: localimage
From: /mnt/base.sqsh
%post
    echo built > /built
"""


class Build(NamedTuple):
    """What the snapshot said beforehand, and what became of the build."""

    host: Host
    status: int
    words: str


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> bytes:
    """A base image with a shell and the libraries it needs."""

    def put_shell(root: Path) -> None:
        linked = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=True).stdout
        for word in ["/bin/sh", *(word for word in linked.split() if word.startswith("/"))]:
            (root / word[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, root / word[1:])

    account()
    return base_image(tmp_path_factory.mktemp("base"), ("apptainer", "mksquashfs", "ldd"), put_shell)


def build(
    base: bytes,
    prepare: Callable[[], Any],
    *,
    folder: str | None = HERE,
    environment: Mapping[str, str] = {},
    last: Callable[[], Any] = lambda: None,
    **ids: Any,
) -> Build:
    """Take a snapshot in the situation, then build there."""
    surroundings = {"PATH": PATH, "HOME": account().pw_dir, **environment}
    if folder is not None:
        surroundings["APPTAINER_TMPDIR"] = folder

    def ready() -> None:
        prepare()
        with open("/mnt/base.sqsh", "wb") as stream:
            stream.write(base)
        with open("/mnt/built.def", "w") as text:
            text.write(DEFINITION)
        tmpfs("/mnt/out")

    def look() -> str:
        last()
        host = take_snapshot(SnapshotRequest(output="/mnt/out"), surroundings, 20.0)
        done = subprocess.run(
            ["apptainer", "build", "/mnt/out/built.sif", "/mnt/built.def"],
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            text=True,
            encoding="utf-8",
        )
        return json.dumps([to_json(host), done.returncode, done.stdout])

    saved, status, words = json.loads(inside(ready, look, **ids))
    return Build(from_json(saved), status, words)


def foretold(host: Host) -> list[str]:
    """The steps of a build in its temporary folder that the snapshot says will be refused."""
    place = host.place("tmpdir")
    steps = {
        "namespace": host.namespaces.user,
        "maps": host.namespaces.subordinate_maps,
        "home": host.namespaces.home_mount,
        "proc": host.namespaces.proc_mount,
        "write": place.writable,
        "chown": place.rehearsal.chown,
        "execute": place.rehearsal.execute,
    }
    refused = [name for name, outcome in steps.items() if not known(outcome, True)]
    return refused if place.exists is True else [*refused, "exists"]


def project(group: int, mode: int) -> Callable[[], None]:
    def prepare() -> None:
        fresh()()
        os.mkdir(f"{HERE}/project")
        os.chown(f"{HERE}/project", 0, group)
        os.chmod(f"{HERE}/project", mode)

    return prepare


def programs_on_nosuid() -> None:
    fresh()()
    mount("/usr/bin", "/usr/bin", flags=BIND)
    mount("none", "/usr/bin", flags=BIND | REMOUNT | NOSUID)


def covered_proc() -> None:
    fresh()()
    tmpfs("/proc/sys/kernel")


def home(mode: int, group: int = 0) -> Callable[[], None]:
    def prepare() -> None:
        moved_home(mode, group)()

    return prepare


def ungranting(prepare: Callable[[], Any]) -> Callable[[], None]:
    def both() -> None:
        prepare()
        replaced("/etc/login.defs", "# nothing\n")

    return both


GROUP = 54999


class Case(NamedTuple):
    """A situation: what the snapshot must name, none where the build succeeds, and words of the runtime."""

    prepare: Callable[[], Any]
    refused: Sequence[str]
    words: str = ""
    folder: str = HERE
    primary: int | None = None
    groups: Sequence[int] = ()
    last: Callable[[], Any] = lambda: None
    user_settings: Mapping[str, str] = {}


CASES = {
    "healthy": Case(fresh(), []),
    "nodev": Case(fresh(flags=NODEV | NOSUID), [], "'nodev' mount option set"),
    "noexec": Case(fresh(flags=NOEXEC), ["execute"], "'noexec' mount option set"),
    "read-only": Case(fresh(flags=RO), ["write"], "read-only file system"),
    "missing": Case(fresh(), ["exists"], "no such file or directory", folder=f"{HERE}/none"),
    "not writable": Case(fresh("mode=755"), ["write"], "permission denied"),
    "project folder": Case(
        project(GROUP, 0o2770),
        ["chown"],
        "no such file or directory",
        folder=f"{HERE}/project",
        groups=[GROUP],
    ),
    "project folder without setgid": Case(
        project(GROUP, 0o770), [], folder=f"{HERE}/project", groups=[GROUP]
    ),
    "home by a supplementary group": Case(home(0o750, GROUP), [], groups=[GROUP]),
    "home closed": Case(home(0o700), ["home"], "to /root: permission denied"),
    "newgrp": Case(ungranting(fresh()), ["maps"], "is owned by a different user", primary=GROUP),
    "newuidmap on nosuid": Case(programs_on_nosuid, ["maps"], "Operation not permitted"),
    "no new privileges": Case(
        fresh(), ["maps"], "Operation not permitted", last=lambda: LIBRARY.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    ),
    "no user namespaces": Case(
        fresh(), ["namespace"], "no user namespace available", user_settings={"user/max_user_namespaces": "0"}
    ),
    "covered proc": Case(covered_proc, ["proc"], "failed to mount proc filesystem"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_build_ends_as_foretold(base, name):
    case = CASES[name]
    built = build(
        base,
        case.prepare,
        folder=case.folder,
        last=case.last,
        primary=case.primary,
        groups=case.groups,
        user_settings=case.user_settings,
    )

    refused = foretold(built.host)
    assert set(case.refused) <= set(refused), built.words
    assert bool(refused) == bool(case.refused), refused
    assert (built.status == 0) == (not refused), built.words
    assert case.words in built.words


@pytest.mark.parametrize(
    ("variables", "winner"),
    [
        (("/mnt/a", "/mnt/s", "/mnt/t"), "/mnt/a"),
        (("/mnt/a", "", "/mnt/t"), "/mnt/a"),
        ((None, "/mnt/s", "/mnt/t"), "/mnt/s"),
        (("", "/mnt/s", "/mnt/t"), "/mnt/t"),
        ((None, "", "/mnt/t"), "/mnt/t"),
        ((None, None, "/mnt/t"), "/mnt/t"),
    ],
)
def test_the_same_variable_wins(base, variables, winner):
    """None of the folders is there, so the build fails by the name of the one that it would use."""
    names = ("APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR")
    environment = {name: value for name, value in zip(names, variables, strict=True) if value is not None}
    built = build(base, fresh(), folder=None, environment=environment)
    assert built.host.place("tmpdir").path == winner
    assert built.status != 0
    assert f"stat {winner}: no such file or directory" in built.words
