"""`--help` of every verb shows examples and exit codes, and the examples are such: each is typed as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sifcheck.cli import VERBS, main
from sifcheck.cli.parser import CommandParser

ROOT = Path(__file__).resolve().parents[2]
LOG = "FATAL:   While performing build: while running engine: while running %post section: exit status 1\n"
JOB = "#!/bin/bash\n#PJM -L node=1\n#PJM -g hp000000\nsingularity run a.sif\n"
SITE = '[site]\nname = "ours"\n\n[arch]\ncompute = "x86_64"\n'
# What answers in the place of the real one: that a build is started is all that its examples show.
RUNTIME = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'apptainer version 1.4.5'; fi\n"

# What no test types, by words of the line, and why.
LEFT_OUT = {
    "--yes": "removes what other builds left on this machine",
    "docker://": "asks a registry",
    "sifcheck pin": "asks a registry, but for --check",
    "--online": "asks a registry",
}
TYPED_ALL_THE_SAME = ("sifcheck pin --check ", "sifcheck build --dry-run ")


def parser_of(verb: str) -> CommandParser:
    parser: CommandParser = import_module(f"sifcheck.cli.{verb.replace('-', '_')}").make_parser()
    return parser


def left_out(line: str) -> bool:
    return any(words in line for words in LEFT_OUT) and not line.startswith(TYPED_ALL_THE_SAME)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files that the examples name, in a repository that has an upstream."""
    folder, home, programs = (tmp_path / name for name in ("work", "home", "bin"))
    for made in (
        folder / "recipes",
        folder / "cases",
        programs,
        home / ".local/share/bash-completion/completions",
        home / ".zfunc",
        home / ".config/fish/completions",
    ):
        made.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "good.def", folder / "example.def")
    shutil.copy(ROOT / "examples" / "good.def", folder / "recipes" / "one.def")
    for name, saved in (("login", "login"), ("compute", "compute-worktmp")):
        shutil.copy(ROOT / f"tests/host/snapshots/fugaku-{saved}.json", folder / f"{name}.json")
    texts = {"build.log": LOG, "job.out": LOG, "job.err": LOG, "job.sh": JOB, "ours.toml": SITE}
    for name, text in texts.items():
        (folder / name).write_text(text)
    (programs / "apptainer").write_text(RUNTIME)
    (programs / "apptainer").chmod(0o755)
    (programs / "sifcheck").symlink_to(Path(sys.executable).parent / "sifcheck")
    for line in (
        "git init -q",
        "git add -A",
        "git -c user.name=n -c user.email=n@example.org commit -q -m x",
        "git update-ref refs/remotes/origin/main HEAD",
        "sifcheck check -q --write-baseline known.json .",
    ):
        typed(folder, line)
    return folder


def typed(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    above = folder.parent
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={
            "HOME": str(above / "home"),
            "PATH": f"{above / 'bin'}:{os.environ['PATH']}",
            "SIFCHECK_NO_SHELLCHECK": "1",
            # Whoever asks a registry all the same hears at once that there is none.
            "https_proxy": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_and_exit_codes(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert "\nexit codes: " in text
    examples = parser_of(verb).examples()
    assert examples
    for line, about in examples:
        assert f"sifcheck {verb}" in line
        assert line in text
        assert about in text


@pytest.mark.parametrize("verb", VERBS)
def test_the_examples_work(verb: str, place: Path) -> None:
    text = " ".join((parser_of(verb).epilog or "").partition("exit codes: ")[2].split())
    known = {int(code) for code in re.findall(r"(?:^|, )(\d+) ", text)} | {0}
    wrong = {2, 3, 4, 125, 126, 127}
    lines = [line for line, _ in parser_of(verb).examples() if not left_out(line)]
    assert lines
    for line in lines:
        done = typed(place, line)
        assert done.returncode in known - wrong, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"


def test_what_is_left_out_is_still_there() -> None:
    lines = [line for verb in VERBS for line, _ in parser_of(verb).examples()]
    assert all(any(words in line for line in lines) for words in LEFT_OUT)
    assert all(any(line.startswith(words) for line in lines) for words in TYPED_ALL_THE_SAME)


def test_examples_of_a_parser() -> None:
    text = "words\n\nexamples:\n  sifcheck a  b c\n  sifcheck d\n\nexit codes: 0 no\n"
    assert CommandParser("sifcheck a", "", epilog=text).examples() == [
        ("sifcheck a", "b c"),
        ("sifcheck d", ""),
    ]
    assert CommandParser("sifcheck a", "").examples() == []


def test_the_main_help_lists_the_verbs(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for line in text.partition("examples:\n")[2].strip().splitlines():
        assert typed(place, line.strip()).returncode in (0, 1)
    assert all(f"\n  {verb} " in text for verb in VERBS)
