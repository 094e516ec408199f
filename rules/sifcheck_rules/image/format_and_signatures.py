"""Images: the processor they are for, damage, formats that a runtime does not know, and signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Findings,
    NamedTuple,
    Outcome,
    Runtime,
    Severity,
    Target,
    bad,
    finding,
    good,
    known,
    quote,
    rule,
)
from sifcheck_rules._machine import listed

if TYPE_CHECKING:
    from sifcheck.api import Host, Image, Signature, Site


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


_FIRST = "0123456789ABCDEF0123456789ABCDEF01234567"
_OTHER = "FEDCBA9876543210FEDCBA9876543210FEDCBA98"
_NAMES_SIGNERS = f'[site]\nname = "example"\n[policy]\nsigners = ["{_FIRST[-16:].lower()}"]\n'


def _asked(site: Site | None) -> bool:
    """Whether the site wants images to be signed."""
    return site is not None and site.policy.signatures is True


# -- IMG201


@rule(
    "IMG201",
    severity="info",
    message={
        "": "the image is not signed",
        "group": "the objects {objects} of the image are not signed",
        "unsignable": "this image cannot be signed: only a SIF file can",
    },
    help={
        "": "`singularity key newpair` once, then `singularity sign {path}`",
        "group": "`singularity sign --group-id {group} {path}`",
        "unsignable": "build a SIF file: `singularity build IMAGE.sif {path}`",
    },
)
@bad("", image={"signatures": []})
@bad("", image={"groups": [[1, 2, 3], [5]]})
@good("")
def unsigned_image(image: Image, site: Site | None = None) -> Findings:
    """Nobody signed the image, or a part of it.

    A signature says who made an image and that it is still what was made; `verify` fails without.  A private image needs
    none, so this is an info.  Where the site asks for signatures it is a warning; a project raises it with
    `severity = {IMG201 = "error"}`.  What was added to an image after it was signed forms a group of its own, without a signature.

    Source: RIKEN guide on images (signatures); measured: "signature not found for object group".
    """
    level: Severity | None = "warning" if _asked(site) else None
    path = quote(image.path)
    if image.kind not in ("sif", "oci-sif"):
        if _asked(site):
            yield finding(image, "unsignable", severity=level, path=path)
        return
    unsigned = [group for group in image.groups if not image.signatures_of(group)]
    if unsigned and not image.signatures:
        yield finding(image, severity=level, path=path)
        return
    for group in unsigned:
        objects = listed(map(str, group.objects))
        yield finding(image, "group", severity=level, group=group.id, objects=objects, path=path)


# -- IMG202


@rule(
    "IMG202",
    severity="warning",
    message={
        "changed": "the image is not what was signed: {what}",
        "legacy": "the signature covers the data only: it was made by a Singularity before 3.6",
        "unreadable": "the signature (object {id}) cannot be read",
        "refused": "the runtime refuses the signature: {why}",
    },
    help={
        "changed": "do not use it before you have compared it with its maker's copy",
        "legacy": "ask its maker to sign it anew: anybody can change what is said about the data; `verify` takes it with `--legacy-insecure` only",
        "unreadable": "do not use it before you have compared it with its maker's copy",
        "refused": "do not use it before you have compared it with its maker's copy",
    },
)
@bad("", image={"signatures": [{"fingerprint": _FIRST, "differences": ["object 3"]}]})
@bad("", image={"signatures": [{"form": "unreadable", "differences": ["unreadable 4"]}]})
@good("")
def broken_signature(image: Image, site: Site | None = None) -> Findings:
    """The image is not the one that was signed.

    A signature holds hashes of the data, of their descriptions and of the header.  Here they are compared, which takes no key:
    where they do not fit, the image was changed, or something was added to it or taken from it, by mistake or by intent;
    `verify` fails, as it does where only some of the objects of a group were signed (`sign --sif-id`).  The runtime merely
    warns when such an image is used as a base.  A signature from before Singularity 3.6 covers the data
    alone.  With `--host auto` the runtime of this machine is asked, too (`verify --local`): it alone tells a signature that was
    made up.  An error where the site asks for signatures.

    Source: RIKEN guide on images; the format of signatures in SIF; measured with seven altered images: `verify` says the same.
    """
    level: Severity | None = "error" if _asked(site) else None
    for one in image.signatures:
        if any(difference.what == "unreadable" for difference in one.differences):
            yield finding(image, "unreadable", severity=level, id=one.id)
        elif one.differences:
            yield finding(image, "changed", severity=level, what=_told(one))
    if any(one.differences for one in image.signatures):
        return
    if {one.form for one in image.signatures} == {"legacy"}:
        yield finding(image, "legacy")
    elif isinstance(image.verified, Outcome) and not image.verified.ok and _is_about_it(image.verified.why):
        yield finding(image, "refused", severity=level, why=image.verified.why)


def _is_about_it(why: str) -> bool:
    """Whether the runtime's word is about the signature, and not about a key that is missing here or a group without one."""
    others = ("unknown entity", "key material not provided", "signature not found", "no key")
    return not any(words in why for words in others)


_WORDS = {
    "header": ("its header was changed", ""),
    "descriptor": ("the description of object {} was changed", "the descriptions of objects {} were changed"),
    "object": ("object {} was changed", "objects {} were changed"),
    "added": ("object {} is not among what was signed", "objects {} are not among what was signed"),
    "removed": ("object {} was removed", "objects {} were removed"),
}


def _told(signature: Signature) -> str:
    """The differences in words, a kind after the other."""
    parts = []
    for what, (one, several) in _WORDS.items():
        numbers = [str(each.id) for each in signature.differences if each.what == what]
        if numbers:
            parts.append((several if len(numbers) > 1 and several else one).format(listed(numbers)))
    return "; ".join(parts)


# -- IMG203


class Signers(NamedTuple):
    """Whose signatures count.

    `fingerprints`: the keys, as `singularity key list` shows them; the last 16 digits or more of one will do.  Empty: those
    that the site names.
    """

    fingerprints: tuple[str, ...] = ()


@rule(
    "IMG203",
    severity="warning",
    message={
        "": "signed with the key {fingerprint}, which is not among those that count here",
        "ring": "signed with the key {fingerprint}, which is not in the key ring of this machine",
        "keyless": "signed with a key that the signature does not name, so it is not among those that count here",
    },
    help={
        "": "compare the fingerprint with its maker's; if it is right, add it to the list, and `singularity key import` the key",
        "keyless": "ask its maker to sign it with a key that has a fingerprint: `singularity sign` without `--key`",
        "ring": "compare the fingerprint with its maker's, then `singularity key import public.asc`; until then `verify` asks a key server",
    },
)
@bad("", image={"signatures": [{"fingerprint": _OTHER}]}, site=_NAMES_SIGNERS)
@bad("", image={"signatures": [{"form": "dsse"}]}, options={"IMG203": Signers((_OTHER,))})
@good("")
def unknown_signer(
    image: Image, options: Signers, site: Site | None = None, host: Host | None = None
) -> Findings:
    """The image is signed by somebody whose key is not known here.

    A signature tells nothing as long as anybody's will do: whoever changes an image can sign it anew.  A site names the keys
    that count in its file (`policy.signers`), a project under `[rules.IMG203]`.  With `--host` the key ring of the machine is
    looked at, too: a key that is not in it is an info.  The fingerprint is the one that the file claims; only `singularity
    verify` proves it.

    Source: RIKEN guide on images (export and import of keys); measured: "signature made by unknown entity".
    """
    wanted = options.fingerprints or (site.policy.signers if site is not None else ())
    keys = ["".join(one.split()).upper().removeprefix("0X") for one in wanted]
    if not image.signatures:
        return
    if keys and not any(_is_named(one.fingerprint, keys) for one in image.signatures):
        for one in image.signatures:
            if one.fingerprint is None:
                yield finding(image, "keyless")
            else:
                yield finding(image, fingerprint=one.fingerprint)
        return
    ring = host.keys.keyring("public") if host is not None else None
    known_here = known(ring.fingerprints) if ring is not None else None
    claimed = [one.fingerprint for one in image.signatures if one.fingerprint is not None]
    if known_here is not None and claimed and not set(claimed) & set(known_here):
        yield finding(image, "ring", severity="info", fingerprint=listed(claimed))


def _is_named(fingerprint: str | None, keys: list[str]) -> bool:
    return fingerprint is not None and any(len(key) >= 16 and fingerprint.endswith(key) for key in keys)
