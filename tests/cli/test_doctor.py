"""`sifcheck doctor`: a saved machine judged elsewhere, what is printed, and the exit codes."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

import sifcheck.report
from sifcheck.cli import main
from sifcheck.host.healthy import healthy_host
from sifcheck.host.overlay import lay
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host

ALONE = ["doctor", "--isolated", "--site", "none"]
BROKEN = {"storage": {"tmpdir": {"exists": False, "path": "/nowhere"}}}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(host: Host, name: str = "machine.json") -> str:
    Path(name).write_text(to_json(host), encoding="utf-8")
    return name


def test_a_healthy_machine_is_told_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--from", saved(healthy_host())]) == 0
    said = capsys.readouterr().out
    assert "Temporary, cache and output storage" in said
    assert "way to root  the user has subordinate ids, 100000-165535" in said
    assert " error" not in said
    assert " passed" in said.splitlines()[-1]


def test_a_machine_where_builds_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN))]) == 1
    said = capsys.readouterr().out
    assert "ENV202 tmpdir-unusable" in said
    assert "mkdir -p /nowhere" in said
    assert "1 error" in said.splitlines()[-1]


def test_the_same_snapshot_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lay(healthy_host(), BROKEN))
    texts = []
    for form in ("full", "json"):
        for _ in range(2):
            main([*ALONE, "--from", path, "--output-format", form])
            texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]


def test_json_keeps_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN)), "--output-format", "json"])
    document = json.loads(capsys.readouterr().out)
    schema = Path(sifcheck.report.__file__).parent / "findings.schema.json"
    jsonschema.validate(document, json.loads(schema.read_text(encoding="utf-8")))
    (found,) = [entry for entry in document["findings"] if entry["code"] == "ENV202"]
    assert found["location"]["path"] is None
    assert found["location"]["subject"] == "host"


def test_other_formats_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lay(healthy_host(), BROKEN))
    for form in ("concise", "sarif", "junit"):
        assert main([*ALONE, "--from", path, "--output-format", form, "--output", f"{form}:out-{form}"]) == 1
        assert "ENV202" in capsys.readouterr().out
        assert "ENV202" in Path(f"out-{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--ignore", "ENV202"], 0),
        (["--select", "ENV3"], 0),
        (["--severity", "ENV202=info"], 0),
        (["--fail-level", "never"], 0),
        (["--severity", "ENV202=warning"], 1),
        (["--severity", "ENV202=warning", "--fail-level", "error"], 0),
    ],
)
def test_selection_and_levels(options: list[str], code: int) -> None:
    assert main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN)), *options]) == code


def test_a_configuration_ignores_findings_about_machines() -> None:
    Path("sifcheck.toml").write_text('host-ignore = ["ENV202"]\n', encoding="utf-8")
    path = saved(lay(healthy_host(), BROKEN))
    assert main(["doctor", "--site", "none", "--from", path]) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: no such file"),
        ("", "not JSON"),
        ("[]", "not a snapshot"),
        ('{"version": 999}', "use a newer one"),
        ('{"version": 1, "taken": "x", "identity": 3}', "identity"),
    ],
)
def test_what_is_no_snapshot(text: str | None, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("odd.json").write_text(text, encoding="utf-8")
    assert main([*ALONE, "--from", "odd.json"]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(healthy_host())
    for options in (
        ["--site", "fugako"],
        ["--output-format", "jsn"],
        ["--select", "ENV999"],
        ["--frm", path],
    ):
        assert main(["doctor", "--isolated", "--from", path, *options]) == 3
    assert "did you mean fugaku" in capsys.readouterr().err.replace("'", "")


def test_save_this_machine_and_judge_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The probes run for real; whatever this machine is, its saved snapshot says the same of it."""
    code = main([*ALONE, "--save", "here.json", "--timeout", "5"])
    first = capsys.readouterr()
    assert code in (0, 1)
    assert "saved in here.json" in first.err
    assert stat.S_IMODE(os.stat("here.json").st_mode) == 0o600
    assert main([*ALONE, "--from", "here.json"]) == code
    assert capsys.readouterr().out == first.out


def test_redact_leaves_no_name() -> None:
    who = {
        "identity": {"user_name": "u09999", "home": "/home/u09999"},
        "platform": {"host_name": "login4.example.org"},
    }
    path = saved(lay(healthy_host(), who))
    assert main([*ALONE, "--from", path, "--redact", "--save", "sent.json"]) == 0
    sent = Path("sent.json").read_text(encoding="utf-8")
    assert "u09999" not in sent
    assert "login4" not in sent
    assert from_json(sent).identity.user_id == healthy_host().identity.user_id


def test_compare(capsys: pytest.CaptureFixture[str]) -> None:
    login = saved(healthy_host(), "login.json")
    other = {"platform": {"architecture": "aarch64"}, "storage": {"tmpdir": {"filesystem": "lustre"}}}
    compute = saved(lay(healthy_host(), other), "compute.json")
    assert main([*ALONE, "--compare", login, login]) == 0
    assert capsys.readouterr().out == "no fact differs\n"
    assert main([*ALONE, "--compare", login, compute]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["platform.architecture", "storage.tmpdir.filesystem"]
    assert lines[1].endswith("aarch64")
    assert main([*ALONE, "--compare", login, "nowhere.json"]) == 2


def test_shell_prints_what_helps_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--from", saved(healthy_host()), "--shell"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN)), "--shell"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("export APPTAINER_TMPDIR=/")


def test_job_prints_a_line_for_the_sites_scheduler(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--isolated", "--site", "fugaku", "--job"]) == 0
    assert "| pjsub" in capsys.readouterr().out
    assert main(["doctor", "--isolated", "--site", "slurm", "--job"]) == 0
    assert capsys.readouterr().out.startswith("sbatch ")


def test_what_a_machine_says_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"platform": {"host_name": "a\x1b[2Jb"}, "storage": {"tmpdir": {"path": "/\x1b]0;x\x07"}}}
    main([*ALONE, "--from", saved(lay(healthy_host(), odd)), "--verbose"])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said
