"""What is planned for: the source that a command line names, read; and the plan of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sifcheck.app.addresses import fault_of_address
from sifcheck.app.discover import HEAD_SIZE, kind_of
from sifcheck.base.startup import NamedTuple, pattern
from sifcheck.base.text import parse_size
from sifcheck.plan.planning import BuildRequest, definition_of_address, make_plan

if TYPE_CHECKING:
    from sifcheck.app.registries import RegistryReader
    from sifcheck.host.snapshot import Host
    from sifcheck.plan.model import Plan
    from sifcheck.registry.model import Registry
    from sifcheck.site.model import Site

__all__ = ["Source", "ask_for", "plan_of", "read_size", "read_source"]

LARGEST_DEFINITION = 8 << 20
LONGEST = 6.0
"""Seconds that registries are asked at most."""

_URI = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Source(NamedTuple):
    """A source of a build that was read as far as the plan wants it; `fault` says in words why it cannot be built from."""

    asked: BuildRequest
    data: bytes = b""
    fault: str = ""


def read_size(text: str) -> int | None:
    """A number of bytes as people write it: 500M and 2GiB by 1024, 2GB by 1000; None for what is no size.

    A small number without a unit is none: who writes 16 means gigabytes.
    """
    bare = text.strip().replace(".", "", 1).isdecimal()
    size = parse_size(text, decimal=True)
    return None if size is not None and bare and 0 < size < 1 << 20 else size


def read_source(
    source: str, arguments: Mapping[str, str], asked: BuildRequest, *, look: bool = True
) -> Source:
    """Read what is built; the rest of `asked` stands.  `look`: also at what `%files` names."""
    asked = asked._replace(source=source)
    if _URI.match(source) and not os.path.lexists(source):
        address = definition_of_address(source)
        named = address is not None and address.stages[0].value("from")
        fault = "" if named else fault_of_address(source)
        if address is not None or fault:
            return Source(asked._replace(address=address), fault=fault)
    try:
        if os.path.isdir(source):
            return Source(asked)
        if not stat.S_ISREG(os.stat(source).st_mode):
            # A pipe can be read once, by the build itself; one that nobody writes to would be waited for for ever.
            return Source(asked, fault="it is no file")
        with open(source, "rb") as file:
            data = file.read(HEAD_SIZE)
            if kind_of(source, data) == "image":
                return Source(asked)
            data += file.read(LARGEST_DEFINITION)
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else None
        return Source(asked, fault=(words or str(error)).lower())
    from sifcheck.base.source import Source as Text
    from sifcheck.definition.reader import read_definition
    from sifcheck.workspace.folder import read_folder

    definition = read_definition(Text(source, data), arguments)
    if not any(stage.agent for stage in definition.stages):
        return Source(asked, fault="it is no definition file, and no image")
    folder = read_folder(definition, asked.start) if look else None
    return Source(asked._replace(definition=definition, folder=folder), data)


def ask_for(
    asked: BuildRequest, *, plain: bool = False, reader: RegistryReader | None = None
) -> Registry | None:
    """What registries say of the images that a build starts from; None where it starts from none of theirs.

    `plain`: an answer without encryption will do.  `reader` is what asked for the sizes of some of them already.  Starts
    threads: what forks comes before it.
    """
    definition = asked.definition or asked.address
    if definition is None:
        return None
    from sifcheck.app.registries import RegistryReader, access_here
    from sifcheck.registry.asking import addresses_in

    if not addresses_in([definition]):
        return None
    if reader is None or reader.wanted != "sizes":
        reader = RegistryReader(access_here(building=True, plain=plain)._replace(bound=LONGEST), "sizes")
    reader.ahead([definition], asked.architecture)
    return reader.of(asked.architecture)


def plan_of(
    source: Source,
    host: Host | None,
    site: Site | None,
    registry: Registry | None,
    arguments: Mapping[str, str],
    *,
    recalled: bool = True,
) -> Plan:
    """The plan of a source that was read, if `recalled` with what is remembered of earlier builds of it."""
    asked = source.asked
    if asked.definition is not None and recalled:
        from sifcheck.plan.remembered import key_of, recall, state_file

        key = key_of(asked.source, source.data, arguments, asked.architecture or "")
        asked = asked._replace(earlier=recall(state_file(os.environ), key))
    return make_plan(asked, host, site, registry)
