"""The plan of a build against the processor, the kernel and the driver that it will meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Base,
    Draft,
    Findings,
    bad,
    base_of,
    finding,
    good,
    pattern,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Plan, Site, Stage

# -- BLD202

# What is run inside of the image while it is built.
_RUN_INSIDE = ("post", "test", "appinstall", "apptest")


@rule(
    "BLD202",
    severity="error",
    tags="processor",
    message={
        "builder": "{builder} builds, and the image is for {target}: its scripts fail with `exec format error`",
        "emulated": "{builder} builds an image for {target} by emulation, which takes many times as long",
    },
    help="build it {where}",
)
@bad(
    """
    %post
        dnf install -y gcc
    """,
    site="fugaku:login",
)
@good(
    """
    %post
        dnf install -y gcc
    """,
    site="fugaku:compute",
)
def build_host_architecture(plan: Plan, site: Site | None = None) -> Findings:
    """The machine that builds has another processor than the one that the image is for, and nothing emulates it.

    The first script that runs a program of the image ends the build with "exec format error".  On Fugaku the login nodes are
    x86_64 and the compute nodes aarch64.  What has no scripts can be fetched anywhere.  Source: RIKEN Fugaku guide, appendix;
    guides of RIKYU, Roihu and Aalto; change log of Apptainer 1.4.
    """
    builder, target = plan.processor.builder, plan.processor.target
    if builder is None or target is None or builder == target or not _runs_programs(plan):
        return
    if {builder, target} <= {"x86_64", "i686"}:
        return
    emulated = plan.processor.emulated
    where = _where(site, target)
    if emulated is True:
        yield finding(plan, "emulated", severity="info", builder=builder, target=target, where=where)
    elif emulated is False or site is not None:
        yield finding(plan, "builder", builder=builder, target=target, where=where)


def _runs_programs(plan: Plan) -> bool:
    definition = plan.definition
    return definition is not None and any(
        section.body.strip() for section in definition.sections(*_RUN_INSIDE)
    )


def _where(site: Site | None, target: str) -> str:
    if site is not None and site.role == "login" and site.arch.compute == target:
        return f"in a job on a compute node ({target}), not on the login node"
    return f"on a machine with {target}"


# -- BLD203

# The kernel that a C library asks for: glibc from 2.26 on wants 3.2 on all processors ("FATAL: kernel too old").  First
# releases with it: Debian 10 (2.28), Ubuntu 18.04 (2.27), Fedora 27 (2.26), EL 8 (2.28), Leap 15 (2.26).
# Source: NEWS of glibc 2.26; the distributions' package lists.
_OLDEST_KERNEL = (3, 2)
_NEW_LIBRARY = {"debian": 10, "ubuntu": 18, "fedora": 27, "opensuse": 15}
_EL = ("centos", "rocky", "alma", "ubi", "oracle")
# The level of x86-64 that releases are compiled for.  AlmaLinux 10 has images for both levels, of Oracle Linux 10 nothing
# was found.  Source: release notes of RHEL 9 (x86-64-v2) and RHEL 10 (x86-64-v3).
_LEVELS = {
    9: (2, ("centos", "rocky", "alma", "ubi", "oracle")),
    10: (3, ("centos", "rocky", "ubi")),
}
_RELEASE = pattern(r"(\d+)\.(\d+)")


@rule(
    "BLD203",
    severity="error",
    tags="processor",
    confidence="medium",
    message={
        "kernel": "{base} wants a kernel from {wanted} on, and this machine has {kernel}: its programs say `kernel too old`",
        "level": "{base} is compiled for x86-64-v{wanted}, and this machine's processor has x86-64-v{level} only",
    },
    help="start from an older release of {distribution}, or build on a newer machine",
)
@bad("", plan={}, host={"platform": {"kernel": "2.6.32-754.el6.x86_64"}})
@bad("", plan={"level": 1}, host={})
@good("", plan={"level": 2}, host={})
def kernel_or_cpu_too_old(plan: Plan) -> Findings:
    """The base's programs want a newer kernel or processor than the machine that builds has.

    The kernel is always the machine's: a C library that wants a newer one ends every program with "FATAL: kernel too old",
    and a program for a later level of x86-64 dies of an illegal instruction ("CPU does not support x86-64-v2").  Source:
    singularity#1275, singularity#1277, eWaterCycle#291; NEWS of glibc; release notes of RHEL 9 and 10.
    """
    if plan.definition is None or plan.processor.builder != plan.processor.target:
        return
    for stage in plan.definition.stages:
        base = base_of(stage)
        if base.distribution is not None and base.major is not None:
            yield from _too_old(plan, base, base.major)
            return


def _too_old(plan: Plan, base: Base, major: int) -> Iterator[Draft]:
    processor = plan.processor
    values: dict[str, Any] = {"base": base.title, "distribution": base.title.partition(" ")[0]}
    release = _RELEASE.match(processor.kernel or "")
    first = 8 if base.distribution in _EL else _NEW_LIBRARY.get(base.distribution or "")
    if release is not None and first is not None and major >= first:
        kernel = (int(release[1]), int(release[2]))
        if kernel < _OLDEST_KERNEL:
            yield finding(plan, "kernel", wanted="3.2", kernel=processor.kernel, **values)
    wanted, distributions = _LEVELS.get(major, (0, ()))
    level = processor.level if processor.builder == "x86_64" else None
    if level is not None and level < wanted and base.distribution in distributions:
        yield finding(plan, "level", wanted=wanted, level=level, **values)


# -- BLD204

_CUDA_TAG = pattern(r"(?:nvidia/cuda:|cuda)[-_]?(\d{2})\.(\d+)")
_CUDA_LINE = pattern(r"CUDA_VERSION=(\d+)\.(\d+)")


@rule(
    "BLD204",
    severity="warning",
    tags="processor",
    confidence="medium",
    message="the base {name} holds CUDA {version}, and the drivers of {site} run CUDA {most} at the most",
    help="take a base with CUDA {most} or older, or put `cuda-compat` in the image",
)
@bad(
    """
    Bootstrap: docker
    From: nvidia/cuda:13.1.0-devel-ubuntu24.04
    """,
    site="rikyu:compute",
)
@good(
    """
    Bootstrap: docker
    From: nvidia/cuda:13.0.1-devel-ubuntu24.04
    """,
    site="rikyu:compute",
)
def cuda_newer_than_driver(plan: Plan, site: Site) -> Findings:
    """The base holds a newer CUDA than the site's drivers run.

    Programs end with "CUDA driver version is insufficient for CUDA runtime version".  The driver is the machine's, and cannot be
    put in an image; NVIDIA's cuda-compat packages bridge it on some cards.  Source: guide of RIKYU (at most 13.0);
    CodeRefinery guide on containers.
    """
    most = _version(site.gpu.cuda_max if isinstance(site.gpu.cuda_max, str) else "")
    definition = plan.definition
    if most is None or definition is None or not definition.stages:
        return
    if any("cuda-compat" in section.body for section in definition.sections("post")):
        return
    last = definition.stages[-1]
    found = _cuda_of(last, plan.bases[-1].environment if plan.bases else ())
    if found is not None and found > most:
        yield finding(
            plan,
            name=last.value("from"),
            version=".".join(map(str, found)),
            site=site.name,
            most=".".join(map(str, most)),
        )


def _cuda_of(stage: Stage, environment: tuple[str, ...]) -> tuple[int, int] | None:
    """The CUDA of a base: as its configuration says, else as its tag does."""
    for line in environment:
        if (match := _CUDA_LINE.match(line)) is not None:
            return int(match[1]), int(match[2])
    match = _CUDA_TAG.search(stage.value("from"))
    return (int(match[1]), int(match[2])) if match is not None else None


def _version(text: str) -> tuple[int, int] | None:
    match = _RELEASE.match(text)
    return (int(match[1]), int(match[2])) if match is not None else None
