"""Keeps all that sifcheck says about a folder of inputs as files, so that a change of the code can be held against it.

    bench/keep_findings.py [--only GLOB] INPUTS SNAPSHOTS OUT [PROGRAM ...]     write OUT/*.txt
    bench/keep_findings.py --compare BEFORE AFTER                               name every difference

INPUTS is a folder with definition files and batch scripts, SNAPSHOTS one with saved machines.  PROGRAM is the command
that starts sifcheck (default: this Python's `-m sifcheck`).  Nothing of sifcheck is imported: what is compared is what
a user sees, whatever the code is called.  Two processes run at a time.
"""

from __future__ import annotations

import collections
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SITES = (
    "none abci fugaku fugaku:login fugaku:compute lumi lumi:compute pjm polaris rikyu roihu-cpu roihu-gpu "
    "satellite-fugaku slurm"
).split()
TARGETS = (
    "apptainer-1.0 apptainer-1.2 apptainer-1.4 singularity-ce-3.8 singularity-ce-4.1 singularity-pro-3.11 singularity-3.7"
).split()
# Every so many definition files of the inputs are planned: a plan is a process of its own.
EVERY = 25
PROCESSES = 2

CHECK = "check --isolated --profile strict --no-shellcheck --output-format json".split()
DOCTOR = "doctor --isolated --profile strict --output-format json --from".split()
PLAN = "plan --isolated --offline --profile strict --output-format json --host".split()
JOB = "job new --isolated --group hp000000 --site".split()

Cases = dict[str, list[str]]
"""The command lines to run, by the name of what each gives."""


def cases(inputs: Path, snapshots: Path) -> Cases:
    """All command lines: files checked, machines judged, builds planned, jobs written."""
    machines = sorted(snapshots.resolve().glob("*.json"))
    definitions = sorted(str(file.relative_to(inputs)) for file in inputs.rglob("*.def"))[::EVERY]
    found = file_cases() | machine_cases(machines) | plan_cases(machines, definitions)
    for site in SITES[1:] if definitions else ():
        found[f"job-{site}"] = [*JOB, site, definitions[0]]
    return found


def file_cases() -> Cases:
    """The inputs, for every site and many runtimes, with ShellCheck, with fixes; and the list of rules."""
    found = {f"check-site-{site}": [*CHECK, "--site", site, "."] for site in SITES}
    found |= {f"check-target-{target}": [*CHECK, "--target", target, "."] for target in TARGETS}
    found["check-shellcheck"] = "check --isolated --profile strict --output-format json .".split()
    found["check-standard"] = "check --isolated --output-format full --no-shellcheck .".split()
    found["check-fixes"] = "check --isolated --no-shellcheck --diff --unsafe-fixes .".split()
    found["rules"] = ["rule", "--all"]
    return found


def machine_cases(machines: list[Path]) -> Cases:
    """The saved machines, at some sites, and the inputs held against each."""
    found: Cases = {}
    for machine in machines:
        for site in ("none", "auto", "fugaku", "slurm", "lumi"):
            found[f"doctor-{machine.stem}-{site}"] = [*DOCTOR, str(machine), "--site", site]
        found[f"check-host-{machine.stem}"] = [*CHECK, "--host", str(machine), "--site", "fugaku", "."]
    return found


def plan_cases(machines: list[Path], definitions: list[str]) -> Cases:
    """Plans of some definition files, for sites and for saved machines."""
    found: Cases = {}
    for number, definition in enumerate(definitions):
        for site in ("slurm", "fugaku:compute"):
            found[f"plan-{number}-{site}"] = [*PLAN, "none", "--site", site, definition]
        for machine in machines:
            found[f"plan-{number}-{machine.stem}"] = [*PLAN, str(machine), "--site", "fugaku", definition]
    return found


def keep(inputs: Path, snapshots: Path, out: Path, program: list[str], only: str = "*") -> int:
    """Run the cases whose names the glob matches, write what each gives, and give their number."""
    out.mkdir(parents=True, exist_ok=True)
    chosen = {name: words for name, words in cases(inputs, snapshots).items() if fnmatch.fnmatch(name, only)}
    # A home without files: nothing of this account has a say.
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(PROCESSES) as pool:
        own = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "COLUMNS": "100"}
        environment = {**os.environ, **own}
        # An answer is written as soon as it is there; asking for all of them raises what went wrong with one.
        answers = {
            name: pool.submit(_answer, [*program, *words], inputs, environment)
            for name, words in chosen.items()
        }
        for name, answer in answers.items():
            (out / f"{name.replace(':', '_')}.txt").write_bytes(answer.result())
    return len(chosen)


def _answer(words: list[str], folder: Path, environment: Mapping[str, str]) -> bytes:
    """What a program prints, its exit code, and its complaints."""
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    return b"".join((done.stdout, b"\n--- ", str(done.returncode).encode(), b"\n", done.stderr))


def compare(before: Path, after: Path) -> int:
    """Print what differs; gives the number of files that do."""
    names = sorted({file.name for file in (*before.glob("*.txt"), *after.glob("*.txt"))})
    different = [name for name in names if _read(before / name) != _read(after / name)]
    for name in different:
        print(f"== {name}")
        for line in _differences(_read(before / name), _read(after / name)):
            print(f"   {line}")
    print(f"{len(names)} answers, {len(different)} differ")
    return len(different)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else ""


def _differences(before: str, after: str) -> list[str]:
    """The lines that went, then those that came; the same ones in another order differ in nothing else."""
    first, second = (collections.Counter(_said(text)) for text in (before, after))
    went = [f"- {line}" for line in (first - second).elements()]
    came = [f"+ {line}" for line in (second - first).elements()]
    return went + came or ["the same lines in another order"]


def _said(text: str) -> list[str]:
    """The findings of a JSON report and the rest of it, each on a line; of any other text its lines."""
    body, _, end = text.rpartition("\n--- ")
    try:
        document = json.loads(body)
    except ValueError:
        return text.split("\n")
    if not isinstance(document, dict):
        return [body, end]
    findings = document.pop("findings", [])
    lines = [json.dumps(finding, ensure_ascii=False) for finding in findings]
    return [*lines, json.dumps(document, ensure_ascii=False), end]


def main(words: list[str]) -> int:
    """The program; gives its exit code: 1 where something differs."""
    if words[:1] == ["--compare"] and len(words) == 3:
        return int(bool(compare(Path(words[1]), Path(words[2]))))
    only = "*"
    if words[:1] == ["--only"] and len(words) > 1:
        only, words = words[1], words[2:]
    if len(words) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    inputs, snapshots, out = map(Path, words[:3])
    program = words[3:] or [sys.executable, "-m", "sifcheck"]
    # A program is named from here, and started elsewhere.
    program[0] = str(Path(program[0]).absolute()) if "/" in program[0] else program[0]
    print(f"{keep(inputs, snapshots, out, program, only)} answers kept in {out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
