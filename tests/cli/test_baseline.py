"""`--write-baseline` and `--baseline`: only what is new is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sifcheck.cli import main
from sifcheck.shell.shellcheck import find_shellcheck

HEADER = "Bootstrap: docker\nFrom: rockylinux\n\n"
FLAWED = f"{HEADER}%file\n    a /opt/a\n\n%runscript\n    python $*\n"
KNOWN = ("--baseline", "known.json")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", "--output-format", "concise", *words])


def codes(text: str) -> list[str]:
    return [line.split(": ")[1].split(" ")[0] for line in text.splitlines()]


@pytest.fixture
def known(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """A flawed file, and the baseline of it."""
    Path("a.def").write_text(FLAWED)
    assert check("--write-baseline", "known.json", "a.def") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "sifcheck: known.json: 3 findings written as known\n"
    return json.loads(Path("known.json").read_text())["findings"]


def test_the_file_has_one_finding_a_line(known: list[dict[str, str]]) -> None:
    lines = Path("known.json").read_text().splitlines()
    assert lines[:4] == ["{", ' "version": 1,', ' "shellcheck": false,', ' "findings": [']
    assert [json.loads(line.rstrip(",")) for line in lines[4:7]] == known
    assert [(entry["path"], entry["code"]) for entry in known] == [
        ("a.def", "DEF101"), ("a.def", "DEF201"), ("a.def", "DEF701"),
    ]  # fmt: skip
    assert known[0]["message"] == "`%file` is not a section"


def test_what_is_known_is_counted_only(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--output-format", "full", *KNOWN, "a.def") == 0
    assert capsys.readouterr().out == "no findings in 1 file; 3 in the baseline\n"
    assert check("--output-format", "json", *KNOWN, "a.def") == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == {"baseline": 3, "stale": 0, "unchanged": 0}


def test_lines_may_move(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text("# one\n\n" + FLAWED.replace("%runscript", "%test\n    true\n\n%runscript"))
    assert check("--select", "DEF101,DEF201,DEF701", *KNOWN, "a.def") == 0
    assert capsys.readouterr() == ("", "")


def test_one_more_of_the_same_is_new(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED + "    python $*\n")
    assert check(*KNOWN, "a.def") == 1
    assert codes(capsys.readouterr().out) == ["DEF701"]


def test_a_new_finding_has_the_fingerprint_that_it_has_without_a_baseline(
    known: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").write_text(FLAWED + "    python $*\n")
    check("--output-format", "json", "--every", "a.def")
    *_, second = json.loads(capsys.readouterr().out)["findings"]
    for words in (KNOWN, (*KNOWN, "--diff")):
        check("--output-format", "json", *words, "a.def")
        said = capsys.readouterr()
        assert json.loads(said.err if "--diff" in words else said.out)["findings"] == [second]


def test_a_changed_line_is_new_and_its_entry_stale(
    known: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").write_text(FLAWED.replace("python", "python3"))
    assert check(*KNOWN, "a.def") == 1
    said = capsys.readouterr()
    assert codes(said.out) == ["DEF701"]
    assert "1 stale entry, found no more: DEF701 in a.def" in said.err
    check("--output-format", "json", *KNOWN, "a.def")
    assert json.loads(capsys.readouterr().out)["left_out"] == {"baseline": 2, "stale": 1, "unchanged": 0}
    check("-q", *KNOWN, "a.def")
    assert capsys.readouterr().err == ""


def test_a_renamed_file_keeps_its_entries(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("a.def").rename("sub/b.def")
    assert check(*KNOWN, ".") == 0
    assert capsys.readouterr() == ("", "")


def test_a_copied_file_has_new_findings(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.def").write_text(FLAWED)
    # Alone as well: the other file is there, though it is not checked.
    for words in (["."], ["b.def"]):
        assert check(*KNOWN, *words) == 1
        said = capsys.readouterr()
        assert len(said.out.splitlines()) == 3
        assert all(line.startswith("b.def:") for line in said.out.splitlines())
        assert said.err == ""


def test_a_file_that_is_gone_leaves_stale_entries(
    known: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").unlink()
    Path("b.def").write_text(HEADER.replace("rockylinux", "rockylinux:9.4"))
    check("--select", "DEF", *KNOWN, ".")
    assert "3 stale entries" in capsys.readouterr().err


def test_what_was_not_looked_at_is_not_stale(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED.replace("%file\n", "%files\n"))
    Path("b.def").write_text("Bootstrap: docker\nFrom: rockylinux:9.4\n")
    check("--select", "DEF7", *KNOWN, ".")
    check("--select", "DEF101", *KNOWN, "b.def")
    assert capsys.readouterr().err == ""
    check("--select", "DEF1", *KNOWN, ".")
    assert "1 stale entry" in capsys.readouterr().err


def test_it_holds_from_any_folder(
    known: list[object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    assert check("--baseline", "../known.json", "..") == 0
    assert check("--baseline", "../known.json", str(Path("../a.def").resolve())) == 0
    assert check("--baseline", "../known.json", "--stdin-filename", "../a.def", "../a.def") == 0


def test_writing_again_keeps_what_was_not_looked_at(
    known: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("b.def").write_text(FLAWED)
    check("--select", "DEF7", "--write-baseline", "known.json", "b.def")
    entries = json.loads(Path("known.json").read_text())["findings"]
    assert entries == [*known, {**known[2], "path": "b.def"}]
    Path("a.def").unlink()
    check("--write-baseline", "known.json", ".")
    entries = json.loads(Path("known.json").read_text())["findings"]
    assert [(entry["path"], entry["code"]) for entry in entries] == [
        ("b.def", "DEF101"), ("b.def", "DEF201"), ("b.def", "DEF701"),
    ]  # fmt: skip


def test_the_same_run_writes_the_same_bytes(known: list[object]) -> None:
    before = Path("known.json").read_bytes()
    check("--write-baseline", "known.json", ".")
    assert Path("known.json").read_bytes() == before


def test_fixes_leave_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    check("--select", "DEF101", "--write-baseline", "known.json", "a.def")
    capsys.readouterr()
    assert check("--fix", "--unsafe-fixes", *KNOWN, "a.def") in (0, 1)
    text = Path("a.def").read_text()
    assert "%file\n" in text
    assert '"$@"' in text
    assert "DEF101" not in capsys.readouterr().out


def test_fixes_leave_what_is_known_on_a_line_that_another_fix_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = '    python $* "$*"\n'
    Path("a.def").write_text(f"{HEADER}%runscript\n{line}")
    check("--output-format", "json", "--select", "DEF701", "a.def")
    found = json.loads(capsys.readouterr().out)["findings"]
    assert len(found) == 2
    check("--select", "DEF701", "--write-baseline", "known.json", "a.def")
    lines = Path("known.json").read_text().splitlines(keepends=True)
    # Keep only the finding of the first two, the one that stands first.
    kept = [row for row in lines if found[1]["fingerprint"] not in row]
    Path("known.json").write_text("".join(kept).replace("},\n ]", "}\n ]"))
    assert json.loads(Path("known.json").read_text())["findings"][0]["fingerprint"] == found[0]["fingerprint"]
    check("--select", "DEF701", "--fix", "--unsafe-fixes", *KNOWN, "a.def")
    assert "    python $* " in Path("a.def").read_text()


def test_a_difference_shows_only_what_is_new(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED + "    python3 $*\n")
    assert check("--diff", *KNOWN, "a.def") == 1
    said = capsys.readouterr()
    assert [line for line in said.out.splitlines() if line[:1] == "+"][1:] == ['+    python3 "$@"']
    assert codes(said.err) == ["DEF701"]


def test_ignores_are_added_for_what_is_new_only(
    known: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").write_text(FLAWED + "    python3 $*\n")
    assert check("--add-ignore", "split on purpose", *KNOWN, "a.def") == 0
    text = Path("a.def").read_text()
    assert text.count("sifcheck: ignore") == 1
    assert text.endswith("    # sifcheck: ignore[DEF701] split on purpose\n    python3 $*\n")
    capsys.readouterr()
    assert check(*KNOWN, "a.def") == 0
    assert capsys.readouterr() == ("", "")


def test_what_may_not_be_silenced_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    Path("sifcheck.toml").write_text(
        "no-ignores = ['DEF701']\nbaseline = 'known.json'\nno-shellcheck = true\n"
    )
    words = ["check", "--output-format", "concise", "a.def"]
    assert main([*words, "--write-baseline", "known.json"]) == 1
    assert codes(capsys.readouterr().out) == ["DEF701"]
    assert main(words) == 1
    assert codes(capsys.readouterr().out) == ["DEF701"]


def test_what_cannot_be_read_is_never_known(known: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--write-baseline", "known.json"), KNOWN):
        assert check(*words, "a.def", "missing.def") == 2
        assert codes(capsys.readouterr().out) == ["SIF001"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "is not there"),
        (b"\0", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "no list `findings`"),
        (b'{"version": 1, "findings": {}}', "no list `findings`"),
        (b'{"findings": []}', "version None"),
        (b'{"version": 2, "findings": []}', "a newer sifcheck wrote it"),
        (b'{"version": true, "findings": []}', "version True"),
        (b'{"version": "\\u001b[31m", "findings": []}', "none that sifcheck wrote"),
        (b'{"version": 1, "findings": [1]}', "entry 1"),
        (b'{"version": 1, "findings": [{"path": "\\u0000", "code": "a", "fingerprint": "b", "message": "c"}]}', "entry 1"),
        (b'{"version": 1, "findings": [{"path": 1, "code": "a", "fingerprint": "b", "message": "c"}]}', "entry 1"),
    ],
)  # fmt: skip
def test_an_odd_baseline_is_3(content: bytes | None, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    if content is not None:
        Path("known.json").write_bytes(content)
        assert check("--write-baseline", "known.json", "a.def") == 3
        assert Path("known.json").read_bytes() == content
        assert why in capsys.readouterr().err
    assert check(*KNOWN, "a.def") == 3
    said = capsys.readouterr()
    assert why in said.err
    assert said.out == ""
    assert "\x1b" not in said.err


@pytest.mark.parametrize("more", [["--fix"], ["--diff"], ["--add-ignore", "because"], ["--since", "HEAD"]])
def test_writing_goes_alone(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    assert check("--write-baseline", "known.json", *more, "a.def") == 3
    assert not Path("known.json").exists()
    assert Path("a.def").read_text() == FLAWED


@pytest.mark.parametrize("path", ["a.def", "no/known.json", "folder"])
def test_a_baseline_that_cannot_be_written_is_3(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(FLAWED)
    Path("folder").mkdir()
    assert check("--write-baseline", path, "a.def") == 3
    assert path in capsys.readouterr().err
    assert Path("a.def").read_text() == FLAWED


def test_names_of_any_bytes_are_known_again(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("caf\udce9.def", "日本.def", "a\nb\x1b.def"):
        Path(name).write_text(FLAWED)
    assert check("--write-baseline", "known.json", ".") == 0
    text = Path("known.json").read_text(encoding="utf-8")
    assert "日本.def" in text
    assert "\x1b" not in text
    assert check(*KNOWN, ".") == 0
    assert len(json.loads(text)["findings"]) == 9


@pytest.mark.skipif(find_shellcheck() is None, reason="ShellCheck is not there")
def test_a_baseline_without_shellcheck_says_why_its_findings_are_new(
    known: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").write_text(f"{FLAWED}    cat $HOME/x\n    cat $HOME/y\n")
    words = ["check", "--isolated", "--output-format", "concise"]
    assert main([*words, "--no-shellcheck", "--write-baseline", "known.json", "a.def"]) == 0
    capsys.readouterr()
    main([*words, *KNOWN, "a.def"])
    said = capsys.readouterr()
    new = [code for code in codes(said.out) if code.startswith("SC")]
    assert new
    assert "known.json was written without ShellCheck, so the" in said.err
    assert "--write-baseline known.json" in said.err

    assert main([*words, "--write-baseline", "known.json", "a.def"]) == 0
    assert json.loads(Path("known.json").read_text())["shellcheck"] is True
    capsys.readouterr()
    assert main([*words, *KNOWN, "a.def"]) == 0
    assert capsys.readouterr() == ("", "")
    # Without ShellCheck nothing of it is missed, and a baseline written over it keeps what it knew.
    assert main([*words, "--no-shellcheck", "--write-baseline", "known.json", "a.def"]) == 0
    assert json.loads(Path("known.json").read_text())["shellcheck"] is True
