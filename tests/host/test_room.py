"""The one reckoning of room: the file system, the quota and the job's limits; what nobody knows stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.host.overview import overview
from sifcheck.host.room import bytes_left, files_left, memory_left
from sifcheck.host.snapshot import Host, Quota, Storage
from sifcheck.host.temporary_folders import temporary_folders
from sifcheck.plan.planning import BuildRequest, make_plan
from sifcheck.testing.healthy_host import healthy_host, healthy_storage

GIB = 1 << 30
TIMED_OUT = Unknown("timed out after 2 s")


def folder(
    free: Any = 500 * GIB, *, used: int | None, limit: int | None = 10 * GIB, files: Any = 400_000
) -> Storage:
    quota = Quota(used, limit, None, None, "kernel")
    return healthy_storage("tmpdir", "/t")._replace(available_bytes=free, available_inodes=files, quota=quota)


@pytest.mark.parametrize(
    ("storage", "left", "by"),
    [
        (folder(used=4 * GIB), 6 * GIB, "quota"),
        (folder(used=12 * GIB), 0, "quota"),
        (folder(GIB, used=4 * GIB), GIB, "free"),
        (folder(used=4 * GIB, limit=None), 500 * GIB, "free"),
        (healthy_storage("tmpdir", "/t"), 500 * GIB, "free"),
        (healthy_storage("tmpdir", "/t")._replace(quota=TIMED_OUT), 500 * GIB, "free"),
    ],
)
def test_what_is_tightest_counts(storage: Storage, left: int, by: str) -> None:
    room = bytes_left(storage)
    assert (room.left, room.by, room.most, room.bound) == (left, by, left, "")


@pytest.mark.parametrize(
    ("storage", "most"),
    [
        (folder(used=None), 10 * GIB),
        (folder(GIB, used=None), GIB),
        (folder(TIMED_OUT, used=None), 10 * GIB),
        (folder(TIMED_OUT, used=4 * GIB), 6 * GIB),
    ],
)
def test_an_unknown_use_leaves_neither_all_nor_nothing(storage: Storage, most: int) -> None:
    room = bytes_left(storage)
    assert isinstance(room.left, Unknown)
    assert (room.most, room.bound) == (most, "at most ")


def test_where_nothing_is_free_no_use_matters() -> None:
    assert bytes_left(folder(0, used=None)).left == 0


def test_files_that_nothing_counts_are_no_limit() -> None:
    assert files_left(folder(used=0, files=None)) == (None, "free", None)
    counted = folder(used=0)._replace(quota=Quota(0, None, 90, 100, "kernel"))
    assert files_left(counted) == (10, "quota", 10)
    unused = folder(used=0)._replace(quota=Quota(0, None, None, 100, "kernel"))
    assert isinstance(files_left(unused).left, Unknown)
    assert files_left(unused).most == 100


def with_memory(**changed: Any) -> Host:
    host = healthy_host()
    return host._replace(memory=host.memory._replace(**changed))


def test_memory_of_which_the_use_is_not_known_is_not_free() -> None:
    assert memory_left(healthy_host()) == (56 * GIB, "memory", 56 * GIB)
    limited = with_memory(cgroup_limit_bytes=8 * GIB, cgroup_used_bytes=3 * GIB)
    assert memory_left(limited) == (5 * GIB, "cgroup", 5 * GIB)
    for unknown in (TIMED_OUT, None):
        room = memory_left(with_memory(cgroup_limit_bytes=8 * GIB, cgroup_used_bytes=unknown))
        assert isinstance(room.left, Unknown)
        assert room.most == 8 * GIB


def test_a_gauge_is_shown_only_where_the_use_is_known() -> None:
    def gauge(used: int | None) -> Any:
        host = healthy_host()._replace(storage=(folder(used=used),))
        return overview(host).facts["ENV2"][0][2]

    assert gauge(4 * GIB)[:2] == (4 * GIB, 10 * GIB)
    assert gauge(None) is None


def test_a_plan_takes_an_unknown_use_for_no_room_that_is_known() -> None:
    request = BuildRequest("/nowhere/image.sif")
    for used, free in ((4 * GIB, 6 * GIB), (None, None)):
        host = healthy_host()._replace(storage=(folder(used=used),))
        assert make_plan(request, host).free("temporary") == free


def test_a_quota_that_leaves_too_little_makes_no_better_folder() -> None:
    def offered(used: int | None) -> list[str | None]:
        other = folder(used=used)._replace(purpose="scratch", path="/s", real_path="/s")
        host = healthy_host()._replace(storage=(healthy_storage("tmpdir", "/t"), other))
        return [one.path for one in temporary_folders(host)]

    assert offered(4 * GIB) == ["/s"]
    assert offered(9 * GIB) == []
    assert offered(None) == ["/s"]
