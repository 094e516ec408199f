"""The tables of known bases: distributions, their own images, images made for a language, and what these hold."""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple


class Distribution(NamedTuple):
    """A distribution: its name as a person writes it, its family, /bin/sh, package manager, and its own images.

    `holds` and `lacks` are of the commands that scripts take for granted.  Source: the package lists of the published images
    (debian, ubuntu, rockylinux, almalinux, fedora, ubi, alpine, opensuse/leap), not those of derived ones.
    """

    title: str
    family: str | None = None
    sh: str | None = None
    manager: str | None = None
    repositories: str = ""
    holds: str = ""
    lacks: str = ""


_BUILD = "gcc g++ make cmake git wget curl unzip pip pip3 sudo"
_DEBIAN = (
    "bash apt apt-get dpkg perl tar gzip",
    f"{_BUILD} python python3 lsb_release locale-gen add-apt-repository dnf yum",
)
_EL = ("bash dnf yum rpm curl", f"{_BUILD.replace(' curl', '')} apt apt-get")
_NO_APT = "gcc g++ make cmake git wget apt apt-get"
_DNF = ("rhel", "bash", "dnf")
_ALMA = "almalinux almalinux/almalinux almalinuxorg/almalinux"

DISTRIBUTIONS = {
    "debian": Distribution("Debian", "debian", "dash", "apt", "debian", *_DEBIAN),
    "ubuntu": Distribution("Ubuntu", "debian", "dash", "apt", "ubuntu", *_DEBIAN),
    "centos": Distribution("CentOS", *_DNF, "centos centos/centos", *_EL),
    "rocky": Distribution("Rocky Linux", *_DNF, "rockylinux rockylinux/rockylinux", *_EL),
    "alma": Distribution("AlmaLinux", *_DNF, _ALMA, *_EL),
    "fedora": Distribution("Fedora", *_DNF, "fedora fedora/fedora", "bash dnf rpm curl", _NO_APT),
    "ubi": Distribution("UBI", *_DNF, "", *_EL),
    "oracle": Distribution("Oracle Linux", *_DNF, "oraclelinux"),
    "amazon": Distribution("Amazon Linux", *_DNF, "amazonlinux"),
    "scientific": Distribution("Scientific Linux", "rhel", "bash", "yum", "sl scientificlinux/sl"),
    "alpine": Distribution(
        "Alpine",
        "alpine",
        "ash",
        "apk",
        "alpine",
        "apk wget vi unzip",
        "bash curl git gcc g++ make cmake python python3 pip pip3 perl sudo apt apt-get dnf yum",
    ),
    "opensuse": Distribution(
        "openSUSE Leap",
        "suse",
        "bash",
        "zypper",
        "opensuse opensuse/leap",
        "bash zypper rpm curl",
        f"{_NO_APT} dnf yum",
    ),
    "arch": Distribution("Arch Linux", None, "bash", "pacman", "archlinux"),
    "busybox": Distribution("BusyBox", None, "ash", None, "busybox"),
}
REPOSITORIES = {
    repository: name
    for name, distribution in DISTRIBUTIONS.items()
    for repository in distribution.repositories.split()
}
"""The repositories of the distributions' own images, each with the distribution."""

# The Debian that the last image of a Python that has ended was built on, where its tag names none.
PYTHON_DEBIAN = {"2.7": "10", "3.3": "8", "3.4": "9", "3.5": "10", "3.6": "11"}

_BUILDPACK = "curl wget git gcc g++ make unzip xz bzip2 patch file python3"
# image: (what every form of it brings, what the full form brings besides).  Source: the Dockerfiles of the official images.
LANGUAGES: dict[str, tuple[str, str]] = {
    "python": ("python python3 pip pip3", _BUILDPACK),
    "gcc": ("gcc g++ make", _BUILDPACK),
    "golang": ("go", "curl wget git gcc g++ make"),
    "rust": ("cargo rustc gcc", _BUILDPACK),
    "node": ("node npm npx", _BUILDPACK),
    "buildpack-deps": ("", _BUILDPACK),
}
CONDA: dict[str, tuple[str, str]] = {
    "continuumio/miniconda3": ("debian", "bash conda python python3 pip git wget bzip2"),
    "continuumio/miniconda": ("debian", "bash conda python pip git wget bzip2"),
    "continuumio/anaconda3": ("debian", "bash conda python python3 pip git wget bzip2"),
    "condaforge/miniforge3": ("ubuntu", "bash conda mamba python python3 pip git wget bzip2"),
    "condaforge/mambaforge": ("ubuntu", "bash conda mamba python python3 pip git wget bzip2"),
    "mambaorg/micromamba": ("debian", "bash micromamba"),
}
