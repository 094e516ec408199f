"""The supplementary groups without which a user would not get at a path: what a build loses whose runtime drops them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable

from sifcheck.base.asking import reason
from sifcheck.base.facts import Unknown
from sifcheck.host.snapshot import Group

__all__ = ["GroupAccess", "Needed", "joined_groups", "own_access"]

Needed = tuple[Group, ...] | Unknown
"""The groups, each once, in the order of the way; Unknown where that cannot be told."""

_PASS, _READ = 0o1, 0o4


def _has_list(path: str) -> bool:
    """Whether a folder or file has an access control list."""
    try:
        return bool(os.getxattr(path, "system.posix_acl_access"))
    except OSError:
        return False


class GroupAccess:
    """What one user needs to get at paths; a folder that was looked at is not looked at again.

    `groups` are the supplementary groups, which do not hold the effective one.  What has an access control list
    (`has_list`) is not judged by its mode: Unknown, unless the others let everybody through.
    """

    def __init__(
        self,
        user_id: int,
        groups: Iterable[Group],
        look: Callable[[str], os.stat_result] = os.stat,
        has_list: Callable[[str], bool] = _has_list,
    ) -> None:
        self.user_id = user_id
        # Root is let through everywhere.
        self.groups = {group.id: group for group in groups} if user_id != 0 else {}
        self._look, self._has_list = look, has_list
        self._ways: dict[str, Needed] = {}
        self._real: dict[str, str] = {}

    def to_folder(self, path: str) -> Needed:
        """What it takes to pass through a folder, a real path, and all that lie above it."""
        new = []
        while path not in self._ways:
            new.append(path)
            above = os.path.dirname(path)
            if above == path:
                break
            path = above
        way = self._ways.get(path, ())
        for folder in reversed(new):
            way = self._ways[folder] = way if isinstance(way, Unknown) else self._through(folder, way)
        return way

    def to_source(self, path: str, about: os.stat_result) -> Needed:
        """What it takes to copy a file, or to list and enter a folder, at a path behind which `about` lies."""
        if not self.groups:
            return ()
        real = self._real_path(path)
        wanted = _READ | _PASS if stat.S_ISDIR(about.st_mode) else _READ
        return joined_groups(self.to_folder(os.path.dirname(real)), self._of(real, about, wanted))

    def to_entry(self, path: str, about: os.stat_result) -> Group | None:
        """The group that is known to be needed to read what lies in a folder; with an access control list none is."""
        if about.st_gid not in self.groups:
            return None
        needed = self._of(path, about, _READ | _PASS if stat.S_ISDIR(about.st_mode) else _READ)
        return None if isinstance(needed, Unknown) else needed

    def _through(self, folder: str, way: tuple[Group, ...]) -> Needed:
        try:
            about = self._look(folder)
        except OSError as error:
            return Unknown(f"{folder}: {reason(error)}")
        return joined_groups(way, self._of(folder, about, _PASS))

    def _real_path(self, path: str) -> str:
        """As os.path.realpath; the folder is followed once for all that lies in it."""
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path.rstrip("/") or "/")
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return os.path.join(self._real[folder], name)

    def _of(self, path: str, about: os.stat_result, wanted: int) -> Group | Unknown | None:
        """What one folder or file on its own asks for."""
        if about.st_mode & wanted == wanted or about.st_uid == self.user_id or self.user_id == 0:
            return None
        if self._has_list(path):
            return Unknown(f"{path} has an access control list")
        lets_group = about.st_mode & (wanted << 3) == wanted << 3
        return self.groups.get(about.st_gid) if lets_group else None


def joined_groups(way: Needed, more: Group | Unknown | None) -> Needed:
    """What a way takes, and one thing more."""
    if more is None or isinstance(way, Unknown) or more in way:
        return way
    return more if isinstance(more, Unknown) else (*way, more)


def own_access() -> GroupAccess:
    """Of this process; the groups have no names, which a directory service would have to tell."""
    others = sorted(set(os.getgroups()) - {os.getegid()})
    return GroupAccess(os.getuid(), map(Group, others))
