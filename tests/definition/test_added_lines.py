"""A line that is added to a script changes nothing else that the script does: tried with a shell, whatever fails."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product

import pytest

from sifcheck.base.findings import Edit
from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.definition.added_lines import last_line, line_after
from sifcheck.lint.fixes import apply_edits

HEADER = "Bootstrap: docker\nFrom: debian:12\n\n"
RUN = "run() { echo $1; return $2; }\n"

SCRIPTS = [
    "run a A",
    "run a A\nrun end 0",
    "run a A && run b B",
    "run a A && run b B\nrun end 0",
    "run a A && \\\n    run b B\nrun end 0",
    "run a A && run b B && run c C\nrun end 0",
    "run a A || run b B\nrun end 0",
    "run a A; run b B",
    "if run a A; then\n    run b B && run c C\nfi\nrun end 0",
    "if run c C; then\n    run a A && run b B\nfi",
    "if run c C; then\n    run a A && run b B\n    run d 0\nfi\nrun end 0",
    "for i in 1 2; do\n    run a A && run b B\ndone\nrun end 0",
    "set +e\nrun a A && run b B",
    "set +e\nrun a A && run b B\nrun end 0",
    "f() {\n    run a A && run b B\n}\nf && run end 0",
    "( run a A && run b B )\nrun end 0",
]


def outcome(script: str, values: dict[str, int]) -> tuple[list[str], bool]:
    """What a script runs with errexit on, without the added line, and whether it succeeds."""
    filled = re.sub(r"\b[ABC]\b", lambda found: str(values[found[0]]), script)
    done = subprocess.run(["dash", "-e", "-c", RUN + filled], capture_output=True, text=True)
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line != "added"], done.returncode == 0


def with_edits(text: str, edits: tuple[Edit, ...]) -> str:
    return apply_edits(text.encode(), edits).decode().partition("%post\n")[2].partition("%app")[0]


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not installed")
@pytest.mark.parametrize("apps", ["", "%appinstall x\n    run app 0\n"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_an_added_line_leaves_the_rest_as_it_is(script: str, apps: str) -> None:
    body = "".join(f"    {line}\n" for line in script.split("\n"))
    text = f"{HEADER}%post\n{body}{apps}"
    (post,) = read_definition(Source("a.def", text.encode())).stages[0].named("post")
    places = [command for command in post.script.commands("run") if command.arguments[0].value in "abc"]
    tried = [line_after(command, "run added 0") for command in places]
    made = last_line(post.script, "run added 0")
    tried += [made[0]] if made is not None and made[1] else []
    behind = "\nrun app 0" if apps else ""
    for edits in filter(None, tried):
        after = with_edits(text, edits)
        assert after != body
        for values in product((0, 1), repeat=3):
            named = dict(zip("ABC", values, strict=True))
            assert outcome(after + behind, named) == outcome(body + behind, named), after
