"""The machine of a run: this one, as it is now, or one whose snapshot was saved in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sifcheck.app.outcome import UnreadableSnapshotError

if TYPE_CHECKING:
    from sifcheck.config.settings import Settings
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
    from sifcheck.host.taking import Wanted, take_snapshot

    scratch = proposed_folders(
        site, os.environ if environment is None else environment, site.role if site is not None else ""
    )
    wanted = Wanted(output=output, scratch=scratch, temporary=temporary, writing=writing)
    return take_snapshot(wanted, environment, timeout)


def proposed_folders(site: Site | None, environment: Mapping[str, str], role: str = "") -> tuple[str, ...]:
    """The folders that a site proposes for builds on nodes of a role, without one on any; those whose variables are set."""
    from sifcheck.host.site_paths import expanded

    candidates = site.tmp.candidates if site is not None else ()
    chosen = [one.path for one in candidates if not role or not one.where or role in one.where]
    return tuple(path for one in chosen if (path := expanded(one, environment)))


def settings_here(settings: Settings) -> Settings:
    """The settings for looking at this machine: where nobody named a site, its signs tell it."""
    return settings._replace(site="auto") if settings.origin("site").layer == "default" else settings


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
