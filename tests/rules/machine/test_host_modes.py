"""DEF209, DEF210, DEF306, DEF402, DEF404: how bad something is by the way to root that a machine has."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.host.route import route
from sifcheck.testing import check_text
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck_rules.definition import agents, files
from sifcheck_rules.scripts import base_commands, caches

HEAD = "Bootstrap: docker\nFrom: rockylinux:9.4\n"
_NO_IDS: dict[str, Any] = {"subuids": [], "subgids": []}
_CE: dict[str, Any] = {
    "apptainer": "none",
    "singularity": {"flavour": "singularity-ce", "version": [4, 1, 2]},
}
_NO_NAMESPACE = {"user": "refused", "mount": "refused"}
_SETUID = {"apptainer": {"setuid_starter": True}}
MODES: dict[str, dict[str, Any]] = {
    "root": {"identity": {"user_id": 0}},
    "subordinate": {},
    "single": {"identity": _NO_IDS},
    "fakeroot-in-namespace": {"identity": _NO_IDS, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
    "fakeroot-alone": {
        "identity": _NO_IDS,
        "programs": {"fakeroot": "/usr/bin/fakeroot"},
        "namespaces": _NO_NAMESPACE,
        "runtimes": _SETUID,
    },
    "proot": {"identity": _NO_IDS, "programs": {"proot": "/usr/bin/proot"}, "runtimes": _CE},
    "none": {"identity": _NO_IDS, "namespaces": _NO_NAMESPACE},
    "unknown": {"identity": {"subuids": {"unknown": "timed out"}}},
}
TOOLS = dict.fromkeys(("debootstrap", "dnf", "rpm", "zypper", "pacstrap"), "/usr/bin/tool")


def levels(text: str, rule: Any, mode: str | None, **facts: Any) -> list[str]:
    """The severities of what is found where builds go that way; of "" where nobody asked for a machine."""
    settings: dict[str, Any] = {} if mode is None else {"host": {**MODES[mode], **facts}}
    return [finding.severity for finding in check_text(text, rule, **settings)]


@pytest.mark.parametrize("mode", MODES)
def test_the_machines_here_are_what_they_are_called(mode: str) -> None:
    assert route(lay(healthy_host(), MODES[mode])).mode == mode


# The table of the catalogue; None: nothing is found.  Columns: root, subordinate, single, both fakeroot, proot, none, unknown.
BY_MODE = {
    "debootstrap": (None, "error", "error", "error", "error", "error", "info", "info"),
    "yum": (None, "info", "error", "warning", "error", "error", "info", "info"),
    "dnf": (None, "info", "error", "warning", "error", "error", "info", "info"),
    "zypper": (None, "warning", "error", "error", "error", "error", "info", "info"),
    "arch": (None, "warning", "error", "error", "error", "error", "info", "info"),
}


@pytest.mark.parametrize("agent", BY_MODE)
@pytest.mark.parametrize(("column", "mode"), list(enumerate(MODES)))
def test_a_bootstrap_by_programs_of_the_host(agent: str, column: int, mode: str) -> None:
    programs = {**MODES[mode].get("programs", {}), **TOOLS}
    text = f"Bootstrap: {agent}\nOSVersion: x\nMirrorURL: http://mirror.example.org/\n"
    wanted = BY_MODE[agent][column]
    assert levels(text, agents.bootstrap_needs_host_tools, mode, programs=programs) == (
        [wanted] if wanted else []
    )


@pytest.mark.parametrize(
    ("agent", "programs", "lacking"),
    [
        ("debootstrap", {}, "debootstrap"),
        ("yum", {"dnf": "none"}, "dnf or yum"),
        ("yum", {"dnf": "none", "yum": "/usr/bin/yum"}, None),
        ("dnf", {"rpm": "none"}, "rpm"),
        ("zypper", {}, "zypper"),
        ("arch", {"pacman": "/usr/bin/pacman"}, "pacstrap"),
        ("debootstrap", {"debootstrap": {"path": {"unknown": "timed out"}}}, None),
    ],
)
def test_a_program_that_is_not_there_is_an_error_for_root_too(
    agent: str, programs: dict[str, Any], lacking: str | None
) -> None:
    text = f"Bootstrap: {agent}\nOSVersion: x\nMirrorURL: http://mirror.example.org/\n"
    found = check_text(
        text, agents.bootstrap_needs_host_tools, host={"identity": {"user_id": 0}, "programs": programs}
    )
    assert [finding.severity for finding in found] == (["error"] if lacking else [])
    assert all(f"needs {lacking} on" in finding.message for finding in found)
    assert all(finding.profile == "standard" for finding in found)


def test_without_a_machine_a_bootstrap_is_a_matter_of_the_strict_profile() -> None:
    (finding,) = check_text("Bootstrap: arch\n", agents.bootstrap_needs_host_tools)
    assert (finding.severity, finding.profile) == ("info", "strict")


ACCOUNTS = "useradd -m solver"
OWNERS = "chown -R solver /opt"
PACKAGE = "dnf install -y openssh-server"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (ACCOUNTS, (None, None, "warning", "warning", "warning", "warning", "info", "info")),
        (PACKAGE, (None, None, "warning", "warning", "warning", "warning", "info", "info")),
        (OWNERS, (None, None, "error", None, "warning", "warning", "info", "info")),
        ("su solver -c make", (None, None, "error", None, "warning", "warning", "info", "info")),
    ],
)
def test_users_by_the_way_to_root(line: str, wanted: tuple[str | None, ...]) -> None:
    text = f"{HEAD}%post\n    {line}\n"
    rule = base_commands.users_added_in_build
    assert levels(text, rule, None) == ["info"]
    for mode, level in zip(MODES, wanted, strict=True):
        assert levels(text, rule, mode) == ([level] if level else []), mode


@pytest.mark.parametrize("mode", MODES)
def test_an_update_of_everything_by_the_way_to_root(mode: str) -> None:
    text = f"{HEAD}%post\n    dnf -y update\n"
    silent = mode in ("root", "subordinate", "none", "unknown")
    assert levels(text, caches.system_update_in_build, mode) == ([] if silent else ["warning"])


def updated(line: str, base: str = HEAD) -> list[Finding]:
    return check_text(f"{base}%post\n    {line}\n", caches.system_update_in_build, host=MODES["single"])


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("yum -y update", 1),
        ("yum -y upgrade && yum clean all", 1),
        ("dnf -y distro-sync", 1),
        ("microdnf update -y", 1),
        ("dnf -y update -x 'filesystem*'", 0),
        ("dnf -y update --exclude=kernel*,filesystem", 0),
        ("dnf -y update --exclude kernel", 1),
        ("dnf -y update bash", 0),
        ("dnf -y update $PACKAGES", 0),
        ("dnf -y update --security", 0),
        ("dnf -y update || true", 0),
        ("if ! dnf -y update; then exit 1; fi", 0),
        ("echo 'exclude=filesystem*' >> /etc/dnf/dnf.conf && dnf -y update", 0),
        ("apt-get -y upgrade", 0),
        ("dnf makecache", 0),
    ],
)
def test_updates_of_everything(line: str, count: int) -> None:
    assert len(updated(line)) == count


def test_no_fix_where_the_program_has_no_such_option() -> None:
    for line in ("microdnf update -y", "zypper -n update"):
        (finding,) = updated(line)
        assert finding.fix is None
        assert "newer base tag" in finding.help
        assert "--exclude" not in finding.help


def test_root_writes_to_the_host_with_all_rights() -> None:
    text = f"{HEAD}%setup\n    mkdir /opt/x\n    rm -rf old\n"
    plain = check_text(text, files.setup_writes_to_host, host={})
    asroot = check_text(text, files.setup_writes_to_host, host=MODES["root"])
    assert [finding.severity for finding in (*plain, *asroot)] == ["warning"] * 4
    assert not any("root's" in finding.message for finding in plain)
    assert all("with root's rights" in finding.message for finding in asroot)


@pytest.mark.parametrize(
    ("host", "target", "level"),
    [
        (None, None, "info"),
        ({}, None, "error"),
        ({}, "apptainer-1.4", "error"),
        ({"network": {"remote_serves_images": {"unknown": "timed out"}}}, None, "warning"),
        ({"network": {"remote_serves_images": True}}, None, None),
        ({"network": {"remote_serves_images": True}}, "apptainer-1.4", None),
        ({"environment": {"APPTAINER_LIBRARY": "https://library.example.org"}}, None, None),
        ({"runtimes": _CE}, None, None),
        ({"runtimes": _CE}, "apptainer-1.4", "warning"),
        ({}, "singularity-ce-4.1", None),
        ({"runtimes": {"unknown": "timed out"}}, None, "info"),
        ({"runtimes": {"apptainer": "none"}}, None, "info"),
        ({"runtimes": {"apptainer": {"flavour": {"unknown": "?"}}}}, None, "info"),
    ],
)
def test_a_library_by_the_runtime_of_the_machine(
    host: dict[str, Any] | None, target: str | None, level: str | None
) -> None:
    settings: dict[str, Any] = {"host": host} if host is not None else {}
    if target:
        settings["target"] = target
    found = check_text("Bootstrap: library\nFrom: ubuntu:22.04\n", agents.library_without_remote, **settings)
    assert [finding.severity for finding in found] == ([level] if level else [])
