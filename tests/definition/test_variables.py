"""Build variables are put in where the runtime puts them in; the verdicts are those of Apptainer 1.4.5."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Source
from sifcheck.definition import read_definition


@pytest.mark.parametrize(
    "lost",
    [":\\", "from: x\\", "from: {{AGENT}}\\"],
)
def test_a_lost_key_keeps_no_variable_from_being_put_in(lost: str) -> None:
    """A value that goes on below the header loses its key silently, and the file is built."""
    text = f"bootstrap: {{{{AGENT}}}}\n{lost}\n%arguments\nAGENT=localimage\n"
    definition = read_definition(Source("a.def", text.encode()))
    (stage,) = definition.stages
    assert stage.agent == "localimage"
    assert [problem.kind for problem in definition.problems] == ["lost-key"]
    assert len(stage.lost) == 1


def test_what_is_refused_is_not_read_again() -> None:
    text = b"bootstrap: {{AGENT}}\nform: x\n%arguments\nAGENT=localimage\n"
    definition = read_definition(Source("a.def", text))
    assert definition.stages[0].agent == "{{AGENT}}"
    assert [problem.kind for problem in definition.problems] == ["unknown-key"]
