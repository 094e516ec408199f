"""The site of a run: the one that `--site` names, or the one that the signs of this machine, or of a saved one, tell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.cli.mending import tell

if TYPE_CHECKING:
    from sifcheck.definition.runtimes import Target
    from sifcheck.engine.plugins import Loaded
    from sifcheck.engine.settings import Settings
    from sifcheck.host.snapshot import Host
    from sifcheck.site.model import Site


def known_sites(settings: Settings, loaded: Loaded) -> list[tuple[str, str]]:
    """The site files as (who offers it, path): those that the settings name, then those of the plugins."""
    return [*(("the configuration", path) for path in settings.site_files), *loaded.sites]


def chosen_site(spec: str, offered: Sequence[tuple[str, str]], saved: Host | None = None) -> Site | None:
    """The site that `--site` asks for: NAME, NAME:ROLE or `auto`; None where auto finds none.

    `offered` are the files as `known_sites` has them.  `saved` is a machine whose signs count in place of this one's.
    Raises SiteError for a site that is not there or cannot be read.
    """
    from sifcheck.site.lookup import find_site, load_sites

    sites = load_sites(offered)
    return _detected(sites, saved) if spec == "auto" else find_site(spec, sites)


def _detected(paths: dict[str, str], saved: Host | None) -> Site | None:
    """The site whose signs hold.  A site file that cannot be used is named, and the others are looked at."""
    from sifcheck.site.detect import detect
    from sifcheck.site.lookup import with_role
    from sifcheck.site.reader import SiteError, read_site

    sites = {}
    for name, path in paths.items():
        try:
            sites[name] = read_site(path)
        except SiteError as error:
            tell(f"the site {name} was left out: {error}")
    if saved is not None:
        from sifcheck.host.signs import signs_of

        found = detect(sites.values(), **signs_of(saved)._asdict())
    else:
        name = os.uname().nodename
        found = detect(sites.values(), hostname=name, environ=os.environ, exists=os.path.lexists)
    if found is None:
        return None
    site = sites[found.name]
    return with_role(site, found.role) if found.role in site.roles else site


def shown_site(site: Site | None, spec: str, target: Target) -> str:
    """Words about the site for `--show-settings`, and what it makes of the target."""
    from sifcheck.report.harmless import harmless

    if site is None:
        return f"site: {'none was recognised' if spec == 'auto' else 'none'}"
    nodes = f", {site.role} nodes" if site.role else ""
    runtimes = ", ".join(map(str, target.runtimes))
    return harmless(
        f"site: {site.name}{nodes} ({site.path}); {target.architecture or 'any architecture'}; {runtimes}"
    )
