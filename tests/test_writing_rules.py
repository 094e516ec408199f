"""docs/writing-rules.md is followed literally, and every hook is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from sifcheck.engine.plugins import Hooks

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "writing-rules.md").read_text(encoding="utf-8")


def test_the_page_works_as_it_says(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = ""
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S):
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        said += done.stdout
    assert "1 proved, 0 failed" in said
    assert "OUR001" in said
    assert "try.def:4:5" in said


def test_every_hook_is_documented() -> None:
    hooks = [name for name in vars(Hooks) if name.startswith("register_")]
    assert hooks
    assert all(f"`{name}(register)`" in PAGE for name in hooks)
