"""Archives of container images: their layers are found without unpacking anything, and anything else is told in words."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.plan.archives import read_archive, unpacked_length
from sifcheck.plan.sources import Layers, of_archive, of_layers, of_path

MB = 1_000_000


def layer(size: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = size
        archive.addfile(entry, io.BytesIO(bytes(size)))
    return stream.getvalue()


def tar(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, to in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            archive.addfile(entry)
    return stream.getvalue()


def layout(layers: list[bytes]) -> dict[str, bytes]:
    """The files of an OCI layout, its index leading over another one."""
    files: dict[str, bytes] = {}

    def put(content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    config = put(json.dumps({"architecture": "arm64", "config": {"Env": ["CUDA_VERSION=12.4.1"]}}).encode())
    manifest = put(json.dumps({"config": config, "layers": [put(one) for one in layers]}).encode())
    inner = put(json.dumps({"manifests": [manifest]}).encode())
    files["index.json"] = json.dumps({"manifests": [inner]}).encode()
    return files


def test_a_docker_archive(tmp_path: Path) -> None:
    content = layer(50_000)
    manifest = [{"Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]
    files = {
        "a/layer.tar": content,
        "c.json": b'{"architecture": "amd64"}',
        "manifest.json": json.dumps(manifest).encode(),
    }
    (tmp_path / "image.tar").write_bytes(tar(files, {"b/layer.tar": "../a/layer.tar"}))
    found = read_archive(str(tmp_path / "image.tar"), "docker-archive")
    assert not isinstance(found, str)
    assert found.architecture == "x86_64"
    assert found.layers == ((len(content), False, len(content)),) * 2
    # A tag may follow the path.
    base = of_archive(f"{tmp_path}/image.tar:latest", "docker-archive")
    assert base.how == "exact"


@pytest.mark.parametrize("kind", ["oci", "oci-archive"])
def test_an_oci_layout(kind: str, tmp_path: Path) -> None:
    plain = layer(3 * MB)
    packed = gzip.compress(plain)
    files = layout([packed, plain])
    place = tmp_path / "image"
    if kind == "oci":
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
    else:
        place.write_bytes(tar(files))
    found = read_archive(str(place), kind)
    assert not isinstance(found, str)
    assert (found.architecture, found.environment) == ("aarch64", ("CUDA_VERSION=12.4.1",))
    assert found.layers == ((len(packed), True, len(plain)), (len(plain), False, len(plain)))
    base = of_archive(str(place), kind)
    assert base.how == "layers"
    assert base.kept is not None
    assert base.kept.low < len(plain) < base.kept.likely < base.kept.high
    assert base.fetched.high == (place.stat().st_size if kind == "oci-archive" else 0)


def test_a_digest_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"{}")
    index = {"manifests": [{"digest": "sha256:../../secret"}]}
    (tmp_path / "image").mkdir()
    (tmp_path / "image/index.json").write_text(json.dumps(index))
    assert read_archive(str(tmp_path / "image"), "oci") == "no manifest can be found in it"


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci"])
def test_what_is_none_is_told(kind: str, tmp_path: Path) -> None:
    for name, content in {
        "empty": b"",
        "text": b"hello" * 500,
        "tar": tar({"x": b"y"}),
        "gz": gzip.compress(tar({})),
    }.items():
        (tmp_path / name).write_bytes(content)
        found = read_archive(str(tmp_path / name), kind)
        assert isinstance(found, str)
        assert found
        assert of_archive(str(tmp_path / name), kind).kept is None
    assert (
        of_archive(str(tmp_path / "nowhere"), kind).why.endswith("no such file or directory") or kind == "oci"
    )


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_any_bytes_are_survived(junk: bytes, cut: int) -> None:
    import tempfile

    whole = tar(layout([gzip.compress(layer(100))]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        path.write_bytes(whole[:cut] + junk + whole[cut + len(junk) :])
        for kind in ("oci-archive", "docker-archive"):
            read_archive(str(path), kind)
        path.write_bytes(whole[:cut])
        read_archive(str(path), "oci-archive")
        of_path(str(path))


@pytest.mark.parametrize(
    ("size", "trailer", "length"),
    [
        (100 * MB, 250 * MB, 250 * MB),
        # The trailer of the last member of several.
        (100 * MB, 20 * MB, None),
        # Past 4 GiB it starts anew.
        (4 << 30, 1 << 20, (1 << 20) + (1 << 32)),
        (30, 10240, 10240),
    ],
)
def test_the_trailer_of_a_gzip_file(size: int, trailer: int, length: int | None) -> None:
    assert unpacked_length(size, trailer) == length


def test_a_length_that_may_be_four_gigabytes_more() -> None:
    sure = of_layers("docker", "x", Layers((600 * MB,), (700 * MB,)))
    unsure = of_layers("docker", "x", Layers((1100 * MB,), (1200 * MB,)))
    assert sure.kept is not None
    assert unsure.kept is not None
    assert sure.kept.high < 900 * MB
    assert unsure.kept.high > (1 << 32) + 1200 * MB


def test_a_sandbox_is_walked(tmp_path: Path) -> None:
    box = tmp_path / "box"
    for name in (".singularity.d", "proc/1"):
        (box / name).mkdir(parents=True)
    (box / "a").write_bytes(bytes(10_000))
    (box / "b").hardlink_to(box / "a")
    (box / "c").symlink_to("/etc")
    (box / "proc/1/huge").write_bytes(bytes(50_000))
    base = of_path(str(box))
    assert base.how == "exact"
    assert base.kept is not None
    # A file of three blocks once, and three folders; what is mounted there is none of it.
    assert base.kept.likely == 12_288 + 3 * 4096
    assert base.inodes is not None
    assert base.inodes.likely == 5
