"""Measured sizes of earlier builds, kept in a small file of the user's: what no plan can foretell, the last build knows.

A file that cannot be read or written costs nothing but the knowledge; nothing in it is ever run or used as a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from sifcheck.base.startup import NamedTuple

__all__ = ["EarlierBuild", "key_of", "recall", "remember", "state_file"]

VERSION = 1
MOST_ENTRIES = 200
_LARGEST_FILE = 1 << 20
_LARGEST_SIZE = 1 << 60
_PATIENCE = 2.0


class EarlierBuild(NamedTuple):
    """What an earlier build made: `tree` are the bytes of the unpacked tree on disk, `image` those of the SIF.

    `base` is what the tree of its base was taken to be (0: not known).  `same`: the definition file, its build arguments and
    the processor were those of now.
    """

    tree: int
    image: int
    base: int
    same: bool


class BuildKey(NamedTuple):
    """What a build is known by: the digest of its text and arguments, and that of the place of its file."""

    content: str
    place: str


def key_of(path: str, data: bytes, arguments: Mapping[str, str], architecture: str) -> BuildKey:
    """The key of a definition file; paths and texts leave no trace in it that could be read."""
    words = [f"{name}={value}" for name, value in sorted(arguments.items())]
    text = b"\0".join([data, *(os.fsencode(word) for word in words), architecture.encode()])
    place = os.fsencode(os.path.realpath(path)) + b"\0" + architecture.encode()
    return BuildKey(_digest(text), _digest(place))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def state_file(environment: Mapping[str, str]) -> str | None:
    """Where it is kept: below $XDG_STATE_HOME, else ~/.local/state; None without either."""
    state = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        home = environment.get("HOME", "")
        if not os.path.isabs(home):
            return None
        state = os.path.join(home, ".local", "state")
    return os.path.join(state, "sifcheck", "builds.json")


def recall(file: str | None, key: BuildKey) -> EarlierBuild | None:
    """What is known of an earlier build of the same text, else of a file in the same place; None of neither."""
    entries = _read(file) if file is not None else None
    if entries is None:
        return None
    found = next((one for one in reversed(entries) if one["content"] == key.content), None)
    if found is not None:
        return EarlierBuild(found["tree"], found["image"], found["base"], True)
    found = next((one for one in reversed(entries) if one["place"] == key.place), None)
    return EarlierBuild(found["tree"], found["image"], found["base"], False) if found is not None else None


def remember(file: str | None, key: BuildKey, tree: int, image: int, base: int) -> bool:
    """Keep what a build made; whether that worked.  Of one place the newest is kept.  Never raises."""
    if file is None:
        return False
    entry = {
        "content": key.content,
        "place": key.place,
        "tree": tree,
        "image": image,
        "base": base,
        "when": int(time.time()),
    }
    known = _read(file)
    if known is None:
        return False
    entries = [one for one in known if key.place != one["place"] and key.content != one["content"]]
    text = json.dumps({"version": VERSION, "builds": [*entries, entry][-MOST_ENTRIES:]}, indent=0)
    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        # Renamed when it is whole: two builds at a time lose one entry at the most.
        beside = f"{file}.{os.getpid()}"
        with open(beside, "w", encoding="ascii") as stream:
            stream.write(text)
        os.replace(beside, file)
    except OSError:
        return False
    return True


def _read(file: str) -> list[dict[str, Any]] | None:
    """The entries that are whole, oldest first; None where the file system of the home does not answer."""
    from sifcheck.base.asking import Question, ask
    from sifcheck.base.facts import Unknown

    text = ask({"entries": Question(str, lambda: _text(file))}, _PATIENCE)["entries"]
    if isinstance(text, Unknown):
        return None if text.waited else []
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return []
    builds = said.get("builds") if isinstance(said, dict) and said.get("version") == VERSION else None
    return [one for one in builds if _is_whole(one)] if isinstance(builds, list) else []


def _text(file: str) -> str:
    with open(file, "rb") as stream:
        return stream.read(_LARGEST_FILE).decode("utf-8", "replace")


def _is_whole(one: object) -> bool:
    if not isinstance(one, dict):
        return False
    texts = all(isinstance(one.get(name), str) for name in ("content", "place"))
    numbers = [one.get(name) for name in ("tree", "image", "base")]
    return texts and all(type(number) is int and 0 <= number < _LARGEST_SIZE for number in numbers)
