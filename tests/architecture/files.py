"""Where files may lie: how many in a folder, which at the root, and none that something left behind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from architecture.imports import ROOT, Fault

MOST_FILES = 24

# Folders of data, a file for each thing: nobody reads them as a list.
DATA_FOLDERS = ("tests/rules/cases", "tests/host/snapshots")

AT_THE_ROOT = frozenset(
    """
    .ci .gitignore .pre-commit-config.yaml .pre-commit-hooks.yaml CHANGELOG.md CITATION.cff CONTRIBUTING.md LICENSE Makefile
    README.md SECURITY.md bench ci docs editors examples pyproject.toml rules sifcheck tests
    """.split()
)

# What tools keep, all of it ignored by git.
KEPT_BY_TOOLS = frozenset(
    """
    .git .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .sifcheck_cache __pycache__ build dist node_modules
    """.split()
)

STRAY = re.compile(
    r".*(~|\.(orig|rej|bak|swp|swo|tmp|log|prof))|\.#.*|#.*#|core(\.[0-9]+)?|nohup\.out|\.(trial\.)?sifcheck-.*|\.coverage.*"
)


def files(root: Path = ROOT) -> Iterator[PurePosixPath]:
    """Every file of a checkout but what tools keep, as a path below its root."""
    for entry in sorted(root.iterdir()):
        if entry.name in KEPT_BY_TOOLS or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from (PurePosixPath(entry.name) / file for file in files(entry))
        else:
            yield PurePosixPath(entry.name)


def crowded_faults(paths: Iterable[PurePosixPath]) -> Iterator[Fault]:
    """Folders of code and of tests with more files than one takes in at a glance."""
    counts = Counter(
        path.parent.as_posix() for path in paths if path.parts[0] in ("sifcheck", "rules", "tests")
    )
    for folder, count in sorted(counts.items()):
        if count > MOST_FILES and folder not in DATA_FOLDERS:
            yield Fault(f"{folder} holds more than {MOST_FILES} files", f"{count} files")


def root_faults(paths: Iterable[PurePosixPath]) -> Iterator[Fault]:
    """Files and folders at the root that are not on the list."""
    for name in sorted({path.parts[0] for path in paths} - AT_THE_ROOT):
        yield Fault(f"{name} is not on the list of what lies at the root (tests/architecture/files.py)")


def stray_faults(paths: Iterable[PurePosixPath]) -> Iterator[Fault]:
    """What an editor, a merge or a broken run left."""
    for path in paths:
        if STRAY.fullmatch(path.name):
            yield Fault(f"{path} is a stray file")


def build_faults(paths: Iterable[PurePosixPath]) -> Iterator[Fault]:
    """Packages called `build`, which tools take for what a build made, and leave out or delete."""
    folders = {path.parents[depth] for path in paths for depth in range(len(path.parts) - 1)}
    for folder in sorted(folders):
        if folder.name == "build" and folder.parts[0] in ("sifcheck", "rules", "tests"):
            yield Fault(f"the folder {folder} has the name of build output")
