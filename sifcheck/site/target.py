"""What a site says of the runtime and the architecture that files are for, where nobody says it otherwise."""

from __future__ import annotations

import re

from sifcheck.runtime.versions import SUPPORTED, Runtime, Target
from sifcheck.site.model import Site


def site_target(site: Site, target: Target | None = None, architecture: str | None = None) -> Target:
    """The target at a site; a target and an architecture that somebody named go before what the site says.

    Of a site that gives its runtime's version, that is the target.  Where it gives the family only, these are the
    supported versions of it, as if nobody had named one: what fails on some of them only is not held against a file.
    """
    found = target if target is not None and target.named else _runtimes(site)
    return found._replace(architecture=architecture or site.architecture)


def _runtimes(site: Site) -> Target:
    family, version = site.runtime.family, site.runtime.version
    if not isinstance(family, str):
        return Target()
    if isinstance(version, str):
        numbers = tuple(int(part) for part in re.findall(r"\d+", re.split(r"[-+~]", version)[0]))
        return Target((Runtime(family, numbers),), named=True)
    known = tuple(runtime for runtime in SUPPORTED if runtime.family == family)
    return Target(known) if known else Target()
