"""What is about to be built changes what is wrong with a machine, and the real Apptainer builds, or does not, accordingly."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from host.situation import HERE, NODEV, NOSUID, PATH, account, fresh, inside, mount, tmpfs
from integration.test_build_real import python_of, search_path
from integration.test_host_agrees import base  # noqa: F401 - a fixture
from integration.test_host_conditions import (
    DEFINITION,
    GROUP,
    Situation,
    build,
    covering,
    made,
    project,
    without_command,
)
from rules.host_findings import RULES

from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.host.probes.keys import look_at_keys
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.snapshot import Host
from sifcheck.testing import check_host, check_text
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.workspace.folder import read_folder
from sifcheck_rules.definition.agents import library_without_remote
from sifcheck_rules.machine.identity import required_group_not_primary
from sifcheck_rules.machine.network_and_keys import no_signing_key

pytestmark = pytest.mark.integration


def levels(host: Host, code: str, **planned: Any) -> list[str]:
    """How bad the findings of one code are."""
    return [one.severity for one in check_host(host, *RULES, **planned) if one.code == code]


def archive(programs: tuple[str, ...] = (), owner: int = 0) -> bytes:
    """An image as `docker save` writes it: some programs of this machine with their libraries, and a file of an owner."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", dereference=True) as tar:
        for file in with_libraries(programs):
            entry = tar.gettarinfo(file, file)
            entry.uid = entry.gid = 0
            with open(file, "rb") as stream:
                tar.addfile(entry, stream)
        entry = tarfile.TarInfo("etc/theirs")
        entry.uid = entry.gid = owner
        tar.addfile(entry)
    about = {
        "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"]},
    }
    listed = [{"Config": "config.json", "RepoTags": ["made:up"], "Layers": ["layer.tar"]}]
    parts = {"config.json": json.dumps(about).encode(), "manifest.json": json.dumps(listed).encode()}
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, data in {**parts, "layer.tar": layer.getvalue()}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return whole.getvalue()


def with_libraries(programs: tuple[str, ...]) -> list[str]:
    files = []
    for program in programs:
        found = shutil.which(program, path="/bin:/sbin:/usr/bin:/usr/sbin")
        if found is None or shutil.which("ldd") is None:
            pytest.skip(f"needs {program} and ldd")
        linked = subprocess.run(["ldd", found], capture_output=True, text=True, check=True).stdout
        files += [found, *(word for word in linked.split() if word.startswith("/"))]
    return list(dict.fromkeys(files))


MKNOD = "Bootstrap: docker-archive\nFrom: /mnt/base.sqsh\n%post\n    mknod /card c 10 1\n"


def on_nodev(prepare: Callable[[], Any]) -> Callable[[], None]:
    def both() -> None:
        prepare()
        mount("none", HERE, "tmpfs", NODEV | NOSUID, "mode=1777")

    return both


@pytest.mark.parametrize(
    ("prepare", "level", "succeeds"),
    [(fresh(), "info", True), (without_command, "error", False)],
    ids=["subordinate ids", "one id"],
)
def test_device_nodes_on_nodev(prepare, level, succeeds):
    built = build(archive(("sh", "mknod")), Situation(on_nodev(prepare)), text=MKNOD)
    assert (built.status == 0) == succeeds, built.words
    assert "'nodev' mount option set" in built.words
    assert ("mknod: " in built.words) != succeeds, built.words
    assert levels(built.host, "ENV203", text=MKNOD) == [level]
    assert levels(built.host, "ENV203") == ["info"]


def test_an_image_as_base_wants_unsquashfs(base):  # noqa: F811
    built = build(base, Situation(covering("/usr/bin/unsquashfs", ""), folder="/tmp"))
    assert built.status != 0
    assert "unsquashfs not found" in built.words
    assert levels(built.host, "ENV106") == ["info"]
    assert levels(built.host, "ENV106", text=DEFINITION, plan={"copy": len(base)}) == ["error"]


def test_a_sandbox_wants_no_mksquashfs(base):  # noqa: F811
    line = "apptainer build --sandbox IMAGE FILE"
    built = build(base, Situation(covering("/usr/bin/mksquashfs", ""), folder="/tmp"), line)
    assert built.status == 0, built.words
    assert levels(built.host, "ENV106") == ["error"]
    assert levels(built.host, "ENV106", text=DEFINITION, plan={"sandbox": True}) == []


def test_a_conversion_hands_no_file_to_other_ids():
    """In a folder whose group no build may hand out, which stops a build of a definition file (ENV202)."""
    convert = "apptainer build /mnt/out/made.sif docker-archive:/mnt/base.sqsh"
    built = build(
        archive(owner=5), Situation(project, f"{HERE}/project", ids={"groups": [GROUP]}), usual=convert
    )
    assert built.status == 0, built.words
    assert levels(built.host, "ENV202") == ["error"]
    assert levels(built.host, "ENV202", plan={}) == []


def test_a_library_that_no_remote_endpoint_has(base):  # noqa: F811
    text = "Bootstrap: library\nFrom: ubuntu:22.04\n"
    built = build(base, Situation(folder="/tmp"), text=text)
    if built.host.network.remote_serves_images is not False:
        pytest.skip("another remote endpoint than the default one is in use")
    assert built.status != 0
    assert "remote has no library client" in built.words
    (found,) = check_text(text, library_without_remote, host=built.host)
    assert found.severity == "error"


@pytest.mark.parametrize(("password", "level"), [("", []), ("secret", ["warning"])])
def test_a_key_with_a_passphrase_wants_a_terminal(password: str, level: list[str], tmp_path: Path):
    if shutil.which("apptainer") is None or shutil.which("setsid") is None:
        pytest.skip("needs apptainer and setsid")

    def run(*words: str, program: str = "apptainer") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["setsid", program, *words],
            env={**os.environ, "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
        )

    about = ["--name", "n", "--email", "n@example.org", "--comment", "c", "--bit-length", "2048"]
    made = run("key", "newpair", *about, "--password", password, "--push=false")
    assert made.returncode == 0, made.stderr
    (tmp_path / "a.def").write_text("Bootstrap: scratch\n")
    assert run("build", "a.sif", "a.def").returncode == 0
    found = look_at_keys({"APPTAINER_KEYSDIR": str(tmp_path / ".apptainer" / "keys")}, "apptainer", "/none")
    if found.keyrings[0].exists is not True:
        pytest.skip("the runtime takes the home from the password entry")
    host = healthy_host()
    host = host._replace(keys=host.keys._replace(keyrings=found.keyrings, terminal=False))
    assert (run("sign", "a.sif").returncode == 0) == (level == [])
    assert levels(host, "ENV404", site="[policy]\nsignatures = true\n") == level
    # A job has no terminal, whatever the machine has on which it is checked.
    host = host._replace(keys=host.keys._replace(terminal=True))
    for line in ("apptainer sign a.sif", f"apptainer sign a.sif <<< '{password}'"):
        text = f"#!/bin/bash\n#SBATCH --nodes=1\n{line}\n"
        (tmp_path / "job.sh").write_text(text)
        done = run("job.sh", program="bash")
        told = [one.severity for one in check_text(text, no_signing_key, host=host)]
        assert (done.returncode == 0) == (told == []), done.stderr
    assert told == []


def test_without_a_key_nothing_is_signed(tmp_path: Path):
    if shutil.which("apptainer") is None:
        pytest.skip("needs apptainer")
    keys = str(tmp_path / "keys")
    (tmp_path / "a.def").write_text("Bootstrap: scratch\n")
    text = "#!/bin/bash\n#SBATCH --nodes=1\napptainer sign a.sif\n"
    (tmp_path / "job.sh").write_text(text)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "APPTAINER_KEYSDIR": keys}
        return subprocess.run(
            words, env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=120
        )

    assert run("apptainer", "build", "a.sif", "a.def").returncode == 0
    done = run("bash", "job.sh")
    assert done.returncode != 0
    assert "Failed to sign container: keyring is empty" in done.stderr
    host = healthy_host()
    for state in ("is empty", "does not exist"):
        # The refused call has made an empty one.
        found = look_at_keys({"APPTAINER_KEYSDIR": keys}, "apptainer", "/none")
        host = host._replace(keys=host.keys._replace(keyrings=found.keyrings))
        (told,) = check_text(text, no_signing_key, host=host)
        assert (told.severity, state in told.message) == ("error", True)
        shutil.rmtree(keys, ignore_errors=True)


def test_a_source_that_only_a_supplementary_group_opens():
    """Apptainer keeps the groups, and copies it; where they would be dropped it is told."""
    text = f"Bootstrap: scratch\n\n%files\n    {HERE}/shut/a.txt /a.txt\n"
    surroundings = {"PATH": PATH, "HOME": account().pw_dir}

    def prepare() -> None:
        made("shut", 0o750, 0, GROUP)()
        Path(f"{HERE}/shut/a.txt").write_text("x")
        Path("/mnt/built.def").write_text(text)
        tmpfs("/mnt/out")

    def look() -> str:
        done = subprocess.run(
            ["apptainer", "build", "--fakeroot", "/mnt/out/a.sif", "/mnt/built.def"],
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        host = take_snapshot(SnapshotRequest(), surroundings, 20.0)
        first = host.runtimes[0]._replace(family="singularity-ce", version=(4, 1, 2), setuid_starter=True)
        dropping = host._replace(runtimes=(first,))
        folder = read_folder(read_definition(Source("a.def", text.encode())), "/")
        return json.dumps(
            [
                [
                    one.message
                    for one in check_text(text, required_group_not_primary, host=one_host, folder=folder)
                ]
                for one_host in (host, dropping)
            ]
        )

    kept, dropped = json.loads(inside(prepare, look, groups=[GROUP]))
    assert kept == []
    (message,) = dropped
    assert f"loses the group {GROUP}, without which {HERE}/shut/a.txt cannot be reached" in message


FOUND = {"PYTHONPATH": search_path(), "PYTHONDONTWRITEBYTECODE": "1"}


def ours(*words: str) -> str:
    python = python_of(account())
    return shlex.join([python, "-m", "sifcheck", "build", "--isolated", "--offline", "--no-remedies", *words])


def test_our_build_judges_the_machine_for_what_it_builds():
    """It refuses what cannot be built there, and goes on with what can."""
    image, file = "/mnt/out/built.sif", "/mnt/built.def"
    situation = Situation(on_nodev(without_command), environment=FOUND)
    stopped = build(archive(("sh", "mknod")), situation, text=MKNOD, usual=ours(image, file))
    assert stopped.status == 125, stopped.words
    assert "ENV203 scratch-nodev: %post makes device nodes with `mknod`" in stopped.words
    text = MKNOD.replace("mknod /card c 10 1", "echo built")
    built = build(archive(("sh",)), situation, text=text, usual=ours(image, file))
    assert built.status == 0, built.words


def test_our_build_converts_where_no_definition_file_could_be_built():
    convert = ours("/mnt/out/made.sif", "docker-archive:/mnt/base.sqsh")
    place = Situation(project, f"{HERE}/project", environment=FOUND, ids={"groups": [GROUP]})
    built = build(archive(owner=5), place, usual=convert)
    assert built.status == 0, built.words
    assert "ENV202" not in built.words
