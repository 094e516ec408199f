"""A script that its shell refuses is told once, with ShellCheck and without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sifcheck.cli import main

HEADER = "Bootstrap: docker\nFrom: debian:12\n\n"


def codes(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    main(["check", "--isolated", "--ignore", "DEF2", "--output-format", "concise", *words, str(path)])
    return re.findall(r": ([A-Z]+[0-9]+) ", capsys.readouterr().out)


@pytest.mark.parametrize(
    "words", [(), ("--no-shellcheck",), ("--profile", "minimal"), ("--profile", "strict")]
)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("%post\n    if [ -f /x ]; then\n        echo yes\n", "DEF518"),
        ("%post\n    echo 'a\n    true\n%test\n    true\n", "DEF518"),
        ("%post\n    true && \\\n    # why\n\n", "DEF518"),
        ("%post\n    while true; do\n        (false\n    done\n", "DEF518"),
        ("%post\n    make \\\n        # why\n        && make install\n", "DEF506"),
        ('%post\n    true\n\n%environment\n    export A="b\n', "DEF603"),
    ],
)
def test_one_cause_is_one_finding(
    body: str, code: str, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.def"
    path.write_text(HEADER + body)
    found = [
        one for one in codes(path, capsys, *words) if one.startswith(("SC1", "SIF003", "DEF5", "DEF603"))
    ]
    assert found == [code]


def test_a_batch_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.sh"
    path.write_text("#!/bin/bash\n#SBATCH --time=1:00:00\nif true; then\n    singularity exec a.sif b\n")
    found = [one for one in codes(path, capsys) if one.startswith(("SC1", "SIF003", "JOB1"))]
    assert found == ["JOB111"]


def test_bash_syntax_under_dash_is_told_by_one_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.def"
    path.write_text(f"{HEADER}%post\n    a=(b c)\n    echo $a\n")
    for words in ((), ("--profile", "minimal")):
        assert [one for one in codes(path, capsys, *words) if one in ("DEF503", "DEF518")] == ["DEF503"]
