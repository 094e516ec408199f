"""The folders that a build uses: where they really lie, whether they can be used, and how much room there is."""

from __future__ import annotations

import os
import stat
from typing import Any

from sifcheck.base.asking import reason
from sifcheck.base.facts import Outcome, Unknown
from sifcheck.host.mounts import mount_of, read_mounts
from sifcheck.host.needed_groups import GroupAccess, Needed
from sifcheck.host.probes.identity import local_groups
from sifcheck.host.probes.quota import look_at_quota
from sifcheck.host.probes.rehearsal import not_rehearsed, rehearse, try_writing
from sifcheck.host.snapshot import Group, Identity, Storage

__all__ = ["look_at_storage", "unanswered_storage"]


def look_at_storage(path: str, identity: Identity, *, try_it: bool = True) -> Storage:
    """What there is to know of a folder; its purpose and origin are left empty.

    `try_it`: whether to make folders in it (and take them away again).  May wait for ever: for a Question.
    """
    real = os.path.realpath(path)
    about = _stat(real)
    nearest = real
    while (
        not isinstance(about, Unknown)
        and (about is None or not stat.S_ISDIR(about.st_mode))
        and nearest != "/"
    ):
        nearest = os.path.dirname(nearest)
        if _is_folder(nearest):
            break
    blank = unanswered_storage(path, about if isinstance(about, Unknown) else Unknown("no such folder"))
    if isinstance(about, Unknown):
        # To look was refused, and so will be what a build tries.
        return blank._replace(
            real_path=real, writable=Outcome(False, about.why), needs_groups=_needed_groups(real, identity)
        )
    here = blank._replace(
        real_path=real,
        exists=about is not None,
        is_directory=about is not None and stat.S_ISDIR(about.st_mode),
        nearest=nearest,
        needs_groups=_needed_groups(nearest, identity),
    )
    found = _facts(here, nearest, identity)
    if not try_it:
        return found
    usable = here.is_directory is True
    return found._replace(
        writable=try_writing(nearest) if usable or not here.exists else Outcome(False, "Not a directory"),
        rehearsal=rehearse(nearest, identity) if usable else not_rehearsed("no such folder"),
    )


def unanswered_storage(path: str, why: Unknown) -> Storage:
    """A folder of which nothing was learnt."""
    facts: dict[str, Any] = dict.fromkeys(Storage._fields, why)
    facts |= {"purpose": "", "path": path, "origin": "", "rehearsal": not_rehearsed(why.why)}
    return Storage(**facts)


def _stat(path: str) -> os.stat_result | Unknown | None:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Unknown(reason(error))


def _is_folder(path: str) -> bool:
    about = _stat(path)
    return isinstance(about, os.stat_result) and stat.S_ISDIR(about.st_mode)


def _facts(storage: Storage, nearest: str, identity: Identity) -> Storage:
    about = os.stat(nearest)
    room = os.statvfs(nearest)
    mount, own = mount_of(nearest, about.st_dev, read_mounts())
    unlisted = Unknown("its mount is not listed")
    names = local_groups([identity.group, *identity.groups])
    return storage._replace(
        owner_id=about.st_uid,
        group=Group(about.st_gid, names.get(about.st_gid)),
        mode=stat.S_IMODE(about.st_mode),
        readable=os.access(nearest, os.R_OK),
        writable=Unknown("not tried"),
        mounted=own,
        mount_point=mount.point if mount else unlisted,
        filesystem=mount.filesystem if mount else unlisted,
        options=mount.options if mount else unlisted,
        device=mount.device if mount else unlisted,
        total_bytes=room.f_blocks * room.f_frsize,
        available_bytes=room.f_bavail * room.f_frsize,
        total_inodes=room.f_files or None,
        available_inodes=room.f_favail if room.f_files else None,
        quota=look_at_quota(nearest, mount.filesystem if mount else "", identity, about.st_gid),
        rehearsal=not_rehearsed("not asked for"),
    )


def _needed_groups(path: str, identity: Identity) -> Needed:
    return GroupAccess(identity.user_id, identity.groups).to_folder(path)
