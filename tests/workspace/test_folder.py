"""The Folder: what a name of a definition file stands for in real folders, and that nothing there makes it raise or wait."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from host.situation import account, inside, silent_mount, tmpfs
from image.sif_bytes import partition, sif

from sifcheck.base.facts import Unknown
from sifcheck.base.source import Source
from sifcheck.definition.model import Definition
from sifcheck.definition.reader import read_definition
from sifcheck.testing.folder_facts import START, check_facts, folder_from
from sifcheck.workspace import named_files
from sifcheck.workspace.folder import Folder, FolderEntry, FolderReader, Match, read_folder

HEAD = "Bootstrap: docker\nFrom: debian:12.5\n"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A pattern in the name of the folder itself is none.
    (tmp_path / "a[b]c*").mkdir()
    monkeypatch.chdir(tmp_path / "a[b]c*")
    monkeypatch.setenv("HOME", str(tmp_path))


def definition(text: str, path: str = "example.def") -> Definition:
    return read_definition(Source(path, text.encode()))


def entry(name: str, section: str = "files", path: str = "example.def") -> FolderEntry:
    """What the source of one line of %files stands for."""
    read = definition(f"{HEAD}%{section}\n    {name} /x/\n", path)
    (copy,) = read.stages[0].sections[0].copies
    found = read_folder(read).entry(copy)
    assert found is not None
    return found


def found(name: str, section: str = "files") -> list[str]:
    """The matches of a name, as paths below the current folder."""
    matches = entry(name, section).found
    return [os.path.relpath(match.path) for match in matches]


def only(name: str) -> Match:
    (match,) = entry(name).found
    return match


def write(*paths: str, mode: int = 0o644, size: int = 0) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(size)
        os.chmod(path, mode)


def test_a_file_and_what_is_known_of_it() -> None:
    write("data.txt", mode=0o640, size=1234)
    there = only("./data.txt")
    assert there == Match(os.path.abspath("data.txt"), "file", 1234, 0o640)
    assert (there.owner_readable, there.others_readable) == (True, False)
    missing = entry("./no.txt")
    assert (missing.matches, missing.missing, missing.tried) == (
        (), ("./no.txt",), os.path.abspath("no.txt"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("[!a].txt", ["b.txt"]),
        ("[^a].txt", ["b.txt"]),
        ("*/*.py", ["src/m.py"]),
        ("src/*/*.py", ["src/deep/n.py"]),
        ("**/n.py", []),
        ("src/*/", ["src/deep"]),
        (".h*", [".hidden"]),
        ("x[1].log", ["x[1].log"]),
        ("{a,b}.txt", ["a.txt", "b.txt"]),
        ("{a,src/m}.{txt,py}", ["a.txt", "src/m.py"]),
        ("n{1..2}.csv", ["n1.csv", "n2.csv"]),
        ("a.txt{,}", ["a.txt"]),
        ("{a}.txt", []),
        ("*.md", []),
        ("a.txt/", []),
        ("~/home.txt", ["../home.txt"]),
    ],
)
def test_patterns_as_the_runtimes_read_them(name: str, paths: list[str]) -> None:
    write("a.txt", "b.txt", ".hidden", "src/m.py", "src/deep/n.py", "x[1].log", "n1.csv", "n2.csv")
    write("../home.txt")
    assert sorted(found(name)) == sorted(paths)


def test_what_braces_stand_for_and_is_not_there() -> None:
    write("a.txt")
    assert entry("{a,b}.txt").missing == ("b.txt",)
    assert entry("*.md").missing == ("*.md",)


@pytest.mark.parametrize(
    "name", ["$HOME/x", "${X}", "`id`", "$(id)", "~root/x", "a\\b", "a;touch${IFS}ran", "-r"]
)
def test_what_only_a_shell_expands_is_unknown_and_never_run(name: str) -> None:
    entry_of_name = entry(name)
    assert isinstance(entry_of_name.matches, Unknown)
    assert entry_of_name.found == ()
    assert os.listdir() == []


def test_a_name_that_looks_like_shell_text_and_is_there() -> None:
    write("report(1).txt", "$x")
    assert found("report(1).txt") == ["report(1).txt"]
    assert found("$x") == ["$x"]


def test_files_of_apps_are_names_and_nothing_else() -> None:
    write("a.txt")
    assert found("a.txt", "appfiles app") == ["a.txt"]
    assert entry("*.txt", "appfiles app").missing == ("*.txt",)


def test_links_devices_and_pipes() -> None:
    write("real.txt", size=7)
    os.symlink("real.txt", "link")
    os.symlink("nowhere", "dangling")
    os.symlink("round", "round")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    assert [(only(name).kind, only(name).bytes) for name in ("link", "dangling", "round")] == [
        ("file", 7),
        ("dangling", 0),
        ("dangling", 0),
    ]
    assert [only(name).kind for name in ("pipe", "socket", "/dev/null")] == ["other"] * 3


def test_what_lies_in_a_folder() -> None:
    write("app/big", size=5000)
    write("app/src/a", "app/src/b", size=100)
    write("app/.ssh/id_rsa", mode=0o600)
    write("app/.git/HEAD", "app/old/image.sif", size=10)
    os.chmod("app/.ssh", 0o700)
    os.symlink("gone", "app/src/link")
    contents = only("app").contents
    assert contents is not None
    assert (contents.bytes, contents.files, contents.complete) == (5220, 6, True)
    assert [(part.name, part.bytes, part.files) for part in contents.largest[:2]] == [
        ("big", 5000, 1),
        ("src", 200, 2),
    ]
    assert contents.holds == (".git", ".ssh", "old/image.sif")
    assert contents.closed == (".ssh", ".ssh/id_rsa")
    assert contents.dangling == ("src/link",)
    assert only(".").contents is not None


def test_links_to_folders_are_not_followed() -> None:
    write("app/a", size=3)
    os.symlink(".", "app/self")
    os.symlink("/", "app/root")
    contents = only("app").contents
    assert contents is not None
    assert (contents.bytes, contents.files, contents.complete) == (3, 1, False)


def test_a_folder_with_too_many_entries_is_counted_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_files, "MOST_ENTRIES", 50)
    for number in range(60):
        write(f"app/deep/{number}")
    write("app/.git/HEAD")
    contents = only("app").contents
    assert contents is not None
    assert (contents.complete, contents.files < 60, contents.holds) == (False, True, (".git",))
    too_many = entry("app/deep/*9").matches
    assert isinstance(too_many, Unknown)
    assert "too many" in too_many.why


def test_the_whole_count_of_a_large_folder() -> None:
    os.mkdir("app")
    for number in range(named_files.MOST_ENTRIES + 10):
        os.close(os.open(f"app/{number}", os.O_CREAT))
    contents = only("app").contents
    assert contents is not None
    assert contents.files <= named_files.MOST_ENTRIES
    assert not contents.complete


def test_names_beyond_reason() -> None:
    assert isinstance(entry("{" + ",".join("ab") + "}" + "{a,b}" * 40).matches, Unknown)
    assert entry("x" * 5000).missing == ("x" * 5000,)
    assert isinstance(read_only(HEAD.encode() + b"%files\n    \xff\xfe /x\n").entries[0].matches, Unknown)
    assert isinstance(read_only(HEAD.encode() + b"%files\n    a\0b /x\n").entries[0].matches, Unknown)
    many = read_only((HEAD + "%files\n" + "".join(f"    f{n} /x/\n" for n in range(600))).encode())
    assert len(many.entries) == 600
    assert many.entries[0].missing == ("f0",)
    assert isinstance(many.entries[-1].matches, Unknown)


def read_only(data: bytes) -> Folder:
    return read_folder(read_definition(Source("example.def", data)))


def test_what_is_not_copied_from_the_host_is_not_looked_for() -> None:
    text = (
        "Bootstrap: docker\nFrom: a:1\nStage: one\n\nBootstrap: docker\nFrom: b:1\n"
        "%files from one\n    /opt/a /opt/a\n%files\n    {{ unknown }}/x /x\n    \n"
    )
    assert read_folder(definition(text)).entries == ()


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Bootstrap: localimage\nFrom: base.sif\n", "file"),
        ("Bootstrap: localimage\nFrom: tree\n", "folder"),
        ("Bootstrap: localimage\nFrom: none.sif\n", None),
        ("Bootstrap: docker-archive\nFrom: base.tar:latest\n", "file"),
        ("Bootstrap: oci-archive\nFrom: none.tar:latest\n", None),
        ("Bootstrap: oci\nFrom: tree@sha256:00\n", "folder"),
        ("Bootstrap: localimage\nFrom: base.tar:latest\n", None),
    ],
)
def test_a_base_image_on_disk(header: str, kind: str | None) -> None:
    write("base.sif", "base.tar", "tree/index.json")
    read = definition(header)
    base = read_folder(read).base(read.stages[0])
    assert base is not None
    assert [match.kind for match in base.found] == ([kind] if kind else [])
    if "none.tar" in header:
        assert base.tried == os.path.abspath("none.tar")


@pytest.mark.parametrize(
    "header",
    [
        "Bootstrap: docker\nFrom: a:1\n",
        "Bootstrap: localimage\nFrom: {{ base }}\n",
        "Bootstrap: localimage\n",
        "Bootstrap: docker-archive\nRegistry: r\nFrom: a\n",
        "Bootstrap: localimage\nFrom: file://a\n",
    ],
)
def test_a_base_that_is_no_path(header: str) -> None:
    read = definition(header)
    assert read_folder(read).base(read.stages[0]) is None


def test_a_file_that_lies_beside_the_definition() -> None:
    write("recipes/a.def", "recipes/data.txt")
    there = entry("data.txt", path="recipes/a.def")
    assert (there.missing, there.beside) == (("data.txt",), os.path.abspath("recipes"))
    assert entry("other.txt", path="recipes/a.def").beside is None
    write("data.txt")
    assert entry("data.txt", path="recipes/a.def").beside is None


def test_a_reader_looks_once_for_the_same_names() -> None:
    reader = FolderReader()
    first = reader(definition(f"{HEAD}%files\n    a.txt /x\n"))
    write("a.txt")
    assert reader(definition(f"{HEAD}%files\n    a.txt /y\n%post\n    :\n")) is first
    assert reader(definition(f"{HEAD}%files\n    a.txt /x\n    b.txt /x\n")) is not first


def test_many_files_are_read_ahead_as_each_alone() -> None:
    write("a.txt", "recipes/b.txt")
    files = [
        definition(f"{HEAD}%files\n    {name} /x\n", "recipes/x.def") for name in ("a.txt", "b.txt", "c.txt")
    ]
    reader = FolderReader()
    reader.prefetch([*files, definition(HEAD), *files])
    write("c.txt")
    assert [len(reader(one).entries[0].found) for one in files] == [1, 0, 0]
    assert [reader(one).entries[0].beside for one in files] == [None, os.path.abspath("recipes"), None]
    assert [len(read_folder(one).entries[0].found) for one in files] == [1, 0, 1]


def test_a_folder_that_is_gone() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
    try:
        assert entry("a.txt").found == ()
    finally:
        os.chdir("/")


def test_what_may_not_be_looked_into_is_unknown() -> None:
    def prepare() -> None:
        tmpfs("/mnt", "mode=755")
        os.mkdir("/mnt/shut", 0o700)
        os.mkdir("/mnt/open", 0o755)
        os.mkdir("/mnt/open/inner", 0o700)
        write("/mnt/shut/a.txt", "/mnt/open/b.txt")

    def look() -> str:
        shut, half = entry("/mnt/shut/a.txt"), only("/mnt/open")
        assert half.contents is not None
        why = shut.matches.why if isinstance(shut.matches, Unknown) else "known"
        return f"{why}; {half.contents.complete}; {half.contents.closed}; {entry('/mnt/shut/*.txt').found}"

    assert inside(prepare, look) == "Permission denied; False; ('inner',); ()"


def test_what_only_a_supplementary_group_opens() -> None:
    project, other = 54321, 54322

    def prepare() -> None:
        tmpfs("/mnt", "mode=755")
        for name, group in (("shut", project), ("open", 0), ("open/deep", 0)):
            os.mkdir(f"/mnt/{name}")
            os.chown(f"/mnt/{name}", 0, group)
            os.chmod(f"/mnt/{name}", 0o750 if group else 0o755)
        write("/mnt/shut/a.txt", "/mnt/open/b.txt", "/mnt/open/deep/c.txt")
        os.chown("/mnt/open/deep/c.txt", 0, other)
        os.chmod("/mnt/open/deep/c.txt", 0o640)
        os.symlink("/mnt/shut/a.txt", "/mnt/open/link")

    def look() -> str:
        names = ("shut/a.txt", "shut", "open/b.txt", "open/deep/c.txt", "open/link", "open")
        needed = [only(f"/mnt/{name}").needs_groups for name in names]
        return " ".join(
            "+".join(str(group.id) for group in one) or "none" if isinstance(one, tuple) else "unknown"
            for one in needed
        )

    # Of what a link to elsewhere in a folder takes nothing is said: the folder holds no more than was seen in it.
    expected = "54321 54321 none 54322 54321 54322"
    assert inside(prepare, look, groups=[project, other]) == expected
    everybody = inside(prepare, lambda: str(only("/mnt/open/b.txt").needs_groups))
    assert everybody == "()"


def test_a_mount_that_never_answers_takes_its_own_names_only() -> None:
    account()
    if not os.path.exists("/dev/fuse"):
        pytest.skip("needs /dev/fuse")

    def prepare() -> None:
        tmpfs("/mnt", "mode=755")
        silent_mount("/mnt/dead")

    def look() -> str:
        read = definition(f"{HEAD}%files\n    /mnt/dead/a /x\n    /etc/passwd /x\n    /mnt/none /x\n")
        return "; ".join(
            one.matches.why if isinstance(one.matches, Unknown) else str(len(one.matches))
            for one in read_folder(read).entries
        )

    assert inside(prepare, look) == "timed out after 3 s; 1; 0"


def test_a_folder_made_of_facts_answers_as_a_real_one() -> None:
    facts = {
        "src/a.py": {"bytes": 5},
        "src/b.py": {"mode": 0o600},
        "app": {"holds": [".git"], "largest": {"x": 70}},
        "old": "dangling",
        "near.txt": {"beside": "recipes"},
        "dead": {"unknown": "timed out"},
        "/srv/base.tar": "file",
    }
    check_facts(facts)
    text = (
        "Bootstrap: docker-archive\nFrom: /srv/base.tar:1\n%files\n"
        + "".join(f"    {name} /x/\n" for name in ("src/*.py", "src", "app", "old", "near.txt", "dead", "{src/a,c}.py", "$X"))
    )  # fmt: skip
    read = definition(text)
    folder = folder_from(facts, read)
    entries = {one.named: one for one in folder.entries}
    assert [match.path for match in entries["src/*.py"].found] == [f"{START}/src/a.py", f"{START}/src/b.py"]
    assert entries["src"].found[0].kind == "folder"
    assert entries["app"].found[0].contents is not None
    assert entries["app"].found[0].bytes == 70
    assert entries["old"].found[0].kind == "dangling"
    assert (entries["near.txt"].missing, entries["near.txt"].beside) == (("near.txt",), "recipes")
    assert entries["dead"].matches == Unknown("timed out")
    assert entries["{src/a,c}.py"].missing == ("c.py",)
    assert isinstance(entries["$X"].matches, Unknown)
    base = folder.base(read.stages[0])
    assert base is not None
    assert base.found[0].kind == "file"


@pytest.mark.parametrize("facts", [{"a": "flie"}, {"a": {"kind": "x"}}, {"a": {"byte": 1}}])
def test_facts_that_make_no_folder(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="folder: a"):
        check_facts(facts)


@pytest.mark.parametrize(
    ("head", "architecture"),
    [
        (b"#!/usr/bin/env run-singularity\n".ljust(32, b"\0") + b"SIF_MAGIC\x0001\x0004\0", "aarch64"),
        (b"\0" * 32 + b"SIF_MAGIC\x0001\x0000\0", None),
        (b"hsqs", None),
        (b"", None),
    ],
)
def test_the_processor_of_a_base_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, architecture: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.sif").write_bytes(head)
    definition = read_definition(Source("x.def", b"Bootstrap: localimage\nFrom: base.sif\n"))
    entry = read_folder(definition).base(definition.stages[0])
    assert entry is not None
    assert [match.architecture for match in entry.found] == [architecture]


SQUASHFS = b"hsqs" + bytes(92)
WHOLE = sif([partition(bytes(500))])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it is empty"),
        (b"text\n", "it is no SIF, squashfs or ext3 image"),
        (b"hsqs", "it is no SIF, squashfs or ext3 image"),
        (SQUASHFS, ""),
        (b"#!/usr/bin/env run-singularity\n" + SQUASHFS, ""),
        (b"#!/bin/sh\necho\n", "it is no SIF, squashfs or ext3 image"),
        (bytes(1080) + b"\x53\xef" + bytes(10), ""),
        (WHOLE[:200], "it was cut off: "),
        (WHOLE[:-1], "it was cut off: "),
        (WHOLE, ""),
    ],
)
def test_a_base_that_is_no_image(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "base.sif").write_bytes(content)
    definition = read_definition(Source("x.def", b"Bootstrap: localimage\nFrom: base.sif\n"))
    (match,) = read_folder(definition, str(tmp_path)).entries[0].found
    assert match.fault.startswith(fault) if fault else not match.fault


def test_what_the_user_may_not_read() -> None:
    def prepare() -> None:
        tmpfs("/mnt", "mode=755")
        write("/mnt/shut.txt", "/mnt/open.txt", "/mnt/project.txt")
        os.mkdir("/mnt/folder", 0o711)
        os.chmod("/mnt/shut.txt", 0o640)
        os.chown("/mnt/project.txt", 0, 54321)
        os.chmod("/mnt/project.txt", 0o640)

    def look() -> str:
        names = ("shut.txt", "open.txt", "project.txt", "folder")
        return str([only(f"/mnt/{name}").closed_by for name in names])

    assert inside(prepare, look, groups=[54321]) == "[0, None, None, 0]"
