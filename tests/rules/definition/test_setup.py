"""DEF306: scripts that run on the host."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding, Fix
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import files

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


def in_section(section: str, line: str, **settings: Any) -> list[Finding]:
    return check_text(f"{HEAD}%{section}\n    {line}\n", files.setup_writes_to_host, **settings)


@pytest.mark.parametrize("section", ["setup", "pre"])
@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("cp a.txt /etc/a.txt", "/etc/a.txt"),
        ("mv /etc/a.txt /etc/b.txt", "/etc/a.txt"),
        ("mv /etc/a.txt $SINGULARITY_ROOTFS/etc/", "/etc/a.txt"),
        ("rm -rf /opt/app", "/opt/app"),
        ("mkdir -p -m 755 /opt/app", "/opt/app"),
        ("ln -s /opt/app /usr/bin/app", "/usr/bin/app"),
        ("install -d /opt/app", "/opt/app"),
        ("install -m 755 app /usr/local/bin/app", "/usr/local/bin/app"),
        ("cp -t /opt a b", "/opt"),
        ("tar xzf a.tar.gz -C /opt", "/opt"),
        ("tar czf /srv/a.tar.gz data", "/srv/a.tar.gz"),
        ("date | tee /var/log/build", "/var/log/build"),
        ("echo x >> /etc/hosts", "/etc/hosts"),
        ("rm -f *.log", "*.log"),
        ("sudo mkdir /opt/app", "/opt/app"),
        ("mkdir /opt/$NAME", "/opt/$NAME"),
    ],
)
def test_writes_to_the_host(section: str, line: str, path: str) -> None:
    found = in_section(section, line)
    assert found, line
    assert path in found[0].message
    assert {(f.severity, f.profile) for f in found} == {("warning", "standard")}


@pytest.mark.parametrize(
    "line",
    [
        "cp a.txt ${SINGULARITY_ROOTFS}/etc/a.txt",
        'cp /etc/hosts "$SINGULARITY_ROOTFS"/etc/',
        "mkdir $ROOT/opt",
        "touch /opt/marker",
        "make > /dev/null 2>&1",
        "tar xzf a.tar.gz -C ${SINGULARITY_ROOTFS}",
        "tar xzf /srv/a.tar.gz -C $SINGULARITY_ROOTFS",
        "cd $SINGULARITY_ROOTFS && rm -rf tmp",
        "rm -rf build || true",
        "ln -s ../tmp ${SINGULARITY_ROOTFS}/var/tmp",
        "install -Dv a.sh ${SINGULARITY_ROOTFS}/etc/profile.d/a.sh",
        "cat /etc/hosts",
        "cp a.txt b.txt",
        "{{ tool }} /opt/x",
        "mkdir {{ folder }}/x",
    ],
)
def test_what_is_left_alone(line: str) -> None:
    assert [f.message for f in in_section("setup", line)] == []


def test_apptainers_variable_is_unset_elsewhere() -> None:
    line = "mkdir ${APPTAINER_ROOTFS}/a\n    mkdir $APPTAINER_ROOTFS/b"
    assert in_section("setup", line, target="apptainer-1.4") == []
    assert [f.severity for f in in_section("setup", line, target="singularity-ce-4.1")] == ["error"]
    assert [f.severity for f in in_section("setup", line, target="apptainer-1.4,singularity-pro-4.1")] == [
        "error"
    ]
    (finding,) = in_section("setup", line)
    assert finding.severity == "info"
    assert "SingularityCE" in finding.message
    text = f"{HEAD}%setup\n    {line}\n"
    assert apply_edits(text, fix_of(finding).edits) == text.replace("APPTAINER", "SINGULARITY")
    assert fix_of(finding).safe


@pytest.mark.parametrize(
    "line",
    [
        "root=${APPTAINER_ROOTFS:-$SINGULARITY_ROOTFS}",
        '[ -n "${APPTAINER_ROOTFS:-}" ] && cp a "${APPTAINER_ROOTFS}/a"',
        "APPTAINER_ROOTFS=$SINGULARITY_ROOTFS\n    mkdir $APPTAINER_ROOTFS/a",
    ],
)
def test_a_script_that_minds_the_difference(line: str) -> None:
    assert in_section("setup", line, target="singularity-ce-4.1") == []


@pytest.mark.parametrize("section", ["post", "runscript", "environment", "test"])
def test_the_variable_in_other_sections(section: str) -> None:
    (finding,) = in_section(section, "echo ${SINGULARITY_ROOTFS}/opt")
    assert finding.severity == "warning"
    assert "empty" in finding.message
    assert in_section(section, "echo /opt ${SINGULARITY_ROOTFS:-/}") == []
