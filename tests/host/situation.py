"""A real situation for a snapshot: a process with mounts, ids and limits of its own, made and gone again.

Everything happens in a child in a private mount namespace: nothing of the machine is changed.
"""

from __future__ import annotations

import ctypes
import encodings.ascii  # noqa: F401 - as psutil below
import grp
import os
import pwd
import resource  # noqa: F401
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psutil  # noqa: F401 - a child that has changed its user may not be able to read it
import pytest

from sifcheck.base import kernel
from sifcheck.host.probes.identity import parse_ranges
from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot
from sifcheck.host.saving import from_json, to_json
from sifcheck.host.snapshot import Host

LIBRARY = ctypes.CDLL(None, use_errno=True)
DIE_WITH_PARENT, SET_DUMPABLE, NO_NEW_PRIVS = 1, 4, 38
HERE = "/mnt/here"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def account() -> pwd.struct_passwd:
    """An account that may be taken on and has subordinate ids; skips, saying why, where there is none."""
    if os.getuid() != 0:
        pytest.skip("needs root, to take on an account and to mount")
    for entry in pwd.getpwall():
        try:
            with open("/etc/subuid") as users, open("/etc/subgid") as groups:
                ranges = (
                    parse_ranges(users, entry.pw_name, entry.pw_uid),
                    parse_ranges(groups, entry.pw_name, entry.pw_uid),
                )
        except OSError:
            break
        if (
            entry.pw_uid
            and all(any(one.size >= 65536 for one in each) for each in ranges)
            and os.path.isdir(entry.pw_dir)
        ):
            return entry
    pytest.skip("needs an account with subordinate ids and a home")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2); the folder is made if it is not there."""
    if not os.path.exists(target):
        os.makedirs(target)
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    if LIBRARY.mount(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


RO, NOSUID, NODEV, NOEXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096


def tmpfs(target: str, options: str = "mode=1777", flags: int = 0) -> None:
    """A fresh file system in memory."""
    mount("none", target, "tmpfs", flags, options)


def snapshot(
    prepare: Callable[[], Any] = lambda: None,
    *,
    primary: int | None = None,
    groups: Sequence[int] = (),
    environment: Mapping[str, str] = {},
    wanted: SnapshotRequest = SnapshotRequest(),  # noqa: B008
    last: Callable[[], Any] = lambda: None,
    user_settings: Mapping[str, str] = {},
    timeout: float = 20.0,
) -> Host:
    """What an account sees after `prepare` was run as root in a private mount namespace, and `last` as the account.

    `primary` and `groups` are its group ids (else its own); `user_settings` are set in a user namespace of its own that maps every
    id to itself, such as user/max_user_namespaces.
    """
    surroundings = {"PATH": PATH, "HOME": account().pw_dir, **environment}

    def look() -> str:
        last()
        return to_json(take_snapshot(wanted, surroundings, timeout))

    return from_json(inside(prepare, look, primary=primary, groups=groups, user_settings=user_settings))


def inside(
    prepare: Callable[[], Any],
    look: Callable[[], str],
    *,
    primary: int | None = None,
    groups: Sequence[int] = (),
    user_settings: Mapping[str, str] = {},
) -> str:
    """What `look`, run as the account in the situation, gives back."""
    entry = account()
    hear, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(hear)
        try:
            with os.fdopen(tell, "wb") as stream:
                try:
                    _become(entry, prepare, primary, groups, user_settings)
                    stream.write(look().encode())
                except BaseException:  # noqa: BLE001 - it is told to the test
                    stream.write(("!" + traceback.format_exc()).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(hear, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(pid, 0)
    if said.startswith("!") or not said:
        if "PermissionError: [Errno 1]" in said and " in mount\n" in said:
            pytest.skip("needs to mount")
        pytest.fail(said or "the process ended silently", pytrace=False)
    return said


def _become(
    entry: pwd.struct_passwd,
    prepare: Callable[[], Any],
    primary: int | None,
    groups: Sequence[int],
    settings: Mapping[str, str],
) -> None:
    if settings:
        _own_user_namespace()
    kernel.unshare(kernel.NEW_MOUNT)
    kernel.make_private()
    for name, value in settings.items():
        with open(f"/proc/sys/{name}", "w") as stream:
            stream.write(value)
    prepare()
    own = entry.pw_gid if primary is None else primary
    os.setgroups(list(groups))
    os.setresgid(own, own, own)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    # A process that has given up root belongs to root in /proc until it is told otherwise.
    LIBRARY.prctl(SET_DUMPABLE, 1, 0, 0, 0)
    os.chdir("/")


def _own_user_namespace() -> None:
    """Move into a user namespace that maps every id to itself; only a process outside can write such a map."""
    ready, tell_ready = os.pipe()
    go, tell_go = os.pipe()
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.read(ready, 1)
            for name in ("uid_map", "gid_map"):
                with open(f"/proc/{me}/{name}", "w") as stream:
                    stream.write("0 0 4294967295\n")
            os.write(tell_go, b"g")
        finally:
            os._exit(0)
    kernel.unshare(kernel.NEW_USER)
    os.write(tell_ready, b"r")
    os.close(tell_go)
    if not os.read(go, 1):
        raise OSError("no map could be written")
    os.waitpid(pid, 0)
    os.setgid(0)
    os.setuid(0)


def silent_mount(target: str) -> None:
    """A file system in user space that nobody serves: whoever looks into it waits for ever."""
    device = os.open("/dev/fuse", os.O_RDWR)
    os.set_inheritable(device, True)
    mount("nobody", target, "fuse.nobody", 0, f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other")


def beside(act: Callable[[], Any]) -> None:
    """Have another process do something and then stay until this one ends."""
    done, tell_done = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            LIBRARY.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
            act()
        finally:
            # What it has inherited would keep others waiting.
            os.closerange(0, 4096)
            signal.pause()
            os._exit(0)
    os.close(tell_done)
    os.read(done, 1)
    os.close(done)


def free_group() -> int:
    """A group id that no group has."""
    taken = {group.gr_gid for group in grp.getgrall()}
    return next(number for number in range(54321, 60000) if number not in taken)


def fresh(options="mode=1777", flags=0):
    """A prepare: /mnt is hidden by an empty file system, and another is mounted at HERE."""

    def prepare():
        tmpfs("/mnt", "mode=755")
        tmpfs(HERE, options, flags)

    return prepare


def replaced(path, text):
    """Cover a file of /etc with another text."""
    with open("/mnt/covering", "w") as stream:
        stream.write(text)
    mount("/mnt/covering", path, flags=BIND)


def moved_home(mode, group):
    """The account's home below a folder of that mode and group."""
    entry = account()

    def prepare():
        fresh()()
        with open("/etc/passwd") as stream:
            lines = [line for line in stream if not line.startswith(f"{entry.pw_name}:")]
        replaced(
            "/etc/passwd",
            "".join(lines) + f"{entry.pw_name}:x:{entry.pw_uid}:{entry.pw_gid}::/mnt/vol/u1:/bin/sh\n",
        )
        os.mkdir("/mnt/vol")
        os.mkdir("/mnt/vol/u1")
        os.chown("/mnt/vol/u1", entry.pw_uid, entry.pw_gid)
        os.chown("/mnt/vol", 0, group)
        os.chmod("/mnt/vol", mode)

    return prepare
