"""DEF504, 510, 515: what a build script asks of the machine that builds, and does to it."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.rule import Rule
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.scripts import host_in_build


def in_post(rule: Rule, body: str, section: str = "%post") -> list[Finding]:
    return check_text(f"Bootstrap: docker\nFrom: debian:12\n\n{section}\n{body}", rule)


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /tmp",
        "rm -rf /tmp/",
        "rm -rf /tmp/*",
        "rm -rf /tmp/.* || true",
        "rm -rf /tmp/{*,.*}",
        "sudo rm -rf '/tmp'/*",
        "rm -rf /opt/x /var/tmp/*",
        "find /tmp -type f -delete",
        "find /tmp /var/tmp -mindepth 1 -exec rm -rf {} +",
        'd=/tmp; rm -rf "$d"/*',
        "cd /tmp && rm -rf *",
        "if true; then rm -rf /tmp/*; fi",
    ],
)
@pytest.mark.parametrize("section", ["%post", "%test", "%appinstall a"])
def test_all_of_the_hosts_tmp(line: str, section: str) -> None:
    (found,) = in_post(host_in_build.host_tmp_deleted, f"    {line}\n    make\n", section)
    severity = "warning" if "/var/tmp/*" in line else "error"
    assert (found.severity, found.confidence, found.profile) == (severity, "high", "minimal")
    assert found.fix is not None
    assert found.fix.safe


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /tmp/solver",
        "rm -f /tmp/*.deb",
        "rm -rf /tmp/build-*",
        "rm -rf $tmp/*",
        "d=$(mktemp -d); rm -rf $d/*",
        "rm -rf /opt/tmp/*",
        "find /tmp -name a -delete",
        "find /tmp -type f",
        "cd /tmp/solver && rm -rf *",
        "cd /tmp; cd /opt/solver; rm -rf *",
        "echo rm -rf /tmp/*",
        "mkdir /tmp/a; d=/tmp; d=/tmp/a; rm -rf $d",
    ],
)
def test_names_that_the_script_made(line: str) -> None:
    assert not in_post(host_in_build.host_tmp_deleted, f"    {line}\n    make\n")


def test_run_scripts_and_other_languages_are_not_meant() -> None:
    line = "    rm -rf /tmp/*\n"
    assert not in_post(host_in_build.host_tmp_deleted, line, "%runscript")
    assert not in_post(host_in_build.host_tmp_deleted, line, "%post -c /usr/bin/python3")


def test_a_folder_over_two_lines_goes_with_its_line_end() -> None:
    text = "Bootstrap: docker\nFrom: debian:12\n%post\n  rm -rf /opt/a \\\n    /tmp/* \\\n    /opt/b\n"
    (found,) = check_text(text, host_in_build.host_tmp_deleted)
    assert found.fix is not None
    assert apply_edits(text, found.fix.edits).endswith("  rm -rf /opt/a \\\n    /opt/b\n")


@pytest.mark.parametrize(
    "line",
    [
        "systemctl start nginx",
        "systemctl daemon-reload",
        "sysctl -w vm.max_map_count=262144",
        "modprobe fuse",
        "mount -t nfs server:/share /mnt",
        "iptables -A INPUT -j ACCEPT",
        "ufw allow 22",
        "setenforce 0",
        "apt-get install -y dkms",
        'apt-get install -y "linux-headers-$(uname -r)"',
        "apt-get install -y linux-headers-`uname -r`",
        "dkms install a/1",
        "echo '1.2.3.4 a' >> /etc/hosts",
        "echo 'nameserver 8.8.8.8' | tee -a /etc/resolv.conf",
    ],
)
def test_what_needs_a_running_system(line: str) -> None:
    (found,) = in_post(host_in_build.host_state_in_post, f"    {line}\n    make\n")
    assert (found.severity, found.confidence) == ("warning", "high")


@pytest.mark.parametrize(
    "line",
    ["sed -i s/a/b/ /etc/hosts", "mv a /etc/resolv.conf", "rm -f /etc/resolv.conf", "sudo rm /etc/hosts"],
)
def test_what_fails_on_mounted_files(line: str) -> None:
    (found,) = in_post(host_in_build.host_state_in_post, f"    {line}\n    make\n")
    assert found.severity == "error"
    assert "Device or resource busy" in found.message


@pytest.mark.parametrize(
    "line",
    [
        "systemctl enable nginx",
        "service postgresql start",
        "systemctl start nginx || true",
        "sysctl -a",
        "ldconfig",
        "update-alternatives --set a /opt/a",
        "mount",
        "apt-get install -y iptables linux-headers-generic",
        "cat /etc/hosts",
        "sed s/a/b/ /etc/hosts",
        "rm /opt/root/etc/hosts",
        "echo a >> $SINGULARITY_ROOTFS/etc/resolv.conf",
        "echo $(uname -r)",
    ],
)
def test_what_an_image_may_do(line: str) -> None:
    assert not in_post(host_in_build.host_state_in_post, f"    {line}\n    make\n")


@pytest.mark.parametrize(
    "line",
    [
        "cd /tmp",
        "cd /var/tmp/build && make",
        "tar xf a.tgz -C /tmp",
        "curl https://example.org/a | tar -xzC /tmp/",
        "unzip a.zip -d /tmp/a",
        "git clone https://example.org/a.git /tmp/a",
        'W=/tmp/w; cd "$W"',
    ],
)
def test_work_in_the_hosts_tmp_is_an_info_told_once(line: str) -> None:
    (found,) = in_post(host_in_build.works_in_host_tmp, f"    {line}\n    cd /tmp/other\n    make\n")
    assert (found.severity, found.confidence) == ("info", "high")


@pytest.mark.parametrize(
    "line",
    ["wget -P /tmp https://example.org/a", "cd /opt/tmp", "cd $(mktemp -d)", "mkdir -p /tmp/a", "cd $x/tmp"],
)
def test_small_things_in_tmp(line: str) -> None:
    assert not in_post(host_in_build.works_in_host_tmp, f"    {line}\n    make\n")


def test_files_that_are_copied_there_keep_their_place() -> None:
    text = (
        "Bootstrap: docker\nFrom: debian:12\n%files\n  a.tgz /tmp/a.tgz\n%post\n  cd /tmp\n  tar xf a.tgz\n"
    )
    (found,) = check_text(text, host_in_build.works_in_host_tmp)
    assert found.fix is None


MODES: dict[str, tuple[Any, str, int]] = {
    "none known": (None, "warning", 0),
    "root": ({"identity": {"user_id": 0}}, "warning", 0),
    "subordinate": ({}, "error", 0),
    "single": ({"identity": {"subuids": [], "subgids": []}}, "error", 1),
}


@pytest.mark.parametrize("mode", MODES)
def test_what_only_root_of_the_machine_may_do(mode: str) -> None:
    host, level, nodes = MODES[mode]
    head = "Bootstrap: docker\nFrom: debian:12\n\n%post\n"
    body = "modprobe fuse\nsysctl -w vm.swappiness=1\nif false; then\n    modprobe x\nfi\nsystemctl start x\n"
    found = check_text(head + body, host_in_build.host_state_in_post, host=host)
    assert [one.severity for one in found] == [level, level, "warning", "warning"]
    made = check_text(
        f"{head}mknod -m 600 /dev/a c 1 3\nmknod /p p\n", host_in_build.host_state_in_post, host=host
    )
    assert [one.severity for one in made] == ["error"] * nodes
