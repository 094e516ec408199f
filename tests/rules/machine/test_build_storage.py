"""ENV201-206: the folders that a build writes to."""

from __future__ import annotations

import pytest
from rules.host_findings import CE, MODES, UNKNOWN, advice, both, found, levels, runtime

REFUSED = "Operation not permitted"
GIB = 1 << 30

NO_QUOTA = {
    "used_bytes": None,
    "limit_bytes": None,
    "used_inodes": None,
    "limit_inodes": None,
    "source": "quota",
}


def tmpdir(**facts):
    return {"storage": {"tmpdir": facts}}


@pytest.mark.parametrize(
    "filesystem",
    "nfs nfs4 lustre gpfs beegfs panfs fefs llio ceph 9p cifs fuse fuse.sshfs fuse.gpfs".split(),
)
def test_file_systems_that_machines_share(filesystem):
    (one,) = found(tmpdir(filesystem=filesystem), "ENV201")
    assert (one.severity, one.confidence, one.profile) == ("warning", "medium", "minimal")
    assert one.message == f"the temporary folder /tmp lies on {filesystem}, which many machines share"


@pytest.mark.parametrize("filesystem", ["xfs", "ext4", "btrfs", "zfs", "tmpfs", "overlay", "nullfs", UNKNOWN])
def test_file_systems_of_one_machine(filesystem):
    assert found(tmpdir(filesystem=filesystem), "ENV201") == []


@pytest.mark.parametrize(
    ("mode", "by_type", "by_site", "by_probe"),
    [
        ("root", "warning", "warning", "warning"),
        ("subordinate", "warning", "error", "error"),
        ("single", "warning", "warning", "warning"),
        ("fakeroot-in-namespace", "warning", "warning", "warning"),
        ("fakeroot-alone", "info", "info", "info"),
        ("proot", "info", "info", "info"),
        ("none", "warning", "warning", "warning"),
        ("unknown", "info", "info", "info"),
    ],
)
def test_how_bad_a_shared_file_system_is_for_each_way(mode, by_type, by_site, by_probe):
    facts = both(MODES[mode], tmpdir(path="/data/tmp", filesystem="lustre"))
    assert levels(facts, "ENV201") == [("ENV201", by_type)]
    assert levels(facts, "ENV201", site="fugaku:compute") == [("ENV201", by_site)]
    probed = both(facts, tmpdir(rehearsal={"chown": REFUSED}))
    assert levels(probed, "ENV201") == [("ENV201", by_probe)]


def test_what_was_seen_is_sure_whatever_the_file_system_is_called():
    (one,) = found(tmpdir(filesystem="newfs", rehearsal={"chown": REFUSED}), "ENV201")
    assert (one.severity, one.confidence) == ("error", "high")
    assert one.message.endswith(
        "lies on newfs, where a build cannot give files to other ids: Operation not permitted"
    )
    assert "cannot make folders" in found(tmpdir(rehearsal={"mkdir": REFUSED}), "ENV201")[0].message


def test_what_makes_the_folder_useless_anyway_is_told_once():
    project = {"mode": 0o2770, "group": {"id": 5000, "name": "hp1"}, "rehearsal": {"chown": REFUSED}}
    assert [one.code for one in found(tmpdir(path="/data", **project))] == ["ENV202"]
    closed = {"writable": "Permission denied", "rehearsal": {"mkdir": "Permission denied"}}
    assert [one.code for one in found(tmpdir(path="/data", **closed))] == ["ENV202"]


def test_fugaku_with_its_own_default():
    facts = both(
        tmpdir(path="/home/builder", origin="TMPDIR", filesystem="unheard-of"),
        {"environment": {"TMPDIR": "/home/builder"}},
    )
    (one,) = found(facts, "ENV201", site="fugaku:compute")
    assert one.severity == "error"
    assert advice(one) == "`export APPTAINER_TMPDIR=/worktmp`"
    (one,) = found({**facts, "runtimes": runtime(setuid=True)}, "ENV201", site="fugaku:compute")
    assert advice(one) == "`export SINGULARITY_TMPDIR=/worktmp`"


def test_a_folder_that_the_site_vouches_for():
    site = '[[tmp.candidates]]\npath = "/local/scratch"\nfakeroot_ok = true\n'
    facts = tmpdir(path="/local/scratch/u1", filesystem="fuse.fast")
    assert found(facts, "ENV201", site=site) == []
    assert levels(both(facts, tmpdir(rehearsal={"chown": REFUSED})), "ENV201", site=site) == [
        ("ENV201", "error")
    ]
    assert levels(facts, "ENV201", site=site.replace("true", "false")) == [("ENV201", "error")]


def test_what_is_said_of_clusters_in_general_yields_to_what_was_tried():
    facts = tmpdir(filesystem="nfs4")
    assert levels(facts, "ENV201", site="slurm") == [("ENV201", "warning")]
    untried = both(facts, tmpdir(rehearsal={"chown": UNKNOWN}))
    assert levels(untried, "ENV201", site="slurm") == [("ENV201", "error")]


@pytest.mark.parametrize(
    ("scratch", "line"),
    [
        ([{"path": "/scratch/my job"}], "`export APPTAINER_TMPDIR='/scratch/my job'`"),
        ([{"path": "/a:b"}, {"path": "/b"}], "`export APPTAINER_TMPDIR=/b`"),
        ([{"path": "/a", "filesystem": "nfs"}, {"path": "/b"}], "`export APPTAINER_TMPDIR=/b`"),
        ([{"path": "/a", "filesystem": "tmpfs"}, {"path": "/b"}], "`export APPTAINER_TMPDIR=/b`"),
        ([{"path": "/a", "rehearsal": {"chown": REFUSED}}, {"path": "/b"}], "`export APPTAINER_TMPDIR=/b`"),
        ([{"path": "/a", "options": ["noexec"]}, {"path": "/b"}], "`export APPTAINER_TMPDIR=/b`"),
        ([{"path": "/a", "exists": False}], "`export APPTAINER_TMPDIR=/var/tmp`"),
        ([], "`export APPTAINER_TMPDIR=/var/tmp`"),
    ],
)
def test_the_best_folder_is_one_that_was_tried(scratch, line):
    assert (
        advice(found(both(tmpdir(filesystem="lustre"), {"storage": {"scratch": scratch}}), "ENV201")[0])
        == line
    )


def test_a_folder_in_memory_is_the_last_resort():
    facts = both(
        tmpdir(filesystem="lustre"),
        {"storage": {"vartmp": {"exists": False}, "tmp": {"filesystem": "tmpfs", "path": "/dev/shm"}}},
    )
    assert advice(found(facts, "ENV201")[0]) == "`export APPTAINER_TMPDIR=/dev/shm`"
    nothing = both(facts, {"storage": {"tmp": {"exists": False}}})
    assert advice(found(nothing, "ENV201")[0]).endswith(
        "of this machine itself: `export APPTAINER_TMPDIR=DIR`"
    )


def test_a_folder_of_the_site_that_does_not_work_here_is_not_recommended():
    facts = both(
        tmpdir(filesystem="lustre"), {"storage": {"scratch": [{"path": "/worktmp", "exists": False}]}}
    )
    assert "/worktmp" not in advice(found(facts, "ENV201", site="fugaku:compute")[0])


@pytest.mark.parametrize(
    ("facts", "words", "line"),
    [
        ({"path": "/x", "exists": False, "origin": "TMPDIR"}, "/x (TMPDIR) does not exist", "`mkdir -p /x`"),
        ({"path": "/my x", "exists": False}, "does not exist", "`mkdir -p '/my x'`"),
        (
            {"path": "/x", "exists": False, "writable": "Permission denied"},
            "does not exist",
            "`export APPTAINER_TMPDIR=/tmp`",
        ),
        ({"path": "tmp/x", "origin": "TMPDIR"}, "is a relative path", '`export TMPDIR="$PWD"/tmp/x`'),
        ({"path": "x", "origin": "--tmpdir"}, "is a relative path", '`export APPTAINER_TMPDIR="$PWD"/x`'),
        ({"path": "/x,y"}, "has a comma in its name", "`export APPTAINER_TMPDIR=/tmp`"),
        ({"path": "/x", "writable": "Read-only file system"}, ": Read-only file system", "`export"),
        ({"path": "/x", "writable": "Permission denied"}, ": Permission denied", "`export"),
    ],
)
def test_a_folder_that_no_build_can_use(facts, words, line):
    (one,) = found(tmpdir(**facts), "ENV201", "ENV202")
    assert (one.code, one.severity) == ("ENV202", "error")
    assert words in one.message
    assert advice(one).startswith(line)


def test_several_troubles_of_one_folder():
    facts = tmpdir(path="/a:b", exists=False, options=["rw", "noexec"], mounted=False)
    assert levels(facts, "ENV202") == [("ENV202", "error")] * 4


@pytest.mark.parametrize("mode", MODES)
def test_a_project_folder_bears_on_subordinate_ids_only(mode):
    facts = both(MODES[mode], tmpdir(path="/data/hp1", mode=0o2770, group={"id": 5000, "name": "hp1"}))
    assert levels(facts, "ENV202") == ([("ENV202", "error")] if mode == "subordinate" else [])


def test_a_project_folder_whose_group_can_be_handed_out():
    setgid = {"path": "/data/hp1", "mode": 0o2770}
    assert found(tmpdir(**setgid, group=1001), "ENV202") == []
    assert found(tmpdir(**setgid, group=100010), "ENV202") == []
    assert found(tmpdir(**{**setgid, "mode": 0o770}, group=5000), "ENV202") == []
    (one,) = found(tmpdir(**setgid, group=5000), "ENV202")
    assert one.help == "`chmod g-s /data/hp1`, or take another folder: `export APPTAINER_TMPDIR=/tmp`"
    newgrp = {"identity": {"group": 5000, "grants_group_subids": True}}
    assert found(both(newgrp, tmpdir(**setgid, group=5000)), "ENV101", "ENV202") == []


@pytest.mark.parametrize("mode", MODES)
def test_nodev_is_told_of_and_stops_nothing(mode):
    (one,) = found(both(MODES[mode], tmpdir(options=["rw", "nodev"])), "ENV203")
    assert (one.severity, one.profile) == ("info", "standard")


@pytest.mark.parametrize(
    ("memory", "severity"),
    [
        ({"available_bytes": 8 * GIB}, "info"),
        ({"available_bytes": 8 * GIB - 1}, "warning"),
        ({"available_bytes": UNKNOWN}, "info"),
        ({"cgroup_limit_bytes": 10 * GIB, "cgroup_used_bytes": GIB}, "info"),
        ({"cgroup_limit_bytes": 10 * GIB, "cgroup_used_bytes": 3 * GIB}, "warning"),
        ({"cgroup_limit_bytes": 10 * GIB, "cgroup_used_bytes": UNKNOWN}, "info"),
    ],
)
def test_memory_that_a_folder_in_memory_may_take(memory, severity):
    assert levels({**tmpdir(filesystem="tmpfs"), "memory": memory}, "ENV204") == [("ENV204", severity)]


def test_the_memory_that_the_job_asked_for():
    job = {"scheduler": {"kind": "slurm", "job": "1", "memory_bytes": 4 * GIB}}
    (one,) = found({**tmpdir(filesystem="tmpfs"), **job}, "ENV204")
    assert one.severity == "warning"
    assert "4 GiB are free" in one.message


def test_a_disk_instead_of_memory():
    facts = both(tmpdir(path="/worktmp", filesystem="tmpfs"), {"storage": {"tmp": {"filesystem": "tmpfs"}}})
    assert advice(found(facts, "ENV204")[0]).endswith("`export APPTAINER_TMPDIR=/var/tmp`")
    (one,) = found(facts, "ENV204", site="fugaku:compute")
    assert advice(one).endswith(
        'in a job submitted with --llio localtmp-size=40Gi: `export APPTAINER_TMPDIR="$PJM_LOCALTMP"`'
    )
    job = both(facts, {"environment": {"PJM_LOCALTMP": "/local"}})
    (one,) = found(job, "ENV204", site="fugaku:compute")
    assert advice(one).endswith('`export APPTAINER_TMPDIR="$PJM_LOCALTMP"`')


def test_a_cache_does_not_go_where_the_job_takes_it_along():
    facts = both(cache(available_bytes=0), {"environment": {"PJM_LOCALTMP": "/local"}})
    (one,) = found(facts, "ENV205", site="fugaku:compute")
    assert advice(one).startswith("`export APPTAINER_CACHEDIR=/var/tmp/$USER/cache/$(uname -m)`")
    nothing = both(facts, {"storage": {"vartmp": {"exists": False}}})
    (one,) = found(nothing, "ENV205", site="fugaku:compute")
    assert advice(one).startswith("`export APPTAINER_CACHEDIR=SCRATCH/cache/$(uname -m)`")


def test_the_default_of_apptainer_1_6():
    new = runtime("apptainer", "1.6.0")
    assert found({**tmpdir(filesystem="tmpfs"), "runtimes": new}, "ENV204") == []
    set_by_hand = tmpdir(filesystem="tmpfs", origin="TMPDIR")
    assert levels({**set_by_hand, "runtimes": new}, "ENV204") == [("ENV204", "info")]


def cache(**facts):
    return {"storage": {"cache": facts}}


def quota(used, limit):
    return {
        "used_bytes": used,
        "limit_bytes": limit,
        "used_inodes": 1,
        "limit_inodes": None,
        "source": "quota",
    }


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"available_bytes": 10 * GIB}, None),
        ({"available_bytes": 10 * GIB - 1}, "has room for 9.9 GiB only"),
        ({"available_bytes": 0}, "has room for 0 bytes only"),
        ({"quota": quota(5 * GIB, 20 * GIB)}, None),
        ({"quota": quota(15 * GIB, 20 * GIB)}, "the quota leaves 5 GiB"),
        ({"quota": quota(25 * GIB, 20 * GIB)}, "the quota leaves 0 bytes"),
        ({"quota": quota(25 * GIB, None)}, None),
        ({"quota": UNKNOWN}, None),
        ({"available_bytes": GIB, "quota": quota(0, 2 * GIB)}, "has room for 1 GiB only"),
        ({"available_bytes": 9 * GIB, "quota": quota(0, 2 * GIB)}, "the quota leaves 2 GiB"),
        ({"quota": quota(None, 2 * GIB)}, "the quota leaves at most 2 GiB"),
        ({"quota": quota(None, 20 * GIB)}, None),
        ({"writable": "Permission denied", "available_bytes": 0}, "cannot be written (Permission denied)"),
    ],
)
def test_the_room_for_the_cache(facts, words):
    assert [words in one.message for one in found(cache(**facts), "ENV205")] == ([True] if words else [])


@pytest.mark.parametrize(
    ("name", "value", "runtimes", "silent"),
    [
        ("APPTAINER_DISABLE_CACHE", "1", None, True),
        ("SINGULARITY_DISABLE_CACHE", "true", None, True),
        ("APPTAINER_DISABLE_CACHE", "false", None, False),
        ("APPTAINER_DISABLE_CACHE", "", None, False),
        ("APPTAINER_DISABLE_CACHE", "1", CE, False),
        ("SINGULARITY_DISABLE_CACHE", "yes", CE, True),
    ],
)
def test_a_cache_that_is_switched_off(name, value, runtimes, silent):
    facts = {**cache(available_bytes=0), "environment": {name: value}}
    if runtimes:
        facts["runtimes"] = runtimes
    assert (found(facts, "ENV205") == []) is silent


@pytest.mark.parametrize(
    ("runtimes", "flagged"),
    [
        (runtime("singularity-ce", "3.11.4"), True),
        (runtime("singularity-ce", "4.0.0"), False),
        (runtime("apptainer", "1.1.9"), True),
        (runtime("apptainer", "1.2.0"), False),
    ],
)
def test_a_cache_that_knows_no_architectures(runtimes, flagged):
    facts = {"runtimes": runtimes}
    assert bool(found(facts, "ENV205", site="fugaku:compute")) is flagged
    assert found(facts, "ENV205", site="slurm") == []
    elsewhere = both(facts, cache(path="/scratch/cache", origin="SINGULARITY_CACHEDIR"))
    assert found(elsewhere, "ENV205", site="fugaku:compute") == []


def test_the_folder_that_the_site_recommends():
    (one,) = found(cache(available_bytes=0), "ENV205", site="polaris:compute")
    assert advice(one).startswith("`export APPTAINER_CACHEDIR=/local/scratch/apptainer-cachedir`")


def leftover(number, **facts):
    usual = {"bytes": GIB, "complete": True, "age": 90000, "held": False, "subordinate": False}
    return {"path": f"/tmp/build-temp-{number}", "kind": "build-temp", **usual, **facts}


def test_leftovers_are_told_of_together():
    dead = [
        leftover(1),
        leftover(2, path="/scratch/my tmp/build-temp-2", subordinate=True),
        leftover(3, age=86399),
    ]
    (one,) = found({"leftovers": dead}, "ENV206")
    assert one.message == "builds that were killed left 2 folders in /tmp and /scratch/my tmp, 2 GiB"
    assert advice(one) == (
        "`sifcheck clean-tmp`, or `unshare -U --map-root-user --map-auto rm -rf "
        "/tmp/build-temp-1 '/scratch/my tmp/build-temp-2'`"
    )


def test_leftovers_that_could_not_be_counted():
    (one,) = found({"leftovers": [leftover(1, bytes=UNKNOWN), leftover(2, complete=False)]}, "ENV206")
    assert one.message.endswith("2 folders in /tmp, 1 GiB or more")
    (one,) = found({"leftovers": [leftover(number) for number in range(9)]}, "ENV206")
    assert advice(one).endswith("/tmp/build-temp-4 ...`")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("~", 'export TMPDIR="$HOME"'),
        ("~/a b", """export TMPDIR="$HOME"/'a b'"""),
        ("work", 'export TMPDIR="$PWD"/work'),
        ("~other", """export TMPDIR="$PWD"/'~other'"""),
    ],
)
def test_a_relative_folder_written_from_the_root_on(path: str, line: str) -> None:
    (one,) = found({"storage": {"tmpdir": {"path": path, "origin": "TMPDIR"}}}, "ENV202")
    assert one.help.endswith(f"`{line}`")


@pytest.mark.parametrize(("job", "whose"), [("5", "the job's"), (None, "that of this session")])
def test_whose_memory_a_folder_in_memory_takes(job: str | None, whose: str) -> None:
    facts = {"storage": {"tmpdir": {"filesystem": "tmpfs"}}, "scheduler": {"kind": "slurm", "job": job}}
    (one,) = found(facts, "ENV204")
    assert f"counts against {whose}" in one.message
    assert ("ask for twice" in one.help) is (job is not None)


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        ({"available_bytes": 0}, "error", "no room for a build: 0 bytes left"),
        ({"available_bytes": 1 << 20}, "error", "no room for a build: 1 MiB left"),
        ({"available_bytes": 700 << 20}, "warning", "is nearly full: 700 MiB left"),
        ({"available_inodes": 9}, "error", "no room for a build: 9 files left"),
        ({"available_inodes": 9999}, "warning", "is nearly full: 9999 files left"),
        (
            {"quota": {**NO_QUOTA, "used_bytes": 10, "limit_bytes": 10}},
            "error",
            "0 bytes left by the quota",
        ),
        (
            {"quota": {**NO_QUOTA, "used_inodes": 1, "limit_inodes": 100}},
            "warning",
            "99 files left by the quota",
        ),
        ({"available_bytes": 2 << 30, "available_inodes": None}, None, ""),
        ({"available_bytes": UNKNOWN, "available_inodes": UNKNOWN}, None, ""),
    ],
)
def test_the_room_in_the_temporary_folder(left, level, words):
    told = found({"storage": {"tmpdir": left}}, "ENV202")
    assert [one.severity for one in told] == ([level] if level else [])
    assert all(words in one.message for one in told)


def test_a_remedy_is_not_as_full():
    full = {"available_bytes": 0, "device": "/dev/sda1"}
    (one,) = found({"storage": {"tmpdir": full, "vartmp": full}}, "ENV202")
    assert "/var/tmp" not in one.help
    (one,) = found({"storage": {"tmpdir": full, "vartmp": {"available_inodes": 9}}}, "ENV202")
    assert "/var/tmp" not in one.help
    (one,) = found({"storage": {"tmpdir": full}}, "ENV202")
    assert "/var/tmp" in one.help


def test_a_folder_in_memory_has_no_more_than_its_file_system():
    small = {"filesystem": "tmpfs", "available_bytes": 3 << 30}
    (one,) = found({"storage": {"tmpdir": small}}, "ENV204")
    assert "3 GiB are free" in one.message
    assert one.severity == "warning"
