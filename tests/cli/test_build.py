"""`sifcheck build` with a runtime that records what it is given: what is refused, what is handed over, and how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sifcheck.app.build import variables_for_options
from sifcheck.app.told import added_options, words_of
from sifcheck.cli import main
from sifcheck.cli.build import make_parser, split_words
from sifcheck.launch.command import read_command
from sifcheck.launch.handover import prepare
from sifcheck.launch.output import can_be_renamed
from sifcheck.lint.superseding import without_cured
from sifcheck.testing import check_host
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck_rules.machine.limits import squashfs_memory

GOOD = "Bootstrap: localimage\nFrom: base.sif\n\n%post\n    echo built\n"
FLAWED = "Bootstrap: localimage\nFrom: base.sif\n\n%psot\n    echo built\n"

RUNTIME = """#!/bin/sh
case $1 in
  --version) echo apptainer version 1.4.5 ;;
  buildcfg) ;;
  build) printf '%s\\0' "$@" > "$RECORD/words"; env -0 > "$RECORD/variables"
    for word; do case $word in *.sif*) echo image > "$word"; break ;; esac; done
    exit ${STATUS:-0} ;;
esac
"""

# What this machine lacks is no matter here.
OWN = ("--isolated", "--site", "none", "--ignore", "ENV", "--ignore", "DEF2")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    runtime = tmp_path / "bin/apptainer"
    runtime.write_text(RUNTIME)
    runtime.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("RECORD", str(tmp_path))
    for name in list(os.environ):
        if name.startswith(("APPTAINER", "SINGULARITY", "SIFCHECK")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path / "work")
    Path("a.def").write_text(GOOD)
    Path("base.sif").write_text("")
    return tmp_path


def build(*words: str, own: tuple[str, ...] = OWN, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sifcheck", "build", *own, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, **more},
        timeout=120,
    )


def recorded(folder: Path) -> list[str] | None:
    file = folder / "words"
    return file.read_bytes().decode(errors="surrogateescape").split("\0")[:-1] if file.exists() else None


def test_a_build(folder: Path) -> None:
    done = build("--fakeroot", "a.sif", "a.def")
    assert done.returncode == 0, done.stderr
    words = recorded(folder)
    assert words is not None
    assert words[:2] == ["build", "--fakeroot"]
    assert words[2].startswith(".a.sif.sifcheck-")
    assert words[3:] == ["a.def"]
    assert Path("a.sif").read_text() == "image\n"
    assert sorted(os.listdir()) == ["a.def", "a.sif", "base.sif"]


def test_a_script_that_sh_refuses_is_not_built(folder: Path) -> None:
    Path("a.def").write_text(GOOD + "    if true; then\n")
    done = build("--fakeroot", "a.sif", "a.def")
    assert done.returncode == 125
    assert "DEF518" in done.stderr
    assert recorded(folder) is None


def test_arguments_pass_through_byte_for_byte(folder: Path) -> None:
    odd = [
        "--unknown=x y",
        "-B",
        "/usr:/a b,/etc",
        "--mksquashfs-args",
        "-mem 1G",
        "",
        "box",
        "a.def",
        "--new",
        "é\n'\"$HOME`",
        "\udcff",
    ]
    words = ["--sandbox", *odd[:5], *odd[6:9]]
    assert build(*words).returncode == 0
    assert recorded(folder) == ["build", *words]
    # What is no build that we understand goes the same way.
    assert build(*odd).returncode == 0
    assert recorded(folder) == ["build", *odd]


def test_our_options_behind_the_first_of_the_runtime_are_the_runtimes(folder: Path) -> None:
    words = ["--fakeroot", "--dry-run", "--ignore", "x", "--sandbox", "box", "a.def"]
    assert build(*words).returncode == 0
    assert recorded(folder) == ["build", *words]
    assert build("--", "--dry-run", "-s", "box", "a.def").returncode == 0
    assert recorded(folder) == ["build", "--dry-run", "-s", "box", "a.def"]


def test_the_status_is_the_runtimes() -> None:
    Path("a.sif").write_text("old")
    for status in ("1", "77", "255"):
        done = build("-F", "a.sif", "a.def", STATUS=status)
        assert done.returncode == int(status)
        assert f"status {status}; a.sif is what it was" in done.stderr
    assert Path("a.sif").read_text() == "old"


def test_errors_in_the_definition_file(folder: Path) -> None:
    Path("bad.def").write_text(FLAWED)
    done = build("a.sif", "bad.def")
    assert done.returncode == 125
    assert "bad.def\n  4:" in done.stderr
    assert "--force-build" in done.stderr
    assert recorded(folder) is None
    code = done.stderr.partition("--ignore ")[2][:6]
    assert build("a.sif", "bad.def", own=(*OWN, "--ignore", code)).returncode == 0
    os.unlink("a.sif")
    assert build("a.sif", "bad.def", own=(*OWN, "--force-build")).returncode == 0
    assert Path("a.sif").exists()


@pytest.mark.parametrize(
    ("words", "code", "column"),
    [
        (["a.def", "a.sif"], "BLD303", 17),
        (["a.sif", "a.def", "--fakeroot"], "BLD303", 29),
        (["--fakerot", "a.sif", "a.def"], "BLD305", 17),
        (["--section", "all,post", "a.sif", "a.def"], "BLD305", 27),
        (["-B", "packages:/mnt", "a.sif", "a.def"], "BLD304", 20),
        (["--build-arg", "V", "a.sif", "a.def"], "BLD306", 29),
        (["--build-arg", "V=1", "a.sif", "a.def"], "BLD306", 29),
    ],
)
def test_the_command_itself_is_checked(folder: Path, words: list[str], code: str, column: int) -> None:
    before = sorted(os.listdir())
    done = build(*words)
    assert done.returncode == 125
    assert f"the command\n  1:{column}  error    {code} " in done.stderr
    assert "nothing was built, for 1 error:" in done.stderr
    assert recorded(folder) is None
    assert sorted(os.listdir()) == before
    assert Path("a.def").read_text() == GOOD
    assert build(*words, own=(*OWN, "--ignore", code, "--force-build", "--dry-run")).returncode == 0


def test_variables_count_as_options() -> None:
    command = read_command(["-u", "box", "a b.def"], "apptainer", {})
    given = {"APPTAINER_SANDBOX": "1", "HOME": "/h", "SINGULARITY_FAKEROOT": ""}
    script = command.call("the command", "apptainer", variables_for_options(given))
    assert script.source.text == "APPTAINER_SANDBOX=1 apptainer build -u box 'a b.def'\n"
    for part in (".singularity.d", "dev", "proc", "sys"):
        os.makedirs(f"box/{part}")
    assert "BLD305" in build("-u", "box", "a.def").stderr
    assert build("-u", "box", "a.def", APPTAINER_SANDBOX="1").returncode == 0


def test_warnings_stop_nothing() -> None:
    Path("b.def").write_text(
        "Bootstrap: docker\nFrom: quay.io/rockylinux/rockylinux:latest\n\n%post\n    echo\n"
    )
    done = build("a.sif", "b.def", own=("--isolated", "--site", "none", "--ignore", "ENV"))
    assert done.returncode == 0
    assert "warning  DEF201" in done.stderr
    done = build("-F", "a.sif", "b.def", own=("--isolated", "--site", "none", "--ignore", "ENV", "-q"))
    assert "DEF201" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere/a.sif", "a.def"], "`mkdir -p nowhere`"),
        (["base.sif", "a.def"], "base.sif is there already"),
        (["-F", "a.def", "a.def"], "its own source"),
        (["a.sif", "nowhere.def"], "`nowhere.def` is not there"),
    ],
)
def test_what_would_fail_is_told_before(words: list[str], said: str, folder: Path) -> None:
    done = build(*words)
    assert done.returncode == 125
    assert said in done.stderr
    assert recorded(folder) is None
    assert Path("a.def").read_text() == GOOD


def test_forced_on_an_old_image_the_runtime_decides(folder: Path) -> None:
    assert build("base.sif", "a.def", own=(*OWN, "--force-build")).returncode == 0
    assert recorded(folder) == ["build", "base.sif", "a.def"]


def test_a_dry_run(folder: Path) -> None:
    done = build("-F", "my a.sif", "a.def", own=(*OWN, "--dry-run"))
    assert done.returncode == 0
    assert recorded(folder) is None
    assert not Path("my a.sif").exists()
    # The lines do what is said of them.
    subprocess.run(["sh", "-c", done.stdout], check=True)
    assert Path("my a.sif").read_text() == "image\n"
    assert build("nowhere/a.sif", "a.def", own=(*OWN, "--dry-run")).returncode == 125


def test_exec_hands_over_purely(folder: Path) -> None:
    done = build("a.sif", "a.def", own=(*OWN, "--exec"), STATUS="9")
    assert done.returncode == 9
    assert recorded(folder) == ["build", "a.sif", "a.def"]
    assert done.stderr == ""


def test_no_runtime(folder: Path) -> None:
    done = build("a.sif", "a.def", PATH="/nowhere")
    assert done.returncode == 127
    assert "PATH" in done.stderr
    assert build("a.sif", "a.def", own=("--runtime", "/nowhere/apptainer")).returncode == 127
    assert (
        build(
            "a.sif", "a.def", own=(*OWN, "--runtime", f"{folder}/bin/apptainer"), PATH="/usr/bin"
        ).returncode
        == 0
    )


def test_a_runtime_that_cannot_be_started(folder: Path) -> None:
    broken = folder / "bin/broken"
    broken.write_text("no program\n")
    broken.chmod(0o755)
    done = build("a.sif", "a.def", own=(*OWN, "--runtime", str(broken)))
    assert done.returncode == 127
    assert "cannot be started" in done.stderr


def test_a_stale_bind_is_left_out_and_said(folder: Path) -> None:
    own = ("--isolated", "--site", "none", "--ignore", "DEF2", "--force-build")
    done = build("a.sif", "a.def", own=own, APPTAINER_BIND="/nowhere/at/all")
    assert done.returncode == 0, done.stderr
    assert "unset APPTAINER_BIND" in done.stderr
    assert b"APPTAINER_BIND=" not in (folder / "variables").read_bytes()
    done = build("-F", "a.sif", "a.def", own=(*own, "--no-remedies"), APPTAINER_BIND="/nowhere/at/all")
    assert b"APPTAINER_BIND=/nowhere/at/all" in (folder / "variables").read_bytes()


def test_the_environment_is_left_alone_otherwise(folder: Path) -> None:
    assert build("a.sif", "a.def", SOMETHING="\udcff odd").returncode == 0
    seen = dict(
        entry.split(b"=", 1) for entry in (folder / "variables").read_bytes().split(b"\0") if b"=" in entry
    )
    expected = {**os.environb, b"SOMETHING": b"\xff odd"}
    for name in (b"_", b"PWD", b"OLDPWD", b"SHLVL"):
        seen.pop(name, None)
        expected.pop(name, None)
    assert seen == expected


def test_build_arguments_reach_the_check(folder: Path) -> None:
    Path("c.def").write_text("Bootstrap: localimage\nFrom: {{ BASE }}\n\n%post\n    echo {{ WORD }}\n")
    told = build("a.sif", "c.def").stderr
    Path("values").write_text("# no value\nWORD=x\n")
    silent = build(
        "-F", "--build-arg", "BASE=base.sif", "--build-arg-file", "values", "a.sif", "c.def"
    ).stderr
    assert "BASE" in told
    assert "BASE" not in silent
    assert "WORD" not in silent


def test_mksquashfs_is_held_to_the_memory_of_the_session() -> None:
    small = {"memory": {"total_bytes": 64 << 30, "cgroup_limit_bytes": 3 << 30}}
    found = check_host(lay(healthy_host(), small), squashfs_memory)
    command = read_command(["a.sif", "a.def"])
    added = added_options(found, command)
    assert words_of(added) == ["--mksquashfs-args", "-mem 1G"]
    assert without_cured(found, added.__contains__) == []
    made = prepare("/bin/apptainer", command, [], {}, options=words_of(added))
    assert made.words[:3] == ("build", "--mksquashfs-args", "-mem 1G")
    assert made.words[3:] == (made.written, "a.def")
    for words in (["--mksquashfs-args=-mem 2G", "a.sif", "a.def"], ["--sandbox", "box", "a.def"]):
        assert added_options(found, read_command(words)) == []
    assert added_options(check_host(healthy_host(), squashfs_memory), command) == []


def test_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 3
    assert main(["build", "--site", "nowhere", "a.sif", "a.def"]) == 3
    assert main(["build", "--ignore", "NOPE1", "a.sif", "a.def"]) == 3
    assert main(["build", "--help"]) == 0
    assert "125" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--dry-run", "a", "b"], 1),
        (["--ignore", "X", "a", "b"], 2),
        (["--ignore=X", "-q", "--fakeroot", "a"], 2),
        (["--dry-run=x", "a"], 0),
        (["--fakeroot", "--dry-run"], 0),
        (["--ignore"], 1),
    ],
)
def test_where_our_options_end(words: list[str], count: int) -> None:
    own, rest = split_words(make_parser(), words)
    assert own == words[:count]
    assert rest == words[count:]


REFUSALS = {
    "sandbox": "is there already, and nobody can be asked",
    "full": "is a folder that is no sandbox",
    "empty": "is a folder, and nobody can be asked",
    "pipe": "is there already, and is not a file",
    f"{'a' * 252}.sif": "has 256 bytes",
}


@pytest.mark.parametrize("image", REFUSALS)
def test_a_dry_run_ends_as_the_build_would(image: str, folder: Path) -> None:
    for part in (".singularity.d", "dev", "proc", "sys"):
        os.makedirs(f"sandbox/{part}")
    os.makedirs("full/inside")
    os.mkdir("empty")
    os.mkfifo("pipe")
    for own in (OWN, (*OWN, "--dry-run")):
        done = build(image, "a.def", own=own)
        assert (done.returncode, REFUSALS[image] in done.stderr) == (125, True), done.stderr
    assert recorded(folder) is None


def test_a_terminal_that_is_closed_costs_no_exit_code(folder: Path) -> None:
    import pty

    outside, inside = pty.openpty()
    os.close(outside)
    with open(inside, "wb", buffering=0) as terminal:
        command = [sys.executable, "-m", "sifcheck", "build", *OWN, "empty", "a.def"]
        os.mkdir("empty")
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, timeout=60, check=False
        )
    assert done.returncode == 125


def test_a_device_is_written_to_and_not_replaced() -> None:
    assert not can_be_renamed("/dev/null")
    done = build("-F", "/dev/null", "a.def", own=(*OWN, "--dry-run"))
    assert done.returncode == 0, done.stderr
    assert ".sifcheck-" not in done.stdout
