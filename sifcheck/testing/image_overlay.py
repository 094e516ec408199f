"""Facts laid over an image: how a rule's example says in a line what is wrong with its image.

    image={"architecture": "aarch64", "files": {"/usr/bin/bash": "none", "/opt/tool/": "0700"}, "signatures": []}

Keys are the names of fields.  `labels`, `environment`, `scripts` and `programs` are laid over by name.  `files` by path:
"none" takes it away, a number as chmod has it is a file's mode (a folder's where the path ends in a slash), "-> X" makes
a link.  "none" stands for None, {"unknown": "why"} for a fact that could not be learnt; `definition` is its text.  A
signature is a mapping of its fields, its differences as "header", "object 3", "added 5"; a group is a list of numbers of
objects; a problem its kind and words, "short: the file ends".  `verified` is "ok" or what the runtime says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sifcheck.base.source import Source
from sifcheck.image.image import (
    DEFINITION_MARK,
    Files,
    Image,
    ImageEntry,
    ImageProblem,
    Outcome,
    Signature,
    SignedDifference,
    SignedGroup,
)
from sifcheck.testing import overlay

__all__ = ["lay"]


def lay(image: Image, facts: Mapping[str, Any]) -> Image:
    """The image with these facts in place of its own.

    Raises ValueError, naming the field, for one that there is not and for a value of the wrong kind.
    """
    laid: Image = overlay.lay(image, facts, _FORMS)
    definition = laid.definition
    if definition is not None and definition is not image.definition:
        laid = laid._replace(definition=Source(image.path + DEFINITION_MARK, definition.data))
    return laid


def _files(old: Any, said: Any, where: str) -> Files:
    if not isinstance(said, Mapping):
        raise ValueError(f"{where}: {said!r} is not a mapping by path")
    entries = {entry.path: entry for entry in old.entries} if isinstance(old, Files) else {}
    for written, value in said.items():
        path = written.rstrip("/") or "/"
        if value is None or value == "none":
            entries = {
                known: entry
                for known, entry in entries.items()
                if known != path and not known.startswith(f"{path}/")
            }
        elif value.startswith("-> "):
            entries[path] = ImageEntry(path, "link", 0o777, 0, value[3:])
        else:
            folder = written.endswith("/")
            kind, size = ("folder", 0) if folder else ("file", 1000)
            entries[path] = ImageEntry(path, kind, int(value, 8), size)  # type: ignore[arg-type]
    return Files(sorted(entries.values()), not isinstance(old, Files) or old.complete)


def _difference(_old: Any, said: str, _where: str) -> SignedDifference:
    what, _, number = said.partition(" ")
    return SignedDifference(what, int(number or 0))


def _group(_old: Any, said: Any, where: str) -> SignedGroup:
    # Groups are numbered as they are listed.
    return SignedGroup(int(where.rpartition("[")[2].rstrip("]")) + 1, tuple(said))


def _problem(_old: Any, said: str, _where: str) -> ImageProblem:
    kind, words = said.split(": ", 1)
    return ImageProblem(kind, words)


def _octal_mode(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    mode = facts.get("mode")
    return {**facts, "mode": int(mode, 8)} if isinstance(mode, str) and mode != "none" else facts


_FORMS = overlay.Forms(
    "an image",
    short={
        Source: lambda _, text, where: Source(where, str(text).encode()),
        Files: _files,
        Outcome: overlay.outcome,
        SignedDifference: _difference,
        SignedGroup: _group,
        ImageProblem: _problem,
    },
    starts={Signature: lambda number: Signature(3 + int(number), 1, 0, "openpgp")},
    before={Image: _octal_mode},
)
