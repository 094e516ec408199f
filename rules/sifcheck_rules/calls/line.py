"""One call of the runtime: the way to root that a build wants, and an image that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Base,
    ChangedFolder,
    Edit,
    Findings,
    Moved,
    Removed,
    Span,
    Stage,
    bad,
    base_of,
    effects_of_command,
    exported,
    families,
    finding,
    good,
    known,
    may_be_definition,
    may_find_more,
    pattern,
    related,
    route,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import CalledFolder, Definition, Host, JobScript, RuntimeCall, Site, Target


# -- BLD301

_AS_ROOT = frozenset("sudo doas su ssh fakeroot".split())
_ANOTHER_WAY = ("--fakeroot", "--remote", "--builder", "--oci")
# The script has a way of its own, or asks whether it is root.
_KNOWS_ROOT = pattern(r"\bproot\b|\bEUID\b|\bid -u\b|\bwhoami\b")
_BY_VARIABLE = ("SINGULARITY_FAKEROOT", "SINGULARITY_REMOTE", "SINGULARITY_BUILDER")


@rule(
    "BLD301",
    severity="error",
    tags="call",
    profile="minimal",
    fix="safe",
    sections="job",
    message="on {families} a user who is not root builds a definition file with `--fakeroot` only",
    help="`{program} build --fakeroot {image} {file}` (`-f` for short; `-F` is `--force`)",
)
@bad(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    target="singularity-ce-4.1",
    fixed="""
    #!/bin/bash
    #PJM -L node=1
    singularity build --fakeroot app.sif app.def
    """,
)
@good(
    """
    #!/bin/bash
    #PJM -L node=1
    singularity build app.sif app.def
    """,
    target="apptainer-1.4",
)
def fakeroot_missing(
    call: RuntimeCall, target: Target, host: Host | None = None, site: Site | None = None
) -> Findings:
    """A definition file is built with SingularityCE by a user who is not root, and without `--fakeroot`.

    It stops in its first second: "--remote, --fakeroot, or the proot command are required to build this source as a
    non-root user".  Apptainer from 1.1 on takes that way by itself.  Images and addresses need no root.  Where a machine
    is known that has proot, or a user who is root, nothing is said; nor at a site whose builds take that way, nor where the
    script puts folders on PATH, in which proot may lie.

    Source: `cmd/internal/cli/build_linux.go` of SingularityCE (read); singularity#3963; the fakeroot pages of the user
    guides; the chapter on making images of the Fugaku Singularity guide.
    """
    if call.subcommand != "build" or call.definition is None or not _may_lack_fakeroot(call, host):
        return
    if (site is not None and "proot" in site.build.routes) or may_find_more(call):
        return
    concerned = tuple(one for one in call.runtimes(target) if one.family != "apptainer")
    level = call.severity(target, concerned, "error")
    if level is None:
        return
    if host is None and (call.job is None or not call.job.is_submitted):
        # Who runs a script that is no job is not known: it may be root.
        level = "info"
    yield finding(
        call,
        severity=level,
        families=families(concerned),
        program=call.program,
        image=call.image.text if call.image is not None else "IMAGE",
        file=call.definition.text,
        # As an info it is for a runtime or a user that nobody named.
        safe=level == "error",
        fix=Edit(call.option_place, call.option_place, " --fakeroot"),
    )


def _may_lack_fakeroot(call: RuntimeCall, host: Host | None) -> bool:
    """Whether nothing tells of another way to root."""
    outer = {command.program for command in call.outer}
    if call.unsure or call.command.handled or _AS_ROOT & {*call.wrappers, *outer}:
        return False
    if call.option(*_ANOTHER_WAY) is not None:
        return False
    job = call.job
    if job is not None and (_KNOWS_ROOT.search(job.text) or any(exported(job, call, *_BY_VARIABLE))):
        return False
    return host is None or _is_refused(host)


def _is_refused(host: Host) -> bool:
    """Whether on this machine a SingularityCE may refuse the build of a definition file without `--fakeroot`."""
    from sifcheck.api import known

    runtime = host.runtime
    if host.identity.is_root or (runtime is not None and known(runtime.family, "") == "apptainer"):
        return False
    proot = host.program("proot")
    return proot is None or known(proot.found, False) is False


# -- BLD308


@rule(
    "BLD308",
    severity="error",
    profile="minimal",
    fix="unsafe",
    sections="job",
    message={
        "": "`{image}` is made above already: without a terminal the build stops at that",
        "there": "`{image}` is there already: without a terminal the build stops at that",
        "unknown": "if `{image}` is there already, the build stops: there is nobody to ask in a batch job",
    },
    help="`{program} {command} --force ...`, {force}; or build to another name, and `mv` it",
)
@bad("""
    #!/bin/bash
    apptainer build app.sif base.def
    apptainer build app.sif app.def
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    """)
@good("""
    #!/bin/bash
    #SBATCH --nodes=1
    apptainer build --force app.sif app.def || apptainer build --force app.sif other.def
    """)
def overwrite_not_forced(call: RuntimeCall, folder: CalledFolder | None = None) -> Findings:
    """The image is there already, and the call does not say that it may be overwritten.

    In a terminal the runtime asks; in a batch job nobody answers, and the build stops before it begins.  That is certain
    where the script makes the same image twice.  Of an image that an earlier job may have left, a script does not tell:
    only the strict profile speaks of that.  With `--force` the runtime deletes the old image first, so that a full disk costs
    both; `sifcheck build` keeps it until the new one is whole.

    Source: Apptainer 1.4.5, measured ("build target 'app.sif' already exists. Use --force if you want to overwrite it");
    singularity#5553, singularity#3848 (the prompt in their logs).
    """
    image = call.value_of(call.image)
    job = call.job
    if call.subcommand not in ("build", "pull") or not image or job is None or "://" in image:
        return
    if call.unsure or call.option("--force", "--update", "--help") or call.command.handled:
        return
    if may_be_definition(image):
        # Swapped arguments, most likely, and no image to be overwritten (BLD303).
        return
    earlier = _made_before(job, call, image)
    entry = folder.entry(call, call.image) if folder is not None else None
    key = ""
    if earlier is None:
        if not call.outermost.top_level or _is_looked_after(job, call, image):
            return
        key = "there" if entry is not None and entry.kind in ("file", "folder") else "unknown"
    certain = not key or (key == "there" and job.is_submitted)
    if key == "unknown" and (not job.is_submitted or entry is not None):
        return
    place = call.option_place
    yield finding(
        call,
        key,
        severity=None if certain else "info",
        confidence="medium" if key == "unknown" else None,
        profile="strict" if key == "unknown" else None,
        image=image,
        program=call.program,
        command=call.subcommand,
        force=_KEEPS if call.program == "sifcheck" and not call.option("--sandbox") else _REMOVES,
        related=[related(earlier, "made here")] if earlier is not None else (),
        fix=Edit(place, place, " --force"),
    )


# `sifcheck build` writes beside the old image, and renames.
_REMOVES = "which removes the old image before the new one is written"
_KEEPS = "with which the old image stays until the new one is whole"


def _made_before(job: JobScript, call: RuntimeCall, image: str) -> RuntimeCall | None:
    """The call above that makes the same image for sure, if nothing takes it away or goes elsewhere in between."""
    if not call.outermost.top_level or call.outermost.or_else is not None:
        return None
    for other in job.calls:
        if other.span.start >= call.span.start or other.subcommand not in ("build", "pull"):
            continue
        sure = other.outermost.top_level and not other.command.handled and other.outermost.or_else is None
        if not sure or other.value_of(other.image) != image or other.launcher is not None:
            continue
        between = Span(other.span.end, call.span.start)
        if not _is_touched(job, between, image):
            return other
    return None


def _is_touched(job: JobScript, where: Span, image: str) -> bool:
    """Whether a command in a stretch of the script may move the image, or change the folder."""
    name = image.rpartition("/")[2]
    for command in job.script.commands():
        if not where.start <= command.span.start < where.end:
            continue
        if command.program in ("exit", "exec"):
            return True
        for effect in effects_of_command(command):
            if isinstance(effect, ChangedFolder):
                return True
            takes = isinstance(effect, Removed | Moved) or command.program == "rsync"
            if takes and any(
                name in word.text or word.has_glob or word.value is None for word in command.arguments
            ):
                return True
    return False


def _is_looked_after(job: JobScript, call: RuntimeCall, image: str) -> bool:
    """Whether the script does something about an old image: removes it, or looks whether it is there."""
    before = Span(0, call.span.start)
    name = image.rpartition("/")[2]
    tests = job.script.commands("test", "[", "[[", "mktemp")
    return _is_touched(job, before, image) or any(
        name in word.text or word.value is None for command in tests for word in command.arguments
    )


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
_WITHOUT_FAKEROOT_COMMAND = ("APPTAINER_IGNORE_FAKEROOT_COMMAND", "SINGULARITY_IGNORE_FAKEROOT_COMMAND")
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
    return call.job is not None and any(exported(call.job, call, *_WITHOUT_FAKEROOT_COMMAND))


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
