"""What is found of files of the host is what becomes of it in a real build: the copying ends, or it does not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.oracle import SECONDS, USER

from sifcheck.base.source import Source
from sifcheck.definition.reader import read_definition
from sifcheck.testing import check_text
from sifcheck.workspace.folder import read_folder
from sifcheck_rules.definition import sources

pytestmark = pytest.mark.integration

HEAD = "Bootstrap: scratch\n"


class Place:
    """A folder of the user who builds, with a few files in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identity: dict[str, object] = {}
        home = os.path.expanduser("~")
        if os.geteuid() == 0:
            entry = pwd.getpwnam(USER)
            self.identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            home = entry.pw_dir
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "LC_ALL": "C.UTF-8"}

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={
                **self.environment,
                "TMPDIR": str(self.folder),
                "APPTAINER_CACHEDIR": str(self.folder / "cache"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            **self.identity,  # type: ignore[call-overload]
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def build(self, text: str) -> tuple[bool, str]:
        """Whether a build from this text succeeds, and what it says."""
        (self.folder / "real.def").write_text(text)
        (self.folder / "real.def").chmod(0o644)
        code, said = self.run("apptainer", "build", "--force", "--sandbox", "out", "real.def")
        self.run("chmod", "-R", "u+rwX", "out")
        self.run("rm", "-rf", "out")
        return code == 0, said


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    missing = "Apptainer is not installed" if shutil.which("apptainer") is None else ""
    if not missing and os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            missing = f"there is no user {USER!r} to build as"
    if missing:
        if os.environ.get("SIFCHECK_REQUIRE_RUNTIME"):
            pytest.fail(missing)
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="sifcheck-copied-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = Place(folder)
        script = (
            "umask 022; echo a > a.txt; mkdir -p src/deep broken hidden; echo b > src/b.txt; echo c > src/deep/c.txt; "
            "ln -s nowhere dangling; ln -s a.txt link; ln -s gone broken/old; echo h > hidden/.h; echo 1 > 'x[1].txt'; "
            "echo s > shut; chmod 0 shut"
        )
        assert made.run("sh", "-c", script)[0] == 0
        built, said = made.build(HEAD)
        if not built:
            pytest.skip(f"no build succeeds here: {said.strip()[-300:]}")
        yield made


@pytest.mark.parametrize(
    ("line", "works"),
    [
        ("a.txt /x/", True),
        ("link /x/", True),
        ("src /x/src", True),
        ("*.txt /x/", True),
        ("src/[!a].txt /x/", True),
        ("src/[^a].txt /x/", True),
        ("*/deep/?.txt /x/", True),
        ("x[1].txt /x/", True),
        ("{a,src/b}.txt /x/", True),
        ("hidden/.* /x/", True),
        ("shut /x/", True),
        ("missing.txt /x/", False),
        ("*.nope /x/", False),
        ("hidden/* /x/", False),
        ("**/c.txt /x/", False),
        ("dangling /x/", False),
        ("broken /x/", False),
        ("{a,z}.txt /x/", False),
        ("a.txt/ /x/", False),
        ("/nowhere/a.txt /x/", False),
    ],
)
def test_the_copying_of_a_line(place: Place, line: str, works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{HEAD}%files\n    {line}\n"
    monkeypatch.chdir(place.folder)
    folder = read_folder(read_definition(Source("real.def", text.encode())))
    found = check_text(text, sources.files_source_missing, folder=folder)
    built, said = place.build(text)
    assert built is works, said
    assert (not found) is works, [finding.message for finding in found]
    assert works or "cp: cannot stat" in said


@pytest.mark.parametrize(
    ("section", "works"), [("a.txt x/", True), ("*.txt x/", False), ("none.txt x/", False)]
)
def test_the_copying_of_an_apps_line(
    place: Place, section: str, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{HEAD}%appfiles solver\n    {section}\n"
    monkeypatch.chdir(place.folder)
    folder = read_folder(read_definition(Source("real.def", text.encode())))
    found = check_text(text, sources.files_source_missing, folder=folder)
    _, said = place.build(text)
    # Of a tree with an app a script is run too, and this one has no shell: the build gets there, or ends before.
    assert ("post" in said.rpartition("FATAL")[2], not found) == (works, works), said


@pytest.mark.parametrize(
    "header",
    [
        "Bootstrap: localimage\nFrom: none.sif\n",
        "Bootstrap: localimage\nFrom: dangling\n",
        "Bootstrap: docker-archive\nFrom: none.tar\n",
        "Bootstrap: oci-archive\nFrom: none.tar:latest\n",
        "Bootstrap: oci\nFrom: none\n",
    ],
)
def test_a_base_image_that_is_not_there(place: Place, header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.folder)
    folder = read_folder(read_definition(Source("real.def", header.encode())))
    assert len(check_text(header, sources.base_not_found, folder=folder)) == 1
    built, said = place.build(header)
    assert not built
    assert "no such file or directory" in said


def test_a_copy_keeps_the_mode_that_closes_it(place: Place) -> None:
    text = f"{HEAD}%files\n    a.txt /x/a.txt\n"
    assert place.run("chmod", "600", "a.txt")[0] == 0
    (place.folder / "real.def").write_text(text)
    assert place.run("apptainer", "build", "--force", "--sandbox", "kept", "real.def")[0] == 0
    assert place.run("stat", "-c", "%a", "kept/x/a.txt") == (0, "600\n")
