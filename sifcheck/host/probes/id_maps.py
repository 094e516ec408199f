"""Doing something behind the id maps of a fakeroot build: as root of a new user namespace, without being root.

The maps are those that the runtimes ask for: root is the user, and from 1 on come the subordinate ids, written by newuidmap
and newgidmap.  A user who has none gets root alone, as Apptainer's fallback does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

from sifcheck.base.asking import attempt, reason, run_program
from sifcheck.base.facts import Outcome, Unknown, known
from sifcheck.base.kernel import NEW_USER, unshare
from sifcheck.base.records import decode, encode
from sifcheck.base.startup import NamedTuple
from sifcheck.host.probes.programs import find_program
from sifcheck.host.snapshot import Identity, IdRange

__all__ = ["Behind", "Maps", "attempt_in_child", "behind_maps", "maps_of"]

NEEDED_IDS = 65536
"""The runtimes take a range only if it is at least this long."""


class Maps(NamedTuple):
    """The maps to make: `subuids` and `subgids` are None for root alone."""

    user_id: int
    group_id: int
    subuids: IdRange | None
    subgids: IdRange | None

    @property
    def kind(self) -> str:
        """As Rehearsal has it."""
        return "subordinate" if self.subuids and self.subgids else "single"


class Behind(NamedTuple):
    """What became of the new user namespace, of its maps, and of what was to be done there."""

    namespace: Outcome
    maps: Outcome | Unknown
    answer: Any


def maps_of(identity: Identity) -> Maps:
    """The maps that a build of this user would ask for: the first ranges that are long enough, else root alone."""

    def first(ranges: tuple[IdRange, ...]) -> IdRange | None:
        return next((one for one in ranges if one.size >= NEEDED_IDS), None)

    uids, gids = first(known(identity.subuids, ())), first(known(identity.subgids, ()))
    both = uids is not None and gids is not None
    return Maps(identity.user_id, identity.group.id, uids if both else None, gids if both else None)


def behind_maps(maps: Maps, kind: Any, act: Callable[[], Any]) -> Behind:
    """Do something as root of a new user namespace; its answer is of the type `kind`, or Unknown if it was not reached.

    For a process of its own (a Question): it forks, and waits as long as that takes.
    """
    come_in, tell_go = os.pipe()
    hear_ready, tell_ready = os.pipe()
    hear, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        for unused in (tell_go, hear_ready, hear):
            os.close(unused)
        _inside(come_in, tell_ready, tell, act)
    for unused in (come_in, tell_ready, tell):
        os.close(unused)
    mapped: Outcome | Unknown = Unknown("not tried: no user namespace")
    entered = bool(os.read(hear_ready, 1))
    if entered:
        mapped = _write_maps(pid, maps)
        if isinstance(mapped, Outcome) and mapped:
            os.write(tell_go, b"g")
    os.close(tell_go)
    with open(hear, "rb") as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    if entered and (isinstance(mapped, Unknown) or not mapped):
        return Behind(Outcome(True), mapped, Unknown(f"not tried: no id maps ({mapped.why})"))
    if not said:
        return Behind(Outcome(entered), mapped, Unknown("the process in the namespace ended"))
    read = json.loads(said)
    if "refused" in read:
        return Behind(Outcome(False, read["refused"]), mapped, Unknown("not tried: no user namespace"))
    return Behind(Outcome(True), mapped, decode(read["answer"], kind, "the answer"))


def _inside(come_in: int, tell_ready: int, tell: int, act: Callable[[], Any]) -> NoReturn:
    try:
        entered = attempt(lambda: unshare(NEW_USER))
        if not entered:
            os.write(tell, json.dumps({"refused": entered.why}).encode())
        elif os.write(tell_ready, b"r") and os.read(come_in, 1):
            try:
                os.setresgid(0, 0, 0)
                os.setresuid(0, 0, 0)
                answer = encode(act())
            except Exception as error:  # noqa: BLE001 - whatever happened here is an answer
                answer = encode(Unknown(reason(error)))
            with open(tell, "wb") as stream:
                stream.write(json.dumps({"answer": answer}).encode())
    finally:
        os._exit(0)


def _write_maps(pid: int, maps: Maps) -> Outcome | Unknown:
    """Whether the maps could be written; a program that did not answer in time has refused nothing."""
    if not maps.subuids or not maps.subgids:
        return attempt(lambda: _write_single(pid, maps))
    # In the order of Apptainer's starter, so that the first refusal is the one it will meet.
    for name, own, more in (
        ("newgidmap", maps.group_id, maps.subgids),
        ("newuidmap", maps.user_id, maps.subuids),
    ):
        path = find_program(name)
        if path is None:
            return Outcome(False, f"{name} not found")
        said = run_program([path, str(pid), "0", str(own), "1", "1", str(more.first), str(more.size)])
        if isinstance(said, Unknown):
            return said
        if said.status != 0:
            return Outcome(False, said.errors.strip()[:500] or f"{name} failed with status {said.status}")
    return Outcome(True)


def _write_single(pid: int, maps: Maps) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {maps.user_id} 1\n"),
        ("gid_map", f"0 {maps.group_id} 1\n"),
    ):
        with open(f"/proc/{pid}/{name}", "w", encoding="ascii") as stream:
            stream.write(text)


def attempt_in_child(act: Callable[[], object]) -> Outcome:
    """As `attempt`, in a process of its own, which what is tried may change for good."""
    hear, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(hear)
            done = attempt(act)
            os.write(tell, json.dumps([done.ok, done.why]).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with open(hear, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(pid, 0)
    if not said:
        return Outcome(
            False, f"stopped by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "it ended"
        )
    ok, why = json.loads(said)
    return Outcome(bool(ok), str(why))
