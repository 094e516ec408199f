"""What package managers leave behind, and updates of the whole system."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from sifcheck.api import (
    Command,
    Edit,
    Findings,
    PackageCall,
    Removed,
    Stage,
    bad,
    effects_of,
    finding,
    good,
    insert_after,
    last_line,
    line_after,
    package_calls,
    pattern,
    related,
    rule,
    unquoted,
)
from sifcheck_rules._build_host import ALL_IDS, SINGLE_ID, mode_of

if TYPE_CHECKING:
    from sifcheck.api import Host


APT_LISTS = ("/var/lib/apt/lists",)
DNF_CACHES = ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5")

_INSTALLS = ("install", "upgrade")
_PIP_CACHE = pattern(r"(?:^|/)\.cache(?:/\*|/pip\b.*)?/?$")
_CONDA_CACHE = pattern(r"(?:/pkgs(?:/.*)?|/(?:mini|ana)?conda[23]?|/(?:mini|mamba)forge3?|/micromamba)/?$")
_PIP_SETTING = pattern(
    r"PIP_NO_CACHE_DIR|PIP_CACHE_DIR|XDG_CACHE_HOME|no-cache-dir\s*=|global\.no-cache-dir|global\.cache-dir"
)


@rule(
    "DEF401",
    severity="info",
    fix="safe",
    gathers=("DEF410",),
    message="{manager} leaves its cache in the image",
    help="run `{manager} clean all` after the last install",
)
@bad(
    """
    %post
        dnf install -y gcc
        ^^^^^^^^^^^^^^^^^^
    """,
    base="rockylinux:9.4",
    fixed="""
    %post
        dnf install -y gcc
        dnf clean all
    """,
)
@good("""
    %post
        dnf install -y gcc && dnf clean all
    """)
def dnf_cache_left(stage: Stage) -> Findings:
    """The cache of dnf, yum or microdnf stays in the image.

    Every install keeps the metadata of all repositories, and older versions the packages too, below /var/cache.  An image
    has no layers, so cleaning up at the end really makes it smaller.  Source: `clean all` stands in the guide of RIKEN on
    images and in CSC's; 7.0 % of 2,639 public files lack it.
    """
    left = _last_left(stage, "dnf", lambda call: call.values("--installroot") == [], _cleans_all, DNF_CACHES)
    if left is not None:
        yield finding(
            left.command, fix=line_after(left.command, f"{left.written} clean all"), manager=left.tool
        )


def _cleans_all(call: PackageCall) -> bool:
    return any(word.value == "all" for word in call.names)


@rule(
    "DEF409",
    severity="info",
    fix="safe",
    gathers=("DEF401", "DEF410"),
    message="the package lists that apt fetched stay in the image",
    help="`rm -rf /var/lib/apt/lists/*` at the end: 30 to 50 MB less",
)
@bad(
    """
    %post
        apt update && apt install -y gcc
                      ^^^^^^^^^^^^^^^^^^
    """,
    base="debian:12",
    fixed="""
    %post
        apt update && apt install -y gcc && rm -rf /var/lib/apt/lists/*
    """,
)
@good("""
    %post
        apt-get update
        apt-get install -y gcc
        rm -rf /var/lib/apt/lists/* /tmp/build
    """)
def apt_lists_left(stage: Stage) -> Findings:
    """The lists of all packages in the archive stay in the image.

    `apt-get update` fetches them, and the next one would fetch them anew: nothing in the image needs them.  `apt-get
    clean` is not asked for, since published Debian and Ubuntu images are set up to keep no packages.  Source: the guide
    of Satellite Fugaku; 43.9 % of 7,815 public files leave them.
    """
    left = _last_left(stage, "apt", lambda _: True, lambda call: call.verb.value == "distclean", APT_LISTS)
    if left is None or "Dir::State" in stage.build_text or not _fetches_lists(stage):
        return
    made = last_line(left.command.script, "rm -rf /var/lib/apt/lists/*")
    edits, safe = made if made is not None else (None, None)
    yield finding(left.command, fix=edits, safe=safe)


_UPDATES = pattern(r"\bapt(?:-get|itude)?\s+(?:-\S+\s+)*update\b")


def _fetches_lists(stage: Stage) -> bool:
    """Whether the stage brings package lists: published images of Debian and Ubuntu hold none."""
    if _UPDATES.search(stage.build_text) is not None:
        return True
    if any(call.family == "apt" and call.action == "update" for call in package_calls(stage.build_scripts)):
        return True
    return any(
        command.option("-n", "--no-update") is None
        for script in stage.build_scripts
        for command in script.commands("add-apt-repository", "apt-add-repository")
    )


@rule(
    "DEF410",
    severity="info",
    fix="safe",
    gathers=("DEF410.conda", "DEF609"),
    message={
        "pip": "pip keeps what it downloads and builds in a cache inside the image",
        "conda": "{manager} leaves its package cache in the image",
    },
    help={
        "pip": "`{call} --no-cache-dir`{where}, or `export PIP_NO_CACHE_DIR=1` above",
        "conda": "run `{clean}` after the last install",
    },
)
@bad(
    """
    %post
        pip install numpy==2.1.0
        ^^^^^^^^^^^^^^^^^^^^^^^^
        python3 -m pip install -r /opt/requirements.txt
    """,
    base="python:3.12",
    fixed="""
    %post
        pip install --no-cache-dir numpy==2.1.0
        python3 -m pip install --no-cache-dir -r /opt/requirements.txt
    """,
)
@good("""
    %post
        pip --no-cache-dir install numpy==2.1.0
        PIP_NO_CACHE_DIR=1 pip3 install scipy==1.14.1
    """)
def python_cache_left(stage: Stage) -> Findings:
    """The downloads of pip or conda stay in the image.

    pip keeps every archive and every wheel it built below ~/.cache, conda every package twice: packed and unpacked below
    `pkgs`.  Source: CSC's guide; of 2,639 public files 27.1 % for pip and 10.8 % for conda.
    """
    if not stage.is_last:
        return
    kept = _uncleaned_pip(stage)
    if kept:
        first = kept[0]
        yield finding(
            first.command,
            "pip",
            fix=[_flag(call) for call in kept],
            related=[related(call.command, "so does this call") for call in kept[1:]],
            call=f"{first.tool} install",
            where=_in_calls(len(kept)),
        )
    if "CONDA_PKGS_DIRS" in stage.build_text:
        return
    left = _last_left(stage, "conda", lambda _: True, lambda _: True, _CONDA_CACHE)
    if left is not None:
        clean = f"{left.written} clean {'--all --yes' if left.tool == 'micromamba' else '-afy'}"
        yield finding(
            left.command, "conda", fix=line_after(left.command, clean), manager=left.tool, clean=clean
        )


def _uncleaned_pip(stage: Stage) -> list[PackageCall]:
    """The installs by pip that fill its cache, none where that is emptied afterwards."""
    if _last_left(stage, "pip", _fills_cache, lambda _: True, _PIP_CACHE) is None or _PIP_SETTING.search(
        stage.build_text
    ):
        return []
    return [
        call
        for call in package_calls(stage.build_scripts)
        if call.family == "pip" and call.action == "install" and _fills_cache(call)
    ]


def _fills_cache(call: PackageCall) -> bool:
    return not any(
        option.name.startswith(("--no-cache", "--cache-dir", "--dry-run")) for option in call.options
    )


def _in_calls(number: int) -> str:
    return "" if number == 1 else " in both calls" if number == 2 else f" in all {number} calls"


def _flag(call: PackageCall) -> Edit:
    end = call.verb.span.end
    return Edit(end, end, " --no-cache-dir")


def _last_left(
    stage: Stage,
    family: str,
    counts: Callable[[PackageCall], bool],
    cleans: Callable[[PackageCall], bool],
    folders: tuple[str, ...] | re.Pattern[str],
) -> PackageCall | None:
    """The last install by a manager of that family, if nothing behind it takes its leavings away.

    What lies in a stage that is thrown away is no matter.
    """
    if not stage.is_last:
        return None
    calls = [call for call in package_calls(stage.build_scripts) if call.family == family]
    last = next((call for call in reversed(calls) if call.action in _INSTALLS and counts(call)), None)
    if last is None:
        return None
    scripts = stage.build_scripts
    order = {script: number for number, script in enumerate(scripts)}
    here = (order[last.command.script], last.command.start)

    def follows(command: Command) -> bool:
        return command.function is not None or (order[command.script], command.start) > here

    if any(call.action == "clean" and cleans(call) and follows(call.command) for call in calls):
        return None
    removed = (one for script in scripts for one in effects_of(script, Removed))
    return None if any(follows(one.command) and _empties(one, folders) for one in removed) else last


def _empties(removed: Removed, folders: tuple[str, ...] | re.Pattern[str]) -> bool:
    # By the tuple: a compiled pattern is of no one type.
    if isinstance(folders, tuple):
        return removed.takes_away(*folders)
    return any(folders.search(unquoted(word)) for word in removed.paths)


_EXCLUDED = pattern(
    r"exclude(?:pkgs)?\s*=\s*\S*filesystem|\baddlock\b[^\n]*\bfilesystem|\bversionlock\b[^\n]*\bfilesystem"
)
_CHOSEN = (
    "--security",
    "--sec-severity",
    "--advisory",
    "--advisories",
    "--bugfix",
    "--cve",
    "--bz",
    "--downloadonly",
)
_WITH_EXCLUDE = ("dnf", "yum", "dnf5", "dnf-3", "tdnf")
_FILESYSTEM = "`{tool} {verb}` renews the package `filesystem` too, which may fail where a build has a single user id, as here"


@rule(
    "DEF404",
    severity="warning",
    confidence="medium",
    fix="unsafe",
    message={"": _FILESYSTEM, "newer": _FILESYSTEM},
    help={
        "": "add `--exclude='filesystem*'`, or choose a newer base tag instead of updating an old one",
        "newer": "choose a newer base tag instead of updating an old one",
    },
)
@bad(
    """
    %post
        dnf update -y
        ^^^^^^^^^^^^^
        dnf install -y gcc
    """,
    host=SINGLE_ID,
    fixed="""
    %post
        dnf update --exclude='filesystem*' -y
        dnf install -y gcc
    """,
)
@good(
    """
    %post
        dnf -y update
    """,
    host={},
)
def system_update_in_build(stage: Stage, host: Host) -> Findings:
    """Everything in the base image is updated, and this machine has no ids for that.

    The package `filesystem` gives folders to users other than root and sets their rights anew, which a build with a single
    user id may not do; with root or subordinate ids all goes well.  Source: apptainer#2779, sylabs#2080, buildah#3309,
    charliecloud#1026; 4.3 % of 7,815 public files update everything.
    """
    mode = mode_of(host)
    if mode is None or mode in ALL_IDS:
        return
    for call in package_calls(stage.build_scripts):
        if _updates_all(call) and not _EXCLUDED.search(stage.build_text):
            fixes = call.tool in _WITH_EXCLUDE
            yield finding(
                call.command,
                "" if fixes else "newer",
                fix=insert_after(call.verb, " --exclude='filesystem*'") if fixes else None,
                tool=call.tool,
                verb=call.verb.text,
            )


def _updates_all(call: PackageCall) -> bool:
    if call.family not in ("dnf", "zypper") or call.action != "upgrade" or call.names or call.open:
        return False
    if call.command.handled or call.option(*_CHOSEN) is not None:
        return False
    excluded = [part for value in call.values("--exclude", "-x") for part in value.split(",")]
    return not any(part.startswith(("filesystem", "*")) for part in excluded)
