"""The site and the machine of a call: named, told by signs, looked at now, or saved in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.outcome import UnreadableSnapshotError, tell
from sifcheck.base.findings import SetVariable
from sifcheck.base.text import error_text

if TYPE_CHECKING:
    from sifcheck.config.settings import Settings
    from sifcheck.host.exports import Change
    from sifcheck.host.snapshot import Host
    from sifcheck.lint.plugins import Loaded
    from sifcheck.runtime.versions import Target
    from sifcheck.site.detect import Detected
    from sifcheck.site.model import Site

ReadSite = Callable[[str], "Site"]
"""Gives the site of a file; raises SiteError."""


def known_sites(settings: Settings, loaded: Loaded) -> list[tuple[str, str]]:
    """The site files as (who offers it, path): those that the settings name, then those of the plugins."""
    return [*(("the configuration", path) for path in settings.site_files), *loaded.sites]


def chosen_site(
    spec: str,
    offered: Sequence[tuple[str, str]],
    read: ReadSite,
    saved: Host | None = None,
    *,
    judged: bool = False,
) -> Site | None:
    """The site that `--site` asks for: NAME, NAME:ROLE or `auto`; None where auto finds none.

    `offered` are the files as `known_sites` has them, which `read` reads.  `saved` is a machine whose signs count in
    place of this one's.
    `judged`: that it is the machine which is looked at, so that its signs tell the role where nobody says one.
    Raises SiteError for a site that is not there or cannot be read.
    """
    from sifcheck.site.lookup import find_site, load_sites

    sites = load_sites(offered)
    if spec == "auto":
        return _detected(sites, read, saved)
    site = find_site(spec, sites, read)
    return _seen(site, _signs([site], saved)) if judged and ":" not in spec else site


def _detected(paths: dict[str, str], read: ReadSite, saved: Host | None) -> Site | None:
    """The site whose signs hold.  A site file that cannot be used is named, and the others are looked at."""
    from sifcheck.site.reader import SiteError

    sites = {}
    for name, path in paths.items():
        try:
            sites[name] = read(path)
        except SiteError as error:
            tell(f"the site {name} was left out: {error}")
    found = _signs(sites.values(), saved)
    return _seen(sites[found.name], found) if found is not None else None


def _signs(sites: Collection[Site], saved: Host | None) -> Detected | None:
    """What the signs of this machine, or of the saved one, say."""
    from sifcheck.site.detect import detect

    if saved is not None:
        from sifcheck.host.signs import signs_of

        return detect(sites, **signs_of(saved)._asdict())
    return detect(sites, hostname=os.uname().nodename, environ=os.environ, exists=os.path.lexists)


def _seen(site: Site, found: Detected | None) -> Site:
    """The site with the role that the signs give the machine; as it was where it is no node of it."""
    from sifcheck.site.lookup import with_role

    return with_role(site, found.role) if found is not None and found.role in site.roles else site


def about_elsewhere(site: Site, host: Host, *, saved: bool) -> list[str]:
    """What to say where a site was asked for and the machine shows no sign of it: what differs there, and who tells more.

    Nothing for a kind of site, and for one whose file says not how to tell its nodes.
    """
    if site.role or site.site.generic is True or not site.site.detect:
        return []
    if _signs([site], host if saved else None) is not None:
        return []
    words = [f"this machine shows no sign of being a node of {site.name}; what is told is of this machine"]
    there = site.architecture
    if there is not None and there != host.platform.architecture:
        words.append(
            f"its compute nodes are {there}, this is {host.platform.architecture}: no image built here runs there"
        )
    asks = (f"`sifcheck {verb} --site {site.name} FILE`" for verb in ("check", "plan"))
    words.append(f"how a build would be there: {', '.join(asks)}")
    return words


def shown_site(site: Site | None, spec: str, target: Target) -> str:
    """Words about the site for `--show-settings`, and what it makes of the target."""
    from sifcheck.base.text import escape

    if site is None:
        return f"site: {'none was recognised' if spec == 'auto' else 'none'}"
    nodes = f", {site.role} nodes" if site.role else ""
    runtimes = ", ".join(map(str, target.runtimes))
    return escape(
        f"site: {site.name}{nodes} ({site.path}); {target.architecture or 'any architecture'}; {runtimes}"
    )


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
    from sifcheck.host.probes.taking import SnapshotRequest, take_snapshot

    scratch = proposed_folders(
        site, os.environ if environment is None else environment, site.role if site is not None else ""
    )
    wanted = SnapshotRequest(output=output, scratch=scratch, temporary=temporary, writing=writing)
    return take_snapshot(wanted, environment, timeout)


def with_remedies(host: Host, chosen: Iterable[Change], environment: Mapping[str, str]) -> Host:
    """The machine as a build sees it whose environment is changed, by what was looked at already.

    A better temporary folder is one of those that were tried out; a bind of a variable that is taken away is none.
    `environment` is that of the build with the changes made.
    """
    from sifcheck.host.precedence import environment_of_builds

    storage, binds = list(host.storage), host.binds
    for remedy in chosen:
        binds = tuple(bind for bind in binds if bind.variable != remedy.name)
        if isinstance(remedy, SetVariable):
            better = next(place for place in storage if place.path == remedy.value)
            better = better._replace(purpose="tmpdir", origin=remedy.name)
            storage = [better if place.purpose == "tmpdir" else place for place in storage]
    return host._replace(storage=tuple(storage), binds=binds, environment=environment_of_builds(environment))


def proposed_folders(site: Site | None, environment: Mapping[str, str], role: str = "") -> tuple[str, ...]:
    """The folders that a site proposes for builds on nodes of a role, without one on any; those whose variables are set."""
    from sifcheck.host.site_paths import expanded

    candidates = site.tmp.candidates if site is not None else ()
    chosen = [one.path for one in candidates if not role or not one.where or role in one.where]
    return tuple(path for one in chosen if (path := expanded(one, environment)))


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
        raise UnreadableSnapshotError(f"{path} cannot be read: {error_text(error)}") from None
    except ValueError as error:
        raise UnreadableSnapshotError(f"{path} cannot be read: {error}") from None
