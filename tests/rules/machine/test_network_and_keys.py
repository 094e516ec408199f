"""ENV401-404: the way to the registry, logins and keys."""

from __future__ import annotations

import pytest
from rules.host_findings import CE, UNKNOWN, advice, found, levels, runtime

from sifcheck.testing import check_host, check_text
from sifcheck_rules.machine.network_and_keys import no_signing_key

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


EMPTY = {"keys": {"keyrings": {"secret": {"keys": 0}}}}
OPEN = {"keys": {"keyrings": {"secret": {"keys": 1, "locked": 0}}}}
LOCKED = {"keys": {"keyrings": {"secret": {"keys": 2, "locked": 2}}}}
NO_TERMINAL = {"keys": {**LOCKED["keys"], "terminal": False}}


@pytest.mark.parametrize(
    ("facts", "level"),
    [(EMPTY, "error"), (NO_TERMINAL, "warning"), (LOCKED, None), ({}, None)],
)
def test_a_build_that_signs(facts, level):
    told = check_host(facts, no_signing_key, plan={"signs": True})
    assert [one.severity for one in told] == ([level] if level else [])
    assert all("the image is to be signed" in one.message for one in told)
    assert check_host(facts, no_signing_key, plan={}) == []


def test_a_pem_key_needs_no_key_ring():
    facts = {**EMPTY, "environment": [{"name": "APPTAINER_SIGN_KEY", "value": None}]}
    assert check_host(facts, no_signing_key, plan={"signs": True}) == []
    assert signed("apptainer sign a.sif", facts) == []


def signed(body, facts, head="#!/bin/bash\n#SBATCH --nodes=1\n"):
    return check_text(f"{head}{body}\n", no_signing_key, host=facts)


SIGNING = [
    "apptainer sign a.sif",
    "singularity sign --keyidx 1 a.sif",
    "srun -n 1 apptainer sign a.sif",
    "sg hp1 -c 'apptainer sign a.sif'",
    "for image in *.sif; do apptainer sign $image; done",
    "sifcheck build --sign a.sif a.def",
]
NOT_WITH_THE_RING = [
    "apptainer verify a.sif",
    "apptainer sign",
    "apptainer sign --help",
    "apptainer sign --key private.pem a.sif",
    "apptainer sign --key=private.pem a.sif",
    "apptainer sign $OPTIONS a.sif",
    "sifcheck build a.sif a.def",
    "sifcheck build --sign --dry-run a.sif a.def",
    "sudo apptainer sign a.sif",
    "ssh login1 apptainer sign a.sif",
    "apptainer key newpair\napptainer sign a.sif",
    "singularity key import a.asc\nsingularity sign a.sif",
    "export APPTAINER_KEYSDIR=/work/keys\napptainer sign a.sif",
    "APPTAINER_CONFIGDIR=/work/own apptainer sign a.sif",
    "SINGULARITY_SYPGPDIR=/work/keys singularity sign a.sif",
    "export APPTAINER_SIGN_KEY=private.pem\napptainer sign a.sif",
    "cp -r keys ~/.apptainer/keys\napptainer sign a.sif",
    "export HOME=/work/home\napptainer sign a.sif",
]
FED = [
    "apptainer sign a.sif < ~/.passphrase",
    "apptainer sign a.sif <<< $WORDS",
    "apptainer sign a.sif <<EOF\nwords\nEOF",
    "cat ~/.passphrase | apptainer sign a.sif",
    "cat ~/.passphrase | { apptainer sign a.sif; }",
    "for image in *.sif; do apptainer sign $image; done < ~/.passphrases",
    "exec < ~/.passphrase\napptainer sign a.sif",
    "#SBATCH --input=words\napptainer sign a.sif",
]


@pytest.mark.parametrize("body", SIGNING)
def test_a_script_that_signs_without_a_key(body):
    (one,) = signed(body, EMPTY)
    assert (one.severity, one.subject) == ("error", None)
    assert one.message.endswith("keys/pgp-secret is empty")
    assert one.help.startswith("before the job is submitted, `")
    (one,) = signed(body, LOCKED)
    assert (one.severity, one.confidence) == ("warning", "medium")
    assert one.message.endswith("nobody can type in a job")
    assert signed(body, OPEN) == []


@pytest.mark.parametrize("body", NOT_WITH_THE_RING)
def test_what_takes_no_key_of_the_ring(body):
    assert signed(body, EMPTY) == []
    assert signed(body, LOCKED) == []


@pytest.mark.parametrize("body", FED)
def test_a_passphrase_that_is_handed_in(body):
    assert signed(body, LOCKED) == []
    assert [one.severity for one in signed(body, EMPTY)] == ["error"]


def test_nothing_is_handed_in_by_dev_null():
    assert len(signed("apptainer sign a.sif < /dev/null", LOCKED)) == 1


def test_a_script_that_is_no_job_has_the_terminal_of_the_machine():
    head, body = "#!/bin/bash\n", "apptainer sign a.sif"
    assert signed(body, LOCKED, head) == []
    assert [one.severity for one in signed(body, NO_TERMINAL, head)] == ["warning"]


def test_a_failure_that_is_taken_up_is_milder():
    assert [one.severity for one in signed("apptainer sign a.sif || true", EMPTY)] == ["warning"]


def test_a_key_ring_that_holds_something_is_enough():
    for ring in ({"keys": 2, "locked": 1}, {"keys": UNKNOWN}, {"keys": 1, "locked": UNKNOWN}):
        assert signed("apptainer sign a.sif", {"keys": {"keyrings": {"secret": ring}}}) == []


def test_without_a_machine_a_script_is_left_alone():
    assert check_text("#!/bin/bash\napptainer sign a.sif\n", no_signing_key) == []
