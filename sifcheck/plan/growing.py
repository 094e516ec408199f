"""What the scripts of a definition file add to the image, which nobody can foretell: declared, remembered, or assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.plan.model import NOTHING, Range
from sifcheck.plan.sizing import MB, Growth

if TYPE_CHECKING:
    from sifcheck.definition.model import Section, Stage

__all__ = ["assumed", "declared", "remembered_growth"]

_SCRIPTS = ("setup", "post", "appinstall")

# What makes folders, links and lines of text, and nothing that takes room.
_SMALL = frozenset(
    "basename cat cd chgrp chmod chown date dirname echo env exit export false find grep groupadd hostname id ldconfig ln "
    "locale-gen ls mkdir mv printf pwd read rm rmdir sed set sleep test touch true tr umask uname unset useradd wc which "
    "[ [[ : .".split()
)
# What fetches, unpacks, installs or compiles.
_LARGE = frozenset(
    "apt apt-get aptitude apk bunzip2 bzip2 cabal cargo cmake conda curl dnf docker dpkg easy_install g++ gcc gem gfortran "
    "git go gunzip gzip julia mamba make meson microdnf micromamba mvn ninja npm pacman pip pip2 pip3 pixi poetry R rpm "
    "Rscript rsync spack svn tar unxz unzip uv wget xz yarn yum zypper".split()
)

_FEW = Range(0, MB // 10, 2 * MB)
_SOME = Range(0, 50 * MB, 500 * MB)
_MANY = Range(0, 500 * MB, 2000 * MB)


def declared(size: int) -> Growth:
    """What the user said: it may be less, and half as much again."""
    return Growth(Range(0, size, int(1.3 * size)), Range(0, int(1.1 * size), int(1.6 * size)), "declared")


def remembered_growth(added: int, *, same: bool) -> Growth:
    """What an earlier build added.  `same`: the file is as it was then; else it may add less or half as much again."""
    if same:
        kept = Range(int(0.9 * added), added, int(1.15 * added) + 2 * MB)
    else:
        kept = Range(0, added, int(1.5 * added) + 100 * MB)
    return Growth(kept, Range(kept.low, int(1.2 * kept.likely), 2 * kept.high), "remembered")


def assumed(stage: Stage) -> Growth:
    """By the kind of commands that the scripts of a stage hold: nothing, a little, or what installing usually takes.

    The lower end is nothing: a guess is no reason to refuse a build.
    """
    sections = [section for section in stage.named(*_SCRIPTS) if section.body.strip()]
    size = max((_of_script(section) for section in sections), default=NOTHING)
    if not size.high:
        return Growth()
    return Growth(size, Range(0, int(1.2 * size.likely), int(1.5 * size.high)), "assumed")


def _of_script(section: Section) -> Range:
    """What one script may add."""
    words = [word.rpartition("/")[2] for word in section.shell.split()]
    if words[:1] not in (["sh"], ["bash"], ["dash"], ["ash"]):
        return _SOME
    size = NOTHING
    for command in section.script.commands():
        program = (command.program or "").rpartition("/")[2]
        if program in _LARGE or program.startswith(("python", "gcc-", "g++-")):
            return _MANY
        # A word without a program sets variables.
        size = max(size, _FEW if program in _SMALL or not program else _SOME)
    return size
