"""`sifcheck job new`: for every site the script is one that the checks find nothing in, whatever the names hold."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sifcheck.cli import main
from sifcheck.lint.plugins import load
from sifcheck.site.lookup import find_site, load_sites
from sifcheck.site.reader import parse_site

RECIPE = "Bootstrap: docker\nFrom: quay.io/rockylinux/rockylinux:9.4\n%post\n    dnf install -y gcc && dnf clean all\n"
REPOSITORY = RECIPE + "    echo baseurl=file:///opt/repo/tcs/ > /etc/yum.repos.d/tcs.repo\n"
SITES = sorted(load_sites(load().sites))
ODD = "o dd'$(touch made)`touch made`\"x;#&.def"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SIFCHECK_SITE_FILES", "")
    Path("app.def").write_text(RECIPE)


def new(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["job", "new", "--isolated", *words]) == code
    said = capsys.readouterr()
    return said.err if code else said.out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    return new(capsys, *words, "app.def", code=3)


def is_clean(capsys: pytest.CaptureFixture[str], text: str, site: str) -> bool:
    """Whether nothing at all is said of the script; the definition file is checked along, and its own matter."""
    Path("job.sh").write_text(text)
    strict = ["--profile", "strict", "--fail-level", "info", "--ignore", "DEF,FUG1"]
    code = main(["check", "--isolated", *strict, "--site", site, "job.sh"])
    print(capsys.readouterr().out)
    return code == 0


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("words", [(), ("--size", "40G"), ("--group", "hp000000", "--elapse", "2:30:00")])
def test_it_is_clean_at_every_site(
    capsys: pytest.CaptureFixture[str], site: str, words: tuple[str, ...]
) -> None:
    text = new(capsys, "--site", site, *words, "app.def")
    assert is_clean(capsys, text, site)
    # With the runtime in the place of sifcheck, as the script says it can be.
    runtime = re.search(r"write (\w+) for it", text)
    assert runtime is not None
    assert is_clean(capsys, text.replace("sifcheck build", f"{runtime[1]} build"), site)
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0


@pytest.mark.parametrize("site", SITES)
def test_it_is_taken_for_a_job_of_the_sites_scheduler(capsys: pytest.CaptureFixture[str], site: str) -> None:
    from sifcheck.base.source import Source
    from sifcheck.job import read_job

    job = read_job(Source("job.sh", new(capsys, "--site", site, "app.def").encode()))
    facts = find_site(site, load_sites(load().sites))
    assert job.scheduler == facts.scheduler.type
    assert {line.state for line in job.lines} == {"read"}
    (call,) = job.calls
    assert (call.program, call.subcommand, call.value_of(call.definition)) == ("sifcheck", "build", "app.def")
    assert bool(call.option("--fakeroot")) is (facts.nodes.compute.fakeroot is not False)


def test_the_pipe_of_the_help_works(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = new(capsys, "--site", "fugaku", "app.def")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["check", "--isolated", "--site", "fugaku", "-"]) == 0


@pytest.mark.parametrize("site", SITES)
def test_names_stay_names(capsys: pytest.CaptureFixture[str], site: str) -> None:
    """Whatever a name holds, the shell that runs the script hands it over as it is."""
    Path(ODD).write_text(REPOSITORY + "    echo {{ A }}\n")
    argument = '"A=$(touch made) ""b\'"'
    words = ["--site", site, "--image-dir", "out $HOME", "--build-arg", argument, ODD]
    text = new(capsys, *words)
    (Path() / "out $HOME").mkdir()
    called = run_with_stand_ins(text)
    assert called[0] == "build"
    assert called[-1] == ODD
    image = ODD.removesuffix(".def") + ".sif"
    assert called[-2].endswith("/" + image)
    assert argument in called
    assert not Path("made").exists()
    if called[-2] != f"out $HOME/{image}":
        assert (Path("out $HOME") / image).read_text() == "image\n"


def run_with_stand_ins(text: str) -> list[str]:
    """Run a script with programs of our own in the place of all that a cluster has; what `sifcheck` was called with."""
    here = Path.cwd()
    programs = here / "programs"
    programs.mkdir()
    stand_ins = {
        "sifcheck": 'printf "%s\\n" "$@" > called\nprintf "image\\n" > "${@: -2:1}"\n',
        "sg": 'unset TMPDIR\nexec bash -c "$3"\n',
    }
    for name, body in stand_ins.items():
        (programs / name).write_text(f"#!/bin/bash\n{body}")
        (programs / name).chmod(0o755)
    for name in ("scratch", "tmp"):
        (here / name).mkdir()
    text = text.replace("/worktmp", f"{here}/scratch").replace("/local/scratch", f"{here}/scratch")
    lines = [line for line in text.splitlines() if not line.startswith("module ")]
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(here),
        "USER": "nobody",
        "PJM_LOCALTMP": f"{here}/scratch",
        "PBS_LOCALDIR": f"{here}/scratch",
        "PBS_O_WORKDIR": str(here),
        "TMPDIR": f"{here}/tmp",
    }
    done = subprocess.run(["bash"], input="\n".join(lines), text=True, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    called = Path("called").read_text().splitlines()
    shutil.rmtree(programs)
    return called


def test_the_exit_code_is_that_of_the_build(capsys: pytest.CaptureFixture[str]) -> None:
    for site in SITES:
        text = new(capsys, "--site", site, "app.def").replace("sifcheck build", "exit 7; sifcheck build")
        lines = [line for line in text.splitlines() if not line.startswith(("module ", "mkdir "))]
        body = (
            "\n".join(lines)
            .replace("/local/scratch", ".")
            .replace("sg fugaku", "bash")
            .replace("/tmp/$USER", ".")
        )
        done = subprocess.run(
            ["bash"],
            input=body,
            text=True,
            env={**os.environ, "PBS_O_WORKDIR": ".", "PBS_LOCALDIR": ".", "TMPDIR": "."},
        )
        assert done.returncode == 7, site


# -- what is no definition file, and build arguments


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.sif", "a.sif is an image, and a job is written for a definition file"),
        ("named.def", "named.def is an image"),
        ("box", "box is an image"),
        ("Folder", "Folder cannot be read: is a directory"),
        ("notes.txt", "notes.txt is no definition file: no `Bootstrap:` can be read in it"),
        ("Gone.def", "Gone.def cannot be read: no such file or directory"),
        ("docker://rockylinux:9", "docker://rockylinux:9 is an address"),
    ],
)
def test_what_is_no_definition_file(capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    for image in ("a.sif", "named.def"):
        Path(image).write_bytes(bytes(32) + b"SIF_MAGIC\0" + bytes(90))
    Path("box/.singularity.d").mkdir(parents=True)
    Path("Folder").mkdir()
    Path("notes.txt").write_text("hello\n")
    assert said in new(capsys, "--site", "slurm", name, code=2)


def test_build_arguments_that_the_file_uses(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.def").write_text(RECIPE + "    echo {{ A }} {{ B }} {{ FLAGS }} # {{ NOTE }}\n")
    words = ["--build-arg", "A=1,B=2", "--build-arg", '"FLAGS=-O2,-g"']
    text = new(capsys, "--site", "slurm", *words, "app.def")
    assert '--build-arg A=1,B=2 --build-arg "\\"FLAGS=-O2,-g\\""' in text
    said = new(capsys, "--site", "slurm", "--build-arg", "FLAG=1", "app.def", code=3)
    assert "app.def uses no variable FLAG; did you mean FLAGS?" in said
    assert "NOTE" in new(capsys, "--site", "slurm", "--build-arg", "NOTE=1", "app.def", code=3)


def test_an_unused_build_argument_stops_no_build_of_singularity(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["job", "new", "--isolated", "--site", "fugaku", "--build-arg", "A=1", "app.def"]) == 0
    said = capsys.readouterr()
    assert "app.def uses no variable A" in said.err
    assert "--build-arg A=1" in said.out


# -- what the user and the site say


def test_a_volume_stands_beside_the_one_that_is_there_anyway(capsys: pytest.CaptureFixture[str]) -> None:
    assert "GFSCACHE=/vol0004\n" in new(capsys, "--site", "fugaku", "app.def")
    assert "GFSCACHE=/vol0003:/vol0004\n" in new(
        capsys, "--site", "fugaku", "--volume", "/vol0003", "app.def"
    )
    assert "GFSCACHE=/vol0004\n" in new(capsys, "--site", "fugaku", "--volume", "/vol0004", "app.def")


def test_a_job_for_fugaku(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.def").write_text(REPOSITORY)
    words = ["--site", "fugaku", "--group", "hp000000", "--elapse", "0:30:00", "--queue", "spot-small"]
    text = new(capsys, *words, "--image-dir", "/vol0506/data/hp000000", "--volume", "/vol0003", "app.def")
    lines = text.splitlines()
    for line in (
        "#PJM -g hp000000",
        "#PJM -L elapse=0:30:00",
        "#PJM -L rscgrp=spot-small",
        "#PJM -x PJM_LLIO_GFSCACHE=/vol0003:/vol0005",
        "export SINGULARITY_TMPDIR=/worktmp",
    ):
        assert line in lines
    assert "CHANGE" not in text
    assert lines[-1] == (
        "sg fugaku -c 'sifcheck build --fakeroot --bind /home/apps/singularity:/opt/repo --force "
        "/vol0506/data/hp000000/app.sif app.def'"
    )
    assert is_clean(capsys, text, "fugaku")


def test_a_repository_is_bound_only_where_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--bind" not in new(capsys, "--site", "fugaku", "app.def")


def test_a_large_build_goes_to_the_nodes_disk(capsys: pytest.CaptureFixture[str]) -> None:
    text = new(capsys, "--site", "fugaku", "--size", "50GiB", "app.def")
    assert "#PJM --llio localtmp-size=63Gi\n" in text
    assert 'export SINGULARITY_TMPDIR="$PJM_LOCALTMP"\n' in text
    assert text.endswith('\ncp "$SINGULARITY_TMPDIR/app.sif" app.sif\n')
    # More than there is cannot be asked for.
    assert "localtmp-size=86Gi\n" in new(capsys, "--site", "fugaku", "--size", "80GiB", "app.def")
    assert "holds 400 GiB" in refused(capsys, "--site", "fugaku", "--size", "400GiB")


def test_what_was_planned_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.def").write_text("Bootstrap: scratch\n%files\n    large /\n")
    with open("large", "wb") as file:
        file.truncate(30 << 30)
    assert "PJM_LOCALTMP" in new(capsys, "--site", "fugaku", "app.def")
    assert "/worktmp" in new(capsys, "--site", "fugaku", "--size", "1G", "app.def")


def test_slurm_and_pbs(capsys: pytest.CaptureFixture[str]) -> None:
    text = new(
        capsys,
        "--site",
        "slurm",
        "--group",
        "a12",
        "--queue",
        "q",
        "--memory",
        "15GiB",
        "--elapse",
        "1-2:00:00",
        "app.def",
    )
    for line in (
        "#SBATCH --account=a12",
        "#SBATCH --partition=q",
        "#SBATCH --mem=15G",
        "#SBATCH --time=1-2:00:00",
    ):
        assert f"{line}\n" in text
    text = new(capsys, "--site", "abci", "--group", "gaa00000", "--memory", "15GB", "app.def")
    assert "#PBS -P gaa00000\n" in text
    assert "#PBS -l select=1:mem=14gb\n" in text
    assert "CHANGE" not in text
    text = new(capsys, "--site", "polaris", "--elapse", "1-2:00:00", "app.def")
    assert "#PBS -l walltime=26:00:00\n" in text
    assert "# CHANGE PROJECT: " in text


def test_a_script_for_login_nodes_has_no_directives(capsys: pytest.CaptureFixture[str]) -> None:
    text = new(capsys, "--site", "rikyu:login", "app.def")
    assert text == new(capsys, "--site", "rikyu", "--node-type", "login", "app.def")
    assert "#SBATCH" not in text
    assert "mktemp -d" in text
    assert is_clean(capsys, text, "rikyu:login")


def own_site(name: str, text: str) -> str:
    Path(f"{name}.toml").write_text(f'[site]\nname = "{name}"\n{text}')
    parse_site(Path(f"{name}.toml").read_bytes())
    os.environ["SIFCHECK_SITE_FILES"] = f"{name}.toml"
    return name


def test_sites_without_a_scheduler_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    for text, said in (
        ("", "names no scheduler"),
        ('[scheduler]\ntype = "grid-engine"\n', "go through grid-engine"),
    ):
        own_site("ours", text)
        assert main(["job", "new", "--site", "ours", "app.def"]) == 3
        assert said in capsys.readouterr().err


def test_the_nodes_that_the_site_names_for_builds(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = "[nodes.login]\nfakeroot = true\n[nodes.compute]\nfakeroot = true\n"
    own_site("ours", f'[scheduler]\ntype = "slurm"\n[build]\nwhere = "login"\n{nodes}')
    assert main(["job", "new", "--site", "ours", "app.def"]) == 3
    assert "built on the login nodes of ours" in capsys.readouterr().err
    assert main(["job", "new", "--site", "ours:login", "app.def"]) == 0


def test_the_option_in_place_of_the_group(capsys: pytest.CaptureFixture[str]) -> None:
    group = '[group]\nfakeroot_requires = "g"\noption_instead = "--no-setgroups"\noption_since = {singularity-ce = "3.11.4"}\n'
    for version, used in (("3.11.10", True), ("3.11.3", False)):
        own_site(
            "ours",
            f'[scheduler]\ntype = "slurm"\n[runtime]\nfamily = "singularity-ce"\nversion = "{version}"\n{group}',
        )
        assert main(["job", "new", "--site", "ours", "app.def"]) == 0
        text = capsys.readouterr().out
        assert ("build --fakeroot --no-setgroups" in text) is used
        assert ("sg g -c" in text) is not used


def test_a_site_file_starts_nothing_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands for the shell to put variables in holds nothing else."""
    own_site(
        "ours",
        '[scheduler]\ntype = "slurm"\n[build]\nmodule = "module load $(touch made)"\noptions = ["--x=`touch made`"]\n'
        '[cache]\nrecommended = "/c/$(touch made)"\n[[tmp.candidates]]\npath = "/t;touch made"\n'
        '[nodes.compute]\nproxy = "http://$(touch made)"\n',
    )
    assert main(["job", "new", "--site", "ours", "app.def"]) == 0
    assert "touch" not in capsys.readouterr().out


# -- what is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--site", "fugaku:login"), "another processor"),
        (("--site", "fugaku:prepost"), "on its compute nodes only"),
        (("--site", "polaris:login"), "forbids builds"),
        (("--site", "polaris", "--node-type", "login"), "forbids builds"),
        (("--site", "rikyu:compute", "--node-type", "login"), "--site says"),
        (("--site", "fugakou"), "did you mean 'fugaku'"),
        (("--site", "fugaku", "--group", "fugaku"), "no job can be submitted"),
        (("--site", "fugaku", "--memory", "3G"), "memory of its nodes"),
        (("--site", "slurm", "--group", "a b"), "--group"),
        (("--site", "slurm", "--group", "a\n#SBATCH --uid=0"), "--group"),
        (("--site", "slurm", "--queue", "-x"), "--queue"),
        (("--site", "slurm", "--elapse", "30"), "H:MM:SS"),
        (("--site", "slurm", "--volume", "/v"), "name no volumes"),
        (("--site", "fugaku", "--volume", "/v /w"), "--volume"),
        (("--site", "slurm", "--memory", "much"), "--memory"),
        (("--site", "slurm", "--size", "0"), "--size"),
        (("--site", "slurm", "--build-arg", "A"), "NAME=VALUE"),
        (("--site", "slurm", "--build-arg", "A=b\nc"), "--build-arg"),
        (("--site", "slurm", "--build-arg", "=b"), "NAME=VALUE"),
        (("--site", "slurm", "--build-arg", "FLAGS=-O2,-g"), "write --build-arg '\"FLAGS=-O2,-g\"'"),
        (("--site", "slurm", "--build-arg", 'FLAGS="-O2,-g"'), "do not stand round all of it"),
        (("--site", "slurm", "--build-arg", "VERSION=1"), "app.def uses no variable VERSION"),
        (("--site", "slurm", "--output", "a\nb.sif"), "--output"),
        (("--site", "slurm", "--output", "x/a.sif", "--image-dir", "y"), "--image-dir"),
        (("--site", "slurm", "--image-dir", "\x1b[1m"), "--image-dir"),
    ],
)
def test_what_cannot_be_had_is_told(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    message = refused(capsys, *words)
    assert said in message
    assert "\x1b" not in message


def test_a_definition_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file" in new(capsys, "--site", "slurm", "nothing.def", code=2)
    assert "is a directory" in new(capsys, "--site", "slurm", ".", code=2)
    assert "too large" in new(capsys, "--site", "slurm", "/dev/zero", code=2)
    # Of a pipe that nobody writes to nothing is waited for.
    os.mkfifo("pipe.def")
    assert "is no definition file" in new(capsys, "--site", "slurm", "pipe.def", code=2)


def test_a_definition_file_from_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    reader, writer = os.pipe()
    os.write(writer, RECIPE.encode())
    os.close(writer)
    assert "sifcheck build" in new(capsys, "--site", "slurm", f"/dev/fd/{reader}")
    os.close(reader)


def test_it_is_written_to_a_file_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--site", "slurm", "-o", "build.sh", "app.def"]
    assert new(capsys, *words) == ""
    assert stat.S_IMODE(os.stat("build.sh").st_mode) == 0o644
    Path("build.sh").write_text("mine\n")
    assert "is there already" in new(capsys, *words, code=3)
    assert Path("build.sh").read_text() == "mine\n"
    new(capsys, "--force", *words)
    assert Path("build.sh").read_text().startswith("#!/bin/bash\n")
    assert "cannot be written" in new(capsys, "--site", "slurm", "-o", "no/build.sh", "app.def", code=3)


@pytest.mark.parametrize(
    ("definition", "image"),
    [
        ("app.def", "app.sif"),
        ("Singularity.app", "app.sif"),
        ("Singularity", "image.sif"),
        ("a.b.def", "a.b.sif"),
    ],
)
def test_the_images_name(capsys: pytest.CaptureFixture[str], definition: str, image: str) -> None:
    Path(definition).write_text(RECIPE)
    assert f" {image} {definition}'\n" in new(capsys, "--site", "fugaku", definition)


def test_a_name_that_begins_with_a_dash_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    Path("-x.def").write_text(RECIPE)
    text = new(capsys, "--site", "slurm", "--", "-x.def")
    assert text.endswith(" ./-x.sif ./-x.def\n")


def test_the_own_options_of_build_are_known_to_the_reader_of_scripts() -> None:
    from sifcheck.cli.build import make_parser
    from sifcheck.runtime.options import SIFCHECK_FLAGS, SIFCHECK_VALUES

    actions = make_parser()._actions
    valued = {name for action in actions if action.nargs != 0 for name in action.option_strings}
    plain = {name for action in actions if action.nargs == 0 for name in action.option_strings}
    assert (valued, plain) == (SIFCHECK_VALUES, SIFCHECK_FLAGS)


# -- the examples


def test_the_examples_are_as_they_say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(__file__).resolve().parents[2] / "examples" / "jobs"
    monkeypatch.chdir(folder)
    words = ["--site", "fugaku", "--group", "hp000000", "--output", "solver.sif", "../good.def"]
    written, anew = Path("fugaku.sh").read_text(), new(capsys, *words)
    # Where the checkout lies has a say in the volumes.
    without_volumes = [re.sub("GFSCACHE=.*", "", text) for text in (written, anew)]
    assert without_volumes[0] == without_volumes[1], "to be written anew by `sifcheck job new`"
    for name, codes in {
        "fugaku.sh": set(),
        "fugaku-flawed.sh": {"FUG301", "FUG302", "JOB101", "JOB102", "JOB103"},
        "slurm-flawed.sh": {"JOB104", "JOB106", "JOB107", "JOB301", "JOB302"},
    }.items():
        main(["check", "--isolated", "--no-shellcheck", "--output-format", "concise", name])
        assert set(re.findall(r": ([A-Z]{3}\d{3}) ", capsys.readouterr().out)) == codes
