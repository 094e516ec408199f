"""`sifcheck check image.sif`: images and sandboxes on the command line, and the definition file in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from image.real_images import forge, real_images
from image.sif_bytes import DEFINITION, Made, partition, sif, squashfs

from sifcheck.cli import main

ALONE = ["check", "--isolated", "--no-shellcheck"]
TEXT = b"Bootstrap: docker\nFrom: rockylinux\n\n%post\n    dnf install -y gcc\n"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str = "x.sif", text: bytes = TEXT, code: bytes = b"02\0", cut: int = 0) -> str:
    data = sif([Made(DEFINITION, text), partition(squashfs(), code)], code=code)
    Path(name).write_bytes(data[: len(data) - cut])
    os.chmod(name, 0o755)
    return name


def found(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    main([*ALONE, "--output-format", "json", *words])
    findings: list[dict[str, object]] = json.loads(capsys.readouterr().out)["findings"]
    return findings


def places(findings: list[dict[str, object]]) -> set[tuple[object, object, object]]:
    return {
        (one["code"], one["location"]["path"], one["location"]["start"]["line"])  # type: ignore[index]
        for one in findings
    }


def test_an_image_and_its_definition(capsys: pytest.CaptureFixture[str]) -> None:
    findings = found(capsys, put())
    assert {
        ("IMG201", "x.sif", 1),
        ("DEF201", "x.sif!definition", 2),
        ("DEF401", "x.sif!definition", 5),
    } <= places(findings)
    assert all(one["fix"] is None for one in findings)


def test_what_a_person_sees(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--color", "never", put()]) == 1
    said = capsys.readouterr().out
    assert "info[IMG201] unsigned-image: the image is not signed\n --> x.sif:1:1\n" in said
    assert "--> x.sif!definition:2:7" in said
    assert "From: rockylinux" in said
    assert said.splitlines()[-1].endswith("in 1 file")


def test_a_healthy_one_passes(capsys: pytest.CaptureFixture[str]) -> None:
    text = b"Bootstrap: docker\nFrom: rockylinux:9.4\n"
    assert main([*ALONE, "--ignore", "DEF", put(text=text)]) == 0
    assert main([*ALONE, "--ignore", "DEF,IMG201", put(text=text)]) == 0
    assert "no findings in 1 file" in capsys.readouterr().out


def test_a_cut_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALONE, "--select", "IMG1", put(cut=50)]) == 1
    assert "IMG102" in capsys.readouterr().out


def test_the_architecture_that_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    put()
    assert main([*ALONE, "--select", "IMG1", "x.sif"]) == 0
    assert main([*ALONE, "--select", "IMG1", "--arch", "amd64", "x.sif"]) == 0
    assert main([*ALONE, "--select", "IMG1", "--arch", "arm64", "x.sif"]) == 1
    assert main([*ALONE, "--select", "IMG1", "--site", "fugaku", "x.sif"]) == 1
    capsys.readouterr()


def test_what_was_generated_is_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    findings = found(capsys, put(text=b"bootstrap: docker\nfrom: alpine\n\n"))
    assert {code for code, _, _ in places(findings)} == {"IMG201"}
    findings = found(capsys, put(text=b"bootstrap: localimage\nfrom: box\n\n"))
    assert {code for code, _, _ in places(findings)} == {"IMG201", "IMG304"}


def test_the_image_is_never_written(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(put()).read_bytes()
    for words in (["--fix"], ["--fix", "--unsafe-fixes"], ["--diff"], ["--add-ignore", "reason"]):
        main([*ALONE, *words, "x.sif"])
    assert Path("x.sif").read_bytes() == before
    assert os.listdir() == ["x.sif"]
    capsys.readouterr()


def test_a_folder_takes_no_image_that_was_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    put()
    Path("a.def").write_bytes(TEXT)
    assert {path for _, path, _ in places(found(capsys, "."))} == {"a.def"}
    assert {path for _, path, _ in places(found(capsys, ".", "x.sif"))} == {
        "a.def",
        "x.sif",
        "x.sif!definition",
    }


def test_the_files_that_would_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    put()
    Path("a.def").write_bytes(TEXT)
    assert main([*ALONE, "--show-files", "."]) == 0
    assert capsys.readouterr().out == "a.def\tdefinition\tby its name\n"
    assert main([*ALONE, "--show-files", "x.sif"]) == 0
    assert capsys.readouterr().out == "x.sif\timage\tit is a SIF image\n"


def test_an_image_on_standard_input_is_refused() -> None:
    data = Path(put()).read_bytes()
    words = [sys.executable, "-m", "sifcheck", *ALONE, "--stdin-filename", "x.sif", "-"]
    done = subprocess.run(words, input=data, capture_output=True)
    assert done.returncode == 2
    assert b"SIF001" in done.stdout
    assert b"name the file" in done.stdout


def test_settings_for_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    put()
    Path("sifcheck.toml").write_text('[per-file-ignores]\n"*.sif" = ["IMG201", "DEF201"]\n')
    main(["check", "--no-shellcheck", "--output-format", "concise", "x.sif"])
    said = capsys.readouterr().out
    assert "DEF401" in said
    assert "IMG201" not in said
    assert "DEF201" not in said
    Path("sifcheck.toml").write_text('severity = {IMG201 = "error"}\n')
    assert main(["check", "--no-shellcheck", "--select", "IMG201", "x.sif"]) == 1
    capsys.readouterr()


def test_a_baseline_holds_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    put()
    assert main([*ALONE, "--write-baseline", "known.json", "x.sif"]) == 0
    assert main([*ALONE, "--baseline", "known.json", "x.sif"]) == 0
    assert "stale" not in capsys.readouterr().err


def test_every_format_takes_them(capsys: pytest.CaptureFixture[str]) -> None:
    from sifcheck.report import format_names

    put()
    for name in format_names():
        assert main([*ALONE, "--output-format", name, "x.sif"]) == 1
        assert "IMG201" in capsys.readouterr().out


def test_one_that_may_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("x.sif")
    assert main([*ALONE, "x.sif"]) == 2
    capsys.readouterr()


def test_a_secret_in_the_definition_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT + b"    git clone https://ci:Wq8rT2vLx0@git.example.org/app.git\n"
    for words in ((), ("--output-format", "json")):
        main([*ALONE, *words, put(text=text)])
        said = capsys.readouterr().out
        assert "DEF901" in said
        assert "Wq8rT2vLx0" not in said


def test_control_characters_of_an_image_stay_inside(capsys: pytest.CaptureFixture[str]) -> None:
    put("x\x1b[31m.sif", text=TEXT + b"    echo \x1b]0;title\x07\n")
    main([*ALONE, "--color", "never", "x\x1b[31m.sif"])
    assert "\x1b" not in capsys.readouterr().out


def test_real_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with real_images() as images:
        codes = {
            name: {code for code, _, _ in places(found(capsys, images.path(name)))}
            for name in ("u.sif", "s.sif", "b.sif", "box")
        }
        assert {"IMG201", "DEF701"} <= codes["u.sif"]
        assert codes["s.sif"] == codes["u.sif"] - {"IMG201"}
        assert codes["b.sif"] == {"IMG201", "IMG304"}
        assert codes["box"] == {"IMG304"}


def test_the_runtime_of_this_machine_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_images() as images:
        forged = forge(images)
        monkeypatch.setenv("APPTAINER_KEYSDIR", str(images.folder / "home" / "keys"))
        words = ("--select", "IMG2", str(forged))
        assert found(capsys, *words) == []
        (one,) = found(capsys, "--host", "auto", *words)
        assert one["code"] == "IMG202"
        assert "the runtime refuses the signature: signature object 4 not valid" in str(one["message"])
        assert found(capsys, "--host", "auto", "--select", "IMG2", images.path("s.sif")) == []
