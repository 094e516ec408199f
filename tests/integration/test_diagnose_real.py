"""The real Apptainer fails in a situation made for it; what it says is diagnosed with the cause that was made."""

from __future__ import annotations

import json
import os
import resource
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

from sifcheck.diagnose.diagnosis import diagnose

pytestmark = pytest.mark.integration

HEADER = "Bootstrap: localimage\nFrom: /mnt/base.sqsh\n"
GROUP = 54999
OUTPUT = "/mnt/out/built.sif"


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> bytes:
    """A base image with a static shell."""

    def put_shell(root: Path) -> None:
        shutil.copy(str(shutil.which("busybox")), root / "bin/busybox")
        for name in ("sh", "dd", "cat", "mkdir", "ls", "sleep"):
            (root / "bin" / name).symlink_to("busybox")

    account()
    return base_image(tmp_path_factory.mktemp("base"), ("apptainer", "mksquashfs", "busybox"), put_shell)


def failed_log(base: bytes, case: Case) -> tuple[int, bytes]:
    """The status of a build in the situation, and all that it printed."""
    surroundings = {
        "PATH": PATH,
        "HOME": account().pw_dir,
        "APPTAINER_TMPDIR": case.folder,
        **case.environment,
    }

    def ready() -> None:
        case.prepare()
        with open("/mnt/base.sqsh", "wb") as stream:
            stream.write(base)
        with open("/mnt/built.def", "w") as text:
            text.write(case.definition)
        tmpfs("/mnt/out", case.output_options)

    def look() -> str:
        case.last()
        done = subprocess.run(
            ["apptainer", *case.command],
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        return json.dumps([done.returncode, done.stdout.decode("latin-1")])

    said = inside(ready, look, groups=case.groups, primary=case.primary, user_settings=case.user_settings)
    status, words = json.loads(said)
    return status, words.encode("latin-1")


class Case(NamedTuple):
    """A situation, and the name of the message that is to be recognised in what the runtime says."""

    name: str
    prepare: Callable[[], Any] = fresh()
    definition: str = HEADER + "%post\n    echo built > /built\n"
    command: Sequence[str] = ("build", OUTPUT, "/mnt/built.def")
    environment: Mapping[str, str] = {}
    folder: str = HERE
    output_options: str = "mode=1777"
    primary: int | None = None
    groups: Sequence[int] = ()
    last: Callable[[], Any] = lambda: None
    user_settings: Mapping[str, str] = {}


def post(script: str) -> str:
    return f"{HEADER}%post\n    {script}\n"


def project() -> None:
    fresh()()
    os.mkdir(f"{HERE}/project")
    os.chown(f"{HERE}/project", 0, GROUP)
    os.chmod(f"{HERE}/project", 0o2770)


def programs_on_nosuid() -> None:
    fresh()()
    mount("/usr/bin", "/usr/bin", flags=BIND)
    mount("none", "/usr/bin", flags=BIND | REMOUNT | NOSUID)


def without(program: str) -> Callable[[], None]:
    """Hide a program: what stands in its place cannot be run."""

    def prepare() -> None:
        fresh()()
        replaced(os.path.realpath(str(shutil.which(program, path=PATH))), "nothing\n")

    return prepare


def covering(path: str, text: str) -> Callable[[], None]:
    def prepare() -> None:
        fresh()()
        replaced(path, text.replace("{name}", account().pw_name))

    return prepare


def covered_proc() -> None:
    fresh()()
    tmpfs("/proc/sys/kernel")


def relative() -> None:
    os.chdir(HERE)
    os.mkdir("tmp")


def existing_output() -> None:
    with open(OUTPUT, "w") as stream:
        stream.write("an image\n")


def limited(kind: int, most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (most, most))


def made(folder: str) -> Callable[[], None]:
    return lambda: os.mkdir(folder)


def without_subordinate_ids() -> None:
    fresh()()
    replaced("/etc/subuid", "# none\n")
    mount("/mnt/covering", "/etc/subgid", flags=BIND)


def without_a_home() -> None:
    moved_home(0o755, 0)()
    os.rmdir("/mnt/vol/u1")


CASES = {
    # the temporary folder
    "noexec": Case("tmpdir-noexec", fresh(flags=NOEXEC | NODEV)),
    "read-only": Case("tmpdir-not-writable", fresh(flags=RO)),
    "missing": Case("tmpdir-missing", folder=f"{HERE}/none"),
    "not writable": Case("tmpdir-not-writable", fresh("mode=755")),
    "relative": Case("tmpdir-not-mounted", folder="tmp", last=relative),
    "project folder": Case("chown-refused", project, folder=f"{HERE}/project", groups=[GROUP]),
    "a full disk when unpacking": Case("unpack-no-space", fresh("mode=1777,size=1m")),
    "a full disk in %post": Case(
        "no-space", fresh("mode=1777,size=8m"), post("dd if=/dev/zero of=/big bs=1M count=20")
    ),
    "a full disk in mksquashfs": Case(
        "squashfs-no-space", fresh("mode=1777,size=8m"), post("dd if=/dev/urandom of=/big bs=1M count=4")
    ),
    # who builds
    "home closed": Case("home-not-mountable", moved_home(0o700, 0)),
    "newgrp": Case("newgidmap-other-owner", covering("/etc/login.defs", "# nothing\n"), primary=GROUP),
    "newuidmap on nosuid": Case("newidmap-failed", programs_on_nosuid),
    "no new privileges": Case("newidmap-failed", last=lambda: LIBRARY.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)),
    "no user namespaces": Case("no-user-namespace", user_settings={"user/max_user_namespaces": "0"}),
    "no pid namespaces": Case("container-process-no-space", user_settings={"user/max_pid_namespaces": "0"}),
    "no mount namespaces": Case("namespace-refused", user_settings={"user/max_mnt_namespaces": "0"}),
    "covered proc": Case("proc-not-mountable", covered_proc),
    "no subgid": Case("no-subgid", covering("/etc/subgid", "")),
    "a short range": Case("subid-range-too-small", covering("/etc/subuid", "{name}:100000:1000\n")),
    "no newuidmap": Case("newuidmap-missing", without("newuidmap")),
    "no home": Case("home-not-mountable", without_a_home),
    "no such user": Case("user-unknown", covering("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")),
    "no subordinate ids for the base": Case("sif-owner-ids", without_subordinate_ids),
    "little address space": Case("address-space", last=limited(resource.RLIMIT_AS, 700_000_000)),
    "no unsquashfs": Case("unsquashfs-missing", without("unsquashfs")),
    "comma": Case("tmpdir-image-lost", folder=f"{HERE}/a,b", last=made(f"{HERE}/a,b")),
    "colon": Case("tmpdir-odd-name", folder=f"{HERE}/a:b", last=made(f"{HERE}/a:b")),
    "too many files": Case("unpack-no-space", fresh("mode=1777,nr_inodes=12")),
    # the definition
    "unknown section": Case("unknown-section", definition=HEADER + "%pots\n    true\n"),
    "unknown key": Case("header-key-unknown", definition=HEADER + "Formm: x\n%post\n    true\n"),
    "undefined variable": Case("build-variable-undefined", definition=post("echo {{ WHAT }}")),
    "unknown agent": Case("unknown-bootstrap", definition="Bootstrap: Docker\nFrom: a\n"),
    "no bootstrap": Case("no-bootstrap", definition="From: a\n%post\n    true\n"),
    "missing definition": Case("definition-missing", command=("build", OUTPUT, "/mnt/nope.def")),
    "%files source missing": Case(
        "files-source-missing", definition=HEADER + "%files\n    /mnt/none.txt /\n"
    ),
    "app without a name": Case("app-section-unnamed", definition=HEADER + "%apprun\n    true\n"),
    "unknown stage": Case("files-stage-unknown", definition=HEADER + "%files from nosuch\n    /a /b\n"),
    # the base
    "bad reference": Case("bad-reference", definition="Bootstrap: docker\nFrom: Alpine 3\n"),
    "library": Case("library-without-remote", definition="Bootstrap: library\nFrom: alpine:3\n"),
    "localimage missing": Case(
        "localimage-missing", definition="Bootstrap: localimage\nFrom: /mnt/none.sif\n"
    ),
    "no image": Case("image-format-unknown", definition="Bootstrap: localimage\nFrom: /mnt/built.def\n"),
    "no registry": Case("registry-unreachable", definition="Bootstrap: docker\nFrom: 127.0.0.1:9/a/b:1\n"),
    # %post
    "false": Case("post-failed", definition=post("false")),
    "not found": Case("post-command-not-found", definition=post("dnf install -y gcc")),
    "127 from within": Case("post-status-127", definition=post("exit 127")),
    "137": Case("post-status-137", definition=post("exit 137")),
    "153": Case(
        "file-size-limit",
        definition=post("dd if=/dev/zero of=/big bs=1M count=20"),
        last=limited(resource.RLIMIT_FSIZE, 4_000_000),
    ),
    "signal": Case("killed-command", definition=post("busybox sh -c 'kill -9 $$'")),
    "cpu time": Case(
        "post-status-137", definition=post("while :; do :; done"), last=limited(resource.RLIMIT_CPU, 2)
    ),
    "bash": Case("bash-in-sh", definition=post("a=(1 2)")),
    "unset variable": Case("variable-unset", definition=post("set -u; echo $NOTHERE")),
    "text on the line": Case("text-on-section-line", definition=HEADER + "%post echo hi\n    true\n"),
    "no host": Case("no-name-service", definition=post("busybox wget http://nohost.invalid/x")),
    "no server": Case("no-connection", definition=post("busybox wget http://127.0.0.1:9/x")),
    "not executable": Case("denied-in-post", definition=post("echo > /x; /x")),
    "missing file": Case("file-missing-in-post", definition=post("cat /home/u/none")),
    "%test": Case("test-failed", definition=HEADER + "%test\n    false\n"),
    "%setup": Case("setup-failed", definition=HEADER + "%setup\n    exit 3\n"),
    "bind variable": Case("bind-source-missing", environment={"APPTAINER_BIND": "/vol0004"}),
    "bind onto what is not there": Case(
        "bind-destination-missing", environment={"APPTAINER_BIND": "/mnt/out:/opt/none"}
    ),
    # the image
    "output exists": Case("output-exists", last=existing_output),
    "output folder not writable": Case("output-not-writable", output_options="mode=755"),
    "output folder missing": Case(
        "output-folder-missing", command=("build", "/mnt/out/none/built.sif", "/mnt/built.def")
    ),
    "output too small": Case("output-no-space", output_options="mode=1777,size=64k"),
    "no mksquashfs": Case("mksquashfs-missing", without("mksquashfs")),
    # running
    "image not there": Case("image-missing", command=("exec", "/mnt/none.sif", "true")),
    "unknown command": Case("unknown-runtime-command", command=("biuld", OUTPUT, "/mnt/built.def")),
    "unknown flag": Case("unknown-runtime-flag", command=("build", "--fakerot", OUTPUT, "/mnt/built.def")),
    "program not there": Case("program-not-in-image", command=("exec", "/mnt/base.sqsh", "nosuchprogram")),
    "one name only": Case("wrong-number-of-words", command=("build", OUTPUT)),
    "build argument unused": Case(
        "build-argument-unused", command=("build", "--build-arg", "V=1", OUTPUT, "/mnt/built.def")
    ),
    "build argument malformed": Case(
        "build-argument-malformed", command=("build", "--build-arg", "V", OUTPUT, "/mnt/built.def")
    ),
    "wrong mksquashfs argument": Case(
        "squashfs-failed", command=("build", "--mksquashfs-args", "-bad", OUTPUT, "/mnt/built.def")
    ),
    "not signed": Case("not-signed", command=("verify", "/mnt/base.sqsh")),
    "nothing to sign with": Case("no-signing-key", command=("sign", "/mnt/base.sqsh")),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named(base, name):
    case = CASES[name]
    status, log = failed_log(base, case)
    assert status != 0, log
    (found,) = diagnose(log)
    assert found.message.name == case.name, log.decode("utf-8", "replace")
    assert found.meaning
    assert found.remedy


@pytest.mark.parametrize(
    "script",
    [
        "echo built > /built",
        "nosuchprogram || true",
        "sh -c 'nosuchprogram; exit 0'",
        "cat /nosuchfile || echo 'FATAL: no space left on device'",
        "echo 'E: Unable to locate package x' >&2",
    ],
)
def test_a_build_that_succeeds_yields_nothing(base, script):
    status, log = failed_log(base, Case("", definition=post(script)))
    assert status == 0, log
    assert b"Build complete" in log
    assert diagnose(log) == ()


def test_the_last_command_is_shown(base):
    status, log = failed_log(base, Case("", definition=post("echo one\n    ls /nosuchfolder\n    echo two")))
    assert status != 0
    (found,) = diagnose(log)
    assert found.message.name == "file-missing-in-post"
    assert found.last_command == "ls /nosuchfolder"
    assert found.status == 1
    assert [related.message for related in found.related] == [
        "the last command of the script",
        "the runtime gave up here",
    ]


def test_a_job_of_several_builds(base):
    """One log of a build that succeeded, one that failed, and a run of the image that is not there for it."""
    _, good = failed_log(base, Case("", definition=post("nosuchprogram || true")))
    _, bad = failed_log(base, Case("", definition=post("false")))
    _, run = failed_log(base, Case("", command=("exec", "/mnt/none.sif", "true")))
    (found,) = diagnose(good + bad + run)
    assert (found.message.name, found.last_command) == ("post-failed", "false")
    assert [related.message for related in found.related][-1] == "what came of it"
    assert diagnose(good + good) == ()
