"""Facts laid over a value: how a rule's example says in a line what is different from where nothing is wrong.

Keys are names of fields, checked against the value class, and so are the types of what is given.  `"none"` stands for None
and {"unknown": "why"} for a fact that could not be learnt, where the field may be that.  Mappings are laid over by key.
What is special about a subject, as short forms of its values, its module says in a `Forms`.
"""

from __future__ import annotations

import collections.abc
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sifcheck.base.facts import Outcome, Unknown
from sifcheck.base.records import decode, encode, fields_of, parts_of, saved_as
from sifcheck.base.startup import NamedTuple
from sifcheck.base.text import did_you_mean

__all__ = ["Forms", "check_names", "lay", "outcome"]


class Forms(NamedTuple):
    """What is special about the facts of one subject, by value class.

    `short` reads the other forms in which a value may be given, from (what was there, what is given, the place);
    `names` is the field that names the entries of a list, which may then be a mapping by that name.  `starts` makes the
    entry, of that name or number, that the facts of a new one are laid over; `known` are the only names there can be.
    `gone` is what stays of an entry by a name that is taken away.  `several` are those of which many have one name.
    `before` changes facts before they are laid.
    """

    subject: str
    short: Mapping[Any, Callable[[Any, Any, str], Any]]
    names: Mapping[Any, str] = {}
    starts: Mapping[Any, Callable[[str], Any]] = {}
    known: Mapping[Any, tuple[str, ...]] = {}
    gone: Mapping[Any, Callable[[str], Any]] = {}
    several: tuple[Any, ...] = ()
    before: Mapping[Any, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}


def lay(value: Any, facts: Mapping[str, Any], forms: Forms) -> Any:
    """The value with these facts in place of its own.

    Raises ValueError, naming the place, for a field that there is not (with the nearest that there is) and for a value of
    the wrong kind.
    """
    return _Layer(forms).fields(value, facts, type(value), "")


def check_names(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raise ValueError for a name that is not among the known ones, with the nearest, else all that there are."""
    names = list(known)
    for name in given:
        if name not in names:
            raise ValueError(f"{what} has no {name!r}{did_you_mean(name, names, most=len(names))}")


def outcome(_: Any, given: Any, where: str) -> Outcome:
    """An Outcome from "ok", the word of the system, or whether it worked."""
    if isinstance(given, bool):
        return Outcome(given, "" if given else "refused")
    if not isinstance(given, str):
        raise ValueError(f'{where}: {given!r} is not "ok" or the reason why it failed')
    return Outcome(True) if given == "ok" else Outcome(False, given)


class _Layer:
    """Lays facts of one subject over what was there."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms

    def fields(self, old: Any, new: Mapping[str, Any], kind: Any, where: str) -> Any:
        fields = fields_of(kind)
        names = {saved_as(kind, name): name for name in fields}
        check_names(new, names, where or self.forms.subject)
        changed = {}
        for key, value in self.forms.before.get(kind, dict)(new).items():
            place, name = f"{where}.{key}" if where else key, names[key]
            changed[name] = self.value(getattr(old, name, None), value, fields[name], place)
        if old is not None:
            return old._replace(**changed)
        for name, type_of_field in fields.items():
            if name not in changed and name not in kind._field_defaults:
                if not parts_of(type_of_field)[2]:
                    raise ValueError(f"{where}.{name} is missing")
                changed[name] = Unknown("not in the example")
        return kind(**changed)

    def value(self, old: Any, new: Any, kind: Any, where: str) -> Any:
        expected, may_miss, may_be_unknown = parts_of(kind)
        main = expected[0]
        made = typing.get_origin(main)
        if isinstance(new, Unknown):
            new = encode(new)
        if new is None or (new == "none" and may_miss):
            return decode(None, kind, where)
        if isinstance(new, Mapping) and new.keys() == {"unknown"}:
            if not may_be_unknown:
                raise ValueError(f"{where} is always known")
            return Unknown(str(new["unknown"]))
        if made is tuple:
            return self.entries(old, new, typing.get_args(main)[0], where)
        if made is collections.abc.Mapping:
            both = {**old, **_mapping(new, where)}
            return {key: text for key, text in both.items() if text not in (None, "none")}
        if made is typing.Literal:
            if new not in typing.get_args(main):
                raise ValueError(f"{where}: {new!r} is none of {', '.join(typing.get_args(main))}")
            return new
        is_record = hasattr(main, "_fields")
        if main in self.forms.short and not (is_record and isinstance(new, Mapping)):
            return new if isinstance(new, main) else self.forms.short[main](old, new, where)
        if is_record and isinstance(new, Mapping):
            return self.fields(old if isinstance(old, main) else None, new, main, where)
        return decode(new, kind, where)

    def entries(self, old: Any, new: Any, part: Any, where: str) -> tuple[Any, ...]:
        key = self.forms.names.get(part)
        if isinstance(new, Mapping) and key is not None:
            entries = old if isinstance(old, tuple) else ()
            for name, value in new.items():
                entries = self.named(entries, name, value, part, where)
            return entries
        if not isinstance(new, list | tuple):
            raise ValueError(f"{where}: {new!r} is not a list" + (" or a mapping by name" if key else ""))
        start = self.forms.starts.get(part)
        made = []
        for at, one in enumerate(new):
            word = str(one.get(key, "") if key else at + 1) if isinstance(one, Mapping) else ""
            begin = start(word) if start is not None and isinstance(one, Mapping) else None
            made.append(self.value(begin, one, part, f"{where}[{at}]"))
        return tuple(made)

    def named(
        self, entries: tuple[Any, ...], name: str, value: Any, part: Any, where: str
    ) -> tuple[Any, ...]:
        """The entries of a list with what is said of those of a name; new ones stand last."""
        if part in self.forms.known and not any(_name(one, self.forms, part) == name for one in entries):
            check_names([name], self.forms.known[part], where)
        place = f"{where}.{name}"
        if isinstance(value, list | tuple) and part in self.forms.several:
            others = tuple(one for one in entries if _name(one, self.forms, part) != name)
            starts = (self.forms.starts[part](name) for _ in value)
            made = [
                self.value(start, one, part, f"{place}[{at}]")
                for at, (start, one) in enumerate(zip(starts, value, strict=True))
            ]
            return (*others, *made)
        at = next(
            (at for at, one in enumerate(entries) if _name(one, self.forms, part) == name), len(entries)
        )
        before = entries[at] if at < len(entries) else self.forms.starts[part](name)
        if value is None or value == "none":
            left = (self.forms.gone[part](name),) if part in self.forms.gone else ()
        else:
            left = (self.value(before, value, part, place),)
        return (*entries[:at], *left, *entries[at + 1 :])


def _name(entry: Any, forms: Forms, part: Any) -> Any:
    return getattr(entry, forms.names[part])


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"{where}: {given!r} is not a mapping")
    return given
