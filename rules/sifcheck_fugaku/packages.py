"""Fujitsu's own packages in an image: where they fit, and how a build gets at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sifcheck.api import (
    Edit,
    Findings,
    Related,
    Script,
    Section,
    Span,
    Stage,
    Target,
    bad,
    finding,
    good,
    pattern,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import RuntimeCall

HIDDEN = "/home/apps/singularity"
SEEN = "/opt/repo"

_PACKAGES = pattern(
    r"(?<![\w./-])FJSV[\w.*-]+|(?<![\w.-])tcs\.repo\b|/opt/repo/tcs\b|/home/apps/singularity/tcs\b"
)
_MARKS = (
    "FJSV",
    "tcs.repo",
    "/repo/tcs",
    "/singularity/tcs",
)  # one of these stands in whatever _PACKAGES finds
_HIDDEN_URL = pattern(r"(?:file://)?/home/apps/singularity/tcs\b")
_SEEN_URL = pattern(r"file:///opt/repo/[\w./-]*")
_DEBIAN = ("ubuntu", "debian", "python", "gcc", "node", "golang", "rust")
_OTHERS = {"alpine": "Alpine", "archlinux": "Arch Linux", "opensuse": "openSUSE", "busybox": "busybox"}
_UBI = pattern(r"(?:^|/)ubi[0-9]*(?:-init|-minimal|-micro)?(?:$|[/:@])")
_SPARSE = pattern(
    r"[\w.+-]+-devel|gcc-gfortran|openmpi[\w-]*|mpich[\w-]*|hdf5[\w-]*|fftw[\w-]*|netcdf[\w-]*|boost[\w-]*"
)
_IN_UBI = frozenset(
    "glibc-devel libstdc++-devel kernel-headers python3-devel zlib-devel openssl-devel".split()
)
_OTHER_SOURCES = pattern(
    r"subscription-manager|config-manager|/etc/yum\.repos\.d|epel-release|--enablerepo|--repofrompath|https?://\S+\.rpm|tcs\.repo|rhsm"
)


@rule(
    "FUG101",
    severity="error",
    profile="minimal",
    message={
        "": "`{what}` is {kind} of Fujitsu's, and {base} takes none",
        "architecture": "`{what}` is for aarch64, and the image is meant for {architecture}",
    },
    help="start from `rockylinux:8` or `almalinux:8`, and build on a compute node",
)
@bad(
    """
    %post
        dnf install -y FJSVxtclanga
                       ^^^^^^^^^^^^
    """,
    base="ubuntu:22.04",
)
@good(
    """
    %post
        dnf install -y FJSVxtclanga
    """,
    base="rockylinux:8",
)
def tcs_on_debian(stage: Stage, target: Target) -> Findings:
    """Packages of Fugaku's language environment are wanted in an image that cannot take them.

    They are there as rpm files, made for RHEL 8 on aarch64.

    Source: the chapter on making images of the Fugaku Singularity guide.
    """
    base = _other_base(stage)
    architecture = target.architecture
    if base is None and architecture in (None, "aarch64"):
        return
    for section in stage.named("post", "files", "setup"):
        place = _first(section)
        if place is None:
            continue
        span, what = place
        if base is not None:
            kind = "an rpm file" if what.startswith("FJSV") else "a repository of rpm files"
            yield finding(span, what=what, kind=kind, base=base)
        elif what.startswith("FJSV"):
            yield finding(span, "architecture", what=what, architecture=architecture)
        return


def _other_base(stage: Stage) -> str | None:
    """What an image is made of that is none of the RHEL family; None where it is one, or unknown."""
    if stage.agent == "debootstrap":
        return "Debian"
    if stage.agent in ("docker", "oras") and stage.base is not None:
        name = stage.value("from").partition("@")[0].partition(":")[0].rpartition("/")[2]
        if name in _OTHERS:
            return _OTHERS[name]
        return f"the image `{name}`, which is of the Debian family," if name in _DEBIAN else None
    return {"arch": "Arch Linux", "busybox": "busybox", "zypper": "SUSE"}.get(stage.agent)


def _first(section: Section) -> tuple[Span, str] | None:
    """The first word of a section that has to do with these packages."""
    if section.name == "files":
        for copy in section.copies:
            match = _PACKAGES.search(copy.line)
            if match is not None:
                return copy.span, match[0]
        return None
    script = section.script
    if not any(mark in section.body for mark in _MARKS):
        return None
    for match in _PACKAGES.finditer(script.text):
        if not _in_comment(script, match.start()):
            return script.place(match.start(), match.end()), match[0]
    return None


def _in_comment(script: Script, offset: int) -> bool:
    return any(start <= offset < end for start, end in script.lexed.comments)


@rule(
    "FUG102",
    severity="error",
    profile="minimal",
    fix="unsafe",
    sections="post test appinstall",
    message={
        "": "`{path}` is not seen in a build: homes are left out of it",
        "bind": "`{url}` is seen only if the build binds the repository",
        "unbound": "`{url}` is not seen: `{call}` binds nothing to {to}",
    },
    help={
        "": "name it `{seen}` there, make that folder in %setup, and bind it: `build --bind {hidden}:{to} ...`",
        "bind": "`build --bind {hidden}:{to} ...`",
        "unbound": "`build --bind {hidden}:{to} ...`",
    },
)
@bad(
    """
    %post
        dnf config-manager --add-repo file:///home/apps/singularity/tcs/
                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^
    """,
    base="rockylinux:8",
    fixed="""
    %setup
        mkdir -p ${SINGULARITY_ROOTFS}/opt/repo

    %post
        dnf config-manager --add-repo file:///opt/repo/tcs/
    """,
)
@good(
    """
    %files
        /home/apps/singularity/tcs/tcs.repo /etc/yum.repos.d/
    %post
        dnf install -y gcc
    """,
    base="rockylinux:8",
)
def tcs_repository_hidden(script: Script) -> Findings:
    """The repository of Fugaku's packages is named by a path that a build does not see.

    It lies below `/home`, which is not there in a build.  Bound to another folder it is; during a build nothing makes
    that folder, so %setup has to.  A file that %files copies is read outside and may lie there.  Where the batch script
    is checked along that builds the file, its call is looked at: with the bind there is nothing to say, without it the
    build fails.  The runtime's variables for binds count in a build as well.

    Source: the chapter on making images of the Fugaku Singularity guide; a missing bind target ends a build, and
    APPTAINER_BIND, SINGULARITY_BIND and both with -PATH behind bind in one (measured with Apptainer 1.4.5).
    """
    text = script.text
    if HIDDEN not in text and SEEN not in text:
        return
    for match in _HIDDEN_URL.finditer(text):
        if _in_comment(script, match.start()):
            continue
        at = match.start() + match[0].index(HIDDEN)
        span = script.place(at, match.end())
        end = at + len(HIDDEN)
        edits = [_replaced(script.place(at, end)), *_setup(script)]
        path = f"{HIDDEN}/tcs"
        yield finding(span, path=path, seen=f"{SEEN}/tcs", hidden=HIDDEN, to=SEEN, fix=edits)
    call = script.section.stage.definition.call
    binds = _binds(call) if call is not None else None
    if binds is True:
        return
    for match in _SEEN_URL.finditer(text):
        if _in_comment(script, match.start()):
            continue
        span = script.place(match.start(), match.end())
        told: dict[str, Any] = {"url": match[0], "hidden": HIDDEN, "to": SEEN}
        if binds is False and call is not None:
            yield finding(span, "unbound", **told, call=f"{call.program} build", related=[_here(call)])
        else:
            yield finding(span, "bind", **told, severity="info", profile="standard")


def _here(call: RuntimeCall) -> Related:
    return Related("by this call", call.span, call.job.source if call.job is not None else None)


def _binds(call: RuntimeCall) -> bool | None:
    """Whether a build gets the repository's folder; None where that hangs on something that is not known."""
    given = [option for option in call.options if option.name in ("--bind", "--mount")]
    values = [*call.option_values("--bind"), *_bound_by_variables(call)]
    targets = {value.split(":")[1] if ":" in value else value for value in values}
    if any(f"{target.rstrip('/')}/".startswith(f"{SEEN}/") for target in targets):
        return True
    unknown = any(one.name == "--mount" or call.value_of(one.value) is None for one in given)
    script = call.job.source.text if call.job is not None else ""
    return None if unknown or call.unsure or _BIND_VARIABLE.search(script) else False


def _bound_by_variables(call: RuntimeCall) -> Iterator[str]:
    """The binds that variables give which the script exports before a call, or sets on its line."""
    for script in call.scripts:
        given = [one for one in script.assignments if one.name in _BIND_VARIABLES and not one.prefix]
        for one in given:
            sent = one.exported or any(other.exports(one.name) for other in call.scripts)
            if sent and not one.function and one.span.start < call.span.start and one.value is not None:
                yield from (one.value.substituted(script.constants) or "").split(",")
    for command in (*call.outer, call.command):
        for one in command.prefix:
            if one.name in _BIND_VARIABLES and one.value is not None:
                yield from (call.value_of(one.value) or "").split(",")


_BIND_VARIABLES = ("APPTAINER_BIND", "APPTAINER_BINDPATH", "SINGULARITY_BIND", "SINGULARITY_BINDPATH")
_BIND_VARIABLE = pattern(r"(?:SINGULARITY|APPTAINER)_BIND")


def _replaced(span: Span) -> Edit:
    return Edit(span.start, span.end, SEEN)


def _setup(script: Script) -> Iterator[Edit]:
    """The edit that makes the folder in a %setup of its own, where the stage has none."""
    section: Section = script.section
    if not section.stage.named("setup"):
        first = section.stage.sections[0].span.start
        yield Edit(first, first, f"%setup\n    mkdir -p ${{SINGULARITY_ROOTFS}}{SEEN}\n\n")


@rule(
    "FUG103",
    severity="info",
    confidence="low",
    profile="strict",
    message="UBI images have few development packages; `{what}` may not be found",
    help="`rockylinux:8` and `almalinux:8` have them",
)
@bad(
    """
    %post
        dnf install -y gcc hdf5-devel
                           ^^^^^^^^^^
    """,
    base="redhat/ubi8:8.10",
)
@good(
    """
    %post
        dnf install -y gcc hdf5-devel
    """,
    base="rockylinux:8",
)
def ubi_few_packages(stage: Stage) -> Findings:
    """A development package is to come from the few that a UBI image can reach.

    Without an entitlement the universal base images reach repositories of their own, which hold what runs programs and
    little of what builds them.

    Source: the chapter on making images of the Fugaku Singularity guide.
    """
    if not _UBI.search(stage.value("from")):
        return
    for section in stage.named("post"):
        script = section.script
        if _OTHER_SOURCES.search(script.text):
            return
        for install in script.commands("dnf", "yum", "microdnf"):
            words = install.operands()
            if not words or words[0].value not in ("install", "groupinstall"):
                continue
            for word in words[1:]:
                value = word.value or ""
                if _SPARSE.fullmatch(value) and value not in _IN_UBI:
                    yield finding(word, what=value)
                    return
