"""What a value of `Bootstrap:` that is no agent was meant to be."""

from __future__ import annotations

import re
from typing import NamedTuple

from sifcheck.api import AGENTS, HeaderField
from sifcheck_rules._bases import is_distribution
from sifcheck_rules._nearest import within_two_edits

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
_URI = re.compile(r"([A-Za-z-]+):(?://)?(.+)", re.S)
_ONE_LINE = re.compile(r"(\S+)[\s,;]+from\s*[:=]?\s*(\S+)", re.I)


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
