"""The table of bases: what is known from the agent and the reference alone."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.bases.endings import CODE_NAMES, ENDINGS
from sifcheck.bases.model import UNKNOWN_BASE, Base, base_of
from sifcheck.definition import read_definition


def base(image: str, agent: str = "docker", more: str = "") -> Base:
    text = f"Bootstrap: {agent}\nFrom: {image}\n{more}"
    return base_of(read_definition(Source("x", text.encode())).stages[0])


@pytest.mark.parametrize(
    ("image", "title", "family", "shell", "manager"),
    [
        ("debian:12", "Debian 12", "debian", "dash", "apt"),
        ("debian:bookworm-20240926-slim", "Debian 12", "debian", "dash", "apt"),
        ("docker.io/library/ubuntu:jammy", "Ubuntu 22.04", "debian", "dash", "apt"),
        ("host.example.org/mirror/library/ubuntu:22.04", "Ubuntu 22.04", "debian", "dash", "apt"),
        ("rockylinux:9.4", "Rocky Linux 9", "rhel", "bash", "dnf"),
        ("rockylinux:9-minimal", "Rocky Linux 9", "rhel", "bash", "microdnf"),
        ("almalinux:8", "AlmaLinux 8", "rhel", "bash", "dnf"),
        ("centos:7", "CentOS 7", "rhel", "bash", "yum"),
        ("quay.io/centos/centos:stream9", "CentOS Stream 9", "rhel", "bash", "dnf"),
        ("fedora:41", "Fedora 41", "rhel", "bash", "dnf"),
        ("registry.access.redhat.com/ubi9/ubi:9.4", "UBI 9", "rhel", "bash", "dnf"),
        ("registry.access.redhat.com/ubi9-minimal", "UBI 9", "rhel", "bash", "microdnf"),
        ("alpine:3.22.1", "Alpine 3.22", "alpine", "ash", "apk"),
        ("opensuse/leap:15.6", "openSUSE Leap 15.6", "suse", "bash", "zypper"),
        ("nvidia/cuda:12.4.1-devel-rockylinux9", "Rocky Linux 9", "rhel", "bash", "dnf"),
        ("nvcr.io/nvidia/cuda:12.4.1-devel-ubuntu22.04", "Ubuntu 22.04", "debian", "dash", "apt"),
        ("python:3.12", "Debian", "debian", "dash", "apt"),
        ("python:3.12-alpine3.20", "Alpine 3.20", "alpine", "ash", "apk"),
        ("continuumio/miniconda3:24.1.2-0", "Debian", "debian", "dash", "apt"),
        ("rocm/dev-ubuntu-22.04:6.0", "Ubuntu 22.04", "debian", "dash", "apt"),
    ],
)
def test_a_known_base(image: str, title: str, family: str, shell: str, manager: str) -> None:
    found = base(image)
    assert (found.title, found.family, found.sh, found.manager) == (title, family, shell, manager)


@pytest.mark.parametrize(
    ("image", "agent"),
    [
        ("group/solver:1", "docker"),
        ("group/ubuntu:1", "docker"),
        ("{{ image }}", "docker"),
        ("ubuntu.sif", "localimage"),
        ("group/ubuntu", "shub"),
        ("", "docker"),
        ("ubuntu:22.04", "nonsense"),
    ],
)
def test_an_unknown_base(image: str, agent: str) -> None:
    assert base(image, agent)._replace(family=None) == UNKNOWN_BASE
    assert UNKNOWN_BASE.has("curl") is None
    assert not UNKNOWN_BASE.ended()
    assert UNKNOWN_BASE.title == ""


@pytest.mark.parametrize(
    ("image", "post", "family", "shell"),
    [
        ("group/solver:1", "yum install -y gcc", "rhel", "bash"),
        ("group/solver:1", "apk add gcc", "alpine", "ash"),
        ("group/solver:1", "apt-get update", "debian", None),
        ("group/solver:1", ". /opt/rh/devtoolset-8/enable", "rhel", "bash"),
        ("group/el9-mpi:1", "make", "rhel", "bash"),
        ("group/rhel8:1", "make", "rhel", "bash"),
        ("group/manylinux2014_x86_64", "make", "rhel", "bash"),
        ("group/centos-mpi", "apt-get update", "debian", None),
        ("group/solver:1", "if test -f x; then yum update; fi", None, None),
        ("group/solver:1", "yum update || apt-get update", None, None),
        ("group/model-debianish", "make", None, None),
        ("group/panel", "make", None, None),
    ],
)
def test_a_family_is_inferred(image: str, post: str, family: str | None, shell: str | None) -> None:
    found = base(image, more=f"%post\n    {post}\n")
    assert (found.distribution, found.family, found.sh) == (None, family, shell)


def test_what_a_base_exports() -> None:
    assert base("debian:12").exports("LANG") is False
    assert base("python:3.12").exports("LANG") is True
    assert base("nvidia/cuda:12.4.1-devel-ubuntu22.04").exports("LD_LIBRARY_PATH") is True
    assert base("nvcr.io/nvidia/pytorch:24.01-py3").exports("LD_LIBRARY_PATH") is True
    assert base("intel/oneapi-hpckit:2024.0.1-devel-ubuntu22.04").exports("MKLROOT") is True
    assert base("group/solver:1").exports("LANG") is None
    assert base("group/solver:1").exports("SOLVER_HOME") is False


def test_an_unknown_tag_leaves_the_distribution_known() -> None:
    found = base("rockylinux:{{ release }}")
    assert (found.distribution, found.version) == ("rocky", None)


@pytest.mark.parametrize(
    ("image", "command", "has"),
    [
        ("debian:12", "curl", False),
        ("debian:12", "python3", False),
        ("debian:12", "perl", True),
        ("debian:12", "nonsense", None),
        ("rockylinux:9.4", "curl", True),
        ("rockylinux:9.4", "python3", True),
        ("rockylinux:8", "python3", False),
        ("rockylinux:9-minimal", "python3", False),
        ("rockylinux:9.4", "wget", False),
        ("alpine:3.22", "bash", False),
        ("alpine:3.22", "wget", True),
        ("centos:7", "python", True),
        ("centos:7", "python3", False),
        ("python:3.12", "gcc", True),
        ("python:3.12-slim", "gcc", False),
        ("python:3.12-slim", "pip", True),
        ("golang:1.22", "git", True),
        ("rust:1.80-slim", "cargo", True),
        ("node:20-alpine", "npm", True),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "curl", None),
        ("continuumio/miniconda3:24.1.2-0", "conda", True),
    ],
)
def test_what_a_base_brings(image: str, command: str, has: bool | None) -> None:
    assert base(image).has(command) is has


def test_bootstrapped_bases() -> None:
    made = base("", "debootstrap", "OSVersion: jammy\nMirrorURL: http://archive.ubuntu.com/ubuntu\n")
    assert (made.title, made.sh) == ("Ubuntu 22.04", "dash")
    made = base(
        "", "yum", "OSVersion: 7\nMirrorURL: http://mirror.centos.org/centos-%{OSVERSION}/7/os/x86_64/\n"
    )
    assert made.title == "CentOS 7"
    made = base("", "yum", "MirrorURL: http://repo.almalinux.org/almalinux/9/BaseOS/x86_64/os\n")
    assert made.title == "AlmaLinux 9"
    assert base("", "yum", "MirrorURL: http://mirror.example.org/x\n").title == ""
    assert base("", "yum", "MirrorURL: http://mirror.example.org/x\n").family == "rhel"


def test_library_images_of_distributions() -> None:
    assert base("library://library/default/debian:12", "library").title == "Debian 12"
    assert base("library://library/default/debian:12", "library").lists is None
    assert base("group/tools/debian:12", "library").distribution is None


def test_an_end_has_a_day() -> None:
    assert base("ubuntu:18.04").ended()
    assert not base("ubuntu:18.04").ended("2023-05-30")
    assert base("ubuntu:18.04").ended("2023-05-31")
    assert not base("rockylinux:9").ended()


def test_the_table_of_ends_is_well_formed() -> None:
    for (name, version), ending in ENDINGS.items():
        assert len(ending.day) == 10, (name, version)
        assert "2009" < ending.day < "2027", (name, version)
    names = {name for name, _ in CODE_NAMES.values()}
    assert names == {"debian", "ubuntu"}
