"""Where files lie: each made-up fault is told."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from architecture import files


def paths(*names: str) -> list[PurePosixPath]:
    return [PurePosixPath(name) for name in names]


@pytest.mark.parametrize(
    ("folder", "fault"),
    [
        ("sifcheck/app", True),
        ("rules/pack", True),
        ("tests/rules", True),
        ("tests/rules/cases", False),
        ("docs/rules", False),
    ],
)
def test_a_folder_has_no_more_files_than_one_can_see(folder: str, fault: bool) -> None:
    full = paths(*(f"{folder}/{number}.py" for number in range(files.MOST_FILES)))
    assert not list(files.crowded_faults(full))
    assert bool(list(files.crowded_faults([*full, *paths(f"{folder}/one_more.py")]))) == fault


def test_the_root_holds_what_is_on_the_list() -> None:
    (fault,) = files.root_faults(paths("README.md", "scratch.py", "sifcheck/api.py"))
    assert fault.what.startswith("scratch.py is not on the list")


@pytest.mark.parametrize(
    "name",
    [
        "a.py.orig",
        "a.rej",
        "x~",
        ".a.swp",
        "core",
        "core.12",
        "nohup.out",
        ".sifcheck-x",
        ".trial.sifcheck-a",
    ],
)
def test_what_is_left_behind_is_told(name: str) -> None:
    assert list(files.stray_faults(paths(f"sifcheck/{name}")))
    assert not list(
        files.stray_faults(paths("sifcheck/core.py", "docs/original.md", "README.md", ".gitignore"))
    )


def test_no_folder_is_called_as_build_output() -> None:
    (fault,) = files.build_faults(
        paths("sifcheck/build/a.py", "sifcheck/build/b.py", "sifcheck/cli/build.py")
    )
    assert fault.what == "the folder sifcheck/build has the name of build output"


def test_what_tools_keep_is_left_out(tmp_path: Path) -> None:
    for name in ("a/b.py", "a/__pycache__/b.pyc", ".git/config", ".venv/x", "x.egg-info/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(files.files(tmp_path)) == paths("a/b.py")
