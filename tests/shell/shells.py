"""The real shells, where they are installed: whether they take a text."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import parse_script
from sifcheck.shell.model import Dialect

SHELLS: tuple[tuple[Dialect, str], ...] = (("sh", "dash"), ("bash", "bash"), ("ash", "busybox ash"))


def taken(text: str, dialect: Dialect) -> bool:
    """Whether our parser takes a text as a shell."""
    return parse_script(text, place=Span, dialect=dialect).refusal is None


def taken_by_shell(text: str, program: str) -> bool:
    """Whether a shell takes a text: `-n` reads it and runs nothing of it."""
    words = program.split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run([*words, "-n"], input=text.encode("latin-1"), capture_output=True)
    # For a wrong `[[ ]]` bash says so and returns 0.
    said = done.stderr.decode("latin-1").splitlines()
    return not done.returncode and not [line for line in said if "warning" not in line]
