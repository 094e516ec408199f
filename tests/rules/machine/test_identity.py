"""ENV101-104: who builds, and by which way to root."""

from __future__ import annotations

from typing import Any

import pytest
from rules.host_findings import (
    CE,
    MODES,
    NO_NAMESPACE,
    NOT_LISTED,
    UNKNOWN,
    advice,
    both,
    found,
    levels,
    runtime,
)

from sifcheck.base.source import Source
from sifcheck.definition import read_definition
from sifcheck.job import read_job
from sifcheck.testing import check_host, check_text
from sifcheck.testing.folder_facts import folder_from
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay
from sifcheck_rules.machine.identity import required_group_not_primary

HP1 = {"id": 5000, "name": "hp1"}
OWN = {"id": 1001, "name": "builder"}
NEWGRP = {"identity": {"group": HP1, "account_group": OWN, "groups": [OWN]}}
HOME_HIDDEN = {
    "namespaces": {"home_mount_without_groups": "Permission denied"},
    "identity": {"groups": [HP1]},
    "storage": {"home": {"needs_groups": [HP1]}},
}


@pytest.mark.parametrize("mode", MODES)
def test_the_group_bears_on_subordinate_ids_only(mode):
    expected = [("ENV101", "error")] if mode == "subordinate" else []
    assert levels(both(MODES[mode], NEWGRP), "ENV101") == expected


@pytest.mark.parametrize(
    ("facts", "flagged"),
    [
        ({}, True),
        ({"identity": {"grants_group_subids": True}}, False),
        ({"identity": {"grants_group_subids": UNKNOWN}}, False),
        ({"runtimes": {"apptainer": {"setuid_starter": True}}}, False),
        ({"runtimes": {"apptainer": {"setuid_starter": UNKNOWN}}}, False),
        ({"runtimes": CE}, True),
        ({"runtimes": runtime(setuid=True)}, False),
        ({"identity": {"account_group": UNKNOWN}}, False),
        (
            {
                "identity": {"grants_group_subids": UNKNOWN},
                "namespaces": {
                    "subordinate_maps": "newgidmap: Target 9 is owned by a different user: uid:1001 pw_uid:1001"
                },
            },
            True,
        ),
    ],
)
def test_a_newgrp_shell_breaks_what_uses_newgidmap(facts, flagged):
    assert bool(found(both(NEWGRP, facts), "ENV101")) is flagged


def test_the_way_back_from_newgrp():
    (one,) = found(NEWGRP, "ENV101", "ENV104")
    assert one.message == (
        "newgidmap refuses to map ids: the group here is hp1, and the account's is builder"
    )
    assert one.help == (
        "leave the `newgrp` shell with `exit`, or build with the account's group: "
        "`sg builder -c 'apptainer build --fakeroot IMAGE FILE'`"
    )


SG = "`sg hp1 -c '{} build --fakeroot IMAGE FILE'`"
OPTION = "`singularity build --fakeroot --no-setgroups IMAGE FILE`"


@pytest.mark.parametrize(
    ("runtimes", "line"),
    [
        (runtime("apptainer", "1.4.5"), None),
        (runtime("apptainer", "1.2.0"), None),
        (runtime("apptainer", "1.1.9", setuid=True), SG.format("apptainer")),
        (
            runtime("apptainer", "1.1.9"),
            "use Apptainer 1.2 or later: newgidmap refuses another group than the account's here",
        ),
        (runtime("singularity-ce", "4.1.2", setuid=True), f"{SG.format('singularity')}, or {OPTION}"),
        (runtime("singularity-ce", "4.1.2"), OPTION),
        (runtime("singularity-pro", "3.11-4"), OPTION),
        (runtime("singularity-pro", "3.11-3", setuid=True), SG.format("singularity")),
        (runtime("singularity-ce", "3.11.3", setuid=True), SG.format("singularity")),
        (
            runtime("singularity-ce", "3.11.3"),
            "use SingularityCE 3.11.4 or later: newgidmap refuses another group than the account's here",
        ),
        (runtime("singularity", "3.8.7", setuid=True), SG.format("singularity")),
    ],
)
def test_which_runtime_drops_groups_and_what_cures_it(runtimes, line):
    """True for the installation that is found: `sg` breaks where newgidmap writes the maps."""
    assert [advice(one) for one in found({**HOME_HIDDEN, "runtimes": runtimes}, "ENV101")] == (
        [] if line is None else [line]
    )


def test_sg_works_where_login_defs_lets_it():
    facts = both({**HOME_HIDDEN, "runtimes": CE}, {"identity": {"grants_group_subids": True}})
    assert advice(found(facts, "ENV101")[0]) == f"{SG.format('singularity')}, or {OPTION}"


def test_each_group_is_told_with_all_that_it_opens():
    hp2 = {"id": 6000, "name": "hp2"}
    facts = both(
        {**HOME_HIDDEN, "runtimes": CE},
        {
            "storage": {
                "cwd": {"path": "/data/hp1/build", "needs_groups": [HP1]},
                "tmpdir": {"path": "/data/hp2/tmp", "needs_groups": [hp2]},
                "scratch": {"path": "/data/hp3", "needs_groups": [{"id": 7000}]},
            }
        },
    )
    assert sorted(one.message for one in found(facts, "ENV101")) == [
        "a fakeroot build by singularity loses the group hp1, without which /home/builder and /data/hp1/build cannot be reached",
        "a fakeroot build by singularity loses the group hp2, without which /data/hp2/tmp cannot be reached",
    ]


COPYING = "Bootstrap: docker\nFrom: debian:12.5\n\n%files\n    one /x\n    two /x\n    three /x\n"


def copied(facts, folder, text=COPYING):
    return check_text(text, required_group_not_primary, host=facts, folder=folder)


def hangs_on(*groups):
    return {"needs_groups": list(groups)}


def test_each_group_is_told_once_for_all_that_is_copied():
    hp2 = {"id": 6000}
    folder = {"one": "file", "two": hangs_on(HP1), "three": hangs_on(HP1, hp2)}
    first, second = copied({"runtimes": CE, "identity": {"groups": [HP1]}}, folder)
    assert [first.source.position(one.span.start).line for one in (first, second)] == [6, 7]
    start = "a fakeroot build by singularity loses the group"
    here = "/home/builder/work"
    assert first.message == f"{start} hp1, without which {here}/two and {here}/three cannot be reached"
    assert second.message == f"{start} 6000, without which {here}/three cannot be reached"
    assert advice(first) == OPTION
    assert (first.subject, first.severity) == (None, "error")


def test_a_group_without_a_name_gets_that_of_the_machine():
    (one,) = copied(
        {"runtimes": CE, "identity": {"groups": [HP1]}}, {"one": hangs_on({"id": 5000})}, COPYING[:-20]
    )
    assert "loses the group hp1," in one.message


def test_many_paths_are_counted():
    text = COPYING + "".join(f"    more{number} /x\n" for number in range(4))
    names = ["one", "two", "three", *(f"more{number}" for number in range(4))]
    (one,) = copied({"runtimes": CE}, {name: hangs_on(HP1) for name in names}, text)
    assert "more0 and 3 more cannot be reached" in one.message


@pytest.mark.parametrize(
    ("facts", "flagged"),
    [
        ({"runtimes": CE}, True),
        ({"runtimes": runtime("apptainer", "1.1.9", setuid=True)}, True),
        ({}, False),
        ({"runtimes": runtime("apptainer", "1.2.0", setuid=True)}, False),
        ({"runtimes": CE, "identity": {"user_id": 0}}, False),
        ({"runtimes": CE, "identity": {"in_passwd": False}}, False),
        # Another way to root, or none, which other findings tell.
        (both(MODES["proot"], {}), False),
        # The shell's group alone stops the build.
        (both(NEWGRP, {"runtimes": CE}), False),
    ],
)
def test_what_is_copied_matters_where_groups_are_dropped(facts, flagged):
    assert bool(copied(facts, {"one": hangs_on(HP1)}, COPYING[:-20])) is flagged


def test_a_base_that_only_a_group_opens():
    text = "Bootstrap: localimage\nFrom: base.sif\n"
    (one,) = copied({"runtimes": CE}, {"base.sif": hangs_on(HP1)}, text)
    assert one.source.text[one.span.start : one.span.end] == "base.sif"
    unsure = {"base.sif": {"needs_groups": UNKNOWN}}
    assert copied({"runtimes": CE}, unsure, text) == []


def test_a_build_that_is_told_to_keep_its_groups():
    facts = {**HOME_HIDDEN, "runtimes": CE}
    kept, dropped = (
        check_host(facts, required_group_not_primary, plan={"keeps_groups": keeps}) for keeps in (True, False)
    )
    assert (len(kept), len(dropped)) == (0, 1)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("singularity build --fakeroot a.sif a.def", 1),
        ("singularity build --fakeroot --no-setgroups a.sif a.def", 0),
        ("sg hp1 -c 'singularity build --fakeroot a.sif a.def'", 0),
        ("sg hp2 -c 'singularity build --fakeroot a.sif a.def'", 1),
    ],
)
def test_a_script_whose_build_keeps_the_group(line, count):
    host = lay(healthy_host(), {"runtimes": CE})
    definition = read_definition(Source("a.def", COPYING[:-20].encode()))
    (definition.call,) = read_job(Source("job.sh", f"#!/bin/bash\n{line}\n".encode())).calls
    folder = folder_from({"one": hangs_on(HP1)}, definition)
    assert len(list(required_group_not_primary.function(definition, host, folder=folder))) == count  # type: ignore[misc]


def test_a_home_that_was_mounted_without_groups_needs_none():
    facts = both({**HOME_HIDDEN, "runtimes": CE}, {"namespaces": {"home_mount_without_groups": "ok"}})
    assert found(facts, "ENV101") == []


def test_the_site_names_the_group_where_nothing_was_tried():
    untried = {
        "runtimes": runtime(setuid=True),
        "namespaces": {"home_mount_without_groups": UNKNOWN},
    }
    (one,) = found(untried, "ENV101", site="fugaku:compute")
    assert (one.severity, one.confidence) == ("error", "medium")
    assert "fugaku" in one.message
    assert (
        found(both(untried, {"identity": {"group": {"id": 7, "name": "fugaku"}}}), "ENV101", site="fugaku")
        == []
    )
    assert found({"runtimes": CE}, "ENV101", site="fugaku:compute") == []
    assert found(untried, "ENV101", site="slurm") == []


def test_the_site_names_a_group_that_has_no_name_here():
    facts = {"runtimes": CE, "namespaces": {"home_mount_without_groups": "Permission denied"}}
    (one,) = found(facts, "ENV101", site="fugaku:compute")
    assert "loses the group fugaku, without which /home/builder" in one.message


def test_an_account_that_the_machine_does_not_know_is_told_by_number():
    facts = {"identity": {"in_passwd": False, "account_group": None, "user_name": None, "home": None}}
    assert [one.message for one in found(facts, "ENV101")] == ["this machine does not know the user id 1001"]


@pytest.mark.parametrize("mode", MODES)
def test_no_way_to_root(mode):
    expected = [("ENV102", "error")] if mode == "none" else []
    assert levels(MODES[mode], "ENV102") == expected


def test_the_nearest_way_of_the_site():
    (one,) = found(MODES["none"], "ENV102", site="lumi:compute")
    assert advice(one).startswith("`module load LUMI systools`")
    (one,) = found(MODES["none"], "ENV102", site="polaris:login")
    assert "build on the compute nodes of polaris" in advice(one)
    (one,) = found({"identity": NOT_LISTED, "runtimes": CE}, "ENV102")
    assert advice(one).startswith("put `proot` on PATH, or `singularity build --remote IMAGE FILE`")


BLOCKED = {"namespaces": {**NO_NAMESPACE, "max_user": 0}}


@pytest.mark.parametrize(
    ("mode", "severity"),
    [
        ("root", None),
        ("subordinate", "error"),
        ("single", "error"),
        ("fakeroot-in-namespace", "error"),
        ("fakeroot-alone", "info"),
        ("proot", "info"),
        ("none", "error"),
        ("unknown", "info"),
    ],
)
def test_blocked_namespaces_are_an_error_where_no_other_way_is_left(mode, severity):
    expected = [("ENV103", severity)] if severity else []
    assert levels(both(MODES[mode], BLOCKED), "ENV103") == expected


@pytest.mark.parametrize(
    ("facts", "what", "line"),
    [
        (
            {"user": "No space left on device", "max_user": 0},
            "user.max_user_namespaces=0",
            "`sysctl -w user.max_user_namespaces=15000`",
        ),
        (
            {"user": "Operation not permitted", "unprivileged_clone": 0},
            "kernel.unprivileged_userns_clone=0",
            "`sysctl -w kernel.unprivileged_userns_clone=1`",
        ),
        (
            {"user": "Operation not permitted", "max_user": 0, "unprivileged_clone": 0},
            "user.max_user_namespaces=0 and kernel.unprivileged_userns_clone=0",
            "`sysctl -w user.max_user_namespaces=15000 && sysctl -w kernel.unprivileged_userns_clone=1`",
        ),
        (
            {"mount": "Permission denied", "apparmor_restricts": 1},
            "kernel.apparmor_restrict_unprivileged_userns=1, and AppArmor has no profile for /usr/bin/apptainer",
            "/etc/apparmor.d",
        ),
        (
            {"pid": "No space left on device", "max_pid": 0},
            "user.max_pid_namespaces=0",
            "`sysctl -w user.max_pid_namespaces=15000`",
        ),
        (
            {"user": "No space left on device", "max_user": 5},
            "none of the 5 of user.max_user_namespaces is left",
            "`sysctl -w user.max_user_namespaces=15000`",
        ),
        ({"user": "Operation not permitted", "seccomp": True}, "a seccomp filter", "without that filter"),
        ({"user": "Function not implemented"}, "Function not implemented", "administrator"),
    ],
)
def test_the_setting_that_blocks_and_the_line_that_lifts_it(facts, what, line):
    (one,) = found({"namespaces": facts}, "ENV103")
    assert what in one.message
    assert line in advice(one)


def test_a_setuid_starter_makes_namespaces_that_the_user_cannot():
    facts = {"runtimes": runtime(setuid=True), "namespaces": {**NO_NAMESPACE, "unprivileged_clone": 0}}
    assert levels(facts, "ENV102", "ENV103") == [("ENV103", "info")]


def test_a_masked_proc_stops_builds_with_subordinate_ids():
    masked = {"namespaces": {"proc_mount": "Operation not permitted"}, "platform": {"container": "docker"}}
    (one,) = found(masked, "ENV103")
    assert one.severity == "error"
    assert "systempaths=unconfined" in advice(one)
    assert levels(both(MODES["single"], masked), "ENV103") == [("ENV103", "info")]


@pytest.mark.parametrize(
    ("mode", "severity"),
    [
        ("root", None),
        ("subordinate", "error"),
        ("single", "info"),
        ("fakeroot-in-namespace", "info"),
        ("fakeroot-alone", "info"),
        ("proot", None),
    ],
)
def test_unusable_ids_are_an_error_where_they_are_the_way(mode, severity):
    half: dict[str, Any] = (
        {"identity": {"subgids": []}} if mode == "subordinate" else {"identity": {"subuids": []}}
    )
    facts = both(both(MODES[mode], {"identity": {"subgids": [{"first": 1, "size": 65536}]}}), half)
    assert levels(facts, "ENV104") == ([("ENV104", severity)] if severity else [])


def test_both_files_can_be_wrong_at_once():
    short = [{"first": 100000, "size": 1000}, {"first": 300000, "size": 2000}]
    assert [one.message for one in found({"identity": {"subuids": short, "subgids": short}}, "ENV104")] == [
        "builder has 2000 subordinate ids at a stretch in /etc/subuid, and a build takes 65536",
        "builder has 2000 subordinate ids at a stretch in /etc/subgid, and a build takes 65536",
    ]


def test_the_line_for_the_administrator():
    (one,) = found({"identity": {"subgids": []}}, "ENV104")
    assert advice(one).endswith("in /etc/subgid `builder:100000:65536`")
    (one,) = found({"identity": {"subgids": [], "subuids": [{"first": 5, "size": 9}]}}, "ENV104")[1:]
    assert advice(one).endswith("in /etc/subgid `builder:N:65536`")


def test_programs_with_the_same_trouble_are_told_of_together():
    facts: dict[str, Any] = {"programs": {"newuidmap": "none", "newgidmap": "none"}}
    assert [one.message for one in found(facts, "ENV104")] == [
        "newuidmap and newgidmap cannot write id maps: not found"
    ]
    facts = {"programs": {"newuidmap": "none", "newgidmap": {"setuid": False}}}
    assert len(found(facts, "ENV104")) == 2
    (one,) = found({"programs": {"newuidmap": {"setuid": False, "path": "/opt/my bin/newuidmap"}}}, "ENV104")
    assert "`chmod u+s '/opt/my bin/newuidmap'`" in advice(one)


def test_a_program_of_which_something_is_not_known_is_not_judged():
    for name in ("path", "setuid", "capability"):
        facts = {"setuid": False, name: UNKNOWN}
        assert found({"programs": {"newuidmap": facts}}, "ENV104") == []
