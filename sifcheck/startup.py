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
    from collections import namedtuple

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

    class _Maker(type):
        """Makes a namedtuple of a class statement, as typing's does, but compiles no annotation to check it."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024
            made.__annotations__ = fields
            for key, value in body.items():
                if key not in fields and key not in ("__module__", "__qualname__", "__annotations__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """As typing.NamedTuple; for a type checker it is that."""
