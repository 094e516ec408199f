"""The way to root that a build takes here, against what its definition file needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Base,
    Edit,
    Findings,
    Stage,
    bad,
    base_of,
    exported,
    finding,
    good,
    known,
    pattern,
    route,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, Definition, Host, RuntimeCall

_MODE_3 = {"identity": {"subuids": [], "subgids": []}, "programs": {"fakeroot": "/usr/bin/fakeroot"}}
_ROCKY_8 = """
    Bootstrap: docker
    From: rockylinux:8

    %post
        dnf install -y gcc
    """

# -- BLD302

# The C library of releases.  Source: the distributions' package lists.
_LIBRARIES: dict[str, dict[str, tuple[int, int]]] = {
    "debian": {"9": (2, 24), "10": (2, 28), "11": (2, 31), "12": (2, 36), "13": (2, 41)},
    "ubuntu": {"16.04": (2, 23), "18.04": (2, 27), "20.04": (2, 31), "22.04": (2, 35), "24.04": (2, 39)},
    "amazon": {"2": (2, 26), "2023": (2, 34)},
    "el": {"6": (2, 12), "7": (2, 17), "8": (2, 28), "9": (2, 34), "10": (2, 39)},
}
_EL = ("centos", "rocky", "alma", "ubi", "oracle", "scientific")
# What a fakeroot command of a newer host asks of the library: no report names a later one, up to hosts with 2.39.
_ASKED = ((2, 33), (2, 34))
_BY_VARIABLE = ("APPTAINER_IGNORE_FAKEROOT_COMMAND", "SINGULARITY_IGNORE_FAKEROOT_COMMAND")
_VERSION = pattern(r"glibc (\d+)\.(\d+)")


@rule(
    "BLD302",
    severity="error",
    tags="call",
    confidence="medium",
    fix="safe",
    sections="job",
    message={
        "": "the fakeroot command of this machine does not run in {base}: `version GLIBC_{asked} not found`",
        "musl": "the fakeroot command of this machine does not run in {base}, which has another C library: `faked: not found`",
    },
    help=(
        "`apptainer build --ignore-fakeroot-command ...`, a newer base, or an Apptainer that brings its own fakeroot "
        "(install-unprivileged.sh)"
    ),
)
@bad(
    """
    #!/bin/bash
    apptainer build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    host=_MODE_3,
    folder={"app.def": {"text": _ROCKY_8}},
    fixed="""
    #!/bin/bash
    apptainer build --ignore-fakeroot-command app.sif app.def
    """,
)
@good(
    """
    #!/bin/bash
    apptainer build app.sif app.def
    """,
    host={**_MODE_3, "platform": {"libc": "glibc 2.28"}},
    folder={"app.def": {"text": _ROCKY_8}},
)
def host_fakeroot_newer_than_base(call: RuntimeCall, host: Host, folder: CalledFolder) -> Findings:
    """The scripts of a build are run by the host's fakeroot command, and the base's C library is too old for it.

    Of a user without subordinate ids Apptainer puts the fakeroot command of the machine into the image and runs the scripts
    under it; it was compiled against the machine's C library, and ends at once in an older one, or in none of its kind
    (Alpine has musl).  Without it package managers work but where they change owners.

    Source: Apptainer 1.4.5, measured (musl base); apptainer#865, apptainer#1338, apptainer#1758, apptainer#2103,
    apptainer#2291, apptainer#2525, apptainer#783, imgag/megSAP#383.
    """
    if call.subcommand != "build" or call.unsure or _ignores_command(call) or not _uses_hosts_command(host):
        return
    definition = folder.definition(call)
    for stage in definition.stages if definition is not None else ():
        if not any(section.body.strip() for section in stage.named("post", "test")):
            continue
        base = base_of(stage)
        place = call.option_place
        fix = Edit(place, place, " --ignore-fakeroot-command")
        if base.distribution == "alpine":
            yield finding(call, "musl", base=base.title, fix=fix)
            return
        asked = _asked_in_vain(host, base)
        if asked:
            yield finding(call, base=base.title, asked=asked, fix=fix)
            return


def _ignores_command(call: RuntimeCall) -> bool:
    if call.option("--ignore-fakeroot-command") is not None:
        return True
    return call.job is not None and any(exported(call.job, call, *_BY_VARIABLE))


def _uses_hosts_command(host: Host) -> bool:
    """Whether the scripts run under a fakeroot command that is the machine's own."""
    if route(host).mode not in ("fakeroot-in-namespace", "fakeroot-alone"):
        return False
    program = host.program("fakeroot")
    path = known(program.path, None) if program is not None else None
    # The one that comes with an unprivileged installation is compiled for old libraries.
    return path is not None and "apptainer" not in path


def _asked_in_vain(host: Host, base: Base) -> str:
    """The version of the C library that the host's command asks for and the base lacks; "" for none."""
    told = _VERSION.fullmatch(known(host.platform.libc, "") or "")
    name = "el" if base.distribution in _EL else base.distribution or ""
    versions = _LIBRARIES.get(name, {})
    there = versions.get(base.version or "") or versions.get(str(base.major))
    if told is None or there is None:
        return ""
    here = (int(told[1]), int(told[2]))
    return next((f"{asked[0]}.{asked[1]}" for asked in _ASKED if there < asked <= here), "")


# -- BLD307

_NOT_BY_PROOT = ("arch", "debootstrap", "yum", "dnf", "zypper")
_PROOT = {
    "runtimes": {"apptainer": "none", "singularity": {"flavour": "singularity-ce", "version": [4, 1, 2]}},
    "identity": {"subuids": [], "subgids": []},
    "programs": {"proot": "/usr/bin/proot"},
}


@rule(
    "BLD307",
    severity="error",
    tags="call",
    profile="minimal",
    sections="job",
    message={
        "section": "this user builds by proot here, which runs no `%{section}`",
        "agent": "this user builds by proot here, which cannot start from `Bootstrap: {agent}`",
        "remote": "a build with `--remote` cannot start from `Bootstrap: localimage`",
    },
    help={
        "section": "build with `--fakeroot`, as root, or bring the files in with `%files`",
        "agent": "build with `--fakeroot`, or start from an image of the distribution: `Bootstrap: docker`",
        "remote": "build it here, or start from an image in a registry",
    },
)
@bad(
    """
    #!/bin/bash
    singularity build --remote app.sif app.def
                      ^^^^^^^^
    """,
    folder={"app.def": {"text": "Bootstrap: localimage\nFrom: base.sif\n"}},
)
@good(
    """
    #!/bin/bash
    singularity build app.sif app.def
    singularity build --fakeroot tool.sif tool.def
    """,
    host=_PROOT,
    folder={
        "app.def": {"text": _ROCKY_8},
        "tool.def": {"text": "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%setup\n    touch x\n"},
    },
)
def section_not_on_this_route(call: RuntimeCall, folder: CalledFolder, host: Host | None = None) -> Findings:
    """The way that the build takes cannot serve the definition file.

    Without `--fakeroot` SingularityCE from 3.11 on builds by proot where it finds it: that runs no %pre and %setup, and has no
    bootstrap of a distribution's packages.  The remote builder has no images of this machine.

    Source: the page on building a container of the SingularityCE user guide; `cmd/internal/cli/build_linux.go` of
    SingularityCE (read).
    """
    definition = folder.definition(call)
    if definition is None or call.unsure or call.program == "apptainer":
        return
    remote = call.option("--remote")
    if remote is not None:
        if any(stage.agent == "localimage" for stage in definition.stages):
            yield finding(remote.word, "remote")
        return
    if host is None or call.option("--fakeroot", "--builder", "--oci") is not None or not _by_proot(host):
        return
    agent = next((stage.agent for stage in definition.stages if stage.agent in _NOT_BY_PROOT), None)
    section = _section(definition)
    if agent is not None:
        yield finding(call, "agent", agent=agent)
    elif section:
        yield finding(call, "section", section=section)


def _by_proot(host: Host) -> bool:
    """Whether a build without --fakeroot goes by proot on this machine."""
    runtime = host.runtime
    proot = host.program("proot")
    if host.identity.is_root or runtime is None or proot is None or known(proot.found, False) is not True:
        return False
    version = known(runtime.version, ())
    singularity = known(runtime.family, "") in ("singularity-ce", "singularity-pro")
    return singularity and (version or ()) >= (3, 11)


def _section(definition: Definition) -> str:
    """The section that proot does not run; "" for none."""

    def holds(stage: Stage, name: str) -> bool:
        return any(section.body.strip() for section in stage.named(name))

    names = (name for name in ("pre", "setup") for stage in definition.stages if holds(stage, name))
    return next(names, "")
