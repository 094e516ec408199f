"""Facts laid over a snapshot: how a rule's example says in a line what is wrong on its machine.

    host={"storage": {"tmpdir": {"filesystem": "lustre"}}, "identity": {"group": 5000}, "environment": {"TMPDIR": "/x"}}

Keys are field names.  Lists whose entries have a name are mappings by that name (storage by purpose, programs, runtimes,
environment, settings, key rings); an entry that was not there is made from a healthy one.  Short forms: "none" for None;
"ok" or the system's word for an Outcome; an id for a Group; a number for a Limit; the value for a variable or setting;
the path or "none" for a program; {"unknown": "why"} for a fact that could not be learnt.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import Any

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.records import decode, encode, fields_of, parts_of
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
from sifcheck.testing.healthy_host import healthy_host, healthy_storage

__all__ = ["lay"]


def lay(host: Host, facts: Mapping[str, Any]) -> Host:
    """The snapshot with these facts in place of its own.

    Raises ValueError, naming the place, for a field that there is not (with the nearest that there is) and for a value of
    the wrong kind.
    """
    laid: Host = _lay_fields(host, facts, Host, "")
    return laid


def _lay(old: Any, new: Any, kind: Any, where: str) -> Any:
    expected, may_miss, may_be_unknown = parts_of(kind)
    if isinstance(new, Unknown):
        new = encode(new)
    if new is None or (new == "none" and may_miss):
        return decode(None, kind, where)
    if isinstance(new, Mapping) and new.keys() == {"unknown"}:
        if not may_be_unknown:
            raise ValueError(f"{where} is always known")
        return Unknown(str(new["unknown"]))
    main = expected[0]
    if typing.get_origin(main) is tuple:
        return _lay_list(old, new, typing.get_args(main)[0], where)
    if main in _SHORT and not isinstance(new, Mapping):
        return _plain(new) if isinstance(new, main) else _SHORT[main](new, where)
    if hasattr(main, "_fields") and isinstance(new, Mapping):
        return _lay_fields(old if isinstance(old, main) else None, new, main, where)
    return decode(new, kind, where)


def _plain(value: Any) -> Any:
    return value


def _lay_fields(old: Any, new: Mapping[str, Any], kind: Any, where: str) -> Any:
    fields = fields_of(kind)
    changed = {}
    for name, value in new.items():
        if name not in fields:
            raise ValueError(f"{where or 'a host'} has no {name!r}{_nearest(name, fields)}")
        before = getattr(old, name, None)
        changed[name] = _lay(before, value, fields[name], f"{where}.{name}" if where else name)
    if kind is Storage and "path" in changed:
        changed = {"real_path": changed["path"], "nearest": changed["path"], **changed}
    if old is not None:
        return old._replace(**changed)
    for name, type_of_field in fields.items():
        if name not in changed and name not in kind._field_defaults:
            if not parts_of(type_of_field)[2]:
                raise ValueError(f"{where}.{name} is missing")
            changed[name] = Unknown("not in the example")
    return kind(**changed)


def _lay_list(old: Any, new: Any, part: Any, where: str) -> Any:
    if isinstance(new, Mapping) and part in _KEYS:
        return _lay_named(old if isinstance(old, tuple) else (), new, part, where)
    if not isinstance(new, list | tuple):
        raise ValueError(
            f"{where}: {new!r} is not a list" + (" or a mapping by name" if part in _KEYS else "")
        )
    start = _START.get(part)
    return tuple(
        _lay(
            start(one.get(_KEYS[part], "")) if start and isinstance(one, Mapping) else None,
            one,
            part,
            f"{where}[{at}]",
        )
        for at, one in enumerate(new)
    )


def _lay_named(old: tuple[Any, ...], new: Mapping[str, Any], part: Any, where: str) -> tuple[Any, ...]:
    key = _KEYS[part]
    entries = list(old)
    for name, value in new.items():
        at = next(
            (number for number, entry in enumerate(entries) if getattr(entry, key) == name), len(entries)
        )
        if at == len(entries) and part in _CLOSED and name not in _CLOSED[part]():
            raise ValueError(f"{where} has no {name!r}{_nearest(name, _CLOSED[part]())}")
        before = entries[at] if at < len(entries) else _START[part](name)
        if value is None or value == "none":
            entries[at : at + 1] = [Program(name, None)] if part is Program else []
        elif isinstance(value, list | tuple) and part is Setting:
            entries = [entry for entry in entries if entry.name != name] + [
                Setting(name, str(one)) for one in value
            ]
        elif isinstance(value, str) and part in (Variable, Setting):
            entries[at : at + 1] = [part(name, value)]
        elif isinstance(value, str) and part is Program:
            entries[at : at + 1] = [before._replace(path=value)]
        elif isinstance(value, list | tuple) and part is Storage:
            others = [entry for entry in entries if entry.purpose != name]
            made = [
                _lay(_START[part](name), one, part, f"{where}.{name}[{number}]")
                for number, one in enumerate(value)
            ]
            entries = others + made
        else:
            entries[at : at + 1] = [_lay(before, value, part, f"{where}.{name}")]
    return tuple(entries)


def _outcome(value: Any, where: str) -> Outcome:
    if isinstance(value, bool):
        return Outcome(value, "" if value else "refused")
    if not isinstance(value, str):
        raise ValueError(f'{where}: {value!r} is not "ok" or the reason why it failed')
    return Outcome(True) if value == "ok" else Outcome(False, value)


def _group(value: Any, where: str) -> Group:
    return Group(decode(value, int, where))


def _limit(value: Any, where: str) -> Limit:
    number = decode(value, int, where)
    return Limit(number, number)


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


_SHORT: dict[Any, Callable[[Any, str], Any]] = {Outcome: _outcome, Group: _group, Limit: _limit}
_KEYS: dict[Any, str] = {
    Storage: "purpose",
    Program: "name",
    Variable: "name",
    Setting: "name",
    Installation: "name",
    Keyring: "kind",
}
_START: dict[Any, Callable[[str], Any]] = {
    Storage: _new_storage,
    Program: _new_program,
    Variable: lambda name: Variable(name, None),
    Setting: lambda name: Setting(name, ""),
    Installation: _new_installation,
    Keyring: _new_keyring,
}
_CLOSED: dict[Any, Callable[[], tuple[str, ...]]] = {
    Storage: lambda: ("tmpdir", "cache", "home", "tmp", "vartmp", "output", "cwd", "scratch"),
    Keyring: lambda: ("secret", "public"),
    Installation: lambda: ("apptainer", "singularity"),
}


def _nearest(name: str, known: Any) -> str:
    from sifcheck.base.text import did_you_mean

    return did_you_mean(name, known, most=len(known))
