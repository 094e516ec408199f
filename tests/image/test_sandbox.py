"""Sandboxes: other people's folders, with links out of them, pipes, and folders that nobody may read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sifcheck.image import sandbox
from sifcheck.image.image import Files, Image, Unknown
from sifcheck.image.reading import read_image


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A small sandbox for aarch64."""
    root = tmp_path / "box"
    (root / ".singularity.d" / "env").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin" / "busybox").write_bytes(
        b"\x7fELF\x02\x01\x01" + bytes(11) + (183).to_bytes(2, "little") + bytes(50)
    )
    (root / "bin" / "busybox").chmod(0o755)
    (root / "bin" / "sh").symlink_to("/bin/busybox")
    (root / ".singularity.d" / "runscript").write_text("#!/bin/sh\n")
    (root / ".singularity.d" / "Singularity").write_text("Bootstrap: docker\nFrom: alpine:3.20\n")
    return root


def read(box: Path) -> Image:
    image = read_image(str(box))
    assert isinstance(image, Image), image
    return image


def test_what_is_in_it(box: Path) -> None:
    os.link(box / "bin" / "busybox", box / "bin" / "again")
    image = read(box)
    assert (image.kind, image.architecture, image.bytes) == ("sandbox", "aarch64", None)
    assert image.definition is not None
    assert image.definition.path == f"{box}!definition"
    assert image.scripts == {"runscript": "#!/bin/sh\n"}
    assert image.unpacked_bytes == 70 + 10 + 36
    assert (image.problems, image.left_out) == ((), ())


def test_a_link_out_of_it_is_one_in_it(box: Path, tmp_path: Path) -> None:
    """What a link names is what it names in the container: another file, or nothing; never a file of this machine."""
    (tmp_path / "secret").write_text("Bootstrap: secret\n")
    for target in (
        str(tmp_path / "secret"),
        "../../secret",
        "../../../../../../../" + str(tmp_path / "secret"),
    ):
        definition = box / ".singularity.d" / "Singularity"
        definition.unlink()
        definition.symlink_to(target)
        assert read(box).definition is None
    (box / ".singularity.d" / "env").rmdir()
    (box / ".singularity.d" / "env").symlink_to(tmp_path)
    assert read(box).environment == {}


def test_links_in_a_circle_and_pipes(box: Path) -> None:
    definition = box / ".singularity.d" / "Singularity"
    definition.unlink()
    definition.symlink_to("other")
    (box / ".singularity.d" / "other").symlink_to("Singularity")
    (box / "loop").symlink_to("/")
    (box / ".singularity.d" / "labels.json").unlink(missing_ok=True)
    os.mkfifo(box / ".singularity.d" / "labels.json")
    image = read(box)
    assert image.definition is None
    assert image.labels == {}


def test_more_than_the_limit(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_ENTRIES", 3)
    image = read(box)
    assert isinstance(image.files, Files)
    assert not image.files.complete
    assert isinstance(image.unpacked_bytes, Unknown)
    assert "there are more" in image.left_out[0]


def test_a_folder_that_may_not_be_read(box: Path) -> None:
    """Asked as a user for whom it is closed."""
    code = (
        "import json, os, sys\n"
        "from sifcheck.image import sandbox\n"
        "from sifcheck.image.reading import read_image\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "image = read_image(sys.argv[1])\n"
        "print(image if isinstance(image, str) else (image.problems, image.left_out))\n"
    )

    def told(path: Path) -> str:
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
        return done.stdout + done.stderr

    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        copy = Path(name) / "box"
        shutil.copytree(box, copy, symlinks=True)
        (copy / "closed").mkdir()
        (copy / "closed").chmod(0o000)
        assert told(copy) == "((), ('the folder /closed cannot be read: permission denied',))\n"
        copy.chmod(0o000)
        assert told(copy) == "permission denied\n"
        copy.chmod(0o755)
        (copy / "closed").chmod(0o755)


def test_names_that_are_no_text(box: Path) -> None:
    (box / "bin" / os.fsdecode(b"\xff\x1b[31m")).write_text("x")
    files = read(box).files
    assert isinstance(files, Files)
    assert any("\x1b" in entry.path for entry in files.entries)


def test_a_tree_that_no_runtime_has_made(tmp_path: Path) -> None:
    (tmp_path / "rootfs" / "usr").mkdir(parents=True)
    assert read(tmp_path / "rootfs").problems == ()
    (tmp_path / "empty").mkdir()
    assert [problem.kind for problem in read(tmp_path / "empty").problems] == ["empty"]
