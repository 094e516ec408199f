"""Configuration files: reading what may be anything, the lines of keys, extend, and files of strangers."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.base.toml_file import TomlFile, key_lines
from sifcheck.config.files import nearest_file, read_settings
from sifcheck.config.layers import Configuration
from sifcheck.config.settings import Settings, SettingsError


def settings(folder: Path) -> Settings:
    return Configuration(environment={}, site_file="").for_folder(str(folder))


def problems(folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


class TestReading:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"a = ", ":1: this is not TOML: Invalid value"),
            (b"jobs = 1\njobs = 2\n", ":2: this is not TOML: Cannot overwrite a value"),
            (b"jobs = 1\n\n\xff\n", ":3: this is not UTF-8"),
            (b"a = " + b"[" * 5000, ": values are nested too deeply"),
            (b"a = " + b"9" * 5000, ": this is not TOML:"),
            (b"jobs = " + b"0x" + b"f" * 5000, ":1: jobs:"),
            (b"#" * ((1 << 20) + 1), ": it is too large for a configuration"),
        ],
    )
    def test_broken(self, tmp_path: Path, content: bytes, words: str) -> None:
        (tmp_path / "sifcheck.toml").write_bytes(content)
        if words == ":1: jobs:":
            # A number without bounds is a number.
            assert settings(tmp_path).jobs > 1 << 64
            return
        (problem,) = problems(tmp_path)
        assert problem.startswith(f"sifcheck.toml{words}")
        assert len(problem) < 400

    def test_byte_order_mark_and_crlf(self, tmp_path: Path) -> None:
        (tmp_path / "sifcheck.toml").write_bytes(b"\xef\xbb\xbfjobs = 2\r\nquiet = true\r\n")
        assert (settings(tmp_path).jobs, settings(tmp_path).origin("quiet").line) == (2, 2)

    def test_what_is_no_plain_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "sifcheck.toml")
        assert problems(tmp_path) == ["sifcheck.toml: it is no plain file"]
        (tmp_path / "sifcheck.toml").unlink()
        (tmp_path / "sifcheck.toml").symlink_to("/dev/zero")
        assert problems(tmp_path) == ["sifcheck.toml: it is no plain file"]
        (tmp_path / "sifcheck.toml").unlink()
        (tmp_path / "sifcheck.toml").symlink_to("sifcheck.toml")
        assert problems(tmp_path) == ["sifcheck.toml: it cannot be read: too many levels of symbolic links"]
        (tmp_path / "sifcheck.toml").unlink()
        os.mkfifo(tmp_path / "pyproject.toml")
        assert settings(tmp_path).jobs == 0

    def test_unreadable(self) -> None:
        code = (
            "import os, sys, tempfile\nfrom sifcheck.config.files import read_settings\n"
            "with tempfile.TemporaryDirectory() as folder:\n"
            "    if os.geteuid() == 0: os.chown(folder, 65534, 65534), os.seteuid(65534)\n"
            "    path = f'{folder}/sifcheck.toml'\n"
            "    open(path, 'w').close(), os.chmod(path, 0)\n"
            "    read = read_settings(path)\n"
            "    print(read.table, read.readable, read.problem)\n"
            "    os.chmod(folder, 0)\n"
            "    print(read_settings(path)[:4])\n"
            "    os.chmod(folder, 0o700)\n"
            "    print(path)\n"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, second, path = ran.stdout.splitlines()
        assert first == "None False it cannot be read: permission denied"
        # In a folder that may not be looked into there is nothing for anybody to know.
        assert second == f"('{path}', None, {{}}, '')"

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("[tool.sifcheck]\njobs = 1\n", True),
            ("tool.sifcheck.jobs = 1\n", True),
            ("[tool]\nsifcheck = { jobs = 1 }\n", True),
            ("[project]\ndependencies = ['sifcheck']\n", False),
            ("[tool.other]\nname = 'sifcheck'\n", False),
            ("tool = 1 # sifcheck\n", False),
            ("this is = no [TOML", False),
        ],
    )
    def test_pyproject(self, tmp_path: Path, text: str, read: bool) -> None:
        (tmp_path / "pyproject.toml").write_text(text)
        assert settings(tmp_path).jobs == int(read)

    def test_broken_pyproject(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.sifcheck]\njobs = \n")
        (problem,) = problems(tmp_path)
        assert problem.startswith("pyproject.toml:2: this is not TOML")
        (tmp_path / "pyproject.toml").write_text("[tool]\nsifcheck = 1\n")
        assert problems(tmp_path) == ["pyproject.toml:2: tool.sifcheck is to be a table"]

    @given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
    def test_any_bytes(self, tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
        folder = tmp_path_factory.getbasetemp() / "any"
        folder.mkdir(exist_ok=True)
        (folder / "sifcheck.toml").write_bytes(content)
        told = ""
        try:
            settings(folder)
        except SettingsError as error:
            told = str(error)
        assert told.replace("\n", "").isprintable()


class TestLines:
    def test_keys(self) -> None:
        text = (
            'jobs = 1\n\n# select = 1\n severity.DEF401 = "x"\n"per-file-ignores" = { a = 1 }\n'
            '[ rules . DEF201 ]\nallowed = [\n  "a",\n]\n[[rules.x]]\n"a.b" = 1\n'
        )
        assert key_lines(text) == {
            "jobs": 1,
            "severity.DEF401": 4,
            "per-file-ignores": 5,
            "rules.DEF201": 6,
            "rules.DEF201.allowed": 7,
            "rules.x": 10,
            "rules.x.a.b": 11,
        }

    @given(st.text(alphabet="ab.[]=\"' \n\t#-", max_size=80))
    def test_any_text(self, text: str) -> None:
        lines = key_lines(text)
        assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return
        assert not table or lines

    def test_a_line_of_dots_is_no_slower(self) -> None:
        assert key_lines("a." * 100_000 + "\n" + "[" + "a . " * 50_000) == {}


class TestExtend:
    def test_chain(self, tmp_path: Path) -> None:
        (tmp_path / "base").mkdir()
        (tmp_path / "base/common.toml").write_text(
            'jobs = 1\nprofile = "strict"\nexclude = ["x/y"]\nignore = ["A"]\n'
        )
        (tmp_path / "base/pyproject.toml").write_text(
            '[tool.sifcheck]\nextend = "common.toml"\njobs = 2\nignore = ["B"]\n'
        )
        (tmp_path / "sifcheck.toml").write_text('extend = "base/pyproject.toml"\nignore = ["C"]\n')
        found = settings(tmp_path)
        assert (found.jobs, found.profile, found.ignore) == (2, "strict", ("A", "B", "C"))
        assert found.exclude == (f"{tmp_path}/base/x/y",)
        assert [file.removeprefix(f"{tmp_path}/") for file in found.files] == [
            "base/common.toml",
            "base/pyproject.toml",
            "sifcheck.toml",
        ]

    def test_loops(self, tmp_path: Path) -> None:
        (tmp_path / "sifcheck.toml").write_text('\nextend = "a.toml"')
        (tmp_path / "a.toml").write_text('extend = "link.toml"')
        (tmp_path / "link.toml").symlink_to("sifcheck.toml")
        assert problems(tmp_path) == ["a.toml:1: extend: 'link.toml' leads back to a file that builds on it"]
        (tmp_path / "sifcheck.toml").write_text('extend = "sifcheck.toml"')
        assert len(problems(tmp_path)) == 1

    def test_a_very_long_chain(self, tmp_path: Path) -> None:
        for number in range(30):
            (tmp_path / f"{number}.toml").write_text(f'extend = "{number + 1}.toml"')
        (tmp_path / "sifcheck.toml").write_text('extend = "0.toml"')
        assert problems(tmp_path) == ["18.toml:1: extend: the chain of files is too long"]

    def test_missing_and_broken(self, tmp_path: Path) -> None:
        file = tmp_path / "sifcheck.toml"
        file.write_text('jobs = 1\nextend = "no.toml"')
        assert problems(tmp_path) == ["sifcheck.toml:2: extend: 'no.toml' is not there"]
        file.write_text('extend = "pyproject.toml"')
        (tmp_path / "pyproject.toml").write_text("[tool.x]")
        assert problems(tmp_path) == ["sifcheck.toml:1: extend: 'pyproject.toml' has no table tool.sifcheck"]
        file.write_text('extend = "b.toml"\nx = 1')
        (tmp_path / "b.toml").write_text("y = 1\n")
        assert problems(tmp_path) == [
            "sifcheck.toml:2: unknown option 'x'",
            "b.toml:1: unknown option 'y'",
        ]
        (tmp_path / "b.toml").write_text("y")
        assert problems(tmp_path)[1].startswith("b.toml:1: this is not TOML")
        os.mkfifo(tmp_path / "pipe")
        file.write_text('extend = "pipe"')
        assert problems(tmp_path) == ["pipe: it is no plain file"]


class TestStrangers:
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
    @pytest.mark.parametrize("content", ["jobs = 3", "broken"])
    def test_a_file_of_another_user_where_anyone_may_write(self, tmp_path: Path, content: str) -> None:
        shared = tmp_path / "shared"
        (shared / "mine").mkdir(parents=True)
        planted = shared / "sifcheck.toml"
        planted.write_text(content)
        os.chown(planted, 12345, 12345)
        shared.chmod(0o1777)
        configuration = Configuration(environment={}, site_file="")
        assert configuration.for_folder(str(shared / "mine")).jobs == 0
        assert configuration.notes == [
            f"{planted} was left out: it is not yours, and anyone may write to its folder"
        ]
        # In the folder of a group it is a colleague's.
        planted.write_text("jobs = 3")
        shared.chmod(0o2775)
        assert settings(shared / "mine").jobs == 3
        # One's own file counts anywhere.
        shared.chmod(0o1777)
        os.chown(planted, 0, 0)
        assert settings(shared / "mine").jobs == 3


class TestLooks:
    def test_two_a_folder_and_each_folder_once(self, tmp_path: Path) -> None:
        (tmp_path / "a/b").mkdir(parents=True)
        (tmp_path / "a/c").mkdir()
        code = (
            "import sys\nfrom sifcheck.config.layers import Configuration\nlooks = []\n"
            "def note(event, arguments):\n    if event == 'open': looks.append(arguments[0])\n"
            "sys.addaudithook(note)\n"
            "made = Configuration(environment={}, site_file='')\n"
            "made.for_file('a/b/x.def'), made.for_file('a/b/y.def'), made.for_file('a/c/z.def')\n"
            "print(*looks, sep='\\n')\nprint('tomllib' in sys.modules, 'difflib' in sys.modules)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        *looks, modules = ran.stdout.splitlines()
        assert modules == "False False"
        below = [look.removeprefix(f"{tmp_path}/") for look in looks if look.startswith(f"{tmp_path}/")]
        assert below == [
            f"{folder}{name}"
            for folder in ("a/b/", "a/", "", "a/c/")
            for name in ("sifcheck.toml", "pyproject.toml")
        ]
        assert len(looks) == len(set(looks)) == len(below) + 2 * len(tmp_path.parents)

    def test_the_answer_is_kept_for_every_folder_passed(self, tmp_path: Path) -> None:
        (tmp_path / "sifcheck.toml").write_text("jobs = 1")
        (tmp_path / "a/b").mkdir(parents=True)
        known: dict[str, TomlFile | None] = {}
        found = nearest_file(str(tmp_path / "a/b"), known, [])
        assert found == read_settings(str(tmp_path / "sifcheck.toml"))
        assert set(known) == {str(tmp_path / "a/b"), str(tmp_path / "a"), str(tmp_path)}
