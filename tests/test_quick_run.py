"""A quick run leaves out what starts a process, and a long run tells how far it is (conftest.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

STARTS = """
import os
import subprocess
import threading

import pytest


def test_nothing():
    pass


def test_started():
    subprocess.run(["true"])


def test_caught():
    try:
        os.fork()
    except BaseException:
        pass


def test_in_a_thread():
    thread = threading.Thread(target=subprocess.call, args=(["true"],))
    thread.start()
    thread.join()


@pytest.fixture
def started():
    return subprocess.check_output(["true"])


def test_by_a_fixture(started):
    pass


@pytest.mark.process
def test_not_begun():
    raise AssertionError


@pytest.mark.integration
def test_not_begun_either():
    raise AssertionError


def test_that_fails():
    raise AssertionError
"""


def pytest_run(folder: Path, text: str, *words: str) -> str:
    (folder / "test_made_up.py").write_text(text)
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
        "-p",
        "conftest",
    ]
    own = {"PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        [*line, "-p", "no:cacheprovider", *words, str(folder)],
        cwd=folder, env=os.environ | own, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_quick_run_starts_no_process(tmp_path: Path) -> None:
    plain = ("-p", "no:unraisableexception", "-p", "no:threadexception")
    said = pytest_run(tmp_path, STARTS, "--quick", *plain)
    assert "1 failed, 1 passed, 4 skipped, 2 deselected" in said
    assert "starts a child process, which a quick run leaves out" in said


def test_the_whole_run_leaves_nothing_out(tmp_path: Path) -> None:
    said = pytest_run(tmp_path, STARTS)
    assert "3 failed, 5 passed in" in said


def test_a_long_run_tells_how_far_it_is(tmp_path: Path) -> None:
    text = "import pytest\n\n@pytest.mark.parametrize('number', range(400))\ndef test_it(number):\n    assert number != 250\n"
    for words in ((), ("-n", "2")):
        lines = pytest_run(tmp_path, text, *words).splitlines()
        told = [line for line in lines if " of 400 tests" in line]
        assert len(told) == 20
        assert told[0].startswith("  5 %  20 of 400 tests, ")
        assert told[-1].startswith("100 %  400 of 400 tests, 1 failed, ")
        assert sum("test_it[250] (call)" in line for line in lines) == 1
        assert "1 failed, 399 passed in" in lines[-1]
        assert not any(line.startswith("....") for line in lines)
