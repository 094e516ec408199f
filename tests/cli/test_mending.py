"""`--fix`, `--diff` and `--add-ignore`: what is written, what is shown, and what is kept from being shown."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sifcheck.cli import main

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n"
FLAWED = f"{HEADER}\n%file\n    a /opt/a\n\n%runscript\n    python $*\n"
MENDED = f'{HEADER}\n%files\n    a /opt/a\n\n%runscript\n    python "$@"\n'
SECRET = "hunter2-" + "very-secret"
SECRETIVE = (
    f"{HEADER}%file\n    a /opt/a\n%environment\n    export MYSQL_PASSWORD={SECRET}\n    export PASSWORD=q7\n"
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", *words])


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_is_mended_to_standard_output_and_nothing_else_goes_there(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = FLAWED.replace("\n", "\r\n").encode() + b"# \x83\x65\r\n"
    give(monkeypatch, text)
    assert check("--fix", "--output-format", "concise", "-") == 0
    out, _ = capfdbinary.readouterr()
    assert out == MENDED.replace("\n", "\r\n").encode() + b"# \x83\x65\r\n"


def test_the_report_about_mended_standard_input_goes_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, b"Bootstrap: docker\nFrom: rockylinux\n")
    assert check("--fix", "--output-format", "json", "--stdin-filename", "x.def", "-") == 1
    out, err = capfd.readouterr()
    assert out == "Bootstrap: docker\nFrom: rockylinux\n"
    assert json.loads(err)["findings"][0]["code"] == "DEF201"


def test_a_difference_can_be_applied_by_patch(capfd: pytest.CaptureFixture[str]) -> None:
    text = FLAWED.replace("    a", "\ta").rstrip("\n")
    Path("a.def").write_text(text)
    assert check("--diff", "a.def") == 1
    out, err = capfd.readouterr()
    assert err == (
        "sifcheck: a.def: would fix DEF101, DEF701\n"
        "sifcheck: 2 findings in all: --diff shows only what the fixes change\n"
    )
    assert out.startswith("--- a/a.def\n+++ b/a.def\n@@ ")
    assert "\\ No newline at end of file" in out
    assert "\n \ta /opt/a\n" in out
    assert Path("a.def").read_text() == text


@pytest.mark.parametrize(
    "tool", [["git", "apply", "--whitespace=nowarn"], ["patch", "-p1", "--binary"]], ids=["git", "patch"]
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_patch_makes_what_fix_makes(
    tool: list[str],
    ending: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    texts = {
        "a.def": FLAWED,
        "below/a b.def": FLAWED.replace("    a", "\ta").rstrip("\n"),
        "\u8a66.def": FLAWED.replace("%file\n", "%file\n    # \u8a66\u9a13\n"),
        'quoted "a".def': FLAWED,
    }
    subprocess.run(["git", "init", "-q", "."], check=True)
    Path("here/below").mkdir(parents=True)
    # In a folder of the repository, as a user sits in one.
    monkeypatch.chdir("here")
    for name, text in texts.items():
        Path(name).write_bytes(text.replace("\n", ending).encode())
        Path(name).chmod(0o755)
    assert check("--diff", ".") == 1
    patch, told = capfdbinary.readouterr()
    assert b"does not apply" not in told
    subprocess.run(tool, input=patch, check=True)
    patched = {name: Path(name).read_bytes() for name in texts}
    assert {Path(name).stat().st_mode & 0o777 for name in texts} == {0o755}
    for name, text in texts.items():
        Path(name).write_bytes(text.replace("\n", ending).encode())
    check("--fix", ".")
    assert patched == {name: Path(name).read_bytes() for name in texts}
    assert patched["a.def"] == MENDED.replace("\n", ending).encode()


def test_a_patch_of_a_file_elsewhere_and_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("real").mkdir()
    Path("real/a.def").write_text(FLAWED)
    Path("link.def").symlink_to("real/a.def")
    check("--diff", "link.def")
    assert capfd.readouterr().out.startswith("--- a/real/a.def\n+++ b/real/a.def\n")
    Path("other").mkdir()
    monkeypatch.chdir("other")
    check("--diff", "../real/a.def")
    assert capfd.readouterr().out.startswith(f"--- a{tmp_path.resolve()}/real/a.def\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"    export MYSQL_PASSWORD={SECRET}", b"a secret is masked in it"),
        ("    # \x1b[31m red", b"it shows as an escape"),
        ("    # \udc83\udc83 in Shift_JIS", b"it shows as an escape"),
    ],
)
def test_a_patch_that_does_not_apply_is_told(
    line: str, why: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = f"{HEADER}{{}}%environment\n{line}\n%file\n    a /opt/a\n"
    Path("a.def").write_bytes(text.format("").encode("utf-8", "surrogateescape"))
    check("--diff", "a.def")
    patch, told = capfdbinary.readouterr()
    assert b"+%files" in patch
    assert b"sifcheck: a.def: this patch does not apply: " + why in told
    # Where it is not near a change, the patch is as good as any.
    far = text.format("").replace("%file\n", "    true\n" * 9 + "%file\n")
    Path("a.def").write_bytes(far.encode("utf-8", "surrogateescape"))
    check("--diff", "a.def")
    assert b"does not apply" not in capfdbinary.readouterr().err


def test_a_patch_is_all_that_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED.replace(":9.4", ""))
    Path("b.def").write_text(HEADER.replace(":9.4", ""))
    assert check("--diff", "--output", "json:out.json", ".") == 1
    out, err = capfd.readouterr()
    assert {line[:1] for line in out.splitlines()} <= set("-+@ ")
    assert "DEF201" not in out + err
    assert err.endswith("4 findings in all: --diff shows only what the fixes change\n")
    assert len(json.loads(Path("out.json").read_text())["findings"]) == 4
    # A format that is asked for beside it comes beside it.
    assert check("--diff", "--output-format", "concise", "b.def") == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("b.def:2:")


def test_unsafe_fixes_alone_write_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--unsafe-fixes", "a.def") == 1
    assert Path("a.def").read_text() == FLAWED
    out, err = capfd.readouterr()
    assert "DEF101" in out
    assert err == "sifcheck: --unsafe-fixes changes nothing by itself: add --fix or --diff\n"
    assert check("--unsafe-fixes", "--add-ignore", "reason", "a.def") == 0
    assert "sifcheck: ignore" in Path("a.def").read_text()


def test_exit_zero_is_a_fail_level_of_never(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--exit-zero", "a.def") == 0
    assert "DEF101" in capfd.readouterr().out
    # It hides no file that cannot be read.
    assert check("--exit-zero", "missing.def") == 2


def test_a_difference_is_harmless_to_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a\x1b[31m.def").write_bytes(FLAWED.encode() + b"# \x1b]0;t\x07 \x0c \xc2\x85 \xe2\x80\xae \xff\n")
    check("--diff", ".")
    out, err = capfd.readouterr()
    assert "+%files" in out
    for text in (out, err):
        assert not {c for c in text if (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")} - {"\n", "\t"}


@pytest.mark.parametrize(
    "words", [["--diff"], ["--fix"], ["--diff", "--unsafe-fixes"], ["--diff", "--add-ignore", "x"]]
)
def test_secrets_are_not_shown(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(SECRETIVE)
    check("--output-format", "json", *words, "a.def")
    out, err = capfd.readouterr()
    assert out
    assert SECRET not in out + err
    assert "q7" not in out + err
    if "--diff" in words:
        assert "***" in out
        assert Path("a.def").read_text() == SECRETIVE
    else:
        assert Path("a.def").read_text() == SECRETIVE.replace("%file\n", "%files\n")


def test_a_secret_that_is_ignored_is_not_shown_either(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(
        "# sifcheck: ignore-file[DEF801, DEF802, DEF803, DEF804] test value\n" + SECRETIVE
    )
    check("--diff", "a.def")
    assert SECRET not in "".join(capfd.readouterr())


def test_a_symbolic_link_is_followed(capfd: pytest.CaptureFixture[str]) -> None:
    Path("real").mkdir()
    Path("real/a.def").write_text(FLAWED)
    Path("b.def").symlink_to("real/a.def")
    assert check("--fix", "b.def") == 0
    assert Path("b.def").is_symlink()
    assert Path("real/a.def").read_text() == MENDED


def test_what_cannot_be_written_is_told_and_the_others_are_mended(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.def", "b.def"):
        Path(name).write_text(FLAWED)
    Path("a.def").chmod(0o444)
    assert check("--fix", "--output-format", "concise", "a.def", "b.def") == 1
    out, err = capfd.readouterr()
    assert "a.def was left as it is: it is marked as read-only" in err
    assert "b.def: fixed DEF101, DEF701" in err
    assert "a.def:4:1: DEF101" in out
    assert "b.def" not in out
    assert Path("b.def").read_text() == MENDED


def test_a_file_without_findings_is_not_written(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(HEADER)
    before = os.stat("a.def")
    assert check("--fix", "a.def") == 0
    after = os.stat("a.def")
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert not capfd.readouterr().err


@pytest.mark.parametrize("reason", ["", "a\nb", "{{ X }}", "until=never"])
def test_a_reason_that_cannot_stand_is_wrong_use(reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--add-ignore", reason, "a.def") == 3
    assert capfd.readouterr().err.startswith("sifcheck: --add-ignore: ")
    assert Path("a.def").read_text() == FLAWED


def test_add_ignore_and_fix_do_not_go_together(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--add-ignore", "x", "--fix", "a.def") == 3
    assert Path("a.def").read_text() == FLAWED
    capfd.readouterr()


def test_the_collected_files_are_mended_once(
    corpus_files: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    copies = [Path(path.name) for path in corpus_files[::5]]
    for path, copy in zip(corpus_files[::5], copies, strict=True):
        copy.write_bytes(path.read_bytes())
    check("--fix", "--output-format", "concise", ".")
    assert capfd.readouterr().err.count(": fixed ") > 20
    first = {copy.name: copy.read_bytes() for copy in copies}
    check("--fix", "--output-format", "concise", ".")
    assert {copy.name: copy.read_bytes() for copy in copies} == first
    assert ": fixed " not in capfd.readouterr().err
    assert sorted(os.listdir()) == sorted(first)


def test_a_locale_that_cannot_show_the_file_is_no_failure() -> None:
    Path("\u8a66.def").write_text(FLAWED.replace("a /opt/a", "\u8a66\u9a13 /opt/a"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    for words in (["--diff"], [], ["--show-files"]):
        command = [sys.executable, "-m", "sifcheck", "check", "--isolated", "--no-shellcheck", *words, "."]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        assert b"itself failed" not in done.stderr
