"""Prints what is not as the architecture wants it, and ends with 1 if there is anything; `make lint` runs it.

PYTHONPATH=tests python -m architecture            name the faults
PYTHONPATH=tests python -m architecture --forget   drop from known.txt what is no fault any more
"""

from __future__ import annotations

import sys

from architecture.all_checks import KNOWN, all_faults, gone, known, unknown

if __name__ == "__main__":
    faults = all_faults()
    stale = gone(faults, known())
    if sys.argv[1:] == ["--forget"]:
        lines = KNOWN.read_text(encoding="utf-8").splitlines(keepends=True)
        KNOWN.write_text("".join(line for line in lines if line.strip() not in stale), encoding="utf-8")
        stale = []
    found = unknown(faults, known())
    print("\n".join(found) or f"{len(faults)} known faults, nothing else")
    for line in stale:
        print(f"no fault any more, to be dropped from {KNOWN.name}: {line}")
    raise SystemExit(bool(found or stale))
