"""Images: the processor they are for, damage, and formats that a runtime does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Findings,
    Runtime,
    Target,
    bad,
    finding,
    good,
    known,
    quote,
    rule,
)

if TYPE_CHECKING:
    from sifcheck.api import Host, Image

# -- IMG101

# Which other processors' programs a machine runs by itself.
_ALSO_RUNS = {
    "x86_64": ("i686",),
    "aarch64": ("arm",),
    "ppc64": ("ppc",),
    "mips64": ("mips",),
    "mips64el": ("mipsel",),
}

_PULL_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "loongarch64": "loong64"}


@rule(
    "IMG101",
    severity="error",
    profile="minimal",
    message={
        "target": "the image is for {found}, and it is to run on {wanted}",
        "host": "the image is for {found}, and this machine is {wanted}",
        "header": "the header says {header}, and the system partition is for {found}",
    },
    help={
        "target": "build it on a machine of {wanted}, or pull that one: `singularity pull --arch {pull} ...`",
        "host": "run it on a machine of {found}, or pull one for {wanted}: `singularity pull --arch {pull} ...`",
        "header": "the runtime goes by the partition; compare the file with its maker's: no signature covers this part of the header",
    },
)
@bad("", image={"architecture": "x86_64"}, arch="aarch64")
@bad("", image={"architecture": "aarch64", "header_architecture": "aarch64"}, host={})
@good("")
def wrong_architecture(image: Image, target: Target, host: Host | None = None) -> Findings:
    """The image is for another processor than it is to run on.

    "the image's architecture (arm64) could not run on the host's (amd64)": the runtime refuses it at the start, in the job
    that waited for hours.  What counts is the code in the system partition; the header's is a copy that nothing checks and no
    signature covers, so a difference says that the file was made or changed by hand.  Where a target or a site is named,
    the image is held against that; else, with `--host`, against the machine.  Of a sandbox its own programs say what it is for.

    Source: RIKEN guide on images (`sif list`); guides of Roihu, RIKYU and Aalto; measured with altered images.
    """
    if image.architecture is None:
        return
    if image.header_architecture not in (None, image.architecture):
        yield finding(
            image, "header", severity="info", header=image.header_architecture, found=image.architecture
        )
    wanted = target.architecture or (host.platform.architecture if host is not None else None)
    if wanted is None or wanted == image.architecture or image.architecture in _ALSO_RUNS.get(wanted, ()):
        return
    key = "target" if target.architecture else "host"
    pull = _PULL_NAMES.get(wanted, wanted)
    yield finding(image, key, found=image.architecture, wanted=wanted, pull=pull)


# -- IMG102


@rule(
    "IMG102",
    severity="error",
    profile="minimal",
    message={
        "short": "the image is cut off: {words}",
        "layout": "the image is damaged: {words}",
        "content": "the file system in the image is damaged: {words}",
        "empty": "no container can run from this image: {words}",
        "folder": "no container can run from this folder: {words}",
        "fault": "the image cannot be read to its end: {words}",
    },
    help={
        "short": "copy it again, and compare the sizes: `ls -l` here and there",
        "layout": "copy it again from where it works, or build it again",
        "content": "copy it again from where it works, or build it again",
        "empty": "build it again: `singularity build` puts a system partition into every image",
        "folder": "name a folder with an image in it: `singularity build --sandbox FOLDER FILE` makes one",
        "fault": "copy it to another disk, and tell the administrators of this one",
    },
)
@bad("", image={"problems": ["short: object 3 ends at byte 80000000, and the file at byte 65536000"]})
@bad("", image={"problems": ["layout: objects 2 and 3 lie over each other"]})
@good("")
def damaged_image(image: Image) -> Findings:
    """The file ends before its content does, contradicts its own format, or holds nothing to run from.

    A copy that was cut off still lists fine (`sif list` succeeds on it) and fails when it is run, signed or verified, with no
    more than "EOF" or an error of the mount.  Here every part is held against the length of the file, and the tables of the
    file system are read.

    Source: the SIF format and squashfs; measured with cut and altered images.
    """
    for kind in dict.fromkeys(problem.kind for problem in image.problems):
        words = [problem.words for problem in image.problems if problem.kind == kind]
        more = f" (and {len(words) - 1} more)" if len(words) > 1 else ""
        key = "folder" if kind == "empty" and image.kind == "sandbox" else kind
        yield finding(image, key, words=words[0] + more)


# -- IMG103

# The first kernel that mounts squashfs of a compression; none ever did lzma's.
_KERNELS = {"xz": (2, 6, 38), "lzo": (2, 6, 36), "lz4": (3, 19), "zstd": (4, 14), "lzma": (999,)}


@rule(
    "IMG103",
    severity="warning",
    confidence="medium",
    message={
        "oci": "an OCI-SIF is run by SingularityCE and SingularityPRO from 4.0 on, and not by {runtimes}",
        "gocryptfs": "an image encrypted with gocryptfs is run by Apptainer from 1.2 on, and not by {runtimes}",
        "compression": "its file system is compressed with {compression}, which the kernel {kernel} here does not mount",
    },
    help={
        "oci": "make a SIF file of the same source: `singularity build IMAGE.sif docker://...` without `--oci`",
        "gocryptfs": "build it without `--encrypt`, or as root, which encrypts with the kernel's own means",
        "compression": "make it anew with gzip: `apptainer build --mksquashfs-args '-comp gzip' NEW.sif {path}`, or run it by squashfuse: `--userns`",
    },
)
@bad("", image={"kind": "oci-sif"}, target="apptainer-1.4")
@bad("", image={"filesystem": "gocryptfs squashfs"}, target="singularity-ce-4.1")
@good("", target="singularity-3.8")
def format_too_new(image: Image, target: Target, host: Host | None = None) -> Findings:
    """The image is in a form that the runtime, or the kernel under it, does not know.

    An OCI-SIF holds the layers of a registry's image and no system partition.  An image encrypted without root holds a file
    system that only Apptainer reads.  An installation with setuid lets the kernel mount the squashfs, and a kernel from
    before a compression says no more than "invalid argument"; without setuid squashfuse mounts it, which has its own
    libraries.

    Source: singularity#5466; change logs of Apptainer 1.2 and 1.4, SingularityCE 3.11.5 and 4.0; configuration of squashfs in
    Linux.
    """
    if image.kind == "oci-sif":
        without = tuple(one for one in target.runtimes if not _runs_oci(one))
        yield from _not_by(image, "oci", target, without)
    if image.filesystem == "gocryptfs squashfs":
        without = tuple(
            one for one in target.runtimes if one.family != "apptainer" or one.version[:2] < (1, 2)
        )
        yield from _not_by(image, "gocryptfs", target, without)
    first = _KERNELS.get(image.compression or "")
    if (
        first is None
        or host is None
        or host.runtime is None
        or known(host.runtime.setuid_starter) is not True
    ):
        return
    kernel = _numbers(host.platform.kernel)
    if kernel and kernel < first:
        yield finding(
            image,
            "compression",
            compression=image.compression,
            kernel=host.platform.kernel,
            path=quote(image.path),
        )


def _runs_oci(runtime: Runtime) -> bool:
    return runtime.family in ("singularity-ce", "singularity-pro") and runtime.version >= (4,)


def _not_by(image: Image, key: str, target: Target, without: tuple[Runtime, ...]) -> Findings:
    level = target.severity(without, "warning")
    if level is None:
        return
    named = dict.fromkeys(str(one) if target.named else str(one).rpartition(" ")[0] for one in without)
    yield finding(image, key, severity=level, runtimes=", ".join(named))


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a kernel's release begins with: 5.14.0-503.el9 is (5, 14, 0)."""
    numbers = []
    for part in version.partition("-")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
