"""Every fact that may be unknown is made so, one at a time."""

from __future__ import annotations

from sifcheck.base.records import encode
from sifcheck.host.saving import from_json, to_json
from sifcheck.testing.doubt import WHY, doubted
from sifcheck.testing.healthy_host import healthy_host

HEALTHY = healthy_host()


def differences(one, other, where=""):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [
            found
            for name in one
            for found in differences(one[name], other[name], f"{where}.{name}" if where else name)
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found for at in range(len(one)) for found in differences(one[at], other[at], f"{where}[{at}]")
        ]
    return [] if one == other else [(where, other)]


def test_each_differs_in_the_one_fact_it_names():
    seen = list(doubted(HEALTHY))
    assert len(seen) > 200
    assert len({where for where, _ in seen}) == len(seen)
    for where, host in seen:
        assert differences(encode(HEALTHY), encode(host)) == [(where, {"unknown": WHY.why})]


def test_what_is_doubted():
    places = {where for where, _ in doubted(HEALTHY)}
    assert {
        "identity.home",
        "runtimes",
        "runtimes[0].version",
        "storage[0].rehearsal.chown",
        "leftovers",
    } <= places
    # It is unknown already.
    assert "network.registries" not in places


def test_they_can_be_saved():
    where, host = next(iter(doubted(HEALTHY)))
    assert from_json(to_json(host)) == host, where
