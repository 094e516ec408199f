"""What a file is, and which files a command line means."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.app.discover import Found, find_inputs
from sifcheck.app.kinds import HEAD_SIZE, kind_of

DEFINITION = "Bootstrap: docker\nFrom: alpine:3.20\n"
SIF = b"#!/usr/bin/env run-singularity\n".ljust(32, b"\0") + b"SIF_MAGIC\0" + b"01\0" + b"\0" * 100
JOB = "#!/bin/bash\n#SBATCH --time=1:00:00\nmake\n"


def put(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        write(folder / name, content)


def write(path: Path, content: str | bytes = DEFINITION) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def shown(found: list[Found]) -> list[tuple[str, str]]:
    return [(one.path, one.kind) for one in found]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def as_nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that all may enter, and the rights of an ordinary user: root can read everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        os.chdir("/")
        for place, _, _ in os.walk(folder):
            Path(place).chmod(0o755)
        shutil.rmtree(folder)


class TestKind:
    @pytest.mark.parametrize(
        ("name", "head", "kind"),
        [
            # By name, whatever they hold.
            ("x.def", b"", "definition"),
            ("x.def", b"<html>", "definition"),
            ("Singularity", b"\0\1", "definition"),
            ("Singularity.cuda-12.4", b"", "definition"),
            ("Apptainer", b"", "definition"),
            ("folder/Apptainer.dev", b"#!/bin/sh\n#SBATCH -n 1\n", "definition"),
            # The name of something else about them goes by content; of no known content, by name.
            ("Singularity.md", b"# Our images\n", "definition"),
            ("Singularity.sif", SIF, "image"),
            ("x.def", SIF, "image"),
            ("Singularity-run.sh", JOB.encode(), "job"),
            # Not the pattern.
            ("singularity.txt", b"notes", "unknown"),
            ("recipe.definition", b"notes", "unknown"),
        ],
    )
    def test_by_name(self, name: str, head: bytes, kind: str) -> None:
        assert kind_of(name, head) == kind

    @pytest.mark.parametrize(
        "head",
        [
            b"Bootstrap: docker\n",
            b"bootstrap:docker",
            b"BOOTSTRAP: docker\r\nFrom: x\r\n",
            b"\n\n# made by hand\n#!/bin/x\n   Bootstrap : docker\n",
            b"#!/usr/bin/env singularity\n\nBootstrap: docker\n",
            b"#!/bin/bash\nBootstrap: docker\n",
            b"\xef\xbb\xbfBootstrap: docker\n",
            b"\t\xc2\xa0Bootstrap\xe3\x80\x80: docker\n",
            b"# old\rBootstrap: docker\rFrom: x\r",
            "\ufeffBootstrap: docker\n".encode("utf-16-le"),
            b"# caf\xc3\x85\n# caf\xc3\xa9 \xe2\x80\xa8 \x85\nBootstrap: docker\n",
        ],
    )
    def test_definition_by_content(self, head: bytes) -> None:
        assert kind_of("recipe", head) == "definition"
        assert kind_of("", head) == "definition"

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            b"From: x\nBootstrap: docker\n",
            b"Bootstrapping: how to\n",
            b"Bootstrap docker\n",
            b"see Bootstrap: docker\n",
            b"Bootstrap: docker\0\n",
            b"\0" * 100,
        ],
    )
    def test_no_definition_by_content(self, head: bytes) -> None:
        assert kind_of("recipe", head) == "unknown"

    def test_a_first_line_alone_makes_no_definition_of_yaml_or_a_page(self) -> None:
        assert kind_of("values.yml", b"bootstrap: true\nimage: x\n") == "unknown"
        assert kind_of("values.yml", b"bootstrap: docker\nFrom: alpine\n") == "definition"
        assert kind_of("page.md", b"Bootstrap: a way to start\n") == "unknown"

    def test_only_the_head_is_looked_at(self) -> None:
        comment = b"#" * 99 + b"\n"
        assert kind_of("recipe", comment * 10 + b"Bootstrap: docker\n") == "definition"
        assert kind_of("recipe", comment * (HEAD_SIZE // 100 + 1) + b"Bootstrap: docker\n") == "unknown"

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("job", "#!/bin/bash\n#SBATCH -n 1\n"),
            ("job.sh", "make\n#PBS -l select=1\n"),
            ("job.pjm", "#PJM -L node=1\nmake\n"),
            ("run", "#PJM-L node=1\n"),
            ("run.py", "#!/usr/bin/env python3\n#SBATCH -n 1\n\nimport os\n"),
            ("a.sh", "singularity exec x.sif true\n"),
            ("a", "#!/bin/sh -e\nset -u\n  apptainer build x.sif x.def\n"),
            ("a", "#! /usr/bin/env -S bash\nsingularity biuld x.sif x.def\n"),
            ("a", "#!/bin/zsh\nsrun -n 4 /opt/apptainer/1.4/bin/apptainer exec x.sif prog\n"),
            ("a", "#!/bin/tcsh\nif ( -e x.sif ) singularity run x.sif\n"),
            ("a.sh", "mpirun -np 2 singularity \\\n  exec x.sif prog\n"),
            ("a.sh", 'x=$("/opt/bin/singularity" --version)\n'),
            ("a.sh", "echo $(singularity frobnicate)\n"),
            ("a.sh", "$(which singularity) exec x.sif true\n"),
            ("a.sh", "cd x && singularity -d exec x.sif true\n"),
            ("", "cd x\nsingularity exec x.sif true\n"),
        ],
    )
    def test_job(self, name: str, text: str) -> None:
        assert kind_of(name, text.encode()) == "job"

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.sh", "module load singularity\nmake\n"),
            ("a.sh", "apt-get install -y singularity squashfs-tools\n"),
            ("a.sh", "# singularity exec x.sif true\nmake\n"),
            ("a.sh", "cd /opt/singularity/bin\n./singularity-old exec\n"),
            ("a.sh", "##SBATCH -n 1\n# SBATCH -n 1\nmake\n"),
            ("a.sh", "#PJM_LOCALDIR is set by the system\nmake\n"),
            ("a.md.sh", "\n## Jobs\n```\n#!/bin/bash\n#SBATCH -n 1\n```\n"),
            ("a.md", "# Jobs\n\n    sbatch\n\n```\n#SBATCH -n 1\nsingularity exec x.sif true\n```\n"),
            ("make_jobs.py", 'TEXT = """\n#SBATCH -n 1\n"""\n'),
            ("a.py", "#!/usr/bin/env python3\nsubprocess.run('singularity exec x.sif true')\n"),
            ("a", "#!/usr/bin/fishy\nsingularity exec x.sif true\n"),
            ("a", "singularity exec x.sif true\n"),
            ("", "%post\n    singularity exec x.sif true\n"),
            ("", "From: alpine\n%help\nsingularity run x.sif\n"),
            ("", "Use it so:\n$ singularity exec x.sif true\n"),
        ],
    )
    def test_no_job(self, name: str, text: str) -> None:
        assert kind_of(name, text.encode()) == "unknown"

    def test_image(self) -> None:
        assert kind_of("x.sif", SIF) == "image"
        assert kind_of("", SIF) == "image"
        assert kind_of("old.simg", b"hsqs\0\0") == "image"
        assert kind_of("old.simg", b"#!/usr/bin/env run-singularity\nhsqs\0\0") == "image"
        assert kind_of("x.sh", b"#!/bin/sh\necho hsqs\n") == "unknown"
        assert kind_of("x.sif", SIF[:40]) == "unknown"

    @given(st.text(max_size=20), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
    def test_any_name_and_bytes_have_a_kind(self, name: str, head: bytes) -> None:
        assert kind_of(name, head) in ("definition", "job", "image", "unknown")

    @pytest.mark.parametrize(
        "head",
        [
            b"#!" + b"/" * HEAD_SIZE,
            b"#!/bin/sh\n" + b"singularity," * 5000,
            b"#!/bin/sh\n" + b"x" * 60000 + b" singularity x",
            b"#!/bin/env" + b" -x" * 20000,
            b" " * HEAD_SIZE,
        ],
    )
    def test_long_lines_are_judged_all_the_same(self, head: bytes) -> None:
        assert kind_of("a", head) in ("job", "unknown")

    def test_the_collected_files(self, corpus_folder: Path) -> None:
        jobs = sorted((corpus_folder / "jobs").iterdir())
        kinds = {path.name: kind_of(path.name, path.read_bytes()) for path in jobs}
        assert {name for name, kind in kinds.items() if kind != "job"} == set()
        by_content = [
            kind_of("recipe", path.read_bytes()) for path in (corpus_folder / "definitions").iterdir()
        ]
        assert by_content.count("definition") > 0.9 * len(by_content)
        assert by_content.count("image") == 0


class TestNamed:
    def test_a_file_is_there_as_given(self, here: Path) -> None:
        put(here, a=DEFINITION)
        write(here / "sub/b.def")
        paths = ["./a", "sub/../sub/b.def", str(here / "sub" / "b.def")]
        assert find_inputs(paths) == [
            Found("./a", "definition", True, "it begins with Bootstrap:"),
            Found("sub/../sub/b.def", "definition", True, "by its name"),
        ]

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("a.txt", "", "empty"),
            ("a.txt", "hello\n", "text with neither"),
            ("a.txt", "<!DOCTYPE html><html>", "page"),
            ("Dockerfile", "FROM alpine\nRUN apk add gcc\n", "Dockerfile"),
            ("a.sh", "#!/bin/sh\nmake\n", "script that calls neither"),
            ("a.json", '{"a": 1}', "JSON"),
            ("a", b"\x7fELF\2\1\1\0", "program"),
            ("a.sif", "<html>not found</html>", "whatever its name says"),
            ("a.bin", b"\1\0\2", "binary"),
        ],
    )
    def test_unknown_says_what_it_looks_like(
        self, here: Path, name: str, content: str | bytes, reason: str
    ) -> None:
        write(here / name, content)
        (found,) = find_inputs([name])
        assert (found.path, found.kind, found.named) == (name, "unknown", True)
        assert reason in found.reason

    def test_missing(self, here: Path) -> None:
        write(here / "a", "x")
        found = find_inputs(["no.def", "a/b.def", "x" * 300, "a\0b", "no.def"])
        assert [one.kind for one in found] == ["unreadable"] * 4
        assert [one.reason for one in found] == [
            "there is no such file or folder",
            "what stands before the last slash is no folder",
            "the name is too long",
            "no file can have this name",
        ]

    def test_link_in_a_circle(self, here: Path) -> None:
        (here / "a.def").symlink_to("b.def")
        (here / "b.def").symlink_to("a.def")
        assert find_inputs(["a.def"]) == [Found("a.def", "unreadable", True, "its links lead in a circle")]

    def test_pipe_socket_and_device_are_not_opened(self, here: Path) -> None:
        os.mkfifo(here / "pipe.def")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.def")
            found = find_inputs(["pipe.def", "socket.def", "/dev/zero"])
        assert [(one.kind, "pipe, socket or device" in one.reason) for one in found] == [
            ("unreadable", True)
        ] * 3

    def test_unreadable(self, as_nobody: Path) -> None:
        write(as_nobody / "a").chmod(0)
        write(as_nobody / "locked/b.def")
        (as_nobody / "locked").chmod(0)
        assert find_inputs(["a", "locked", "locked/b.def"]) == [
            Found("a", "unreadable", True, "permission denied"),
            Found("locked", "unreadable", True, "permission denied"),
            Found("locked/b.def", "unreadable", True, "permission denied"),
        ]

    def test_sandbox(self, here: Path) -> None:
        write(here / "box/.singularity.d/Singularity")
        write(here / "box/opt/x.def")
        assert find_inputs(["box", "box/"]) == [Found("box", "sandbox", True, "it holds .singularity.d")]
        assert shown(find_inputs(["."])) == [("box", "sandbox")]
        assert shown(find_inputs(["box/opt"])) == [("box/opt/x.def", "definition")]

    def test_undecodable_name(self, here: Path) -> None:
        name = os.fsdecode(b"caf\xe9.def")
        write(here / name)
        assert shown(find_inputs([name])) == [(name, "definition")]
        assert shown(find_inputs(["."])) == [(name, "definition")]

    def test_a_removed_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        assert [one.kind for one in find_inputs(["a.def"])] == ["unreadable"]
        assert [one.kind for one in find_inputs(["."])] == ["empty"]


class TestFolder:
    def test_order_and_form_of_paths(self, here: Path) -> None:
        for name in ("b.def", "a.def", "sub/Singularity", "sub/deep/x.def", "a.d/y.def"):
            write(here / name)
        inside = ["a.def", "b.def", "a.d/y.def", "sub/Singularity", "sub/deep/x.def"]
        assert [one.path for one in find_inputs(["."])] == inside
        assert [one.path for one in find_inputs(["./"])] == inside
        assert [one.path for one in find_inputs(["sub/"])] == ["sub/Singularity", "sub/deep/x.def"]
        assert [one.path for one in find_inputs(["./sub"])] == ["./sub/Singularity", "./sub/deep/x.def"]
        assert [one.path for one in find_inputs([str(here)])] == [str(here / name) for name in inside]
        assert not any(one.named for one in find_inputs(["."]))

    def test_kinds(self, here: Path) -> None:
        put(here, recipe=DEFINITION, notes="x", job=JOB, image=SIF)
        put(
            here,
            **{"Singularity.md": "# Images\n", "Singularity.txt": DEFINITION, "Apptainer.py": "import os\n"},
        )
        assert shown(find_inputs(["."])) == [
            ("Singularity.txt", "definition"),
            ("image", "image"),
            ("job", "job"),
            ("recipe", "definition"),
        ]
        assert shown(find_inputs(["Singularity.md", "notes"])) == [
            ("Singularity.md", "definition"),
            ("notes", "unknown"),
        ]

    def test_each_file_once(self, here: Path) -> None:
        write(here / "a.def")
        write(here / "sub/b.def")
        write(here / "sub/c.txt", "hello")
        assert find_inputs([".", "sub", "a.def", str(here), "sub/c.txt"]) == [
            Found("sub/b.def", "definition", False, "by its name"),
            Found("a.def", "definition", True, "by its name"),
            Found("sub/c.txt", "unknown", True, find_inputs(["sub/c.txt"])[0].reason),
        ]

    def test_a_folder_without_any_is_told(self, here: Path) -> None:
        put(here, notes="x")
        (here / "sub").mkdir()
        write(here / "full/a.def")
        assert shown(find_inputs(["."], exclude=["full"])) == [(".", "empty")]
        assert shown(find_inputs(["sub", "full"])) == [("sub", "empty"), ("full/a.def", "definition")]
        assert shown(find_inputs(["full/a.def", "full"])) == [("full/a.def", "definition")]

    def test_passed_over(self, here: Path) -> None:
        for name in (
            ".git/a.def", ".hg/a.def", ".svn/a.def", ".venv/a.def", ".cache/a.def", "node_modules/a.def",
            "__pycache__/a.def", "env/a.def", "cache/a.def", ".hidden.def", "._a.def", "a.def~", "kept.def",
            ".github/b.def",
        ):  # fmt: skip
            write(here / name)
        write(here / "env/pyvenv.cfg", "home = /usr/bin\n")
        write(here / "cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
        assert [one.path for one in find_inputs(["."])] == ["kept.def", ".github/b.def"]
        named = [".venv", "env", ".hidden.def"]
        assert [one.path for one in find_inputs(named)] == [".venv/a.def", "env/a.def", ".hidden.def"]

    def test_links(self, here: Path) -> None:
        write(here / "real/a.def")
        (here / "link.def").symlink_to("real/a.def")
        (here / "folder").symlink_to("real")
        (here / "real/up").symlink_to("..")
        (here / "broken.def").symlink_to("nowhere")
        (here / "broken.txt").symlink_to("nowhere")
        assert find_inputs(["."]) == [
            Found("broken.def", "unreadable", False, "it is a link that leads nowhere"),
            Found("link.def", "definition", False, "by its name"),
            Found("real/a.def", "definition", False, "by its name"),
        ]
        assert [one.path for one in find_inputs(["folder"])] == ["folder/a.def"]

    def test_what_is_no_plain_file_is_not_opened(self, here: Path) -> None:
        os.mkfifo(here / "pipe")
        os.mkfifo(here / "pipe.def")
        (here / "zero").symlink_to("/dev/zero")
        (here / "x.def").mkdir()
        assert shown(find_inputs(["."])) == [(".", "empty")]

    def test_unreadable_inside(self, as_nobody: Path) -> None:
        write(as_nobody / "a").chmod(0)
        write(as_nobody / "locked/b.def")
        (as_nobody / "locked").chmod(0)
        write(as_nobody / "z/c.def")
        assert find_inputs(["."]) == [
            Found("a", "unreadable", False, "permission denied"),
            Found("locked", "unreadable", False, "permission denied"),
            Found("z/c.def", "definition", False, "by its name"),
        ]

    def test_deep_folders(self, here: Path) -> None:
        at = here
        for _ in range(300):
            at = at / "d"
        at.mkdir(parents=True)
        write(at / "a.def")
        assert [one.path.count("/") for one in find_inputs(["."])] == [300]

    def test_looks(self, here: Path) -> None:
        """One look into each undecided file, none into one that its name decides or an archive."""
        for number in range(50):
            write(here / f"a{number}.def")
            write(here / f"b{number}.txt", "hello")
            write(here / f"c{number}.tar.gz", b"\x1f\x8b")
        count = (
            "import sys\nfrom sifcheck.app.discover import find_inputs\nlooks = []\n"
            "sys.addaudithook(lambda event, arguments: looks.append((event, arguments[0]))"
            " if event in ('open', 'os.scandir') else None)\n"
            "found = find_inputs(['.'])\n"
            "events = [event for event, _ in looks]\n"
            "print(len(found), events.count('open'), events.count('os.scandir'))\n"
            "print('pathspec' in sys.modules)\n"
        )
        ran = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True)
        assert ran.stdout == "50 50 1\nFalse\n"


class TestExclude:
    def test_globs(self, here: Path) -> None:
        for name in ("a.def", "old/b.def", "sub/old/c.def", "sub/d.def"):
            write(here / name)
        base = str(here)

        def left(*globs: str) -> list[str]:
            return [one.path for one in find_inputs(["."], exclude=globs) if one.kind != "empty"]

        assert left("old") == ["a.def", "sub/d.def"]
        assert left("*.def") == []
        assert left("[ab].def") == ["sub/d.def", "sub/old/c.def"]
        assert left(f"{base}/old") == ["a.def", "sub/d.def", "sub/old/c.def"]
        assert left(f"{base}/sub/*.def") == ["a.def", "old/b.def", "sub/old/c.def"]
        assert left(f"{base}/**/c.def") == ["a.def", "old/b.def", "sub/d.def"]

    def test_folders_above_the_named_one_do_not_count(self, here: Path) -> None:
        write(here / "build/a.def")
        assert [one.path for one in find_inputs(["build"], exclude=["build"])] == ["build/a.def"]

    def test_named_beats_excluded_unless_forced(self, here: Path) -> None:
        write(here / "a.def")
        write(here / "old/b.def")
        assert [one.path for one in find_inputs(["a.def", "old/b.def"], exclude=["*.def"])] == [
            "a.def",
            "old/b.def",
        ]
        assert find_inputs(["a.def", "old/b.def", "old"], exclude=["old", "a.*"], force_exclude=True) == []
        assert shown(find_inputs(["a.def", "old"], exclude=["old"], force_exclude=True)) == [
            ("a.def", "definition")
        ]

    def test_by_named_path(self, here: Path) -> None:
        write(here / "one/a.def")
        write(here / "two/a.def")
        found = find_inputs(["one", "two"], exclude=lambda path: ["a.def"] if path == "one" else [])
        assert shown(found) == [("one", "empty"), ("two/a.def", "definition")]


class TestGitignore:
    def test_nested_with_negation(self, here: Path) -> None:
        (here / ".git").mkdir()
        write(here / ".gitignore", "*.def\n!keep.def\n/build/\n# comment\n\nvendor\n")
        write(here / "sub/.gitignore", "!b.def\nkeep.def\r\n")
        top = ("a.def", "keep.def", "build/keep.def")
        below = ("sub/build/keep.def", "sub/b.def", "sub/a.def", "sub/keep.def", "sub/vendor/keep.def")
        for name in (*top, *below):
            write(here / name)
        assert [one.path for one in find_inputs(["."])] == ["keep.def", "sub/b.def"]
        assert len(find_inputs(["."], respect_gitignore=False)) == 8

    def test_agrees_with_git(self, here: Path) -> None:
        if shutil.which("git") is None:
            pytest.skip("git is not there")
        subprocess.run(["git", "init", "-q"], check=True)
        write(
            here / ".gitignore",
            "*.def\n!k*.def\n/one/x\ntwo/*\n!two/keep\nthree/**/y\n**/four\nfi?e\n[s]ix\n\\#a\ntrail \n",
        )
        write(here / "two/keep/.gitignore", "ka.def\n!a.def\n")
        names = ("a.def", "ka.def")
        folders = [".", "one", "one/x", "two", "two/keep", "two/lost", "three", "three/y", "three/p/q/y"]
        folders += ["p/four", "five", "six", "#a", "trail"]
        for folder in folders:
            for name in names:
                write(here / folder / name)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--others", "--exclude-standard"],
            capture_output=True,
            text=True,
            check=True,
        )
        wanted = {name for name in listed.stdout.split("\0") if name.endswith(".def")}
        assert {one.path for one in find_inputs(["."])} == wanted
        assert len(wanted) > 3

    def test_parents_up_to_the_repository(self, here: Path) -> None:
        write(here / ".gitignore", "*.def")
        write(here / "repo/.gitignore", "a.def\n/sub/c.def\n")
        (here / "repo/.git").mkdir()
        for name in ("a.def", "b.def", "c.def"):
            write(here / "repo/sub" / name)
        assert [one.path for one in find_inputs(["repo/sub"])] == ["repo/sub/b.def"]
        os.chdir(here / "repo/sub")
        assert [one.path for one in find_inputs(["."])] == ["b.def"]

    def test_outside_a_repository_only_what_lies_below_counts(self, here: Path) -> None:
        write(here / ".gitignore", "*.def")
        write(here / "sub/.gitignore", "a.def")
        write(here / "sub/a.def")
        write(here / "sub/b.def")
        assert [one.path for one in find_inputs(["sub"])] == ["sub/b.def"]

    def test_a_repository_in_a_repository_begins_anew(self, here: Path) -> None:
        (here / ".git").mkdir()
        write(here / ".gitignore", "*.def")
        (here / "inner/.git").mkdir(parents=True)
        write(here / "inner/a.def")
        assert [one.path for one in find_inputs(["."])] == ["inner/a.def"]

    def test_what_is_named_is_not_ignored(self, here: Path) -> None:
        (here / ".git").mkdir()
        write(here / ".gitignore", "build\nx.def\n")
        write(here / "build/a.def")
        write(here / "x.def")
        assert [one.path for one in find_inputs(["build", "x.def"])] == ["build/a.def", "x.def"]

    @pytest.mark.parametrize("content", [b"!\n/\n[\nx.def\n", b"\xff\xfe\nx.def\n", b"\xef\xbb\xbfx.def\r\n"])
    def test_odd_lines(self, here: Path, content: bytes) -> None:
        write(here / ".gitignore", content)
        write(here / "x.def")
        write(here / "y.def")
        assert [one.path for one in find_inputs(["."])] == ["y.def"]

    def test_a_pattern_that_would_take_ages_is_left_out(self, here: Path) -> None:
        write(here / ".gitignore", "*a" * 30 + "b\n" + "**/a/" * 30 + "b\n")
        write(here / ("a/" * 200 + "c.def"))
        write(here / ("a" * 240 + ".def"))
        assert len(find_inputs(["."])) == 2

    def test_gitignore_that_is_no_file(self, here: Path) -> None:
        os.mkfifo(here / ".gitignore")
        write(here / "x.def")
        (here / "sub/.gitignore").mkdir(parents=True)
        write(here / "sub/y.def")
        assert [one.path for one in find_inputs(["."])] == ["x.def", "sub/y.def"]
