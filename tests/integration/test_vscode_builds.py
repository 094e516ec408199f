"""The VS Code extension is built by npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "editors" / "vscode"

pytestmark = pytest.mark.integration


def test_the_extension_is_built_and_packed(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "vscode"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    here = FOLDER / "node_modules"
    if here.is_dir():
        (folder / "node_modules").symlink_to(here, target_is_directory=True)
    else:
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        got = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=environment, check=False
        )
        if got.returncode:
            pytest.skip(f"what npm needs could not be fetched: {got.stderr[-200:]}")
    done = subprocess.run(
        [npm, "run", "package"], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert (folder / "dist" / "extension.js").stat().st_size > 10_000
    assert (folder / "dist" / "sifcheck.vsix").read_bytes().startswith(b"PK")
