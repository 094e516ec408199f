"""Telling a site from the signs of a machine."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sifcheck.lint.plugins import load
from sifcheck.site.detect import Detected, detect
from sifcheck.site.lookup import find_site, load_sites
from sifcheck.site.model import Site
from sifcheck.site.reader import parse_site

SITES = load_sites(load().sites)


def installed() -> list[Site]:
    return [find_site(name, SITES) for name in SITES]


def found(
    hostname: str = "laptop",
    paths: Iterable[str] = (),
    env: Iterable[str] = (),
    sites: Iterable[Site] | None = None,
) -> str:
    variables = dict(word.partition("=")[::2] for word in env)
    seen = detect(
        installed() if sites is None else sites,
        hostname=hostname,
        environ=variables,
        exists=set(paths).__contains__,
    )
    return f"{seen.name}:{seen.role}" if seen is not None else ""


@pytest.mark.parametrize(
    ("hostname", "paths", "env", "expected"),
    [
        ("laptop", [], [], ""),
        ("laptop", ["/vol0004", "/worktmp", "/lustre01", "/groups"], [], ""),
        ("a01-0001c", ["/worktmp", "/vol0004"], ["PJM_JOBID=1"], "fugaku:compute"),
        ("login3", ["/vol0004"], [], "fugaku:login"),
        ("login3", [], [], ""),
        ("mem1", ["/vol0004"], ["SLURM_JOB_ID=1"], "fugaku:prepost"),
        ("sflogin1", ["/lustre01", "/vol0004"], [], "satellite-fugaku:login"),
        ("node1", ["/lustre01"], ["SLURM_JOB_ID=1"], "satellite-fugaku:compute"),
        ("node1", ["/groups"], ["PBS_LOCALDIR=/local/1"], "abci:compute"),
        ("x1", ["/local/scratch", "/soft/modulefiles"], ["PBS_JOBID=1"], "polaris:compute"),
        ("roihu-cpu-login1", [], [], "roihu-cpu:login"),
        ("roihu-gpu", [], [], "roihu-gpu:login"),
        ("node1", [], ["SLURM_JOB_ID=1"], "slurm:compute"),
        ("node1", [], ["PJM_JOBID=1"], "pjm:compute"),
    ],
)
def test_the_sites_that_are_known(hostname: str, paths: list[str], env: list[str], expected: str) -> None:
    assert found(hostname, paths, env) == expected


def made(name: str, *signs: str, generic: bool = False) -> Site:
    detected = "\n".join(f"[[site.detect]]\nrole = 'compute'\n{sign}" for sign in signs)
    return parse_site(f"[site]\nname = '{name}'\ngeneric = {str(generic).lower()}\n{detected}")


def test_all_parts_of_a_sign_must_hold() -> None:
    site = made("a", "hostname = '^n'\npaths = ['/a', '/b']\nenv = ['X', 'Y=1']")
    assert found("n1", ["/a", "/b"], ["X=", "Y=1"], [site]) == "a:compute"
    for hostname, paths, env in (
        ("m1", ["/a", "/b"], ["X=", "Y=1"]),
        ("n1", ["/a"], ["X=", "Y=1"]),
        ("n1", ["/a", "/b"], ["Y=1"]),
        ("n1", ["/a", "/b"], ["X=", "Y=2"]),
    ):
        assert found(hostname, paths, env, [site]) == ""


def test_more_parts_go_before_fewer_and_any_before_a_generic_site() -> None:
    one, two = made("one", "paths = '/a'"), made("two", "paths = ['/a', '/b']")
    generic = made("generic", "paths = ['/a', '/b', '/c']", generic=True)
    assert found(paths=["/a", "/b", "/c"], sites=[one, two, generic]) == "two:compute"
    assert found(paths=["/a", "/c"], sites=[generic, one, two]) == "one:compute"


def test_two_that_fit_equally_well_are_none() -> None:
    assert found(paths=["/a"], sites=[made("one", "paths = '/a'"), made("two", "paths = '/a'")]) == ""


def test_a_sign_of_which_nothing_is_known_never_holds() -> None:
    assert found(sites=[made("a", "hostname = 'unknown'"), made("b", "paths = 'unknown'"), made("c")]) == ""


def test_paths_are_looked_at_last() -> None:
    def refuse(path: str) -> bool:
        raise AssertionError(f"{path} was looked at")

    site = made("a", "hostname = '^n'\npaths = '/a'", "env = 'X'\npaths = '/b'")
    assert detect([site], hostname="laptop", environ={}, exists=refuse) is None


def test_the_signs_are_told() -> None:
    seen = detect(
        [made("a", "env = 'X'\npaths = '/a'")], hostname="", environ={"X": "1"}, exists={"/a"}.__contains__
    )
    assert seen == Detected("a", "compute", ("variable X", "path /a"))
