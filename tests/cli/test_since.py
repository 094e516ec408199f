"""`--since REV`: findings on lines changed since a revision, in real repositories; nothing of a repository is run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sifcheck.cli import main

FLAWED = "Bootstrap: docker\nFrom: rockylinux\n\n%post\n    true\n\n%runscript\n    python $*\n"


def git(*words: str) -> str:
    settings = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *settings, *words], check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def commit() -> str:
    git("add", "-A")
    git("commit", "-q", "-m", "x", "--allow-empty")
    return git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    top = tmp_path / "top"
    top.mkdir()
    monkeypatch.chdir(top)
    git("init", "-q", "-b", "main")
    Path("a.def").write_text(FLAWED)
    commit()


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", "--output-format", "concise", *words])


def places(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [":".join(line.split(": ")[:2]).split(" ")[0] for line in capsys.readouterr().out.splitlines()]


def test_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--since", "HEAD", ".") == 0
    assert check("--output-format", "full", "--since", "HEAD", ".") == 0
    assert capsys.readouterr().out == "no findings in 1 file; 2 on unchanged lines\n"
    check("--output-format", "json", "--since", "HEAD", ".")
    assert json.loads(capsys.readouterr().out)["left_out"] == {"baseline": 0, "stale": 0, "unchanged": 2}


def test_changed_lines_keep_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text("# new\n" + FLAWED + "    perl  $*\n")
    assert check("--since", "HEAD", ".") == 1
    assert places(capsys) == ["a.def:10:11:DEF701"]
    commit()
    assert check("--since", "HEAD", ".") == 0
    assert check("--since", "HEAD~1", ".") == 1


def test_a_finding_over_several_lines_counts_where_one_changed(capsys: pytest.CaptureFixture[str]) -> None:
    text = FLAWED.replace("    true\n", "    dnf install -y gcc \\\n        make \\\n        git\n")
    Path("a.def").write_text(text)
    commit()
    Path("a.def").write_text(text.replace("        make", "        cmake"))
    check("--since", "HEAD", "--output-format", "json", ".")
    spans = [
        (one["location"]["start"]["line"], one["location"]["end"]["line"])
        for one in json.loads(capsys.readouterr().out)["findings"]
    ]
    assert spans
    assert all(first <= 6 <= last for first, last in spans)


def test_a_new_file_is_new_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.def").write_text(FLAWED.replace("rockylinux", "debian"))
    assert check("--since", "HEAD", ".") == 1
    assert places(capsys) == ["b.def:2:7:DEF201", "b.def:8:12:DEF701"]


def test_a_renamed_file_is_compared_with_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("a.def").rename("sub/b.def")
    Path("sub/b.def").write_text(FLAWED.replace("python", "perl"))
    assert check("--since", "HEAD", ".") == 1
    assert places(capsys) == ["sub/b.def:8:10:DEF701"]


def test_only_what_this_branch_changed_counts(capsys: pytest.CaptureFixture[str]) -> None:
    git("checkout", "-q", "-b", "topic")
    Path("a.def").write_text(FLAWED.replace("python", "perl"))
    commit()
    git("checkout", "-q", "main")
    Path("a.def").write_text(FLAWED.replace("rockylinux", "debian"))
    commit()
    git("checkout", "-q", "topic")
    assert check("--since", "main", ".") == 1
    assert places(capsys) == ["a.def:8:10:DEF701"]


def test_line_ends_that_git_may_change_do_not_matter(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_bytes(FLAWED.replace("\n", "\r\n").encode())
    assert check("--select", "DEF201,DEF701", "--since", "HEAD", ".") == 0


def test_from_a_folder_below_and_by_other_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    assert check("--since", "HEAD", "..", str(tmp_path / "top" / "a.def")) == 0
    (tmp_path / "link").symlink_to(tmp_path / "top")
    monkeypatch.chdir(tmp_path / "link")
    assert check("--since", "HEAD", "a.def") == 0


def test_names_of_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["caf\udce9.def", "日本 \t.def", "a\nb.def", '"q".def', "-x.def"]
    for name in names:
        Path(name).write_text(FLAWED)
    commit()
    assert check("--since", "HEAD", ".") == 0


def test_with_a_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    check("--select", "DEF2", "--write-baseline", "known.json", ".")
    capsys.readouterr()
    assert check("--output-format", "full", "--since", "HEAD", "--baseline", "known.json", ".") == 0
    assert capsys.readouterr().out == "no findings in 1 file; 1 in the baseline; 1 on unchanged lines\n"


def test_fixes_touch_changed_lines_only(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED + "    perl $*\n")
    assert check("--fix", "--since", "HEAD", ".") == 0
    assert Path("a.def").read_text() == FLAWED + '    perl "$@"\n'


@pytest.mark.parametrize("revision", ["nope", "", "-x", "--help", "a.def", "HEAD^{tree}", "HEAD\n", "HEAD~9"])
def test_an_unknown_revision_is_3(revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(f"--since={revision}", ".") == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "--since: " in said.err
    assert "is no revision" in said.err


def test_no_repository_is_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "b.def").write_text(FLAWED)
    assert check("--since", "HEAD", "b.def") == 3
    assert "not a git repository" in capsys.readouterr().err
    monkeypatch.chdir("top")
    assert check("--since", "HEAD", "../b.def") == 3
    assert "../b.def is not in the git repository" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check("--since", "HEAD", "a.def") == 3
    assert "git is not installed" in capsys.readouterr().err


def test_no_commit_in_common_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    git("checkout", "-q", "--orphan", "other")
    commit()
    git("commit", "-q", "--amend", "-m", "another")
    assert check("--since", "main", ".") == 3
    assert "no commit in common" in capsys.readouterr().err


def test_a_repository_without_a_commit_is_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git("init", "-q", str(tmp_path / "empty"))
    git("symbolic-ref", "HEAD", "refs/heads/none")
    assert check("--since", "HEAD", ".") == 3
    assert "is no revision" in capsys.readouterr().err


def test_no_program_of_the_repository_is_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{tmp_path}/sprung'\ncat\n")
    trap.chmod(0o755)
    Path(".gitattributes").write_text("*.def filter=trap diff=trap\n")
    git("add", ".gitattributes")
    git("commit", "-q", "-m", "attributes")
    for key in (
        "core.fsmonitor", "core.pager", "pager.diff", "diff.external", "diff.trap.command", "diff.trap.textconv",
        "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "core.sshCommand", "core.gitProxy",
        "core.askPass", "core.editor", "gpg.program", "alias.diff", "alias.ls-tree",
    ):  # fmt: skip
        git("config", key, f"!{trap}" if key.startswith("alias.") else str(trap))
    for hook in ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc"):
        Path(f".git/hooks/{hook}").write_text(trap.read_text())
        Path(f".git/hooks/{hook}").chmod(0o755)
    Path("a.def").write_text(FLAWED.replace("python", "perl"))
    assert check("--since", "HEAD", ".") == 1
    assert places(capsys) == ["a.def:8:10:DEF701"]
    assert not (tmp_path / "sprung").exists()
    # The trap would have sprung: a plain `git diff` runs it.
    subprocess.run(["git", "diff", "HEAD"], capture_output=True, timeout=60)
    assert (tmp_path / "sprung").exists()
