"""What registries say, from a few facts: how a rule's example states it.

    registry={"rockylinux:9.4": {"architectures": ["x86_64"]}, "team/gone:1": {"refused": "missing", "near": ["1.0"]}}

Keys are images as `From:` names them.  A value are fields of BaseImage and of its Manifest (`labels`, `environment`; a list
where several `architectures` are named, unless `list` says so), `refused` with its kind, or `unknown` with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from sifcheck.image.reference import parse_reference
from sifcheck.registry.model import (
    BaseImage,
    ImageLayer,
    Manifest,
    Refusal,
    Refused,
    Registry,
    Unknown,
    written_out,
)
from sifcheck.testing.overlay import check_names

__all__ = ["DIGEST", "registry_from"]

DIGEST = "sha256:" + "0123456789abcdef" * 4
"""The digest of an image of which none is told."""

_FIELDS = ("architectures", "digest", "list", "labels", "environment", "size", "unpacked")
_REFUSED = ("refused", "why", "near")


def registry_from(facts: Mapping[str, Any], architecture: str | None = None) -> Registry:
    """A Registry that knows these images alone.  Raises ValueError, saying what is wrong, for facts that make none."""
    answers = {}
    for name, given in facts.items():
        at = written_out(parse_reference(name))
        answers[at] = _answer(name, at, given, architecture)
    return Registry(answers)


def _answer(name: str, at: str, given: Mapping[str, Any], architecture: str | None) -> BaseImage | Unknown:
    if "unknown" in given:
        return Unknown(str(given["unknown"]))
    fields = _REFUSED if "refused" in given else _FIELDS
    check_names(given, (*fields, "unknown"), f"registry: {name}")
    if "refused" in given:
        kind = given["refused"]
        if kind not in get_args(Refusal):
            raise ValueError(f"registry: {name}: {kind!r} is none of {', '.join(get_args(Refusal))}")
        return Refused(given.get("why", "404: there is no such image"), kind, tuple(given.get("near", ())))
    names = tuple(given.get("architectures", ("x86_64", "aarch64")))
    digest = given.get("digest", DIGEST)
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    layer = ImageLayer(DIGEST, kind, given.get("size", 90_000_000), given.get("unpacked", 210_000_000))
    is_list = given.get("list", len(names) != 1)
    taken = architecture if architecture in names else names[0] if names and not is_list else None
    manifest: Manifest | Unknown = Manifest(
        digest, taken or (names[0] if names else None), (layer,),
        given.get("labels", {}), tuple(given.get("environment", ())),
    )  # fmt: skip
    if is_list and architecture is not None and architecture not in names:
        manifest = Unknown(f"no image for {architecture}")
    return BaseImage(at, digest, is_list, names, architecture, manifest)
