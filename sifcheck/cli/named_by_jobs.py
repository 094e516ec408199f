"""The definition files that batch scripts build: found from where the script lies, and checked along with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.findings import Related
from sifcheck.startup import NamedTuple

if TYPE_CHECKING:
    from sifcheck.job import JobScript, RuntimeCall
    from sifcheck.source import Source

# Where the job was submitted, which is taken to be where the script lies.
_SUBMIT_FOLDERS = frozenset(("PJM_O_WORKDIR", "SLURM_SUBMIT_DIR", "PBS_O_WORKDIR"))


class NamedFile(NamedTuple):
    """A definition file that is there, and the place in a script that names it."""

    path: str
    by: Related


def definitions_beside(scripts: Iterable[Source], checked: Iterable[str]) -> Iterator[NamedFile]:
    """The definition files that batch scripts build and that are there, each once; none of the files in `checked`."""
    from sifcheck.job import read_job

    met = {os.path.realpath(path) for path in checked}
    for script in scripts:
        for named in definitions_of(read_job(script)):
            place = os.path.realpath(named.path)
            if place not in met:
                met.add(place)
                yield named


def definitions_of(job: JobScript) -> Iterator[NamedFile]:
    """The definition files that a script builds and that are there, each once.

    A path is looked up from the script's folder, and from where a `cd` above the call goes; what hangs on variables is
    passed over.
    """
    met: set[str] = set()
    for call in job.calls:
        word = call.definition
        name = call.value_of(word)
        folder = _folder_at(job, call)
        if word is None or not name or folder is None or "\0" in name or name.startswith("~"):
            continue
        path = os.path.normpath(os.path.join(folder, name)) if folder or name.startswith("/") else name
        if path not in met and os.path.isfile(path):
            met.add(path)
            yield NamedFile(path, Related("this script builds it", word.span, job.source))


def _folder_at(job: JobScript, call: RuntimeCall) -> str | None:
    """The folder that a call is made in, as far as it is known; "" is the current one."""
    folder = os.path.dirname(job.source.path)
    for command in job.script.commands("cd", "pushd"):
        if command.span.start > call.span.start:
            break
        target = next(iter(command.operands()), None)
        if target is None:
            return None
        if (
            target.variables
            and set(target.variables) <= _SUBMIT_FOLDERS
            and target.suffix == target.prefix == ""
        ):
            folder = os.path.dirname(job.source.path)
            continue
        value = call.value_of(target)
        if value is None or value.startswith(("~", "-")):
            return None
        folder = os.path.join(folder, value)
    return folder
