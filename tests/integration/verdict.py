"""What sifcheck's model says of a file: would Apptainer 1.4 refuse it before anything is fetched?"""

from __future__ import annotations

from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.runtime.versions import AGENTS, parse_target

TARGET = parse_target("apptainer-1.4")

# All problems but lost-key, which no parser reports, and empty-app-name, which ends the build only later.
FATAL = frozenset(
    """
    junk-line unknown-key folded-into-blank unknown-section app-without-name first-section-empty no-stages
    no-header no-bootstrap too-long lone-quote undefined-variable
    """.split()
)


def refusals(data: bytes) -> list[str]:
    """Why the runtime refuses a file while it reads and plans, in the model's words; empty if it does not."""
    definition = read_definition(Source("random.def", data), runtime=TARGET.reader)
    reasons = [f"{problem.kind} {problem.text!r}" for problem in definition.problems if problem.kind in FATAL]
    for stage in definition.stages:
        agent = stage.agent
        if agent and (agent not in AGENTS or TARGET.lacking(f"agent {agent}")):
            reasons.append(f"unknown agent {agent!r}")
        reasons += [
            f"unknown key {field.written!r}"
            for field in stage.fields
            if field.known and TARGET.lacking(field.feature)
        ]
    return reasons
