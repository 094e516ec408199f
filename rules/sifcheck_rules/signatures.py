"""Signatures of images: missing, broken, or by a key that nobody named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Findings,
    NamedTuple,
    Outcome,
    Severity,
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
