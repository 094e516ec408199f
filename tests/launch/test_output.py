"""What would spoil an image at the end of a build is told before, and the trial leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sifcheck.host.probes.identity import look_at_identity
from sifcheck.host.probes.rehearsal import rehearse, try_writing
from sifcheck.launch.command import read_command
from sifcheck.launch.output import beside, can_be_renamed, faults, is_free, is_partial


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(*words: str, asks: bool = False) -> list[str]:
    return [fault.message for fault in faults(read_command(words), asks=asks)]


def test_nothing_is_wrong_and_nothing_is_left(folder: Path) -> None:
    assert told("a.sif", "a.def") == []
    assert os.listdir(folder) == []


def test_a_folder_that_is_not_there() -> None:
    (fault,) = faults(read_command(["my images/a.sif", "a.def"]), asks=False)
    assert fault.message == "the folder my images for the image is not there"
    assert fault.help == "`mkdir -p 'my images'`"


def test_a_folder_that_is_none() -> None:
    Path("images").write_text("")
    (message,) = told("images/a.sif", "a.def")
    assert "cannot be reached" in message or "is no folder" in message


@pytest.mark.skipif(not os.path.exists("/sys/kernel"), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written() -> None:
    (message,) = told("/sys/kernel/a.sif", "a.def")
    assert message.startswith("the folder /sys/kernel for the image cannot be written: ")


def test_an_image_that_is_there() -> None:
    Path("a.sif").write_text("old")
    (message,) = told("a.sif", "a.def")
    assert "a.sif is there already" in message
    assert told("a.sif", "a.def", asks=True) == []
    assert told("-F", "a.sif", "a.def") == []
    assert Path("a.sif").read_text() == "old"
    assert not is_free(read_command(["a.sif", "a.def"]))
    assert is_free(read_command(["--force", "a.sif", "a.def"]))


def sandbox(name: str) -> None:
    """What the runtime takes for a sandbox."""
    for part in (".singularity.d", "dev", "proc", "sys"):
        Path(name, part).mkdir(parents=True)


def test_a_folder_that_is_no_sandbox_is_never_replaced() -> None:
    Path("results").mkdir()
    assert told("-F", "results", "a.def") == []  # it holds nothing
    Path("results/a").write_text("")
    (fault,) = faults(read_command(["-F", "results/", "x/a.def"]), asks=False)
    assert fault.message == "results/ is a folder that would be deleted with all that is in it"
    assert fault.help == "name the image in it, as results/a.sif"
    assert told("results", "a.def", asks=True) == ["results is a folder that is no sandbox"]
    sandbox("box")
    assert told("-sF", "box", "a.def") == []
    assert told("-su", "box", "a.def") == []
    assert told("-s", "box", "a.def", asks=True) == []
    (fault,) = faults(read_command(["-s", "box", "a.def"]), asks=False)
    assert "box is there already" in fault.message
    assert fault.help == "add --force, which removes that sandbox, or take another name"
    # The runtime looks for all four of its folders.
    Path("box/sys").rmdir()
    assert told("-s", "box", "a.def", asks=True) == ["box is a folder that is no sandbox"]
    assert told("-sF", "box", "a.def") == []


def test_no_image_is_put_into_an_empty_folder() -> None:
    Path("d").mkdir()
    (fault,) = faults(read_command(["d/", "docker://quay.io/team/tool:9"]), asks=False)
    assert fault.message == "d/ is a folder, and nobody can be asked whether the image may take its place"
    place = "or add --force, with which it takes the folder's place"
    assert fault.help == f"name the image in it, as d/tool.sif, {place}"
    (fault,) = faults(read_command(["--sandbox", "d", "a.def"]), asks=False)
    assert fault.help == f"name the image in it, as d/a, {place}"
    # In a terminal the runtime asks, and the answer counts.
    assert told("d", "a.def", asks=True) == []
    assert told("d/", "a.def", asks=True) == []


def test_what_cannot_be_updated() -> None:
    Path("d").mkdir()
    Path("a.sif").write_text("")
    assert told("-su", "d", "a.def") == ["d is a folder that is no sandbox, and --update adds to a sandbox"]
    assert told("-su", "a.sif", "a.def") == ["a.sif is no folder, and --update adds to a sandbox"]
    assert told("-su", "gone", "a.def", asks=True) == ["gone is not there, and --update adds to a sandbox"]
    assert told("-suF", "d", "a.def") == []


def test_a_link_that_leads_nowhere() -> None:
    os.symlink("nowhere", "d")
    assert told("d", "a.def") == []
    (message,) = told("--sandbox", "d", "a.def")
    assert message == "d is a link that leads nowhere, and no sandbox takes its place"


def test_an_old_image_stays_until_the_new_one_is_whole() -> None:
    Path("a.sif").write_text("old")
    (fault,) = faults(read_command(["a.sif", "a.def"]), asks=False)
    assert "--force, with which the old image stays until the new one is whole" in fault.help
    (fault,) = faults(read_command(["--sandbox", "a.sif", "a.def"]), asks=False)
    assert "--force, which removes it" in fault.help


@pytest.mark.parametrize(
    ("words", "variables", "faulty"),
    [
        (["--encrypt"], {}, True),
        (["-e"], {"SINGULARITY_ENCRYPTION_PASSPHRASE": "x"}, True),
        (["--encrypt=false"], {}, False),
        (["--encrypt"], {"APPTAINER_ENCRYPTION_PASSPHRASE": ""}, False),
        (["--encrypt"], {"APPTAINER_ENCRYPTION_PEM_DATA": "x"}, False),
        (["--encrypt", "--pem-path", "key.pem"], {}, False),
        (["-e", "--passphrase"], {}, False),
        ([], {}, False),
    ],
)
def test_an_encrypted_image_needs_a_key(words: list[str], variables: dict[str, str], faulty: bool) -> None:
    command = read_command([*words, "a.sif", "a.def"], "apptainer", variables)
    assert [fault.message.startswith("--encrypt has no key") for fault in faults(command, asks=True)] == [
        True
    ] * faulty


def test_the_source_itself_is_never_replaced() -> None:
    Path("a.def").write_text("Bootstrap: scratch\n")
    os.link("a.def", "b.def")
    assert "its own source" in told("-F", "b.def", "a.def")[0]


@pytest.mark.parametrize("image", ["a.sif", "x/a.sif", "/x/a b.sif", "-a.sif", "n" * 255, "あ" * 85, ".a"])
def test_the_name_beside(image: str) -> None:
    written = beside(image)
    assert written is not None
    assert os.path.dirname(written) == os.path.dirname(image)
    assert is_partial(os.path.basename(written))
    assert len(os.fsencode(os.path.basename(written))) <= 255
    assert written != beside(image)


def test_what_is_no_name_beside() -> None:
    assert [beside(image) for image in ("x/", ".", "..")] == [None, None, None]
    for name in (
        ".a.sif",
        "a.sifcheck-01234567",
        ".a.sifcheck-0123456",
        ".a.sifcheck-0123456g",
        ".sifcheck-01234567",
    ):
        assert not is_partial(name)


@pytest.fixture
def append_only(tmp_path: Path) -> Iterator[Path]:
    kept = tmp_path / "kept"
    kept.mkdir()
    made = subprocess.run(["chattr", "+a", kept], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("no folder can be made append-only here")
    yield kept
    subprocess.run(["chattr", "-a", kept], check=True)


def test_nothing_is_left_in_a_folder_in_which_nothing_can_be_removed(append_only: Path) -> None:
    assert told("kept/a.sif", "a.def") == []
    assert try_writing(str(append_only))
    user = look_at_identity()._replace(user_id=1001)
    rehearse(str(append_only), user)
    assert os.listdir(append_only) == []
    assert not can_be_renamed("kept/a.sif")
    assert can_be_renamed("a.sif")


def test_what_is_no_file_is_never_replaced() -> None:
    os.mkfifo("pipe")
    assert not can_be_renamed("pipe")
    assert told("pipe", "a.def") == ["pipe is there already, and is not a file"]


def test_a_name_that_is_too_long() -> None:
    assert told("a" * 255, "a.def") == []
    (message,) = told("a" * 256, "a.def")
    assert message == "the image's name has 256 bytes, and no file system takes more than 255"
