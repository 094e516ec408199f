"""Finds a site by its name among the files that plugins offer; only the one that is asked for is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from sifcheck.site.keys import suggestion
from sifcheck.site.model import ROLES, Site
from sifcheck.site.reader import SiteError, SiteProblem, read_site


def load_sites(offered: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The site files that plugins offer, by the site's name: that of the file without `.toml`.  None of them is read.

    `offered` are (plugin, path), as `Loaded.sites`.  Of a name that is offered twice the first one counts.
    """
    sites: dict[str, str] = {}
    for _, path in offered:
        sites.setdefault(site_name(path), path)
    return sites


def doubled_sites(offered: Iterable[tuple[str, str]]) -> list[str]:
    """Words about the site files that are left out, because another one has their name."""
    met: dict[str, tuple[str, str]] = {}
    words = []
    for plugin, path in offered:
        first = met.setdefault(site_name(path), (plugin, path))
        if first != (plugin, path):
            words.append(f"{path} of {plugin}: a site of that name comes with {first[0]}")
    return words


def site_name(path: str) -> str:
    """The name of the site that a file is about."""
    return os.path.basename(path).removesuffix(".toml")


def find_site(spec: str, sites: Mapping[str, str], read: Callable[[str], Site] = read_site) -> Site:
    """The site that `NAME` or `NAME:ROLE` names, with that role; `read` reads its file.

    Raises SiteError for a name or role that is not there, with the nearest one, and for a file that cannot be read.
    """
    name, colon, role = spec.partition(":")
    if name not in sites:
        known = suggestion(name, sorted(sites)) if sites else "; no plugin brings one"
        known = known or "; `sifcheck sites` lists them"
        raise SiteError([SiteProblem("", "", f"there is no site {name!r}{known}")])
    site = read(sites[name])
    return with_role(site, role) if colon else site


def with_role(site: Site, role: str) -> Site:
    """The site seen from one kind of its nodes, "" for none.  Raises SiteError if it is not known to have such nodes."""
    if role and role not in site.roles:
        known = ", ".join(site.roles) or "no kind of node"
        unknown = "" if role in ROLES else suggestion(role, list(ROLES))
        words = f"the site file of {site.name} describes no {role} nodes{unknown or f'; it has {known}'}"
        raise SiteError([SiteProblem("", "", words)])
    return site._replace(role=role)
