"""The rules about plans: each has its row, nothing is found where nothing is wrong or known, and nothing is told twice."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from sifcheck.base.findings import Finding
from sifcheck.lint.plugins import load
from sifcheck.lint.rule import Rule
from sifcheck.testing import check_plan
from sifcheck.testing.doubt import doubted
from sifcheck.testing.healthy_host import healthy_host

RULES: list[Rule] = [rule for rule in load().registry if rule.node == "Plan"]
CODES = "BLD101 BLD102 BLD103 BLD104 BLD202 BLD203 BLD204".split()
GIB = 1 << 30
POST = "Bootstrap: docker\nFrom: rockylinux:9.4\n\n%post\n    dnf install -y gcc\n"


def found(plan: dict[str, Any], text: str = "", **settings: Any) -> list[Finding]:
    return check_plan(plan, *RULES, text=text, **settings)


def codes(plan: dict[str, Any], text: str = "", **settings: Any) -> list[str]:
    return [one.code for one in found(plan, text, **settings)]


def test_every_row_has_its_rule() -> None:
    assert [rule.code for rule in RULES] == CODES


def test_findings_stand_in_no_file() -> None:
    (one,) = found({"unpacked": 900 * GIB})
    assert (one.subject, one.source) == ("plan", None)


@pytest.mark.parametrize(
    "site", [None, "fugaku:compute", "lumi:compute", "abci:compute", "rikyu:compute", "slurm", "pjm"]
)
def test_nothing_is_wrong_with_a_small_build(site: str | None) -> None:
    settings = {"site": site} if site else {}
    assert codes({}, POST, **settings) == []
    aarch64 = site in ("fugaku:compute", "rikyu:compute")
    host = {"platform": {"architecture": "aarch64"}} if aarch64 else {}
    assert codes({}, POST, host=host, **settings) == []


def test_what_is_not_known_is_no_finding() -> None:
    """Each fact of a healthy machine in turn is hidden: nothing is found that is not there."""
    count = 0
    for where, host in doubted(healthy_host()):
        assert codes({"output": "a.sif"}, POST, host=host) == [], where
        count += 1
    assert count > 50


@pytest.mark.parametrize("high", [3, 30, 300])
def test_what_scripts_add_beyond_the_last_build_is_never_an_error(high: int) -> None:
    plan = {"growth": [0, GIB, high * GIB]}
    for settings in ({"host": {"memory": {"available_bytes": 4 * GIB}}}, {"site": "fugaku:compute"}):
        assert all(one.severity != "error" for one in found(plan, POST, **settings))


def test_one_cause_is_told_once() -> None:
    """Too large for memory in two ways, and an image beside it that is too large for the same place."""
    plan = {"unpacked": 40 * GIB, "image": 20 * GIB, "output": "/worktmp/a.sif"}
    assert codes(plan, POST, site="fugaku:compute") == ["BLD101", "BLD104"]
    small = {"device": "/dev/vdb1", "available_bytes": GIB}
    host = {"storage": {"tmpdir": small, "output": {**small, "path": "/x", "origin": "output"}}}
    assert codes({"output": "/x/a.sif"}, host=host) == ["BLD102"]
    assert codes({"output": "/x/box", "sandbox": True}, host=host) == ["BLD103"]


@pytest.mark.parametrize(
    ("plan", "settings", "line"),
    [
        (
            {"unpacked": 19 * GIB, "image": 4 * GIB},
            {"site": "fugaku:compute"},
            '`export SINGULARITY_TMPDIR="$PJM_LOCALTMP"` in a job with #PJM --llio localtmp-size=40Gi',
        ),
        # As much is asked for as is needed.
        (
            {"unpacked": 45 * GIB, "image": 4 * GIB},
            {"site": "fugaku:compute"},
            '`export SINGULARITY_TMPDIR="$PJM_LOCALTMP"` in a job with #PJM --llio localtmp-size=50Gi',
        ),
        (
            {"unpacked": 9 * GIB},
            {"host": {"memory": {"cgroup_limit_bytes": 3 * GIB}}},
            '`--mksquashfs-args "-mem 1G"`',
        ),
    ],
)
def test_what_helps_is_told(plan: dict[str, Any], settings: dict[str, Any], line: str) -> None:
    (one,) = found(plan, **settings)
    assert line in one.help
    for command in one.help.split("`")[1::2]:
        assert subprocess.run(["sh", "-n", "-c", f"run {command}"]).returncode == 0


def test_a_folder_that_is_too_small_itself_is_no_help() -> None:
    (one,) = found({"unpacked": 99 * GIB, "image": 4 * GIB}, site="fugaku:compute")
    assert "PJM_LOCALTMP" not in one.help


def test_other_peoples_files_in_memory_are_not_held_against_the_job() -> None:
    """A tmpfs that many use is full of others' files, and the job has memory of its own."""
    tmpdir = {
        "filesystem": "tmpfs",
        "device": "tmpfs",
        "mount_point": "/ram",
        "path": "/ram",
        "total_bytes": 64 * GIB,
        "available_bytes": 20 * GIB,
    }
    memory = {"cgroup_limit_bytes": 10 * GIB, "cgroup_used_bytes": GIB // 4}
    host = {"storage": {"tmpdir": tmpdir}, "memory": memory}
    assert codes({"unpacked": 2 * GIB}, host=host) == []
