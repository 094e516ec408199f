"""The site files that come with sifcheck: every fact has a source, and what nobody knows is said."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from sifcheck.lint.plugins import load
from sifcheck.site.detect import detect
from sifcheck.site.facts import facts_of, unknown_of
from sifcheck.site.lookup import doubled_sites, find_site, load_sites
from sifcheck.site.model import NOT_SAID, STATUSES, Site
from sifcheck.site.reader import parse_site

OFFERED = load().sites
PATHS = load_sites(OFFERED)
SITES = [find_site(name, PATHS) for name in PATHS]


@pytest.fixture(params=SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.param
    return found


def test_the_sites_that_are_promised() -> None:
    promised = "fugaku abci lumi satellite-fugaku rikyu roihu-cpu roihu-gpu polaris slurm pjm"
    assert set(promised.split()) <= set(PATHS)
    assert doubled_sites(OFFERED) == []
    assert {
        plugin for plugin, path in OFFERED if path.endswith("fugaku.toml") and "satellite" not in path
    } == {"fugaku"}


def test_every_fact_has_a_source(site: Site) -> None:
    assert [fact.key for fact in facts_of(site) if fact.source is None] == []


def test_every_source_says_when_and_stands_for_something(site: Site) -> None:
    used = {fact.source for fact in facts_of(site)}
    for source in site.sources:
        assert source in used, source.document
        assert source.date is not NOT_SAID, source.document
        assert source.status is NOT_SAID or source.status in STATUSES


def test_it_says_what_it_is(site: Site) -> None:
    assert isinstance(site.site.title, str)
    assert site.site.generic is True or isinstance(site.site.documentation, str)
    assert {"login", "compute"} <= set(site.roles)
    # What a rule asks first is said, or said to be unknown.
    asked = {"runtime.family", "scheduler.type", "nodes.compute.memory_bytes", "tmp.default_value"}
    told = {fact.key for fact in facts_of(site)} | set(site.unknown)
    assert asked - told == set() or site.site.generic is True


def test_no_unknown_key_is_without_a_meaning(site: Site) -> None:
    assert all(meaning for _, meaning in unknown_of(site))


def test_fugaku_keeps_login_compute_and_prepost_nodes_apart() -> None:
    fugaku = find_site("fugaku", PATHS)
    assert fugaku.roles == ("login", "compute", "prepost")
    assert (fugaku.arch.login, fugaku.arch.compute, fugaku.arch.prepost) == ("x86_64", "aarch64", "x86_64")
    assert fugaku.nodes.compute.memory_bytes == 30_739_333_120
    worktmp, localtmp, *_ = fugaku._replace(role="compute").scratch
    assert (worktmp.path, worktmp.counts_as_memory, worktmp.max_bytes) == ("/worktmp", True, 20 << 30)
    assert worktmp.options == ("nodev",)
    assert (localtmp.path, localtmp.needs_directive) == ("$PJM_LOCALTMP", "--llio localtmp-size=40Gi")
    assert "tmp.candidates[$PJM_LOCALTMP].fakeroot_ok" in fugaku.unknown
    assert fugaku.tmp.default_ok is False
    assert fugaku.group.fakeroot_requires == "fugaku"
    assert fugaku._replace(role="login").scratch == ()


def test_the_file_in_the_documentation_is_one() -> None:
    page = (ROOT / "docs" / "sites.md").read_text(encoding="utf-8")
    text = re.findall(r"```toml\n(\[site\].*?)```", page, re.S)
    ours = parse_site(text[0], "ours.toml")
    assert [fact.key for fact in facts_of(ours) if fact.source is None] == []
    seen = detect([ours], hostname="ours-login2", environ={}, exists=lambda _: False)
    assert seen is not None
    assert (seen.name, seen.role) == ("ours", "login")
