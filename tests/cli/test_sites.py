"""`sifcheck sites`, and `--site` of `check`: which site holds, what it changes, what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from sifcheck.cli import VERBS, main
from sifcheck.site.schema import site_schema

HOST_PATH = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    . /vol0004/apps/setup.sh\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SIFCHECK_", "SLURM_", "PJM_", "PBS_")):
            monkeypatch.delenv(name)
    Path("a.def").write_text(HOST_PATH)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    options = ("--no-shellcheck", "--select", "DEF514", "--output-format", "json")
    _, out, err = run(capsys, "check", *options, *words, "a.def")
    assert err == ""
    return [finding["code"] for finding in json.loads(out)["findings"]]


def settings(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = run(capsys, "check", "--no-shellcheck", "--show-settings", *words)
    assert (code, err) == (0, "")
    return out


# -- the verb


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sites")
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("fugaku ")]
    assert "login x86_64, compute aarch64, prepost x86_64" in row
    assert "host name, path, variable" in row
    assert row.endswith("Supercomputer Fugaku, RIKEN R-CCS")


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sites", "--output-format", "json")
    document = json.loads(out)
    assert (code, document["version"], document["problems"]) == (0, 1, [])
    (row,) = [site for site in document["sites"] if site["name"] == "fugaku"]
    assert row["plugin"] == "fugaku"
    assert row["nodes"] == {"login": "x86_64", "compute": "aarch64", "prepost": "x86_64"}
    assert row["detect"][0] == {
        "role": "compute",
        "hostname": None,
        "paths": ["/worktmp"],
        "env": ["PJM_JOBID"],
    }
    assert [site["generic"] for site in document["sites"] if site["name"] in ("slurm", "fugaku")] == [
        False,
        True,
    ]


def test_one_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sites", "fugaku")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    facts = {line[0]: line for line in lines if line}
    assert facts["default_value"][1] == "$HOME"
    assert facts["address_space_bytes"][1:4] == ["42949672960", "(40", "GiB)"]
    number = facts["default_value"][2]
    (source,) = [line for line in out.splitlines() if line.strip().startswith(f"{number} ")]
    assert "Fugaku Users Guide" in source
    assert "2026-01-16" in source
    unknown = out.partition("not known\n")[2].partition("\n\n")[0]
    assert "runtime.version" in unknown
    assert "tmp.candidates[$PJM_LOCALTMP].fakeroot_ok" in unknown
    assert "sources[" not in unknown


def test_one_seen_from_its_compute_nodes(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "sites", "--output-format", "json", "fugaku:compute")
    document = json.loads(out)
    keys = [fact["key"] for fact in document["facts"]]
    assert document["role"] == "compute"
    assert {key.split(".")[1] for key in keys if key.startswith("nodes.")} == {"compute"}
    assert all(fact["source"]["date"] or fact["source"]["document"] for fact in document["facts"])
    (memory,) = [fact for fact in document["facts"] if fact["key"] == "nodes.compute.memory_bytes"]
    assert memory["value"] == 30739333120
    assert "facts" not in memory["source"]
    assert "runtime.version" in document["unknown"]
    assert not [key for key in document["unknown"] if key.startswith("nodes.login")]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("fugku", "there is no site 'fugku'; did you mean 'fugaku'?"),
        ("fugaku:logn", "the site file of fugaku describes no logn nodes; did you mean 'login'?"),
        ("lumi:prepost", "the site file of lumi describes no prepost nodes; it has login, compute"),
        ("./none.toml", "./none.toml: it cannot be read: no such file or directory"),
    ],
)
def test_what_is_not_there(capsys: pytest.CaptureFixture[str], word: str, said: str) -> None:
    assert run(capsys, "sites", word) == (3, "", f"sifcheck: {said}\n")


def test_a_file_is_looked_through(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ours.toml").write_text('[site]\nname = "ours"\n[arch]\ncompute = "aarch64"\n')
    code, out, _ = run(capsys, "sites", "ours.toml")
    assert code == 0
    assert "[no source]" in out
    Path("ours.toml").write_text('[site]\nname = "ours"\n[arch]\ncomputer = "aarch64"\n\x1b = 1\n')
    code, _, err = run(capsys, "sites", "ours.toml")
    assert code == 3
    assert "\x1b" not in err
    Path("ours.toml").write_text('[site]\nname = "ours"\n[arch]\ncomputer = "aarch64"\n')
    code, _, err = run(capsys, "sites", "ours.toml")
    assert (code, err) == (
        3,
        "sifcheck: ours.toml: arch.computer: there is no such key; did you mean 'compute'?\n",
    )


def test_control_characters_of_a_file_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ours.toml").write_text(
        '[site]\nname = "ours"\ntitle = "a\\u001b[31m\\u202e"\n[arch]\ncpu = "\\u009b2J"\n'
    )
    _, out, _ = run(capsys, "sites", "ours.toml")
    assert not {"\x1b", "\u202e", "\x9b"} & set(out)


def test_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sites", "--schema")
    assert (code, json.loads(out)) == (0, site_schema())


# -- check --site


@pytest.mark.parametrize(
    ("site", "expected"), [("fugaku", ["DEF514"]), ("fugaku:compute", ["DEF514"]), ("lumi", []), ("none", [])]
)
def test_rules_are_handed_the_site(
    capsys: pytest.CaptureFixture[str], site: str, expected: list[str]
) -> None:
    assert codes(capsys, "--isolated", "--site", site) == expected


def test_without_a_site_what_needs_one_is_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    out = settings(capsys, "--isolated", "--select", "DEF514")
    assert "skipped: DEF514 needs a site (--site)" in out
    assert "skipped: DEF514" not in settings(capsys, "--isolated", "--select", "DEF514", "--site", "fugaku")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--site", "fugaku"], "; aarch64; SingularityCE 4.1, SingularityCE 4.2"),
        (["--site", "fugaku:login"], "site: fugaku, login nodes ("),
        (["--site", "fugaku:login"], "; aarch64; "),
        (["--site", "fugaku:prepost"], "; x86_64; "),
        (["--site", "satellite-fugaku"], "; aarch64; SingularityCE 4.1.4\n"),
        (["--site", "fugaku", "--arch", "amd64"], "; x86_64; "),
        (["--site", "fugaku", "--target", "apptainer-1.4"], "; aarch64; Apptainer 1.4\n"),
        (["--site", "slurm"], "; any architecture; Apptainer 1.3"),
        (["--site", "auto"], "site: none was recognised\n"),
    ],
)
def test_what_the_site_says_of_the_target(
    capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    assert expected in settings(capsys, "--isolated", *words)


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("fugku", "--site: there is no site 'fugku'; did you mean 'fugaku'?"),
        ("lumi:prepost", "--site: the site file of lumi describes no prepost nodes; it has login, compute"),
        (
            "fugaku:gpu",
            "--site: 'fugaku:gpu' has not the form auto, none or NAME, with :login, :compute or :prepost",
        ),
    ],
)
def test_a_site_that_is_not_there_is_wrong_use(
    capsys: pytest.CaptureFixture[str], site: str, said: str
) -> None:
    code, out, err = run(capsys, "check", "--isolated", "--site", site, "a.def")
    assert (code, out) == (3, "")
    assert err.startswith(f"sifcheck: {said}")


def test_the_configuration_can_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sifcheck.toml").write_text('site = "fugaku:compute"\n')
    assert codes(capsys) == ["DEF514"]
    assert codes(capsys, "--site", "none") == []
    Path("sifcheck.toml").write_text('\nsite = "fugku"\n')
    code, _, err = run(capsys, "check", "a.def")
    assert (code, err) == (3, "sifcheck: sifcheck.toml:2: there is no site 'fugku'; did you mean 'fugaku'?\n")


def test_each_folder_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for name, site in (("a", "fugaku"), ("b", "lumi")):
        Path(name).mkdir()
        Path(name, "sifcheck.toml").write_text(f'site = "{site}"\n')
        Path(name, "c.def").write_text(HOST_PATH)
    words = ("check", "--no-shellcheck", "--select", "DEF514", "--output-format", "json", "a", "b")
    _, out, _ = run(capsys, *words)
    assert [finding["location"]["path"] for finding in json.loads(out)["findings"]] == ["a/c.def"]


def test_auto_goes_by_the_signs_of_the_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PJM_JOBID", "1")
    assert "site: pjm, compute nodes (" in settings(capsys, "--isolated", "--site", "auto")


OURS = '[site]\nname = "ours"\n[filesystems]\nhost_only = ["/vol0004"]\n'


def test_a_file_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("ours.toml").write_text(OURS)
    assert codes(capsys, "--isolated", "--site-file", "ours.toml", "--site", "ours") == ["DEF514"]
    # It goes before a plugin's of the same name.
    Path("lumi.toml").write_text(OURS.replace("ours", "lumi"))
    assert codes(capsys, "--isolated", "--site-file", "lumi.toml", "--site", "lumi") == ["DEF514"]


def test_the_users_configuration_can_name_a_file_and_a_checkouts_cannot(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path("ours.toml").write_text(OURS)
    folder = tmp_path / "config" / "sifcheck"
    folder.mkdir(parents=True)
    (folder / "sifcheck.toml").write_text('site-files = ["../../ours.toml"]\nsite = "ours"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert codes(capsys) == ["DEF514"]
    assert "ours " in run(capsys, "sites")[1]
    assert run(capsys, "sites", "ours")[0] == 0
    monkeypatch.delenv("XDG_CONFIG_HOME")
    Path("sifcheck.toml").write_text('site-files = ["ours.toml"]\n')
    code, _, err = run(capsys, "check", "a.def")
    assert code == 3
    assert err.startswith("sifcheck: sifcheck.toml:1: site-files: ")


def test_files_that_cannot_be_used_are_named_and_the_others_are_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("ours.toml").write_text("[site")
    Path("slurm.toml").write_text('[site]\nname = "slurm"\n')
    monkeypatch.setenv("SIFCHECK_SITE_FILES", "ours.toml:slurm.toml")
    code, out, _ = run(capsys, "sites")
    assert code == 1
    assert "\nfugaku " in out
    assert "left out: ours cannot be used: ours.toml: this is not TOML" in out
    assert "slurm.toml of general: a site of that name comes with the configuration\n" in out
    _, _, err = run(capsys, "check", "--no-shellcheck", "--site", "auto", "--select", "DEF514", "a.def")
    assert "the site ours was left out: ours.toml: this is not TOML" in err


def modules_of_a_check(*words: str) -> Any:
    code = (
        "import sys, json\nfrom sifcheck.cli import main\n"
        f"main({['check', '--isolated', '--no-shellcheck', '-q', *words]!r})\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_check_without_a_site_imports_nothing_of_sites() -> None:
    plain = modules_of_a_check("--select", "DEF1", "a.def")
    assert not {name for name in plain if name.startswith(("sifcheck.site", "sifcheck.host", "tomllib"))}
    assert "sifcheck.site.model" in modules_of_a_check("--select", "DEF1", "--site", "fugaku", "a.def")


# -- --site-file


def test_every_verb_that_takes_a_site_takes_its_file() -> None:
    modules = {verb: import_module(f"sifcheck.cli.{verb.replace('-', '_')}") for verb in VERBS}
    verbs = {verb: module.make_parser()._option_string_actions for verb, module in modules.items()}
    named = {verb for verb, options in verbs.items() if "--site" in options}
    assert {"check", "doctor", "plan", "build", "job", "pin", "clean-tmp"} <= named
    assert [verb for verb in sorted({*named, "sites"}) if "--site-file" not in verbs[verb]] == []


@pytest.mark.parametrize(
    "words",
    [
        ["sites", "ours"],
        ["job", "new", "--isolated", "--site", "ours", "a.def"],
        ["plan", "--isolated", "--offline", "--site", "ours", "a.def"],
        ["doctor", "--isolated", "--no-write", "--fail-level", "never", "--site", "ours"],
    ],
)
def test_a_site_file_of_one_call(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    Path("ours.toml").write_text('[site]\nname = "ours"\n\n[scheduler]\ntype = "slurm"\n')
    assert run(capsys, *words)[0] == 3
    code, out, _ = run(capsys, *words, "--site-file", "ours.toml")
    assert code == 0
    assert "ours" in out
