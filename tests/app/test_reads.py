"""One call reads each of its inputs, each site file and the machine once: counted by what a child process opens."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Run in a child process: counts what the program opens, also in the processes that it forks to look at what may not answer,
# and how often what is made once a call is made.
COUNTING = """
import json, os, sys
made, log = {}, os.open(sys.argv[1] + ".opened", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        os.write(log, os.fsencode(os.path.abspath(os.fsdecode(arguments[0]))) + b"\\0")
def count(module, name, owner=None):
    from importlib import import_module
    holder = import_module(module)
    holder = getattr(holder, owner) if owner else holder
    plain = getattr(holder, name)
    def counted(*arguments, **named):
        key = f"{owner or module}.{name}"
        made[key] = made.get(key, 0) + 1
        return plain(*arguments, **named)
    setattr(holder, name, counted)
count("sifcheck.config.layers", "__init__", "Configuration")
count("sifcheck.lint.plugins", "load")
count("sifcheck.app.machine", "snapshot_here")
sys.addaudithook(hook)
from sifcheck.cli import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump({"code": code, "made": made}, file)
"""

RUNTIME = "#!/bin/sh\ncase $1 in --version) echo apptainer version 1.4.5 ;; esac\n"
DEFINITION = "Bootstrap: localimage\nFrom: base.sif\n\n%files\n    text /opt\n\n%post\n    echo {{ WORD }}\n"
JOB = "#!/bin/bash\n#PJM -L node=1,elapse=1:00:00\napptainer build out.sif a.def\napptainer build -F out.sif b.def\n"


class Counted:
    """What one call opened, and how often it made what is made once."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.code = report["code"]
        self.made = report["made"]
        self.said = report["said"]
        self.opened = collections.Counter(report["opened"])

    def times(self, name: str) -> int:
        """How often a file of the current folder was opened."""
        return self.opened[os.path.abspath(name)]

    @property
    def sites(self) -> dict[str, int]:
        """How often each site file was opened."""
        return {
            os.path.basename(path): count
            for path, count in self.opened.items()
            if path.endswith(".toml") and ("/sites/" in path or "sifcheck_fugaku" in path)
        }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bin", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/apptainer").write_text(RUNTIME)
    (tmp_path / "bin/apptainer").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("APPTAINER", "SINGULARITY", "SIFCHECK", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path / "work")
    for name in ("a.def", "b.def"):
        Path(name).write_text(DEFINITION)
    Path("base.sif").write_bytes(b"\0" * 32 + b"SIF_MAGIC\0")
    Path("text").write_text("text\n")
    Path("values").write_text("WORD=x\n")
    Path("job.sh").write_text(JOB)


def counted(*words: str, tmp_path: Path) -> Counted:
    out = tmp_path / "counted.json"
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(out), *words], capture_output=True, check=True, timeout=120
    )
    opened = (tmp_path / "counted.json.opened").read_text().split("\0")
    return Counted({**json.loads(out.read_text()), "opened": opened, "said": done.stdout.decode()})


BUILD = ("build", "--dry-run", "--offline")


@pytest.mark.parametrize("site", [None, "none", "slurm", "fugaku:compute"])
def test_a_build(site: str | None, tmp_path: Path) -> None:
    """Before there was one context: nine configurations, three reads of the definition file, 40 of site files."""
    named = () if site is None else ("--site", site)
    call = counted(*BUILD, *named, "--build-arg-file", "values", "out.sif", "a.def", tmp_path=tmp_path)
    assert call.times("a.def") == 1
    assert call.times("values") == 1
    assert call.times("b.def") == 0
    assert set(call.sites.values()) <= {1}
    if site in ("slurm", "fugaku:compute"):
        assert list(call.sites) == [f"{site.partition(':')[0]}.toml"]
    elif site == "none":
        assert not call.sites
    else:
        assert len(call.sites) > 5
    assert call.made == {
        "Configuration.__init__": 1,
        "sifcheck.lint.plugins.load": 1,
        "sifcheck.app.machine.snapshot_here": 1,
    }


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--no-shellcheck", "--site", "auto", "."),
        ("check", "--no-shellcheck", "--site", "auto", "a.def", "job.sh", "./b.def"),
        ("check", "--no-shellcheck", "--site", "slurm", "--host", "auto", "job.sh"),
    ],
)
def test_a_check_of_several_files(words: tuple[str, ...], tmp_path: Path) -> None:
    call = counted(*words, tmp_path=tmp_path)
    assert {name: call.times(name) for name in ("a.def", "b.def", "job.sh")} == {
        "a.def": 1,
        "b.def": 1,
        "job.sh": 1,
    }
    assert call.sites
    assert set(call.sites.values()) == {1}
    assert call.made["Configuration.__init__"] == call.made["sifcheck.lint.plugins.load"] == 1
    assert call.made.get("sifcheck.app.machine.snapshot_here", 0) == ("--host" in words)


@pytest.mark.parametrize(
    ("words", "machines"),
    [
        (("plan", "--offline", "a.def", "out.sif"), 1),
        (("plan", "--offline", "--site", "slurm", "--host", "none", "a.def", "out.sif"), 0),
        (("job", "new", "--site", "slurm", "--group", "g", "--memory", "1G", "a.def"), 0),
    ],
)
def test_a_plan_and_a_job(words: tuple[str, ...], machines: int, tmp_path: Path) -> None:
    call = counted(*words, tmp_path=tmp_path)
    assert call.times("a.def") == 1
    assert call.sites
    assert set(call.sites.values()) == {1}
    assert call.made["Configuration.__init__"] == call.made["sifcheck.lint.plugins.load"] == 1
    assert call.made.get("sifcheck.app.machine.snapshot_here", 0) == machines


def test_a_look_at_the_machine(tmp_path: Path) -> None:
    call = counted("doctor", "--no-write", tmp_path=tmp_path)
    assert set(call.sites.values()) == {1}
    assert call.made == {
        "Configuration.__init__": 1,
        "sifcheck.lint.plugins.load": 1,
        "sifcheck.app.machine.snapshot_here": 1,
    }


def test_a_build_whose_environment_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a remedy changes was looked at with the rest: nobody looks at the machine once more."""
    monkeypatch.setenv("APPTAINER_BIND", "/nowhere/at/all")
    call = counted(*BUILD, "--site", "none", "--ignore", "DEF", "out.sif", "a.def", tmp_path=tmp_path)
    assert call.said.splitlines()[0] == "unset APPTAINER_BIND  # it holds for %post, too"
    assert call.made["sifcheck.app.machine.snapshot_here"] == 1
