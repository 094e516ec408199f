"""What a base image is and brings: its distribution, package manager, shell and commands."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.bases.contents import (
    CONDA,
    DISTRIBUTIONS,
    LANGUAGES,
    PYTHON_DEBIAN,
    REPOSITORIES,
)
from sifcheck.bases.endings import ARCHIVES, CHECKED, CODE_NAMES, ENDINGS, Ending
from sifcheck.bases.exports import COMMONLY_EXPORTED, exported_by
from sifcheck.bases.family import inferred_family

if TYPE_CHECKING:
    from sifcheck.definition.model import Stage


class Base(NamedTuple):
    """What is known about the image that a stage starts from; None means that nobody can say.

    `distribution` is debian, ubuntu, centos, rocky, alma, fedora, ubi, oracle, amazon, scientific, alpine, opensuse, arch
    or busybox; `version` its release as people write it (12, 22.04, stream8, 3.19); `family` is debian, rhel, alpine or
    suse; `sh` what /bin/sh is (dash, ash, bash); `manager` the package manager (apt, yum, dnf, microdnf, apk, zypper,
    pacman).  `language` is the language that the image was made for and its version; `bare`: it is the distribution's own.
    `lists` says whether it holds package lists of apt, `exported` which variables it sets.  Of a base that no table
    knows, `family` may be told by its name, the package manager that the scripts call, or their paths.
    """

    distribution: str | None = None
    version: str | None = None
    family: str | None = None
    sh: str | None = None
    manager: str | None = None
    language: tuple[str, str | None] | None = None
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    bare: bool = False
    lists: bool | None = None
    exported: frozenset[str] | None = None

    def has(self, command: str) -> bool | None:
        """Whether the image has a command before anything is installed; None where that is not known."""
        return True if command in self.present else False if command in self.absent else None

    def exports(self, variable: str) -> bool | None:
        """Whether the image sets a variable for whatever runs in it; None where that is not known, and some images do."""
        if self.exported is not None:
            return variable in self.exported
        return None if variable in COMMONLY_EXPORTED else False

    @property
    def ending(self) -> Ending | None:
        """When the distribution's release ended; None where it has not, or the table does not know."""
        return ENDINGS.get((self.distribution, self.version)) if self.distribution and self.version else None

    @property
    def language_ending(self) -> Ending | None:
        """As `ending`, of the language that the image was made for."""
        name, version = self.language or ("", None)
        return ENDINGS.get((name, version or ""))

    @property
    def archive_line(self) -> str:
        """The line that makes the package manager of an ended release use its archive; "" where none is known."""
        lists = "/etc/apt/sources.list"
        if self.distribution == "ubuntu" and (self.major or 0) >= 24:
            lists += ".d/ubuntu.sources"
        return ARCHIVES.get(self.distribution or "", "").format(lists=lists)

    def ended(self, day: str = CHECKED) -> bool:
        """Whether the distribution's public updates had ended by a day (ISO)."""
        return self.ending is not None and self.ending.day <= day

    @property
    def title(self) -> str:
        """The distribution and its release as a person writes them: `CentOS 7`; "" for an unknown one."""
        if self.distribution is None:
            return ""
        version = (self.version or "").replace("stream", "Stream ")
        return f"{DISTRIBUTIONS[self.distribution].title} {version}".rstrip()

    @property
    def major(self) -> int | None:
        """The release's first number; None where it is not known."""
        match = re.search(r"\d+", self.version or "")
        return int(match[0]) if match else None

    @property
    def release(self) -> float:
        """The release as a number to compare, as 24.04; 0 where it is not known."""
        match = re.match(r"\d+(?:\.\d+)?", self.version or "")
        return float(match[0]) if match else 0.0


UNKNOWN_BASE = Base()

_ARCHITECTURE = pattern(r"^(?:amd64|arm64v8|arm32v7|i386|ppc64le|s390x)/")
_UBI = pattern(r"(?:redhat/)?(?:ubi|rhel)(\d+)(?:/(?:ubi|rhel))?(?:[/-](minimal|micro|init))?")
_UBI_PYTHON = pattern(r"(?:ubi|rhel|centos|sclorg|rhscl).*/python-(\d)(\d+)(?:-(?:rhel|centos|ubi)(\d))?")
_NAMED = pattern(
    r"(?<![a-z])(ubuntu|debian|centos|rocky(?:linux)?|alma(?:linux)?|ubi|alpine|fedora)[-_]?(stream\d+|\d+(?:\.\d+)?)",
    re.I,
)
_WORDS = pattern(r"[a-z]+")
# The code names that tags of all kinds of images use; `precise` or `noble` alone may be anything.
_PLAIN_NAMES = frozenset(
    "wheezy jessie stretch buster bullseye bookworm trixie trusty xenial bionic focal hirsute impish jammy".split()
)


# /bin/sh of a family whose images all have the same one.
_SHELLS = {"rhel": "bash", "suse": "bash", "alpine": "ash"}


def base_of(stage: Stage) -> Base:
    """What is known about the image that a stage starts from: its agent and reference, else what the scripts take it for."""
    base = _stated_base(stage)
    exported = _exported(stage, base)
    if base == UNKNOWN_BASE and stage.agent not in ("scratch", ""):
        family = inferred_family(stage)
        base = base._replace(family=family, sh=_SHELLS.get(family or ""))
    return base._replace(exported=exported)


_MADE_HERE = ("debootstrap", "yum", "dnf", "zypper", "arch", "busybox", "scratch")


def _exported(stage: Stage, base: Base) -> frozenset[str] | None:
    if base.bare or stage.agent in _MADE_HERE:
        return frozenset(("PATH",))
    reference = stage.base
    return exported_by(reference.repository, reference.tag or "") if reference is not None else None


def _stated_base(stage: Stage) -> Base:
    agent = stage.agent
    if agent in ("debootstrap", "yum", "dnf", "zypper", "arch", "busybox"):
        return _bootstrapped(agent, stage.value("osversion"), stage.value("mirrorurl"))
    reference = stage.base
    if reference is None or agent not in ("docker", "library", "oras") or "{{" in reference.name:
        return UNKNOWN_BASE
    tag = reference.tag or ""
    return _published(agent, reference.on_hub, reference.repository, "{{" if "{{" in tag else tag)


@lru_cache(maxsize=256)
def _bootstrapped(agent: str, version: str, mirror: str) -> Base:
    if agent == "debootstrap":
        distribution, release = CODE_NAMES.get(
            version.lower(), ("ubuntu" if "ubuntu" in mirror else "debian", None)
        )
        return _bare(distribution, release)
    if agent == "zypper":
        return Base(
            "opensuse", version or None, "suse", "bash", "zypper", present=frozenset(("bash", "zypper"))
        )
    if agent in ("arch", "busybox"):
        return _bare(agent, None)
    names = (
        ("centos", "centos"),
        ("rocky", "rocky"),
        ("alma", "alma"),
        ("fedora", "fedora"),
        ("scientific", "scientific"),
    )
    found = next((name for word, name in names if word in mirror.lower()), None)
    number = re.match(r"\d+", version) or re.search(
        r"(?:centos|rocky|almalinux|scientific)[^/]*/(\d+)", mirror, re.I
    )
    release = number[number.re.groups] if number else None
    return Base(found, release if found else None, "rhel", "bash", None, present=frozenset(("bash",)))


@lru_cache(maxsize=512)
def _published(agent: str, on_hub: bool, repository: str, tag: str) -> Base:
    name = _official(agent, on_hub, repository)
    if name in REPOSITORIES:
        distribution = REPOSITORIES[name]
        base = _bare(distribution, _release(distribution, tag), "minimal" in tag)
        # The images of a library are made by other means, and some hold the lists.
        return base._replace(bare=True, lists=False if agent == "docker" and base.manager == "apt" else None)
    if name in LANGUAGES:
        return _for_language(name, tag)
    if name in CONDA:
        distribution, commands = CONDA[name]
        found = _stated(tag) or (distribution, None)
        return _bare(*found)._replace(present=frozenset(commands.split()), absent=frozenset())
    python = _UBI_PYTHON.search(repository)
    if python is not None:
        return _ubi_python(repository, python)
    ubi = _UBI.fullmatch(repository)
    if ubi is not None:
        return _bare("ubi", ubi[1], ubi[2] in ("minimal", "micro"))._replace(bare=True)
    stated = _stated(f"{repository}:{tag}")
    if stated is not None:
        return _bare(*stated)._replace(present=frozenset(), absent=frozenset())
    if repository == "nvidia/cuda":
        return _bare("ubuntu", None)._replace(present=frozenset(), absent=frozenset())
    return UNKNOWN_BASE


def _official(agent: str, on_hub: bool, repository: str) -> str:
    """A repository without what may stand before an official image's name; "" where the name says nothing."""
    name = _ARCHITECTURE.sub("", repository)
    for prefix in ("docker/library/", "library/default/", "default/", "library/"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    if "/library/" in name:
        return name.rpartition("/library/")[2]
    return name if on_hub or agent == "library" or name in REPOSITORIES or name in CONDA else ""


def _release(distribution: str, tag: str) -> str | None:
    """The release that a tag of a distribution's own image names; dated tags and code names are seen through."""
    word = _WORDS.match(tag)
    if word is not None and word[0] in CODE_NAMES:
        return CODE_NAMES[word[0]][1]
    if distribution == "centos":
        if tag in ("", "latest"):
            return "8"
        match = re.match(r"(?:centos)?(\d+)|(stream\d+)", tag)
        return (match[1] or match[2]) if match else None
    if distribution == "amazon":
        return (
            "1"
            if tag.startswith(("1", "2016", "2017", "2018"))
            else next(iter(re.findall(r"^\d+", tag)), None)
        )
    two = distribution in ("ubuntu", "alpine", "opensuse")
    match = re.match(r"\d+\.\d+" if two else r"\d+", tag)
    return match[0] if match else None


def _stated(text: str) -> tuple[str, str | None] | None:
    """The distribution that a tag of any image states, as in `11.8.0-devel-ubuntu22.04` or `3.8-slim-buster`."""
    match = _NAMED.search(text)
    if match is not None:
        name = match[1].lower()
        name = name.removesuffix("linux") if name.startswith(("rocky", "alma")) else name
        version = match[2]
        if name == "ubuntu" and re.fullmatch(r"\d{4}", version):
            version = f"{version[:2]}.{version[2:]}"
        if name in ("debian", "centos", "rocky", "alma", "ubi", "fedora"):
            version = version.partition(".")[0]
        return name, version
    for word in re.split(r"[^a-z]+", text.rpartition(":")[2].lower()):
        if word in _PLAIN_NAMES:
            return CODE_NAMES[word]
    return None


def _bare(distribution: str, version: str | None, minimal: bool = False) -> Base:
    """A distribution's own image."""
    row = DISTRIBUTIONS[distribution]
    present, absent = (frozenset(words.split()) for words in (row.holds, row.lacks))
    base = Base(distribution, version, row.family, row.sh, row.manager, None, present, absent)
    if row.family != "rhel":
        return base
    if minimal:
        gone = frozenset(("dnf", "yum", "python3"))
        return base._replace(manager="microdnf", present=present - gone | {"microdnf"}, absent=absent | gone)
    major = base.major
    if distribution == "fedora":
        return base._replace(present=present | {"python3"}) if major is not None and major <= 40 else base
    if major is not None and major < 8:
        return base._replace(
            manager="yum", present=present - {"dnf"} | {"python"}, absent=absent | {"dnf", "python3"}
        )
    if major == 8:
        return base._replace(absent=absent | {"python", "python3"})
    return (
        base._replace(present=present | {"python3"})
        if distribution in ("rocky", "alma", "ubi", "centos") and major
        else base
    )


def _for_language(name: str, tag: str) -> Base:
    """An image made for a language: full, slim or alpine, on the distribution that its tag states."""
    always, full = (frozenset(words.split()) for words in LANGUAGES[name])
    number = re.match(r"\d+(?:\.\d+)?", tag)
    language = (name, number[0] if number else None)
    if "alpine" in tag:
        stated = re.search(r"alpine(\d+\.\d+)", tag)
        base = _bare("alpine", stated[1] if stated else None)
        return base._replace(language=language, present=base.present | always, absent=base.absent - always)
    found = _stated(tag) or ("debian", PYTHON_DEBIAN.get(language[1] or "") if name == "python" else None)
    base = _bare(*found)
    brought = always if "slim" in tag else always | full
    return base._replace(language=language, present=base.present | brought, absent=base.absent - brought)


def _ubi_python(repository: str, match: re.Match[str]) -> Base:
    """A Python image of Red Hat or CentOS, as `ubi8/python-38`."""
    number = match[3] or next(iter(re.findall(r"ubi(\d+)", repository)), None)
    base = _bare("centos" if "centos" in repository and number else "ubi", number)
    brought = frozenset("python python3 pip pip3 gcc g++ make git wget".split())
    language = ("python", f"{match[1]}.{match[2]}")
    return base._replace(language=language, present=base.present | brought, absent=base.absent - brought)


def is_distribution(name: str) -> bool:
    """Whether a name is that of a distribution's official image."""
    return name in REPOSITORIES
