"""The bootstrap agent: whether the runtime has it, what it needs, and whether what it names is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    AGENTS,
    Definition,
    Draft,
    Findings,
    HeaderField,
    Stage,
    Target,
    bad,
    finding,
    good,
    replace,
    rule,
)
from sifcheck_rules._agents import Mistake, lacks, mistake_of
from sifcheck_rules._header import (
    SPELLED,
    agent_of,
    is_judged,
    is_left_alone,
    keys_above,
    meant_keys,
    refusing,
    shortened,
    swallowed_keys,
    unreadable,
)

if TYPE_CHECKING:
    from sifcheck.api import Host, Severity

_TWINS = frozenset("ubuntu debian centos alpine fedora busybox rockylinux almalinux".split())
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
@bad(
    """
    Bootstrap: "docker"
               ^^^^^^^^
    From: rockylinux:9.4
    """,
    fixed="""
    Bootstrap: docker
    From: rockylinux:9.4
    """,
)
@bad("""
    Bootstrap: docker://rockylinux:9.4
               ^^^^^^^^^^^^^^^^^^^^^^^
    """)
@bad("""
    Bootstrap: docker From: rockylinux:9.4
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@bad("""
    Bootstrap: self
               ^^^^
    """)
@bad("""
    Bootstrap: ubuntu
               ^^^^^^
    From: ubuntu:24.04
    """)
@bad("""
    Bootstrap: dockerhub
    From: rockylinux:9.4
    """)
@bad(
    """
    Bootstrap: dnf
               ^^^
    MirrorURL: http://mirror.example.org/9/
    """,
    target="singularity-ce-4.1",
)
@bad(
    """
    Bootstrap: buildkit
               ^^^^^^^^
    From: .
    """,
    target="apptainer-1.4",
)
@good(
    """
    Bootstrap: dnf
    MirrorURL: http://mirror.example.org/9/
    """,
    target="apptainer-1.4,singularity-ce-4.3",
)
@good("""
    BOOTSTRAP:\tdocker  # from the hub
    From: rockylinux:9.4
    """)
@good("""
    Bootstrap: {{ agent }}
    From: base.sif
    """)
def unknown_bootstrap_agent(field: HeaderField, target: Target) -> Findings:
    """The value of `Bootstrap:` is no agent of the runtime.

    Keys may be written in any case, but the agent is looked up as it stands, quotes and all.  `self` ended with Singularity
    2; `dnf` came with Apptainer 1.4 and SingularityCE 4.3, `buildkit` with Apptainer 1.5.  Source: Apptainer 1.4.5,
    measured (`invalid build source`); change logs of these versions; under 0.1 % of 7,815 public files.
    """
    if field.key != "bootstrap" or not field.value or field.has_unknown:
        return
    stage = field.stage
    if field is not stage.field("bootstrap"):
        return
    agent = field.value
    if agent not in AGENTS:
        if is_judged(stage) and not unreadable(stage.definition):
            yield _wrong_agent(field, mistake_of(field))
        return
    lacking = target.lacking(f"agent {agent}")
    level = target.severity(lacking, "error") if lacking else None
    if level is not None and is_judged(stage):
        yum = "`Bootstrap: yum` uses dnf as well, where the machine has it"
        yield finding(
            field.value_span,
            "young",
            severity=level,
            profile="minimal" if level == "error" else "standard",
            value=agent,
            lacking=refusing(target, f"agent {agent}"),
            since=target.since(f"agent {agent}"),
            better=yum if agent == "dnf" else "build with a version that knows it",
        )


def _wrong_agent(field: HeaderField, mistake: Mistake) -> Draft:
    mends = mistake.kind in ("case", "signs", "near") and not field.folded
    return finding(
        field.value_span,
        mistake.kind,
        fix=replace(field.value_span, mistake.better) if mends else None,
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
@bad("""
    Bootstrap: localimage
    From:
    ^^^^^
    """)
@bad("""
    Bootstrap: debootstrap
    ^^^^^^^^^^^^^^^^^^^^^^
    OSVersion: bookworm
    """)
@bad("""
    Bootstrap: yum
    ^^^^^^^^^^^^^^
    MirrorURL: http://mirror.example.org/%{OSVERSION}/os/
    """)
@bad("""
    Bootstrap: zypper
    ^^^^^^^^^^^^^^^^^
    Product: SLES
    User: somebody@example.org
    OSVersion: 15.6
    MirrorURL: http://mirror.example.org/sles/
    """)
@bad(
    """
    Bootstrap: zypper
    ^^^^^^^^^^^^^^^^^
    OSVersion: 15.6
    """,
    target="singularity-ce-4.1",
)
@bad("""
    Bootstrap:
    ^^^^^^^^^^
    From: rockylinux:9.4
    """)
@good(
    """
    Bootstrap: zypper
    """,
    target="apptainer-1.4",
)
@good("""
    Bootstrap: yum
    MirrorURL: http://mirror.example.org/9/os/
    """)
@good("""
    Bootstrap: scratch
    %files
        root /
    """)
@good("""
    Bootstrap: docker
    Form: rockylinux:9.4
    """)
def header_incomplete(stage: Stage, target: Target) -> Findings:
    """The agent does not get the keys that it cannot do without.

    The parsers check no values: the build starts, runs %pre, and fails when it fetches the base.  With `localimage` it
    does not even fail: whatever lies in the folder becomes the root of the container.  Source: Apptainer 1.4.5, measured
    (13 forms); the builders of Apptainer 1.5.3 and SingularityCE 4.3, read.
    """
    field = stage.field("bootstrap")
    if field is None or not is_judged(stage):
        return
    if not field.value:
        if "bootstrap" not in meant_keys(stage):
            yield finding(field, "agent")
        return
    agent = agent_of(stage)
    if agent is None or is_left_alone(stage):
        return
    elsewhere = meant_keys(stage) | {key.lower() for key, _ in keys_above(stage)}
    for other in stage.fields:
        elsewhere.update(swallowed_keys(other))
    for lack in lacks(stage, agent, target):
        if lack.key not in elsewhere:
            at = stage.field(lack.key)
            place = at.span if at is not None else stage.place
            yield finding(
                place,
                lack.kind,
                severity=lack.level,
                agent=agent,
                example=lack.example,
                missing=SPELLED[lack.key],
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
@bad("""
    Bootstrap: library
               ^^^^^^^
    From: library://group/tools/solver:1.2
    """)
@good(
    """
    Bootstrap: library
    From: ubuntu:22.04
    """,
    target="singularity-ce-4.1",
)
@good(
    """
    Bootstrap: library
    From: ubuntu:22.04
    """,
    host={
        "runtimes": {"apptainer": "none", "singularity": {"flavour": "singularity-ce", "version": [4, 1, 2]}}
    },
)
@bad(
    """
    Bootstrap: library
               ^^^^^^^
    From: library://group/tools/solver:1.2
    """,
    host={"network": {"remote_serves_images": False}},
)
@good(
    """
    Bootstrap: library
    From: ubuntu:22.04
    """,
    host={"network": {"remote_serves_images": True}},
)
@good(
    """
    Bootstrap: library
    Library: https://library.example.org
    From: group/tools/solver:1.2
    """,
    target="apptainer-1.4",
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
        if agent is None or not is_judged(stage):
            continue
        twin = _twin(stage)
        if twin is None or image is None or image.folded or agent.folded:
            yield finding(agent.value_span, severity=level)
        else:
            edits = [replace(agent.value_span, "docker")]
            if twin != image.value:
                edits.append(replace(image.value_span, twin))
            yield finding(agent.value_span, "twin", severity=level, fix=edits, twin=twin)


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
    return f"{name}:{base.tag}" if name in _TWINS else None
