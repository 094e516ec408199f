"""Facts laid over a snapshot change those facts and no others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.records import encode, fields_of, parts_of
from sifcheck.host.snapshot import Bind, Group, Host, Leftover, Limit, Program, Setting, Variable
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

HEALTHY = healthy_host()


def test_one_fact():
    host = lay(
        HEALTHY,
        {"storage": {"tmpdir": {"filesystem": "lustre", "rehearsal": {"chown": "Operation not permitted"}}}},
    )
    assert host.place("tmpdir").filesystem == "lustre"
    assert host.place("tmpdir").rehearsal.chown == Outcome(False, "Operation not permitted")
    back = lay(host, {"storage": {"tmpdir": {"filesystem": "xfs", "rehearsal": {"chown": "ok"}}}})
    assert back == HEALTHY


def test_a_path_moves_what_it_leads_to_as_well():
    place = lay(HEALTHY, {"storage": {"tmpdir": {"path": "/worktmp", "origin": "TMPDIR"}}}).place("tmpdir")
    assert (place.path, place.real_path, place.nearest) == ("/worktmp",) * 3
    place = lay(HEALTHY, {"storage": {"tmpdir": {"path": "tmp", "real_path": "/home/builder/tmp"}}}).place(
        "tmpdir"
    )
    assert (place.path, place.real_path) == ("tmp", "/home/builder/tmp")


def test_new_entries_are_healthy_but_for_what_is_said():
    host = lay(
        HEALTHY,
        {
            "storage": {
                "output": {"path": "/vol0004/x"},
                "scratch": [{"path": "/worktmp", "filesystem": "tmpfs"}, {"path": "/local"}],
            }
        },
    )
    assert host.place("output").writable == Outcome(True)
    assert [place.path for place in host.places("scratch")] == ["/worktmp", "/local"]
    assert {place.purpose for place in host.places("scratch")} == {"scratch"}


@pytest.mark.parametrize(
    ("facts", "get", "expected"),
    [
        ({"identity": {"group": 5000}}, lambda h: h.identity.group, Group(5000)),
        (
            {"identity": {"group": {"id": 5000, "name": "hp1"}}},
            lambda h: h.identity.group,
            Group(5000, "hp1"),
        ),
        (
            {"identity": {"groups": [5000, {"id": 6, "name": "x"}]}},
            lambda h: h.identity.groups,
            (Group(5000), Group(6, "x")),
        ),
        ({"identity": {"home": "none"}}, lambda h: h.identity.home, None),
        ({"identity": {"subuids": []}}, lambda h: h.identity.subuids, ()),
        ({"identity": {"subuids": {"unknown": "why"}}}, lambda h: h.identity.subuids, Unknown("why")),
        ({"identity": {"subuids": Unknown("why")}}, lambda h: h.identity.subuids, Unknown("why")),
        ({"limits": {"address_space": 1 << 30}}, lambda h: h.limits.address_space, Limit(1 << 30, 1 << 30)),
        ({"limits": {"address_space": {"soft": 5}}}, lambda h: h.limits.address_space, Limit(5, None)),
        ({"namespaces": {"user": False}}, lambda h: h.namespaces.user.ok, False),
        (
            {"namespaces": {"user": {"ok": False, "why": "x"}}},
            lambda h: h.namespaces.user,
            Outcome(False, "x"),
        ),
        ({"namespaces": {"max_user": 0}}, lambda h: h.namespaces.max_user, 0),
        (
            {"programs": {"mksquashfs": "none"}},
            lambda h: h.program("mksquashfs"),
            Program("mksquashfs", None),
        ),
        ({"programs": {"fakeroot": "/opt/fakeroot"}}, lambda h: h.program("fakeroot").path, "/opt/fakeroot"),
        ({"programs": {"newuidmap": {"setuid": False}}}, lambda h: h.program("newuidmap").privileged, False),
        ({"environment": {"TMPDIR": "/x"}}, lambda h: h.environment, (Variable("TMPDIR", "/x"),)),
        (
            {"environment": {"A_PASSWORD": {"value": None}}},
            lambda h: h.environment,
            (Variable("A_PASSWORD", None),),
        ),
        ({"runtimes": []}, lambda h: h.runtime, None),
        ({"runtimes": {"apptainer": "none"}}, lambda h: h.runtime, None),
        ({"runtimes": {"apptainer": {"version": [1, 1, 9]}}}, lambda h: h.runtime.version, (1, 1, 9)),
        (
            {"runtimes": [{"name": "singularity", "flavour": "singularity-ce"}]},
            lambda h: (h.runtime.name, h.runtime.family),
            ("singularity", "singularity-ce"),
        ),
        (
            {
                "runtimes": {
                    "apptainer": {
                        "configuration": {"settings": {"mksquashfs mem": "1G", "bind path": ["/a", "/b"]}}
                    }
                }
            },
            lambda h: h.runtime.configuration.settings,
            (
                Setting("allow setuid", "yes"),
                Setting("mksquashfs mem", "1G"),
                Setting("bind path", "/a"),
                Setting("bind path", "/b"),
            ),
        ),
        (
            {"binds": [{"variable": "APPTAINER_BIND", "source": "/v", "target": "/v", "exists": False}]},
            lambda h: h.binds,
            (Bind("APPTAINER_BIND", "/v", "/v", False),),
        ),
        (
            {
                "leftovers": [
                    {"path": "/tmp/build-temp-1", "kind": "build-temp", "complete": True, "age": 90000}
                ]
            },
            lambda h: h.leftovers,
            (
                Leftover(
                    "/tmp/build-temp-1",
                    "build-temp",
                    Unknown("not in the example"),
                    True,
                    90000,
                    Unknown("not in the example"),
                    Unknown("not in the example"),
                ),
            ),
        ),
        ({"memory": {"cgroup_limit_bytes": 5}}, lambda h: h.memory.cgroup_limit_bytes, 5),
        (
            {"keys": {"keyrings": {"secret": {"exists": False, "keys": "none"}}}},
            lambda h: (h.keys.keyring("secret").exists, h.keys.keyring("secret").keys),
            (False, None),
        ),
    ],
)
def test_short_forms(facts, get, expected):
    assert get(lay(HEALTHY, facts)) == expected


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"storag": {}}, "a host has no 'storag'; did you mean 'storage'?"),
        ({"identity": {"groop": 1}}, "identity has no 'groop'; did you mean 'group"),
        ({"storage": {"tempdir": {}}}, "storage has no 'tempdir'; did you mean 'tmpdir'?"),
        (
            {"storage": {"tmpdir": {"filesytem": "x"}}},
            "storage.tmpdir has no 'filesytem'; did you mean 'filesystem'?",
        ),
        ({"runtimes": {"apptainr": {}}}, "did you mean 'apptainer'?"),
        ({"identity": {"user_id": "x"}}, 'identity.user_id: "x" is not a whole number'),
        ({"identity": {"umask": {"unknown": "x"}}}, "identity.umask is always known"),
        ({"identity": {"groups": "x"}}, "identity.groups: 'x' is not a list"),
        ({"namespaces": {"user": 5}}, "namespaces.user: 5 is not"),
        ({"limits": {"cpu_seconds": "long"}}, 'limits.cpu_seconds: "long" is not a whole number'),
        ({"memory": {"total_bytes": None}}, "memory.total_bytes: null is not a whole number"),
        ({"storage": 5}, "storage: 5 is not a list or a mapping by name"),
        ({"leftovers": [{"path": "/x"}]}, "is missing"),
    ],
)
def test_what_cannot_be_laid_is_named(facts, word):
    with pytest.raises(ValueError, match=re.escape(word)):
        lay(HEALTHY, facts)


def test_every_fact_of_the_healthy_host_can_be_laid_over_itself():
    facts = {name: encode(getattr(HEALTHY, name)) for name in fields_of(Host)}
    assert lay(HEALTHY, facts) == HEALTHY


def test_every_fact_that_may_be_unknown_can_be_made_so():
    def every(kind, way):
        for name, part in fields_of(kind).items():
            if parts_of(part)[2]:
                yield [*way, name]
            main = parts_of(part)[0][0]
            if hasattr(main, "_fields"):
                yield from every(main, [*way, name])

    ways = list(every(Host, []))
    assert len(ways) > 40
    for way in ways:
        facts: Any = {"unknown": "why"}
        for name in reversed(way):
            facts = {name: facts}
        at: Any = lay(HEALTHY, facts)
        for name in way:
            at = getattr(at, name)
        assert at == Unknown("why")
