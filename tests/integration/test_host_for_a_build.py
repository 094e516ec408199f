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
from host.situation import HERE, NODEV, NOSUID, account, fresh, mount
from integration.test_build_real import python_of, search_path
from integration.test_host_agrees import base  # noqa: F401 - a fixture
from integration.test_host_conditions import (
    DEFINITION,
    GROUP,
    Situation,
    build,
    covering,
    project,
    without_command,
)
from rules.host_findings import RULES

from sifcheck.host.healthy import healthy_host
from sifcheck.host.keys import look_at_keys
from sifcheck.host.snapshot import Host
from sifcheck.testing import check_host, check_text
from sifcheck_rules.agents import library_without_remote

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

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["setsid", "apptainer", *words],
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
