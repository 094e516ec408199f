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
    Unknown,
)

__all__ = ["lay"]

_KINDS = {
    **dict.fromkeys(
        ("path", "kind", "architecture", "header_architecture", "filesystem", "compression"), str
    ),
    **dict.fromkeys(("bytes", "mode", "compressed_bytes", "unpacked_bytes", "unpacked_files"), int),
    "overlay": bool,
}


def lay(image: Image, facts: Mapping[str, Any]) -> Image:
    """The image with these facts in place of its own.

    Raises ValueError, naming the field, for one that there is not and for a value of the wrong kind.
    """
    changed = {}
    for name, value in facts.items():
        if name not in Image._fields:
            raise ValueError(f"an image has no {name!r}; it has {', '.join(Image._fields)}")
        try:
            changed[name] = _laid(image, name, value)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"{name}: {value!r}: {error}") from None
    return image._replace(**changed)


def _laid(image: Image, name: str, value: Any) -> Any:
    old = getattr(image, name)
    if value is None or value == "none":
        return None
    if isinstance(value, Mapping) and value.keys() == {"unknown"}:
        return Unknown(str(value["unknown"]))
    if name == "files":
        return _files(old, value)
    if name == "definition":
        return Source(image.path + DEFINITION_MARK, str(value).encode())
    if name == "verified":
        return Outcome(True) if value == "ok" else Outcome(False, str(value))
    if isinstance(old, Mapping):
        both = {**old, **value}
        return {key: text for key, text in both.items() if text not in (None, "none")}
    if name == "mode" and isinstance(value, str):
        return int(value, 8)
    if name in _LISTS:
        return tuple(_LISTS[name](one, number) for number, one in enumerate(value, 1))
    wanted = _KINDS.get(name, tuple)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ValueError(f"{name}: {value!r} is not of the kind {wanted.__name__}")
    return value


def _files(old: Files | Unknown, said: Mapping[str, Any]) -> Files:
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
            entries[path] = ImageEntry(
                path, "folder" if folder else "file", int(value, 8), 0 if folder else 1000
            )
    return Files(sorted(entries.values()), not isinstance(old, Files) or old.complete)


def _signature(said: Mapping[str, Any], number: int) -> Signature:
    fields: dict[str, Any] = {
        "id": 3 + number,
        "group": 1,
        "object": 0,
        "form": "openpgp",
        "fingerprint": None,
    }
    for name, value in said.items():
        if name not in Signature._fields:
            raise ValueError(f"a signature has no {name!r}; it has {', '.join(Signature._fields)}")
        fields[name] = value
    fields["differences"] = tuple(map(_difference, fields.get("differences", ())))
    return Signature(**fields)


def _difference(said: str) -> SignedDifference:
    what, _, number = said.partition(" ")
    return SignedDifference(what, int(number or 0))


def _group(said: Any, number: int) -> SignedGroup:
    return SignedGroup(number, tuple(said))


def _problem(said: str, _: int) -> ImageProblem:
    kind, words = said.split(": ", 1)
    return ImageProblem(kind, words)


def _words(said: Any, _: int) -> str:
    return str(said)


_LISTS: dict[str, Any] = {
    "signatures": _signature,
    "groups": _group,
    "problems": _problem,
    "left_out": _words,
}
