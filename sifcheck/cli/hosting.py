"""The machine of a run: this one, as it is now, or one whose snapshot was saved in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sifcheck.cli.parser import UnreadableSnapshotError

if TYPE_CHECKING:
    from sifcheck.host.snapshot import Host
    from sifcheck.site.model import Site


def chosen_host(spec: str, site: Site | None) -> Host | None:
    """The machine that `--host` asks for: none, auto (this one, in which nothing is tried out), or a file's.

    Raises UnreadableSnapshotError.
    """
    if spec == "none":
        return None
    return snapshot_here(site, writing=False) if spec == "auto" else read_snapshot(spec)


def snapshot_here(
    site: Site | None,
    *,
    output: str | None = None,
    temporary: str | None = None,
    writing: bool = True,
    timeout: float = 2.0,
    environment: Mapping[str, str] | None = None,
) -> Host:
    """This machine now; the temporary folders that its site proposes are looked at too.

    `output` is the folder of the image, `temporary` what --tmpdir says; `environment` stands for that of this process.
    """
    from sifcheck.host.exports import expanded
    from sifcheck.host.probes import Wanted, take_snapshot

    candidates = site.tmp.candidates if site is not None else ()
    here = site.role if site is not None else ""
    variables = os.environ if environment is None else environment
    paths = [
        expanded(one.path, variables) for one in candidates if not here or not one.where or here in one.where
    ]
    scratch = tuple(path for path in paths if path)
    wanted = Wanted(output=output, scratch=scratch, temporary=temporary, writing=writing)
    return take_snapshot(wanted, environment, timeout)


def read_snapshot(path: str) -> Host:
    """The snapshot saved in a file, `-` for standard input.  Raises UnreadableSnapshotError."""
    from sifcheck.host.saving import LONGEST, from_json

    try:
        if path == "-":
            data = sys.stdin.buffer.read(LONGEST + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(LONGEST + 1)
        return from_json(data)
    except OSError as error:
        raise UnreadableSnapshotError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}"
        ) from None
    except ValueError as error:
        raise UnreadableSnapshotError(f"{path} cannot be read: {error}") from None
