"""`sifcheck explain FILE:LINE`: what is known where a line runs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from sifcheck.cli import main

HEAD = "Bootstrap: docker\nFrom: debian:12\n\n"


def explained(folder: Path, text: str, capsys: pytest.CaptureFixture[str], words: str) -> str:
    """What is said of the line that holds some words."""
    whole = HEAD + dedent(text)
    path = folder / "a.def"
    path.write_text(whole)
    line = next(number for number, one in enumerate(whole.split("\n"), 1) if words in one)
    assert main(["explain", "--isolated", f"{path}:{line}"]) == 0
    return capsys.readouterr().out


class TestWhatIsKnown:
    @pytest.fixture(autouse=True)
    def ask(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.of = lambda text, words: explained(tmp_path, text, capsys, words)

    def test_the_folder_and_where_it_was_changed(self) -> None:
        said = self.of("%post\n  cd /opt\n  V=1.2\n  cd app-$V\n  make here\n", "make here")
        assert "working folder  /opt/app-1.2  (line 7)" in said
        assert "V = 1.2  (line 6)" in said

    def test_a_folder_in_a_subshell_is_left_with_it(self) -> None:
        assert "working folder  /\n" in self.of("%post\n  ( cd /opt; make )\n  make here\n", "make here")

    def test_a_folder_that_hangs_on_a_branch(self) -> None:
        said = self.of("%post\n  if [ -d /a ]; then cd /a; fi\n  make here\n", "make here")
        assert "working folder  not known" in said
        assert "by every run" in said

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("%post\n  make here\n", "ends the script"),
            ("%post\n  set +e\n  make here\n", "the script goes on: errexit is off"),
            ("%post\n  make here || true\n", "it is looked at here"),
            ("%runscript\n  make here\n", "the script goes on: errexit is off"),
            ("%post\n  if [ -f /a ]; then set +e; fi\n  make here\n", "not known"),
        ],
    )
    def test_what_a_failure_does(self, text: str, words: str) -> None:
        assert words in self.of(text, "make here")

    def test_a_line_in_a_branch(self) -> None:
        said = self.of("%post\n  if [ -f /a ]; then\n  make here\n  fi\n", "make here")
        assert "perhaps: it hangs on what is not known" in said

    def test_a_line_behind_the_end(self) -> None:
        assert "nothing comes here" in self.of("%post\n  exit 0\n  make here\n", "make here")

    def test_a_loop_over_words(self) -> None:
        said = self.of("%post\n  for x in a b c; do\n  make here $x\n  done\n", "make here")
        assert "by every run that comes this far, 3 times" in said
        assert "x: not known" in said

    def test_files(self) -> None:
        text = "%post\n  rm -rf /opt/a\n  echo x >/opt/a\n  chmod 755 /opt/a\n  /opt/a here\n  rm /opt/a\n  cat /opt/a there\n"
        assert "/opt/a  a file that can be executed" in self.of(text, "here")
        assert "/opt/a  is missing  (line 9)" in self.of(text, "there")
        assert "nothing has made executable" in self.of(text, "chmod")

    def test_what_was_missing_may_have_been_made(self) -> None:
        text = "%post\n  rm -rf /opt/a\n  make install\n  cat /opt/a there\n"
        assert "is missing" not in self.of(text, "there")

    def test_what_the_base_does_not_have(self) -> None:
        assert "Debian 12 has no `make` of its own" in self.of("%post\n  make here\n", "make here")

    def test_environment_comes_before_the_runscript(self) -> None:
        said = self.of("%environment\n  export A=/opt\n%runscript\n  echo $A here\n", "here")
        assert "A = /opt  (line 5)" in said

    def test_app_installs_follow_post(self) -> None:
        said = self.of("%appinstall x\n  make here\n%post\n  V=1\n", "make here")
        assert "V = 1" in said

    def test_nothing_of_the_file_reaches_the_terminal_raw(self) -> None:
        assert "\x1b" not in self.of("%post\n  V='a\x1b[31m'\n  make here $V\n", "make here")


def test_a_build_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.def"
    path.write_text(HEAD + "%post\n  V={{ VERSION }}\n  echo $V\n")
    assert main(["explain", "--isolated", "--build-arg", "VERSION=1.2", f"{path}:6"]) == 0
    assert "V = 1.2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [(1, "in the header"), (3, "in the header"), (4, "no command begins"), (7, "it is no script")],
)
def test_lines_without_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: int, words: str
) -> None:
    path = tmp_path / "a.def"
    path.write_text(HEAD + "%post\n  make\n%help\n  text\n")
    assert main(["explain", "--isolated", f"{path}:{line}"]) == 0
    assert words in capsys.readouterr().out


def test_what_cannot_be_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.def"
    path.write_text(HEAD)
    assert main(["explain", str(path)]) == 3
    assert f"{path}:12" in capsys.readouterr().err
    assert main(["explain", f"{path}:99"]) == 3
    assert "lines" in capsys.readouterr().err
    assert main(["explain", f"{tmp_path}/gone.def:1"]) == 2
    other = tmp_path / "a.sh"
    other.write_text("echo\n")
    assert main(["explain", f"{other}:1"]) == 2
    assert "no definition file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1 2 3 4 5 6 7 8 9; do " * 8 + "x" + "; done" * 8,
        "f() { f; f; }; f",
        "f(){ f | f; }\nf",
        "while :; do " * 12 + "x" + "; done" * 12,
        "eval 'eval x; eval x'\n" * 500,
    ],
)
def test_what_never_ends_is_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = tmp_path / "a.def"
    path.write_text(f"{HEAD}%post\n{text}\necho\n")
    assert main(["explain", "--isolated", f"{path}:5"]) == 0
    assert capsys.readouterr().out
