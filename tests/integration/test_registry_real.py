"""A real registry: what is learnt of it against what was pushed, and what the real Apptainer makes of a pinned file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from host.situation import account
from integration.loopback_registry import RealRegistry, layout_of, started, tar_of
from integration.test_build_real import Place, python_of

from sifcheck.cli import main
from sifcheck.registry.asking import RegistryAccess, Wanted, ask_registries
from sifcheck.registry.model import BaseImage, Manifest, Refused, Unknown

pytestmark = pytest.mark.integration

FOLDERS = dict.fromkeys(("etc", "bin", "tmp", "var", "proc", "sys", "dev", "root"), b"/")


class Pushed(NamedTuple):
    """A registry that runs, and the tar archives of the image `team/tool:1` for x86_64 in it."""

    registry: RealRegistry
    folder: Path
    tars: tuple[bytes, ...]

    def ask(self, name: str, wanted: Wanted = "sizes", arch: str | None = "x86_64") -> BaseImage | Unknown:
        at = f"{self.registry.address}/{name}"
        return ask_registries([at], arch, wanted, RegistryAccess()).answers[at]


@pytest.fixture(scope="module")
def pushed() -> Iterator[Pushed]:
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("needs busybox")
    with tempfile.TemporaryDirectory(prefix="sifcheck-registry-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        program = Path(busybox).read_bytes()
        tars = (
            tar_of({**FOLDERS, "bin/busybox": program, "bin/sh": program, "etc/release": b"1\n"}),
            tar_of({"random": os.urandom(3_000_000), "text": b"0123456789\n" * 400_000}),
        )
        with started(folder) as registry:
            images = {"amd64": tars, "arm64": tars[1:], "ppc64le": tars[:1]}
            registry.push(layout_of(folder / "list", images, {"maintainer": "me"}), "team/tool:1")
            registry.push(layout_of(folder / "single", {"arm64": tars[:1]}, {}), "team/foreign:1")
            yield Pushed(registry, folder, tars)


def inspected(pushed: Pushed, name: str) -> str:
    """The digest of a tag, as skopeo has it."""
    words = ["skopeo", "inspect", "--tls-verify=false", "--raw", f"docker://{pushed.registry.address}/{name}"]
    raw = subprocess.run(words, check=True, capture_output=True).stdout
    manifest = pushed.folder / "raw"
    manifest.write_bytes(raw)
    done = subprocess.run(["skopeo", "manifest-digest", manifest], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_list_is_what_was_pushed(pushed: Pushed) -> None:
    answer = pushed.ask("team/tool:1")
    assert isinstance(answer, BaseImage)
    assert answer.is_list
    assert answer.digest == inspected(pushed, "team/tool:1")
    assert answer.architectures == ("x86_64", "aarch64", "ppc64le")
    manifest = answer.manifest
    assert isinstance(manifest, Manifest)
    assert manifest.architecture == "x86_64"
    # The unpacked sizes are exact: those of the tar archives that were packed.
    assert [layer.unpacked for layer in manifest.layers] == [len(tar) for tar in pushed.tars]
    assert manifest.labels == {"maintainer": "me"}
    assert manifest.environment == ("PATH=/bin",)


def test_a_single_image_for_another_processor(pushed: Pushed) -> None:
    answer = pushed.ask("team/foreign:1")
    assert isinstance(answer, BaseImage)
    assert (answer.is_list, answer.architectures) == (False, ("aarch64",))
    assert answer.digest == inspected(pushed, "team/foreign:1")


def test_by_digest_alone(pushed: Pushed) -> None:
    by_tag = pushed.ask("team/tool:1", "digest")
    assert isinstance(by_tag, BaseImage)
    by_digest = pushed.ask(f"team/tool@{by_tag.digest}")
    assert isinstance(by_digest, BaseImage)
    assert by_digest.digest == by_tag.digest
    assert by_digest.architectures == ("x86_64", "aarch64", "ppc64le")


def test_what_is_not_there(pushed: Pushed) -> None:
    tag = pushed.ask("team/tool:11")
    assert isinstance(tag, Refused)
    assert (tag.kind, tag.near) == ("missing", ("1",))
    repository = pushed.ask("team/gone:1")
    assert isinstance(repository, Refused)
    assert repository.kind == "missing"


def test_an_address_that_is_not_there_is_not_planned(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pushed.folder)
    monkeypatch.setenv("APPTAINER_NOHTTPS", "1")
    plan = ["plan", "--isolated", "--site", "none", "--arch", "x86_64"]
    address = f"docker://{pushed.registry.address}/team/tool"
    assert main([*plan, f"{address}:1"]) in (0, 1)
    assert "not known" not in capsys.readouterr().out.split("Memory")[0]
    assert main([*plan, f"{address}:11"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{address}:11 cannot be read: there is no image" in said.err
    assert "there is `1`" in said.err
    (pushed.folder / "gone.def").write_text(f"Bootstrap: docker\nFrom: {address[9:]}:11\n")
    assert main([*plan, "gone.def"]) == 1
    assert capsys.readouterr().out.endswith("\nit will not work\n")


@pytest.fixture
def place(pushed: Pushed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder of an account that builds, with the real Apptainer."""
    for program in ("apptainer", "mksquashfs"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (tests/integration/install-runtime installs it)")
    entry = account()
    with tempfile.TemporaryDirectory(prefix="sifcheck-pinned-") as name:
        folder = Path(name)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        made = Place(folder, entry, python_of(entry))
        os.chown(made.temporary, entry.pw_uid, entry.pw_gid)
        made.environment["HOME"] = str(folder)
        yield made


def put(place: Place, name: str, text: str) -> Path:
    path = place.folder / name
    path.write_text(text)
    os.chown(path, place.entry.pw_uid, place.entry.pw_gid)
    return path


@pytest.mark.parametrize("target", [(), ("--target", "apptainer-1.4")])
def test_a_pinned_file_is_built_from_its_digest(
    pushed: Pushed, place: Place, target: tuple[str, ...]
) -> None:
    """The tag moves on; the pinned file still gives the image that it was pinned to."""
    name = f"moving{len(target)}"
    address = f"{pushed.registry.address}/team/{name}"
    tars = {mark: tar_of({**FOLDERS, "etc/release": mark}) for mark in (b"old\n", b"new\n")}
    layouts = {mark: pushed.folder / f"{name}-{mark.decode().strip()}" for mark in tars}
    for mark, layout in layouts.items():
        layout_of(layout, {"amd64": [tars[mark]], "arm64": [tars[mark]]}, {})
    pushed.registry.push(layouts[b"old\n"], f"team/{name}:1")
    path = put(place, "a.def", f"Bootstrap: docker\nFrom: {address}:1  # ours\n\n%labels\n    A b\n")
    code, said = place.sifcheck("pin", "--isolated", *target, "a.def")
    assert code == 0, said
    written = path.read_text().split("\n")[1]
    assert f"@{inspected(pushed, f'team/{name}:1')}" in written
    assert written.endswith("  # 1  # ours" if not target else "  # ours")
    pushed.registry.push(layouts[b"new\n"], f"team/{name}:1")
    code, said = place.run("apptainer", "build", "--sandbox", "box", "a.def")
    assert code == 0, said
    assert (place.folder / "box/etc/release").read_bytes() == b"old\n"
    code, said = place.sifcheck("pin", "--isolated", "--update", "--check", "a.def")
    assert code == 1, said
    code, said = place.sifcheck("pin", "--isolated", "--update", "a.def")
    assert code == 0, said
    code, said = place.run("apptainer", "build", "--force", "--sandbox", "box", "a.def")
    assert code == 0, said
    assert (place.folder / "box/etc/release").read_bytes() == b"new\n"


def test_what_apptainer_makes_of_a_base_for_another_processor(pushed: Pushed, place: Place) -> None:
    """A list without the processor is refused; one single image is taken.  Both are one finding before the build."""
    if os.uname().machine != "x86_64":
        pytest.skip("the images here are foreign to x86_64 alone")
    lists = pushed.folder / "elsewhere"
    if not lists.exists():
        layout_of(lists, {"arm64": pushed.tars[:1], "ppc64le": pushed.tars[:1]}, {})
        pushed.registry.push(lists, "team/elsewhere:1")
    for name, built in (("foreign", True), ("elsewhere", False)):
        put(
            place,
            "a.def",
            f"Bootstrap: docker\nFrom: {pushed.registry.address}/team/{name}:1\n\n%labels\n    A b\n",
        )
        code, said = place.run("apptainer", "build", "--force", "--sandbox", "box", "a.def")
        assert (code == 0) is built, said
        words = (
            "check",
            "--isolated",
            "--online",
            "--no-shellcheck",
            "--arch",
            "x86_64",
            "--select",
            "BLD201",
            "a.def",
        )
        code, said = place.sifcheck(*words)
        assert code == 1, said
        assert "BLD201" in said


def test_a_mirror_is_taken_as_apptainer_takes_it(pushed: Pushed, place: Place) -> None:
    """The first mirror of a registry that is asked by no other name, a folder in front of the repository included."""
    folder = place.folder / ".config/containers"
    folder.mkdir(parents=True)
    conf = '[[registry]]\nlocation = "registry.invalid"\n[[registry.mirror]]\nlocation = "{}/team"\ninsecure = true\n'
    (folder / "registries.conf").write_text(conf.format(pushed.registry.address))
    put(place, "a.def", "Bootstrap: docker\nFrom: registry.invalid/tool:1\n\n%labels\n    A b\n")
    code, said = place.sifcheck("pin", "--isolated", "a.def")
    assert code == 0, said
    code, said = place.run("apptainer", "build", "--sandbox", "box", "a.def")
    assert code == 0, said


def test_a_registry_that_was_killed(pushed: Pushed, tmp_path: Path) -> None:
    with started(tmp_path / "second") as registry:
        at = f"{registry.address}/team/tool:1"
        layout = layout_of(tmp_path / "layout", {"amd64": pushed.tars[:1]}, {})
        registry.push(layout, "team/tool:1")
        assert isinstance(ask_registries([at]).answers[at], BaseImage)
    assert ask_registries([at]).answers[at] == Unknown("connection refused")
