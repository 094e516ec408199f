"""`sifcheck check --host`: this machine and its folder, a saved machine, and what goes wrong with either."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sifcheck.cli import main
from sifcheck.host.saving import to_json
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

HEADER = "Bootstrap: docker\nFrom: rockylinux:9.4\n"
COPYING = f"{HEADER}\n%files\n    data.txt /opt/\n"
UPDATING = f"{HEADER}\n%post\n    dnf -y update && dnf clean all\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*words: str) -> int:
    return main(["check", "--isolated", "--no-shellcheck", "--output-format", "json", *words])


def report(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def codes(told: Any) -> list[str]:
    return [finding["code"] for finding in told["findings"]]


def saved(facts: dict[str, Any], name: str = "machine.json") -> str:
    Path(name).write_text(to_json(lay(healthy_host(), facts)))
    return name


def test_a_missing_file_is_found_on_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(COPYING)
    assert check("--host", "auto", "a.def") == 1
    told = report(capsys)
    (finding,) = told["findings"]
    assert (finding["code"], finding["severity"]) == ("DEF301", "error")
    assert os.path.abspath("data.txt") in finding["message"]
    assert "DEF301" not in [entry["code"] for entry in told["skipped"]]
    Path("data.txt").write_text("x")
    assert check("--host", "auto", "a.def") == 0


def test_text_alone_is_judged_where_nobody_asks_for_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(COPYING)
    for words in ([], ["--host", "none"]):
        assert check(*words, "a.def") == 0
        told = report(capsys)
        assert {
            "code": "DEF301",
            "why": "needs the folder where the build starts (--host, plan or build)",
        } in told["skipped"]
        assert "DEF404" in [entry["code"] for entry in told["skipped"]]


def test_files_are_looked_for_from_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("recipes").mkdir()
    Path("recipes/a.def").write_text(COPYING)
    Path("recipes/data.txt").write_text("x")
    assert check("--host", "auto", "recipes") == 1
    (finding,) = report(capsys)["findings"]
    assert os.path.abspath("recipes") in finding["help"]
    os.chdir("recipes")
    assert check("--host", "auto", "a.def") == 0


def test_each_file_has_a_folder_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there.txt").write_text("x")
    Path("a.def").write_text(COPYING)
    Path("b.def").write_text(COPYING.replace("data.txt", "there.txt"))
    Path("c.def").write_text(COPYING.replace("data.txt", "other.txt"))
    assert check("--host", "auto", ".") == 1
    told = report(capsys)
    assert [finding["location"]["path"] for finding in told["findings"]] == ["a.def", "c.def"]


def test_a_saved_machine_gives_facts_of_the_host_but_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(UPDATING + "\n%files\n    data.txt /opt/\n")
    single = saved({"identity": {"subuids": [], "subgids": []}})
    assert check("--host", single, "a.def") == 1
    told = report(capsys)
    assert codes(told) == ["DEF404"]
    assert "DEF301" in [entry["code"] for entry in told["skipped"]]
    assert check("--host", saved({}), "a.def") == 0


SIGNING = "#!/bin/bash\n#SBATCH --nodes=1\napptainer sign a.sif\n"


def test_a_batch_script_is_checked_for_the_keys_of_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    Path("job.sh").write_text(SIGNING)
    empty = saved({"keys": {"keyrings": {"secret": {"keys": 0}}}})
    assert check("--host", empty, "job.sh") == 1
    (finding,) = report(capsys)["findings"]
    assert (finding["code"], finding["location"]["start"]["line"]) == ("ENV404", 3)
    Path("job.sh").write_text(SIGNING.replace("a.sif", "a.sif  # sifcheck: ignore[ENV404] signed later"))
    assert check("--host", empty, "job.sh") == 0
    assert check("job.sh") == 0


@pytest.mark.parametrize("name", ["job.sh", "a.def"])
def test_a_check_without_a_machine_takes_no_rules_about_one(name: str) -> None:
    Path("job.sh").write_text(SIGNING)
    Path("a.def").write_text(COPYING)
    code = (
        "import sys; from sifcheck.cli import main; "
        f"main(['check', '--isolated', '--no-shellcheck', *sys.argv[1:], {name!r}]); "
        "print(sorted({'identity', 'network_and_keys'} & "
        "{one.rpartition('.')[2] for one in sys.modules if one.startswith('sifcheck_rules.')}), file=sys.stderr)"
    )
    for words, taken in (([], "[]"), (["--host", saved({})], "['identity', 'network_and_keys']")):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.stderr.splitlines()[-1] == taken, done.stderr


def test_the_same_saved_machine_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(UPDATING)
    single = saved({"identity": {"subuids": [], "subgids": []}})
    texts = []
    for _ in range(2):
        check("--host", single, "a.def")
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "missing.json cannot be read: no such file"),
        ("", "not JSON"),
        ("{}", "not a snapshot of a machine"),
        ('{"version": 999}', "use a newer one"),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_2(
    content: str | None, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.def").write_text(HEADER)
    if content is not None:
        Path("missing.json").write_text(content)
    assert check("--host", "missing.json", "a.def") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert why in captured.err
    assert captured.err.count("\n") == 1


def test_a_snapshot_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.def").write_text(UPDATING)
    text = to_json(lay(healthy_host(), {"identity": {"subuids": [], "subgids": []}}))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert check("--host", "-", "a.def") == 1
    assert codes(report(capsys)) == ["DEF404"]
    for words in (["-"], ["--stdin-filename", "a.def"]):
        assert check("--host", "-", *words) == 3
        assert "standard input" in capsys.readouterr().err


def test_the_machine_can_stand_in_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    Path("recipes").mkdir()
    saved({"identity": {"subuids": [], "subgids": []}}, "recipes/machine.json")
    Path("recipes/sifcheck.toml").write_text('host = "machine.json"\n')
    Path("recipes/a.def").write_text(UPDATING)
    words = ["check", "--no-shellcheck", "--output-format", "json"]
    assert main([*words, "recipes/a.def"]) == 1
    assert codes(report(capsys)) == ["DEF404"]


def test_a_suppression_of_what_only_a_machine_shows_is_not_called_unused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = COPYING.replace("    data", "    # sifcheck: ignore[DEF301] make puts it there\n    data")
    Path("a.def").write_text(text)
    assert check("a.def") == 0
    assert codes(report(capsys)) == []
    assert check("--host", "auto", "a.def") == 0
    assert codes(report(capsys)) == []
    Path("data.txt").write_text("x")
    check("--host", "auto", "a.def")
    assert codes(report(capsys)) == ["SIF101"]


def test_a_fix_of_what_the_folder_shows(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.txt").write_text("x")
    Path("data.txt").chmod(0o600)
    Path("a.def").write_text(f"{COPYING}\n%post\n    echo built\n")
    assert check("--host", "auto", "--fix", "a.def") == 0
    assert Path("a.def").read_text().endswith("    echo built\n    chmod -R a+rX /opt/data.txt\n")
    assert codes(report(capsys)) == []


def test_what_a_name_holds_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(
        f"{HEADER}\n%files\n    $(touch${{IFS}}ran) /opt/\n    `touch ran` /opt/\n    \x1b[31mx /opt/\n"
    )
    check("--host", "auto", "--output-format", "full", "a.def")
    assert sorted(os.listdir()) == ["a.def"]
    assert "\x1b" not in capsys.readouterr().out


def test_the_settings_name_what_the_machine_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.def").write_text(HEADER)
    assert main(["check", "--isolated", "--no-shellcheck", "--host", "auto", "--show-settings", "a.def"]) == 0
    said = capsys.readouterr().out
    assert "DEF301" in said.split("rules that run")[1].splitlines()[0]
    assert "skipped: DEF301" not in said


def test_the_signs_of_a_saved_machine_tell_the_site(capsys: pytest.CaptureFixture[str]) -> None:
    there = {"platform": {"host_name": "login4"}, "storage": {"cwd": {"path": "/vol0004/hp1/u1"}}}
    Path("there.json").write_text(to_json(lay(healthy_host(), there)))
    Path("a.def").write_text(HEADER)
    assert check("--host", "there.json", "--site", "auto", "--show-settings", "a.def") == 0
    assert "\nsite: fugaku, login nodes (" in capsys.readouterr().out
    Path("there.json").write_text(to_json(healthy_host()))
    assert check("--host", "there.json", "--site", "auto", "--show-settings", "a.def") == 0
    assert "\nsite: none was recognised" in capsys.readouterr().out
