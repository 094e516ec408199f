"""A base image for builds without a network: the folders of one, the programs that a test puts there, one file not root's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


def base_image(folder: Path, needs: Sequence[str], put_programs: Callable[[Path], None]) -> bytes:
    """The image, a bare squashfs; skips, saying why, where a program that is needed is not there."""
    for program in needs:
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    root = folder / "root"
    for name in ("bin", "etc", "tmp", "var/tmp", "proc", "sys", "dev", "root", "home"):
        (root / name).mkdir(parents=True)
    put_programs(root)
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/mail").write_text("")
    os.chown(root / "etc/mail", 8, 8)
    subprocess.run(
        ["mksquashfs", root, folder / "base.sqsh", "-quiet", "-no-progress"], check=True, capture_output=True
    )
    return (folder / "base.sqsh").read_bytes()
