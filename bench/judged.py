"""How much of what was once said of public batch scripts, and read by hand since, is still said.

    bench/judged.py FOLDER [--new]

FOLDER holds `scripts.tar.xz` and `judged.tsv`: file, line, code, severity, verdict (RIGHT, DOUBTFUL, WRONG) and pattern of
each error and warning.  A line counts as said where a finding of the code stands there, or says "and here" of it.  `--new`
lists, besides, the errors and warnings that nobody has judged, and the right ones that are gone.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

CHECK = "check --isolated --site none --host none --every --no-shellcheck --fail-level never --output-format json".split()
VERDICTS = ("RIGHT", "DOUBTFUL", "WRONG")

Place = tuple[str, int, str]
"""A file's name, a line, a code."""


def judged_in(folder: Path) -> dict[Place, str]:
    """The verdict about each finding that was read by hand."""
    with (folder / "judged.tsv").open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["file"], int(row["line"]), row["code"]): row["verdict"] for row in rows}


def said_now(scripts: Path) -> dict[Place, str]:
    """The message of each error and warning that is said of the scripts now, by its place."""
    command = [sys.executable, "-m", "sifcheck", *CHECK, "."]
    done = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=False)
    said: dict[Place, str] = {}
    for finding in json.loads(done.stdout)["findings"]:
        if finding["severity"] == "info":
            continue
        at = finding["location"]
        name = Path(at["path"]).name
        again = [
            one["location"]["start"]["line"] for one in finding["related"] if one["message"] == "and here"
        ]
        for line in (at["start"]["line"], *again):
            said[name, line, finding["code"]] = f"{finding['severity']}: {finding['message']}"
    return said


def table_of(judged: dict[Place, str], said: dict[Place, str]) -> str:
    """Per code and in all: of each verdict how many are still said, of how many."""
    total = Counter((code, verdict) for (_, _, code), verdict in judged.items())
    still = Counter((place[2], verdict) for place, verdict in judged.items() if place in said)
    new = Counter(code for place in said if place not in judged for code in place[2:])
    codes = sorted({code for code, _ in total} | set(new))
    lines = [f"{'code':8}" + "".join(f"{verdict:>16}" for verdict in (*VERDICTS, "not judged"))]
    for code in codes:
        cells = [f"{still[code, one]} of {total[code, one]}" if total[code, one] else "" for one in VERDICTS]
        lines.append(f"{code:8}" + "".join(f"{cell:>16}" for cell in (*cells, new[code] or "")))
    sums = [(sum(still[c, v] for c in codes), sum(total[c, v] for c in codes)) for v in VERDICTS]
    cells = [f"{said_still} of {whole}" for said_still, whole in sums]
    lines.append(f"{'all':8}" + "".join(f"{cell:>16}" for cell in (*cells, new.total())))
    shares = [f"{100 * said_still / whole:.1f} %" if whole else "" for said_still, whole in sums]
    return "\n".join([*lines, " " * 8 + "".join(f"{share:>16}" for share in shares)])


def main(words: list[str]) -> int:
    """Print the table, and with `--new` what it is made of beyond the judged."""
    names = [word for word in words if not word.startswith("-")]
    if len(names) != 1:
        print(__doc__, file=sys.stderr)
        return 3
    folder = Path(names[0])
    judged = judged_in(folder)
    with tempfile.TemporaryDirectory() as place, tarfile.open(folder / "scripts.tar.xz") as archive:
        archive.extractall(place, filter="data")
        said = said_now(Path(place))
    print(table_of(judged, said))
    if "--new" in words:
        for (name, line, code), message in sorted(said.items()):
            if (name, line, code) not in judged:
                print(f"new   {name}:{line}: {code} {message}")
        for (name, line, code), verdict in sorted(judged.items()):
            if (verdict == "RIGHT") != ((name, line, code) in said):
                print(f"{'gone' if verdict == 'RIGHT' else 'still'}  {name}:{line}: {code} {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
