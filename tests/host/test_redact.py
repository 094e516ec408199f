"""A redacted snapshot holds no name any more, and rules see the same in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.host.redact import redact
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Leftover
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

REVEALING = lay(
    healthy_host(),
    {
        "identity": {
            "user_name": "u12345",
            "home": "/vol0004/hp98765/u12345",
            "group": {"id": 59999, "name": "fugaku"},
            "account_group": {"id": 59999, "name": "fugaku"},
            "groups": [{"id": 70001, "name": "hp98765"}, {"id": 5, "name": "tty"}],
        },
        "platform": {"host_name": "fn01sv05.cluster.example"},
        "storage": {
            "home": {
                "path": "/vol0004/hp98765/u12345",
                "device": "192.168.7.8@o2ib:/vol0004",
                "group": {"id": 70001, "name": "hp98765"},
            },
            "cache": {"path": "/home/zorro/cache", "origin": "APPTAINER_CACHEDIR"},
            "output": {"path": "/work/moonshot/images", "device": "//cifs3.kei.riken.jp/share"},
            "tmpdir": {"path": "/worktmp", "device": "nas7.cluster.example:/export/u12345"},
            "scratch": [
                {
                    "path": "/scratch/other-u12345-x",
                    "writable": "u12345 may not write on fn01sv05, asked ldap6.kei.riken.jp.",
                }
            ],
        },
        "environment": {
            "HOME": "/vol0004/hp98765/u12345",
            "SLURM_JOB_ACCOUNT": "moonshot",
            "SLURM_SUBMIT_HOST": "gateway9",
            "SLURM_JOB_USER": "u12345",
            "SSH_CONNECTION": "203.0.113.9 5022 2001:db8::7 22",
            "PBS_JOBID": "812.batchmaster",
            "APPTAINER_BIND": "/home/apps/singularity:/opt/repo,/Users/zorro/x:/x",
            "TMPDIR": "/worktmp",
            "APPTAINER_LIBRARY": "https://library.cluster.example/v1",
            "APPTAINER_DOCKER_HOST": "tcp://fn01sv05.elsewhere.kei.riken.jp:2375",
        },
        "scheduler": {"kind": "pbs", "job": "812.batchmaster"},
        "network": {
            "proxies": {
                "https_proxy": "http://squid4.cluster.example:3128",
                "no_proxy": ".cluster.example,localhost,10.4.38.1, *.inner.kei.riken.jp fe80::51 fd12:3::/32,"
                "::ffff:10.4.38.2 [fd77::1]:80",
            }
        },
        "keys": {"keyrings": {"secret": {"path": "/vol0004/hp98765/u12345/.apptainer/keys/pgp-secret"}}},
        "binds": [{"variable": "APPTAINER_BIND", "source": "/home/zorro/x", "target": "/x", "exists": True}],
    },
)._replace(leftovers=(Leftover("/tmp/u12345/build-temp-5", "build-temp", 5, True, 5, False, False),))

NAMES = "u12345 hp98765 fugaku fn01sv05 cluster.example zorro moonshot gateway9 batchmaster squid4 nas7 192.168.7.8 203.0.113.9 2001:db8 10.4.38.1 library cifs3 kei.riken elsewhere inner fe80 fd12 10.4.38 fd77 ldap6".split()


def test_all_names_are_there_before():
    assert [name for name in NAMES if name not in to_json(REVEALING)] == []


def test_none_is_left():
    text = to_json(redact(REVEALING))
    assert [name for name in NAMES if name in text] == []


def test_the_same_name_is_the_same_word_everywhere():
    host = redact(REVEALING)
    user, project = host.identity.user_name, host.identity.groups[0].name
    assert host.identity.home == f"/vol0004/{project}/{user}"
    assert host.place("home").path == host.identity.home
    assert host.variable("SLURM_JOB_USER").value == user
    assert host.leftovers[0].path == f"/tmp/{user}/build-temp-5"
    assert host.identity.group == host.identity.account_group
    assert host.scheduler.job == host.variable("PBS_JOBID").value
    assert host.place("cache").path.split("/")[2] == host.binds[0].source.split("/")[2]


def test_what_rules_judge_stays():
    host = redact(REVEALING)
    assert host.place("tmpdir").path == "/worktmp"
    assert host.variable("APPTAINER_BIND").value.startswith("/home/apps/singularity:/opt/repo,")
    assert host.identity.groups[1].name == "tty"
    assert host.programs == REVEALING.programs
    assert host.runtimes == REVEALING.runtimes
    assert host.memory == REVEALING.memory
    assert host.place("home").mode == REVEALING.place("home").mode
    assert host.network.proxies[0].value.endswith(":3128")


def test_a_name_can_be_kept():
    host = redact(REVEALING, keep={"fugaku"})
    assert host.identity.group.name == "fugaku"
    assert "u12345" not in to_json(host)


def test_it_can_be_saved():
    once = redact(REVEALING)
    assert from_json(to_json(once)) == once


@pytest.mark.parametrize("name", ["bin", "usr", "apptainer", "xfs", "root", "tmp", "a"])
def test_an_account_with_a_common_name_breaks_nothing(name):
    host = redact(lay(healthy_host(), {"identity": {"user_name": name}}))
    assert host.runtime.family == "apptainer"
    assert host.place("tmpdir").filesystem == "xfs"
    assert host.program("mksquashfs") is not None


@given(
    st.from_regex(r"[a-z_][a-z0-9_-]{6,12}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9-]{6,12}[a-z0-9]", fullmatch=True),
)
def test_any_account_and_host(account, host_name):
    facts = {
        "identity": {"user_name": account, "home": f"/home/{account}"},
        "platform": {"host_name": host_name},
        "storage": {
            "cache": {"path": f"/scratch/{account}/{host_name}", "writable": f"{account}@{host_name}: no"}
        },
        "environment": {"TMPDIR": f"/scratch/{account}"},
    }
    clean = to_json(redact(lay(healthy_host(), facts)))
    assert f"/{account}" not in clean
    assert f"/{host_name}" not in clean
    assert f'"{account}"' not in clean


def test_fingerprints_of_keys_are_replaced() -> None:
    host = lay(healthy_host(), {"keys": {"keyrings": {"public": {"fingerprints": ["AB" * 20]}}}})
    text = to_json(redact(host))
    assert "ABAB" not in text
    assert '"key1"' in text


_LABEL = st.from_regex(r"q[a-z0-9]{5,9}z", fullmatch=True)
_PLACES = (
    ("storage.tmpdir.device", "//{host}/share"),
    ("storage.tmpdir.device", "{host}:/export"),
    ("storage.tmpdir.device", "{host}@o2ib,{host}:/x"),
    ("environment.APPTAINER_DOCKER_HOST", "tcp://{host}:2375"),
    ("environment.APPTAINER_LIBRARY", "https://me@{host}/v1"),
    ("environment.SLURM_SUBMIT_HOST", "{host}"),
    ("environment.PBS_NODEFILE", "http+unix://{host}"),
    ("network.proxies.https_proxy", "http://{host}:3128/"),
    ("network.proxies.https_proxy", "{host}:3128"),
    ("network.proxies.no_proxy", "localhost, .{host} {host};,*.{host}:80"),
    ("storage.tmpdir.writable", "lookup {host}: no such host"),
)


@given(
    st.lists(_LABEL, min_size=2, max_size=3, unique=True),
    st.sampled_from(["org", "ac.jp", "riken.jp", "edu", "de"]),
    st.sampled_from(_PLACES),
)
def test_a_host_in_any_place(labels: list[str], ending: str, place: tuple[str, str]) -> None:
    path, form = place
    name = f"{'.'.join(labels)}.{ending}"
    facts: object = form.format(host=name)
    for part in reversed(path.split(".")):
        facts = {part: facts}
    assert isinstance(facts, dict)
    host = lay(healthy_host(), facts)
    assert name in to_json(host)
    text = to_json(redact(host))
    assert [label for label in labels if label in text] == []


@given(
    _LABEL,
    st.sampled_from(["SLURM_JOB_ACCOUNT", "SLURM_JOB_USER"]),
    st.sampled_from(["/work/{}", "/vol0004/data/{}/x", "/data/{}-images"]),
)
def test_an_account_in_any_path(name: str, variable: str, path: str) -> None:
    facts = {
        "environment": {variable: name, "TMPDIR": path.format(name)},
        "storage": {"tmpdir": {"path": path.format(name)}},
    }
    host = redact(lay(healthy_host(), facts))
    assert name not in to_json(host)
    assert host.variable(variable).value in host.place("tmpdir").path


@given(st.ip_addresses(v=6), st.sampled_from(["{}", "a.org {}", "{},b", "{}/64", "[{}]:80", "::1 {}"]))
def test_an_address_in_no_proxy(address: object, form: str) -> None:
    shown = str(address)
    if shown in ("::", "::1"):
        return
    facts = {"network": {"proxies": {"no_proxy": form.format(shown)}}}
    text = to_json(redact(lay(healthy_host(), facts)))
    assert shown not in text
    assert all(part not in text for part in shown.split(":") if len(part) == 4 and not part.isdigit())
