"""The site of a run: the one that `--site` names, or the one that the signs of this machine, or of a saved one, tell."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sifcheck.app.outcome import tell

if TYPE_CHECKING:
    from sifcheck.config.settings import Settings
    from sifcheck.host.snapshot import Host
    from sifcheck.lint.plugins import Loaded
    from sifcheck.runtime.versions import Target
    from sifcheck.site.detect import Detected
    from sifcheck.site.model import Site


def known_sites(settings: Settings, loaded: Loaded) -> list[tuple[str, str]]:
    """The site files as (who offers it, path): those that the settings name, then those of the plugins."""
    return [*(("the configuration", path) for path in settings.site_files), *loaded.sites]


def chosen_site(
    spec: str, offered: Sequence[tuple[str, str]], saved: Host | None = None, *, judged: bool = False
) -> Site | None:
    """The site that `--site` asks for: NAME, NAME:ROLE or `auto`; None where auto finds none.

    `offered` are the files as `known_sites` has them.  `saved` is a machine whose signs count in place of this one's.
    `judged`: that it is the machine which is looked at, so that its signs tell the role where nobody says one.
    Raises SiteError for a site that is not there or cannot be read.
    """
    from sifcheck.site.lookup import find_site, load_sites

    sites = load_sites(offered)
    if spec == "auto":
        return _detected(sites, saved)
    site = find_site(spec, sites)
    return _seen(site, _signs([site], saved)) if judged and ":" not in spec else site


def _detected(paths: dict[str, str], saved: Host | None) -> Site | None:
    """The site whose signs hold.  A site file that cannot be used is named, and the others are looked at."""
    from sifcheck.site.reader import SiteError, read_site

    sites = {}
    for name, path in paths.items():
        try:
            sites[name] = read_site(path)
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
    from sifcheck.report.harmless import harmless

    if site is None:
        return f"site: {'none was recognised' if spec == 'auto' else 'none'}"
    nodes = f", {site.role} nodes" if site.role else ""
    runtimes = ", ".join(map(str, target.runtimes))
    return harmless(
        f"site: {site.name}{nodes} ({site.path}); {target.architecture or 'any architecture'}; {runtimes}"
    )
