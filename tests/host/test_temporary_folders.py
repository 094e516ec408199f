"""The chooser of temporary folders without a machine: the site's order, and what it says of each."""

from __future__ import annotations

import pytest

from sifcheck.host.temporary_folders import candidate_of, directive_for, temporary_folders
from sifcheck.site.model import Site
from sifcheck.site.reader import parse_site

GIB = 1 << 30
SITE = """
[[tmp.candidates]]
path = "$LOCAL"
needs_directive = "--local size=40Gi"
max_bytes = 107374182400
ends_with_job = true
[[tmp.candidates]]
path = "/shared"
fakeroot_ok = false
[[tmp.candidates]]
path = "/ram"
counts_as_memory = true
[[tmp.candidates]]
path = "/disk"
"""


def site() -> Site:
    return parse_site(SITE, name="x")


def test_without_a_machine_the_order_is_the_site_s() -> None:
    assert [one.shown for one in temporary_folders(None, site())] == ["$LOCAL", "/ram", "/disk"]
    assert [one.shown for one in temporary_folders(None, site(), disk=True)] == ["$LOCAL", "/disk"]
    assert [one.shown for one in temporary_folders(None, site(), lasting=True)] == ["/ram", "/disk"]
    assert [one.shown for one in temporary_folders(None, site(), used="/ram")] == ["$LOCAL", "/disk"]
    assert [one.holds for one in temporary_folders(None, site())] == [100 * GIB, None, None]
    assert temporary_folders(None, None) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/ram", "/ram"),
        ("/ram/x/y", "/ram"),
        ("/ramdisk", None),
        ("$LOCAL/x", "$LOCAL"),
        ("${LOCAL}/x", "$LOCAL"),
        ("/shared", "/shared"),
        ("/", None),
    ],
)
def test_a_folder_is_found_by_what_lies_in_it(path: str, found: str | None) -> None:
    candidate = candidate_of(path, site())
    assert (candidate.path if candidate is not None else None) == found


@pytest.mark.parametrize(
    ("size", "asked"),
    [(0, 40), (40 * GIB, 40), (40 * GIB + 1, 41), (99 * GIB, 99), (500 * GIB, 100)],
)
def test_a_directive_asks_for_as_much_as_is_needed_and_there_is(size: int, asked: int) -> None:
    assert directive_for(site().scratch[0], size) == f"--local size={asked}Gi"
    assert directive_for(site().scratch[1], size) == ""
