"""Updating the whole system of a base image, where the way to root does not allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sifcheck.api import (
    Findings,
    PackageCall,
    Stage,
    bad,
    finding,
    good,
    insert_after,
    package_calls,
    pattern,
    rule,
)
from sifcheck_rules._build_host import ALL_IDS, SINGLE_ID, mode_of

if TYPE_CHECKING:
    from sifcheck.api import Host

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
    fix="safe",
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
            mends = call.tool in _WITH_EXCLUDE
            yield finding(
                call.command,
                "" if mends else "newer",
                fix=insert_after(call.verb, " --exclude='filesystem*'") if mends else None,
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
