"""What the commands of a script do to files, as far as their words tell."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Script, parse_script
from sifcheck.shell.effects import (
    ChangedFolder,
    Copied,
    Downloaded,
    Removed,
    Unpacked,
    Written,
    effects_of,
    first_unknown,
    is_sure,
    known_value,
    names_made,
    path_start,
    sets_errexit,
)
from sifcheck.shell.effects.commands import COMMANDS
from sifcheck.shell.effects.model import READERS


def script_of(text: str) -> Script:
    return parse_script(text, place=Span)


def told(text: str) -> list[str]:
    """Each effect in words: what it is, and the words that it names."""
    found = []
    for effect in effects_of(script_of(text)):
        names = []
        for value in effect[1:]:
            words = value if isinstance(value, tuple) else (value,)
            names += [word.text if hasattr(word, "text") else str(word) for word in words]
        found.append(" ".join([type(effect).__name__, *names]))
    return found


@pytest.mark.parametrize(
    ("line", "effects"),
    [
        ("echo a > /x", ["Written /x >"]),
        ("for i in a; do echo $i; done >> /x", ["Written /x >>"]),
        ("echo a 2>&1", []),
        ("echo a | tee -a /x /y", ["Written /x tee", "Written /y tee"]),
        ("sed -i s/a/b/ /x /y", ["Written /x sed -i", "Written /y sed -i"]),
        ("sed -i.old -e s/a/b/ /x", ["Written /x sed -i"]),
        ("sed s/a/b/ /x", []),
        ("touch -d yesterday /x", ["Written /x touch"]),
        ("dd if=/a of=/b bs=1M", ["Written /b dd"]),
        ("cp -r a b /c", ["Copied a b /c"]),
        ("cp -t /c a b", ["Copied a b /c"]),
        ("sudo install -m 755 a /c", ["Copied a /c"]),
        ("install -d /c /d", ["MadeFolder /c /d"]),
        ("rsync -e ssh --exclude .git a h:b", ["Copied a h:b"]),
        ("mv a b", ["Moved a b"]),
        ("ln -s /a", ["Linked /a None"]),
        ("mkdir -p -m 755 /a /b", ["MadeFolder /a /b"]),
        ("rm -rf /a /b*", ["Removed /a /b* False"]),
        ("find /a /b -delete", ["Removed /a /b False"]),
        ("find /a -name '*.o' -exec rm {} +", ["Removed /a True"]),
        ("find /a -name '*.o'", []),
        ("tar -xzf a.tgz -C /opt x", ["Unpacked a.tgz /opt x"]),
        ("tar xf a.tar", ["Unpacked a.tar None"]),
        ("tar czf a.tgz b", ["Written a.tgz tar"]),
        ("tar tf a.tar", []),
        ("unzip -q a.zip -d /opt", ["Unpacked a.zip /opt"]),
        ("cd /a && pushd b; cd", ["ChangedFolder /a", "ChangedFolder b", "ChangedFolder None"]),
        ("git clone -b v1 https://h/r.git /opt/r", ["Downloaded https://h/r.git https://h/r.git /opt/r"]),
        ("git pull", []),
        ("curl -fsSLo a https://h/b", ["Downloaded https://h/b https://h/b a"]),
        ("curl -L -O https://h/b", ["Downloaded https://h/b https://h/b None"]),
        ("wget -o log -O a https://h/b", ["Downloaded https://h/b https://h/b a"]),
        ("curl -x http://p:1 -e https://r/ https://h/b", ["Downloaded https://h/b https://h/b None"]),
    ],
)
def test_what_a_command_does(line: str, effects: list[str]) -> None:
    assert told(line) == effects


def test_effects_stand_in_order_and_can_be_chosen() -> None:
    script = script_of("rm a\necho x > b\ncp b c\nrm d\n")
    assert [type(one).__name__ for one in effects_of(script)] == ["Removed", "Written", "Copied", "Removed"]
    assert [one.paths[0].text for one in effects_of(script, Removed)] == ["a", "d"]
    assert [type(one) for one in effects_of(script, Written, Copied)] == [Written, Copied]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("rm a", True),
        ("rm a || true", False),
        ("if x; then rm a; fi", False),
        ("f() { rm a; }", False),
        ("for i in 1; do rm a; done", False),
    ],
)
def test_what_comes_about_each_time(text: str, sure: bool) -> None:
    (effect,) = effects_of(script_of(text), Removed)
    assert is_sure(effect) is sure


@pytest.mark.parametrize(
    ("removed", "folder", "goes"),
    [
        ("/var/lib/apt/lists/*", "/var/lib/apt/lists", True),
        ("/var/lib/apt", "/var/lib/apt/lists", True),
        ("/var/cache/{dnf,yum}", "/var/cache/yum", True),
        ("/var/cache/*", "/var/cache/dnf", True),
        ("/var/*/dnf", "/var/cache/dnf", True),
        ("/var/cache/dnf2", "/var/cache/dnf", False),
        ("/", "/var/cache/dnf", False),
        ("cache", "/var/cache/dnf", False),
    ],
)
def test_a_folder_is_taken_away(removed: str, folder: str, goes: bool) -> None:
    (effect,) = effects_of(script_of(f"rm -rf {removed}"), Removed)
    assert effect.takes_away(folder) is goes


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("wget https://h/a.tgz?x=1", "a.tgz"),
        ("curl -o /tmp/b.tgz https://h/a.tgz", "b.tgz"),
        ("wget -O - https://h/a.tgz", "a.tgz"),
    ],
)
def test_the_name_of_a_download(line: str, name: str) -> None:
    (download,) = effects_of(script_of(line), Downloaded)
    assert download.saved_as == name


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("cp x/a.sif .", {"a.sif", "."}),
        ("wget https://h/a.sif", {"a.sif"}),
        ("tar xf a.tar b/c.sif", {"c.sif"}),
        ("cat x > $D/a.sif", {"a.sif"}),
        ("rm a.sif", set()),
    ],
)
def test_the_names_of_what_may_be_made(line: str, names: set[str]) -> None:
    assert {name for effect in effects_of(script_of(line)) for name in names_made(effect)} == names


def test_paths_with_variables_substituted() -> None:
    script = script_of('D=/opt//x\ncd "$D/y"\ncd ~/z\ncd $UNKNOWN/a\ncd $D/$UNKNOWN\n')
    words = [effect.folder for effect in effects_of(script, ChangedFolder)]
    assert [known_value(word) for word in words] == ["/opt//x/y", "~/z", None, None]
    assert [path_start(word) for word in words] == ["/opt/x/y", "/root/z", "", "/opt/x/"]


def test_where_anything_may_happen() -> None:
    assert first_unknown(script_of("cd /a\nbash x.sh\n")) == 6
    assert first_unknown(script_of("cd /a\n")) == 6


@pytest.mark.parametrize(
    ("line", "turned"),
    [("set -e", True), ("set -eux", True), ("set +e", False), ("set -o errexit", True), ("set -x", None)],
)
def test_errexit(line: str, turned: bool | None) -> None:
    (command,) = script_of(line).commands()
    assert sets_errexit(command) is turned


def test_each_program_has_a_reader_and_each_reader_a_program() -> None:
    assert {row.effect for row in COMMANDS.values()} == set(READERS)
    (unpacked,) = effects_of(script_of("bsdtar -xf a.tar"), Unpacked)
    assert unpacked.archive.text == "a.tar"
