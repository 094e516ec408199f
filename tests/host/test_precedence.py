"""Which variable wins, and what of the environment is kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sifcheck.host.precedence import (
    SetPath,
    binds_asked_for,
    cache_place,
    environment_of_builds,
    own_home,
    proxies_of,
    temporary_place,
    without_credentials,
)
from sifcheck.host.snapshot import Variable

NAMES = ("APPTAINER_TMPDIR", "SINGULARITY_TMPDIR", "TMPDIR")


@pytest.mark.parametrize(
    "present", [names for size in range(4) for names in itertools.combinations(NAMES, size)]
)
def test_temporary_folder_by_every_set_of_variables(present):
    environment = {name: f"/of/{name}" for name in present}
    expected = next(
        (SetPath(f"/of/{name}", name) for name in NAMES if name in present), SetPath("/tmp", "default")
    )
    assert temporary_place(environment, "apptainer") == expected
    known_to_ce = [name for name in NAMES[1:] if name in present]
    expected = SetPath(f"/of/{known_to_ce[0]}", known_to_ce[0]) if known_to_ce else SetPath("/tmp", "default")
    assert temporary_place(environment, "singularity-ce") == expected
    assert temporary_place(environment, "apptainer", "/option") == SetPath("/option", "--tmpdir")


def test_an_empty_variable_of_apptainer_hides_the_older_name():
    environment = {"APPTAINER_TMPDIR": "", "SINGULARITY_TMPDIR": "/s", "TMPDIR": "/t"}
    assert temporary_place(environment, "apptainer") == SetPath("/t", "TMPDIR")
    assert temporary_place(environment, "singularity-ce") == SetPath("/s", "SINGULARITY_TMPDIR")
    assert cache_place(
        {"APPTAINER_CACHEDIR": "", "SINGULARITY_CACHEDIR": "/s"}, "apptainer", None
    ) == SetPath("/s", "SINGULARITY_CACHEDIR")


def test_an_empty_variable_sets_nothing():
    assert temporary_place(dict.fromkeys(NAMES, ""), "apptainer") == SetPath("/tmp", "default")


def test_cache():
    assert cache_place({}, "apptainer", "/home/x") == SetPath("/home/x/.apptainer/cache", "default")
    assert cache_place({}, "singularity-ce", "/home/x/") == SetPath("/home/x/.singularity/cache", "default")
    assert cache_place({}, "apptainer", None) is None
    moved = {"SINGULARITY_CONFIGDIR": "/c/"}
    assert cache_place(moved, "apptainer", "/home/x") == SetPath("/c/cache", "SINGULARITY_CONFIGDIR")
    both = {"APPTAINER_CACHEDIR": "/a", "SINGULARITY_CACHEDIR": "/s"}
    assert cache_place(both, "apptainer", None) == SetPath("/a", "APPTAINER_CACHEDIR")
    assert cache_place(both, "singularity-pro", None) == SetPath("/s", "SINGULARITY_CACHEDIR")


@pytest.mark.parametrize(
    ("environment", "family", "binds"),
    [
        ({"APPTAINER_BIND": "/a"}, "apptainer", [("APPTAINER_BIND", "/a", "/a")]),
        ({"APPTAINER_BIND": "/a"}, "singularity-ce", []),
        (
            {"SINGULARITY_BIND": "/a:/b:ro,/c"},
            "apptainer",
            [("SINGULARITY_BIND", "/a", "/b"), ("SINGULARITY_BIND", "/c", "/c")],
        ),
        (
            {"SINGULARITY_BINDPATH": "/a:/b:ro,nodev,/c"},
            "singularity-ce",
            [("SINGULARITY_BINDPATH", "/a", "/b"), ("SINGULARITY_BINDPATH", "/c", "/c")],
        ),
        (
            {"APPTAINER_BIND": "/img.sqsh:/x:image-src=/"},
            "apptainer",
            [("APPTAINER_BIND", "/img.sqsh", "/x")],
        ),
        (
            {"APPTAINER_MOUNT": "type=bind,source=/a,destination=/b\ntype=bind,src=/c,dst=/d,ro"},
            "apptainer",
            [("APPTAINER_MOUNT", "/a", "/b"), ("APPTAINER_MOUNT", "/c", "/d")],
        ),
        ({"APPTAINER_BIND": "", "APPTAINER_BINDPATH": ",,"}, "apptainer", []),
    ],
)
def test_binds(environment, family, binds):
    assert list(binds_asked_for(environment, family)) == binds


def test_secrets_are_never_kept():
    environment = {
        "APPTAINER_DOCKER_PASSWORD": "hunter2",
        "SINGULARITY_DOCKER_USERNAME": "hunter2",
        "APPTAINER_ENCRYPTION_PASSPHRASE": "hunter2",
        "APPTAINER_ENCRYPTION_PEM_PATH": "hunter2",
        "APPTAINERENV_GITHUB_TOKEN": "hunter2",
        "SINGULARITYENV_X": "hunter2",
        "SLURM_JWT_TOKEN": "hunter2",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
        "https_proxy": "http://me:hunter2@proxy:3128",
        "APPTAINER_LIBRARY": "https://me:hunter2@library",
        "MY_VARIABLE": "hunter2",
    }
    kept = [*environment_of_builds(environment), *proxies_of(environment)]
    assert "hunter2" not in repr(kept)
    assert Variable("APPTAINER_DOCKER_PASSWORD", None) in kept
    assert Variable("APPTAINERENV_GITHUB_TOKEN", None) in kept
    assert Variable("https_proxy", "http://proxy:3128") in kept
    assert "MY_VARIABLE" not in {one.name for one in kept}


@pytest.mark.parametrize(
    "name",
    [
        "SLURM_JWT",
        "PBS_JOBCOOKIE",
        "SLURM_SPANK_X",
        "PJM_ANYTHING",
        "APPTAINER_ENV",
        "SINGULARITY_ENV",
        "APPTAINER_SIGN_KEY",
        "APPTAINER_MY_KEY_ID",
        "SINGULARITY_SESSION_COOKIE",
        "APPTAINER_JWT",
    ],
)
def test_what_may_hold_a_secret_is_kept_by_its_name_at_most(name):
    kept = environment_of_builds({name: "FOO=hunter2"})
    assert kept == ((Variable(name, None),) if name.startswith(("APPTAINER", "SINGULARITY")) else ())


@pytest.mark.parametrize(
    "name", ["SLURM_ARRAY_TASK_ID", "PJM_BULKNUM", "PBS_ARRAY_INDEX", "PBS_LOCALDIR", "APPTAINER_KEYSDIR"]
)
def test_what_rules_and_sites_ask_for_is_kept(name):
    assert environment_of_builds({name: "/7"}) == (Variable(name, "/7"),)


def test_what_changes_a_build_is_kept():
    environment = {"APPTAINER_TMPDIR": "/x", "TMPDIR": "/y", "PJM_JOBID": "5", "LANG": "C"}
    assert environment_of_builds(environment) == (
        Variable("APPTAINER_TMPDIR", "/x"),
        Variable("PJM_JOBID", "5"),
        Variable("TMPDIR", "/y"),
    )


@given(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["http://", "https://", ""]),
)
def test_no_password_of_a_proxy_stays(password, scheme):
    (proxy,) = proxies_of({"HTTPS_PROXY": f"{scheme}me:\x00{password}@proxy.site:3128"})
    assert proxy.value == f"{scheme}proxy.site:3128"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("me:x://y@proxy:3128", "proxy:3128"),
        ("http://me:a/b@c@proxy:3128/", "http://proxy:3128/"),
        ("proxy:3128", "proxy:3128"),
        ("http://proxy:3128", "http://proxy:3128"),
        ("me:a\nb@proxy", "proxy"),
        ("localhost,.site,10.0.0.0/8", "localhost,.site,10.0.0.0/8"),
    ],
)
def test_proxies(value, kept):
    assert proxies_of({"http_proxy": value}) == (Variable("http_proxy", kept),)


def test_an_at_sign_in_a_path_is_no_credential():
    assert without_credentials("/spack/gcc@12.1/bin:/usr/bin") == "/spack/gcc@12.1/bin:/usr/bin"


def test_apptainer_keeps_its_cache_in_the_home_of_the_environment() -> None:
    environment = {"HOME": "/scratch/me"}
    assert own_home(environment, "apptainer", "/home/me") == "/scratch/me"
    assert own_home(environment, "singularity", "/home/me") == "/home/me"
    assert own_home({}, "apptainer", "/home/me") == "/home/me"
