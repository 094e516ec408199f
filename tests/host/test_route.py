"""Which way to root a build takes, as a table of machines."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.host.route import enough_ids, namespaces_work, route
from sifcheck.host.snapshot import IdRange
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

NOT_LISTED: dict[str, Any] = {"subuids": [], "subgids": []}
BLOCKED = {"user": "Operation not permitted", "mount": {"unknown": "not tried"}}
APPTAINER_SETUID = {"apptainer": {"setuid_starter": True}}
CE: dict[str, Any] = {
    "apptainer": "none",
    "singularity": {"flavour": "singularity-ce", "version": [4, 1, 2], "setuid_starter": False},
}
CE_SETUID = {"apptainer": "none", "singularity": {**CE["singularity"], "setuid_starter": True}}
CE_OLD = {"apptainer": "none", "singularity": {**CE["singularity"], "version": [3, 10, 5]}}
SINGULARITY_3 = {
    "apptainer": "none",
    "singularity": {"flavour": "singularity", "version": [3, 8, 7], "setuid_starter": False},
}
UNKNOWN = {"unknown": "timed out after 2 s"}

TABLE = {
    "healthy": ({}, "subordinate"),
    "root": ({"identity": {"user_id": 0, **NOT_LISTED}}, "root"),
    "root without a runtime": ({"identity": {"user_id": 0}, "runtimes": []}, "root"),
    "no runtime": ({"runtimes": []}, "unknown"),
    "runtimes unknown": ({"runtimes": UNKNOWN}, "unknown"),
    "flavour unknown": ({"runtimes": {"apptainer": {"flavour": UNKNOWN}}}, "unknown"),
    "subuids unknown": ({"identity": {"subuids": UNKNOWN}}, "unknown"),
    "subuids known, version unknown": ({"runtimes": {"apptainer": {"version": UNKNOWN}}}, "subordinate"),
    "not listed, version unknown": (
        {"identity": NOT_LISTED, "runtimes": {"apptainer": {"version": UNKNOWN}}},
        "unknown",
    ),
    # Apptainer sets out on the way of subordinate ids and fails there: measured with 1.4.5.
    "in subuid only": ({"identity": {"subgids": []}}, "subordinate"),
    "range too short": ({"identity": {"subuids": [{"first": 1, "size": 10}]}}, "subordinate"),
    "no newuidmap": ({"programs": {"newuidmap": "none"}}, "subordinate"),
    "in subgid only": ({"identity": {"subuids": []}}, "single"),
    "not listed": ({"identity": NOT_LISTED}, "single"),
    "not listed, fakeroot": (
        {"identity": NOT_LISTED, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
        "fakeroot-in-namespace",
    ),
    "not listed, fakeroot unknown": (
        {"identity": NOT_LISTED, "programs": {"fakeroot": {"path": UNKNOWN}}},
        "unknown",
    ),
    "not listed, namespaces unknown": ({"identity": NOT_LISTED, "namespaces": {"user": UNKNOWN}}, "unknown"),
    "not listed, no namespace": ({"identity": NOT_LISTED, "namespaces": BLOCKED}, "none"),
    "not listed, no mount namespace": (
        {"identity": NOT_LISTED, "namespaces": {"mount": "No space left on device"}},
        "none",
    ),
    "not listed, no namespace, setuid": (
        {"identity": NOT_LISTED, "namespaces": BLOCKED, "runtimes": APPTAINER_SETUID},
        "none",
    ),
    "not listed, no namespace, fakeroot": (
        {"identity": NOT_LISTED, "namespaces": BLOCKED, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
        "none",
    ),
    "not listed, no namespace, setuid, fakeroot": (
        {
            "identity": NOT_LISTED,
            "namespaces": BLOCKED,
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
            "runtimes": APPTAINER_SETUID,
        },
        "fakeroot-alone",
    ),
    "the same, setuid switched off": (
        {
            "identity": NOT_LISTED,
            "namespaces": BLOCKED,
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
            "runtimes": {
                "apptainer": {
                    "setuid_starter": True,
                    "configuration": {"settings": {"allow setuid": "no"}},
                }
            },
        },
        "none",
    ),
    "the same, setuid unknown": (
        {
            "identity": NOT_LISTED,
            "namespaces": BLOCKED,
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
            "runtimes": {"apptainer": {"setuid_starter": UNKNOWN}},
        },
        "unknown",
    ),
    "the same, no new privileges": (
        {
            "identity": NOT_LISTED,
            "namespaces": {**BLOCKED, "no_new_privs": True},
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
            "runtimes": APPTAINER_SETUID,
        },
        "none",
    ),
    "listed, told to ignore that": ({"environment": {"APPTAINER_IGNORE_SUBUID": "1"}}, "single"),
    "listed, told not to ignore that": ({"environment": {"APPTAINER_IGNORE_SUBUID": "0"}}, "subordinate"),
    "listed, told to ignore that, fakeroot": (
        {
            "environment": {"SINGULARITY_IGNORE_SUBUID": "true"},
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
        },
        "fakeroot-in-namespace",
    ),
    "told to ignore namespaces": ({"environment": {"APPTAINER_IGNORE_USERNS": "1"}}, "none"),
    "told to ignore namespaces, setuid": (
        {
            "identity": NOT_LISTED,
            "environment": {"APPTAINER_IGNORE_USERNS": "1"},
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
            "runtimes": APPTAINER_SETUID,
        },
        "fakeroot-alone",
    ),
    "told to ignore the fakeroot command": (
        {
            "identity": NOT_LISTED,
            "environment": {"APPTAINER_IGNORE_FAKEROOT_COMMAND": "1"},
            "programs": {"fakeroot": "/usr/bin/fakeroot"},
        },
        "single",
    ),
    "user namespaces not allowed": (
        {"runtimes": {"apptainer": {"configuration": {"settings": {"allow user ns": "no"}}}}},
        "none",
    ),
    "user namespaces not allowed, setuid": (
        {
            "runtimes": {
                "apptainer": {
                    "setuid_starter": True,
                    "configuration": {"settings": {"allow user ns": "no"}},
                }
            }
        },
        "subordinate",
    ),
    "listed, no namespace": ({"namespaces": BLOCKED}, "none"),
    "listed, no namespace, setuid": ({"namespaces": BLOCKED, "runtimes": APPTAINER_SETUID}, "none"),
    "listed, namespaces unknown": ({"namespaces": {"user": UNKNOWN}}, "unknown"),
    "listed, setuid of Apptainer 1.2, no unprivileged clone": (
        {
            "namespaces": {**BLOCKED, "unprivileged_clone": 0},
            "runtimes": {"apptainer": {"version": [1, 2, 5], "setuid_starter": True}},
        },
        "subordinate",
    ),
    "Apptainer 1.0 not listed": (
        {"identity": NOT_LISTED, "runtimes": {"apptainer": {"version": [1, 0, 3]}}},
        "none",
    ),
    "AppArmor with a profile": (
        {
            "namespaces": {
                "apparmor_restricts": 1,
                "apparmor_profiles": ["apptainer"],
                "mount": "Permission denied",
            }
        },
        "subordinate",
    ),
    "AppArmor without a profile": (
        {"namespaces": {"apparmor_restricts": 1, "mount": "Permission denied"}},
        "none",
    ),
    "CE": ({"runtimes": CE}, "subordinate"),
    "CE setuid": (
        {"runtimes": CE_SETUID, "programs": {"newuidmap": "none", "newgidmap": "none"}},
        "subordinate",
    ),
    "CE setuid, no unprivileged namespaces": (
        {"runtimes": CE_SETUID, "namespaces": {**BLOCKED, "unprivileged_clone": 0}},
        "subordinate",
    ),
    "CE setuid, none at all": ({"runtimes": CE_SETUID, "namespaces": {**BLOCKED, "max_user": 0}}, "none"),
    "CE setuid, a filter": ({"runtimes": CE_SETUID, "namespaces": {**BLOCKED, "seccomp": True}}, "unknown"),
    "CE without newuidmap": (
        {"runtimes": CE, "programs": {"newuidmap": "none"}},
        "subordinate",
    ),
    "CE without newuidmap, proot": (
        {"runtimes": CE, "programs": {"newuidmap": "none", "proot": "/opt/bin/proot"}},
        "proot",
    ),
    "CE not listed": ({"runtimes": CE, "identity": NOT_LISTED}, "none"),
    "CE not listed, fakeroot is of no use": (
        {"runtimes": CE, "identity": NOT_LISTED, "programs": {"fakeroot": "/usr/bin/fakeroot"}},
        "none",
    ),
    "CE not listed, proot": (
        {"runtimes": CE, "identity": NOT_LISTED, "programs": {"proot": "/opt/bin/proot"}},
        "proot",
    ),
    "CE not listed, proot unknown": (
        {"runtimes": CE, "identity": NOT_LISTED, "programs": {"proot": {"path": UNKNOWN}}},
        "unknown",
    ),
    "CE no namespace, proot": (
        {"runtimes": CE, "namespaces": BLOCKED, "programs": {"proot": "/opt/bin/proot"}},
        "proot",
    ),
    "CE 3.10 has no proot": (
        {"runtimes": CE_OLD, "identity": NOT_LISTED, "programs": {"proot": "/opt/bin/proot"}},
        "none",
    ),
    "PRO 3.11-7 has proot": (
        {
            "runtimes": {
                "apptainer": "none",
                "singularity": {
                    "flavour": "singularity-pro",
                    "version": [3, 11, 7],
                    "setuid_starter": False,
                },
            },
            "identity": NOT_LISTED,
            "programs": {"proot": "/opt/bin/proot"},
        },
        "proot",
    ),
    "Singularity 3": ({"runtimes": SINGULARITY_3}, "subordinate"),
    "Singularity 3 not listed": (
        {"runtimes": SINGULARITY_3, "identity": NOT_LISTED, "programs": {"proot": "/opt/bin/proot"}},
        "none",
    ),
    "CE subuids unknown": ({"runtimes": CE, "identity": {"subuids": UNKNOWN}}, "unknown"),
}


@pytest.mark.parametrize(("facts", "mode"), TABLE.values(), ids=TABLE.keys())
def test_the_way_that_the_runtime_takes(facts, mode):
    found = route(lay(healthy_host(), facts))
    assert found.mode == mode, found.why
    assert found.why


def test_why_names_what_decided():
    assert "100000-165535" in route(healthy_host()).why
    hidden = lay(healthy_host(), {"namespaces": {"user": UNKNOWN}})
    assert route(hidden).why == "user namespaces: timed out after 2 s"


def test_every_unknown_fact_that_decides_gives_unknown():
    """No fact that is hidden is taken for one or the other: the way is the same, or unknown."""
    hidden = Unknown("hidden")
    facts: Any
    for facts, mode in TABLE.values():
        host = lay(healthy_host(), facts)
        for part in ("identity", "namespaces"):
            value = getattr(host, part)
            for name in value._fields:
                if name in ("user_id", "user_name", "group", "groups", "umask"):
                    continue
                changed = host._replace(**{part: value._replace(**{name: hidden})})
                assert route(changed).mode in (mode, "unknown"), (part, name)


def test_a_range_counts_if_it_is_long_enough():
    assert enough_ids((IdRange(1, 10), IdRange(100000, 65536)))
    assert not enough_ids((IdRange(1, 65535), IdRange(100000, 65535)))
    assert not enough_ids(())


def test_an_attempt_that_failed_is_known_although_another_is_not():
    host = lay(healthy_host(), {"namespaces": {"user": {"unknown": "x"}, "mount": "refused"}})
    assert namespaces_work(host) is False
