"""`sifcheck doctor`: a saved machine judged elsewhere, what is printed, and the exit codes."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

import sifcheck.report
from sifcheck.base.facts import Unknown
from sifcheck.cli import main
from sifcheck.host.probes.storage import unanswered_storage
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

SNAPSHOTS = Path(__file__).resolve().parents[1] / "host" / "snapshots"
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
    said = capsys.readouterr().out
    lines = said[said.index("\n\n") :].split("\n")[3:-2]
    assert [line.split()[0] for line in lines] == ["platform.architecture", "storage.tmpdir.filesystem"]
    assert lines[0].endswith("aarch64")
    assert said.startswith("only in compute.json")
    assert "ENV201" in said.partition("\n\n")[0]
    assert main([*ALONE, "--compare", login, "nowhere.json"]) == 2


def test_compare_tells_what_is_found_on_one_machine_and_on_both(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(SNAPSHOTS / f"fugaku-{name}.json") for name in ("login", "compute-worktmp")]
    words = ["doctor", "--isolated", "--compare", *paths, "--site", "fugaku"]
    assert main(words) == 1
    login, compute, both, facts = capsys.readouterr().out.split("\n\n")
    assert [line.split()[1] for line in login.splitlines()[1:]] == ["ENV201", "ENV108", "ENV303"]
    assert [line.split()[1] for line in compute.splitlines()[1:]] == ["ENV203", "ENV204"]
    assert both.splitlines()[0] == "in both"
    rows = {line.split()[0]: line.split()[1:] for line in facts.splitlines()[1:-1]}
    assert rows["storage.scratch"] == ["none", "/worktmp"]
    assert rows["storage.tmpdir.mode"] == ["0700", "1777"]
    assert rows["memory.cgroup_limit_bytes"] == ["none", "28.6", "GiB"]
    assert not any(name.startswith("storage.scratch.") for name in rows)


def test_compare_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(SNAPSHOTS / f"fugaku-{name}.json") for name in ("login", "compute-worktmp")]
    assert main(["doctor", "--isolated", "--compare", *paths, "--output-format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in said["findings"]["both"]] == ["ENV101"]
    assert {"fact": "storage.tmpdir.mode", "first": "0700", "second": "1777"} in said["facts"]
    assert main(["doctor", "--isolated", "--compare", *paths, "--output-format", "sarif"]) == 3


def test_compare_tells_of_a_folder_that_is_not_there_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    there = saved(healthy_host(), "there.json")
    gone = {"storage": {"tmpdir": {"exists": False, "mode": 0o700, "owner_id": 0, "filesystem": "xfs"}}}
    main([*ALONE, "--compare", there, saved(lay(healthy_host(), gone), "gone.json")])
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("storage.")]
    assert line.endswith("which is not there")


@pytest.mark.parametrize("site", ["fugaku", "auto", "none"])
@pytest.mark.parametrize("name", sorted(path.stem for path in SNAPSHOTS.glob("*.json")))
def test_shell_sets_what_the_report_advises(name: str, site: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["doctor", "--isolated", "--site", site, "--from", str(SNAPSHOTS / f"{name}.json")]
    main([*words, "--select", "ENV2", "--output-format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    main([*words, "--shell"])
    lines = [line.partition("  #")[0] for line in capsys.readouterr().out.splitlines()]
    wrong = [one for one in findings if one["severity"] != "info"]
    assert len(lines) == len(wrong)
    for line, one in zip(lines, wrong, strict=True):
        assert f"`{line}`" in one["help"]


def test_shell_leaves_the_folder_of_which_something_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SNAPSHOTS / "fugaku-compute-worktmp.json")
    main(["doctor", "--isolated", "--site", "fugaku", "--shell", "--from", path])
    assert "TMPDIR" not in capsys.readouterr().out


def test_shell_prints_what_helps_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--from", saved(healthy_host()), "--shell"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN)), "--shell"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("export APPTAINER_TMPDIR=/")


def test_job_prints_a_line_for_the_sites_scheduler(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--isolated", "--site", "fugaku", "--job"]) == 0
    assert "| pjsub" in capsys.readouterr().out
    for site in ("slurm", "fugaku:prepost"):
        assert main(["doctor", "--isolated", "--site", site, "--job"]) == 0
        assert capsys.readouterr().out.startswith("sbatch -N 1 -t 5 --wrap ")


@pytest.mark.parametrize(("site", "there"), [("fugaku", "aarch64"), ("fugaku:prepost", "x86_64")])
def test_job_says_what_it_takes_in_the_job(site: str, there: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--isolated", "--site", site, "--job"])
    line, comment = capsys.readouterr().out.splitlines()
    assert not line.startswith("#")
    assert comment.startswith("# sifcheck must be on PATH")
    assert comment.endswith(there)


@pytest.mark.parametrize(
    "words",
    [
        *(["--timeout", text] for text in ("inf", "-1", "nan", "0", "1e9", "soon")),
        ["--job", "--shell"],
        ["--compare", "a", "b", "--shell"],
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, *words]) == 3
    assert capsys.readouterr().out == ""


def test_what_a_machine_says_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"platform": {"host_name": "a\x1b[2Jb"}, "storage": {"tmpdir": {"path": "/\x1b]0;x\x07"}}}
    main([*ALONE, "--from", saved(lay(healthy_host(), odd)), "--verbose"])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said


@pytest.mark.parametrize(("name", "role"), [("fugaku-login", "login"), ("fugaku-compute-worktmp", "compute")])
def test_the_signs_tell_the_kind_of_node_of_a_site_that_is_named(
    name: str, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor", "--isolated", "--site", "fugaku", "--from", str(SNAPSHOTS / f"{name}.json")])
    said = capsys.readouterr().out
    assert f"\nsite fugaku, {role} nodes\n" in said
    assert "no sign" not in said


def test_a_site_that_is_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(lay(healthy_host(), {"platform": {"architecture": "x86_64"}}))
    main(["doctor", "--isolated", "--site", "fugaku", "--from", path])
    said = capsys.readouterr().out.splitlines()[1:5]
    assert said[0] == "site fugaku"
    assert "no sign of being a node of fugaku" in said[1]
    assert "aarch64, this is x86_64" in said[2]
    assert "`sifcheck check --site fugaku FILE`" in said[3]
    for other in ("fugaku:compute", "slurm", "none"):
        main(["doctor", "--isolated", "--site", other, "--from", path])
        assert "no sign" not in capsys.readouterr().out


def test_what_could_not_be_looked_at_did_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    slow = lay(healthy_host(), {"storage": {"tmpdir": {"exists": {"unknown": "timed out after 2 s"}}}})
    assert main([*ALONE, "--from", saved(slow), "--verbose"]) == 0
    said = capsys.readouterr().out
    assert "? ENV202 tmpdir-unusable: not known: storage.tmpdir.exists: timed out after 2 s" in said
    assert "✓ ENV204" in said
    main([*ALONE, "--from", saved(slow), "--output-format", "json"])
    skipped = {one["code"]: one["why"] for one in json.loads(capsys.readouterr().out)["skipped"]}
    assert skipped["ENV202"] == "not known: storage.tmpdir.exists: timed out after 2 s"
    assert "ENV204" not in skipped


def test_what_takes_an_option_did_not_pass_either(capsys: pytest.CaptureFixture[str]) -> None:
    main([*ALONE, "--from", saved(healthy_host()), "--verbose"])
    said = capsys.readouterr().out
    for code, needs in (
        ("ENV108", "a site (--site)"),
        ("ENV303", "a site (--site)"),
        ("ENV402", "--online"),
    ):
        assert any(f" - {code} " in f" {line}" and f"needs {needs}" in line for line in said.splitlines()), (
            code
        )


def test_a_folder_that_does_not_answer_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    host = healthy_host()
    why = Unknown("timed out after 2 s")
    places = [
        unanswered_storage(place.path, why)._replace(purpose=place.purpose, origin=place.origin)
        if place.purpose in ("tmpdir", "cache")
        else place
        for place in host.storage
    ]
    path = saved(host._replace(storage=tuple(places)))
    assert main([*ALONE, "--from", path, "--output-format", "concise"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["ENV202", "ENV205"]
    assert all(": error: " in line and "did not answer within 2 s" in line for line in lines)


def test_quiet_tells_what_is_found_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "-q", "--from", saved(healthy_host())]) == 0
    assert capsys.readouterr().out == ""
    assert main([*ALONE, "-q", "--from", saved(lay(healthy_host(), BROKEN))]) == 1
    said = capsys.readouterr().out
    assert "ENV202" in said
    assert "processors" not in said


def test_junit_names_each_check(capsys: pytest.CaptureFixture[str]) -> None:
    main([*ALONE, "--from", saved(healthy_host()), "--output-format", "junit"])
    said = capsys.readouterr().out
    assert '<testcase name="ENV202 tmpdir-unusable" classname="host" />' in said
    assert "ENV402" not in said
    main([*ALONE, "--from", saved(lay(healthy_host(), BROKEN)), "--output-format", "junit"])
    said = capsys.readouterr().out
    assert said.count("ENV202 tmpdir-unusable") == 1
    assert 'failures="1"' in said


def test_a_path_that_no_line_can_show(capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"storage": {"tmpdir": {"path": "/scratch/a\nb", "origin": "TMPDIR", "exists": False}}}
    assert main([*ALONE, "--from", saved(lay(healthy_host(), odd)), "--output-format", "concise"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "$'/scratch/a\\x0ab'" in line
    main([*ALONE, "--from", "machine.json"])
    assert "mkdir -p $'/scratch/a\\x0ab'" in capsys.readouterr().out
