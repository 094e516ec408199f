"""ENV301-303: memory, cores, processes, and what the site asks."""

from __future__ import annotations

import pytest
from rules.host_findings import MODES, UNKNOWN, advice, both, found, levels, runtime

GIB = 1 << 30


@pytest.mark.parametrize(
    ("total", "limit", "flagged"),
    [
        (64, 2, True),
        (64, 3.9, True),
        (64, 4, False),
        (64, 15, False),
        (12, 2.9, True),
        (12, 3, False),
        (8, 2, False),
        (64, None, False),
        (None, 1, False),
    ],
)
def test_memory_under_a_quarter_of_the_node_and_under_4_gib(total, limit, flagged):
    memory = {
        "total_bytes": UNKNOWN if total is None else total * GIB,
        "cgroup_limit_bytes": None if limit is None else int(limit * GIB),
    }
    assert bool(found({"memory": memory}, "ENV301")) is flagged


@pytest.mark.parametrize(
    ("processors", "flagged"),
    [
        ({"on_node": 17, "usable": 16}, True),
        ({"on_node": 17, "usable": 17}, False),
        ({"on_node": 16, "usable": 1}, False),
        ({"on_node": 64, "usable": 64, "quota": 0.5}, True),
        ({"on_node": 64, "usable": UNKNOWN}, False),
        ({"on_node": UNKNOWN, "usable": 4}, False),
    ],
)
def test_fewer_cores_than_a_large_node_has(processors, flagged):
    assert bool(found({"processors": processors}, "ENV301")) is flagged


@pytest.mark.parametrize(
    ("runtimes", "start"),
    [
        (
            runtime("apptainer", "1.4.0"),
            '`apptainer build --mksquashfs-args "-mem 1G -processors 4" IMAGE FILE`',
        ),
        (
            runtime("apptainer", "1.3.6"),
            "ask for more memory and cores, or the administrator for `mksquashfs mem`",
        ),
        (runtime("singularity-ce", "4.1.2"), "ask for more memory and cores, or the administrator"),
    ],
)
def test_how_mksquashfs_is_held_back(runtimes, start):
    facts = {
        "runtimes": runtimes,
        "memory": {"cgroup_limit_bytes": 3 * GIB},
        "processors": {"on_node": 48, "usable": 4},
    }
    assert advice(found(facts, "ENV301")[0]).startswith(start)


def test_a_configuration_that_holds_it_back_in_part():
    facts = {
        "memory": {"cgroup_limit_bytes": GIB},
        "processors": {"on_node": 48, "usable": 1, "quota": None},
        "runtimes": {
            "apptainer": {"configuration": {"settings": {"mksquashfs mem": "1G", "mksquashfs procs": "0"}}}
        },
    }
    (one,) = found(facts, "ENV301")
    assert (
        one.message == "mksquashfs starts a thread for each of the 48 cores, and this session may use 1 core"
    )


@pytest.mark.parametrize(
    ("soft", "severity"),
    [
        (3 * GIB // 2 - 1, "error"),
        (3 * GIB // 2, "warning"),
        (4 * GIB - 1, "warning"),
        (4 * GIB, None),
        (None, None),
    ],
)
def test_address_space(soft, severity):
    facts = {"limits": {"address_space": {"soft": soft, "hard": None}}}
    assert levels(facts, "ENV302") == ([("ENV302", severity)] if severity else [])


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"processes": 76, "processes_used": 12}, None),
        ({"processes": 75, "processes_used": 12}, "63 more processes can be started (ulimit -u)"),
        ({"processes": 20, "processes_used": 30}, "0 more processes"),
        ({"processes": 63, "processes_used": UNKNOWN}, "63 more processes"),
        ({"processes": UNKNOWN}, None),
        (
            {"cgroup_processes": 100, "cgroup_processes_used": 50},
            "50 more processes can be started (the cgroup's",
        ),
        ({"cgroup_processes": 100, "cgroup_processes_used": UNKNOWN}, None),
        ({"cpu_seconds": 3600}, None),
        ({"cpu_seconds": 1}, "after 1 second of computing"),
        ({"cpu_seconds": 3599}, "after 59 minutes of computing"),
        ({"file_size": GIB}, None),
        ({"file_size": 1 << 20}, "larger than 1 MiB (ulimit -f)"),
    ],
)
def test_other_limits(limits, words):
    assert [words in one.message for one in found({"limits": limits}, "ENV302")] == ([True] if words else [])


def test_each_limit_is_told_of():
    limits = {
        "address_space": GIB,
        "processes": 20,
        "file_size": 1024,
        "cpu_seconds": 10,
        "cgroup_processes": 5,
    }
    assert len(found({"limits": limits}, "ENV302")) == 5


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        ({"soft": GIB, "hard": None}, "`ulimit -S -v unlimited`"),
        ({"soft": GIB, "hard": 64 * GIB}, "`ulimit -S -v 67108864`"),
        ({"soft": GIB, "hard": 2 * GIB}, "with the build as the only line of its script"),
    ],
)
def test_who_may_raise_the_limit_himself(limit, line):
    assert advice(found({"limits": {"address_space": limit}}, "ENV302")[0]) == line


def test_the_job_of_the_site_and_of_the_scheduler():
    low = {"limits": {"cpu_seconds": 600}}
    slurm = {**low, "scheduler": {"kind": "slurm", "commands": ["sbatch"]}}
    assert advice(found(slurm, "ENV302")[0]).endswith("`sbatch JOB.sh`")
    assert "`pjsub -L node=1 " in advice(found(low, "ENV302", site="fugaku:login")[0])


def test_the_number_of_processes_is_no_limit_for_root():
    facts = {"limits": {"processes": 5, "address_space": GIB}}
    assert len(found(both(MODES["root"], facts), "ENV302")) == 1


@pytest.mark.parametrize(
    ("site", "role", "severity"),
    [
        ("polaris:login", "unknown", "warning"),
        ("polaris", "login", "warning"),
        ("polaris", "compute", None),
        ("polaris:compute", "login", None),
        ("rikyu:login", "unknown", "info"),
        ("fugaku:login", "unknown", "info"),
        ("slurm", "login", None),
    ],
)
def test_builds_on_a_login_node(site, role, severity):
    facts = {"platform": {"role": role}}
    assert levels(facts, "ENV303", site=site) == ([("ENV303", severity)] if severity else [])


def test_the_words_of_the_site_are_told():
    assert advice(found({}, "ENV303", site="polaris:login")[0]).endswith(
        "; polaris says: containers are built and run on compute nodes only"
    )
    assert found({}, "ENV303", site="fugaku:login")[0].message == (
        "this is a login node of fugaku, where users keep to 8 threads and 12 GiB of memory"
    )
