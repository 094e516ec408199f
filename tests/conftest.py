"""What all tests share: the collected definition files, how a quick run is cut short, and words about what is left out."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
settings.register_profile("quick", parent=settings.get_profile("sifcheck"), max_examples=15)
settings.load_profile("sifcheck")

# Progress is a line for every so many of a hundred tests, where there are enough of them to wait for.
STEP = 5
MANY = 300

STARTS_A_PROCESS = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "pty.spawn",
    "subprocess.Popen",
)
NO_PROCESS = "starts a child process, which a quick run leaves out"

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out every test that starts a child process or reads the collected files; fewer random texts",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        settings.load_profile("quick")
        config.pluginmanager.register(Quick())
        # A test that is left in the middle has closed nothing (the whole run looks at that).
        config.addinivalue_line("filterwarnings", "ignore::ResourceWarning")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: whoever is done early can then take over many short tests, and none waits at the end."""
    items.sort(key=lambda item: not needs_much(item))


class Quick:
    """Ends a test that is about to start a child process.

    Python tells of each start before it happens, so that no list of such tests has to be kept.
    """

    def __init__(self) -> None:
        self.running = self.stopped = False
        sys.addaudithook(self.hear)

    def hear(self, event: str, _: tuple[Any, ...]) -> None:
        """Leave the test at the place where it would start a process, whatever stands around it."""
        if self.running and event in STARTS_A_PROCESS:
            self.stopped = True
            pytest.skip(NO_PROCESS)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """What needs real parts or the collected files is not begun."""
        left_out = [item for item in items if needs_much(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Listen while a test runs, and only then."""
        self.running, self.stopped = True, False
        try:
            return (yield)
        finally:
            self.running = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """A test that went on without the process, or another of its threads did, proves nothing: it is left out, too."""
        report: Any = yield
        if self.stopped and report.when == "teardown":
            report.outcome, report.longrepr = "passed", None
        elif self.stopped and (report.when == "call" or not report.passed):
            report.outcome, report.longrepr = "skipped", (__file__, 1, NO_PROCESS)
        return report


def needs_much(item: pytest.Item) -> bool:
    """Whether a test needs real parts, a process after much work, or the collected files, by its mark or by a fixture."""
    marked = any(item.get_closest_marker(name) for name in ("integration", "process", "corpus"))
    return marked or bool(set(getattr(item, "fixturenames", ())) & {"corpus_folder", "case_folder"})


class Progress:
    """Tells how far a long run has come: a line for every twentieth part, in place of a dot for every test."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.began = config, time.monotonic()
        self.done = self.failed = self.told = 0

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dot for what passed or was left out."""
        if self.total() < MANY or report.failed:
            return None
        skipped = report.skipped and not hasattr(report, "wasxfail")
        if skipped:
            return "skipped", "", "SKIPPED"
        return ("passed" if report.when == "call" else "", "", "PASSED") if report.passed else None

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Name what failed at once; tell the part that is done."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        total = self.total()
        if reporter is None or total < MANY:
            return
        if report.failed:
            self.failed += 1
            reporter.write_line(f" {report.nodeid} ({report.when})")
        self.done += report.when == "teardown"
        part = 100 * self.done // total
        if part >= self.told + STEP:
            self.told = part - part % STEP
            failed = f", {self.failed} failed" if self.failed else ""
            seconds = time.monotonic() - self.began
            reporter.write_line(f"{self.told:3} %  {self.done} of {total} tests{failed}, {seconds:.0f} s")

    def total(self) -> int:
        """How many tests there are in all workers."""
        session = self.config.pluginmanager.get_plugin("session")
        return getattr(session, "testscollected", 0)


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
