"""Bases that a program of the host puts together: whether this machine has it, and the rights that it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sifcheck.api import (
    Edit,
    Findings,
    HeaderField,
    Stage,
    bad,
    base_of,
    finding,
    good,
    is_meant,
    replace,
    rule,
)
from sifcheck_rules._build_host import mode_of

if TYPE_CHECKING:
    from sifcheck.api import Host, Severity

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
