"""What keeps the start of the program short: patterns compiled at their first use, value classes made the quick way.

Both are drop-in: `pattern` for `re.compile`, `NamedTuple` for typing's.  Of the 145 ms of CPU that checking one small file
took, 170 patterns and 70 value classes were 55 (docs/decisions/startup.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr

__all__ = ["NamedTuple", "pattern"]

if TYPE_CHECKING:
    from typing import NamedTuple

    def pattern(text: AnyStr, flags: int | re.RegexFlag = 0) -> re.Pattern[AnyStr]:
        """As re.compile, compiled when it is first used."""
        ...

else:
    from types import FunctionType

    try:
        from _collections import _tuplegetter as _field
    except ImportError:  # as in collections, for a Python that has it not

        def _field(index: int, documentation: str) -> property:
            return property(lambda row: tuple.__getitem__(row, index), doc=documentation)

    class pattern:  # noqa: N801 - it stands for a function
        """As re.compile, compiled when it is first used."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self.pattern = text
            self.flags = flags

        def __getattr__(self, name: str) -> Any:
            # Met only while the attribute is missing: what is found is kept, so every later call is as quick as without.
            made = getattr(re.compile(self.pattern, self.flags), name)
            self.__dict__[name] = made
            return made

    class _Row(tuple):
        """What all value classes share: what namedtuple gives each of its classes anew."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values: Any) -> Any:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, not {len(made)}")
            return made

        def _replace(self, /, **changed: Any) -> Any:
            made = tuple.__new__(type(self), map(changed.pop, self._fields, self))
            if changed:
                raise TypeError(f"{type(self).__name__} has no field {', '.join(map(repr, changed))}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            values = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    # One compiled __new__ for each number of fields; a class gets it with its own names for the parameters.  namedtuple
    # compiles one for each class: 116 us against 20 (74 classes are made at each start).
    _new_of: dict[int, Any] = {}

    def _new(name: str, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
        if len(fields) not in _new_of:
            names = "".join(f"_{number}, " for number in range(len(fields)))
            _new_of[len(fields)] = eval(f"lambda _cls, {names}: new(_cls, ({names}))").__code__  # noqa: S307
        code = _new_of[len(fields)].replace(co_name=name, co_qualname=name, co_varnames=("_cls", *fields))
        return FunctionType(code, {"new": tuple.__new__}, "__new__", defaults)

    class _Maker(type):
        """Makes a value class of a class statement, as typing's does, but compiles no annotation to check it."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default stands below one that has a default")
            for index, field in enumerate(fields):
                body[field] = _field(index, f"Alias for field number {index}")
            return type(
                name,
                (_Row,),
                {
                    **body,
                    "__slots__": (),
                    "__new__": _new(name, fields, tuple(defaults.values())),
                    "__match_args__": fields,
                    "_fields": fields,
                    "_field_defaults": defaults,
                },
            )

    class NamedTuple(metaclass=_Maker):
        """As typing.NamedTuple; for a type checker it is that."""
