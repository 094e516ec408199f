"""The remote endpoint that a runtime uses: whether images may come from a library there.

Names of endpoints are compared and not kept; addresses and tokens are passed over.
"""

from __future__ import annotations

from sifcheck.base.asking import reason
from sifcheck.base.facts import Unknown
from sifcheck.base.startup import NamedTuple

__all__ = ["Remotes", "may_have_library", "parse_remotes", "read_remotes"]

LONGEST = 1 << 20

# Apptainer's own default, which has keys and no library ("remote has no library client", measured).
_WITHOUT_LIBRARY = "cloud.apptainer.org"


class Remotes(NamedTuple):
    """What a remote.yaml says, by names: the one in use, the one that no user may leave ("" without), all of them, and
    those that are known to have no library.
    """

    active: str
    exclusive: str
    names: tuple[str, ...]
    without_library: tuple[str, ...]


def read_remotes(path: str) -> Remotes | Unknown | None:
    """The endpoints in a file; None where there is no file.  Touches the file system: for a Question."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return parse_remotes(stream.read(LONGEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Unknown(reason(error))


def parse_remotes(text: str) -> Remotes | Unknown:
    """The endpoints in the form in which the runtimes write them: `Active:`, and a block for each below `Remotes:`."""
    active, inside, name, indent = "", False, "", 0
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        words = line.strip()
        if not words or words.startswith(("#", "---")):
            continue
        key, colon, value = words.partition(":")
        if not colon or value.lstrip().startswith(("{", "[", "&", "*", "|", ">")):
            return Unknown("not in the form in which the runtimes write it")
        depth = len(line) - len(line.lstrip())
        value = value.strip().strip("\"'")
        if depth == 0:
            active, inside, name = (value if key == "Active" else active), key == "Remotes", ""
        elif inside and (not name or depth <= indent):
            name, indent = key.strip("\"'"), depth
            found[name] = {}
        elif name:
            found[name][key] = value
    return Remotes(
        active,
        next((one for one, about in found.items() if about.get("Exclusive") == "true"), ""),
        tuple(found),
        tuple(one for one, about in found.items() if about.get("URI") == _WITHOUT_LIBRARY),
    )


def may_have_library(own: Remotes | Unknown | None, system: Remotes | Unknown | None) -> bool | Unknown:
    """Whether the endpoint in use may have a library, by the user's file and that of the installation.

    The user's choice counts, unless the installation has an exclusive one (Apptainer 1.4.5).
    """
    for remotes in (own, system):
        if isinstance(remotes, Unknown):
            return remotes
    read = [one for one in (own, system) if isinstance(one, Remotes)]
    exclusive = system.exclusive if isinstance(system, Remotes) else ""
    name = exclusive or next((one.active for one in read if one.active), "")
    if not any(name in one.names for one in read):
        return Unknown("no remote endpoint is named")
    return not any(name in one.without_library for one in read)
