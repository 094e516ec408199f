"""What a build may write to: modes of the user's own folders are nothing to root of a namespace."""

from __future__ import annotations

from sifcheck.base.facts import Outcome
from sifcheck.host.snapshot import Host, Storage
from sifcheck.host.written import writable_in_build
from sifcheck.testing.healthy_host import healthy_host, healthy_storage

CLOSED = Outcome(False, "Permission denied")


def folder(owner: int) -> tuple[Host, Storage]:
    storage = healthy_storage("output", "/data/images", "output")
    return healthy_host(), storage._replace(owner_id=owner, writable=CLOSED)


def test_a_build_from_a_definition_file_writes_to_own_folders_of_any_mode() -> None:
    host, storage = folder(owner=1001)
    assert writable_in_build(storage, host, converts=False)
    assert writable_in_build(storage, host, converts=True) == CLOSED


def test_it_does_not_write_to_those_of_others() -> None:
    host, storage = folder(owner=0)
    assert writable_in_build(storage, host, converts=False) == CLOSED
    host, storage = folder(owner=1001)
    refused = storage._replace(rehearsal=storage.rehearsal._replace(mkdir=CLOSED))
    assert writable_in_build(refused, host, converts=False) == CLOSED
