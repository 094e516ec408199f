"""`sifcheck plan`: what is printed for what, the JSON document, and the exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry.stub import Reply, running

import sifcheck.plan
from sifcheck.app.plan import read_size
from sifcheck.cli import main
from sifcheck.host.saving import to_json
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

SCHEMA = json.loads((Path(sifcheck.plan.__file__).parent / "plan.schema.json").read_text())
ALONE = ["plan", "--isolated", "--offline"]
GIB = 1 << 30
DEFINITION = (
    "Bootstrap: localimage\nFrom: box\n\n%files\n    data /opt/data\n\n%post\n    echo done > /done\n"
)
SMALL = {
    "tmpdir": {"path": "/scratch", "origin": "TMPDIR", "device": "/dev/vdb1", "available_bytes": 1_000_000}
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in list(os.environ):
        if name.startswith(("APPTAINER", "SINGULARITY", "SIFCHECK", "PJM", "SLURM")):
            monkeypatch.delenv(name)
    Path("box/.singularity.d").mkdir(parents=True)
    Path("box/big").write_bytes(bytes(4_000_000))
    Path("data").write_bytes(bytes(3_000_000))
    Path("a.def").write_text(DEFINITION)
    return tmp_path


def machine(**facts: Any) -> list[str]:
    """A saved machine: a healthy one, with these facts of its."""
    Path("machine.json").write_text(to_json(lay(healthy_host(), facts)), encoding="utf-8")
    return ["--site", "none", "--host", "machine.json"]


def document(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    status = main([*ALONE, "--output-format", "json", *words])
    said = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    return status, said


def test_what_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, *machine(), "a.def"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("a.def: node1\n")
    assert "localimage box: about 3.8 MiB (3.6 MiB to 4.1 MiB) unpacked" in said
    assert "what %files copies" in said
    assert said.endswith("\nit fits\n")


def test_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, *machine(storage=SMALL), "a.def", "out.sif"]) == 1
    said = capsys.readouterr().out
    assert "BLD102 tmpdir-too-small" in said
    assert "976 KiB free" in said
    assert "export APPTAINER_TMPDIR=/tmp" in said
    assert said.endswith("\nit will not work\n")


def test_every_part_of_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = document(capsys, *machine(storage=SMALL), "a.def", "out.sif")
    assert status == 1
    assert [one["code"] for one in said["findings"]] == ["BLD102"]
    assert said["findings"][0]["location"]["subject"] == "plan"
    need = said["needs"]["temporary"]
    assert need["complete"]
    assert need["low"] <= need["likely"] <= need["high"]
    # The tree, what is copied into it, and the image beside them.
    assert 7_000_000 * 0.9 < need["low"] < 7_000_000 < need["high"] < 3 * 7_000_000
    assert {place["role"] for place in said["places"]} == {"temporary", "cache", "output"}
    (temporary,) = (place for place in said["places"] if place["role"] == "temporary")
    assert (temporary["free"], temporary["free_by"], temporary["shares_with"]) == (1_000_000, "free", [])
    assert said["bases"][0]["how"] == "exact"
    assert said["memory"]["limit"] == 56 * GIB


def test_a_site_is_planned_for_by_its_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = document(capsys, "--site", "fugaku:compute", "a.def", "/worktmp/a.sif")
    assert status == 1
    assert [one["code"] for one in said["findings"]] == ["BLD104"]
    assert said["machine"] == "fugaku, compute nodes, by its site file"
    temporary, _, output = said["places"]
    assert (temporary["path"], temporary["free"], temporary["in_memory"]) == ("/worktmp", 20 * GIB, True)
    assert temporary["shares_with"] == ["output"]
    # On one file system the image takes its room twice.
    assert temporary["needed"]["high"] > said["needs"]["temporary"]["high"]
    assert output["ends_with_job"]
    assert said["memory"]["needed"]["high"] > temporary["needed"]["high"]
    assert said["memory"]["by"] == "the site"
    directives = {one["path"]: one["directive"] for one in said["alternatives"]}
    assert directives["$PJM_LOCALTMP"] == "#PJM --llio localtmp-size=40Gi"


def test_what_is_declared_counts_once_in_the_tree_and_once_in_the_image(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--site", "fugaku:compute", "--expect-growth", "12GiB", "a.def"]
    status, said = document(capsys, *words)
    assert status == 1
    assert {one["code"] for one in said["findings"]} == {"BLD101"}
    # What scripts add is a reason to warn, and never one to refuse.
    assert {one["severity"] for one in said["findings"]} == {"warning"}
    parts = {part["what"]: part for part in said["needs"]["temporary"]["parts"]}
    assert parts["what scripts add"]["how"] == "declared"
    assert parts["what scripts add"]["size"]["likely"] == 12 * GIB


def test_the_memory_of_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = document(capsys, "--site", "fugaku:compute", "--job-memory", "8G", "a.def")
    assert (said["memory"]["limit"], said["memory"]["by"]) == (8 * GIB, "the job")
    assert main([*ALONE, "--site", "fugaku:compute", "--job-memory", "20M", "a.def"]) == 1
    assert "BLD101 image-exceeds-memory" in capsys.readouterr().out


def test_a_sandbox_grows_where_it_will_lie(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = document(capsys, *machine(), "--sandbox", "a.def", "out")
    assert said["needs"]["temporary"]["high"] < 1_000_000
    assert said["needs"]["output"]["low"] > 6_000_000


def test_an_address_that_nobody_was_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = document(capsys, *machine(), "docker://rockylinux:9")
    assert status == 0
    assert said["left_out"]
    assert not said["needs"]["temporary"]["complete"]
    assert said["bases"][0]["unpacked"] is None
    assert main([*ALONE, *machine(), "docker://rockylinux:9"]) == 0
    shown = capsys.readouterr().out
    assert "Not known" in shown
    assert shown.endswith("the known sizes fit; some are not known\n")


def test_an_address_that_the_registry_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APPTAINER_NOHTTPS", "1")
    with running() as stub:
        stub.hold("team/tool:9.4", {"amd64": [b"tar"]})
        asking = [
            "plan",
            "--isolated",
            *machine(),
            "--ignore",
            "DEF208",
            f"docker://{stub.address}/team/tool:9.44",
        ]
        assert main(asking) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert (
            f"cannot be read: there is no image `{stub.address}/team/tool:9.44` in its registry" in said.err
        )
        assert "there is `9.4`" in said.err
        # What a runtime makes of the two together is another rule's: it is not there in any case.
        assert main([*asking[:-1], f"docker://{stub.address}/team/tool:1@sha256:{'0' * 64}"]) == 2
        assert "404: there is no such image" in capsys.readouterr().err
        stub.before = lambda asked: Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
        assert main(asking) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "401: private, or it does not exist" in said.err


def test_a_definition_file_whose_base_the_registry_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APPTAINER_NOHTTPS", "1")
    with running() as stub:
        Path("b.def").write_text(f"Bootstrap: docker\nFrom: {stub.address}/team/tool:1\n")
        assert main(["plan", "--isolated", *machine(), "b.def"]) == 1
        said = capsys.readouterr().out
        assert f"b.def:2:7: there is no image `{stub.address}/team/tool:1` in its registry" in said
        assert said.endswith("\nit will not work\n")
        assert main(["plan", "--isolated", *machine(), "--ignore", "DEF208", "b.def"]) == 0
        capsys.readouterr()
        stub.before = lambda asked: Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})
        assert main(["plan", "--isolated", *machine(), "b.def"]) == 1
        assert capsys.readouterr().out.endswith("\nit may not work, or not as it should\n")


def test_what_a_definition_file_names_and_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.def").write_text("Bootstrap: localimage\nFrom: gone\n\n%files\n    lost /opt/lost\n")
    status, said = document(capsys, "--site", "none", "b.def")
    assert status == 1
    told = {one["code"]: one["location"] for one in said["findings"]}
    assert {code: (at["path"], at["start"]["line"]) for code, at in told.items()} == {
        "DEF208": ("b.def", 2),
        "DEF301": ("b.def", 5),
    }
    Path("b.def").write_text(
        "# sifcheck: ignore-file[DEF208,DEF301] made by the job\n" + Path("b.def").read_text()
    )
    assert document(capsys, "--site", "none", "b.def")[0] == 0


def test_what_is_not_here_may_be_on_the_machine_that_builds(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data").unlink()
    _, said = document(capsys, "--site", "fugaku:compute", "a.def")
    assert "DEF301" not in {one["code"] for one in said["findings"]}
    assert "what %files copies as data: there is nothing of that name here" in said["left_out"]
    assert document(capsys, *machine(), "a.def")[0] == 0


def test_images_and_folders(capsys: pytest.CaptureFixture[str]) -> None:
    status, said = document(capsys, *machine(), "box", "out.sif")
    assert (status, said["bases"][0]["name"]) == (0, "box")
    assert said["needs"]["temporary"]["low"] > 3_800_000
    for archive in ("oci-archive:nowhere.tar", "docker-archive:nowhere.tar", "oci:nowhere"):
        assert main([*ALONE, *machine(), archive]) == 2
    # Where nothing is, there is nothing to plan.
    assert capsys.readouterr().out == ""
    Path("broken.sif").write_bytes(bytes(32) + b"SIF_MAGIC\0" + bytes(90))
    assert main([*ALONE, *machine(), "broken.sif"]) == 2
    printed = capsys.readouterr()
    assert "broken.sif" in printed.out
    assert "broken.sif cannot be read: " in printed.err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nowhere.def"], 2, "nowhere.def cannot be read: no such file or directory"),
        (["pipe.def"], 2, "pipe.def cannot be read: it is no file"),
        (["empty.def"], 2, "it is no definition file"),
        (["junk.sif"], 2, "it is no definition file"),
        (["dcoker://rockylinux:9"], 2, "unknown scheme `dcoker`: did you mean `docker`?"),
        (["Docker://rockylinux:9"], 2, "unknown scheme `Docker`: did you mean `docker`?"),
        (["what://rockylinux:9"], 2, "unknown scheme `what`: it is one of docker, "),
        (["https://example.org/a.sif"], 2, "`apptainer pull IMAGE.sif https://example.org/a.sif`"),
        (["nowhere:9"], 2, "nowhere:9 cannot be read: no such file or directory"),
        (["docker://"], 2, "what stands behind `docker://` is no image"),
        (["docker://Rocky/Linux:9"], 2, "the name of a repository has no capitals"),
        (["oci-archive:nowhere.tar"], 2, "oci-archive:nowhere.tar cannot be read: there is no nowhere.tar"),
        (["--expect-growth", "much", "a.def"], 3, "write a size as 500M"),
        (["--job-memory=-3", "a.def"], 3, "write a size as 500M"),
        (["--site", "nowhere", "a.def"], 3, "nowhere"),
        (["--host", "nowhere.json", "a.def"], 2, "nowhere.json"),
        (["--output-format", "nonsense", "a.def"], 3, "no output format"),
        (["--tmpdr", "/x", "a.def"], 3, "did you mean --tmpdir?"),
    ],
)
def test_what_cannot_be_planned(
    words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.def").write_text("\n")
    os.mkfifo("pipe.def")
    Path("junk.sif").write_bytes(bytes(range(1, 256)) * 9)
    assert main([*ALONE, *words]) == status
    assert said in capsys.readouterr().err


def test_what_a_file_holds_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m[bold]\u202e.def"
    Path(name).write_text("Bootstrap: localimage\nFrom: no\x1b[2Jsuch[red]\n\n%files\n    w\x1b]0;x\x07\n")
    main([*ALONE, *machine(), name])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\x07" not in said
    assert "[red]" in said


def test_colours_and_other_formats(capsys: pytest.CaptureFixture[str]) -> None:
    main([*ALONE, *machine(storage=SMALL), "--color", "always", "a.def"])
    assert "\x1b[" in capsys.readouterr().out
    words = [
        *ALONE,
        *machine(storage=SMALL),
        "--output-format",
        "concise",
        "--output",
        "sarif:out.sarif",
        "a.def",
    ]
    assert main(words) == 1
    assert "BLD102" in capsys.readouterr().out
    assert json.loads(Path("out.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "BLD102"


def test_rules_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, *machine(storage=SMALL), "--ignore", "BLD102", "a.def"]) == 0
    assert main([*ALONE, *machine(storage=SMALL), "--fail-level", "never", "a.def"]) == 0
    assert main([*ALONE, *machine(storage=SMALL), "--select", "BLD103", "a.def"]) == 0
    capsys.readouterr()


def test_the_machine_itself_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = document(capsys, "--site", "none", "a.def", "out.sif")
    assert said["machine"] == "this machine"
    assert all(place["free"] is not None for place in said["places"])
    assert main([*ALONE, "--site", "none", "a.def", "nowhere/out.sif"]) == 1
    assert "BLD103 output-unsuitable" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500M", 500 << 20),
        ("2GiB", 2 << 30),
        ("2GB", 2_000_000_000),
        ("1.5 g", 3 << 29),
        ("17", None),
        ("17000000", 17_000_000),
        ("0", 0),
        ("many", None),
        ("", None),
        ("-1G", None),
        ("1e9", None),
    ],
)
def test_sizes(text: str, size: int | None) -> None:
    assert read_size(text) == size


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            "docker",
            "localimage",
            "oci-archive",
            "docker-archive",
            "oci",
            "scratch",
            "yum",
            "{{ x }}",
            "\u202e",
        ]
    ),
    st.sampled_from([[], ["--sandbox"], ["--site", "fugaku:compute"], ["--output-format", "json"]]),
)
def test_any_definition_file_is_planned(text: bytes, agent: str, words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "a.def"
        file.write_bytes(f"Bootstrap: {agent}\nFrom: ".encode() + text)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            site = [] if "--site" in words else machine()
            assert main([*ALONE, *site, *words, str(file)]) in (0, 1, 2)
        assert all(letter.isprintable() or letter == "\n" for letter in out.getvalue())
