"""The completion scripts, by the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sifcheck.cli import VERBS, main
from sifcheck.cli.completions import SHELLS

ASKED = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
function=$(complete -p sifcheck); function=${function##*-F }; ${function%% *}
printf '%s\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completions", shell]) == 0
    path = folder / f"completion.{shell}"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ch"], {"check"}),
        (["doctor", "--comp"], {"--compare"}),
        (["check", "--output-f"], {"--output-format"}),
        (["check", "--output-format", "jun"], {"junit"}),
        (["check", "--profile", ""], {"minimal", "standard", "strict"}),
        (["check", "--site", "fug"], {"fugaku"}),
        (["check", "--select", "DEF10"], {f"DEF10{number}" for number in range(1, 10)}),
        (["rule", "ENV20"], {f"ENV20{number}" for number in range(1, 7)}),
    ],
)
def test_bash_completes(
    words: list[str], expected: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = script("bash", tmp_path, capsys)
    command = ["bash", "-c", ASKED, "bash", str(path), "sifcheck", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert set(done.stdout.split()) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_its_script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(shell, tmp_path, capsys)
    text = path.read_text(encoding="utf-8")
    assert all(verb in text for verb in VERBS)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "cmd"]) == 3
    assert "fish" in capsys.readouterr().err
