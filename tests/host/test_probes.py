"""A snapshot of the machine that runs the tests, whatever it is."""

from __future__ import annotations

import os
import platform
from typing import NamedTuple

import pytest

from sifcheck.base.asking import Question, ask
from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.host.probes.id_maps import Maps, behind_maps
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import VERSION, IdRange, Variable
from sifcheck.testing.healthy_host import PROGRAMS

PATH = {"PATH": os.environ.get("PATH", os.defpath)}


def test_it_is_this_machine(tmp_path):
    host = take_snapshot(SnapshotRequest(output=str(tmp_path), writing=False), timeout=20.0)
    assert host.version == VERSION
    assert host.identity.user_id == os.getuid()
    assert host.identity.group.id == os.getegid()
    assert host.platform.architecture == platform.machine()
    assert host.platform.host_name == platform.node()
    assert known(host.memory.total_bytes) > known(host.memory.available_bytes) > 0
    assert known(host.processors.usable) == len(os.sched_getaffinity(0))
    assert host.place("output").path == str(tmp_path)
    assert host.place("output").exists is True
    assert host.place("cwd").real_path == os.getcwd()
    assert [program.name for program in host.programs] == PROGRAMS
    assert from_json(to_json(host)) == host


def test_nothing_is_made_where_nothing_may_be_written(tmp_path):
    before = os.stat(tmp_path).st_mtime_ns
    place = take_snapshot(SnapshotRequest(output=str(tmp_path), writing=False), timeout=20.0).place("output")
    assert os.stat(tmp_path).st_mtime_ns == before
    assert place.writable == Unknown("not tried")
    assert place.rehearsal.chown == Unknown("not tried: not asked for")


def test_what_is_made_is_gone_afterwards(tmp_path):
    place = take_snapshot(SnapshotRequest(output=str(tmp_path)), timeout=20.0).place("output")
    assert known(place.writable).ok
    assert os.listdir(tmp_path) == []


class Tried(NamedTuple):
    namespace: Outcome
    maps: Outcome | Unknown


def tried() -> Tried:
    ids = IdRange(100000, 65536)
    behind = behind_maps(Maps(1001, 1001, ids, ids), Outcome, lambda: Outcome(True))
    return Tried(behind.namespace, behind.maps)


def test_a_program_that_does_not_answer_has_refused_nothing(tmp_path, monkeypatch):
    """On a busy machine newuidmap may be late: that is no machine on which no id maps can be written."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    program = tmp_path / "newgidmap"
    found = []
    for script in ("exec sleep 1000", "echo 'no mapping' >&2; exit 1"):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        found.append(ask({"maps": Question(Tried, tried)}, 20.0)["maps"])
    late, refused = found
    if not late.namespace.ok:
        pytest.skip("no user namespace can be made here")
    assert late.maps == Unknown("newgidmap timed out after 1.5 s")
    assert refused == Tried(Outcome(True), Outcome(False, "no mapping"))


def test_when_nothing_answers_in_time():
    environment = {
        **PATH,
        "TMPDIR": "/x",
        "APPTAINER_BIND": "/y",
        "PJM_JOBID": "7",
        "https_proxy": "proxy:3128",
    }
    host = take_snapshot(SnapshotRequest(output="/out", scratch=("/worktmp",)), environment, timeout=0.0)
    assert host.identity.user_id == os.getuid()
    assert host.platform.architecture == platform.machine()
    assert host.runtimes == Unknown("timed out after 0 s")
    assert host.runtime is None
    assert host.program("mksquashfs").found == Unknown("timed out after 0 s")
    assert host.leftovers == Unknown("timed out after 0 s")
    assert {place.exists for place in host.storage} == {Unknown("timed out after 0 s")}
    assert {place.purpose for place in host.storage} == {
        "tmpdir",
        "tmp",
        "vartmp",
        "cwd",
        "output",
        "scratch",
    }
    assert host.binds[0].exists == Unknown("timed out after 0 s")
    assert host.scheduler.job == "7"
    assert host.network.proxies == (Variable("https_proxy", "proxy:3128"),)
    assert from_json(to_json(host)) == host


def test_folders_of_the_job_and_of_the_site(tmp_path):
    local = tmp_path / "local"
    local.mkdir()
    environment = {**PATH, "PJM_JOBID": "7", "PJM_LOCALTMP": str(local), "TMPDIR": "relative/folder"}
    host = take_snapshot(SnapshotRequest(scratch=("/worktmp", str(tmp_path))), environment, timeout=20.0)
    scratch = [(place.path, place.origin, place.exists) for place in host.places("scratch")]
    assert scratch == [
        ("/worktmp", "site", os.path.exists("/worktmp")),
        (str(tmp_path), "site", True),
        (str(local), "PJM_LOCALTMP", True),
    ]
    assert (host.scheduler.kind, host.scheduler.job) == ("pjm", "7")
    tmpdir = host.place("tmpdir")
    assert (tmpdir.path, tmpdir.is_absolute, tmpdir.exists) == ("relative/folder", False, False)


def test_binds_are_looked_for(tmp_path):
    environment = {**PATH, "SINGULARITY_BIND": f"{tmp_path},{tmp_path}/none:/x"}
    host = take_snapshot(SnapshotRequest(writing=False), environment, timeout=20.0)
    assert [(bind.source, bind.target, bind.exists) for bind in host.binds] == [
        (str(tmp_path), str(tmp_path), True),
        (f"{tmp_path}/none", "/x", False),
    ]
    assert host.variable("SINGULARITY_BIND").value == environment["SINGULARITY_BIND"]


@pytest.mark.parametrize("path", ["", ":", "/no/such/folder", "relative"])
def test_odd_search_paths(path):
    host = take_snapshot(SnapshotRequest(writing=False), {"PATH": path}, timeout=20.0)
    assert host.runtimes == ()


def test_odd_bytes_in_the_environment(tmp_path):
    odd = os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff\x1b[31m\n")
    os.mkdir(odd)
    host = take_snapshot(SnapshotRequest(), {**PATH, "TMPDIR": odd}, timeout=20.0)
    assert host.place("tmpdir").exists is True
    assert known(host.place("tmpdir").writable).ok
    saved = to_json(host)
    assert saved.isascii()
    assert "\x1b" not in saved
    assert from_json(saved) == host


def test_a_home_variable_does_not_count(tmp_path):
    host = take_snapshot(SnapshotRequest(writing=False), {**PATH, "HOME": str(tmp_path)}, timeout=20.0)
    if host.place("home") is None:
        pytest.skip("this account has no home")
    assert host.place("home").path == known(host.identity.home)
    assert host.place("home").path != str(tmp_path)
