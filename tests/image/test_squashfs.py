"""Squashfs: every compression, odd files and damage, compared with what the squashfs tools say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from image.sif_bytes import squashfs

from sifcheck.image.content import Content
from sifcheck.image.image import Files, Image, Unknown
from sifcheck.image.reading import image_in, read_image
from sifcheck.image.squashfs import Squashfs, Sums, SuperBlock, read_super_block
from sifcheck.image.uncompressing import uncompressor

needs_tools = pytest.mark.skipif(
    shutil.which("mksquashfs") is None or shutil.which("unsquashfs") is None,
    reason="needs mksquashfs and unsquashfs (squashfs-tools)",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with what makes inodes of every kind that can be made without root."""
    root = tmp_path / "tree"
    (root / "many").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "small").write_bytes(b"x" * 100)
    (root / "large").write_bytes(os.urandom(300_000) + b"a" * 400_000)
    (root / "exact").write_bytes(b"b" * 262_144)
    (root / "none").write_bytes(b"")
    os.link(root / "large", root / "many" / "hard link")
    (root / "link").symlink_to("small")
    (root / "dangling").symlink_to("/nowhere/" + "x" * 200)
    os.mkfifo(root / "pipe")
    with open(root / "sparse", "wb") as file:
        file.truncate(64 << 20)
    for number in range(700):
        (root / "many" / f"file {number:04} with a name of some length").write_bytes(b"y" * (number % 7))
    (root / "closed").mkdir(mode=0o700)
    os.chmod(root / "closed", 0o700)
    os.chmod(root / "small", 0o640)
    return root


def made(tree: Path, *options: str) -> str:
    path = f"{tree}.sqsh"
    subprocess.run(["mksquashfs", tree, path, "-noappend", "-quiet", "-no-progress", *options], check=True)
    return path


def opened(path: str) -> tuple[Squashfs, SuperBlock]:
    content = Content(Path(path).read_bytes())
    block = read_super_block(content)
    assert isinstance(block, SuperBlock), block
    return Squashfs(content, block), block


def size_of(tree: Path) -> tuple[int, int]:
    """Bytes and inodes of a folder, hard links counted once."""
    met, total = set(), 0
    for folder, _, names in os.walk(tree):
        met.add(os.lstat(folder).st_ino)
        for name in names:
            about = os.lstat(os.path.join(folder, name))
            if (
                about.st_ino not in met
                and os.path.isfile(os.path.join(folder, name))
                and not os.path.islink(os.path.join(folder, name))
            ):
                total += about.st_size
            met.add(about.st_ino)
    return total, len(met)


@needs_tools
@pytest.mark.parametrize(
    "options",
    [
        ("-comp", "gzip"),
        ("-comp", "xz"),
        ("-comp", "lzma"),
        ("-comp", "gzip", "-noI"),
        ("-comp", "gzip", "-noI", "-noD", "-noF"),
        ("-comp", "gzip", "-no-fragments", "-b", "4096"),
        ("-comp", "gzip", "-always-use-fragments", "-b", "1M"),
        ("-comp", "xz", "-Xbcj", "x86"),
    ],
    ids=" ".join,
)
def test_sizes_and_names_are_those_of_the_tree(tree: Path, options: tuple[str, ...]) -> None:
    path = made(tree, *options)
    system, block = opened(path)
    shown = subprocess.run(["unsquashfs", "-s", path], capture_output=True, text=True, check=True).stdout
    assert f"Compression {block.compression}" in shown
    size = re.search(r"Filesystem size (\d+) bytes", shown)
    assert size is not None
    assert block.bytes == int(size[1])
    total, inodes = size_of(tree)
    assert system.sums() == Sums(total, inodes)
    files = system.files()
    assert isinstance(files, Files)
    listed = subprocess.run(
        ["unsquashfs", "-l", "-d", "", path], capture_output=True, text=True, check=True
    ).stdout
    names = {line for line in listed.splitlines() if line.startswith("/")}
    assert {entry.path for entry in files.entries if entry.path != "/"} == names
    assert (files.complete, system.fault) == (True, "")
    for entry in files.entries:
        about = os.lstat(f"{tree}{entry.path}")
        assert entry.mode == about.st_mode & 0o7777
        if entry.kind == "file":
            assert entry.size == about.st_size
        if entry.kind == "link":
            assert entry.target == os.readlink(f"{tree}{entry.path}")


@needs_tools
@pytest.mark.parametrize(
    "options", [("-comp", "gzip"), ("-comp", "gzip", "-b", "4096"), ("-comp", "xz", "-noD")], ids=" ".join
)
def test_what_files_hold(tree: Path, options: tuple[str, ...]) -> None:
    system, _ = opened(made(tree, *options))
    assert isinstance(system.files(), Files)
    for name in ("small", "exact", "none", "large", "many/file 0006 with a name of some length"):
        whole = (tree / name).read_bytes()
        assert system.read(f"/{name}", 200_000) == whole[:200_000]
    assert system.read("/sparse", 10) == bytes(10)
    assert system.read("/link", 10) is None
    assert system.read("/nowhere", 10) is None


@needs_tools
@pytest.mark.parametrize("name", ["zstd", "lz4", "lzo"])
def test_a_compression_that_may_be_unknown_here(tree: Path, name: str) -> None:
    """Without a package for it the counts that are not compressed are told, and that the rest was not read."""
    image = read_image(made(tree, "-comp", name))
    assert isinstance(image, Image)
    total, inodes = size_of(tree)
    assert (image.compression, image.unpacked_files, image.problems) == (name, inodes, ())
    if isinstance(uncompressor(name), Unknown):
        assert isinstance(image.unpacked_bytes, Unknown)
        assert name in image.left_out[0]
    else:
        assert image.unpacked_bytes == total


@needs_tools
def test_the_system_of_an_image(tmp_path: Path) -> None:
    """Architecture, scripts, labels and definition file come from the files where no SIF is around them."""
    root = tmp_path / "root"
    (root / ".singularity.d" / "env").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin" / "sh").write_bytes(
        b"\x7fELF\x02\x01\x01" + bytes(11) + (183).to_bytes(2, "little") + bytes(50)
    )
    os.chmod(root / "bin" / "sh", 0o755)
    (root / ".singularity.d" / "runscript").write_text("#!/bin/sh\nexec x\n")
    (root / ".singularity.d" / "labels.json").write_text('{"a": "b", "c": 5}')
    (root / ".singularity.d" / "Singularity").write_text("Bootstrap: docker\nFrom: alpine:3.20\n")
    (root / ".singularity.d" / "env" / "90-environment.sh").write_text("export A=1\n")
    image = read_image(made(root))
    assert isinstance(image, Image)
    assert (image.kind, image.architecture, image.labels) == ("squashfs", "aarch64", {"a": "b"})
    assert image.scripts == {"runscript": "#!/bin/sh\nexec x\n"}
    assert image.environment == {"90-environment.sh": "export A=1\n"}
    assert image.definition is not None
    assert image.definition.text.startswith("Bootstrap: docker")


class TestDamage:
    """Made by hand: each of these must be told, and none may be believed."""

    def problem(self, data: bytes) -> str:
        image = image_in("x.sqsh", Content(data))
        return image.problems[0].words if image.problems else ""

    def changed(self, at: int, new: bytes) -> bytes:
        data = bytearray(squashfs())
        data[at : at + len(new)] = new
        return bytes(data)

    def test_whole(self) -> None:
        assert self.problem(squashfs()) == ""
        assert self.problem(squashfs(compressed=False)) == ""

    def test_cut(self) -> None:
        assert "96 bytes" in self.problem(squashfs()[:50])
        assert "the file has" in self.problem(squashfs()[:-10])

    def test_version(self) -> None:
        assert "squashfs 3" in self.problem(self.changed(28, b"\x03\0"))

    def test_block_size(self) -> None:
        assert "block size" in self.problem(self.changed(12, b"\xff\xff\xff\xff"))
        assert "block size" in self.problem(self.changed(22, b"\xff\xff"))

    def test_compression(self) -> None:
        assert "number 77" in self.problem(self.changed(20, b"\x4d\0"))
        assert "uncompressed" in self.problem(self.changed(20, b"\x04\0"))

    def test_tables(self) -> None:
        assert "tables" in self.problem(self.changed(64, b"\xff" * 8))
        assert "tables" in self.problem(self.changed(72, bytes(8)))

    def test_more_inodes_than_there_are(self) -> None:
        assert "ends too early" in self.problem(squashfs(inodes=1 << 30))

    def test_a_root_that_is_no_folder(self) -> None:
        assert "no folder" in self.problem(self.changed(32, bytes(8)))

    def test_a_root_that_is_nowhere(self) -> None:
        assert "table of inodes" in self.problem(self.changed(32, b"\xff" * 8))

    def test_a_list_of_names_without_end(self) -> None:
        assert self.problem(squashfs(root_size=0xFFFF)) != ""


def test_a_bomb_does_not_go_off() -> None:
    """A block gives no more than it may hold, however much is packed in it."""
    import lzma
    import zlib

    zeros = bytes(50_000_000)
    for name, packed in (
        ("gzip", zlib.compress(zeros)),
        ("xz", lzma.compress(zeros, lzma.FORMAT_XZ)),
        ("lzma", lzma.compress(zeros, lzma.FORMAT_ALONE)),
    ):
        unpack = uncompressor(name)
        assert not isinstance(unpack, Unknown)
        assert len(unpack(packed, 8192)) == 8192
