"""The build arguments of a new build job: whether the runtime would take them, and the definition file use them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.job.write.directives import NewJobError

if TYPE_CHECKING:
    from sifcheck.definition.model import Definition

__all__ = ["arguments_in", "unused_in"]

# A list of fields as the runtime reads it: a quotation mark stands round the whole of one only.
_CSV = pattern(r'(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*')


def arguments_in(value: str) -> dict[str, str]:
    """The variables in what one `--build-arg` is given, which is a list between commas.

    Raises NewJobError for what stops the build before the definition file is opened (Apptainer 1.4.5, measured).
    """
    fields = next(csv.reader([value]), []) if _CSV.fullmatch(value) else None
    if fields is None:
        raise NewJobError(
            f"--build-arg: the quotation marks in {value!r} do not stand round all of it: "
            + _HOW.format("NAME=A,B")
        )
    for field in fields or [value]:
        name, equals, _ = field.partition("=")
        if equals and name.strip():
            continue
        if len(fields) > 1:
            raise NewJobError(
                f"--build-arg: a comma parts build arguments, and {field!r} is not NAME=VALUE: "
                + _HOW.format(value.replace('"', '""'))
            )
        raise NewJobError(f"--build-arg: {value!r} is not NAME=VALUE")
    return {name.strip(): value for name, _, value in (field.partition("=") for field in fields)}


_HOW = "write --build-arg '\"{}\"'"


def unused_in(definition: Definition, names: Iterable[str]) -> Iterator[str]:
    """A sentence for each name that a definition file does not use; one in a comment is none (Apptainer, measured)."""
    used = sorted({use.name for use in definition.uses if not use.hidden})
    for name in names:
        if name not in used:
            from sifcheck.base.text import nearest

            near = nearest(name, used)
            meant = f"; did you mean {near}?" if near is not None else ""
            yield f"{definition.source.path} uses no variable {name}{meant}"
