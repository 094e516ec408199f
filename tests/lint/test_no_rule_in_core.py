"""The core knows no rule: no code of one stands in it, save in examples that a user reads, and in diagnose's messages."""

from __future__ import annotations

import re
from pathlib import Path

import sifcheck

ROOT = Path(sifcheck.__file__).parent
CODE = re.compile(r"\b(?:DEF|ENV|JOB|BLD|IMG|FUG)[0-9]{3}\b")

EXAMPLES = {
    "cli/build.py": {"DEF104"},  # how a rule is ignored, in the help
    "cli/parser.py": {"DEF701"},  # how a rule's page is asked for, in the help
    "cli/rule.py": {"DEF701"},
    "config/settings.py": {"DEF901"},  # how an entry is locked, in the help
    "lint/internal.py": {"DEF701", "DEF799"},  # what the pages on suppressions show
}


def test_no_code_of_a_rule_stands_in_the_core() -> None:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        codes = set(CODE.findall(path.read_text(encoding="utf-8")))
        if codes and not name.startswith("diagnose/"):
            found[name] = codes
    assert found == EXAMPLES
