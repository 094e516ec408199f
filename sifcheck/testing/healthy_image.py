"""An image where nothing is wrong: what a rule's example is laid over."""

from __future__ import annotations

from sifcheck.base.source import Source
from sifcheck.image.image import DEFINITION_MARK, Files, Image, ImageEntry, Signature, SignedGroup

__all__ = ["FINGERPRINT", "PATH", "healthy_image"]

PATH = "tool.sif"
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"

_DEFINITION = """Bootstrap: docker
From: rockylinux:9.4

%post
    dnf install -y gcc && dnf clean all

%runscript
    exec tool "$@"
"""

_FOLDERS = (
    "/ /.singularity.d /etc /opt /opt/tool /opt/tool/bin /root /usr /usr/bin /usr/lib64 /usr/local/bin /var"
)
_PROGRAMS = "/usr/bin/bash /usr/bin/env /usr/bin/python3 /opt/tool/bin/tool"
_LINKS = {"/bin": "usr/bin", "/lib64": "usr/lib64", "/usr/bin/sh": "bash"}


def healthy_image() -> Image:
    """A SIF file for x86_64 with a definition file, signed, whose programs and scripts fit together."""
    entries = [ImageEntry(path, "folder", 0o755) for path in _FOLDERS.split()]
    entries += [ImageEntry(path, "file", 0o755, 20_000) for path in _PROGRAMS.split()]
    entries += [ImageEntry(path, "link", 0o777, 0, target) for path, target in _LINKS.items()]
    entries.append(ImageEntry("/etc/shadow", "file", 0o000, 600))
    return Image(
        PATH,
        "sif",
        bytes=80_000_000,
        mode=0o755,
        architecture="x86_64",
        header_architecture="x86_64",
        filesystem="squashfs",
        compression="gzip",
        compressed_bytes=79_900_000,
        unpacked_bytes=200_000_000,
        unpacked_files=len(entries),
        definition=Source(PATH + DEFINITION_MARK, _DEFINITION.encode()),
        labels={"org.label-schema.build-arch": "amd64"},
        scripts={"runscript": '#!/bin/sh\n\nexec tool "$@"\n'},
        groups=(SignedGroup(1, (1, 2, 3)),),
        signatures=(Signature(4, 1, 0, "openpgp", FINGERPRINT),),
        files=Files(sorted(entries)),
        programs=dict.fromkeys(_PROGRAMS.split(), "x86_64"),
    )
