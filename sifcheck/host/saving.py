"""A snapshot as JSON text and back: what is saved on one machine is judged on another.

Each value class is an object with its field names; `{"unknown": "why"}` is a fact that could not be learnt.  Reading
forgives keys it does not know and lets a fact that is missing be unknown: snapshots of other releases stay readable.
"""

from __future__ import annotations

import json
from typing import NoReturn

from sifcheck.base.records import decode, encode, shown
from sifcheck.host.snapshot import VERSION, Host

__all__ = ["from_json", "to_json"]

LONGEST = 16 << 20


def to_json(host: Host) -> str:
    """The snapshot as JSON, in ASCII, one field a line, ending with a newline."""
    return json.dumps(encode(host), indent=1) + "\n"


def from_json(text: str | bytes) -> Host:
    """The snapshot that a JSON text holds; ValueError, saying where and why, for anything else."""
    if len(text) > LONGEST:
        from sifcheck.base.text import size_text

        raise ValueError(f"longer than {size_text(LONGEST)}: no snapshot of a machine")
    try:
        read = json.loads(text, parse_constant=_not_a_number)
    except RecursionError:
        raise ValueError("nested too deeply for a snapshot") from None
    except UnicodeDecodeError:
        raise ValueError("not a text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(read, dict) or "version" not in read:
        raise ValueError("not a snapshot of a machine: it has no `version`")
    version = read["version"]
    if type(version) is not int or version < 1:
        raise ValueError(f"version: {shown(version)} is not the version of a snapshot")
    if version > VERSION:
        raise ValueError(
            f"a snapshot of version {version}, and this sifcheck reads up to version {VERSION}: use a newer one"
        )
    host: Host = decode(read, Host, "")
    return host


def _not_a_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
