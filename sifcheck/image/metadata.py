"""What an image says about itself: its definition file, labels, environment and scripts, as `inspect` shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sifcheck.base.source import decode
from sifcheck.base.startup import NamedTuple
from sifcheck.image.image import Files, Unknown

FOLDER = "/.singularity.d"
LARGEST_TEXT = 256 << 10
MOST_LABELS = 2_000

Read = Callable[[str, int], bytes | None]
"""Reads the first bytes of a file in an image; None where there is none."""

_SCRIPTS = {
    "runscript": "runscript",
    "startscript": "startscript",
    "test": "test",
    "runscript.help": "helpfile",
}


class Metadata(NamedTuple):
    """What an image says about itself; `definition` is the text of its definition file, None without one."""

    definition: bytes | None = None
    labels: Mapping[str, str] = {}
    environment: Mapping[str, str] = {}
    scripts: Mapping[str, str] = {}


def from_inspection(text: bytes) -> Metadata | None:
    """What the object `inspect-metadata.json` of a SIF says; None where it is not in that form."""
    said = parsed(text)
    for key in ("data", "attributes"):
        said = said.get(key) if isinstance(said, dict) else None
    if not isinstance(said, dict):
        return None
    definition = said.get("deffile")
    scripts = {
        name: said[name]
        for name in _SCRIPTS.values()
        if isinstance(said.get(name), str) and said[name].strip()
    }
    return Metadata(
        definition.encode("utf-8", "replace") if isinstance(definition, str) and definition.strip() else None,
        _texts(said.get("labels")),
        {name.rpartition("/")[2]: text for name, text in _texts(said.get("environment")).items()},
        scripts,
    )


def from_files(files: Files | Unknown, read: Read) -> Metadata:
    """What the files of a file system say, where no SIF is around it."""
    labels = parsed(read(f"{FOLDER}/labels.json", LARGEST_TEXT) or b"")
    scripts = {}
    for file, name in _SCRIPTS.items():
        text = read(f"{FOLDER}/{file}", LARGEST_TEXT)
        if text is not None and text.strip():
            scripts[name] = decode(text)
    environment = {}
    if isinstance(files, Files):
        shown = [
            one.path.rpartition("/")[2]
            for one in files.entries
            if one.kind == "file" and one.path.startswith(f"{FOLDER}/env/") and one.path.endswith(".sh")
        ]
        for name in sorted(shown)[:50]:
            text = read(f"{FOLDER}/env/{name}", LARGEST_TEXT)
            if text is not None:
                environment[name] = decode(text)
    definition = read(f"{FOLDER}/Singularity", LARGEST_TEXT)
    return Metadata(
        definition if definition and definition.strip() else None, _texts(labels), environment, scripts
    )


def parsed(text: bytes) -> Any:
    """JSON of somebody else's, None for what is none."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _texts(said: Any) -> dict[str, str]:
    """The entries of a JSON object that are text."""
    if not isinstance(said, dict):
        return {}
    return {name: value for name, value in list(said.items())[:MOST_LABELS] if isinstance(value, str)}
