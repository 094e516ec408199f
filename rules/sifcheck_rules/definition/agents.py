"""The bootstrap agent: whether the runtime has it, what it needs of its header and this machine, and what it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sifcheck.api import (
    AGENTS,
    KEY_SPELLINGS,
    AddOption,
    Definition,
    Draft,
    Edit,
    Findings,
    HeaderField,
    NamedTuple,
    Severity,
    Stage,
    Target,
    bad,
    base_of,
    finding,
    good,
    is_distribution,
    is_meant,
    pattern,
    replace,
    rule,
    within_two_edits,
)
from sifcheck_rules._build_host import mode_of
from sifcheck_rules.definition._header import (
    agent_of,
    is_left_alone,
    keys_above,
    meant_keys,
    shortened,
    swallowed_keys,
    unreadable,
)

if TYPE_CHECKING:
    from sifcheck.api import Host


_TWINS = frozenset("ubuntu debian centos alpine fedora busybox rockylinux almalinux".split())
_LIBRARY = (AddOption("--library"),)
_NO_LIBRARY = (
    "`Bootstrap: library` without `Library:` finds no image in Apptainer, which has no default library"
)


@rule(
    "DEF204",
    severity="error",
    profile="minimal",
    fix="safe",
    message={
        "case": "`{value}` is no bootstrap agent: the value is case-sensitive",
        "signs": "`{value}` is no bootstrap agent: what stands round the word belongs to it",
        "uri": "`{value}` is no bootstrap agent: the agent and the image have a line each",
        "line": "`{value}` is no bootstrap agent: two header lines stand on one",
        "folded": "`{value}` is no bootstrap agent: the backslash joined the next line to it",
        "self": "`{value}` is no bootstrap agent since Singularity 3.0",
        "image": "`{value}` is no bootstrap agent, but an image",
        "near": "`{value}` is no bootstrap agent",
        "unknown": "`{value}` is no bootstrap agent",
        "young": "the bootstrap agent `{value}`, which came with {since}, is refused by {lacking}",
        "braces": "`{value}` is no bootstrap agent: {lacking} has no build variables, and takes the braces as they stand",
    },
    help={
        "case": "write `Bootstrap: {better}`",
        "signs": "write `Bootstrap: {better}`",
        "uri": "write `Bootstrap: {better}` and `From: {rest}`",
        "line": "write `Bootstrap: {better}` and `From: {rest}` on lines of their own",
        "folded": "take the backslash away",
        "self": "build from the image that the machine was made from, with `Bootstrap: docker` or `Bootstrap: localimage`",
        "image": "write `Bootstrap: docker` and `From: {rest}`",
        "near": "did you mean `Bootstrap: {better}`?",
        "unknown": "the agents are {agents}",
        "young": "{better}",
        "braces": "write the agent out, as in `Bootstrap: docker`",
    },
)
@bad(
    """
    Bootstrap: LocalImage
               ^^^^^^^^^^
    From: base.sif
    """,
    fixed="""
    Bootstrap: localimage
    From: base.sif
    """,
)
@bad("""
    Bootstrap: docker://rockylinux:9.4
               ^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good(
    """
    Bootstrap: dnf
    MirrorURL: http://mirror.example.org/9/
    """,
    target="apptainer-1.4,singularity-ce-4.3",
)
def unknown_bootstrap_agent(field: HeaderField, target: Target) -> Findings:
    """The value of `Bootstrap:` is no agent of the runtime.

    Keys may be written in any case, but the agent is looked up as it stands, quotes and all.  `self` ended with Singularity
    2; `dnf` came with Apptainer 1.4 and SingularityCE 4.3, `buildkit` with Apptainer 1.5.  Source: Apptainer 1.4.5,
    measured (`invalid build source`); change logs of these versions; under 0.1 % of 7,815 public files.
    """
    if field.key != "bootstrap" or not field.value or _is_open(field):
        return
    stage = field.stage
    if field is not stage.field("bootstrap"):
        return
    agent = field.value
    if agent not in AGENTS:
        if not is_meant(stage) or unreadable(stage.definition):
            return
        if field.has_unknown and not stage.definition.runtime.has("build arguments"):
            refusing = target.refusing("build arguments")
            yield finding(field.value_span, "braces", value=shortened(agent), lacking=refusing)
        else:
            yield _wrong_agent(field, _mistake_of(field))
        return
    lacking = target.lacking(f"agent {agent}")
    level = target.severity(lacking, "error") if lacking else None
    if level is not None and is_meant(stage):
        yum = "`Bootstrap: yum` uses dnf as well, where the machine has it"
        yield finding(
            field.value_span,
            "young",
            severity=level,
            profile="minimal" if level == "error" else "standard",
            value=agent,
            lacking=target.refusing(f"agent {agent}"),
            since=target.since(f"agent {agent}"),
            better=yum if agent == "dnf" else "build with a version that knows it",
        )


def _is_open(field: HeaderField) -> bool:
    """Whether a build variable that nothing defines stands in a value: DEF104 speaks of that."""
    span = field.value_span
    return any(
        use.value is None and span.start <= use.span.start < span.end for use in field.stage.definition.uses
    )


def _wrong_agent(field: HeaderField, mistake: _Mistake) -> Draft:
    fixes = mistake.kind in ("case", "signs", "near") and not field.folded
    return finding(
        field.value_span,
        mistake.kind,
        fix=replace(field.value_span, mistake.better) if fixes else None,
        safe=mistake.kind != "near",
        value=shortened(field.value),
        better=mistake.better,
        rest=mistake.rest,
        agents=", ".join(AGENTS),
    )


@rule(
    "DEF206",
    severity="error",
    message={
        "from": "`Bootstrap: {agent}` needs `From:`",
        "localimage": "without `From:` the folder that the build starts in becomes the image",
        "mirror": "`Bootstrap: {agent}` needs `MirrorURL:`",
        "zypper": "`Bootstrap: zypper` needs `MirrorURL:` in {lacking}",
        "version": "`Bootstrap: {agent}` needs `OSVersion:`",
        "referred": "`%{{OSVERSION}}` stands in the mirror's address, and the header has no `OSVersion:`",
        "product": "`Product:`, `User:` and `Regcode:` go together, and `{missing}:` is not there",
        "agent": "`Bootstrap:` is empty",
    },
    help={
        "from": "add a line such as `From: {example}`",
        "localimage": "add a line such as `From: {example}`",
        "mirror": "add a line such as `MirrorURL: {example}`",
        "zypper": "add a line such as `MirrorURL: {example}`",
        "version": "add a line such as `OSVersion: {example}`",
        "referred": "add a line such as `OSVersion: {example}`",
        "product": "add `{missing}:`, or take the others out",
        "agent": "write an agent there, as in `Bootstrap: docker`",
    },
)
@bad("""
    Bootstrap: docker
    ^^^^^^^^^^^^^^^^^
    %post
        echo hello
    """)
@good(
    """
    Bootstrap: zypper
    """,
    target="apptainer-1.4",
)
def header_incomplete(stage: Stage, target: Target) -> Findings:
    """The agent does not get the keys that it cannot do without.

    The parsers check no values: the build starts, runs %pre, and fails when it fetches the base.  With `localimage` it
    does not even fail: whatever lies in the folder becomes the root of the container.  Source: Apptainer 1.4.5, measured
    (13 forms); the builders of Apptainer 1.5.3 and SingularityCE 4.3, read.
    """
    field = stage.field("bootstrap")
    if field is None or not is_meant(stage):
        return
    if not field.value:
        if "bootstrap" not in meant_keys(stage):
            yield finding(field, "agent", profile="minimal")
        return
    agent = agent_of(stage)
    if agent is None or is_left_alone(stage):
        return
    elsewhere = meant_keys(stage) | {key.lower() for key, _ in keys_above(stage)}
    for other in stage.fields:
        elsewhere.update(swallowed_keys(other))
    for lack in _lacks(stage, agent, target):
        at = stage.field(lack.key)
        # A default that is empty is to be given: DEF104 says so.
        if lack.key not in elsewhere and (at is None or at.emptied_by is None):
            place = at.span if at is not None else stage.place
            yield finding(
                place,
                lack.kind,
                severity=lack.level,
                agent=agent,
                example=lack.example,
                missing=KEY_SPELLINGS[lack.key],
                lacking=lack.lacking,
            )


@rule(
    "DEF209",
    severity="warning",
    fix="unsafe",
    message={"": _NO_LIBRARY, "twin": _NO_LIBRARY},
    help={
        "": "name one with `apptainer remote add --no-login NAME URI` and `apptainer remote use NAME` on every machine that "
        "builds, or with `Library:`",
        "twin": "take the same image from the hub: `Bootstrap: docker` and `From: {twin}`; or name a library with "
        "`apptainer remote add --no-login NAME URI` and `apptainer remote use NAME`",
    },
)
@bad(
    """
    Bootstrap: library
               ^^^^^^^
    From: ubuntu:22.04
    """,
    target="apptainer-1.4",
    fixed="""
    Bootstrap: docker
    From: ubuntu:22.04
    """,
)
@good(
    """
    Bootstrap: library
    From: ubuntu:22.04
    """,
    target="singularity-ce-4.1",
)
def library_without_remote(definition: Definition, target: Target, host: Host | None = None) -> Findings:
    """An image library is asked for, and Apptainer knows none.

    SingularityCE asks its maker's library unless told otherwise; Apptainer has had no default since it was renamed, and
    ends with `remote has no library client`, for `library://HOST/...` as well.  `Library:` in any stage serves all of them.
    An error where the remote endpoint that this machine's Apptainer uses is its default one; with another one nothing is said.
    Source: Apptainer 1.4.5, measured; apptainer#1103, ciccalab/SIMPLI#11, singularity#6481, singularity#6095; 3.4 % of
    2,639 public files.
    """
    stages = [stage for stage in definition.stages if stage.agent == "library"]
    if not stages or any(stage.value("library") for stage in definition.stages):
        return
    level = target.severity(target.lacking("default library"), "warning")
    if host is not None and (not target.named or _is_for(target, host)):
        level = _without_library(host, level)
    if level is None:
        return
    for stage in stages:
        agent, image = stage.field("bootstrap"), stage.field("from")
        if agent is None or not is_meant(stage):
            continue
        twin = _twin(stage)
        if twin is None or image is None or image.folded or agent.folded:
            yield finding(agent.value_span, severity=level, remedies=_LIBRARY)
        else:
            edits = [replace(agent.value_span, "docker")]
            if twin != image.value:
                edits.append(replace(image.value_span, twin))
            yield finding(agent.value_span, "twin", severity=level, fix=edits, twin=twin, remedies=_LIBRARY)


def _is_for(target: Target, host: Host) -> bool:
    """Whether a named target is the kind of runtime that the machine has."""
    family = host.runtime.family if host.runtime is not None else None
    return all(runtime.family == family for runtime in target.runtimes)


def _without_library(host: Host, level: Severity | None) -> Severity | None:
    """How bad it is under the runtime of the machine, where nobody named another, by the remote endpoint in use there."""
    runtime = host.runtime
    if runtime is None or not isinstance(runtime.family, str):
        return level
    named = host.variable("APPTAINER_LIBRARY") or host.variable("SINGULARITY_LIBRARY")
    if runtime.family != "apptainer" or host.network.remote_serves_images is True or named:
        return None
    return "error" if host.network.remote_serves_images is False else "warning"


def _twin(stage: Stage) -> str | None:
    """The same image on Docker Hub, for the distributions that the library took from there."""
    base = stage.base
    if base is None or base.unknown or base.digest or not base.tag or base.registry is not None:
        return None
    name = base.repository.removeprefix("library/").removeprefix("default/")
    # `sha256.HEX` is how a library names one image, and means nothing on the hub.
    return f"{name}:{base.tag}" if name in _TWINS and not base.tag.startswith("sha256.") else None


# -- bootstrap agents: what a value that is none was meant to be, and what an agent lacks in its header

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


class _Mistake(NamedTuple):
    """A wrong agent: what kind of mistake it is, the agent that was meant, and the image that stood in its place."""

    kind: str
    better: str
    rest: str


def _mistake_of(field: HeaderField) -> _Mistake:
    """What was meant by a value that is no agent."""
    value = field.value
    if field.folded:
        return _Mistake("folded", "", "")
    word = value.lower()
    if word in AGENTS:
        return _Mistake("case", word, "")
    bare = word.strip("\"' :;,.")
    if bare in AGENTS:
        return _Mistake("signs", bare, "")
    line = _ONE_LINE.fullmatch(value)
    if line is not None:
        return _Mistake("line", line[1] if line[1] in AGENTS else "docker", line[2])
    uri = _URI.fullmatch(value.strip("\"'"))
    if uri is not None and uri[1].lower() in AGENTS:
        return _Mistake("uri", uri[1].lower(), uri[2])
    if word == "self":
        return _Mistake("self", "", "")
    known = _ALIASES.get(bare)
    if field.stage.value("from") and (is_distribution(bare.partition(":")[0]) or "/" in bare):
        return _Mistake("image", "docker", field.stage.value("from"))
    if is_distribution(bare.partition(":")[0]):
        return _Mistake("image", "docker", value if ":" in value else f"{bare}:RELEASE")
    near = known or within_two_edits(bare, AGENTS)
    return _Mistake("near", near, "") if near is not None else _Mistake("unknown", "", "")


class _Lack(NamedTuple):
    """A key that a header lacks: the kind of the finding, the key, how bad that is, and a value to put there."""

    kind: str
    key: str
    level: Severity
    example: str
    lacking: str = ""


def _lacks(stage: Stage, agent: str, target: Target) -> Iterator[_Lack]:
    """The keys that an agent cannot do without and that its header does not give."""
    if agent in _EXAMPLES and not stage.value("from"):
        yield _Lack("localimage" if agent == "localimage" else "from", "from", "error", _EXAMPLES[agent])
    if agent in ("yum", "dnf", "busybox", "debootstrap") and stage.field("mirrorurl") is None:
        yield _Lack("mirror", "mirrorurl", "error", _MIRRORS.get(agent, _YUM_MIRROR))
    products = [key for key in _PRODUCT_KEYS if stage.field(key) is not None] if agent == "zypper" else []
    if products:
        yield from (_Lack("product", key, "error", "") for key in _PRODUCT_KEYS if key not in products)
    elif agent == "zypper" and stage.field("mirrorurl") is None:
        feature = "zypper without mirror"
        level = target.severity(target.lacking(feature), "error")
        if level is not None:
            yield _Lack("zypper", "mirrorurl", level, _MIRRORS["zypper"], target.refusing(feature))
    release = {"debootstrap": "bookworm", "zypper": "15.6"}.get(agent, "9")
    if (agent == "debootstrap" or products) and not stage.value("osversion"):
        yield _Lack("version", "osversion", "error", release)
    elif agent in ("yum", "dnf", "zypper") and stage.field("osversion") is None and _refers_to_version(stage):
        yield _Lack("referred", "osversion", "error", release)


def _refers_to_version(stage: Stage) -> bool:
    return any("%{osversion}" in stage.value(key).lower() for key in ("mirrorurl", "updateurl"))


_TOOLS = {
    "debootstrap": "debootstrap",
    "yum": "dnf or yum, and rpm,",
    "dnf": "dnf or yum, and rpm,",
    "zypper": "zypper and rpm",
    "arch": "pacstrap",
}
_IMAGES = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "rocky": "rockylinux",
    "alma": "almalinux",
    "fedora": "fedora",
    "opensuse": "opensuse/leap",
}
_PACKAGE_MANAGERS = frozenset("yum dnf apt rpm zypper bash coreutils".split())
_PUBLISHED = "start from the published image: `Bootstrap: docker` and `From: {image}`"
_NO_TOOL = "`Bootstrap: {agent}` needs {lacking} on the machine that builds, and this one has none"
_NO_RIGHTS = "`Bootstrap: {agent}` {fails} on this machine: {why}"
_HOST_TOOLS = "`Bootstrap: {agent}` needs {tools} on the machine that builds, and more rights than most users have there"


@rule(
    "DEF210",
    severity="info",
    fix="unsafe",
    message={
        "": _HOST_TOOLS,
        "docker": _HOST_TOOLS,
        "tool": _NO_TOOL,
        "tool-docker": _NO_TOOL,
        "mode": _NO_RIGHTS,
        "mode-docker": _NO_RIGHTS,
    },
    help={
        "": "start from a published image of the distribution with `Bootstrap: docker`",
        "docker": _PUBLISHED,
        "tool-docker": _PUBLISHED,
        "mode-docker": _PUBLISHED,
    },
)
@bad("""
    Bootstrap: yum
               ^^^
    OSVersion: 9
    MirrorURL: http://dl.rockylinux.org/pub/rocky/%{OSVERSION}/BaseOS/x86_64/os/
    Include: dnf
    """)
@good("""
    Bootstrap: docker
    From: debian:12
    """)
def bootstrap_needs_host_tools(stage: Stage, host: Host | None = None) -> Findings:
    """The base is put together by a program of the host.

    debootstrap, yum, dnf, zypper and pacstrap have to be installed where the build runs, and they need root or
    subordinate ids: on most clusters neither is there.  The same base is published as an image.  Without a look at the
    machine this is said in the strict profile only.  Source: Apptainer 1.4.5, measured (`neither yum nor dnf in path`);
    fakeroot pages of both user guides; singularity#3990, singularity#4331, apptainer#2190; 4.8 % of 2,639 public files.
    """
    tools = _TOOLS.get(stage.agent)
    agent = stage.field("bootstrap")
    if tools is None or agent is None or not is_meant(stage):
        return
    key, lacking, fails, why = "", "", "", ""
    level: Severity | None = None
    mode = mode_of(host)
    if host is not None and (lacking := _lacking_tool(stage.agent, host)):
        key, level = "tool", "error"
    elif host is not None and mode is not None:
        level = _BY_MODE[stage.agent].get(mode, "error") if mode != "root" else None
        if level is None:
            return
        key, fails, why = "mode", _FAILS[level], _why(stage.agent, host)
    image = _published(stage)
    edits = _from_image(stage, agent, image) if image is not None else None
    yield finding(
        agent.value_span,
        key if edits is None else f"{key}-docker".strip("-"),
        severity=level,
        profile="strict" if level in (None, "info") else "standard",
        fix=edits,
        agent=stage.agent,
        tools=tools,
        image=image,
        lacking=lacking,
        fails=fails,
        why=why,
    )


# What becomes of it by the way to root; where the mode is not listed it fails.  Source: the fakeroot pages of the guides.
_RPM: dict[str, Severity] = {"subordinate": "info", "fakeroot-in-namespace": "warning"}
_SUSE: dict[str, Severity] = {"subordinate": "warning"}
_BY_MODE: dict[str, dict[str, Severity]] = {
    "debootstrap": {},
    "yum": _RPM,
    "dnf": _RPM,
    "zypper": _SUSE,
    "arch": _SUSE,
}
_FAILS = {"error": "fails", "warning": "may fail", "info": "works, with what the machine has installed,"}
_PROGRAMS = {
    "debootstrap": (("debootstrap",),),
    "yum": (("dnf", "yum"), ("rpm",)),
    "dnf": (("dnf", "yum"), ("rpm",)),
    "zypper": (("zypper",), ("rpm",)),
    "arch": (("pacstrap",),),
}


def _lacking_tool(agent: str, host: Host) -> str:
    """The program that the machine lacks; "" where it has all, or nobody knows."""
    for names in _PROGRAMS[agent]:
        programs = [host.program(name) for name in names]
        if all(program is not None and program.path is None for program in programs):
            return " or ".join(names)
    return ""


def _why(agent: str, host: Host) -> str:
    if agent == "debootstrap":
        return "it makes device files, which takes real root"
    from sifcheck.api import route

    return route(host).why


def _published(stage: Stage) -> str | None:
    """The published image of the release that the header bootstraps; None for an unknown release or one that has ended."""
    base = base_of(stage)
    name = _IMAGES.get(base.distribution or "")
    if name is None or not base.version or base.ended() or not re.fullmatch(r"[0-9.]+", base.version):
        return None
    return f"{name}:{base.version}"


def _from_image(stage: Stage, agent: HeaderField, image: str) -> list[Edit] | None:
    """The edits that make a header for docker of one for a distribution bootstrap, if nothing gets lost by that."""
    packages = set(re.split(r"[\s,]+", stage.value("include"))) - {""}
    fields = [
        field
        for field in stage.fields
        if field.key in ("mirrorurl", "osversion", "updateurl", "include", "setopt")
    ]
    others = {field.key for field in stage.fields} - {field.key for field in fields} - {"bootstrap", "stage"}
    if (
        not fields
        or others
        or stage.lost
        or packages - _PACKAGE_MANAGERS
        or any(f.folded for f in (agent, *fields))
    ):
        return None
    lines = sorted(field.line_span for field in fields)
    ended = stage.definition.source.data[lines[0].end - 1 : lines[0].end] == b"\n"
    edits = [
        replace(agent.value_span, "docker"),
        replace(lines[0], f"From: {image}\n" if ended else f"From: {image}"),
    ]
    return edits + [replace(line, "") for line in lines[1:]]
