"""The plan before a build: what cannot fit is refused, what it knows better is told once, and nothing is in the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.test_build import build, folder, recorded  # noqa: F401 - the fixture

from sifcheck.app.plan import Planned, keep_in_mind
from sifcheck.base.findings import Finding
from sifcheck.lint.plugins import load
from sifcheck.lint.run import RuleContext, RuleRunner
from sifcheck.lint.superseding import without_superseded
from sifcheck.plan.model import Plan
from sifcheck.plan.remembered import key_of
from sifcheck.testing import check_plan
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck.testing.plan_facts import plan_from

GIB = 1 << 30
TEXT = "Bootstrap: scratch\n\n%files\n    huge /huge\n"
RULES = [rule for rule in load().registry if rule.node == "Host"]
PLAN_RULES = [rule for rule in load().registry if rule.name == "image-exceeds-memory"]


def huge() -> None:
    """Far more than any disk has, of which nothing is on one."""
    Path("a.def").write_text(TEXT)
    with open("huge", "wb") as file:
        file.truncate(8 << 40)


def test_what_cannot_fit_is_refused(folder: Path) -> None:  # noqa: F811
    huge()
    done = build("a.sif", "a.def")
    assert done.returncode == 125, done.stderr
    assert recorded(folder) is None
    assert "the plan\n" in done.stderr
    assert "BLD102" in done.stderr


@pytest.mark.parametrize("own", [["--no-plan"], ["--force-build"], ["--ignore", "BLD1"]])
def test_whoever_knows_better_builds(own: list[str], folder: Path) -> None:  # noqa: F811
    huge()
    done = build("a.sif", "a.def", own=("--isolated", "--site", "none", "--ignore", "ENV", *own))
    assert done.returncode == 0, done.stderr
    assert recorded(folder) is not None


def test_a_key_to_sign_with_is_looked_for_before_the_build(folder: Path) -> None:  # noqa: F811
    # All but this of what the machine lacks is no matter here.
    others = [word for number in range(1, 4) for word in ("--ignore", f"ENV{number}")]
    own = ("--isolated", "--site", "none", *others, "--ignore", "DEF2", "--offline")
    keys = {"APPTAINER_KEYSDIR": str(folder / "no-keys")}
    done = build("a.sif", "a.def", own=(*own, "--sign"), **keys)
    assert done.returncode == 125, done.stderr
    assert "ENV404 no-signing-key: the image is to be signed, and the secret key ring" in done.stderr
    assert recorded(folder) is None
    done = build("a.sif", "a.def", own=own, **keys)
    assert done.returncode == 0, done.stderr
    assert "ENV404" not in done.stderr


def test_a_folder_that_is_not_there_is_told_once(folder: Path) -> None:  # noqa: F811
    done = build("nowhere/a.sif", "a.def")
    assert done.returncode == 125
    assert done.stderr.count("nowhere for the image is not there") == 1
    assert "BLD103" not in done.stderr


def test_an_image_that_is_none_is_not_remembered(folder: Path) -> None:  # noqa: F811
    done = build("a.sif", "a.def", XDG_STATE_HOME=str(folder / "state"))
    assert done.returncode == 0, done.stderr
    assert not (folder / "state").exists()


def about(host: dict[str, Any], plan: Plan | None = None) -> list[Finding]:
    machine = lay(healthy_host(), host)
    return RuleRunner(RULES, RuleContext(host=machine, plan=plan)).check_host(machine)


def planned(plan: dict[str, Any], host: dict[str, Any]) -> Planned:
    made = plan_from(plan, host=lay(healthy_host(), host))
    return Planned(made, ())


MEMORY = {
    "filesystem": "tmpfs",
    "device": "tmpfs",
    "mount_point": "/ram",
    "path": "/ram",
    "available_bytes": 30 * GIB,
}
TIGHT = {"storage": {"tmpdir": MEMORY}, "memory": {"total_bytes": 512 * GIB, "cgroup_limit_bytes": 3 * GIB}}


def test_the_plan_knows_better_whether_memory_suffices() -> None:
    told = {one.code for one in about(TIGHT)}
    assert {"ENV204", "ENV301"} <= told
    left = about(TIGHT, planned({"unpacked": GIB // 4}, TIGHT).plan)
    assert {one.code for one in left} == told - {"ENV204", "ENV301"}


def test_what_the_plan_does_not_know_the_machine_still_tells() -> None:
    made = planned({"unpacked": GIB // 4}, TIGHT)
    unknown = made.plan.bases[0]._replace(kept=None)
    parts = [
        phase._replace(parts=tuple(one._replace(size=None) for one in phase.parts))
        for phase in made.plan.phases
    ]
    made = made._replace(plan=made.plan._replace(bases=(unknown,), phases=tuple(parts)))
    assert about(TIGHT, made.plan) == about(TIGHT)
    (told,) = check_plan(plan_from({"unpacked": 9 * GIB}, host=lay(healthy_host(), TIGHT)), *PLAN_RULES)
    left = without_superseded(about(TIGHT), [told])
    assert {one.code for one in left} == {one.code for one in about(TIGHT)} - {"ENV204", "ENV301"}


def test_real_sizes_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("mksquashfs"):
        pytest.skip("needs mksquashfs")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a").write_bytes(os.urandom(300_000))
    image = tmp_path / "a.sqsh"
    subprocess.run(
        ["mksquashfs", tmp_path / "root", image, "-quiet", "-no-progress"], check=True, capture_output=True
    )
    key = key_of("a.def", b"text", {}, "")
    keep_in_mind(planned({}, {})._replace(key=key), str(image))
    (entry,) = json.loads((tmp_path / "state/sifcheck/builds.json").read_text())["builds"]
    # The file in whole blocks, and a folder.
    assert entry["tree"] == 303_104 + 4096
    assert entry["image"] == image.stat().st_size
    keep_in_mind(planned({}, {})._replace(key=key), str(tmp_path / "nowhere"))
    keep_in_mind(None, str(image))
