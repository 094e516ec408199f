"""`sifcheck build` with the real Apptainer: what it builds, what a failure and a signal leave, and what is cleared away."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from host.situation import PATH, account

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
NEEDED = "import pathspec, pluggy, psutil, sifcheck"
RUN = "from sifcheck.cli import run_and_leave; run_and_leave()"

SETUP = """Bootstrap: scratch

%setup
    mkdir -p "$APPTAINER_ROOTFS/bin" "$APPTAINER_ROOTFS/proc" "$APPTAINER_ROOTFS/dev" "$APPTAINER_ROOTFS/tmp"
    mkdir -p "$APPTAINER_ROOTFS/etc" "$APPTAINER_ROOTFS/sys" "$APPTAINER_ROOTFS/root" "$APPTAINER_ROOTFS/var/tmp"
    cp BUSYBOX "$APPTAINER_ROOTFS/bin/busybox"
    for name in sh sleep chown mkdir touch; do ln -s busybox "$APPTAINER_ROOTFS/bin/$name"; done

%post
"""
SLOW = "    mkdir /d && touch /d/f && chown -R 5:5 /d && touch /READY\n    sleep 100\n"


class Place:
    """A folder of an account, and the way to run things there as that account."""

    def __init__(self, folder: Path, entry: pwd.struct_passwd, python: str) -> None:
        self.folder, self.entry, self.python = folder, entry, python
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.environment = {
            "PATH": PATH,
            "HOME": entry.pw_dir,
            "USER": entry.pw_name,
            "APPTAINER_TMPDIR": str(self.temporary),
            "PYTHONPATH": search_path(),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, *words: str, session: bool = False) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment,
            user=self.entry.pw_uid,
            group=self.entry.pw_gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=session,
        )

    def run(self, *words: str) -> tuple[int, str]:
        process = self.start(*words)
        said, _ = process.communicate(timeout=300)
        return process.returncode, said

    def sifcheck(self, *words: str) -> tuple[int, str]:
        return self.run(self.python, "-c", RUN, *words)

    def start_build(self, *words: str) -> subprocess.Popen[str]:
        return self.start(self.python, "-c", RUN, "build", "--isolated", *words, session=True)

    def write(self, name: str, post: str) -> None:
        busybox = str(shutil.which("busybox"))
        (self.folder / name).write_text(SETUP.replace("BUSYBOX", busybox) + post)
        os.chown(self.folder / name, self.entry.pw_uid, self.entry.pw_gid)

    def left(self) -> list[str]:
        return sorted(os.listdir(self.temporary))

    def partial(self) -> list[str]:
        return [name for name in os.listdir(self.folder) if ".sifcheck-" in name]

    def wait_until_it_runs(self) -> None:
        """Wait until the script of the build is in its last command."""
        until = time.monotonic() + 120
        while not list(self.temporary.glob("build-temp-*/rootfs/READY")):
            assert time.monotonic() < until, "the build never came so far"
            time.sleep(0.05)


def search_path() -> str:
    installed = [entry for entry in sys.path if entry.endswith("site-packages")]
    return os.pathsep.join([str(ROOT), str(ROOT / "rules"), *installed])


def python_of(entry: pwd.struct_passwd) -> str:
    """A Python that the account may run and that finds what sifcheck needs."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = subprocess.run(
                [candidate, "-c", NEEDED],
                user=entry.pw_uid,
                group=entry.pw_gid,
                extra_groups=[],
                env={"PATH": PATH, "PYTHONPATH": search_path(), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                capture_output=True,
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.skip(f"needs a Python that {entry.pw_name} may run, with the libraries of sifcheck")


@pytest.fixture
def place() -> Iterator[Place]:
    for program in ("apptainer", "mksquashfs", "busybox"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    entry = account()
    python = python_of(entry)
    # What is below pytest's own folder the account could not reach.
    folder = Path(tempfile.mkdtemp(prefix="sifcheck-build-"))
    try:
        made = Place(folder, entry, python)
        for path in (folder, made.temporary):
            os.chown(path, entry.pw_uid, entry.pw_gid)
        made.write("good.def", "    echo built > /built\n")
        yield made
    finally:
        shutil.rmtree(folder)


def test_a_good_build_is_what_the_runtime_would_have_built(place: Place) -> None:
    status, said = place.sifcheck("build", "--isolated", "good.sif", "good.def")
    assert status == 0, said
    assert "good.sif is whole" in said
    assert place.run("apptainer", "build", "plain.sif", "good.def")[0] == 0
    modes = [(place.folder / f"{name}.sif").stat().st_mode for name in ("good", "plain")]
    assert modes[0] == modes[1]
    for name in ("good", "plain"):
        # A sandbox holds the name of the image that it was made from.
        (place.folder / f"{name}.sif").rename(place.folder / "image.sif")
        status, said = place.run("apptainer", "build", "--sandbox", name, "image.sif")
        assert status == 0, said
    # The labels hold the time of the build.
    compared = ["diff", "-r", "--no-dereference", "--exclude=labels.json", "good", "plain"]
    done = subprocess.run(compared, cwd=place.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (place.folder / "good/built").read_text() == "built\n"
    assert place.left() == []
    assert place.partial() == []


def test_other_sources_and_outputs(place: Place) -> None:
    assert place.sifcheck("build", "--isolated", "a.sif", "good.def")[0] == 0
    for words in (
        ["b.sif", "a.sif"],
        ["--sandbox", "box", "a.sif"],
        ["c.sif", "box"],
        ["-s", "new", "good.def"],
    ):
        status, said = place.sifcheck("build", "--isolated", *words)
        assert status == 0, said
    assert (place.folder / "box/built").exists()
    assert (place.folder / "new/built").exists()
    assert (place.folder / "c.sif").read_bytes()[32:41] == b"SIF_MAGIC"


def test_a_failure_leaves_the_old_image(place: Place) -> None:
    place.write("bad.def", "    exit 7\n")
    (place.folder / "a.sif").write_text("the good old image")
    os.chown(place.folder / "a.sif", place.entry.pw_uid, place.entry.pw_gid)
    plain, _ = place.run("apptainer", "build", "other.sif", "bad.def")
    status, said = place.sifcheck("build", "--isolated", "--force-build", "--force", "a.sif", "bad.def")
    assert status == plain == 255
    assert "while running %post section: exit status 7" in said
    assert "error[post-failed]" in said
    assert (place.folder / "a.sif").read_text() == "the good old image"
    assert place.partial() == []
    status, said = place.sifcheck("build", "--isolated", "--force", "a.sif", "good.def")
    assert status == 0, said
    assert (place.folder / "a.sif").read_bytes()[32:41] == b"SIF_MAGIC"


def test_a_missing_folder_is_told_before_anything(place: Place) -> None:
    status, said = place.sifcheck("build", "--isolated", "nowhere/a.sif", "good.def")
    assert status == 125
    assert "mkdir -p nowhere" in said
    assert "Starting build" not in said


def test_a_temporary_folder_that_is_not_there_is_replaced(place: Place) -> None:
    """The runtime would end at once; with the folder that is proposed it does not."""
    place.environment["APPTAINER_TMPDIR"] = str(place.folder / "nowhere")
    assert place.run("apptainer", "build", "a.sif", "good.def")[0] == 255
    status, said = place.sifcheck("build", "--isolated", "--no-remedies", "a.sif", "good.def")
    assert status == 125
    assert "ENV202" in said
    status, said = place.sifcheck("build", "--isolated", "a.sif", "good.def")
    assert status == 0, said
    assert "export APPTAINER_TMPDIR=" in said


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(sent: signal.Signals, place: Place) -> None:
    place.write("slow.def", SLOW)
    (place.folder / "a.sif").write_text("old")
    process = place.start_build("--force", "a.sif", "slow.def")
    place.wait_until_it_runs()
    process.send_signal(sent)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1, said
    assert f"stopped by {sent.name}" in said
    assert place.left() == []
    assert place.partial() == []
    assert (place.folder / "a.sif").read_text() == "old"


def interrupted(place: Place, sent: str, delay: float) -> tuple[int, str]:
    """Start a build, and end it after a while: by a signal, or by closing the terminal that it runs in."""
    if sent != "terminal":
        process = place.start_build("--force", "a.sif", "good.def")
        time.sleep(delay)
        process.send_signal(signal.Signals[sent])
        said, _ = process.communicate(timeout=120)
        return process.returncode, said
    ours, theirs = os.openpty()
    words = [place.python, "-c", RUN, "build", "--isolated", "--force", "a.sif", "good.def"]
    # setsid makes the terminal the session's own, so that closing it hangs all of them up.
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *words],
        cwd=place.folder,
        env=place.environment,
        user=place.entry.pw_uid,
        group=place.entry.pw_gid,
        extra_groups=[],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    time.sleep(delay)
    os.close(ours)
    return process.wait(timeout=120), ""


def test_builds_that_are_interrupted_at_random_moments(place: Place) -> None:
    """`make integration` tries 200 of them (SIFCHECK_INTERRUPTIONS)."""
    seed = int(os.environ.get("SIFCHECK_RANDOM_SEED", "0"))
    chance = random.Random(seed)
    start = time.monotonic()
    assert place.sifcheck("build", "--isolated", "a.sif", "good.def")[0] == 0
    whole = time.monotonic() - start
    image = place.folder / "a.sif"
    for number in range(int(os.environ.get("SIFCHECK_INTERRUPTIONS", "4"))):
        sent = ("SIGINT", "SIGTERM", "SIGHUP", "terminal")[number % 4]
        case = f"seed {seed}, number {number}, {sent}"
        image.write_text("the good old image")
        os.chown(image, place.entry.pw_uid, place.entry.pw_gid)
        status, said = interrupted(place, sent, chance.uniform(0, whole * 1.1))
        settle(place)
        assert "sifcheck itself failed" not in said, case
        # Who comes too late finds the new image in its place, and whole; and a build that ended well has made it.
        if status == 0 or image.read_bytes() != b"the good old image":
            assert place.run("apptainer", "exec", "a.sif", "/bin/sh", "-c", "test -e /built")[0] == 0, case
        stamp = time.time() - 3 * 86400
        for path in (*place.temporary.iterdir(), *(place.folder / name for name in place.partial())):
            os.utime(path, (stamp, stamp), follow_symlinks=False)
        status, said = place.sifcheck(
            "clean-tmp", "--isolated", "--yes", str(place.temporary), str(place.folder)
        )
        assert status == 0, (case, said)
        assert (place.left(), place.partial()) == ([], []), (case, said)


def settle(place: Place) -> None:
    """Wait until nothing of a build runs any more: what was hung up is still cleaning up when its terminal is gone."""
    until = time.monotonic() + 60
    while any(working_in(place.folder)):
        assert time.monotonic() < until, "the build goes on"
        time.sleep(0.02)


def working_in(folder: Path) -> Iterator[str]:
    """The processes whose current folder it is."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{process}/cwd") == str(folder):
                yield process
        except OSError:  # it has ended
            continue


def test_what_a_kill_leaves_is_found_and_removed(place: Place) -> None:
    place.write("slow.def", SLOW)
    process = place.start_build("a.sif", "slow.def")
    place.wait_until_it_runs()
    # A build that is running is never taken for a dead one.
    status, said = place.sifcheck(
        "clean-tmp", "--isolated", "--older-than", "0s", "--yes", str(place.temporary)
    )
    assert (status, len(place.left())) == (0, 2), said
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=120)
    assert any(name.startswith("build-temp-") for name in place.left())
    # The test does not wait for a day.
    stamp = time.time() - 3 * 86400
    for name in place.left():
        os.utime(place.temporary / name, (stamp, stamp))
    status, said = place.sifcheck("clean-tmp", "--isolated", str(place.temporary))
    assert status == 1, said
    assert "build-temp-" in said
    assert len(place.left()) == 2
    (made,) = place.temporary.glob("build-temp-*/rootfs/d/f")
    assert made.stat().st_uid not in (0, place.entry.pw_uid)
    status, said = place.sifcheck("clean-tmp", "--isolated", "--yes", str(place.temporary))
    assert status == 0, said
    assert place.left() == []


GUIDE = """Bootstrap: localimage
From: good.sif

%files
    settings.txt /opt/settings.txt

%post
    mkdir -p /opt/bin
    chmod 644 /opt/settings.txt

%environment
    export SOLVER=/opt/settings.txt

%runscript
    exec busybox cat "$SOLVER" "$@"

%labels
    Author tester
"""


def test_the_whole_chain(place: Place) -> None:
    place.environment["APPTAINER_KEYSDIR"] = str(place.folder / "keys")
    key = "--name tester --email tester@example.org --comment test --password= --push=false --bit-length 2048"
    status, said = place.run("apptainer", "key", "newpair", *key.split())
    assert status == 0, said
    assert place.sifcheck("build", "--isolated", "good.sif", "good.def")[0] == 0
    for name, text in (("guide.def", GUIDE), ("settings.txt", "seven\n")):
        (place.folder / name).write_text(text)
    os.chown(place.folder / "guide.def", place.entry.pw_uid, place.entry.pw_gid)
    for words in (
        ["check", "--isolated", "--no-shellcheck", "--host", "auto", "guide.def"],
        ["plan", "--isolated", "guide.def", "guide.sif"],
        ["build", "--isolated", "--sign", "--fakeroot", "guide.sif", "guide.def"],
    ):
        status, said = place.sifcheck(*words)
        assert status == 0, said
    assert "guide.sif is whole and in its place" in said
    assert place.run("apptainer", "verify", "guide.sif")[0] == 0
    status, said = place.sifcheck("check", "--isolated", "guide.sif")
    assert status == 0, said
    assert "IMG201" not in said
    status, said = place.run("apptainer", "run", "guide.sif")
    assert (status, said.splitlines()[-1]) == (0, "seven")
    # Without a key nothing is built; who builds all the same has the image, and is told that it is not signed.
    place.environment["APPTAINER_KEYSDIR"] = str(place.folder / "no-keys")
    status, said = place.sifcheck("build", "--isolated", "--sign", "other.sif", "guide.def")
    assert status == 125, said
    assert "ENV404 no-signing-key" in said
    status, said = place.sifcheck(
        "build", "--isolated", "--sign", "--ignore", "ENV404", "other.sif", "guide.def"
    )
    assert status not in (0, 125), said
    assert "other.sif was built, and not signed" in said
    assert (place.folder / "other.sif").exists()


SHORT = "    touch /READY\n    sleep 2\n"


def test_what_vanishes_while_it_is_built(place: Place) -> None:
    place.write("short.def", SHORT)
    out = place.folder / "out"
    out.mkdir()
    os.chown(out, place.entry.pw_uid, place.entry.pw_gid)
    process = place.start_build("out/a.sif", "short.def")
    place.wait_until_it_runs()
    (place.folder / "short.def").unlink()
    out.rmdir()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 255, said
    assert "the build failed with status 255" in said
    assert place.left() == []


def test_the_definition_file_may_go_once_it_is_read(place: Place) -> None:
    place.write("short.def", SHORT)
    process = place.start_build("a.sif", "short.def")
    place.wait_until_it_runs()
    (place.folder / "short.def").unlink()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert (place.folder / "a.sif").read_bytes()[32:41] == b"SIF_MAGIC"


def test_an_interrupt_twice(place: Place) -> None:
    place.write("slow.def", SLOW)
    (place.folder / "a.sif").write_text("old")
    process = place.start_build("--force", "a.sif", "slow.def")
    place.wait_until_it_runs()
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.2)
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0, said
    assert "Traceback" not in said
    settle(place)
    assert (place.folder / "a.sif").read_text() == "old"
    assert place.partial() == []


def test_a_tree_that_no_runtime_has_made(place: Place) -> None:
    tree = place.folder / "rootfs"
    (tree / "bin").mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), tree / "bin/busybox")
    (tree / "bin/sh").symlink_to("busybox")
    for path in (tree, *tree.rglob("*")):
        os.chown(path, place.entry.pw_uid, place.entry.pw_gid, follow_symlinks=False)
    status, said = place.sifcheck("build", "--isolated", "a.sif", "rootfs")
    assert status == 0, said
    assert place.run("apptainer", "exec", "a.sif", "sh", "-c", "exit 0")[0] == 0
