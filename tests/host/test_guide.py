"""What the RIKEN guide on making images says of machines, told on machines as it describes them; and told the same elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from host.snapshots.make import MADE, fugaku_compute, fugaku_login

from sifcheck.base.findings import Finding
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host, Installation
from sifcheck.testing import all_rules, check_host
from sifcheck.testing.host_overlay import lay

ROOT = Path(__file__).resolve().parents[2]
SAVED = ROOT / "tests" / "host" / "snapshots"
OPTION = "--no-setgroups IMAGE FILE"
KEPT = "sg fugaku -c "


def found(host: Host, site: str = "fugaku:compute") -> dict[str, Finding]:
    rules = [rule for rule in all_rules() if rule.node == "Host"]
    return {one.code: one for one in check_host(host, *rules, site=site)}


def with_runtime(host: Host, **changed: object) -> Host:
    assert isinstance(host.runtime, Installation)
    return host._replace(runtimes=(host.runtime._replace(**changed),))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MADE)
def test_the_saved_machines_are_those_that_are_made(name: str) -> None:
    assert (SAVED / f"{name}.json").read_text(encoding="utf-8") == to_json(MADE[name]())


def test_the_home_as_temporary_folder() -> None:
    """TMPDIR is the home, on FEFS, where no fakeroot build works; /worktmp is the cure."""
    one = found(fugaku_compute())["ENV201"]
    assert one.severity == "error"
    assert one.help.endswith("`export SINGULARITY_TMPDIR=/worktmp`")
    cured = found(fugaku_compute("/worktmp", "SINGULARITY_TMPDIR"))
    assert "ENV201" not in cured


def test_no_temporary_folder_named() -> None:
    """Without TMPDIR the runtime takes /tmp, which is no shared folder: nothing is said of it."""
    host = fugaku_compute()
    tmp = host.place("tmp")
    assert tmp is not None
    unset = tmp._replace(purpose="tmpdir", origin="default")
    storage = (unset, *(place for place in host.storage if place.purpose != "tmpdir"))
    assert "ENV201" not in found(host._replace(environment=(), storage=storage))


@pytest.mark.parametrize(
    ("family", "version", "setuid", "told", "not_told"),
    [
        # Setuid installations keep the group by `sg`; SingularityCE and PRO have the option from 3.11.4 on.
        ("singularity-pro", (3, 11, 7), True, [KEPT, OPTION], []),
        ("singularity-ce", (4, 1, 5), True, [KEPT, OPTION], []),
        ("singularity-ce", (3, 10, 0), True, [KEPT], [OPTION]),
        # newgidmap refuses another group than the account's: no `sg` there.
        ("singularity-ce", (4, 1, 5), False, [OPTION], [KEPT]),
        ("singularity-ce", (3, 10, 0), False, ["use SingularityCE 3.11.4"], [OPTION, KEPT]),
        ("apptainer", (1, 1, 9), True, [KEPT], [OPTION]),
    ],
)
def test_the_group_by_the_runtime_that_is_there(
    family: str, version: tuple[int, ...], setuid: bool, told: list[str], not_told: list[str]
) -> None:
    # The account's group is `fugaku`, and the shell runs with it as a supplementary one.
    host = fugaku_compute()
    if not setuid:
        # Of a `newgrp` shell newgidmap says so itself; here the account's group is the effective one.
        identity = host.identity
        host = host._replace(identity=identity._replace(account_group=identity.group))
    one = found(with_runtime(host, family=family, version=version, setuid_starter=setuid))["ENV101"]
    assert one.severity == "error"
    assert "loses the group fugaku" in one.message
    assert all(words in one.help for words in told), one.help
    assert not any(words in one.help for words in not_told), one.help


def test_an_apptainer_that_keeps_the_groups() -> None:
    assert "ENV101" not in found(with_runtime(fugaku_compute(), family="apptainer", version=(1, 4, 5)))


def test_a_newgrp_shell_where_newgidmap_writes_the_maps() -> None:
    host = with_runtime(fugaku_compute(), family="apptainer", version=(1, 4, 5), setuid_starter=False)
    one = found(host)["ENV101"]
    assert one.message.startswith("newgidmap refuses to map ids: the group here is hp120001")
    assert "leave the `newgrp` shell" in one.help


def test_worktmp_is_told_of_and_blocks_nothing() -> None:
    """It is mounted nodev and lies in memory: both are told, and a build succeeds."""
    host = fugaku_compute("/worktmp", "SINGULARITY_TMPDIR")
    there = found(lay(host, {"namespaces": {"home_mount_without_groups": "ok"}}))
    assert {code: one.severity for code, one in there.items()} == {"ENV203": "info", "ENV204": "info"}


def test_a_login_node_is_another_machine() -> None:
    one = found(fugaku_login(), "fugaku:login")["ENV108"]
    assert (one.severity, "x86_64" in one.message, "aarch64" in one.message) == ("warning", True, True)
    assert "ENV108" not in found(fugaku_compute())


def replayed(folder: Path, path: Path, *words: str, **variables: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "sifcheck", "doctor", "--isolated", "--from", str(path), *words],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "rules"))), **variables},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("form", ["full", "json", "sarif"])
def test_a_saved_machine_is_told_of_in_the_same_bytes_elsewhere(name: str, form: str, tmp_path: Path) -> None:
    """On another machine, in another job, of another user; the signs of the saved one tell the site, not those here."""
    path = SAVED / f"{name}.json"
    here = replayed(ROOT, path, "--output-format", form)
    elsewhere = {
        "HOME": str(tmp_path),
        "USER": "other",
        "TMPDIR": str(tmp_path),
        "APPTAINER_BIND": "/nowhere",
        "SINGULARITY_TMPDIR": "/nowhere",
        "http_proxy": "http://proxy.example.org:3128",
        "SLURM_JOB_ID": "7",
        "PBS_JOBID": "8.server",
        "PATH": "/nowhere",
        "LANG": "C",
        "TZ": "Asia/Tokyo",
        "COLUMNS": "60",
    }
    assert replayed(tmp_path, path, "--output-format", form, **elsewhere) == here
    if form == "full":
        assert b"site fugaku" in here


def test_findings_survive_being_saved() -> None:
    for make in MADE.values():
        host = make()
        assert found(from_json(to_json(host))) == found(host)
