"""Sites by their names, roles, and what a site says of the target."""

from __future__ import annotations

from pathlib import Path

import pytest

from sifcheck.runtime.versions import SUPPORTED, Runtime, Target, parse_target
from sifcheck.site.lookup import doubled_sites, find_site, load_sites
from sifcheck.site.reader import SiteError, parse_site
from sifcheck.site.target import site_target


@pytest.fixture
def sites(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ours.toml").write_text(
        '[site]\nname = "ours"\n[nodes.login]\n[nodes.compute]\n[arch]\ncompute = "aarch64"\n'
    )
    (tmp_path / "broken.toml").write_text("[site")
    return load_sites(("plugin", str(tmp_path / f"{name}.toml")) for name in ("ours", "broken", "missing"))


def test_no_file_is_read_before_it_is_asked_for(sites: dict[str, str]) -> None:
    assert list(sites) == ["ours", "broken", "missing"]


def test_a_name_and_a_role(sites: dict[str, str]) -> None:
    assert find_site("ours", sites).role == ""
    assert find_site("ours:login", sites).role == "login"


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("our", "there is no site 'our'; did you mean 'ours'?"),
        ("elsewhere", "there is no site 'elsewhere'; it is one of broken, missing, ours"),
        ("ours:compte", "the site file of ours describes no compte nodes; did you mean 'compute'?"),
        ("ours:prepost", "the site file of ours describes no prepost nodes; it has login, compute"),
    ],
)
def test_what_is_not_there(sites: dict[str, str], spec: str, fault: str) -> None:
    with pytest.raises(SiteError) as raised:
        find_site(spec, sites)
    assert str(raised.value) == fault


def test_without_any_site_it_is_said() -> None:
    with pytest.raises(SiteError, match="there is no site 'ours'; no plugin brings one"):
        find_site("ours", {})


def test_files_that_cannot_be_used(sites: dict[str, str]) -> None:
    for name, fault in (("broken", "this is not TOML"), ("missing", "it cannot be read")):
        with pytest.raises(SiteError, match=fault):
            find_site(name, sites)


def test_of_two_files_of_one_name_the_first_counts() -> None:
    offered = [("a", "/a/ours.toml"), ("b", "/b/ours.toml"), ("b", "/b/theirs.toml"), ("b", "/c/theirs.toml")]
    assert load_sites(offered) == {"ours": "/a/ours.toml", "theirs": "/b/theirs.toml"}
    assert doubled_sites(offered) == [
        "/b/ours.toml of b: a site of that name comes with a",
        "/c/theirs.toml of b: a site of that name comes with b",
    ]


# -- the target


def target(text: str, named: str = "", architecture: str | None = None) -> Target:
    site = parse_site(text, name="ours")
    return site_target(site, parse_target(named) if named else Target(), architecture)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("4.1", (4, 1)), ("4.1.4", (4, 1, 4)), ("3.11-7", (3, 11)), ("4.1.2+git1", (4, 1, 2))],
)
def test_a_version_is_a_named_target(version: str, numbers: tuple[int, ...]) -> None:
    found = target(f'[runtime]\nfamily = "singularity-pro"\nversion = "{version}"')
    assert found == Target((Runtime("singularity-pro", numbers),), named=True)


@pytest.mark.parametrize("version", ["", 'version = "unknown"'])
def test_a_family_alone_names_no_target(version: str) -> None:
    found = target(f'[runtime]\nfamily = "apptainer"\n{version}')
    assert {runtime.family for runtime in found.runtimes} == {"apptainer"}
    assert set(found.runtimes) <= set(SUPPORTED)
    assert not found.named


def test_a_family_that_is_not_supported_any_more_leaves_all() -> None:
    assert target('[runtime]\nfamily = "singularity"') == Target()


def test_what_was_named_goes_before_what_the_site_says() -> None:
    text = '[runtime]\nfamily = "apptainer"\nversion = "1.4"\n[arch]\ncompute = "aarch64"'
    assert target(text).architecture == "aarch64"
    assert target(text, "singularity-ce-4.1") == Target(
        (Runtime("singularity-ce", (4, 1)),), named=True, architecture="aarch64"
    )
    assert target(text, architecture="x86_64").architecture == "x86_64"


def test_a_site_that_says_nothing_leaves_all_as_it_is() -> None:
    assert target("") == Target()


def test_of_many_sites_the_list_is_elsewhere(tmp_path: Path) -> None:
    paths = {f"cluster-{number}": str(tmp_path) for number in range(20)}
    with pytest.raises(SiteError, match="there is no site 'x'; `sifcheck sites` lists them"):
        find_site("x", paths)
