"""Which supplementary groups a path hangs on."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sifcheck.base.facts import Unknown
from sifcheck.host.needed_groups import GroupAccess, own_access
from sifcheck.host.snapshot import Group

PROJECT, OTHER = Group(5000, "project"), Group(6000)
USER = 1001


def no_list(_: str) -> bool:
    return False


def about(mode: int, uid: int, gid: int, kind: int = stat.S_IFDIR) -> Any:
    return SimpleNamespace(st_mode=kind | mode, st_uid=uid, st_gid=gid)


def folders(**modes: tuple[int, int, int]) -> Callable[[str], Any]:
    """What lies at a path: `vol_x` is /vol/x; all else belongs to root and is open."""

    def look(path: str) -> Any:
        return about(*modes.get(path.strip("/").replace("/", "_") or "root", (0o755, 0, 0)))

    return look


def access(
    look: Callable[[str], Any], has_list: Callable[[str], bool] = no_list, user: int = USER
) -> GroupAccess:
    return GroupAccess(user, (PROJECT, OTHER), look, has_list)


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ({}, ()),
        ({"vol": (0o750, 0, 5000)}, (PROJECT,)),
        ({"vol": (0o750, 0, 5000), "vol_x": (0o710, 0, 6000)}, (PROJECT, OTHER)),
        ({"vol": (0o750, 0, 5000), "vol_x": (0o710, 0, 5000)}, (PROJECT,)),
        ({"vol": (0o751, 0, 5000)}, ()),
        ({"vol": (0o750, USER, 5000)}, ()),
        ({"vol": (0o750, 0, 1001)}, ()),
        ({"vol": (0o700, 0, 5000)}, ()),
        ({"vol": (0o750, 0, 7000)}, ()),
    ],
)
def test_groups_that_a_folder_hangs_on(
    modes: dict[str, tuple[int, int, int]], expected: tuple[Group, ...]
) -> None:
    assert access(folders(**modes)).to_folder("/vol/x") == expected
    assert access(folders(**modes), user=0).to_folder("/vol/x") == ()


def test_an_access_list_makes_it_unsure() -> None:
    shut = folders(vol=(0o750, 0, 5000))
    assert access(shut, lambda _: True).to_folder("/vol/x") == Unknown("/vol has an access control list")
    assert access(folders(), lambda _: True).to_folder("/vol/x") == ()


def test_a_folder_that_cannot_be_looked_at_makes_all_below_it_unsure() -> None:
    def look(path: str) -> Any:
        if path == "/vol":
            raise PermissionError(13, "Permission denied")
        return about(0o755, 0, 0)

    assert access(look).to_folder("/vol/x/y") == Unknown("/vol: Permission denied")


def test_no_folder_is_looked_at_twice() -> None:
    seen: list[str] = []

    def look(path: str) -> Any:
        seen.append(path)
        return about(0o755, 0, 0)

    asked = access(look)
    for path in ("/vol/x/y", "/vol/x/z", "/vol/x", "/vol/x/y"):
        asked.to_folder(path)
    assert seen == ["/", "/vol", "/vol/x", "/vol/x/y", "/vol/x/z"]


def test_a_path_of_any_depth() -> None:
    assert access(folders(vol=(0o750, 0, 5000))).to_folder("/vol" + "/x" * 3000) == (PROJECT,)


FILE = stat.S_IFREG


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (about(0o644, 0, 6000, FILE), (PROJECT,)),
        (about(0o640, 0, 6000, FILE), (PROJECT, OTHER)),
        (about(0o640, USER, 6000, FILE), (PROJECT,)),
        (about(0o600, 0, 6000, FILE), (PROJECT,)),
        (about(0o750, 0, 6000), (PROJECT, OTHER)),
        # It can be entered and not be listed: cp fails.
        (about(0o751, 0, 6000), (PROJECT, OTHER)),
        (about(0o710, 0, 6000), (PROJECT,)),
        (about(0o755, 0, 6000), (PROJECT,)),
    ],
)
def test_a_source_is_read_too(what: Any, expected: tuple[Group, ...], tmp_path: Path) -> None:
    source = str(tmp_path / "source")
    names = {str(tmp_path): (0o750, 0, 5000)}
    asked = access(lambda path: about(*names.get(path, (0o755, 0, 0))))
    assert asked.to_source(source, what) == expected


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut/a.txt").write_text("x")
    for link, target in (("a", "shut/a.txt"), ("folder", "shut")):
        (tmp_path / link).symlink_to(target)
    shut = os.path.realpath(tmp_path / "shut")
    asked = access(lambda path: about(0o750, 0, 5000) if path == shut else about(0o755, 0, 0))
    for path in ("a", "folder/a.txt", "shut/./a.txt", "shut/a.txt", "folder/../a"):
        assert asked.to_source(str(tmp_path / path), about(0o644, 0, 0, FILE)) == (PROJECT,), path


def test_an_entry_names_what_is_known() -> None:
    asked = access(folders())
    assert asked.to_entry("/vol/a", about(0o640, 0, 5000, FILE)) == PROJECT
    assert asked.to_entry("/vol/a", about(0o640, 0, 7000, FILE)) is None
    assert access(folders(), lambda _: True).to_entry("/vol/a", about(0o640, 0, 5000, FILE)) is None


def test_who_has_no_other_group_is_told_without_a_look() -> None:
    def look(path: str) -> Any:
        raise AssertionError(path)

    assert GroupAccess(USER, (), look, no_list).to_source("/vol/a", about(0o640, 0, 5000, FILE)) == ()


def test_this_process_has_its_own_groups() -> None:
    own = own_access()
    assert set(own.groups) == (set(os.getgroups()) - {os.getegid()} if os.getuid() else set())
