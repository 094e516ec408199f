"""`sifcheck check --online` and `doctor --online`: registries are asked where that was said, and only there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from registry.stub import Reply, Stub, running

from sifcheck.app.registries import RegistryReader, access_here
from sifcheck.base.source import Source
from sifcheck.cli import main
from sifcheck.definition.reader import read_definition
from sifcheck.registry.asking import RegistryAccess

SNAPSHOTS = Path(__file__).resolve().parents[1] / "host" / "snapshots"
TAR = b"a tar archive " * 1000


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with running() as made:
        yield made


def write(stub: Stub, name: str, *bases: str) -> None:
    stages = [
        f"Bootstrap: docker\nFrom: {stub.address}/{base}\nStage: s{number}\n"
        for number, base in enumerate(bases)
    ]
    Path(name).write_text("\n".join(stages) + "\n%post\n    true\n")


def check(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    main(["check", "--isolated", "--no-shellcheck", "--output-format", "json", *words])
    findings: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
    return findings


def codes(findings: list[dict[str, Any]]) -> list[str]:
    return [finding["code"] for finding in findings]


def test_without_the_flag_nobody_is_asked(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    write(stub, "a.def", "team/tool:1")
    assert check(capsys, "a.def") == []
    assert stub.log == []


def test_each_image_of_all_files_is_asked_about_once(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.hold("team/tool:1.1", {"amd64": [TAR], "arm64": [TAR]})
    for name in ("a.def", "b.def", "c.def"):
        write(stub, name, "team/tool:1.1", "team/tool:1.2")
    found = check(capsys, "--online", "--arch", "aarch64", "--select", "DEF208,BLD201", ".")
    assert codes(found) == ["DEF208"] * 3
    assert found[0]["help"] == "there is `1.1`"
    asked = [path for path in stub.asked() if "/manifests/" in path]
    assert sorted(asked) == sorted(set(asked))


def test_a_base_for_another_processor(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.hold("team/one:1", {"amd64": [TAR]})
    stub.hold("team/two:1", {"amd64": [TAR], "ppc64le": [TAR]})
    write(stub, "a.def", "team/one:1", "team/two:1")
    assert (
        codes(check(capsys, "--online", "--site", "fugaku", "--select", "BLD201", "a.def")) == ["BLD201"] * 2
    )
    assert codes(check(capsys, "--online", "--arch", "x86_64", "--select", "BLD201", "a.def")) == []
    assert codes(check(capsys, "--site", "fugaku", "--select", "BLD201", "a.def")) == []


def test_no_rule_that_asks_no_request(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    write(stub, "a.def", "team/tool:1")
    check(capsys, "--online", "--select", "DEF101", "a.def")
    assert stub.log == []


def test_what_was_not_learnt_is_said_and_is_no_finding(
    stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.before = lambda _: Reply(429, b"", {"Retry-After": "60"})
    write(stub, "a.def", "team/tool:1")
    assert main(["check", "--isolated", "--no-shellcheck", "--online", "a.def"]) == 0
    said = capsys.readouterr().err
    assert f"{stub.address}/team/tool:1 was not looked at: 429: too many requests from here" in said
    assert main(["check", "--isolated", "--no-shellcheck", "--online", "-q", "a.def"]) == 0
    assert capsys.readouterr().err == ""


def test_the_digest_of_today_as_a_fix(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    digest = stub.hold("team/tool:1", {"amd64": [TAR]})
    write(stub, "a.def", "team/tool:1")
    words = [
        "--isolated",
        "--no-shellcheck",
        "--online",
        "--profile",
        "strict",
        "--select",
        "DEF212",
        "a.def",
    ]
    assert main(["check", "--fix", "--unsafe-fixes", *words]) == 0
    assert f"From: {stub.address}/team/tool@{digest}  # 1\n" in Path("a.def").read_text()


def test_no_login_of_the_environment_goes_to_a_registry_that_a_file_names(
    stub: Stub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPTAINER_DOCKER_USERNAME", "me")
    monkeypatch.setenv("APPTAINER_DOCKER_PASSWORD", "secret")
    stub.before = lambda _: Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
    write(stub, "a.def", "team/tool:1")
    # The runtime would use it: that the image is not there nobody can say.
    assert codes(check(capsys, "--online", "a.def")) == []
    assert not [one for one in stub.log if "authorization" in one.headers]


def test_doctor_asks_where_that_was_said(
    stub: Stub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker Hub has a mirror here, which stands for it."""
    folder = Path("home/.config/containers")
    folder.mkdir(parents=True)
    conf = f'[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "{stub.address}"\n'
    (folder / "registries.conf").write_text(conf)
    stub.before = lambda _: Reply(200, b"", {"RateLimit-Remaining": "3;w=21600"})
    words = ["doctor", "--isolated", "--no-write", "--output-format", "json", "--select", "ENV401,ENV402"]
    main(words)
    assert json.loads(capsys.readouterr().out)["findings"] == []
    assert stub.log == []
    main([*words, "--online"])
    assert codes(json.loads(capsys.readouterr().out)["findings"]) == ["ENV402"]
    assert [one.method for one in stub.log] == ["HEAD"]


def test_a_saved_machine_asks_nobody(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    saved = str(SNAPSHOTS / "fugaku-login.json")
    assert main(["doctor", "--isolated", "--online", "--from", saved]) == 3
    assert "asks nobody" in capsys.readouterr().err


def test_a_build_asks_once_for_rules_and_plan(
    stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.hold("team/tool:1", {"amd64": [TAR], "arm64": [TAR]})
    runtime = tmp_path / "apptainer"
    runtime.write_text("#!/bin/sh\ncase $1 in --version) echo apptainer version 1.4.5 ;; esac\n")
    runtime.chmod(0o755)
    write(stub, "a.def", "team/tool:1")
    words = ["build", "--isolated", "--ignore", "ENV", "--runtime", str(runtime), "--dry-run"]
    assert main([*words, "a.sif", "a.def"]) == 0, capsys.readouterr().err
    assert len([path for path in stub.asked() if "/manifests/" in path]) == 2
    assert [one for one in stub.log if "range" in one.headers]
    stub.log.clear()
    write(stub, "b.def", "team/tool:2")
    assert main([*words, "b.sif", "b.def"]) == 125
    assert "DEF208" in capsys.readouterr().err
    stub.log.clear()
    assert main([*words[:2], "--offline", *words[2:], "b.sif", "b.def"]) == 0
    assert stub.log == []


def test_a_plan_knows_the_sizes(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    stub.hold("team/tool:1", {"amd64": [TAR * 500, TAR], "arm64": [TAR * 500, TAR]})
    write(stub, "a.def", "team/tool:1")
    assert main(["plan", "--isolated", "--ignore", "ENV", "a.def"]) == 0
    assert "unpacked (from its layers)" in capsys.readouterr().out
    stub.log.clear()
    assert main(["plan", "--isolated", "--ignore", "ENV", "--offline", "a.def"]) == 0
    assert stub.log == []


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_unencrypted_is_for_builds_alone(stub: Stub, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert not access_here(building=True).plain
    monkeypatch.setenv("SINGULARITY_NOHTTPS", value)
    assert access_here(building=True).plain
    assert not access_here(building=False).plain


def test_of_many_images_that_nobody_told_of_a_few_are_named(
    stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = [f"Bootstrap: docker\nFrom: 127.0.0.1:1/a:{number}\nStage: s{number}\n" for number in range(8)]
    reader = RegistryReader(RegistryAccess(seconds=1.0, bound=5.0))
    reader.prefetch([read_definition(Source("a.def", "\n".join(stages).encode()), {})], None)
    reader.tell_not_learnt()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "sifcheck: 127.0.0.1:1/a:0 was not looked at: connection refused"
    assert (len(lines), lines[-1]) == (6, "sifcheck: nor 3 more images")
