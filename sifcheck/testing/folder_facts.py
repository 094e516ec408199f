"""A Folder from a few facts: how a rule's example says what lies where its build starts.

    folder={"data.txt": "file", "src": {"holds": [".git"], "bytes": 10}, "old": "dangling", "x.txt": {"beside": "recipes"}}

Keys are paths as seen from the folder of the build; what is not named is not there, but the folders above a path are.  A
value is a kind, or fields of a Match and its Contents (a field of the contents makes it a folder), `{"unknown": "why"}`
where nobody could tell, or `{"beside": FOLDER}` for what is not there but would be seen from the definition file's folder.
For a batch script `{"text": ...}` is what a file holds that its calls name.  Groups are named as in a snapshot:
`{"needs_groups": [{"id": 5000, "name": "project"}]}`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from fnmatch import fnmatchcase
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeVar

from sifcheck.base.facts import Unknown
from sifcheck.definition.model import Definition
from sifcheck.testing import overlay
from sifcheck.workspace.called import Called, CalledFolder, called_paths
from sifcheck.workspace.folder import (
    PATH_AGENTS,
    Contents,
    Folder,
    FolderEntry,
    FolderPart,
    Match,
    NamedPath,
    wanted_paths,
)
from sifcheck.workspace.named_files import alternatives, joined, only_a_shell_knows

if TYPE_CHECKING:
    from sifcheck.job.model import JobScript

T = TypeVar("T")

__all__ = ["START", "called_from", "check_facts", "facts_of", "folder_from"]

START = "/home/builder/work"
"""The folder where the build of an example starts."""

_KINDS = ("file", "folder", "dangling", "other")
_OF_CONTENTS = tuple(name for name in Contents._fields if name != "bytes")
_OF_MATCHES = tuple(name for name in Match._fields if name not in ("path", "contents"))
_FIELDS = (*_OF_MATCHES, *_OF_CONTENTS, "beside", "unknown", "text")

Facts = Mapping[str, Any]


def check_facts(facts: Facts) -> None:
    """Raise ValueError, saying what is wrong, for facts that make no Folder."""
    for path, given in facts.items():
        kind = given.get("kind", "file") if isinstance(given, Mapping) else given
        if kind not in _KINDS:
            raise ValueError(f"folder: {path}: {kind!r} is none of {', '.join(_KINDS)}")
        overlay.check_names(given if isinstance(given, Mapping) else (), _FIELDS, f"folder: {path}")


def folder_from(facts: Facts, definition: Definition) -> Folder:
    """What a file system that holds only this would have for the paths that a definition file names."""
    there = _matches_of(facts)
    return Folder(START, tuple(_entry(one, facts, there) for one in dict.fromkeys(wanted_paths(definition))))


def called_from(facts: Facts, job: JobScript) -> CalledFolder:
    """What a file system that holds only this would have for the paths that the calls of a batch script name."""
    there = _matches_of(facts)
    given = {_path(named): fields for named, fields in facts.items() if isinstance(fields, Mapping)}
    entries = []
    for path, _ in dict.fromkeys(called_paths(job, START)):
        fields = given.get(path, {})
        kind = there[path].kind if path in there else ""
        text = dedent(fields["text"]).lstrip("\n") if "text" in fields else None
        entries.append(Called(path, Unknown(fields["unknown"]) if "unknown" in fields else kind, text))
    return CalledFolder(START, tuple(entries))


def facts_of(facts: Facts, file: Definition | JobScript) -> Folder | CalledFolder:
    """What lies where a definition file is built, or where a batch script starts."""
    return folder_from(facts, file) if isinstance(file, Definition) else called_from(facts, file)


def _entry(one: NamedPath, facts: Facts, there: Mapping[str, Match]) -> FolderEntry:
    given = facts.get(one.named)
    tried = joined(START, one.named)
    if isinstance(given, Mapping) and "unknown" in given:
        return FolderEntry(one.named, one.purpose, tried, Unknown(str(given["unknown"])))
    if one.purpose == "files" and _path(one.named) not in there and only_a_shell_knows(one.named):
        return FolderEntry(
            one.named, one.purpose, tried, Unknown("only a shell can tell what the name stands for")
        )
    named = one.named
    if one.purpose in PATH_AGENTS[1:] and _path(named) not in there:
        named = named.partition(":")[0]
    names = alternatives(named) if one.purpose == "files" else [named]
    found = [[path for path in there if _is_meant(name, path, one.purpose)] for name in names]
    missing = tuple(name for name, paths in zip(names, found, strict=True) if not paths)
    matches = tuple(there[path] for path in dict.fromkeys(path for paths in found for path in paths))
    beside = given.get("beside") if isinstance(given, Mapping) else None
    return FolderEntry(one.named, one.purpose, tried, matches, missing, beside)


def _is_meant(name: str, path: str, purpose: str) -> bool:
    wanted = _path(name)
    if purpose != "files" or wanted == path:
        return wanted == path
    parts, words = path.split("/"), wanted.split("/")
    return len(parts) == len(words) and all(map(fnmatchcase, parts, words))


def _path(named: str) -> str:
    return posixpath.normpath(posixpath.join(START, named))


def _matches_of(facts: Facts) -> dict[str, Match]:
    found: dict[str, Match] = {}
    for named, given in facts.items():
        fields = dict(given) if isinstance(given, Mapping) else {"kind": given}
        if "beside" in fields or "unknown" in fields:
            continue
        path = _path(named)
        above = posixpath.dirname(path)
        while above not in found and above != "/":
            found[above] = _folder(above, {})
            above = posixpath.dirname(above)
        kind = fields.get("kind", "folder" if fields.keys() & set(_OF_CONTENTS) else "file")
        mode = 0 if kind == "dangling" else 0o644
        found[path] = _folder(path, fields) if kind == "folder" else _laid(Match(path, kind, 0, mode), fields)
    return found


def _folder(path: str, fields: Facts) -> Match:
    largest = fields.get("largest", {})
    empty = Contents(sum(largest.values()), len(largest), True)
    contents = _laid(empty, {name: fields[name] for name in Contents._fields if name in fields})
    return _laid(Match(path, "folder", contents.bytes, 0o755, contents), fields)


def _laid(value: T, fields: Facts) -> T:
    """The value with those of the facts that are fields of its class."""
    own = {name: given for name, given in fields.items() if name in value._fields and name != "contents"}  # type: ignore[attr-defined]
    laid: T = overlay.lay(value, own, _FORMS)
    return laid


_FORMS = overlay.Forms(
    "what lies there",
    short={FolderPart: lambda part, size, _: part._replace(bytes=size)},
    names={FolderPart: "name"},
    starts={FolderPart: lambda name: FolderPart(name, 0, 1)},
)
