"""Bootstrap agents: what a value that is none was meant to be, and what an agent lacks in its header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sifcheck.api import (
    AGENTS,
    HeaderField,
    NamedTuple,
    Severity,
    Stage,
    Target,
    is_distribution,
    pattern,
)
from sifcheck_rules._header import refusing
from sifcheck_rules._nearest import within_two_edits

_EXAMPLES = {
    "docker": "ubuntu:24.04",
    "library": "ubuntu:24.04",
    "oras": "HOST/NAME:TAG",
    "shub": "USER/NAME",
    "localimage": "base.sif",
    "docker-daemon": "NAME:TAG",
    "docker-archive": "saved.tar",
    "oci": "FOLDER",
    "oci-archive": "saved.tar",
    "buildkit": "FOLDER",
    "dockerfile": "FOLDER",
}
_MIRRORS = {
    "debootstrap": "http://deb.debian.org/debian/",
    "zypper": "http://download.opensuse.org/distribution/leap/%{OSVERSION}/repo/oss/",
    "busybox": "https://busybox.net/downloads/binaries/1.35.0-x86_64-linux-musl/busybox",
}
_YUM_MIRROR = "http://dl.rockylinux.org/pub/rocky/%{OSVERSION}/BaseOS/x86_64/os/"
_ALIASES = {
    "dockerhub": "docker",
    "docker-hub": "docker",
    "docker hub": "docker",
    "registry": "docker",
    "podman": "docker",
    "local": "localimage",
    "file": "localimage",
    "image": "localimage",
    "sif": "localimage",
    "sandbox": "localimage",
    "sylabs": "library",
    "cloud": "library",
    "singularity-hub": "shub",
    "singularityhub": "shub",
    "apt": "debootstrap",
    "debian": "debootstrap",
    "suse": "zypper",
    "pacman": "arch",
    "archlinux": "arch",
}
_PRODUCT_KEYS = ("product", "user", "regcode")
_URI = pattern(r"([A-Za-z-]+):(?://)?(.+)", re.S)
_ONE_LINE = pattern(r"(\S+)[\s,;]+from\s*[:=]?\s*(\S+)", re.I)


class Mistake(NamedTuple):
    """A wrong agent: what kind of mistake it is, the agent that was meant, and the image that stood in its place."""

    kind: str
    better: str
    rest: str


def mistake_of(field: HeaderField) -> Mistake:
    """What was meant by a value that is no agent."""
    value = field.value
    if field.folded:
        return Mistake("folded", "", "")
    word = value.lower()
    if word in AGENTS:
        return Mistake("case", word, "")
    bare = word.strip("\"' :;,.")
    if bare in AGENTS:
        return Mistake("signs", bare, "")
    line = _ONE_LINE.fullmatch(value)
    if line is not None:
        return Mistake("line", line[1] if line[1] in AGENTS else "docker", line[2])
    uri = _URI.fullmatch(value.strip("\"'"))
    if uri is not None and uri[1].lower() in AGENTS:
        return Mistake("uri", uri[1].lower(), uri[2])
    if word == "self":
        return Mistake("self", "", "")
    known = _ALIASES.get(bare)
    if field.stage.value("from") and (is_distribution(bare.partition(":")[0]) or "/" in bare):
        return Mistake("image", "docker", field.stage.value("from"))
    if is_distribution(bare.partition(":")[0]):
        return Mistake("image", "docker", value if ":" in value else f"{bare}:RELEASE")
    near = known or within_two_edits(bare, AGENTS)
    return Mistake("near", near, "") if near is not None else Mistake("unknown", "", "")


class Lack(NamedTuple):
    """A key that a header lacks: the kind of the finding, the key, how bad that is, and a value to put there."""

    kind: str
    key: str
    level: Severity
    example: str
    lacking: str = ""


def lacks(stage: Stage, agent: str, target: Target) -> Iterator[Lack]:
    """The keys that an agent cannot do without and that its header does not give."""
    if agent in _EXAMPLES and not stage.value("from"):
        yield Lack("localimage" if agent == "localimage" else "from", "from", "error", _EXAMPLES[agent])
    if agent in ("yum", "dnf", "busybox", "debootstrap") and stage.field("mirrorurl") is None:
        yield Lack("mirror", "mirrorurl", "error", _MIRRORS.get(agent, _YUM_MIRROR))
    products = [key for key in _PRODUCT_KEYS if stage.field(key) is not None] if agent == "zypper" else []
    if products:
        yield from (Lack("product", key, "error", "") for key in _PRODUCT_KEYS if key not in products)
    elif agent == "zypper" and stage.field("mirrorurl") is None:
        feature = "zypper without mirror"
        level = target.severity(target.lacking(feature), "error")
        if level is not None:
            yield Lack("zypper", "mirrorurl", level, _MIRRORS["zypper"], refusing(target, feature))
    release = {"debootstrap": "bookworm", "zypper": "15.6"}.get(agent, "9")
    if (agent == "debootstrap" or products) and not stage.value("osversion"):
        yield Lack("version", "osversion", "error", release)
    elif agent in ("yum", "dnf", "zypper") and stage.field("osversion") is None and _refers_to_version(stage):
        yield Lack("referred", "osversion", "error", release)


def _refers_to_version(stage: Stage) -> bool:
    return any("%{osversion}" in stage.value(key).lower() for key in ("mirrorurl", "updateurl"))
