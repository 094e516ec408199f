"""A snapshot that notes which of its unknown facts are read."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.host.snapshot import Host, Storage
from sifcheck.host.unanswered import UnansweredFacts, watched, why_not_known
from sifcheck.testing.healthy_host import healthy_host
from sifcheck.testing.host_overlay import lay

TIMED_OUT = {"unknown": "timed out after 2 s"}


def seen(facts: Any) -> tuple[Host, UnansweredFacts]:
    reading = UnansweredFacts()
    return watched(lay(healthy_host(), facts), reading), reading


def test_it_is_the_same_snapshot() -> None:
    facts = {"storage": {"tmpdir": {"exists": TIMED_OUT, "mode": TIMED_OUT}}}
    host, reading = seen(facts)
    assert host == lay(healthy_host(), facts)
    place = host.place("tmpdir")
    assert isinstance(place, Storage)
    assert reading.found == {}


def test_what_is_read_is_noted_and_nothing_else() -> None:
    host, reading = seen({"storage": {"tmpdir": {"exists": TIMED_OUT, "mode": TIMED_OUT}}})
    place = host.place("tmpdir")
    assert place is not None
    assert place.path == "/tmp"
    assert reading.found == {}
    assert place.exists is not False
    assert isinstance(place.setgid, Unknown)
    assert reading.found == {
        "storage.tmpdir.exists": "timed out after 2 s",
        "storage.tmpdir.mode": "timed out after 2 s",
    }
    assert why_not_known(reading) == ("storage.tmpdir.exists: timed out after 2 s, and 1 more", "")
    reading.clear()
    assert isinstance(place._replace(path="/other").exists, Unknown)
    assert why_not_known(reading) == ("", "")


@pytest.mark.parametrize(
    ("why", "missed", "option"),
    [
        ("not asked: no --online", "", "needs --online"),
        ("not asked: Resource temporarily unavailable", "network.registries: not asked: Resource", ""),
        ("not tried", "", "nothing was tried out (--no-write)"),
        ("not tried: root needs no id maps", "", ""),
    ],
)
def test_what_was_not_asked_for(why: str, missed: str, option: str) -> None:
    host, reading = seen({"network": {"registries": {"unknown": why}}})
    assert isinstance(host.network.registries, Unknown)
    told = why_not_known(reading)
    assert told[0].startswith(missed)
    assert bool(told[0]) is bool(missed)
    assert told[1] == option
