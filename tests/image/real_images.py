"""Images made and signed by the real Apptainer, once for all tests that look at them."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sifcheck.image.content import Content
from sifcheck.image.sif import Object, read_sif

DEFINITION = """Bootstrap: scratch

%files
    {folder}/root/bin /bin

%labels
    Author someone

%environment
    export TOOL=1

%runscript
    exec tool $*
"""


def _user() -> pwd.struct_passwd | None:
    """The account to build as: one of its own where the tests are root's and there is one."""
    if os.getuid() != 0:
        return None
    return next((entry for entry in pwd.getpwall() if entry.pw_name == "builder"), None)


class Images:
    """A folder of images; `run` calls Apptainer in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = _user()

    def run(self, *words: str, succeeds: bool = True) -> str:
        """What Apptainer says, on both outputs."""
        home = str(self.folder / "home")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "APPTAINER_CACHEDIR": f"{home}/cache",
            "APPTAINER_KEYSDIR": f"{home}/keys",
        }
        done = subprocess.run(
            ["apptainer", *words],
            cwd=self.folder,
            env=environment,
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        assert not succeeds or done.returncode == 0, said
        return said

    def path(self, name: str) -> str:
        """The path of an image."""
        return str(self.folder / name)

    def copy(self, name: str, new: str) -> Path:
        """A copy to be changed."""
        target = self.folder / new
        shutil.copy(self.folder / name, target)
        if self.user:
            os.chown(target, self.user.pw_uid, self.user.pw_gid)
        return target


@contextmanager
def real_images() -> Iterator[Images]:
    """u.sif (unsigned), s.sif (signed), legacy-free; a sandbox `box` of it and b.sif from that.  Skips without Apptainer."""
    for program in ("apptainer", "busybox"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    with tempfile.TemporaryDirectory(prefix="sifcheck-images-") as name:
        images = Images(Path(name))
        _prepare(images)
        images.run("build", "u.sif", "t.def")
        images.run("build", "--sandbox", "box", "u.sif")
        images.run("build", "b.sif", "box")
        words = "--name tester --email tester@example.org --comment test --password= --push=false --bit-length 2048"
        images.run("key", "newpair", *words.split())
        images.copy("u.sif", "s.sif")
        images.run("sign", "s.sif")
        yield images


def _prepare(images: Images) -> None:
    folder = images.folder
    os.chmod(folder, 0o755)
    for inner in ("home", "root", "root/bin"):
        (folder / inner).mkdir()
    busybox = shutil.which("busybox")
    assert busybox is not None
    shutil.copy(busybox, folder / "root/bin/busybox")
    (folder / "root/bin/sh").symlink_to("busybox")
    (folder / "t.def").write_text(DEFINITION.format(folder=folder))
    if images.user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, images.user.pw_uid, images.user.pw_gid, follow_symlinks=False)


def fingerprint(images: Images) -> str:
    """The fingerprint of the key that signed."""
    for line in images.run("key", "list").splitlines():
        if "Fingerprint:" in line:
            return line.split()[-1]
    raise AssertionError("there is no key")


def objects(path: str | Path) -> dict[int, Object]:
    """The objects of an image by their numbers."""
    return {one.id: one for one in read_sif(Content(Path(path).read_bytes())).objects}


def poke(path: Path, at: int, new: bytes) -> None:
    """Write some bytes into a file."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(new)


def forge(images: Images) -> Path:
    """An image whose data were changed and whose signature was made to fit, without the key."""
    path = images.copy("s.sif", "forged.sif")
    before = Path(path).read_bytes()
    first = objects(path)[1]
    old = hashlib.sha256(before[first.offset : first.offset + first.size]).hexdigest()
    poke(path, first.offset, b"b")
    changed = Path(path).read_bytes()
    new = hashlib.sha256(changed[first.offset : first.offset + first.size]).hexdigest()
    at = changed.find(old.encode())
    assert at > 0
    poke(path, at, new.encode())
    return path
