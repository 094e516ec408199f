"""What BLD3 calls an error the real Apptainer refuses with the words that the rules know, and takes once it is fixed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host.situation import PATH, account
from integration.oracle import PLANNED, Oracle

from sifcheck.base.findings import Finding
from sifcheck.testing import apply_edits, check_text
from sifcheck_rules.batch.shell import unknown_runtime_command
from sifcheck_rules.calls.arguments import swapped_arguments
from sifcheck_rules.calls.line import overwrite_not_forced
from sifcheck_rules.calls.options import option_not_in_runtime
from sifcheck_rules.calls.values import bind_target_missing, build_argument_unusable

pytestmark = pytest.mark.integration

RULES = (
    swapped_arguments,
    overwrite_not_forced,
    option_not_in_runtime,
    bind_target_missing,
    build_argument_unusable,
    unknown_runtime_command,
)
HEAD = "Bootstrap: localimage\nFrom: box\n"
FILES = {
    "app.def": f"{HEAD}%post\n    true\n",
    "with.def": f"{HEAD}%post\n    echo {{{{ VERSION }}}}\n",
    "made.def": f"{HEAD}%setup\n    mkdir -p $APPTAINER_ROOTFS/opt/repo\n%post\n    ls /opt/repo\n",
    "values": "VERSION=1\n",
}


class Place:
    """A folder of an account with a small sandbox, definition files and a folder to bind."""

    def __init__(self, folder: Path, entry: pwd.struct_passwd) -> None:
        self.folder, self.entry = folder, entry
        for name in ("bin", "etc", "tmp", "var/tmp", "proc", "sys", "dev", "root", "home", "opt", "mnt"):
            (folder / "box" / name).mkdir(parents=True)
        (folder / "data").mkdir()
        shutil.copy(str(shutil.which("busybox")), folder / "box/bin/busybox")
        for name in ("sh", "ls", "true", "echo"):
            (folder / "box/bin" / name).symlink_to("busybox")
        (folder / "box/etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
        (folder / "box/etc/group").write_text("root:x:0:\n")
        for name, text in FILES.items():
            (folder / name).write_text(text)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)

    def run(self, line: str, configuration: str = "") -> tuple[int, str]:
        """Run a line as the account; with a configuration each call of apptainer has that one."""
        function = f'apptainer() {{ command apptainer --config {configuration} "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-c", (function if configuration else "") + line],
            cwd=self.folder,
            env={"PATH": PATH, "HOME": self.entry.pw_dir, "TMPDIR": str(self.folder)},
            user=self.entry.pw_uid,
            group=self.entry.pw_gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout


@pytest.fixture
def place() -> Iterator[Place]:
    for program in ("apptainer", "busybox"):
        if not shutil.which(program):
            pytest.skip(f"needs {program}")
    # What is below pytest's own folder the account could not reach.
    folder = Path(tempfile.mkdtemp(prefix="sifcheck-call-"))
    folder.chmod(0o755)
    try:
        yield Place(folder, account())
    finally:
        shutil.rmtree(folder)


def findings(line: str, there: Place | None = None) -> list[Finding]:
    facts = {"/usr": "folder", **{name: {"text": text} for name, text in FILES.items()}}
    folder: dict[str, Any] = {"folder": facts} if there is not None else {}
    return check_text(f"#!/bin/bash\n{line}\n", *RULES, target="apptainer-1.4", **folder)


def after_fix(line: str, found: Finding) -> str:
    assert found.fix is not None
    return apply_edits(f"#!/bin/bash\n{line}\n", found.fix.edits).partition("\n")[2]


# A line, the code, what Apptainer says of it, and whether the fix makes a line that it takes.
REFUSED = [
    ("apptainer build app.def out.sif", "BLD303", "already exists. Use --force", True),
    ("apptainer build out.sif", "BLD303", "accepts 2 arg(s), received 1", False),
    ("apptainer build app.def", "BLD303", "accepts 2 arg(s), received 1", False),
    ("apptainer build out.sif app.def values", "BLD303", "accepts 2 arg(s), received 3", False),
    ("apptainer build out.sif app.def --fakeroot", "BLD303", "accepts 2 arg(s), received 3", True),
    ("apptainer build out.sif app.def -B /usr:/mnt", "BLD303", "accepts 2 arg(s), received 4", True),
    ("apptainer build --fakerot out.sif app.def", "BLD305", "unknown flag: --fakerot", True),
    ("apptainer build --debug out.sif app.def", "BLD305", "unknown flag: --debug", True),
    ("apptainer build --no-setgroups out.sif app.def", "BLD305", "unknown flag: --no-setgroups", False),
    ("apptainer build --remote out.sif app.def", "BLD305", "--remote is no longer supported", False),
    ("apptainer build --oci out.sif app.def", "BLD305", "unknown flag: --oci", False),
    ("apptainer build --section all,post out.sif app.def", "BLD305", "cannot have all and any", False),
    ("apptainer build --section none,post out.sif app.def", "BLD305", "cannot have none and any", False),
    ("apptainer build --update out.sif app.def", "BLD305", "only sandbox update is supported", False),
    ("apptainer build --arch x86_64 out.sif app.def", "BLD305", "arch: x86_64 is not valid", True),
    ("apptainer build --build-arg VERSION out.sif with.def", "BLD306", "not a key=value pair", False),
    ("apptainer build --build-arg =1 out.sif with.def", "BLD306", "missing key portion", False),
    ("apptainer build --build-arg VERSION=1,b out.sif with.def", "BLD306", "not a key=value pair", True),
    ("apptainer build --build-arg VERSION=1, out.sif with.def", "BLD306", "not a key=value pair", True),
    ("apptainer build --build-arg 'VERSION=\"1,b\"' out.sif with.def", "BLD306", "parse error", False),
    ("apptainer build --build-arg VERSON=1 out.sif with.def", "BLD306", "is not defined through", True),
    ("apptainer build --build-arg MORE=1 out.sif app.def", "BLD306", "unused build args: MORE", False),
    ("apptainer build --build-arg-file gone out.sif with.def", "BLD306", "error while opening file", False),
]


@pytest.mark.parametrize(("line", "code", "words", "can_be_mended"), REFUSED)
def test_a_build_is_refused(
    line: str, code: str, words: str, can_be_mended: bool, place: Place, oracle: Oracle
) -> None:
    (found,) = findings(line, place)
    assert (found.code, found.severity) == (code, "error")
    configuration = str(oracle.folder / "apptainer.conf")
    status, said = place.run(line, configuration)
    assert status != 0
    assert words in said
    if can_be_mended:
        # A configuration without mksquashfs: the plan is made, and nothing is built.
        _, said = place.run(after_fix(line, found), configuration)
        assert PLANNED in said


@pytest.mark.parametrize(
    ("line", "code", "words", "can_be_mended"),
    [
        ("apptainer exec box --cleanenv true", "BLD303", '"--cleanenv": executable file not found', True),
        ("apptainer exec box -- true", "BLD303", '"--": executable file not found', True),
        ("apptainer exec --quiet box true", "BLD305", "unknown flag: --quiet", True),
        ("apptainer exec --cleanev box true", "BLD305", "unknown flag: --cleanev", True),
        ("apptainer exec --oci box true", "BLD305", "unknown flag: --oci", False),
        ("apptainer exec -B results box true", "BLD304", "destination must be an absolute path", False),
        ("apptainer exec -B /usr:/mnt:wr box true", "BLD304", "wr is not a valid bind option", False),
        ("apptainer exec --userns box", "BLD303", "requires at least 2 arg(s), only received 1", False),
        ("apptainer pull", "BLD303", "accepts between 1 and 2 arg(s), received 0", False),
        ("apptainer instance start box", "BLD303", "requires at least 2 arg(s), only received 1", False),
        ("apptainer exec app.def true", "BLD303", "image format not recognized", False),
        ("apptainer pull docker://a:1 b.sif", "BLD303", "b.sif not in transport:reference pair", False),
        ("apptainer exec -B /usr:/mnt /etc:/opt box true", "BLD303", "could not open image /etc:/opt", True),
        ("apptainer exec -e A=1 box true", "BLD303", "could not open image", True),
        ("apptainer exec -cleanenv box true", "BLD305", "unknown shorthand flag: 'l' in -leanenv", True),
        ("apptainer exec --gpu box true", "BLD305", "unknown flag: --gpu", False),
        ("apptainer run --rm box", "BLD305", "unknown flag: --rm", False),
        ("apptainer run -it box", "BLD305", "unknown shorthand flag: 't' in -t", False),
        ("apptainer build --no-cache out app.def", "BLD305", "unknown flag: --no-cache", False),
        ('apptainer exec -B "$PWD:data" box true', "BLD304", "destination must be an absolute path", False),
        ("apptainer exec -B /usr:/mnt:ro:rw box true", "BLD304", "bad bind syntax", False),
        ("apptainer exec -B /usr: box true", "BLD304", "mount point must contain a destination", False),
        (
            "apptainer exec --mount type=bind,src=/usr box true",
            "BLD304",
            "must specify a source and a destination",
            False,
        ),
        (
            "apptainer exec --mount type=tmpfs,src=/usr,dst=/mnt box true",
            "BLD304",
            'unsupported mount type "tmpfs"',
            False,
        ),
        ("apptainer exec --mount /usr:/mnt box true", "BLD304", 'invalid key "/usr:/mnt"', False),
        ("apptainer instance stat", "JOB103", "invalid command", False),
        ("apptainer cache claen", "JOB103", "invalid command", False),
        (
            "apptainer build --sandbox -B results:/mnt out app.def",
            "BLD304",
            "mount source /results doesn't exist",
            False,
        ),
    ],
)
def test_a_run_is_refused(line: str, code: str, words: str, can_be_mended: bool, place: Place) -> None:
    (found,) = findings(line)
    assert (found.code, found.severity) == (code, "error")
    status, said = place.run(line)
    assert status != 0
    assert words in said
    if can_be_mended:
        assert place.run(after_fix(line, found)) == (0, "")


def test_a_relative_source_is_mended(place: Place) -> None:
    line = "apptainer build --sandbox -B data:/mnt out app.def"
    # `data` may be meant as `/data`; another name is the current folder's for sure.
    assert findings(line) == []
    (place.folder / "data").rename(place.folder / "packages")
    line = line.replace("data", "packages")
    status, said = place.run(line)
    assert status != 0
    assert "mount source /packages doesn't exist" in said
    (found,) = findings(line)
    assert place.run(after_fix(line, found))[0] == 0


def test_a_build_makes_no_folder_to_bind_to(place: Place) -> None:
    status, said = place.run("apptainer build --sandbox -B /usr:/opt/repo out app.def")
    assert status != 0
    assert "destination /opt/repo doesn't exist in container" in said
    assert place.run("apptainer build --sandbox -B /usr:/opt/repo out made.def")[0] == 0


def test_an_image_that_is_there(place: Place) -> None:
    lines = "apptainer build --sandbox out app.def\napptainer build --sandbox out app.def"
    (found,) = findings(lines)
    assert found.code == "BLD308"
    status, said = place.run(lines)
    assert status != 0
    assert "already exists. Use --force" in said
    shutil.rmtree(place.folder / "out")
    assert place.run(after_fix(lines, found))[0] == 0


def test_what_is_not_called_an_error_is_none(place: Place, oracle: Oracle) -> None:
    for line in (
        "apptainer build --fakeroot --writable-tmpfs out.sif app.def",
        "apptainer build --nv --rocm --userns out.sif app.def",
        "apptainer build --ignore-subuid --tmpdir $PWD --library http://127.0.0.1:1 out.sif app.def",
        "apptainer build --section post,files --arch amd64 out.sif app.def",
        "apptainer build --build-arg VERSION= -T out.sif with.def",
        "apptainer build --build-arg '\"VERSION=1,b\"' out.sif with.def",
        "apptainer build --build-arg-file values out.sif with.def",
        "apptainer build --build-arg MORE=1 --warn-unused-build-args out.sif app.def",
    ):
        assert findings(line, place) == [], line
        _, said = place.run(line, str(oracle.folder / "apptainer.conf"))
        assert PLANNED in said, line
