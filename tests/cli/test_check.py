"""Whole runs of `sifcheck check`: exit codes, odd input, formats, fixes, suppressions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from sifcheck.cli import main

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n"
FLAWED = "Bootstrap: docker\nFrom: rockylinux\n\n%file\n    a /opt/a\n\n%runscript\n    python $*\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", *words])


def test_the_three_first_findings_stand_at_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--output-format", "concise", "a.def") == 1
    out = capsys.readouterr().out
    for place in ("a.def:2:7: DEF201", "a.def:4:1: DEF101", "a.def:8:12: DEF701"):
        assert place in out


def test_json_keeps_to_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--output-format", "json", "a.def", "missing.def") == 2
    report = json.loads(capsys.readouterr().out)
    schema = json.loads(files("sifcheck.report").joinpath("findings.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert {finding["code"] for finding in report["findings"]} >= {"DEF101", "DEF201", "DEF701", "SIF001"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["good.def"], 0),
        (["a.def"], 1),
        (["--fail-level", "never", "a.def"], 0),
        (["missing.def"], 2),
        (["--select", "DEF999", "a.def"], 3),
        (["--selct", "DEF1", "a.def"], 3),
        (["--target", "aptainer-1.4", "a.def"], 3),
        (["--output-format", "jsn", "a.def"], 3),
        (["--host", "missing.json", "a.def"], 2),
    ],
)
def test_exit_codes(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    Path("good.def").write_text(HEADER)
    assert check(*words) == code
    assert (code == 3) == bool("sifcheck: " in capsys.readouterr().err and code == 3)


def test_a_folder_without_files_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(".") == 2
    assert "no file" in capsys.readouterr().err


def test_a_fault_of_ours_is_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(HEADER)
    monkeypatch.setattr("sifcheck.cli.check.find_inputs", lambda *_, **__: 1 / 0)
    assert check("a.def") == 4
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1\2\xff" * 50,
        b"\xff\xfeB\0o\0",
        b"# only\n",
        b"<html></html>\n",
        b"%" * 70_000,
        b"Bootstrap: docker\rFrom: x\r%post\r",
    ],
)
def test_odd_files_give_a_finding_and_the_others_are_reported(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.def").write_bytes(content)
    Path("z.def").write_text(FLAWED)
    assert check("--output-format", "concise", "odd.def", "z.def") == 1
    out = capsys.readouterr().out
    assert "odd.def:" in out
    assert "z.def:4:1: DEF101" in out


def test_what_cannot_be_read_is_said_once_and_the_rest_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.def")
    with open("huge.def", "wb") as file:
        file.truncate(100_000_000)
    Path("z.def").write_text(FLAWED)
    assert check("--output-format", "concise", "pipe.def", "huge.def", "missing.def", "z.def") == 2
    out = capsys.readouterr().out
    assert out.count("SIF001") == 3
    assert "z.def:4:1: DEF101" in out


def test_control_characters_never_reach_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a\x1b[31m.def").write_bytes(b"Bootstrap: docker\nFrom: x\x1b]0;title\x07:latest\n%po\x1bst\n")
    for form in ("full", "concise", "json"):
        check("--output-format", form, ".")
        out = capsys.readouterr().out
        assert out
        assert not {character for character in out if ord(character) < 32} - {"\n"}


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FLAWED.encode())))
    assert check("--output-format", "concise", "--stdin-filename", "x/y.def", "-") == 1
    assert "x/y.def:4:1: DEF101" in capsys.readouterr().out


def test_fix_writes_the_safe_ones_and_a_second_run_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path("a.def")
    path.write_bytes(FLAWED.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    assert check("--fix", "a.def") == 1
    fixed = path.read_bytes()
    assert b"%files\r\n" in fixed
    assert b'python "$@"\r\n' in fixed
    assert b"From: rockylinux\r\n" in fixed
    assert path.stat().st_mode & 0o777 == 0o640
    check("--fix", "a.def")
    assert path.read_bytes() == fixed
    assert os.listdir() == ["a.def"]


def test_diff_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--diff", "a.def") == 1
    assert "+%files" in capsys.readouterr().out
    assert Path("a.def").read_text() == FLAWED


def test_a_hard_link_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    os.link("a.def", "b")
    check("--fix", "a.def")
    assert Path("a.def").read_text() == FLAWED
    assert "hard links" in capsys.readouterr().err


def test_add_ignore_hides_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--add-ignore", "known since spring", "a.def") == 0
    assert check("a.def") == 0
    assert "# sifcheck: ignore[DEF201] known since spring" in Path("a.def").read_text()


def test_suppressions_that_do_nothing_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(
        HEADER + "# sifcheck: ignore[DEF701] why\n# sifcheck: ignore DEF101\n# sifcheck: ignore[DEF9999] x\n"
    )
    assert check("--output-format", "concise", "a.def") == 1
    out = capsys.readouterr().out
    assert {code for code in ("SIF101", "SIF102", "SIF103") if code in out} == {"SIF101", "SIF102", "SIF103"}


def test_shellcheck_speaks_at_the_place_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(HEADER + "%post\n    rm -r $1\n")
    code = main(["check", "--isolated", "--output-format", "concise", "--select", "SC2086", "a.def"])
    said = capsys.readouterr()
    if "left out" in said.err:
        pytest.skip("no ShellCheck is installed")
    assert code == 0
    assert "a.def:4:11: SC2086" in said.out


def run_whole(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A real process, as a user starts it."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")}
    return subprocess.run(
        [sys.executable, "-m", "sifcheck", *words],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        check=False,
    )


def test_a_whole_process_gives_the_exit_codes() -> None:
    Path("a.def").write_text(FLAWED)
    Path("good.def").write_text(HEADER)
    common = ("check", "--isolated", "--no-shellcheck")
    assert run_whole(*common, "good.def").returncode == 0
    assert run_whole(*common, "a.def").returncode == 1
    assert run_whole(*common, "missing.def", "a.def").returncode == 2
    misspelt = run_whole("chekc", "a.def")
    assert (misspelt.returncode, misspelt.stdout) == (3, "")
    assert "did you mean check?" in misspelt.stderr
    option = run_whole(*common, "--slect", "DEF1")
    assert option.returncode == 3
    assert "did you mean --select?" in option.stderr


@pytest.mark.parametrize(
    "text",
    [
        "selct = ['DEF1']\n",
        "select = ['DEF999']\n",
        "select = 1\n",
        "profile = 'strickt'\n",
        "[[[\n",
        "severity = {DEF101 = 'bad'}\n",
    ],
)
def test_a_wrong_configuration_is_3_and_names_its_file(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sifcheck.toml").write_text(text)
    Path("a.def").write_text(FLAWED)
    assert main(["check", "--no-shellcheck", "a.def"]) == 3
    said = capsys.readouterr()
    assert not said.out
    assert "sifcheck.toml" in said.err


def test_errors_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--select", "\x1b[31m", "a.def") == 3
    assert main(["\x1b[31m"]) == 3
    assert main(["check", "--config", "\x1b[31m.toml", "a.def"]) == 3
    assert "\x1b" not in capsys.readouterr().err


def test_folders_are_walked_as_git_would(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.def", "sub/b.def", "ignored/c.def", "sub/Singularity.x", "sub/notes.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("notes\n" if name.endswith(".txt") else HEADER)
    Path(".git").mkdir()
    Path(".gitignore").write_text("ignored/\n")
    assert check("--show-files", ".") == 0
    shown = {line.split("\t")[0].removeprefix("./") for line in capsys.readouterr().out.splitlines()}
    assert shown == {"a.def", "sub/b.def", "sub/Singularity.x"}
    # What is named is looked at whatever git thinks of it.
    assert check("--show-files", "ignored/c.def") == 0
    assert "ignored/c.def" in capsys.readouterr().out


def test_the_settings_are_shown_with_where_they_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sifcheck.toml").write_text("profile = 'strict'\n")
    assert main(["check", "--no-shellcheck", "--ignore", "DEF101", "--show-settings"]) == 0
    out = capsys.readouterr().out
    assert "strict" in out
    assert "sifcheck.toml" in out
    assert "DEF101" not in out.partition("rules that run")[2]
    assert "DEF201" in out.partition("rules that run")[2]


def test_statistics_count_and_list_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    Path("b.def").write_text(FLAWED)
    assert check("--statistics", ".") == 1
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if "DEF201" in line and "2" in line.split()]
    assert "a.def" not in out


def test_ignores_by_file_hold_for_rules_and_for_shellcheck(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.def", "b.def"):
        Path(name).write_text(HEADER + "%file\n    a /a\n%post\n    rm -r $1\n")
    Path("sifcheck.toml").write_text("[per-file-ignores]\n'b.def' = ['DEF101', 'SC20']\n")
    main(["check", "--output-format", "concise", "--select", "DEF101,SC", "."])
    said = capsys.readouterr()
    assert "a.def:3:1: DEF101" in said.out
    assert "b.def" not in said.out
    if "left out" not in said.err:
        assert "a.def:6:11: SC2086" in said.out


def test_colors_are_used_where_they_are_wanted() -> None:
    Path("a.def").write_text(FLAWED)
    common = ("check", "--isolated", "--no-shellcheck", "a.def")
    assert "\x1b" not in run_whole(*common).stdout
    assert "\x1b[" in run_whole(*common, FORCE_COLOR="1").stdout
    assert "\x1b" not in run_whole(*common, NO_COLOR="1").stdout
    assert "\x1b[" in run_whole(*common, "--color", "always", NO_COLOR="1").stdout
    assert "\x1b" not in run_whole(*common, "--color", "never", FORCE_COLOR="1").stdout


def test_a_closed_pipe_is_no_failure_and_does_not_hide_the_findings() -> None:
    for number in range(60):
        Path(f"{number}.def").write_text(FLAWED * 20)
    command = [sys.executable, "-m", "sifcheck", "check", "--isolated", "--no-shellcheck", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""
    assert process.returncode == 1


def test_the_same_file_named_twice_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    check("--output-format", "json", "a.def", "a.def", ".")
    assert json.loads(capsys.readouterr().out)["summary"]["files"] == 1


def test_one_message_of_a_rule_is_ignored_everywhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%files\n    \"a b\"c /x\n    'a' /y\n"
    for name in ("one.def", "two.def"):
        Path(name).write_text(text)
    Path("sifcheck.toml").write_text('[per-file-ignores]\n"one.def" = ["DEF305.glued"]\n')
    words = ["check", "--no-shellcheck", "--select", "DEF305", "--output-format", "json-lines"]

    def told(*more: str) -> list[tuple[str, str]]:
        main([*words, *more, "one.def", "two.def"])
        lines = map(json.loads, capsys.readouterr().out.splitlines())
        return [(line["location"]["path"], line["key"]) for line in lines]

    assert told() == [("one.def", "single-quotes"), ("two.def", "glued"), ("two.def", "single-quotes")]
    assert told("--ignore", "DEF305.single-quotes") == [("two.def", "glued")]
    assert main([*words, "--ignore", "DEF305.gluedd", "one.def"]) == 3
    assert "unknown rule 'DEF305.gluedd'; did you mean 'DEF305.glued'?" in capsys.readouterr().err
