"""What all tests share: the collected definition files, and words about what is left out for want of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# No test hangs on the machine's speed; each run tries the same texts, unless SIFCHECK_RANDOM_SEED is set.
settings.register_profile(
    "sifcheck",
    deadline=None,
    derandomize="SIFCHECK_RANDOM_SEED" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sifcheck")


# Tables are as wide as the terminal, and the workers of a test run have none.
os.environ["COLUMNS"] = "120"

# A run in the background (`nohup`, a CI service) is started with these ignored, and so would be every program that a test
# starts: what becomes of a hang-up or of Ctrl-C could not be seen.
for number, usual in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


def corpus() -> Path | None:
    """The folder of the collected definition files, None where it is not there."""
    named = os.environ.get("SIFCHECK_CORPUS")
    return Path(named).resolve() if named and Path(named).is_dir() else None


def definition_cases() -> Path | None:
    """The folder of small definition files with the real verdict, beside the collected ones."""
    collected = corpus()
    cases = collected.parent / "definition-cases" if collected else None
    return cases if cases and cases.is_dir() else None


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    """The folder of the collected definition files; without it the test is left out."""
    folder = corpus()
    if folder is None:
        pytest.skip("the collected definition files are not there (SIFCHECK_CORPUS)")
    return folder


@pytest.fixture(scope="session")
def corpus_files(corpus_folder: Path) -> list[Path]:
    """The collected definition files."""
    return sorted((corpus_folder / "definitions").iterdir())


@pytest.fixture(scope="session")
def case_folder() -> Path:
    """The folder of small definition files with the real verdict; without it the test is left out."""
    folder = definition_cases()
    if folder is None:
        pytest.skip("the definition cases are not there (beside SIFCHECK_CORPUS)")
    return folder


@pytest.fixture(scope="session")
def case_files(case_folder: Path) -> list[Path]:
    """The small definition files."""
    return sorted((case_folder / "files").glob("*.def"))


def pytest_report_header() -> str:
    """One line about the collected files, so that a run without them cannot be taken for a whole one."""
    folder = corpus()
    return f"collected definition files: {folder or 'not there; the tests that read them are left out'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it at the end too: the header is not shown in quiet runs."""
    if corpus() is None:
        terminalreporter.write_line(
            "The collected definition files are not there (SIFCHECK_CORPUS): tests were left out.",
            yellow=True,
        )
