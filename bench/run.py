"""`make bench`: what checking costs, as a table.  It measures and never judges.

CPU is user and system time of all processes concerned; on a shared machine it says more than the clock.
"""

from __future__ import annotations

import gc
import io
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dockerfiles import dockerfile_of

from sifcheck.app.context import Context
from sifcheck.base.source import Source
from sifcheck.cli import main
from sifcheck.config.layers import Configuration
from sifcheck.definition import read_definition
from sifcheck.lint.check import Checker
from sifcheck.shell.shellcheck import find_shellcheck, known_shell

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "examples" / "guide.def"
RUNS = 15
PAIRS = 100
# No configuration of this machine counts; what is written to a cache would make the second run another thing.
PLAIN = ["check", "--isolated", "--no-cache", "--output-format", "concise"]
COLUMNS = (52, 12, 12)


def row(*cells: str) -> None:
    """Print one line of a table."""
    first, *rest = cells
    print(
        f"  {first:{COLUMNS[0]}}"
        + "".join(f"{cell:>{width}}" for cell, width in zip(rest, COLUMNS[1:], strict=False))
    )


def title(text: str) -> None:
    print(f"\n{text}")


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU that a piece of work takes, in this process and in those it starts."""

    def used() -> float:
        both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(usage.ru_utime + usage.ru_stime for usage in both)

    before = used()
    work()
    return used() - before


def quietly(words: Iterable[str]) -> None:
    """The command line in this process, its output thrown away."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        main(list(words))


def environment() -> dict[str, str]:
    """The environment of a user's call: compiled modules are kept, as they are after an installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SIFCHECK"))}


def over_the_corpus(files: list[Path]) -> None:
    """CPU for each file, all in one process."""
    title(f"{len(files)} collected definition files in one process" + " " * 9 + "CPU a file")
    sources = [file.read_bytes() for file in files]
    names = [str(file) for file in files]

    def read() -> None:
        for number, data in enumerate(sources):
            read_definition(Source(str(number), data))

    def scripts() -> None:
        for number, data in enumerate(sources):
            for section in read_definition(Source(str(number), data)).sections():
                section.script.commands()

    checker = make_checker()

    def rules() -> None:
        for number, data in enumerate(sources):
            checker.check_definition(Source(str(number), data))

    read()
    rules()
    gc.collect()
    for what, work in (
        ("read the definition files", read),
        ("read them and their scripts", scripts),
        ("read them, and run all rules of the standard profile", rules),
        ("sifcheck check --no-shellcheck", lambda: quietly([*PLAIN, "--no-shellcheck", *names])),
        ("sifcheck check, ShellCheck's own CPU included", lambda: quietly([*PLAIN, *names])),
    ):
        row(what, f"{uncollected(work) / len(files) * 1000:.2f} ms")
    shellcheck_alone(sources)


def make_checker() -> Checker:
    """The checker of the command line without any configuration, as it is without ShellCheck."""
    flags = {"no_shellcheck": True}
    context = Context(Configuration(flags, config=None, isolated=True), whole=True)
    return context.checker(context.settings)


def uncollected(work: Callable[[], object]) -> float:
    """As `cpu`, without a search for garbage meanwhile, as the command line has it."""
    gc.disable()
    used = cpu(work)
    gc.enable()
    gc.collect()
    return used


def shellcheck_alone(sources: list[bytes]) -> None:
    """What one plain shellcheck process takes for the same sections, each cut out as a file of its own."""
    program = find_shellcheck()
    if program is None:
        row("shellcheck is not there: not compared")
        return
    with tempfile.TemporaryDirectory() as folder:
        calls = []
        for number, data in enumerate(sources):
            for section in read_definition(Source(str(number), data)).sections():
                shell = known_shell(section.shell) if section.is_script and section.body.strip() else None
                if shell is not None:
                    file = Path(folder) / f"{len(calls)}.sh"
                    file.write_bytes(
                        f"# shellcheck shell={shell}\n".encode() + section.body.encode("latin-1")
                    )
                    calls.append(file.name)
        command = [program, "--norc", "--format=json1", "--severity=style", "--", *calls]
        used = cpu(lambda: subprocess.run(command, cwd=folder, capture_output=True, check=False))
    row(f"one shellcheck process over their {len(calls)} sections", f"{used / len(sources) * 1000:.2f} ms")


def one_file_cold() -> None:
    """One small file, each time in a new process."""
    title(f"One small file, each time a new process (median of {RUNS})" + " " * 6 + "clock         CPU")
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "sifcheck check --no-shellcheck FILE": [
            python,
            "-m",
            "sifcheck",
            *PLAIN,
            "--no-shellcheck",
            str(SMALL),
        ],
        "sifcheck check FILE": [python, "-m", "sifcheck", *PLAIN, str(SMALL)],
    }
    for name, command in commands.items():
        clock: list[float] = []

        def call(command: list[str] = command, clock: list[float] = clock) -> None:
            start = time.perf_counter()
            subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=False)
            clock.append(time.perf_counter() - start)

        call()
        clock.clear()
        used = [cpu(call) for _ in range(RUNS)]
        row(name, f"{statistics.median(clock) * 1000:.0f} ms", f"{statistics.median(used) * 1000:.0f} ms")
    look_ups(commands)


def look_ups(commands: dict[str, list[str]]) -> None:
    """How many paths a call looks up: on a parallel file system each is a message to a server."""
    title("Path look-ups of the same calls" + " " * 26 + "all   not found")
    if not can_trace():
        row("strace is not there, and could not be installed as this user: not counted")
        return
    for name, command in commands.items():
        with tempfile.NamedTemporaryFile("r", suffix=".strace") as trace:
            tracer = ["strace", "-f", "-qq", "-e", "trace=%file", "-o", trace.name]
            subprocess.run([*tracer, *command], cwd=ROOT, env=environment(), capture_output=True, check=False)
            # A stat of a file that is open already has an empty path, and looks up nothing.
            lines = [line for line in trace if re.search(r"^\d+ +\w+\(", line) and ', "", ' not in line]
        row(name, str(len(lines)), str(sum(" ENOENT " in line for line in lines)))


def can_trace() -> bool:
    """Whether strace works here; root installs it where apt can."""
    if shutil.which("strace") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for words in (["update"], ["install", "-y", "--no-install-recommends", "strace"]):
            subprocess.run(
                ["apt-get", "-qq", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-qq", "true"], capture_output=True, check=False).returncode == 0


def against_hadolint(files: list[Path]) -> None:
    """The same content as definition files for sifcheck and as Dockerfiles for hadolint."""
    hadolint = shutil.which(
        "hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    title(f"{PAIRS} files of like content, one call each" + " " * 14 + "CPU  to hadolint")
    if hadolint is None:
        row("hadolint is not there: not compared")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        definitions, dockerfiles = pairs(files, folder, hadolint)
        rest = [str(file) for file in definitions]
        calls = {
            f"hadolint ({len(dockerfiles)} files)": [hadolint, "--no-color", *map(str, dockerfiles)],
            f"sifcheck check --no-shellcheck ({len(rest)} files)": [*sifcheck(), "--no-shellcheck", *rest],
            f"sifcheck check ({len(rest)} files)": [*sifcheck(), *rest],
        }
        first = 0.0
        for what, call in calls.items():
            used = cpu(
                lambda call=call: subprocess.run(call, env=environment(), capture_output=True, check=False)
            )  # type: ignore[misc]
            first = first or used
            row(what, f"{used:.2f} s", f"{used / first:.3f}")
        sizes = [sum(file.stat().st_size for file in group) for group in (dockerfiles, definitions)]
        row(f"(text: {sizes[0] // 1024} KiB of Dockerfiles, {sizes[1] // 1024} KiB of definition files)")


def sifcheck() -> list[str]:
    return [sys.executable, "-m", "sifcheck", *PLAIN]


def pairs(files: list[Path], folder: Path, hadolint: str) -> tuple[list[Path], list[Path]]:
    """Definition files with their Dockerfiles, without those at which hadolint's parser would stop early."""
    definitions: list[Path] = []
    dockerfiles: list[Path] = []
    for file in files:
        data = file.read_bytes()
        text = dockerfile_of(data)
        if text.count("\nRUN ") < 3:
            continue
        dockerfile = folder / f"{len(dockerfiles)}.Dockerfile"
        dockerfile.write_text(text, encoding="utf-8")
        said = subprocess.run(
            [hadolint, "--no-color", str(dockerfile)], capture_output=True, text=True, check=False
        )
        if re.search(r"unexpected |DL1000", said.stdout + said.stderr):
            continue
        definition = folder / f"{len(definitions)}.def"
        definition.write_bytes(data)
        definitions.append(definition)
        dockerfiles.append(dockerfile)
        if len(definitions) == PAIRS:
            break
    return definitions, dockerfiles


def collected() -> list[Path]:
    """The collected definition files, none where they are not there."""
    named = os.environ.get("SIFCHECK_CORPUS", "")
    folder = Path(named) / "definitions"
    return sorted(folder.glob("*.def")) if named and folder.is_dir() else []


if __name__ == "__main__":
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} CPUs")
    found = collected()
    if found:
        over_the_corpus(found)
    else:
        print("\nThe collected definition files are not there (SIFCHECK_CORPUS): only one file is measured.")
    one_file_cold()
    if found:
        against_hadolint(found)
