"""ENV401-404: the way to the registry, logins and keys."""

from __future__ import annotations

import pytest
from rules.host_findings import CE, UNKNOWN, advice, found, levels, runtime

MIRROR = '[[registries.mirrors]]\nregistry = "docker.io"\nmirror = "mirror.example.org/docker"\n'


def proxies(*names):
    return [{"name": name, "value": "http://proxy.example.org:3128"} for name in names]


def answer(reachable="ok", left=None, registry="docker.io"):
    return {"registry": registry, "reachable": reachable, "pulls_left": left}


@pytest.mark.parametrize(
    ("names", "severity"),
    [
        ((), None),
        (("http_proxy",), "warning"),
        (("https_proxy",), "warning"),
        (("HTTP_PROXY",), "warning"),
        (("http_proxy", "HTTP_PROXY"), "warning"),
        (("http_proxy", "https_proxy"), None),
        (("HTTP_PROXY", "https_proxy"), None),
        (("no_proxy", "all_proxy"), None),
    ],
)
def test_half_a_proxy(names, severity):
    facts = {"network": {"proxies": proxies(*names)}}
    assert levels(facts, "ENV401") == ([("ENV401", severity)] if severity else [])


def test_the_other_half_is_set_from_the_one_that_is_there():
    (one,) = found({"network": {"proxies": proxies("HTTPS_PROXY")}}, "ENV401")
    assert advice(one) == '`export http_proxy="$HTTPS_PROXY"`'


def test_only_the_registry_that_does_not_answer():
    answers = [
        answer("Connection refused"),
        answer("ok", registry="quay.io"),
        answer(UNKNOWN, registry="ghcr.io"),
    ]
    (one,) = found({"network": {"registries": answers}}, "ENV401")
    assert one.message == "no connection to docker.io: Connection refused"
    assert one.severity == "error"
    assert "`apptainer pull base.sif docker://IMAGE`" in advice(one)


def test_the_way_out_of_the_site():
    unreachable = {"network": {"registries": [answer("Network is unreachable")]}}
    (one,) = found(unreachable, "ENV401", site="polaris:compute")
    assert advice(one).startswith("`export http_proxy=http://")
    (one,) = found(unreachable, "ENV401", site=MIRROR)
    assert advice(one) == "take images from the site's mirror, mirror.example.org/docker"
    through = {
        "network": {"registries": [answer("Bad Gateway")], "proxies": proxies("http_proxy", "https_proxy")}
    }
    (one,) = found(through, "ENV401")
    assert "through the proxy http://proxy.example.org:3128: Bad Gateway" in one.message


@pytest.mark.parametrize(
    ("network", "role", "key"),
    [
        ("proxy", "compute", "by a proxy, and none is set"),
        ("none", "compute", "have no way to the internet"),
        ("none", "unknown", None),
        ("direct", "compute", None),
        ("restricted", "compute", None),
        ("unknown", "compute", None),
    ],
)
def test_what_the_site_says_where_nobody_asked(network, role, key):
    site = f'[nodes.compute]\nnetwork = "{network}"\n'
    facts = {"platform": {"role": role}}
    assert [key in one.message for one in found(facts, "ENV401", site=site)] == ([True] if key else [])
    answered = {**facts, "network": {"registries": [answer("ok")]}}
    assert found(answered, "ENV401", site=site) == []


@pytest.mark.parametrize(
    ("left", "severity"),
    [(0, "error"), (1, "warning"), (19, "warning"), (20, None), (None, None), (UNKNOWN, None)],
)
def test_pulls_that_are_left(left, severity):
    facts = {"network": {"registries": [answer(left=left)]}}
    assert levels(facts, "ENV402") == ([("ENV402", severity)] if severity else [])


def credentials(**facts):
    usual = {
        "path": "/home/builder/.docker/config.json",
        "exists": True,
        "mode": 0o600,
        "owner_id": 1001,
        "logins": 1,
    }
    return {"keys": {"credentials": [{**usual, **facts}]}}


@pytest.mark.parametrize(
    ("facts", "flagged"),
    [
        (credentials(), False),
        (credentials(logins=UNKNOWN), False),
        (credentials(logins=0), True),
        (credentials(exists=False, mode=None, logins=None), True),
        ({"environment": {"APPTAINER_DOCKER_USERNAME": {"value": None}}}, False),
    ],
)
def test_a_login_has_a_count_of_its_own(facts, flagged):
    assert bool(found({**facts, "network": {"registries": [answer(left=0)]}}, "ENV402")) is flagged


@pytest.mark.parametrize(
    ("runtimes", "line"),
    [
        (runtime("apptainer", "1.3.0"), "`apptainer registry login --username NAME docker://docker.io`"),
        (runtime("apptainer", "1.2.5"), "`apptainer remote login --username NAME docker://docker.io`"),
        (CE, "`singularity registry login --username NAME docker://docker.io`"),
        (
            runtime("singularity-ce", "3.11.4"),
            "`singularity remote login --username NAME docker://docker.io`",
        ),
    ],
)
def test_how_to_log_in(runtimes, line):
    facts = {"network": {"registries": [answer(left=3)]}, "runtimes": runtimes}
    assert advice(found(facts, "ENV402")[0]) == line
    assert advice(found(facts, "ENV402", site=MIRROR)[0]).endswith("mirror, mirror.example.org/docker")


@pytest.mark.parametrize(
    ("mode", "who"),
    [
        (0o600, None),
        (0o700, None),
        (0o620, None),
        (0o640, "the group can read"),
        (0o604, "everybody can read"),
        (0o644, "the group and everybody can read"),
        (UNKNOWN, None),
    ],
)
def test_who_can_read_what_is_secret(mode, who):
    for facts in (credentials(mode=mode), {"keys": {"keyrings": {"secret": {"mode": mode}}}}):
        assert [who in one.message for one in found(facts, "ENV403")] == ([True] if who else [])


def test_a_path_with_a_blank_is_one_word():
    facts = credentials(path="/home/my user/.docker/config.json", mode=0o644)
    assert advice(found(facts, "ENV403")[0]) == "`chmod 600 '/home/my user/.docker/config.json'`"


@pytest.mark.parametrize(
    ("ring", "state"),
    [
        ({"keys": 0}, "is empty"),
        ({"exists": False, "mode": None, "keys": None}, "does not exist"),
        ({"keys": 2}, None),
        ({"keys": UNKNOWN}, None),
        ({"exists": UNKNOWN, "keys": UNKNOWN, "mode": UNKNOWN}, None),
    ],
)
def test_a_site_that_wants_signatures(ring, state):
    facts = {"keys": {"keyrings": {"secret": ring}}}
    found_here = found(facts, "ENV404", site="[policy]\nsignatures = true\n")
    assert [state in one.message for one in found_here] == ([True] if state else [])
    assert found(facts, "ENV404", site="[policy]\nsignatures = false\n") == []
    assert found(facts, "ENV404") == []
