"""The definition files and images that batch scripts name: found from where the script lies, and checked along with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from sifcheck.base.findings import Related
from sifcheck.base.startup import NamedTuple
from sifcheck.job.folders import folder_at
from sifcheck.shell.effects import effects_of, names_made

if TYPE_CHECKING:
    from sifcheck.job import JobScript, RuntimeCall
    from sifcheck.shell import Word


class NamedFile(NamedTuple):
    """A definition file or image that is there, the place in a script that names it, and the call that does."""

    path: str
    by: Related
    call: RuntimeCall


def definitions_beside(scripts: Iterable[JobScript]) -> Iterator[NamedFile]:
    """The definition files that batch scripts build and that are there, each once."""
    return _beside(definitions_of, scripts, ())


def images_beside(scripts: Iterable[JobScript], checked: Iterable[str]) -> Iterator[NamedFile]:
    """The images that batch scripts run and that are there, each once; none of the paths in `checked`."""
    return _beside(images_of, scripts, checked)


def _beside(
    named_in: Callable[[JobScript], Iterable[NamedFile]], scripts: Iterable[JobScript], checked: Iterable[str]
) -> Iterator[NamedFile]:
    met = {os.path.realpath(path) for path in checked}
    for script in scripts:
        for named in named_in(script):
            place = os.path.realpath(named.path)
            if place not in met:
                met.add(place)
                yield named


def images_of(job: JobScript) -> Iterator[NamedFile]:
    """The files and sandbox folders that a script runs as images and that are there, each once.

    One that the script itself makes, fetches or copies is passed over: what lies there now is not what will be run.
    """
    made: set[str] | None = None
    met: set[str] = set()
    for call in job.calls:
        word = call.image if call.runs_image else None
        path = path_in(job, call, word)
        if word is None or path is None or path in met:
            continue
        met.add(path)
        if not os.path.isfile(path) and not os.path.isdir(os.path.join(path, ".singularity.d")):
            continue
        made = set(made_in(job)) if made is None else made
        if os.path.basename(path) not in made:
            yield NamedFile(path, Related("this script runs it", word.span, job.source), call)


def made_in(job: JobScript) -> Iterator[str]:
    """The names of the images that a script makes, and of the files that it writes, copies or fetches."""
    for call in job.calls:
        yield os.path.basename((call.made or "").rstrip("/"))
    for effect in effects_of(job.script):
        yield from names_made(effect)


def definitions_of(job: JobScript) -> Iterator[NamedFile]:
    """The definition files that a script builds and that are there, each once.

    A path is looked up from the script's folder, and from where a `cd` above the call goes; what hangs on variables is
    passed over.
    """
    met: set[str] = set()
    for call in job.calls:
        word = call.definition
        path = path_in(job, call, word)
        if word is not None and path is not None and path not in met and os.path.isfile(path):
            met.add(path)
            yield NamedFile(path, Related("this script builds it", word.span, job.source), call)


def path_in(job: JobScript, call: RuntimeCall, word: Word | None) -> str | None:
    """Where a file lies that a call names, seen from here; None where that is not known."""
    name = call.value_of(word)
    folder = folder_at(job, call, os.path.dirname(job.source.path))
    if not name or folder is None or "\0" in name or "://" in name or name.startswith("~"):
        return None
    return os.path.normpath(os.path.join(folder, name)) if folder or name.startswith("/") else name
