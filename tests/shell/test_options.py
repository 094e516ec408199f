"""Options, their values, and operands."""

from __future__ import annotations

import pytest

from sifcheck.base.source import Span
from sifcheck.shell import Command, Word, parse_script


def command(text: str) -> Command:
    return parse_script(text, place=Span).commands()[0]


def text_of(word: Word | None) -> str | None:
    return word.text if word is not None else None


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("dnf -y install x", ("-y",), "-y"),
        ("dnf install x -y", ("-y", "--assumeyes"), "-y"),
        ("dnf install x --assumeyes", ("-y", "--assumeyes"), "--assumeyes"),
        ("apt-get -qy install x", ("-y",), "-qy"),
        ("apt-get -yqq install x", ("-y",), "-yqq"),
        ("dnf --setopt=x=1 install y", ("--setopt",), "--setopt=x=1"),
        ("dnf --setopt=$X install y", ("--setopt",), "--setopt=$X"),
        ("make -j$(nproc)", ("-j",), "-j$(nproc)"),
        ('sed "-i" x', ("-i",), '"-i"'),
        ("rm -- -y", ("-y",), None),
        ("rm --yes-no", ("--yes",), None),
        ("rm --yy", ("-y",), None),
        ("find . -type f", ("-name",), None),
        ("run $ARGUMENTS", ("-y",), None),
        ("run y", ("-y",), None),
        ("sudo -y dnf install", ("-y",), None),
        ("set +e", ("+e",), "+e"),
    ],
)
def test_options(text: str, names: tuple[str, ...], found: str | None) -> None:
    assert text_of(command(text).option(*names)) == found


@pytest.mark.parametrize(
    ("text", "names", "value"),
    [
        ("run --prefix=/opt/x", ("--prefix",), "/opt/x"),
        ("run --prefix /opt/x", ("--prefix",), "/opt/x"),
        ("run --prefix=$D/x", ("--prefix",), "$D/x"),
        ('run "--prefix=/opt/x y"', ("--prefix",), "/opt/x y"),
        ("run --prefix=", ("--prefix",), ""),
        ("run --prefix", ("--prefix",), None),
        ("run -p /opt/x", ("-p",), "/opt/x"),
        ("run -p/opt/x", ("-p",), "/opt/x"),
        ("run -bp /opt/x", ("-p",), "/opt/x"),
        ("run -j4", ("-j",), "4"),
        ("run -j$(nproc)", ("-j",), "$(nproc)"),
        ("run -o '' -x", ("-o",), "''"),
        ("run --other -q", ("-p", "--prefix"), None),
        ("run -- -p x", ("-p",), None),
        ("cmake -DCMAKE_INSTALL_PREFIX=/opt/x ..", ("-DCMAKE_INSTALL_PREFIX",), "/opt/x"),
        ("git clone -b v1 --depth 1 URL", ("--branch", "-b"), "v1"),
    ],
)
def test_values_of_options(text: str, names: tuple[str, ...], value: str | None) -> None:
    assert text_of(command(text).option_value(*names)) == value


def test_the_value_of_an_option_is_no_option() -> None:
    found = command("curl -o -y URL")
    assert text_of(found.option("-y")) == "-y"
    assert found.option("-y", takes_value=("-o",)) is None
    assert text_of(found.option_value("-o", takes_value=("-o",))) == "-y"
    glued = command("gcc -oyes -y x.c")
    assert text_of(glued.option("-y", takes_value=("-o",))) == "-y"


def test_operands() -> None:
    found = command("curl -fsSL -o out --retry 3 --url=x URL - -- -z")
    assert [word.text for word in found.operands()] == ["out", "3", "URL", "-", "-z"]
    assert [word.text for word in found.operands(takes_value=("-o", "--retry"))] == ["URL", "-", "-z"]
    assert [word.text for word in command("run -qo out in").operands(("-o",))] == ["in"]
    assert [word.text for word in command("run -oout in").operands(("-o",))] == ["in"]
    assert [word.text for word in command("sudo -u me rm -rf $X '' a").operands()] == ["$X", "''", "a"]
