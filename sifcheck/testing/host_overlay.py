"""Facts laid over a snapshot: how a rule's example says in a line what is wrong on its machine.

    host={"storage": {"tmpdir": {"filesystem": "lustre"}}, "identity": {"group": 5000}, "environment": {"TMPDIR": "/x"}}

Keys are field names.  Lists whose entries have a name are mappings by that name (storage by purpose, programs, runtimes,
environment, settings, key rings); an entry that was not there is made from a healthy one.  Short forms: "none" for None;
"ok" or the system's word for an Outcome; an id for a Group; a number for a Limit; the value for a variable or setting;
the path or "none" for a program; {"unknown": "why"} for a fact that could not be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.facts import Outcome
from sifcheck.base.records import decode
from sifcheck.host.snapshot import (
    Group,
    Host,
    Installation,
    Keyring,
    Limit,
    Program,
    Setting,
    Storage,
    Variable,
)
from sifcheck.testing import overlay
from sifcheck.testing.healthy_host import healthy_host, healthy_storage

__all__ = ["lay"]


def lay(host: Host, facts: Mapping[str, Any]) -> Host:
    """The snapshot with these facts in place of its own.

    Raises ValueError, naming the place, for a field that there is not (with the nearest that there is) and for a value of
    the wrong kind.
    """
    laid: Host = overlay.lay(host, facts, _FORMS)
    return laid


def _group(_: Any, given: Any, where: str) -> Group:
    return Group(decode(given, int, where))


def _limit(_: Any, given: Any, where: str) -> Limit:
    number = decode(given, int, where)
    return Limit(number, number)


def _valued(old: Any, given: Any, where: str) -> Any:
    """A variable or setting by its value, a program by its path."""
    field = "path" if isinstance(old, Program) else "value"
    return old._replace(**{field: decode(given, str, where)})


def _with_its_path(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A folder that lies elsewhere leads there, too."""
    if "path" not in facts:
        return facts
    return {"real_path": facts["path"], "nearest": facts["path"], **facts}


def _new_installation(name: str) -> Installation:
    runtimes = healthy_host().runtimes
    assert isinstance(runtimes, tuple)
    path = f"/usr/bin/{name or 'apptainer'}"
    return Installation._make(runtimes[0])._replace(name=name or "apptainer", path=path, real_path=path)


def _new_storage(purpose: str) -> Storage:
    return healthy_storage(purpose, f"/{purpose}")


def _new_program(name: str) -> Program:
    return Program(name, f"/usr/bin/{name}", None, False, False, False)


def _new_keyring(kind: str) -> Keyring:
    return Keyring(kind, f"/home/builder/.apptainer/keys/pgp-{kind}", True, 0o600, 1001, 1)


_FORMS = overlay.Forms(
    "a host",
    short={
        Outcome: overlay.outcome,
        Group: _group,
        Limit: _limit,
        Variable: _valued,
        Setting: _valued,
        Program: _valued,
    },
    names={
        **dict.fromkeys((Program, Variable, Setting, Installation), "name"),
        Storage: "purpose",
        Keyring: "kind",
    },
    starts={
        Storage: _new_storage,
        Program: _new_program,
        Variable: lambda name: Variable(name, None),
        Setting: lambda name: Setting(name, ""),
        Installation: _new_installation,
        Keyring: _new_keyring,
    },
    known={
        Storage: ("tmpdir", "cache", "home", "tmp", "vartmp", "output", "cwd", "scratch"),
        Keyring: ("secret", "public"),
        Installation: ("apptainer", "singularity"),
    },
    gone={Program: lambda name: Program(name, None)},
    several=(Storage, Setting),
    before={Storage: _with_its_path},
)
