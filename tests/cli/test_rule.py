"""`sifcheck rule` and `sifcheck plugins`: pages, lists, a new file of rules and its test."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sifcheck.cli import main

SLIP = (
    '@rule("OUR002", severity="eror", message="x")\ndef slip(command: Command) -> Findings:\n    "About."\n'
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def changed(*changes: tuple[str, str], name: str = "ours.py") -> None:
    """Writes the file that `--new` writes, with some texts replaced."""
    assert main(["rule", "--new", name]) == 0
    text = Path(name).read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    Path(name).write_text(text)


def test_a_new_file_is_proved_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--new", "ours.py"]) == 0
    assert main(["rule", "--test", "ours.py"]) == 0
    out = capsys.readouterr().out
    assert "proved  OUR001 no-telnet (2 examples)\n1 proved, 0 failed\n" in out
    Path("x.def").write_text("Bootstrap: docker\nFrom: debian:12.5\n%post\n    telnet a\n")
    words = ["check", "--isolated", "--no-shellcheck", "--select", "OUR", "--rule-file", "ours.py", "x.def"]
    assert main(words) == 1
    assert "warning[OUR001] no-telnet" in capsys.readouterr().out


CASES = """## bad

```
%post
    true && telnet b
            ^^^^^^
```
"""


def test_cases_in_a_folder_are_proved_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--new", "ours.py"]) == 0
    Path("cases").mkdir()
    Path("cases/OUR001.md").write_text(CASES)
    words = ["rule", "--test", "ours.py", "--cases", "cases"]
    assert main(words) == 0
    assert "proved  OUR001 no-telnet (3 examples)\n" in capsys.readouterr().out
    Path("cases/OUR001.md").write_text(CASES.replace("## bad", "## good"))
    assert main(words) == 1
    assert "FAILED  cases/OUR001.md:1: OUR001 (good):" in capsys.readouterr().err
    Path("cases/OUR001.md").write_text(CASES.replace("## bad", "## worse"))
    assert main(words) == 3
    assert "cases/OUR001.md:1: a heading is" in capsys.readouterr().err
    assert main(["rule", "--test", "ours.py", "--cases", "none"]) == 3
    assert "none" in capsys.readouterr().err


def test_a_file_that_is_there_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ours.py").write_text("mine\n")
    assert main(["rule", "--new", "ours.py"]) == 3
    assert Path("ours.py").read_text() == "mine\n"
    assert "ours.py" in capsys.readouterr().err
    assert main(["rule", "--new", "no/such/folder.py"]) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([('"warning"', '"warn"')], ["ours.py:8: OUR001: severity='warn'; did you mean 'warning'?"]),
        ([('"OUR001"', '"DEF777"')], ["DEF777: a pack of rules uses a prefix of its own"]),
        ([("def no_telnet", "def moving_base")], ["moving-base is taken by general"]),
        (
            [("        ^^^^^^\n", "         ^^^^^^\n")],
            ["OUR001, example 1 (bad)", "expected at [(5, 6, 12)]"],
        ),
        ([('== "telnet"', '== "curl"')], ["found nothing"]),
        ([("command.program ==", "command.progam ==")], ["AttributeError", "ours.py:"]),
    ],
)
def test_what_is_not_right_is_told(
    changes: list[tuple[str, str]], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    changed(*changes)
    capsys.readouterr()
    assert main(["rule", "--test", "ours.py"]) == 1
    told = capsys.readouterr()
    assert told.out.endswith("0 proved, 1 failed\n")
    for word in words:
        assert word in told.err


def test_one_slip_does_not_hide_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    changed()
    with Path("ours.py").open("a") as file:
        file.write(f"\n\n{SLIP}")
    assert main(["rule", "--test", "ours.py"]) == 1
    told = capsys.readouterr()
    assert "proved  OUR001" in told.out
    assert "1 proved, 1 failed" in told.out
    assert "did you mean 'error'?" in told.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no such file"),
        ("def broken(:\n", "SyntaxError"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module' (ours.py:1)"),
        ("raise SystemExit(0)\n", "SystemExit"),
        ("x = 1\n", "holds no rule"),
    ],
)
def test_what_cannot_be_tested(text: str | None, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("ours.py").write_text(text)
    assert main(["rule", "--test", "ours.py"]) == 3
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("word", ["DEF201", "def201", "moving-base"])
def test_a_page(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", word]) == 0
    assert capsys.readouterr().out.startswith("# DEF201 moving-base\n")


def test_pages_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    changed()
    capsys.readouterr()
    assert main(["rule", "--rule-file", "ours.py", "OUR001"]) == 0
    assert capsys.readouterr().out.startswith("# OUR001 no-telnet\n")


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--all"]) == 0
    everything = capsys.readouterr().out.splitlines()
    assert main(["rule", "DEF2"]) == 0
    part = capsys.readouterr().out.splitlines()
    assert all(re.match(r"[A-Z]{3}[0-9]{3}  [a-z0-9-]+ +(error|warning|info) ", line) for line in everything)
    assert [line.split()[0] for line in everything] == sorted(line.split()[0] for line in everything)
    assert {line.split()[0] for line in part} == {
        line.split()[0] for line in everything if line.startswith("DEF2")
    }


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--output-format", "json", "DEF201"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)["rules"]
    assert (facts["code"], facts["name"], facts["plugin"]) == ("DEF201", "moving-base", "general")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a rule"),
        (["movin-base"], "did you mean moving-base?"),
        (["XYZ"], "no rule is called 'XYZ'"),
        (["--al"], "did you mean --all?"),
        (["DEF201", "--cases", "cases"], "--cases FOLDER goes with --test FILE"),
    ],
)
def test_wrong_use(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", *words]) == 3
    assert said in capsys.readouterr().err


def test_plugins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 0
    lines = sorted(capsys.readouterr().out.splitlines())
    assert re.fullmatch(r"fugaku  sifcheck [0-9.]+\S*  [0-9]+ rules  (FUG  )?1 site", lines[0])
    assert re.fullmatch(
        r"general  sifcheck [0-9.]+\S*  [0-9]+ rules  [A-Z ]*DEF[A-Z ]*  [0-9]+ sites", lines[1]
    )
    assert main(["plugins", "--output-format", "json"]) == 0
    (general,) = (one for one in json.loads(capsys.readouterr().out)["plugins"] if one["name"] == "general")
    assert "DEF201" in general["rules"]
    assert "slurm" in general["sites"]
    assert general["problems"] == []


def test_the_count_of_rules_does_not_hang_on_what_was_proved_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["plugins"])
    before = capsys.readouterr().out
    from sifcheck.lint.plugins import load
    from sifcheck.testing import prove

    rule = load().registry.find("DEF201")
    assert rule is not None
    prove(rule)
    main(["plugins"])
    assert capsys.readouterr().out == before


def test_a_check_names_what_could_not_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ours.py").write_text(f"from sifcheck.api import Command, Findings, rule\n\n\n{SLIP}")
    Path("x.def").write_text("Bootstrap: docker\nFrom: debian:12.5\n")
    words = ["check", "--isolated", "--no-shellcheck", "--select", "DEF9", "--rule-file", "ours.py"]
    assert main([*words, "--output-format", "json", "x.def"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["code"] == "SIF901"
    assert "ours.py:4: OUR002" in found["message"]
    assert found["location"]["path"] is None
