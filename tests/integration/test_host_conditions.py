"""What the rules about a machine foretell, the real Apptainer does; and the line that a finding gives, typed, cures it."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import subprocess
from collections.abc import Callable, Mapping
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
from integration.test_host_agrees import base  # noqa: F401 - a fixture
from rules.host_findings import RULES

from sifcheck.base.findings import Finding
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.route import route
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host
from sifcheck.testing import check_host

pytestmark = pytest.mark.integration

GROUP = 54999
DEFINITION = "Bootstrap: localimage\nFrom: /mnt/base.sqsh\n%post\n    echo built > /built\n"
BUILD = "apptainer build /mnt/out/built.sif /mnt/built.def"


class Situation(NamedTuple):
    """How a machine is made, as host.situation does it.  `folder` is the temporary folder, `ids` are for `inside`."""

    prepare: Callable[[], Any] = fresh()
    folder: str | None = HERE
    environment: Mapping[str, str] = {}
    last: Callable[[], Any] = lambda: None
    ids: Mapping[str, Any] = {}


class Built(NamedTuple):
    """The machine as it was seen, and what became of a build on it."""

    host: Host
    status: int
    words: str

    def findings(self) -> list[Finding]:
        return check_host(self.host, *RULES)


def build(
    image: bytes, situation: Situation, line: str = "", *, text: str = DEFINITION, usual: str = BUILD
) -> Built:
    """Type the line in the situation, take a snapshot, and build; a line with IMAGE FILE in it is the build itself.

    `text` is the definition file, `usual` the build where no line is one.
    """
    surroundings = {
        "PATH": PATH,
        "HOME": account().pw_dir,
        "USER": account().pw_name,
        **situation.environment,
    }
    if situation.folder is not None:
        surroundings["APPTAINER_TMPDIR"] = situation.folder
    command = line.replace("IMAGE FILE", BUILD.partition("build ")[2]) if "IMAGE FILE" in line else usual
    typed = "" if command != usual else line

    def ready() -> None:
        situation.prepare()
        with open("/mnt/base.sqsh", "wb") as whole:
            whole.write(image)
        with open("/mnt/built.def", "w") as stream:
            stream.write(text)
        tmpfs("/mnt/out")

    def look() -> str:
        situation.last()
        seen = f"{typed or ':'} && env -0"
        variables = subprocess.run(["bash", "-c", seen], env=surroundings, capture_output=True, text=True)
        after = dict(one.split("=", 1) for one in variables.stdout.split("\0") if "=" in one) or surroundings
        host = take_snapshot(SnapshotRequest(output="/mnt/out"), after, 20.0)
        done = subprocess.run(
            ["bash", "-c", f"{typed or ':'} && {command}"],
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            text=True,
            encoding="utf-8",
        )
        return json.dumps([to_json(host), done.returncode, variables.stderr + done.stdout])

    saved, status, words = json.loads(inside(ready, look, **situation.ids))
    return Built(from_json(saved), status, words)


def lines_of(finding: Finding) -> list[str]:
    """What a finding gives to type."""
    return re.findall(r"`([^`]+)`", finding.help)


def made(name: str, mode: int, owner: int = 0, group: int = 0) -> Callable[[], None]:
    """A prepare: a folder of that mode in HERE."""

    def prepare() -> None:
        fresh()()
        os.mkdir(f"{HERE}/{name}")
        os.chown(f"{HERE}/{name}", owner, group)
        os.chmod(f"{HERE}/{name}", mode)

    return prepare


def project() -> None:
    made("project", 0o2770, account().pw_uid, GROUP)()


def covering(path: str, text: str) -> Callable[[], None]:
    def prepare() -> None:
        fresh()()
        replaced(path, text)

    return prepare


def limited(kind: int, soft: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (soft, resource.getrlimit(kind)[1]))


class Case(NamedTuple):
    """A situation, the code that is found in it as an error, words of the runtime, and which line of the help cures it."""

    situation: Situation
    code: str
    words: str
    line: int = 0


TYPED = {
    "temporary folder missing": Case(
        Situation(folder=f"{HERE}/none"), "ENV202", "stat /mnt/here/none: no such file or directory"
    ),
    "temporary folder not writable": Case(Situation(fresh("mode=755")), "ENV202", "permission denied"),
    "temporary folder read-only": Case(Situation(fresh(flags=RO)), "ENV202", "read-only file system"),
    "temporary folder noexec": Case(
        Situation(fresh(flags=NOEXEC)), "ENV202", "'noexec' mount option set on /mnt/here"
    ),
    "temporary folder relative": Case(Situation(folder="tmp"), "ENV202", "no parent mount point found"),
    "temporary folder a file": Case(Situation(folder="/etc/hostname"), "ENV202", "not a directory"),
    "colon in the path": Case(
        Situation(made("a:b", 0o777), f"{HERE}/a:b"), "ENV202", "is not a valid bind option"
    ),
    "comma in the path": Case(Situation(made("a,b", 0o777), f"{HERE}/a,b"), "ENV202", "doesn't exist"),
    "project folder": Case(
        Situation(project, f"{HERE}/project", ids={"groups": [GROUP]}), "ENV202", "no such file or directory"
    ),
    "project folder, another one": Case(
        Situation(project, f"{HERE}/project", ids={"groups": [GROUP]}),
        "ENV202",
        "no such file or directory",
        1,
    ),
    "bind of what is not there": Case(
        Situation(environment={"APPTAINER_BIND": "/mnt/nowhere"}),
        "ENV105",
        "mount source /mnt/nowhere doesn't exist",
    ),
    "binds of both kinds": Case(
        Situation(environment={"APPTAINER_BIND": "/mnt/nowhere", "APPTAINER_BINDPATH": "/mnt/neither:/etc"}),
        "ENV105",
        "doesn't exist",
    ),
    "newgrp": Case(
        Situation(covering("/etc/login.defs", "# nothing\n"), ids={"primary": GROUP}),
        "ENV101",
        "is owned by a different user",
        2,
    ),
    "temporary folder full": Case(
        Situation(fresh("mode=1777,size=64k")), "ENV202", "no space left on device"
    ),
    "temporary folder without files left": Case(
        Situation(fresh("mode=1777,nr_inodes=10")), "ENV202", "no space left"
    ),
    "a configuration that is not there": Case(
        Situation(environment={"APPTAINER_CONFIG_FILE": "/mnt/none.conf"}),
        "ENV106",
        "couldn't parse configuration file /mnt/none.conf: open /mnt/none.conf: no such file or directory",
    ),
    "the flag --fakeroot": Case(
        Situation(environment={"APPTAINER_FAKEROOT": "1"}), "ENV107", "must be owned by the root user"
    ),
    "the flag --fakeroot, older prefix": Case(
        Situation(environment={"SINGULARITY_FAKEROOT": "true"}), "ENV107", "must be owned by the root user"
    ),
    "a flag that is neither true nor false": Case(
        Situation(environment={"APPTAINER_IGNORE_SUBUID": "yes"}),
        "ENV107",
        "unable to set flag ignore-subuid",
    ),
    "the flag --overlay": Case(
        Situation(environment={"APPTAINER_OVERLAY": "/mnt/x"}),
        "ENV107",
        "cannot use --overlay in conjunction with",
    ),
    "the flag --update": Case(
        Situation(environment={"APPTAINER_UPDATE": "1"}), "ENV107", "only sandbox update is supported"
    ),
    "the flag --net": Case(
        Situation(environment={"APPTAINER_NET": "1"}),
        "ENV107",
        "network requires root or a suid installation",
    ),
    "the flag --ignore-userns": Case(
        Situation(environment={"APPTAINER_IGNORE_USERNS": "1"}),
        "ENV102",
        "no user namespace available for fakeroot",
    ),
    "address space": Case(Situation(last=limited(resource.RLIMIT_AS, 1 << 29)), "ENV302", ""),
}


@pytest.mark.parametrize("name", TYPED)
def test_the_line_of_the_finding_cures_what_it_foretells(base, name):  # noqa: F811
    case = TYPED[name]
    broken = build(base, case.situation)
    found = [one for one in broken.findings() if one.severity == "error"]
    assert {one.code for one in found} == {case.code}, broken.words
    assert broken.status != 0, broken.words
    assert case.words in broken.words

    line = lines_of(found[0])[case.line]
    cured = build(base, case.situation, line)
    assert cured.status == 0, f"{line}\n{cured.words}"
    # A limit holds for the shell that it is typed in, and not for the snapshot.
    if "IMAGE FILE" not in line and "ulimit" not in line:
        assert [one for one in cured.findings() if one.severity == "error"] == []


def no_user(prepare: Callable[[], Any]) -> Callable[[], None]:
    def both() -> None:
        prepare()
        with open("/etc/passwd") as stream:
            kept = [line for line in stream if not line.startswith(f"{account().pw_name}:")]
        replaced("/etc/passwd", "".join(kept))

    return both


def not_listed() -> None:
    fresh()()
    for file in ("/etc/subuid", "/etc/subgid"):
        replaced(file, "")


def programs_on_nosuid() -> None:
    fresh()()
    mount("/usr/bin", "/usr/bin", flags=BIND)
    mount("none", "/usr/bin", flags=BIND | REMOUNT | NOSUID)


def covered_proc() -> None:
    fresh()()
    tmpfs("/proc/sys/kernel")


def homeless() -> None:
    moved_home(0o755, 0)()
    os.rmdir("/mnt/vol/u1")


def configuration(text: str = "", mode: int = 0o644) -> Callable[[], None]:
    """The runtime's configuration replaced."""

    def prepare() -> None:
        path = "/etc/apptainer/apptainer.conf"
        if not os.path.exists(path):
            pytest.skip(f"needs {path}")
        covering(path, text)()
        os.chmod("/mnt/covering", mode)

    return prepare


NO_NAMESPACES = {"user_settings": {"user/max_user_namespaces": "0"}}

FOR_OTHERS = {
    "no range for groups": (
        Situation(covering("/etc/subgid", "")),
        ["ENV104"],
        "no mapping entry found in /etc/subgid",
    ),
    "no user namespaces": (
        Situation(ids=NO_NAMESPACES),
        ["ENV102", "ENV103"],
        "no user namespace available for fakeroot",
    ),
    "no user namespaces, not listed": (
        Situation(not_listed, ids=NO_NAMESPACES),
        ["ENV102", "ENV103"],
        "requires either a suid installation or unprivileged user namespaces",
    ),
    "no process namespaces": (
        Situation(ids={"user_settings": {"user/max_pid_namespaces": "0"}}),
        ["ENV103"],
        "No space left on device",
    ),
    "covered /proc": (Situation(covered_proc), ["ENV103"], "failed to mount proc filesystem"),
    "newuidmap on nosuid": (Situation(programs_on_nosuid), ["ENV104"], "Operation not permitted"),
    "no new privileges": (
        Situation(last=lambda: LIBRARY.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)),
        ["ENV104"],
        "Operation not permitted",
    ),
    "home closed": (Situation(moved_home(0o700, 0)), ["ENV101"], "to /root: permission denied"),
    "home missing": (Situation(homeless), ["ENV101"], "to /root: no such file or directory"),
    "an unknown user": (Situation(no_user(fresh())), ["ENV101"], "unknown userid"),
    "a configuration that is closed": (
        Situation(configuration(mode=0o000)),
        ["ENV106"],
        "couldn't parse configuration file",
    ),
    "a configuration with a mistake": (
        Situation(configuration("allow setuid = xx\n")),
        ["ENV106"],
        'value authorized for directive "allow setuid" are [yes no]',
    ),
    "a configuration without user namespaces": (
        Situation(configuration("allow user ns = no\n")),
        ["ENV102"],
        "needed but not allowed by configuration",
    ),
    "no mksquashfs": (
        Situation(covering("/usr/bin/mksquashfs", "")),
        ["ENV106"],
        "executable file not found",
    ),
}


@pytest.mark.parametrize("name", FOR_OTHERS)
def test_what_the_administrator_has_to_mend(base, name):  # noqa: F811
    situation, codes, words = FOR_OTHERS[name]
    broken = build(base, situation)
    assert broken.status != 0, broken.words
    assert words in broken.words
    errors = [one for one in broken.findings() if one.severity == "error"]
    assert [one.code for one in errors] == codes, [one.message for one in errors]


def test_a_range_that_is_too_short(base):  # noqa: F811
    name = account().pw_name
    broken = build(base, Situation(covering("/etc/subuid", f"{name}:100000:1000\n")))
    assert broken.status != 0
    assert "all with a range count lower than 65536" in broken.words
    assert [one.code for one in broken.findings() if one.severity == "error"] == ["ENV104"]


def test_the_line_for_the_administrators_file(base):  # noqa: F811
    broken = build(base, Situation(covering("/etc/subgid", "")))
    (found,) = [one for one in broken.findings() if one.code == "ENV104"]
    cured = build(base, Situation(covering("/etc/subgid", f"{lines_of(found)[0]}\n")))
    assert cured.status == 0, cured.words
    assert [one for one in cured.findings() if one.severity == "error"] == []


def test_the_setting_for_the_administrator(base):  # noqa: F811
    broken = build(base, Situation(ids=NO_NAMESPACES))
    (found,) = [one for one in broken.findings() if one.code == "ENV103"]
    name, value = shlex.split(lines_of(found)[0])[-1].split("=")
    cured = build(base, Situation(ids={"user_settings": {name.replace(".", "/"): value}}))
    assert cured.status == 0, cured.words
    assert [one for one in cured.findings() if one.severity == "error"] == []


def unwritable_cache() -> None:
    fresh()()
    os.mkdir("/mnt/cache", 0o755)


MERELY_TOLD = {
    "healthy": (Situation(folder="/tmp"), [], ""),
    "nodev": (
        Situation(fresh(flags=NODEV | NOSUID)),
        [("ENV203", "info"), ("ENV204", "info")],
        "'nodev' mount option set",
    ),
    "memory": (Situation(), [("ENV204", "info")], ""),
    "a bind to a folder of every base": (
        Situation(folder="/tmp", environment={"APPTAINER_BIND": "/mnt:/home"}),
        [("ENV105", "info")],
        "",
    ),
    "a name that nobody knows": (
        Situation(folder="/tmp", environment={"APPTAINER_TMP_DIR": HERE}),
        [("ENV107", "warning")],
        "",
    ),
    "home by a supplementary group": (
        Situation(moved_home(0o750, GROUP), folder="/tmp", ids={"groups": [GROUP]}),
        [],
        "",
    ),
}


@pytest.mark.parametrize("name", MERELY_TOLD)
def test_what_is_merely_told_stops_no_build(base, name):  # noqa: F811
    situation, told, words = MERELY_TOLD[name]
    built = build(base, situation)
    assert built.status == 0, built.words
    assert words in built.words
    assert [(one.code, one.severity) for one in built.findings()] == told


def test_a_cache_that_cannot_be_written(base):  # noqa: F811
    situation = Situation(unwritable_cache, folder="/tmp", environment={"APPTAINER_CACHEDIR": "/mnt/cache"})
    built = build(base, situation)
    assert built.status == 0, built.words
    (found,) = built.findings()
    assert (found.code, found.severity) == ("ENV205", "warning")
    line = lines_of(found)[0].replace("/var/tmp", "/mnt/out")
    cured = build(base, situation, line)
    assert cured.status == 0
    assert cured.findings() == []


def test_a_bind_over_what_a_build_needs(base):  # noqa: F811
    situation = Situation(folder="/tmp", environment={"APPTAINER_BIND": "/mnt:/var"})
    broken = build(base, situation)
    assert broken.status != 0
    assert "hook function for tag sessiondir returns error" in broken.words
    (found,) = broken.findings()
    assert (found.code, found.severity) == ("ENV105", "warning")
    assert build(base, situation, lines_of(found)[0]).status == 0


def test_a_destination_that_the_base_lacks(base):  # noqa: F811
    situation = Situation(folder="/tmp", environment={"APPTAINER_BIND": "/mnt:/not-in-the-base"})
    broken = build(base, situation)
    assert broken.status != 0
    assert "destination /not-in-the-base doesn't exist in container" in broken.words
    (found,) = broken.findings()
    assert (found.code, found.severity) == ("ENV105", "warning")
    assert build(base, situation, lines_of(found)[0]).status == 0


def without_command() -> None:
    not_listed()
    for program in ("/usr/bin/fakeroot", "/usr/bin/fakeroot-sysv"):
        if os.path.exists(program):
            replaced(os.path.realpath(program), "")


WAYS = {
    "subordinate": (fresh(), {}, [], ["User not listed"]),
    "single": (
        without_command,
        {},
        ["User not listed", "fakeroot command not found"],
        ["under the fakeroot"],
    ),
    "fakeroot-in-namespace": (
        not_listed,
        {},
        ["User not listed", "under the fakeroot command"],
        ["not found"],
    ),
    "none": (not_listed, NO_NAMESPACES, ["Could not start root-mapped namespace"], ["Running post"]),
}


@pytest.mark.parametrize("mode", WAYS)
def test_the_way_to_root_is_the_one_that_the_runtime_takes(base, mode):  # noqa: F811
    prepare, ids, says, does_not = WAYS[mode]
    if mode == "fakeroot-in-namespace" and not os.path.exists("/usr/bin/fakeroot"):
        pytest.skip("needs the fakeroot command")
    built = build(base, Situation(prepare, folder="/tmp", ids=ids))
    assert route(built.host).mode == mode
    assert [words for words in says if words not in built.words] == [], built.words
    assert [words for words in does_not if words in built.words] == [], built.words
