"""A registry on this machine (Debian's docker-registry) and images to push to it: made here, without a network."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class RealRegistry:
    """One that runs: `address` is host and port."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address

    def push(self, layout: Path, name: str) -> None:
        """Push an OCI layout with all that it holds, as `library/tool:1`."""
        target = f"docker://{self.address}/{name}"
        words = ["skopeo", "copy", "-q", "--all", "--dest-tls-verify=false", f"oci:{layout}:image", target]
        subprocess.run(words, check=True, cwd=self.folder)


@contextmanager
def started(folder: Path) -> Iterator[RealRegistry]:
    """A registry as long as the block lasts; skips, saying why, without the programs."""
    for program in ("docker-registry", "skopeo"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (tests/integration/install-runtime installs it)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "kept").mkdir(parents=True)
    config = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "kept")}, "delete": {"enabled": True}},
        "http": {"addr": address},
    }
    (folder / "registry.json").write_text(json.dumps(config))
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", folder / "registry.json"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://{address}/v2/"):
                    break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, "the registry does not answer"
                time.sleep(0.02)
        yield RealRegistry(folder, address)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of files, those that begin with `#!` or are ELF programs executable, a value of b"/" for a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if content == b"/":
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
                continue
            entry.size = len(content)
            entry.mode = 0o755 if content[:2] == b"#!" or content[:4] == b"\x7fELF" else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def layout_of(folder: Path, images: Mapping[str, Sequence[bytes]], labels: Mapping[str, str]) -> Path:
    """An OCI layout; `images` are the tar archives of the layers by processor (amd64, arm64), a list if there are several."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(content: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    children = []
    for processor, layers in images.items():
        config = {
            "architecture": processor,
            "os": "linux",
            "config": {"Labels": dict(labels), "Env": ["PATH=/bin"]},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in layers],
            },
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": keep(json.dumps(config).encode(), CONFIG),
            "layers": [keep(gzip.compress(tar, mtime=0), LAYER) for tar in layers],
        }
        entry = keep(json.dumps(manifest).encode(), MANIFEST)
        children.append({**entry, "platform": {"os": "linux", "architecture": processor}})
    if len(children) == 1:
        named = children[0]
    else:
        listed = {"schemaVersion": 2, "mediaType": INDEX, "manifests": children}
        named = keep(json.dumps(listed).encode(), INDEX)
    named = {**named, "annotations": {"org.opencontainers.image.ref.name": "image"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
