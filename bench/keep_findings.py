"""Keeps all that sifcheck says about a folder of inputs as files, so that a change of the code can be held against it.

    bench/keep_findings.py INPUTS SNAPSHOTS OUT [PROGRAM ...]     write OUT/*.json
    bench/keep_findings.py --compare BEFORE AFTER                 name every difference

INPUTS is a folder with definition files and batch scripts, SNAPSHOTS one with saved machines.  PROGRAM is the command
that starts sifcheck (default: this Python's `-m sifcheck`).  Nothing of sifcheck is imported: what is compared is what
a user sees, whatever the code is called.
"""

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import tempfile
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


def cases(inputs: Path, snapshots: Path) -> dict[str, list[str]]:
    """The command lines to run, by the name of what each gives."""
    check = "check --isolated --profile strict --no-shellcheck --output-format json".split()
    found = {f"check-site-{site}": [*check, "--site", site, "."] for site in SITES}
    found |= {f"check-target-{target}": [*check, "--target", target, "."] for target in TARGETS}
    found["check-shellcheck"] = "check --isolated --profile strict --output-format json .".split()
    found["check-standard"] = "check --isolated --output-format full --no-shellcheck .".split()
    found["check-fixes"] = "check --isolated --no-shellcheck --diff --unsafe-fixes .".split()
    found["rules"] = ["rule", "--all"]
    machines = sorted(snapshots.resolve().glob("*.json"))
    definitions = sorted(file.relative_to(inputs) for file in inputs.rglob("*.def"))[::EVERY]
    for machine in machines:
        for site in ("none", "auto", "fugaku", "slurm", "lumi"):
            found[f"doctor-{machine.stem}-{site}"] = [
                *("doctor --isolated --profile strict --output-format json --from".split()),
                *(str(machine), "--site", site),
            ]
        found[f"check-host-{machine.stem}"] = [*check, "--host", str(machine), "--site", "fugaku", "."]
    plan = "plan --isolated --offline --profile strict --output-format json".split()
    for number, definition in enumerate(definitions):
        for site in ("slurm", "fugaku:compute"):
            found[f"plan-{number}-{site}"] = [*plan, "--host", "none", "--site", site, str(definition)]
        for machine in machines:
            found[f"plan-{number}-{machine.stem}"] = [
                *plan,
                "--host",
                str(machine),
                "--site",
                "fugaku",
                str(definition),
            ]
    for site in SITES[1:]:
        found[f"job-{site}"] = [
            "job",
            "new",
            "--isolated",
            "--site",
            site,
            "--group",
            "hp000000",
            str(definitions[0]),
        ]
    return found


def keep(inputs: Path, snapshots: Path, out: Path, program: list[str]) -> None:
    """Run every case and write what it gives."""
    out.mkdir(parents=True, exist_ok=True)
    out, snapshots = out.resolve(), snapshots.resolve()
    # A home without files: nothing of this account has a say.
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_STATE_HOME": home,
            "COLUMNS": "100",
        }
        for name, arguments in cases(inputs, snapshots).items():
            done = subprocess.run(
                [*program, *arguments],
                cwd=inputs,
                env=environment,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            content = b"".join((done.stdout, b"\n--- ", str(done.returncode).encode(), b"\n", done.stderr))
            (out / f"{name.replace(':', '_')}.txt").write_bytes(content)


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
    first, second = (collections.Counter(_said(text)) for text in (before, after))
    return [f"- {line}" for line in (first - second).elements()] + [
        f"+ {line}" for line in (second - first).elements()
    ]


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
    return [json.dumps(finding, ensure_ascii=False) for finding in findings] + [
        json.dumps(document, ensure_ascii=False),
        end,
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"]:
        raise SystemExit(bool(compare(Path(sys.argv[2]), Path(sys.argv[3]))))
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    keep(*map(Path, sys.argv[1:4]), sys.argv[4:] or [sys.executable, "-m", "sifcheck"])
