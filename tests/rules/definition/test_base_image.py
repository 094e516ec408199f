"""DEF201, DEF205, DEF207, DEF212: what the examples of the rules cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.definition import base_image

TAGS = "latest stable testing unstable sid rolling devel edge nightly main master dev current lts"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def one(text: str, rule: Any, **settings: Any) -> Finding:
    (finding,) = check_text(text, rule, **settings)
    return finding


def docker(image: str, more: str = "") -> str:
    return f"Bootstrap: docker\nFrom: {image}\n{more}"


@pytest.mark.parametrize(
    "image",
    [
        "ubuntu",
        "ubuntu:",
        "host:5000/ubuntu",
        "localhost/tools/ubuntu",
        *(f"ubuntu:{tag}" for tag in TAGS.split()),
        "x:latest-gpu",
        "x:1.2-latest",
        "debian:sid-slim",
        "debian:stable-backports",
    ],
)
def test_a_base_that_moves(image: str) -> None:
    finding = one(docker(image), base_image.moving_base)
    assert (finding.severity, finding.confidence, finding.profile) == ("warning", "high", "standard")
    assert check_text(docker(image), base_image.tag_without_digest) == []


@pytest.mark.parametrize(
    "image",
    [
        "ubuntu:24.04",
        "debian:stable-20240926",
        "debian:unstable-20240926-slim",
        "x:main-1.2",
        "x:mainline",
        "x:nightly20",
        "host:5000/ubuntu:24.04",
        f"ubuntu:latest@{DIGEST}",
        f"ubuntu@{DIGEST}",
        "ubuntu:{{ unset }}",
        "{{ unset }}",
        "{{ unset }}:latest",
    ],
)
def test_a_base_that_stays(image: str) -> None:
    assert check_text(docker(image), base_image.moving_base) == []


@pytest.mark.parametrize(
    "agent", ["shub", "localimage", "docker-archive", "docker-daemon", "oci", "debootstrap"]
)
def test_agents_whose_base_has_no_moving_tag(agent: str) -> None:
    assert check_text(f"Bootstrap: {agent}\nFrom: ubuntu\n", base_image.moving_base) == []


def test_a_moving_tag_under_library_and_oras() -> None:
    for agent in ("library", "oras"):
        assert (
            len(check_text(f"Bootstrap: {agent}\nFrom: a.example.org/b/c:latest\n", base_image.moving_base))
            == 1
        )


def test_a_build_argument_wins_over_the_default() -> None:
    text = docker("ubuntu:{{ release }}", "%arguments\n    release=latest\n")
    assert len(check_text(text, base_image.moving_base)) == 1
    assert check_text(text, base_image.moving_base, args={"release": "24.04"}) == []


def test_the_advice_names_a_release() -> None:
    assert "`From: rockylinux:9.4`" in one(docker("rockylinux"), base_image.moving_base).help
    assert "`From: host:5000/x:RELEASE`" in one(docker("host:5000/x"), base_image.moving_base).help


@pytest.mark.parametrize(
    ("agent", "value", "right", "safe"),
    [
        ("docker", "docker://ubuntu:24.04", "ubuntu:24.04", True),
        ("oras", "oras://ghcr.io/a/b:1", "ghcr.io/a/b:1", True),
        ("docker", "https://quay.io/a/b:1", "quay.io/a/b:1", False),
        ("docker", "'ubuntu:24.04'", "ubuntu:24.04", True),
        ("localimage", '"base.sif"', "base.sif", True),
        ("localimage", "file:///a/base.sif", "/a/base.sif", True),
        ("docker", "Foo/Bar:1.2-RC", "foo/bar:1.2-RC", False),
        ("docker", "GHCR.io/Foo/bar", "GHCR.io/foo/bar", False),
    ],
)
def test_a_reference_is_mended(agent: str, value: str, right: str, safe: bool) -> None:
    text = f"Bootstrap: {agent}\nFrom: {value}  # c\n"
    finding = one(text, base_image.bad_image_reference)
    assert (finding.severity, finding.profile) == ("error", "standard")
    assert finding.fix is not None
    assert finding.fix.safe is safe
    assert apply_edits(text, finding.fix.edits) == f"Bootstrap: {agent}\nFrom: {right}  # c\n"


@pytest.mark.parametrize(
    ("agent", "value"),
    [
        ("docker", "library://ubuntu:24.04"),
        ("library", "docker://ubuntu:24.04"),
        ("localimage", "docker://ubuntu:24.04"),
        ("docker", "ubuntu 24.04"),
        ("docker", "ubuntu:24.04 AS build"),
        ("library", "ubuntu 24.04"),
        ("docker", "ubuntu:$V"),
        ("docker", "ubuntu:24.04:x"),
        ("docker", "ubuntu@sha256:0123"),
        ("docker", "ubuntu@md5:0123"),
        ("docker", "<name>:<tag>"),
        ("docker", "https://hub.docker.com/r/a/b"),
    ],
)
def test_a_reference_that_only_its_author_can_mend(agent: str, value: str) -> None:
    finding = one(f"Bootstrap: {agent}\nFrom: {value}\n", base_image.bad_image_reference)
    assert finding.severity == "error"
    assert finding.fix is None or not finding.fix.safe


@pytest.mark.parametrize(
    ("agent", "value"),
    [
        ("docker", "a__b/x.y_z-w:1_2.3-X"),
        ("docker", "host:5000/a/b"),
        ("docker", "localhost/a"),
        ("docker", "Host.example.org/a:1"),
        ("docker", "ubuntu:{{ V }}"),
        ("docker", "{{ V }}"),
        ("library", "library://Group/Tools/Solver:1"),
        ("localimage", "my base.sif"),
        ("localimage", "./a:1.sif"),
        ("docker-daemon", "Name:1"),
        ("docker-archive", "a.tar:x"),
        ("shub", "Group/Tools:x"),
        ("debootstrap", "docker://x"),
        ("nonsense", "docker://x"),
    ],
)
def test_a_reference_that_is_one(agent: str, value: str) -> None:
    assert check_text(f"Bootstrap: {agent}\nFrom: {value}\n", base_image.bad_image_reference) == []


@pytest.mark.parametrize(
    ("text", "target", "severity"),
    [
        (docker(f"a:1@{DIGEST}"), "apptainer-1.3", "error"),
        (docker(f"a:1@{DIGEST}"), "apptainer-1.4", None),
        (docker(f"a:1@{DIGEST}"), "singularity-ce-4.0", "error"),
        (docker(f"a:1@{DIGEST}"), "singularity-ce-4.1", None),
        (docker(f"a:1@{DIGEST}"), None, "info"),
        ("Bootstrap: oci\nFrom: d:t\n", "apptainer-1.3", None),
        ("Bootstrap: oci\nFrom: d:t\n", "singularity-ce-4.1", "error"),
        ("Bootstrap: oci\nFrom: d:t\n", None, "info"),
        (f"Bootstrap: oci\nFrom: d@{DIGEST}\n", "apptainer-1.4", None),
        ("Bootstrap: oci-archive\nFrom: d.tar:t\n", "apptainer-1.4", "error"),
        ("Bootstrap: oci-archive\nFrom: d.tar:t\n", "singularity-ce-4.1", None),
        ("Bootstrap: oci-archive\nFrom: d.tar\n", "apptainer-1.4", None),
    ],
)
def test_references_that_hang_on_the_version(text: str, target: str | None, severity: str | None) -> None:
    settings = {} if target is None else {"target": target}
    found = check_text(text, base_image.bad_image_reference, **settings)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("image", "words", "severity"),
    [
        ("centos", "CentOS 8", "error"),
        ("centos:8", "CentOS 8", "error"),
        ("centos:7.9.2009", "CentOS 7", "error"),
        ("quay.io/centos/centos:stream8", "CentOS Stream 8", "error"),
        ("amd64/centos:centos6", "CentOS 6", "error"),
        ("nvidia/cuda:10.2-devel-centos7", "CentOS 7", "error"),
    ],
)
def test_red_hat_bases_that_are_gone(image: str, words: str, severity: str) -> None:
    finding = one(docker(image, "%post\n    yum install -y gcc\n"), base_image.retired_base)
    assert (finding.severity, finding.confidence, finding.profile) == (severity, "medium", "standard")
    assert words in finding.message
    assert one(docker(image), base_image.retired_base).severity == "warning"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("debian:8", "Debian 8"),
        ("docker.io/library/debian:stretch-20200101-slim", "Debian 9"),
        ("debian:10.13", "Debian 10"),
        ("python:3.9-slim-buster", "Debian 10"),
        ("python:2.7", "Debian 10"),
        ("ubuntu:21.04", "Ubuntu 21.04"),
        ("ubuntu:artful", "Ubuntu 17.10"),
    ],
)
def test_debian_bases_that_are_gone(image: str, words: str) -> None:
    finding = one(docker(image, "%post\n    apt-get update\n"), base_image.retired_base)
    assert finding.severity == "error"
    assert words in finding.message


@pytest.mark.parametrize(
    "image",
    [
        "ubuntu:18.04",
        "ubuntu:xenial-20210804",
        "nvidia/cuda:9.0-devel-ubuntu16.04",
        "python:3.8-slim",
        "python:3.7",
    ],
)
def test_bases_that_are_still_served(image: str) -> None:
    finding = one(
        docker(image, "%post\n    apt-get update && apt-get install -y gcc\n"), base_image.retired_base
    )
    assert finding.severity == "warning"
    assert finding.fix is None


@pytest.mark.parametrize(
    "image",
    [
        "ubuntu:20.04",
        "ubuntu:24.04",
        "ubuntu",
        "debian:11",
        "debian:bookworm",
        "debian:stable",
        "rockylinux:8",
        "almalinux:8.10",
        "quay.io/centos/centos:stream9",
        "python:3.9",
        "python:3.12-bookworm",
        "registry.access.redhat.com/ubi8/python-311",
        "group/precise:1.2-precise",
        "group/solver:7",
        "debian:{{ unset }}",
    ],
)
def test_bases_that_are_not_retired(image: str) -> None:
    assert (
        check_text(
            docker(image, "%post\n    dnf install -y x\n    apt-get install -y x\n"), base_image.retired_base
        )
        == []
    )


@pytest.mark.parametrize(
    "line",
    [
        "sed -i s/mirror.centos.org/vault.centos.org/ /etc/yum.repos.d/CentOS-*.repo",
        "rm -f /etc/yum.repos.d/*.repo",
        "curl -o /etc/yum.repos.d/x.repo http://vault.centos.org/x",
    ],
)
def test_a_switch_to_the_archive_makes_it_a_warning(line: str) -> None:
    before = docker("centos:7", f"%post\n    {line}\n    yum install -y gcc\n")
    after = docker("centos:7", f"%post\n    yum install -y gcc\n    {line}\n")
    comment = docker("centos:7", f"%post\n    # {line}\n    yum install -y gcc\n")
    assert one(before, base_image.retired_base).severity == "warning"
    assert one(after, base_image.retired_base).severity == "error"
    assert one(comment, base_image.retired_base).severity == "error"


def test_package_lists_can_come_with_files() -> None:
    text = docker("debian:9", "%files\n    sources.list /etc/apt/sources.list\n%post\n    apt-get update\n")
    assert one(text, base_image.retired_base).severity == "warning"
    added = docker("debian:9", "%post\n    echo deb x >> /etc/apt/sources.list\n    apt-get update\n")
    assert one(added, base_image.retired_base).severity == "error"
    written = docker("debian:9", "%post\n    echo deb x > /etc/apt/sources.list\n    apt-get update\n")
    assert one(written, base_image.retired_base).severity == "warning"


def test_an_install_that_may_fail_is_not_held_against_the_base() -> None:
    text = docker("centos:7", "%post\n    yum install -y gcc || true\n    # yum install -y make\n")
    assert one(text, base_image.retired_base).severity == "warning"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_archive_line_is_put_in_front(end: str) -> None:
    text = docker("debian:9", "%post -c /bin/bash\n\tset -e\n\tapt-get update\n").replace("\n", end)
    finding = one(text, base_image.retired_base)
    assert finding.fix is not None
    assert not finding.fix.safe
    lines = apply_edits(text, finding.fix.edits).split(end)
    assert lines[2] == "%post -c /bin/bash"
    assert lines[3].startswith("\tsed -i ")
    assert "archive.debian.org" in lines[3]
    assert lines[4:] == ["\tset -e", "\tapt-get update", ""]


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Bootstrap: debootstrap\nOSVersion: stretch\nMirrorURL: http://deb.debian.org/debian/\n", "error"),
        (
            "Bootstrap: debootstrap\nOSVersion: stretch\nMirrorURL: http://archive.debian.org/debian/\n",
            "warning",
        ),
        (
            "Bootstrap: debootstrap\nOSVersion: xenial\nMirrorURL: http://archive.ubuntu.com/ubuntu/\n",
            "warning",
        ),
        ("Bootstrap: debootstrap\nOSVersion: bookworm\nMirrorURL: http://deb.debian.org/debian/\n", None),
        (
            "Bootstrap: yum\nOSVersion: 7\nMirrorURL: http://mirror.centos.org/centos-7/7/os/x86_64/\n",
            "error",
        ),
        ("Bootstrap: yum\nOSVersion: 7\nMirrorURL: http://vault.centos.org/7.9.2009/os/x86_64/\n", "warning"),
        (
            "Bootstrap: yum\nOSVersion: 9\nMirrorURL: http://dl.rockylinux.org/pub/rocky/9/BaseOS/x86_64/os/\n",
            None,
        ),
        ("Bootstrap: shub\nFrom: a/b\n", "warning"),
    ],
)
def test_bootstraps_of_retired_distributions(text: str, severity: str | None) -> None:
    found = check_text(text, base_image.retired_base)
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_tag_without_digest_is_for_the_strict() -> None:
    finding = one(docker("host:5000/a:1.2"), base_image.tag_without_digest)
    assert (finding.severity, finding.profile) == ("info", "strict")
    assert "`From: host:5000/a@sha256:...  # 1.2`" in finding.help


@pytest.mark.parametrize(
    ("target", "families"),
    [
        ("apptainer-1.3", "Apptainer"),
        ("singularity-ce-4.0", "SingularityCE"),
        ("apptainer-1.3,singularity-ce-4.0", "Apptainer and SingularityCE"),
    ],
)
def test_one_runtime_or_several_make_one_sentence(target: str, families: str) -> None:
    text = f"Bootstrap: docker\nFrom: alpine:3.22@sha256:{'0' * 64}\n"
    (found,) = check_text(text, base_image.bad_image_reference, target=target)
    assert found.message.startswith(f"for {families} it is a tag or a digest, not both: ")
